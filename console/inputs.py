"""Any file that a program reads: a regular one, of a sensible size."""

import errno
import os
import stat
from contextlib import contextmanager

from console.program import InputError

LARGEST = 64 * 2**20  # bytes; the largest file of the course has under 3 MB

_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device",
          stat.S_IFBLK: "a device", stat.S_IFREG: "a file"}
_FLAGS = ("O_RDONLY", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")  # those that this system has
_MADE_UP = ("/proc", "/sys")  # their files may be endless, or reading them may have effects


def read_file(path, largest=LARGEST, expected="a file"):
    """Return the bytes of the file at `path`; raise InputError as open_file does, or if it is larger than `largest`."""
    with open_file(path, expected) as file:
        size = os.fstat(file.fileno()).st_size
        if size > largest:
            raise InputError(f"{path} has {size} bytes; expected {expected}, {largest} bytes at most")
        try:
            content = file.read(size + 1)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(content) > size:
        raise InputError(f"{path} grows while it is read; expected {expected}")
    return content


@contextmanager
def open_file(path, expected="a file"):
    """Yield the regular file at `path`, open for reading bytes; pipes, devices and files in /proc may never end.

    The check is of the opened file, so nobody can exchange it in between.

    Raises:
        InputError: it does not exist, is no regular file, or cannot be opened. The message says so, and that `expected`
            was expected.
    """
    try:
        descriptor = os.open(path, sum(getattr(os, flag, 0) for flag in _FLAGS))
    except (OSError, ValueError) as error:
        raise InputError(f"{_why_not(path, error)}; expected {expected}") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path} is {what_is(found.st_mode)}; expected {expected}")
        if found.st_dev in {os.stat(root).st_dev for root in _MADE_UP if os.path.ismount(root)}:
            raise InputError(f"{path} is no file on a disk, the system makes it up; expected {expected}")
        with open(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def what_is(mode):
    """Return the kind of file that an st_mode tells, in words: "a folder", "a pipe"."""
    return _KINDS.get(stat.S_IFMT(mode), "not a file")


def _why_not(path, error):
    """Return in words why opening `path` has failed."""
    number = getattr(error, "errno", None)
    if number == errno.ENOENT:
        linked = f"is a link to {os.readlink(path)}, which " if os.path.islink(path) else ""
        return f"{path} {linked}does not exist"
    if number == errno.ELOOP:
        return f"{path} is a link that leads in a circle"
    if number == errno.ENXIO:  # a socket, or a device without a driver
        return f"{path} is {what_is(os.stat(path).st_mode)}"
    return f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
