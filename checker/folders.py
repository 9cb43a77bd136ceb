"""Folders that somebody's code has worked in: what may be copied into them, and their removal, whatever is there."""

import contextlib
import os
import shutil
import stat

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def copy_file(source, target):
    """Copy a regular file, as many bytes as it says to have.

    Nothing is read of one that says to have none: the system's own files, as /proc/kmsg, do, and may never end.
    """
    size = os.stat(source).st_size
    with open(target, "wb") as copy:
        if size:
            with open(source, "rb", opener=_without_waiting) as file:
                copy.write(file.read(size))


def _without_waiting(path, flags):
    """Open a file; where it has become a pipe meanwhile, do not wait for somebody to write."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def is_regular(path):
    """Return whether a path leads to a regular file that can be read, through links too."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode) and os.access(path, os.R_OK)
    except OSError:
        return False


def remove(top):
    """Remove a folder, however deep it is, and whatever its access rights; what the system does not give up is left.

    Every step is from a folder to the next below or above it, so that no path becomes too long and nothing recurs.
    """
    if os.rmdir not in os.supports_dir_fd:
        shutil.rmtree(top, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        _empty(os.open(top, _FOLDER))
        os.rmdir(top)


def _empty(here):
    """Remove all that is in an open folder, and close it."""
    names, kept = [], set()  # the way down from the first folder; what could not be removed
    while (deeper := _clear(here, kept)) or names:
        if deeper:
            os.chmod(deeper, stat.S_IRWXU, dir_fd=here)
            here = _exchange(here, os.open(deeper, _FOLDER, dir_fd=here))
            names.append(deeper)
            continue
        emptied = os.fstat(here).st_ino
        here = _exchange(here, os.open("..", _FOLDER, dir_fd=here))
        try:
            os.rmdir(names.pop(), dir_fd=here)
        except OSError:
            kept.add(emptied)
    os.close(here)


def _exchange(old, new):
    os.close(old)
    return new


def _clear(here, kept):
    """Remove the files of an open folder, up to the first folder that can be removed; return its name, or None."""
    with os.scandir(here) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    os.unlink(entry.name, dir_fd=here)
            elif entry.inode() not in kept:
                return entry.name
    return None
