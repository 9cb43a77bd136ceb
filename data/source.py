"""Where the files come from: a folder, the course's archive, or the built-in sample."""

import hashlib
import io
import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from data.console import InputError
from data.course import CHECKSUMS

_ROOT = Path(__file__).resolve().parent.parent
_LARGEST = 64 * 2**20  # bytes of one file in an archive; the course's largest is under 3 MB


class Source(NamedTuple):
    """Files asked for, and what is known of their origin."""

    files: dict  # name -> bytes
    place: str  # where they were found: a path, or "built-in sample"
    verified: bool  # whether every one of them is the course's, by its sha256
    description: str  # one or two lines for the user


def find(names, path=None, environ=os.environ):
    """Return the Source of the files called `names`.

    Looked for in `path` if it is given, and nowhere else; otherwise in the folder or archive that the variable
    NETFLIX_DATA names, in data/, and in ../shared/data beside the checkout. The first that holds all of them is
    used. Where none does, they come from the built-in sample.

    Raises:
        InputError: `path` does not exist, cannot be read or lacks a file; an archive is broken or not to be trusted.
    """
    if path is not None:
        files = _read(path, names)
        missing = [name for name in names if name not in files]
        if missing:
            raise InputError(f"{path} holds no {missing[0]}; expected the course's files {', '.join(names)}")
        return _found(files, path)
    from data import sample  # here, so that `python -m data.sample` runs the one module and not a second copy

    passed_over = ""
    variable = environ.get("NETFLIX_DATA")
    for place in [variable, _ROOT / "data", _ROOT.parent / "shared" / "data"]:
        if not place:
            continue
        files = _read(place, names) if Path(place).exists() else {}
        if len(files) == len(names):
            return _found(files, os.path.relpath(place) if place != variable else place, passed_over)
        if place == variable:
            passed_over = f"\n  (NETFLIX_DATA={variable} does not hold {', '.join(names)}: passed over)"
    return Source({name: sample.content(name) for name in names}, "built-in sample", False,
                  "the built-in sample, made by data/sample.py\n"
                  "  The published answers are for the course's files: put netflix.tar.gz's files into data/, or give"
                  " --data PATH." + passed_over)


def _found(files, place, note=""):
    differing = [name for name, content in files.items() if hashlib.sha256(content).hexdigest() != CHECKSUMS[name]]
    what = (f"not the course's files ({', '.join(differing)}: another checksum), so nothing is compared with the"
            " published answers" if differing else "the course's files, verified by checksum")
    return Source(files, str(place), not differing, f"{place}: {what}{note}")


def _read(place, names):
    """Return those of the files called `names` that the folder or archive holds, as a dict of bytes."""
    place = Path(place)
    if not place.exists():
        raise InputError(f"{place} does not exist; expected a folder with the course's files, or netflix.tar.gz")
    if place.is_dir():
        return {name: (place / name).read_bytes() for name in names if (place / name).is_file()}
    return _read_archive(place, names)


def _read_archive(place, names):
    """Read an archive in memory. Nothing is unpacked, and one with paths that lead outside of it is refused."""
    files = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(place.read_bytes())) as archive:
            for member in archive:
                path = PurePosixPath(member.name.replace("\\", "/"))
                if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
                    raise InputError(f"{place} holds a member with the path {member.name!r}, which leads outside of"
                                     " the archive: refused")
                if path.name in names and member.isfile():
                    if member.size > _LARGEST:
                        raise InputError(f"{place}: {member.name} has {member.size} bytes, expected a few millions")
                    files[path.name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        reason = str(error).partition("\n")[0].rstrip(":")
        raise InputError(f"{place} is neither a folder nor a whole tar archive ({reason})") from None
    return files
