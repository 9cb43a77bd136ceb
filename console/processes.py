"""Work in processes of their own, as many at a time as there are cores, and the memory that it takes.

Threads would not do: what a process allocates is its own, and can be measured, and many small calls of LAPACK let no
other thread run.
"""

import multiprocessing
import os
import sys
import tracemalloc
from contextlib import contextmanager
from multiprocessing.connection import wait

from console import hold
from console.cores import cores
from console.interrupts import end_with_the_parent


def in_processes(function, items, count=None):
    """Yield function(item) of each item, in their order; what it raises is raised here.

    However this ends, no process is left. Where processes cannot be forked the work is done one item after the other in
    this one.

    Args:
        function: of an item; what it returns can be pickled.
        items: any.
        count: how many at a time; None for the number of cores.
    """
    count, items = count or cores(), list(items)
    if sys.platform != "linux":
        yield from map(function, items)
        return
    running, results, begun = {}, {}, 0
    try:
        for number in range(len(items)):
            while number not in results:
                while len(running) < count and begun < len(items):
                    process, pipe = _start(function, items[begun])
                    running[pipe] = begun, process
                    begun += 1
                for pipe in wait(list(running)):
                    done, process = running.pop(pipe)
                    results[done] = _received(pipe, process)
            value, error = results.pop(number)
            if error is not None:
                raise error
            yield value
    finally:
        for _, process in running.values():
            process.kill()
            process.join()


def resident_peak(whose="RUSAGE_SELF"):
    """Return the most bytes of memory that this process has had, or, "RUSAGE_CHILDREN", any that it has waited for.

    0 where the system does not say.
    """
    if whose == "RUSAGE_SELF" and os.path.exists("/proc/self/status"):  # rusage begins with what the parent had
        return _status("VmHWM")
    try:
        import resource
    except ImportError:  # not on Windows
        return 0
    return resource.getrusage(getattr(resource, whose)).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _status(name):
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        return next((int(line.split()[1]) * 1024 for line in status if line.startswith(f"{name}:")), 0)


@contextmanager
def memory_beyond():
    """Yield a function that returns how many more bytes this process has had since, at most, than it had before.

    Where the system cannot say so, as only Linux can, it is what Python and NumPy have allocated, and counting that
    makes many small steps slower by up to a half.
    """
    if _peak_forgotten():
        before = _status("VmRSS")
        yield lambda: max(resident_peak() - before, 0)
        return
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _peak_forgotten():
    """Have Linux forget the peak of this process's memory so far, and return whether that could be done."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as forget:
            forget.write("5")
        return True
    except OSError:
        return False


def _start(function, item):
    """Return a new process and the end of a pipe from which its result will come."""
    context = multiprocessing.get_context("fork")  # so that neither function nor item need be pickled
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(function, item, theirs), daemon=True)
    with hold():  # it gets its own way with signals before it meets any
        process.start()
    theirs.close()
    return process, ours


def _work(function, item, pipe):
    """Send the value of function(item) and None, or None and what it raised."""
    end_with_the_parent()
    try:
        sent = function(item), None
    except BaseException as error:
        sent = None, error
    pipe.send(sent)


def _received(pipe, process):
    try:
        received = pipe.recv()
    except EOFError:  # killed, say by a system that has no memory left
        process.join()
        received = None, RuntimeError(f"a process ended without a result, with exit code {process.exitcode}")
    pipe.close()
    process.join()
    return received
