"""Fresh processes to measure in, and others that keep the cores busy meanwhile."""

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from unittest.mock import patch

from console.cores import BLAS_THREADS

# Spins until its parent closes the pipe, as the system does when the parent ends in whatever way.
_SPIN = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
while True:
    pass
"""


def in_process(threads, function, *given):
    """Return function(*given), or raise its exception, from a fresh process with this number of BLAS threads."""
    told = dict.fromkeys(BLAS_THREADS, str(threads))  # NumPy reads these variables when it is imported
    with patch.dict(os.environ, told), ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


@contextmanager
def busy(count):
    """Keep `count` processes spinning within the context. They also end if this process is killed."""
    command = [sys.executable, "-c", _SPIN]
    spinning = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(count)]
    try:
        yield spinning
    finally:
        for process in spinning:
            process.kill()
            process.communicate()
