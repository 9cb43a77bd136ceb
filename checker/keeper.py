"""A process that outlives nothing: it starts the one in which somebody's code runs, and ends all that comes of it.

On Linux a process may adopt what its descendants leave behind. The keeper does, so that whatever their code starts and
lets go of, in a session of its own or by a double fork, ends up as a child of the keeper, and is killed with the rest.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time

_DIE_WITH_PARENT, _ADOPT = 1, 36  # PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER of prctl(2)
_PATIENCE = 5.0  # seconds for killed processes to be gone


def keep():
    """Return in a new process, which is to run somebody's code; what called this stays behind as its keeper.

    The keeper ends as that process does, with its status, or on SIGTERM, or when the checker ends; before that it kills
    all that is left. Where the system knows no adoption there is no keeper, and this returns in the process itself.
    """
    if not _set(_ADOPT, 1):
        return
    awaited = {signal.SIGCHLD, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    _set(_DIE_WITH_PARENT, signal.SIGTERM)
    kept = os.fork()
    if not kept:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
        _set(_DIE_WITH_PARENT, signal.SIGKILL)
        os.setsid()
        return
    for descriptor in (0, 1, 2):  # the checker is to see the streams end when the kept process closes them
        os.close(descriptor)
    status = None
    while status is None and signal.sigwait(awaited) == signal.SIGCHLD:
        status = _bury().get(kept)
    _kill_all()
    _end_as(status)


def _set(option, value):
    """Call prctl, which only Linux has; return whether it agreed."""
    return sys.platform == "linux" and ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0


def _bury():
    """Return {process: status} of the children that have ended."""
    ended = {}
    try:
        while (one := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            ended[one[0]] = one[1]
    except ChildProcessError:  # none is left
        pass
    return ended


def _kill_all():
    """Kill all children, and what becomes a child when its parent is gone, until there are none."""
    end = time.monotonic() + _PATIENCE
    while (children := _children()) and time.monotonic() < end:
        for child in children:
            os.kill(child, signal.SIGKILL)
        _bury()
        time.sleep(0.001)


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
    if status is None:
        os._exit(1)
    if os.WIFSIGNALED(status):
        with contextlib.suppress(OSError):  # SIGKILL is as it is by default
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))
