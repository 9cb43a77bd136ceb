"""Where the files come from: a folder, the course's archive, or the built-in sample."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from console import InputError, escaped, read_file
from data.course import CHECKSUMS

_ROOT = Path(__file__).resolve().parent.parent
_INSTALLED = __name__ != "data.source"  # a copy in the built recommender; see setup.py
_LARGEST = 64 * 2**20  # bytes of a file, and of all that an archive holds; the course's have 6 MB together
_LONGEST = 2**16  # bytes of a header in an archive, with the member's name
_MOST = 1000  # members of an archive; the course's has a handful
_DESCRIBING = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE,
               tarfile.SOLARIS_XHDTYPE)
_EXPECTED = "a folder with the course's files, or netflix.tar.gz"
_UNPACK = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}  # by the first bytes


class Source(NamedTuple):
    """The files, and their origin."""

    files: dict  # name -> bytes
    place: str  # a path, or "built-in sample"
    verified: bool  # whether the sha256 of every file is that of the course's
    description: str  # lines for the user


class _Absent(InputError):
    """A place, or a file in it, does not exist."""


def find(names, path=None, environ=os.environ):
    """Return the Source of the files called `names`.

    If `path` is given, they must be there. Otherwise they come from the first place that holds all of them: the folder
    or archive in the variable NETFLIX_DATA, data/, data/netflix.tar.gz, and ../shared/data beside the checkout. If no
    place does, they come from the built-in sample.

    Raises:
        InputError: `path` does not exist, cannot be read or lacks a file; an archive is broken or hostile.
    """
    from data import sample  # here, so that `python -m data.sample` runs one module and not a second copy

    if path is not None:
        return _found(_read(path, names), path)
    passed_over = []
    for place in _places(environ):
        try:
            return _found(_read(place, names), place, passed_over)
        except InputError as error:
            if place == environ.get("NETFLIX_DATA") or not isinstance(error, _Absent):
                passed_over.append(f"Passed over: {escaped(error)}")
    where = "name their folder, or netflix.tar.gz, in the variable NETFLIX_DATA" if _INSTALLED else (
        "put its netflix.tar.gz, or the files in it, into data/")
    return Source(sample.contents(names), "built-in sample", False, _lines(
        "the built-in sample, made by data/sample.py", f"The published answers are for the course's files: {where}, or"
        " give --data PATH.", *passed_over))


def may_read(names, path=None, environ=os.environ):
    """Return the paths of all files that find() with the same arguments may read; some may not exist."""
    places = map(Path, _places(environ) if path is None else [path])
    return [file for place in places for file in (place, *(place / name for name in names))]


def _places(environ):
    own = environ.get("NETFLIX_DATA")
    beside = () if _INSTALLED else (_ROOT / "data", _ROOT / "data" / "netflix.tar.gz", _ROOT.parent / "shared" / "data")
    return [*([own] if own else []), *beside]


def _lines(first, *more):
    return "\n  ".join([first, *more])


def _found(files, place, passed_over=()):
    differing = [name for name, content in files.items() if hashlib.sha256(content).hexdigest() != CHECKSUMS[name]]
    what = (f"not the course's files ({', '.join(differing)}: another checksum), so nothing is compared with the"
            " published answers" if differing else "the course's files, verified by checksum")
    return Source(files, str(place), not differing, _lines(f"{escaped(place)}: {what}", *passed_over))


def _read(place, names):
    """Return {name: bytes} of the files in a folder or archive; raise InputError if one is missing."""
    place = Path(place)
    if not os.path.lexists(place):
        raise _Absent(f"{place} does not exist; expected {_EXPECTED}")
    if os.path.isdir(place):
        present = [name for name in names if os.path.lexists(place / name)]
        files = {name: read_file(place / name, _LARGEST, f"the course's {name}") for name in present}
    else:
        files = _read_archive(place, names)
    for name in names:
        if name not in files:
            raise _Absent(f"{place} holds no {name}; expected the course's files {', '.join(names)}")
    return files


def _read_archive(place, names):
    """Return {name: bytes} from an archive, read in memory; refuse one with paths that lead outside of it."""
    content, files = read_file(place, _LARGEST, _EXPECTED), {}
    unpack = next((unpack for magic, unpack in _UNPACK.items() if content.startswith(magic)), lambda file: file)
    stream = _Limited(unpack(io.BytesIO(content)), place)
    try:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as archive:
            for number, member in enumerate(archive):
                path = PurePosixPath(member.name.replace("\\", "/"))
                if path.is_absolute() or ".." in path.parts or ":" in member.name.partition("/")[0]:
                    raise InputError(f"{place} holds a member with the path {member.name!r}, which leads outside of"
                                     " the archive: refused")
                if number == _MOST:
                    raise InputError(f"{place} holds more than {_MOST} members; expected the course's files, a handful")
                if path.name in names and member.isfile():
                    files[path.name] = archive.extractfile(member).read()
    except InputError:
        raise
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, RecursionError) as error:
        reason = str(error).partition("\n")[0].rstrip(":")
        raise InputError(f"{place} is neither a folder nor a whole tar archive ({reason})") from None
    return files


class _Limited:
    """A stream that raises InputError after _LARGEST bytes: a small archive may unpack to very many."""

    def __init__(self, stream, place):
        self._stream, self._place, self._left = stream, place, _LARGEST

    def read(self, size):
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise InputError(f"{self._place} holds more than {_LARGEST} bytes; expected the course's files, a few MB")
        return content


class _Member(tarfile.TarInfo):
    """A header in an archive; refused if reading it would take memory or time without end."""

    @classmethod
    def frombuf(cls, *arguments):
        member = super().frombuf(*arguments)
        if member.size < 0 or (member.type in _DESCRIBING and member.size > _LONGEST):
            raise tarfile.ReadError(f"a header of {member.size} bytes")
        if member.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("a sparse file")
        return member

    def _proc_gnusparse_10(self, *_):  # a list of the gaps, searched anew for its end block by block
        raise tarfile.ReadError("a sparse file")
