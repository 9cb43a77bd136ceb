"""Somebody's modules, in a folder, a file, a notebook or an archive, and the copy of them that is run."""

import ast
import contextlib
import glob
import io
import os
import re
import shutil
import stat
import sys
import tarfile
import zipfile
import zlib
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from checker import notebook
from checker.child import OURS
from console import InputError, read_file

PROJECT = Path(__file__).resolve().parent.parent
MODULES = ("common", "em", "kmeans", "naive_em")
_OWN = {"em.py", "kmeans.py", "naive_em.py"}
_LARGEST_FILE = 8 * 2**20  # bytes: the course's files fit, a film or a data base does not
_LARGEST_COPY = 64 * 2**20
_MOST_FILES = 2000
_DEEPEST = 3
_TAR = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
_EXPECTED = "expected a folder with an em.py, the em.py itself, a notebook, or a .zip or .tgz archive"


class Solution(NamedTuple):
    """Somebody's modules, and the files beside them."""

    path: str  # for people
    name: str  # of the folder that the modules are in
    folder: Path | None  # None in an archive
    files: dict  # path in the folder -> bytes, or the Path of a file that need not be read yet
    lines: dict  # path in the folder -> [(file, line)]: where each line is for the user, if not there
    notes: dict  # module -> where it was found, if that must be said

    def has(self, module):
        return f"{module}.py" in self.files

    def text(self, module):
        return _content(self.files.get(f"{module}.py", b"")).decode("utf-8", "replace")

    def changed(self, module):
        """Return when the module's file was changed; of an archive or a notebook, 0."""
        file = self.files.get(f"{module}.py")
        return file.stat().st_mtime if isinstance(file, Path) else 0

    def has_beside(self, name):
        """Return whether a file or a folder of this name is beside the modules or beside their folder."""
        if name == self.name or any(re.match(rf"{name}(/|\.py$)", file) for file in self.files):
            return True
        return self.folder is not None and any(
            (place / end).exists() for place in (self.folder, self.folder.parent) for end in (name, f"{name}.py"))

    def located(self, file, line):
        """Return the user's (file, line) for a line of the copy."""
        lines = self.lines.get(file, ())
        return tuple(lines[line - 1]) if line and line <= len(lines) else (file, line)

    def where(self, module, function):
        """Return the user's (file, line) of a function; the line is None where the module does not define it."""
        tree = notebook.parsed(self.text(module))
        found = [node.lineno for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function] \
            if tree else []
        return self.located(f"{module}.py", found[-1] if found else None)

    def copy_into(self, place):
        """Copy the modules into a folder of `place`, with what they may import or read; return its path.

        Hidden folders, environments and huge files are left out. What they import from the folder above is copied
        beside the copy. If they have no common.py, ours is used, and finds what it imports in OURS.
        """
        theirs = Path(place).resolve() / self.name
        above = {} if self.folder is None else self._from_above()
        for folder, files in ((theirs.parent, above), (theirs, self.files)):
            for name, content in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(_content(content))
        shutil.copytree(PROJECT / "arithmetic", theirs.parent / OURS / "arithmetic",
                        ignore=shutil.ignore_patterns("__pycache__"))
        if "common.py" not in {**self.files, **above}:
            shutil.copy(PROJECT / "common.py", theirs)
        return str(theirs)

    def _from_above(self):
        """Return the files in the folder above that their modules import, and the files that those import."""
        above, seen, found = self.folder.parent, {self.name, *sys.stdlib_module_names}, []
        waiting = list(self.files.items())
        while waiting and len(found) < _MOST_FILES:
            for name in sorted(_imported(*waiting.pop()) - seen):
                seen.add(name)
                if not any((self.folder / end).exists() for end in (name, f"{name}.py")):
                    module = above / f"{name}.py"
                    new = [module] if _is_usable(module) else list(_walk(above / name))
                    found += new
                    waiting += [(file.name, file) for file in new]
        return _within_limits((file.relative_to(above).as_posix(), file) for file in found)


def _content(content):
    """Return the bytes of a file in a Solution; none if it was removed meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        return content if isinstance(content, bytes) else content.read_bytes()
    return b""


def _imported(name, content):
    tree = notebook.parsed(_content(content)) if name.endswith(".py") else None
    nodes = list(ast.walk(tree)) if tree else []
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    of = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level and node.module}
    return {name.partition(".")[0] for name in plain | of}


def expanded(paths):
    """Return the paths, and in place of a pattern like students/* what it matches; InputError if nothing does."""
    found = []
    for path in paths:
        matching = [path] if os.path.lexists(path) or not glob.has_magic(path) else sorted(glob.glob(path))
        if not matching:
            raise InputError(f"nothing matches {path}; {_EXPECTED}")
        found += matching
    return found


def open_solution(path):
    """Return the Solution at `path`: a folder, one .py file (if not a module's, as em.py), a notebook or an archive.

    A single file brings its folder: what lies beside it can be imported. Raises InputError if there is no such thing,
    or no module of the course in it.
    """
    place = Path(path)
    if os.path.isdir(place):
        return _in_folder(path, place)
    name = place.name.lower()
    content = read_file(place, _LARGEST_COPY, _EXPECTED.removeprefix("expected "))
    if name.endswith((".zip", *_TAR)):
        return _in_archive(path, content)
    if not name.endswith((".py", ".ipynb")):
        raise InputError(f"{path} is not an em.py; {_EXPECTED}")
    here = _of(path, place.parent)
    if name.endswith(".ipynb"):
        return _with_notebooks(here, {place.name: content})
    if len(content) > _LARGEST_FILE:
        raise InputError(f"{path} has {len(content)} bytes; {_EXPECTED}, {_LARGEST_FILE} bytes at most")
    if place.stem in MODULES:
        return here
    lines = [(place.name, number + 1) for number in range(content.count(b"\n") + 1)]
    return here._replace(files={**here.files, "em.py": content}, lines={"em.py": lines},
                         notes={"em": f"from {place.name}"})


def _of(path, folder):
    folder = Path(folder).resolve()
    files = _within_limits((file.relative_to(folder).as_posix(), file) for file in _walk(folder))
    return Solution(str(path), folder.name or "solution", folder, files, {}, {})


def _within_limits(found):
    """Return {name: content} of (name, content), until there are too many files or bytes for a copy."""
    files, left = {}, _LARGEST_COPY
    for name, content in islice(found, _MOST_FILES):
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        left -= size
        if left < 0:
            break
        files[name] = content if size else b""  # files of the system, like /proc/kmsg, have size 0 and may never end
    return files


# Notebooks


def _with_notebooks(solution, notebooks, over=True):
    """Return a Solution with the functions of notebooks, {name: bytes}, `over` its own modules or where it has none."""
    found = notebook.modules_in(notebooks)
    modules = [module for module in MODULES if f"{module}.py" in found.files and (over or not solution.has(module))]
    if not modules and over:
        raise InputError(f"{solution.path} defines none of the course's functions; {_EXPECTED}")
    files, lines = ({f"{module}.py": part[f"{module}.py"] for module in modules} for part in (found.files, found.lines))
    if "common" in modules:
        base = solution.text("common") or (PROJECT / "common.py").read_text() + "\n\ndel rmse, bic\n"
        files["common.py"] = f"{base}\n".encode() + files["common.py"]
        lines["common.py"] = [("common.py", i + 1) for i in range(base.count("\n") + 1)] + lines["common.py"]
    notes = {module: found.notes[module] for module in modules}
    return solution._replace(files={**solution.files, **files}, lines=lines, notes=notes)


def _completed(solution):
    """Return a Solution with the functions of its notebooks, if it has no em.py."""
    notebooks = {} if solution.has("em") else _notebooks(
        {name: partial(_content, content) for name, content in solution.files.items() if "/" not in name})
    return _with_notebooks(solution, notebooks, over=False) if notebooks else solution


def _notebooks(files):
    """Return {name: bytes} of those of the files, {name: function that reads it}, with functions of the course."""
    contents = {name: read() for name, read in files.items() if name.endswith(".ipynb")}
    return {name: content for name, content in contents.items() if notebook.has_functions(content)}


# Which folder of a folder or of an archive has the modules


def _chosen(path, files, of_class=False):
    """Return the folder that holds the solution: the nearest one to the top that has an em.py, or else parts of one.

    `files` are {PurePosixPath: function that reads it}; if `of_class`, several folders side by side may be the
    solutions of a class. Raises InputError if there is none, or there are several.
    """
    folders = {}
    for file, read in files.items():
        folders.setdefault(file.parent, {})[file.name] = read

    def urgency(where):
        return "em.py" not in folders[where], len(where.parts)

    def part(where):
        return str(where / min(folders[where], key=lambda name: (name not in _OWN, name[-6:] != ".ipynb", name)))

    parts = [where for where, inside in folders.items() if _OWN & inside.keys() or _notebooks(inside)]
    parts = sorted(parts or [where for where in folders if "common.py" in folders[where]], key=urgency)
    if not parts:
        raise InputError(f"{path} has no em.py; {_EXPECTED}")
    first = parts[0]
    for other in parts[1:]:
        nearer, beside = (len(other.parts) < len(first.parts), len(other.parts) == len(first.parts))
        if nearer or urgency(other) == urgency(first) or (of_class and beside):
            several = f"; to check several solutions, write {path}/*" if of_class and beside else ""
            raise InputError(f"{path} contains both {part(first)} and {part(other)}; expected one solution{several}")
    return first


# Folders


def _in_folder(path, top):
    if os.path.lexists(top / "em.py"):
        read_file(top / "em.py", _LARGEST_FILE, "the solution's em.py")
        return _of(path, top)
    near = {PurePosixPath(file.relative_to(top).as_posix()): partial(_content, file) for file in _walk(top, 2)}
    where = _chosen(path, near, of_class=True)
    return _completed(_of(path if where == PurePosixPath() else top / where, top / where))


def _walk(root, deepest=_DEEPEST):
    """Yield the files of a folder, nearest to its top first, there Python first; no environments and no caches."""
    level = [root]
    for _ in range(deepest):
        deeper = []
        entries = [entry for folder in level for entry in _entries(folder)]
        for entry in sorted(entries, key=lambda one: one.suffix != ".py"):
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


def _is_usable(file):
    """Return whether a path, or what it links to, is a regular file that can be read and is not too large."""
    try:
        found = file.stat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST_FILE and os.access(file, os.R_OK)


# Archives. Nothing is unpacked: they are read in memory.


def _in_archive(path, content):
    try:
        if str(path).lower().endswith(_TAR):
            archive = tarfile.open(fileobj=io.BytesIO(content))  # noqa: SIM115
            found = {one.name: partial(archive.extractfile, one) for one in archive if one.isreg()}
        else:
            archive = zipfile.ZipFile(io.BytesIO(content))
            found = {one.filename: partial(archive.open, one) for one in archive.infolist() if not one.is_dir()}
        members = {_inside(path, name): partial(_read_member, opened) for name, opened in found.items()}
        members = {member: read for member, read in members.items()
                   if not any(part.startswith((".", "__")) for part in member.parts)}
        where = _chosen(path, members)
        files = _within_limits(_contents(path, where, members))
    except InputError:
        raise
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError,
            OSError) as error:
        raise InputError(f"{path} cannot be read as an archive ({error})") from None
    return _completed(Solution(str(path), where.name or "solution", None, files, {}, {}))


def _inside(path, name):
    """Return the path of a member of an archive; those made on Windows may have backslashes."""
    member = PurePosixPath(name.replace("\\", "/"))
    if member.is_absolute() or ".." in member.parts or re.match(r"\w:", str(member)) or "\0" in name:
        raise InputError(f"{path} contains the path {name!r}, which may lead outside of the archive")
    return member


def _read_member(opened):
    with opened() as file:
        return file.read(_LARGEST_FILE + 1)  # the size in the archive may be wrong


def _contents(path, where, members):
    """Yield (path in the folder `where`, bytes) of the members in it, modules first."""
    inside = [one for one in members if where in one.parents and len(one.parts) - len(where.parts) <= _DEEPEST]
    for member in sorted(inside, key=lambda one: (len(one.parts), one.suffix != ".py", one)):
        content = members[member]()
        if len(content) <= _LARGEST_FILE:
            yield str(member.relative_to(where)), content
        elif member.parent == where and member.stem in MODULES:
            raise InputError(f"{path}: {member} has more than {_LARGEST_FILE} bytes; expected a Python module")
