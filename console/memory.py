"""The memory that work takes, as the system counts it."""

import os
import sys
import tracemalloc
from contextlib import contextmanager


def resident_peak(whose="RUSAGE_SELF"):
    """Return the peak memory of this process in bytes, or with "RUSAGE_CHILDREN" of the largest child that has ended.

    0 if the system does not tell it.
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
    """Yield a function that returns the peak memory since then, beyond the memory before, in bytes.

    Linux tells it. Elsewhere Python counts its own and NumPy's allocations, which makes many small steps slower.
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
    """Let Linux forget the peak memory of this process; return whether it did."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as forget:
            forget.write("5")
        return True
    except OSError:
        return False
