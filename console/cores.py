"""Work on several cores: threads for NumPy, which releases Python's lock, processes for the rest."""

import os
import signal
import sys
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, connection, get_context, parent_process
from threading import Thread

# The libraries behind NumPy's products read these variables when they are loaded.
BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def cores():
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(function, values, count=None):
    """Yield function(value) of each value, in their order, from `count` threads (default: one for each core).

    If the caller stops early, the remaining values are dropped; calls that have begun are not waited for.
    """
    pool = ThreadPoolExecutor(count or cores())
    try:
        yield from pool.map(function, values)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def processes(count=None):
    """Yield a ProcessPoolExecutor of `count` processes (default: one for each core); an exception ends them at once.

    Raises RuntimeError if a process was killed, for example because the system has run out of memory.
    """
    with _pool(count or cores()) as pool, _ended_by_errors():
        yield pool


def each_in_a_process(function, items):
    """Yield function(item) of each item, in their order, each from a fresh process, as many at a time as cores.

    Use it to measure memory: a used process still holds earlier memory. If the caller stops early, or an item fails,
    all processes end. Raises RuntimeError as `processes` does.
    """
    left, running, results = deque(enumerate(items)), {}, {}
    with _ended_by_errors():
        for number in range(len(left)):
            while number not in results:
                while left and len(running) < cores():
                    begun, item = left.popleft()
                    pool = _pool(1)
                    running[pool.submit(function, item)] = begun, pool
                for result in wait(running, return_when=FIRST_COMPLETED).done:
                    done, pool = running.pop(result)
                    results[done] = result
                    pool.shutdown()
            yield results.pop(number).result()


def _pool(count):
    return ProcessPoolExecutor(count, get_context("fork" if sys.platform == "linux" else "spawn"), _begin)


@contextmanager
def _ended_by_errors():
    try:
        yield
    except BaseException as error:
        end_children()
        if isinstance(error, BrokenProcessPool):
            raise RuntimeError("a process was killed before it had finished; is there enough memory?") from None
        raise


def _begin():
    """Leave Ctrl-C to the parent process, and end when it ends, for whatever reason."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    Thread(target=lambda: (connection.wait([parent_process().sentinel]), os._exit(1)), daemon=True).start()


def end_children():
    """Kill the processes that this one has started with multiprocessing."""
    for child in active_children():
        child.kill()
