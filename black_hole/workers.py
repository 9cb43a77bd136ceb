"""Threads, for work that is nearly all NumPy's: Python runs one thread at a time, but lets NumPy run beside it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


class Stopped(Exception):
    """Nobody waits for this work any more."""


@contextmanager
def workers(count):
    """Yield submit(function, *arguments) -> Future, and alive(), which raises Stopped once the block has been left.

    What ends the block early, Ctrl-C too, ends the work, and does not wait for it: what has not begun never does, and
    what has calls alive() now and then. It takes any arguments, to serve as a `report`. What is submitted may wait for
    what was submitted before.
    """
    left, pool = threading.Event(), ThreadPoolExecutor(count)

    def alive(*_):
        if left.is_set():
            raise Stopped

    try:
        yield pool.submit, alive
    finally:
        left.set()
        pool.shutdown(wait=False, cancel_futures=True)
