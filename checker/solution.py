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
from collections.abc import Mapping
from itertools import islice
from pathlib import Path, PurePosixPath
from types import MappingProxyType
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
    """Where somebody's modules lie."""

    path: str  # as the user wrote it
    name: str  # of the folder that they are in
    folder: Path | None = None  # None for modules by themselves
    modules: Mapping = MappingProxyType({})  # module -> bytes, of modules by themselves

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
        """Return whether a name is that of a file or a folder beside the modules or beside their folder."""
        if self.folder is None:
            return False
        return name == self.name or any((place / end).exists() for place in (self.folder, self.folder.parent)
                                        for end in (name, f"{name}.py"))

    def files(self):
        """Return the paths of the files that are the solution, those nearest to the top of its folder first."""
        return [Path(self.path)] if self.folder is None else list(islice(_files(self.folder), _MOST_FILES))

    def copy_into(self, place):
        """Copy the modules into a folder of `place`; return its path.

        Their code runs in the copy, beside copies of its data files, so that it finds what it reads and disturbs
        nothing by what it writes. Hidden folders, environments and huge files stay behind. Of the folder above, beside
        the copy, comes what is imported from there. Where they have no common.py, ours serves, and finds what it
        imports in OURS.
        """
        theirs = Path(place).resolve() / self.name
        theirs.mkdir(parents=True)
        for module, content in self.modules.items():
            (theirs / f"{module}.py").write_bytes(content)
        if self.folder is not None:
            _copy(self.files(), self.folder, theirs)
            _copy(islice(_from_above(self.folder), _MOST_FILES), self.folder.parent, theirs.parent)
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
            several = "; for several solutions, one in each folder of it, add /*" if any(place.glob("*/em.py")) else ""
            raise InputError(f"{path} has no em.py; {_EXPECTED}{several}")
        read_file(place / "em.py", _LARGEST_FILE, "the solution's em.py")
        return _in_folder(path, place)
    content = read_file(place, _LARGEST_COPY, _EXPECTED.removeprefix("expected "))
    if place.suffix.lower() == ".zip":
        return _open_archive(path, content)
    if place.suffix != ".py":
        raise InputError(f"{path} is not an em.py; {_EXPECTED}")
    if place.stem in MODULES and place.name != "em.py":
        raise InputError(f"{path} is one module of a solution; {_EXPECTED}")
    if len(content) > _LARGEST_FILE:
        raise InputError(f"{path} has {len(content)} bytes; {_EXPECTED}, {_LARGEST_FILE} bytes at most")
    if place.name == "em.py":
        return _in_folder(path, place.parent)
    return Solution(str(path), "solution", None, {"em": content})


def _in_folder(path, folder):
    folder = folder.resolve()
    return Solution(str(path), folder.name or "solution", folder)


# Archives. Nothing is unpacked: the four modules are read in memory.


def _open_archive(path, content):
    """Return the Solution in the bytes of a .zip archive: the em.py nearest to its top, and the modules beside it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {PurePosixPath(member.filename): member for member in archive.infolist()}
            for member in members:
                if member.is_absolute() or ".." in member.parts or re.search(r"[\\:\0]", str(member)):
                    raise InputError(f"{path} holds a member with the path {str(member)!r}, which may lead outside of"
                                     " it: refused")
            found = sorted((member for member in members if member.name == "em.py" and member.parts[0] != "__MACOSX"),
                           key=lambda member: len(member.parts))
            if not found:
                raise InputError(f"{path} has no em.py; {_EXPECTED}")
            if len(found) > 1 and len(found[1].parts) == len(found[0].parts):
                raise InputError(f"{path} holds both {found[0]} and {found[1]}; expected one solution")
            beside = {module: members.get(found[0].with_name(f"{module}.py")) for module in MODULES}
            modules = {module: _read_member(archive, member, path) for module, member in beside.items() if member}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a whole .zip archive that can be read ({error})") from None
    return Solution(str(path), found[0].parent.name or "solution", None, modules)


def _read_member(archive, member, path):
    with archive.open(member) as file:
        content = file.read(_LARGEST_FILE + 1)  # what the archive says of the size may be wrong
    if len(content) > _LARGEST_FILE:
        raise InputError(f"{path}: {member.filename} has more than {_LARGEST_FILE} bytes; expected a module of Python")
    return content


# Folders


def _copy(files, old, new):
    """Copy files from below one folder to below another, as many as there is room for."""
    left = _LARGEST_COPY
    for source in files:
        left -= source.stat().st_size
        if left < 0:
            break
        target = new / source.relative_to(old)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.stat().st_size:
            shutil.copyfile(source, target)
        else:  # the system's own files, like /proc/kmsg, say that they are empty, and may never end
            target.touch()


def _is_usable(file):
    """Return whether a path leads, through links too, to a regular file that can be read and is not too large."""
    try:
        found = file.stat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST_FILE and os.access(file, os.R_OK)


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


def _from_above(folder):
    """Yield the files in the folder above that their modules import, and what those import in turn."""
    above, seen = folder.parent, {folder.name, *sys.stdlib_module_names}
    waiting = [file for file in islice(_files(folder), _MOST_FILES) if file.suffix == ".py"]
    while waiting:
        for name in sorted(_imported(waiting.pop()) - seen):
            seen.add(name)
            if (folder / name).exists() or (folder / f"{name}.py").exists():
                continue
            module = above / f"{name}.py"
            files = [module] if _is_usable(module) else list(islice(_files(above / name), _MOST_FILES))
            waiting += [file for file in files if file.suffix == ".py"]
            yield from files


def _imported(file):
    """Return the names that a file imports, up to their first dot."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return set()
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    of = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level and node.module}
    return {name.partition(".")[0] for name in plain | of}
