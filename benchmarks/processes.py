"""Fresh processes to measure in, with as many BLAS threads as told, and others that keep the cores busy meanwhile."""

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context

from console.cores import BLAS_THREADS

# Reads until its parent closes the pipe, as the system does when the parent ends in whatever way.
_SPIN = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
while True:
    pass
"""


def in_process(threads, function, *given):
    """Return function(*given) from a fresh process, in which BLAS has so many threads from the start.

    What the function raises is raised here.
    """
    with _threads_of_children(threads), ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


@contextmanager
def _threads_of_children(count):
    """Let processes that are started have so many BLAS threads: NumPy reads the variables when it is imported."""
    before = {name: os.environ.get(name) for name in BLAS_THREADS}
    os.environ.update(dict.fromkeys(BLAS_THREADS, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def busy(count):
    """Keep `count` processes spinning within the context; they end with it, and with this process, however it ends."""
    with ExitStack() as started:
        processes = []
        for _ in range(count):
            process = started.enter_context(subprocess.Popen([sys.executable, "-c", _SPIN], stdin=subprocess.PIPE,
                                                             stderr=subprocess.DEVNULL))
            started.callback(process.kill)
            processes.append(process)
        yield processes
