"""The files that a path means: one, all in a folder, or the members of a .zip. Files are unpacked while they are read.

Nothing is unpacked to disk.
"""

import bz2
import gzip
import io
import lzma
import os
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from console import InputError, escaped, open_file
from recommender.damaged import BROKEN, refusing

try:
    import pyarrow
except ImportError:  # only files that are packed by Zstandard need it
    pyarrow = None

_SWELLING = 300  # a file may unpack to so many times its packed size; the text that people have stays below 100
_ALWAYS = 2**26  # bytes that any file may unpack to
_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_ZSTANDARD = b"(\xb5/\xfd"
_UNREADABLE = "is broken or cut off, or cannot be read", "", (*BROKEN, lzma.LZMAError)
ENDINGS = ".gz", ".bz2", ".xz", ".zst"


def check_swelling(name, size, packed):
    """Raise InputError if `packed` bytes unpack to a `size` that no ratings have: such a file may go on for ever."""
    if size > max(_ALWAYS, _SWELLING * packed):
        raise InputError(f"{name} unpacks to more than {_SWELLING} times its size, which ratings do not: refused")


def is_npz(content):
    """Return whether the first bytes of a file are those of an .npz: a .zip whose first member is an array."""
    end = 30 + int.from_bytes(content[26:28], "little")
    return content.startswith(b"PK\3\4") and content[30:end].endswith(b".npy")


class File(NamedTuple):
    """A file that can be read several times."""

    name: str  # for messages: its path, and its name in an archive
    open: Callable  # () -> a context with a Stream


class Stream:
    """The unpacked bytes of a file; whatever goes wrong on the way ends in InputError."""

    def __init__(self, name, file, packed, share):
        """packed: bytes of the packed file; share(number of bytes read): how much of the file that is, from 0 to 1."""
        self.name, self._file, self._packed, self._share, self._bytes = name, file, packed, share, 0

    def read(self, size):
        """Return the next bytes, at most `size` of them, none at the end."""
        with refusing(self.name, *_UNREADABLE):
            content = self._file.read(size)
        self._bytes += len(content)
        check_swelling(self.name, self._bytes, self._packed)
        return content

    def whole(self):
        """Return a file in memory with all bytes that are left."""
        content = io.BytesIO()
        while piece := self.read(2**20):
            content.write(piece)
        content.seek(0)
        return content

    def share(self):
        """Return how much of the file is read, from 0 to 1."""
        return min(self._share(self._bytes), 1.0)


def archive_of(path):
    """Return the file that `path` leads through, as that of "ml-100k.zip/ml-100k/u1.base", or `path` itself."""
    return next((str(parent) for parent in Path(path).parents if os.path.isfile(parent)), os.fspath(path))


def files(path, expected, stack):
    """Return the Files that `path` means: a file, all in a folder, all members of a .zip, or some of these.

    A path may lead through a .zip: "ml-100k.zip/ml-100k/u1.base". `expected` is for messages; an archive stays open
    until the ExitStack `stack` ends. Raises InputError if there is no such file, or it cannot be read.
    """
    if os.path.isdir(path):
        return [File(each, partial(_open, each, expected)) for each in _in_folder(path, expected)]
    archive = archive_of(path)
    with open_file(archive, expected) as file:
        first = file.read(100)
    if first.startswith((b"PK\3\4", b"PK\5\6")) and not is_npz(first):
        with refusing(archive, "is no whole .zip archive", f"expected {expected}", BROKEN):
            zipped = zipfile.ZipFile(stack.enter_context(open_file(archive, expected)))
        if "xl/workbook.xml" not in zipped.namelist():
            inside = "" if archive == os.fspath(path) else Path(path).relative_to(archive).as_posix()
            return _members(zipped, archive, inside, expected)
    return [File(os.fspath(path), partial(_open, path, expected))]


def _in_folder(folder, expected):
    """Return the paths of a folder's regular files by name; pipes, devices and hidden files do not count."""
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror or error}; expected {expected}") from None
    return [path for path in (os.path.join(folder, name) for name in names) if os.path.isfile(path)]


@contextmanager
def _open(path, expected):
    with open_file(path, expected) as file:
        size = os.fstat(file.fileno()).st_size
        yield Stream(os.fspath(path), _unpacked(file, path), size, lambda _: file.tell() / max(size, 1))


def _unpacked(file, name):
    """Return a file that unpacks another one, if that is packed."""
    with refusing(name, *_UNREADABLE):
        first = file.peek(6)[:6]
    if first.startswith(_ZSTANDARD):
        if pyarrow is None:
            raise InputError(f"{name} is packed by Zstandard; to read it, pip install pyarrow")
        return pyarrow.input_stream(file, compression="zstd")
    return next((unpack(file) for magic, unpack in _PACKED.items() if first.startswith(magic)), file)


def _members(archive, path, inside, expected):
    """Return the members of the archive at `path` that are at or below `inside`, or all of them."""
    members = [member for member in archive.infolist() if not member.filename.endswith("/")]  # is_dir needs a name
    below = [member for member in members if not inside or f"{member.filename}/".startswith(f"{inside}/")]
    if inside and not below:
        raise InputError(f"{path} holds no {inside}; expected {expected}")
    return [File(escaped(f"{path}/{member.filename}"), partial(_open_member, archive, member, path))
            for member in below]


@contextmanager
def _open_member(archive, member, path):
    name = escaped(f"{path}/{member.filename}")
    try:
        file = archive.open(member)
    except BROKEN as error:  # encrypted, or packed in a way that Python does not know
        raise InputError(f"{name} cannot be unpacked ({error})") from None
    with file:
        yield Stream(name, _unpacked(file, name), member.compress_size, lambda count: count / max(member.file_size, 1))
