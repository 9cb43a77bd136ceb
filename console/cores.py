"""Work on several cores: threads for NumPy, which releases Python's lock, processes for the rest."""

import os
import signal
import sys
import time
import traceback
from collections import deque
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, connection, get_context, parent_process
from threading import Thread
from typing import NamedTuple

# The libraries behind NumPy's products read these variables when they are loaded.
BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SELDOM = 0.2  # seconds between two values that a process says; those in between are dropped


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
    with ProcessPoolExecutor(count or cores(), _context(), _begin) as pool, _ended_by_errors():
        yield pool


def each_in_a_process(function, items, hear=lambda said, left: None):
    """Yield function(item, say) of each item, in their order, each from a fresh process, as many at a time as cores.

    Use it to measure memory: a used process still holds earlier memory. On Linux the processes share the items' memory.
    A process tells by say(value) what it does. hear(said, left) gets {number of a running item: its last value, None
    before the first}, and how many items have not begun. If the caller stops early, or an item fails, all processes
    end. Raises RuntimeError as `processes` does.
    """
    left, running, said, results = deque(enumerate(items)), {}, {}, {}
    with _ended_by_errors():
        for number in range(len(left)):
            while number not in results:
                while left and len(running) < cores():
                    begun, item = left.popleft()
                    running[_begun(function, item)], said[begun] = begun, None
                for ours in connection.wait(running):
                    of, (ended, value) = running[ours], _received(ours)
                    if ended:
                        results[of] = value
                        del running[ours], said[of]
                    else:
                        said[of] = value
                hear(said, len(left))
            result = results.pop(number)
            if isinstance(result, _Failed):
                raise result.error from RuntimeError(f"in another process:\n{result.traceback}")
            yield result


class _Failed(NamedTuple):
    """What a process has raised, with its traceback, which the exception loses on its way."""

    error: BaseException
    traceback: str


def _begun(function, item):
    """Begin function(item, say) in a process, and return the connection that it sends to."""
    ours, theirs = _context().Pipe(duplex=False)
    _context().Process(target=_work, args=(theirs, function, item)).start()
    theirs.close()
    return ours


def _work(parent, function, item):
    """Send the parent (False, value) of what function(item, say) says, and (True, its result or _Failed)."""
    _begin()
    last = -SELDOM

    def say(value):
        nonlocal last
        if time.monotonic() - last >= SELDOM:
            last = time.monotonic()
            parent.send((False, value))

    try:
        parent.send((True, function(item, say)))
    except BaseException as error:
        parent.send((True, _Failed(error, traceback.format_exc())))


def _received(connection):
    try:
        return connection.recv()
    except (EOFError, OSError):  # nothing, or part of a message, is left of it
        return True, _Failed(_killed(), "")


def _killed():
    return RuntimeError("a process was killed before it had finished; is there enough memory?")


def _context():
    return get_context("fork" if sys.platform == "linux" else "spawn")


@contextmanager
def _ended_by_errors():
    try:
        yield
    except BaseException as error:
        end_children()
        if isinstance(error, BrokenProcessPool):
            raise _killed() from None
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
