"""Where the files come from: a folder, the course's archive, or the built-in sample."""

import gzip
import hashlib
import lzma
import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from console import InputError
from data.course import CHECKSUMS

_ROOT = Path(__file__).resolve().parent.parent
_LARGEST = 64 * 2**20  # bytes of one file in an archive; the course's largest is under 3 MB


class Source(NamedTuple):
    """Files asked for, and what is known of their origin."""

    files: dict  # name -> bytes
    place: str  # where they were found: a path, or "built-in sample"
    verified: bool  # whether every one of them is the course's, by its sha256
    description: str  # one or two lines for the user


class _Absent(InputError):
    """A place, or a file in it, does not exist."""


def find(names, path=None, environ=os.environ):
    """Return the Source of the files called `names`.

    Looked for in `path` if it is given, and nowhere else; otherwise in the folder or archive that the variable
    NETFLIX_DATA names, in data/, in data/netflix.tar.gz, and in ../shared/data beside the checkout. The first that
    holds all of them is used. Where none does, they come from the built-in sample.

    Raises:
        InputError: `path` does not exist, cannot be read or lacks a file; an archive is broken or not to be trusted.
    """
    from data import sample  # here, so that `python -m data.sample` runs the one module and not a second copy

    if path is not None:
        return _found(_read(path, names), path)
    variable, passed_over = environ.get("NETFLIX_DATA"), []
    beside = _ROOT.parent / "shared" / "data"
    for place in filter(None, (variable, _ROOT / "data", _ROOT / "data" / "netflix.tar.gz", beside)):
        try:
            return _found(_read(place, names), place, passed_over)
        except InputError as error:
            if place == variable or not isinstance(error, _Absent):  # what nobody put there needs no word
                passed_over.append(f"Passed over: {error}")
    return Source({name: sample.content(name) for name in names}, "built-in sample", False, _lines(
        "the built-in sample, made by data/sample.py", "The published answers are for the course's files: put its"
        " netflix.tar.gz, or the files in it, into data/, or give --data PATH.", *passed_over))


def _lines(first, *more):
    return "\n  ".join([first, *more])


def _found(files, place, passed_over=()):
    differing = [name for name, content in files.items() if hashlib.sha256(content).hexdigest() != CHECKSUMS[name]]
    what = (f"not the course's files ({', '.join(differing)}: another checksum), so nothing is compared with the"
            " published answers" if differing else "the course's files, verified by checksum")
    return Source(files, str(place), not differing, _lines(f"{place}: {what}", *passed_over))


def _read(place, names):
    """Return the files called `names` that the folder or archive holds, as a dict of bytes; InputError if one lacks."""
    place = Path(place)
    try:
        if not place.exists():
            raise _Absent(f"{place} does not exist; expected a folder with the course's files, or netflix.tar.gz")
        if place.is_dir():
            files = {name: (place / name).read_bytes() for name in names if (place / name).is_file()}
        elif place.is_file():
            files = _read_archive(place, names)
        else:
            raise InputError(f"{place} is neither a folder nor a file")
    except OSError as error:
        raise InputError(f"{error.filename or place} cannot be read: {error.strerror or error}") from None
    for name in names:
        if name not in files:
            raise _Absent(f"{place} holds no {name}; expected the course's files {', '.join(names)}")
    return files


def _read_archive(place, names):
    """Read an archive in memory. Nothing is unpacked, and one with paths that lead outside of it is refused."""
    files = {}
    try:
        with tarfile.open(place) as archive:
            for member in archive:
                path = PurePosixPath(member.name.replace("\\", "/"))
                if path.is_absolute() or ".." in path.parts or ":" in member.name.partition("/")[0]:
                    raise InputError(f"{place} holds a member with the path {member.name!r}, which leads outside of"
                                     " the archive: refused")
                if path.name in names and member.isfile():
                    if member.size > _LARGEST:
                        raise InputError(f"{place}: {member.name} has {member.size} bytes, expected a few millions")
                    files[path.name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
        reason = str(error).partition("\n")[0].rstrip(":")
        raise InputError(f"{place} is neither a folder nor a whole tar archive ({reason})") from None
    return files
