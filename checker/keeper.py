"""A process that outlives nothing: it starts the one in which somebody's code runs, and ends all that comes of it.

On Linux a process may adopt what its descendants leave behind. The keeper does, so that whatever their code starts and
lets go of, in a session of its own or by a double fork, ends up as a child of the keeper, and is killed with the rest.
"""

import contextlib
import ctypes
import os
import signal
import sys

_DIE_WITH_PARENT, _ADOPT = 1, 36  # PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER of prctl(2)


def keep():
    """Return in a new process, which is to run somebody's code; what called this stays behind as its keeper.

    The keeper ends as that process does, with its status, or on SIGTERM, or when the checker ends; before that it kills
    all that is left. Where the system knows no adoption there is no keeper, and this returns in the process itself.
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
    for descriptor in (0, 1, 2):  # the checker is to see the streams end when the kept process closes them
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
    """Kill all children, and what becomes a child when its parent is gone, until there are none."""
    while children := _children():
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _children():
    """Return the processes whose parent this one is."""
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
        with contextlib.suppress(OSError):  # SIGKILL is as it is by default
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))
