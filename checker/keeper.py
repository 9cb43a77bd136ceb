"""A process that starts the one in which somebody's code runs, and in the end kills all that came of it.

On Linux a process can adopt the orphans among its descendants. The keeper does: whatever their code starts, also in a
session of its own or by a double fork, becomes a child of the keeper and is killed with the rest.
"""

import contextlib
import ctypes
import os
import signal
import sys

_DIE_WITH_PARENT, _ADOPT = 1, 36  # PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER of prctl(2)


def keep():
    """Return in a new process, which is to run somebody's code; the calling process becomes its keeper.

    The keeper ends when that process ends, with its status, on SIGTERM, or when the checker ends. Before, it kills all
    that is left. On systems without adoption there is no keeper, and this returns in the calling process.
    """
    if not _set(_ADOPT, 1):
        return
    _set(_DIE_WITH_PARENT, signal.SIGTERM)
    kept = os.fork()
    if not kept:
        _set(_DIE_WITH_PARENT, signal.SIGKILL)
        os.setsid()
        return
    signal.signal(signal.SIGTERM, lambda *_: (_kill_all(), os._exit(1)))
    for descriptor in (0, 1, 2):  # so that the streams end for the checker when the kept process closes them
        os.close(descriptor)
    while True:
        ended, status = os.wait()
        if ended == kept:
            break
    _kill_all()
    _end_as(status)


def _set(option, value):
    """Call prctl, which only Linux has; return whether it agreed."""
    return sys.platform == "linux" and ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0


def _kill_all():
    """Kill all children, and the orphans that become children, until there are none."""
    while children := _children():
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _children():
    """Return the children of this process."""
    here, found = os.getpid(), []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # the process's name may be any bytes
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
        if parent == here:
            found.append(int(name))
    return found


def _end_as(status):
    """End with the status of a process: its exit status, or its signal."""
    if os.WIFSIGNALED(status):
        with contextlib.suppress(OSError):  # SIGKILL cannot be set
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))
