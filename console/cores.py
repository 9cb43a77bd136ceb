"""Work on several cores: what does not wait for one another side by side, and drawing meanwhile in its own process."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from multiprocessing import active_children, get_context

from console.interrupts import end_with_the_parent, hold

# What the libraries that NumPy multiplies with read when they are loaded; most of them know the first one, too.
BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def one_blas_thread():
    """Let each matrix product have one thread, unless the user has said how many; before NumPy is loaded.

    Where other programs keep the cores busy, the threads of a product of a few milliseconds wait for one another ten
    times as long as they work. A program with several such things to do does better to do them side by side.
    """
    of_all, *own = BLAS_THREADS
    for name in own:
        os.environ[name] = os.environ.get(name) or os.environ.get(of_all) or "1"


def cores():
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def result_of(future):
    """Return a future's result, or raise what it raised; a signal is heard within half a second.

    Python acts on a signal when the main thread goes on. One that another thread gets, or that comes just before the
    main thread begins to wait, would not be heard before the end of the wait.
    """
    while not future.done():
        wait([future], timeout=0.5)
    return future.result()


def side_by_side(function, values):
    """Yield function(value) of each value, in their order, from as many threads as there are cores.

    For work that NumPy does outside of Python's lock. What has not begun when the caller leaves is not done, and what
    has is not waited for.
    """
    pool = ThreadPoolExecutor(cores())
    try:
        yield from map(result_of, [pool.submit(function, value) for value in values])
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Background:
    """A context whose `do` has functions called one after the other in a process of its own, while ours goes on.

    On leaving it waits for them, and raises what they raised; after an exception of ours what has not begun is dropped,
    and after an interrupt what has begun, too. Where a process that has loaded NumPy cannot safely fork, as macOS's
    Accelerate forbids, which is everywhere but on Linux, all is done at once and here.
    """

    def __enter__(self):
        self._done, self._pool = [], None
        if sys.platform == "linux" and cores() > 1:
            self._pool = ProcessPoolExecutor(1, get_context("fork"), end_with_the_parent)
        return self

    def do(self, function, *arguments):
        """Have function(*arguments) called; all of it must be picklable."""
        if self._pool:
            with hold():  # the process that may be forked here gets its own way with signals first
                self._done.append(self._pool.submit(function, *arguments))
        else:
            function(*arguments)

    def __exit__(self, kind, *_):
        if not self._pool:
            return
        try:
            for future in self._done if kind is None else ():
                result_of(future)
        finally:
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                for process in active_children():
                    while process.is_alive():  # one that has just been forked does not listen yet
                        process.terminate()
                        process.join(0.1)
            self._pool.shutdown(cancel_futures=True)
