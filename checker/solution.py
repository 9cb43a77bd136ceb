"""A folder with somebody's modules, and the copy of it that is run."""

import os
import shutil
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from console import InputError

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
        return (self.folder / f"{module}.py").is_file()

    def copy_into(self, place):
        """Copy the folder into `place`; return the paths of the copy and of a folder with our common.py.

        Their code runs in the copy, beside copies of its data files, so that it finds what it reads and disturbs
        nothing by what it writes. Hidden folders, environments and huge files stay behind.
        """
        place = Path(place).resolve()
        theirs, fallback = place / "solution", place / "fallback"
        fallback.mkdir(parents=True)
        shutil.copy(PROJECT / "common.py", fallback)
        left = _LARGEST_COPY
        for source in islice(_files(self.folder), _MOST_FILES):
            size = source.stat().st_size
            if size > min(left, _LARGEST_FILE):
                continue
            left -= size
            target = theirs / source.relative_to(self.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        return str(theirs), str(fallback)


def open_solution(path):
    """Return the Solution at `path`, a folder with an em.py or the em.py itself.

    Raises:
        InputError: there is no such folder, or no em.py in it.
    """
    place = Path(path)
    if not place.exists():
        raise InputError(f"{path} does not exist; expected a folder with an em.py, or the em.py itself")
    folder = place if place.is_dir() else place.parent
    if place.is_file() and place.name != "em.py":
        raise InputError(f"{path} is not an em.py; expected a folder with an em.py, or the em.py itself")
    if not (folder / "em.py").is_file():
        raise InputError(f"{path} has no em.py; expected a folder with the solution's em.py")
    try:
        (folder / "em.py").read_bytes()
    except OSError as error:
        raise InputError(f"{folder / 'em.py'} cannot be read: {error.strerror}") from None
    return Solution(str(path), folder.resolve())


def _files(root):
    """Yield the files of a folder, those nearest to its top first, and not those of environments and caches."""
    level = [root]
    for _ in range(_DEEPEST):
        deeper = []
        for folder in level:
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if entry.name.startswith((".", "__pycache__")) or not os.access(entry.path, os.R_OK):
                        continue
                    if entry.is_dir(follow_symlinks=False) and not os.path.exists(f"{entry.path}/pyvenv.cfg"):
                        deeper.append(entry.path)
                    elif entry.is_file():
                        yield Path(entry.path)
        level = deeper
