"""A folder with somebody's modules, and the copy of it that is run."""

import os
import shutil
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from checker.folders import copy_file, is_regular
from console import InputError, read_file

PROJECT = Path(__file__).resolve().parent.parent
_LARGEST_FILE = 8 * 2**20  # bytes: the course's files fit, a film or a data base does not
_LARGEST_COPY = 64 * 2**20
_MOST_FILES = 2000
_DEEPEST = 3


class Solution(NamedTuple):
    """Where somebody's modules lie."""

    path: str  # as the user wrote it
    folder: Path

    def has(self, module):
        """Return whether the folder has a file for the module."""
        return _is_usable(self.folder / f"{module}.py")

    def files(self):
        """Return the paths of the files that are the solution, those nearest to the top of its folder first."""
        return list(islice(_files(self.folder), _MOST_FILES))

    def copy_into(self, place):
        """Copy the folder into `place`; return the paths of the copy and of a folder with our common.py (and what it imports).

        Their code runs in the copy, beside copies of its data files, so that it finds what it reads and disturbs
        nothing by what it writes. Hidden folders, environments and huge files stay behind.
        """
        place = Path(place).resolve()
        theirs, fallback = place / "solution", place / "fallback"
        fallback.mkdir(parents=True)
        shutil.copy(PROJECT / "common.py", fallback)
        shutil.copytree(PROJECT / "arithmetic", fallback / "arithmetic", ignore=shutil.ignore_patterns("__pycache__"))
        left = _LARGEST_COPY
        for source in self.files():
            left -= source.stat().st_size
            if left < 0:
                break
            target = theirs / source.relative_to(self.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_file(source, target)
        return str(theirs), str(fallback)


def open_solution(path):
    """Return the Solution at `path`, a folder with an em.py or the em.py itself.

    Raises:
        InputError: there is no such folder, or no em.py in it.
    """
    place, expected = Path(path), "a folder with an em.py, or the em.py itself"
    folder = place if place.is_dir() else place.parent
    if folder is not place:
        read_file(place, _LARGEST_FILE, expected)
        if place.name != "em.py":
            raise InputError(f"{path} is not an em.py; expected {expected}")
    if not os.path.lexists(folder / "em.py"):
        raise InputError(f"{path} has no em.py; expected a folder with the solution's em.py")
    read_file(folder / "em.py", _LARGEST_FILE, "the solution's em.py")
    return Solution(str(path), folder.resolve())


def _is_usable(file):
    return is_regular(file) and file.stat().st_size <= _LARGEST_FILE


def _files(root):
    """Yield the files of a folder, those nearest to its top first, and not those of environments and caches."""
    level = [root]
    for _ in range(_DEEPEST):
        deeper = []
        for folder in level:
            for entry in _entries(folder):
                if entry.is_dir() and not entry.is_symlink() and not (entry / "pyvenv.cfg").exists():
                    deeper.append(entry)
                elif _is_usable(entry):
                    yield entry
        level = deeper


def _entries(folder):
    """Return what a folder holds, in order; nothing of one that may not be read."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [folder / name for name in names if not name.startswith((".", "__pycache__"))]
