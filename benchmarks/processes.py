"""Fresh processes to measure in, and others that keep the cores busy meanwhile."""

import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from unittest.mock import patch

from console.cores import BLAS_THREADS, end_children, processes


def in_process(threads, function, *given):
    """Return function(*given), or raise its exception, from a fresh process with this number of BLAS threads."""
    told = dict.fromkeys(BLAS_THREADS, str(threads))  # NumPy reads these variables when it is imported
    with patch.dict(os.environ, told), ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


@contextmanager
def busy(count):
    """Keep `count` processes spinning within the context. They also end if this process is killed."""
    with processes(max(count, 1)) as pool:
        for _ in range(count):
            pool.submit(spin)
        yield
        end_children()


def spin():
    while True:
        pass
