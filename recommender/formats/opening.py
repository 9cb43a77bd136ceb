"""The files that a path means: one, all of a folder's, the members of a .zip; .gz unpacked on the way.

Nothing is unpacked to disk, and none of them is held in memory.
"""

import gzip
import os
import stat
import zipfile
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from console import InputError, open_file
from recommender.damaged import BROKEN, reason

_MOST = 100_000  # files of a folder or an archive; the Netflix Prize has 17,770
_SWELLING = 300  # times its packed size that a file may have unpacked; text that people have stays below 100
_ALWAYS = 2**26  # bytes that are unpacked in any case


def check_swelling(name, size, packed):
    """Raise InputError if `packed` bytes unpack to a `size` that no ratings have: such a file may go on for ever."""
    if size > max(_ALWAYS, _SWELLING * packed):
        raise InputError(f"{name} unpacks to more than {_SWELLING} times its size, which ratings do not: refused")


def is_npz(content):
    """Return whether the first bytes of a file are those of an .npz: a .zip whose first member is an array."""
    end = 30 + int.from_bytes(content[26:28], "little")
    return content.startswith(b"PK\3\4") and content[30:end].endswith(b".npy")


class File(NamedTuple):
    """A file that can be read, several times if need be."""

    name: str  # for messages: its path, and its name in an archive
    open: Callable  # () -> a context with a Stream


class Stream:
    """The bytes of a file, unpacked; whatever goes wrong on the way ends in InputError.

    Args:
        name: for messages.
        file: to be read from.
        packed: its size before it was unpacked, in bytes.
        share: how much of it is read, from 0 to 1, by how many bytes were.
    """

    def __init__(self, name, file, packed, share):
        self.name, self._file, self._packed, self._share, self._bytes = name, file, packed, share, 0

    def read(self, size):
        """Return the next bytes, at most `size` of them, none at the end."""
        try:
            content = self._file.read(size)
        except BROKEN as error:
            raise InputError(f"{self.name} is broken or cut off, or not to be read ({reason(error)})") from None
        self._bytes += len(content)
        check_swelling(self.name, self._bytes, self._packed)
        return content

    def share(self):
        """Return how much of the file is read, from 0 to 1."""
        return min(self._share(self._bytes), 1.0)


@contextmanager
def opened(path, expected):
    """Yield the Files that `path` means; `expected` says for messages what was.

    A file, all files in a folder, all members of a .zip, or some of these: "ml-100k.zip/ml-100k/u1.base".

    Raises:
        InputError: nothing of that kind is there, or it cannot be read.
    """
    with ExitStack() as stack:
        yield _files(os.fspath(path), expected, stack)


def _files(path, expected, stack):
    if os.path.isdir(path):
        return _in_folder(path, expected)
    archive = _outside(path)
    inside = "" if archive == path else Path(path).relative_to(archive).as_posix()
    with open_file(archive, expected) as file:
        first = file.read(100)
    if first.startswith((b"PK\3\4", b"PK\5\6")) and not is_npz(first):
        return _members(archive, inside, expected, stack)
    return [File(path, partial(_open, path, expected))]


def _outside(path):
    """Return the file that `path` leads into, or `path` itself where it does not lead through a file."""
    return next((str(parent) for parent in Path(path).parents if os.path.isfile(parent)), path)


def _in_folder(folder, expected):
    """Return the regular files of a folder by name; a pipe or a device beside them is none of ours."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if stat.S_ISREG(entry.stat().st_mode))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror or error}; expected {expected}") from None
    _check_number(folder, names)
    paths = [os.path.join(folder, name) for name in names if not name.startswith(".")]
    return [File(path, partial(_open, path, expected)) for path in paths]


@contextmanager
def _open(path, expected):
    with open_file(path, expected) as file:
        is_gz, size = file.peek(2)[:2] == b"\x1f\x8b", os.fstat(file.fileno()).st_size
        yield Stream(path, gzip.GzipFile(fileobj=file) if is_gz else file, size, lambda _: file.tell() / max(size, 1))


def _members(path, inside, expected, stack):
    """Return the members of the archive at `path`, which stays open until `stack` ends: those at or below `inside`."""
    try:
        archive = zipfile.ZipFile(stack.enter_context(open_file(path, expected)))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except BROKEN as error:
        raise InputError(f"{path} is no whole .zip archive ({error}); expected {expected}") from None
    _check_number(path, members)
    below = [member for member in members if not inside or f"{member.filename}/".startswith(f"{inside}/")]
    if inside and not below:
        raise InputError(f"{path} holds no {inside}; expected {expected}")
    return [File(f"{path}/{member.filename}", partial(_open_member, archive, member, path)) for member in below]


@contextmanager
def _open_member(archive, member, path):
    name = f"{path}/{member.filename}"
    try:
        file = archive.open(member)
    except BROKEN as error:  # encrypted, or packed in a way that Python does not know
        raise InputError(f"{name} cannot be unpacked ({error})") from None
    with file:
        yield Stream(name, file, member.compress_size, lambda count: count / max(member.file_size, 1))


def _check_number(place, files):
    if len(files) > _MOST:
        raise InputError(f"{place} holds {len(files)} files; expected {_MOST} at most")
