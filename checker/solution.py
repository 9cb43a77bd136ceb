"""Somebody's modules, in a folder, a single file or an archive, and the copy of them that is run."""

import ast
import io
import os
import re
import shutil
import stat
import sys
import zipfile
import zlib
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from checker.child import OURS
from console import InputError, read_file

PROJECT = Path(__file__).resolve().parent.parent
MODULES = ("common", "em", "kmeans", "naive_em")
_LARGEST_FILE = 8 * 2**20  # bytes: the course's files fit, a film or a data base does not
_LARGEST_COPY = 64 * 2**20
_MOST_FILES = 2000
_DEEPEST = 3
_EXPECTED = "expected a folder with an em.py, the em.py itself, or a .zip archive with one"


class Solution(NamedTuple):
    """Where somebody's modules are."""

    path: str  # as the user wrote it
    name: str  # of the folder that they are in
    folder: Path | None  # None for modules by themselves
    modules: dict  # module -> bytes, of modules by themselves

    def has(self, module):
        """Return whether there is a file for the module."""
        return module in self.modules or (self.folder is not None and _is_usable(self.folder / f"{module}.py"))

    def text(self, module):
        """Return the source of a module; nothing where there is none."""
        content = self.modules.get(module, b"")
        if not content and self.has(module):
            content = (self.folder / f"{module}.py").read_bytes()
        return content.decode("utf-8", "replace")

    def has_beside(self, name):
        """Return whether a file or a folder of this name is beside the modules or beside their folder."""
        return self.folder is not None and (name == self.name or any(
            (place / end).exists() for place in (self.folder, self.folder.parent) for end in (name, f"{name}.py")))

    def copy_into(self, place):
        """Copy the modules into a folder of `place`; return its path.

        Their code runs in the copy, beside copies of its data files, so that it finds what it reads and disturbs
        nothing by what it writes. Hidden folders, environments and huge files are left out. What their modules import
        from the folder above is copied beside the copy. If they have no common.py, ours is used, and finds what it
        imports in OURS.
        """
        theirs = Path(place).resolve() / self.name
        theirs.mkdir(parents=True)
        for module, content in self.modules.items():
            (theirs / f"{module}.py").write_bytes(content)
        if self.folder is not None:
            _copy(_files(self.folder), self.folder, theirs)
            _copy(_from_above(self.folder), self.folder.parent, theirs.parent)
        shutil.copytree(PROJECT / "arithmetic", theirs.parent / OURS / "arithmetic",
                        ignore=shutil.ignore_patterns("__pycache__"))
        if not any((folder / "common.py").exists() for folder in (theirs, theirs.parent)):
            shutil.copy(PROJECT / "common.py", theirs)
        return str(theirs)


def open_solution(path):
    """Return the Solution at `path`: a folder with an em.py, the em.py itself, any other .py as one, or a .zip archive.

    Raises:
        InputError: there is no such thing, or no em.py in it.
    """
    place = Path(path)
    if os.path.isdir(place):
        if not os.path.lexists(place / "em.py"):
            several = "; to check several solutions, add /*" if any(place.glob("*/em.py")) else ""
            raise InputError(f"{path} has no em.py; {_EXPECTED}{several}")
        read_file(place / "em.py", _LARGEST_FILE, "the solution's em.py")
        return _in_folder(path, place)
    content = read_file(place, _LARGEST_COPY, _EXPECTED.removeprefix("expected "))
    if place.suffix.lower() == ".zip":
        return _open_archive(path, content)
    if place.suffix != ".py":
        raise InputError(f"{path} is not an em.py; {_EXPECTED}")
    if place.stem in MODULES and place.name != "em.py":
        raise InputError(f"{path} is only one module of a solution; {_EXPECTED}")
    if len(content) > _LARGEST_FILE:
        raise InputError(f"{path} has {len(content)} bytes; {_EXPECTED}, {_LARGEST_FILE} bytes at most")
    if place.name == "em.py":
        return _in_folder(path, place.parent)
    return Solution(str(path), "solution", None, {"em": content})


def _in_folder(path, folder):
    folder = folder.resolve()
    return Solution(str(path), folder.name or "solution", folder, {})


# Archives. Nothing is unpacked: the four modules are read in memory.


def _open_archive(path, content):
    """Return the Solution in a .zip archive: the em.py nearest to its top, and the modules beside it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {PurePosixPath(member.filename): member for member in archive.infolist()}
            em = _find_em(path, members)
            beside = {module: members.get(em.with_name(f"{module}.py")) for module in MODULES}
            modules = {module: _read_member(archive, member, path) for module, member in beside.items() if member}
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as a .zip archive ({error})") from None
    return Solution(str(path), em.parent.name or "solution", None, modules)


def _find_em(path, members):
    """Return the path of the em.py nearest to the top of an archive."""
    for member in members:
        if member.is_absolute() or ".." in member.parts or re.search(r"[\\:\0]", str(member)):
            raise InputError(f"{path} contains the path {str(member)!r}, which may lead outside of the archive")
    found = sorted((member for member in members if member.name == "em.py" and member.parts[0] != "__MACOSX"),
                   key=lambda member: len(member.parts))
    if not found:
        raise InputError(f"{path} has no em.py; {_EXPECTED}")
    if len(found) > 1 and len(found[1].parts) == len(found[0].parts):
        raise InputError(f"{path} contains both {found[0]} and {found[1]}; expected one solution")
    return found[0]


def _read_member(archive, member, path):
    with archive.open(member) as file:
        content = file.read(_LARGEST_FILE + 1)  # the size in the archive may be wrong
    if len(content) > _LARGEST_FILE:
        raise InputError(f"{path}: {member.filename} has more than {_LARGEST_FILE} bytes; expected a Python module")
    return content


# Folders


def _copy(files, old, new):
    """Copy files from one folder to the same places in another, until the limit is reached."""
    left = _LARGEST_COPY
    for source in files:
        size = source.stat().st_size
        left -= size
        if left < 0:
            break
        target = new / source.relative_to(old)
        target.parent.mkdir(parents=True, exist_ok=True)
        if size:
            shutil.copyfile(source, target)
        else:  # files of the system, like /proc/kmsg, have size 0, and reading them may never end
            target.touch()


def _is_usable(file):
    """Return whether a path, or what it links to, is a regular file that can be read and is not too large."""
    try:
        found = file.stat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST_FILE and os.access(file, os.R_OK)


def _files(root):
    """Return the files of a folder, those nearest to its top first, without environments and caches."""
    return list(islice(_walk(root), _MOST_FILES))


def _walk(root):
    level = [root]
    for _ in range(_DEEPEST):
        deeper = []
        for entry in (entry for folder in level for entry in _entries(folder)):
            if entry.is_dir() and not entry.is_symlink() and not (entry / "pyvenv.cfg").exists():
                deeper.append(entry)
            elif _is_usable(entry):
                yield entry
        level = deeper


def _entries(folder):
    """Return what a folder contains, in order; nothing if it cannot be read."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [folder / name for name in names if not name.startswith((".", "__pycache__"))]


def _from_above(folder):
    """Return the files in the folder above that their modules import, and the files that those import."""
    above, seen, found = folder.parent, {folder.name, *sys.stdlib_module_names}, []
    waiting = _files(folder)
    while waiting and len(found) < _MOST_FILES:
        for name in sorted(_imported(waiting.pop()) - seen):
            seen.add(name)
            module = above / f"{name}.py"
            if not (folder / name).exists() and not (folder / f"{name}.py").exists():
                found += (new := [module] if _is_usable(module) else _files(above / name))
                waiting += new
    return found


def _imported(file):
    """Return the names that a Python file imports, up to their first dot."""
    if file.suffix != ".py":
        return set()
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return set()
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    of = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level and node.module}
    return {name.partition(".")[0] for name in plain | of}
