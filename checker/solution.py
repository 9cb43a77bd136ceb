"""Somebody's modules, in a folder, a file, a notebook or an archive, and the copy of them that is run."""

import ast
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
    """Where somebody's modules are."""

    path: str  # for people
    name: str  # of the folder that the modules are in
    folder: Path | None  # None in an archive
    files: dict  # path in the folder -> bytes: an archive's, or what stands in place of the folder's own
    lines: dict  # path in the folder -> [(file, line)]: where each line is for the user, if not there
    notes: dict  # module -> where it was found, if that must be said

    def has(self, module):
        """Return whether there is a file for the module."""
        name = f"{module}.py"
        return name in self.files or (self.folder is not None and _is_usable(self.folder / name))

    def text(self, module):
        """Return the source of a module; nothing where there is none."""
        content = self.files.get(f"{module}.py", b"")
        if not content and self.has(module):
            content = (self.folder / f"{module}.py").read_bytes()
        return content.decode("utf-8", "replace")

    def changed(self, module):
        """Return when the module's file was changed; of an archive or a notebook, 0."""
        alone = f"{module}.py" in self.files or not self.has(module)
        return 0 if alone else (self.folder / f"{module}.py").stat().st_mtime

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
        try:
            found = [node.lineno for node in ast.parse(self.text(module)).body
                     if isinstance(node, ast.FunctionDef) and node.name == function]
        except (SyntaxError, ValueError, RecursionError):
            found = []
        return self.located(f"{module}.py", found[-1] if found else None)

    def copy_into(self, place):
        """Copy the modules into a folder of `place`; return its path.

        Their code runs in the copy, beside copies of its data files, so that it finds what it reads and disturbs
        nothing by what it writes. Hidden folders, environments and huge files are left out. What their modules import
        from the folder above is copied beside the copy. If they have no common.py, ours is used, and finds what it
        imports in OURS.
        """
        theirs = Path(place).resolve() / self.name
        theirs.mkdir(parents=True)
        if self.folder is not None:
            _copy(_files(self.folder), self.folder, theirs)
            _copy(_from_above(self.folder), self.folder.parent, theirs.parent)
        for name, content in self.files.items():
            (theirs / name).parent.mkdir(parents=True, exist_ok=True)
            (theirs / name).write_bytes(content)
        shutil.copytree(PROJECT / "arithmetic", theirs.parent / OURS / "arithmetic",
                        ignore=shutil.ignore_patterns("__pycache__"))
        if not any((folder / "common.py").exists() for folder in (theirs, theirs.parent)):
            shutil.copy(PROJECT / "common.py", theirs)
        return str(theirs)


def expanded(paths):
    """Return the paths, and in place of a pattern like students/* what it matches, as a shell does.

    Raises:
        InputError: nothing matches a pattern.
    """
    found = []
    for path in paths:
        matching = [path] if os.path.lexists(path) or not glob.has_magic(path) else sorted(glob.glob(path))
        if not matching:
            raise InputError(f"nothing matches {path}; {_EXPECTED}")
        found += matching
    return found


def open_solution(path):
    """Return the Solution at `path`: a folder, one .py file (the em.py or any other as one), a notebook or an archive.

    A single file brings its folder: what lies beside it can be imported.

    Raises:
        InputError: there is no such thing, or no module of the course in it.
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
    return here._replace(files={"em.py": content}, lines={"em.py": lines}, notes={"em": f"from {place.name}"})


def _of(path, folder):
    folder = Path(folder).resolve()
    return Solution(str(path), folder.name or "solution", folder, {}, {}, {})


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


# Which folder of a folder or of an archive has the modules


def _in_folder(path, top):
    """Return the Solution in a folder, or one level down."""
    deeper = [] if os.path.lexists(top / "em.py") else [one for one in _entries(top) if one.is_dir()]
    places = {PurePosixPath(*folder.relative_to(top).parts): folder for folder in (top, *deeper)}
    names = {where: [one.name for one in _entries(folder)] for where, folder in places.items()}
    where = _chosen(path, names, lambda file: _is_usable(top / file) and (top / file).read_bytes(), True)
    folder = places[where]
    solution = _of(path if folder == top else folder, folder)
    if "em.py" in names[where]:
        read_file(folder / "em.py", _LARGEST_FILE, "the solution's em.py")
        return solution
    notebooks = _notebooks(names[where], lambda name: _is_usable(folder / name) and (folder / name).read_bytes())
    return _with_notebooks(solution, notebooks, over=False) if notebooks else solution


def _notebooks(names, read):
    """Return {name: bytes} of the notebooks that have functions of the course."""
    contents = {name: read(name) for name in names if name.endswith(".ipynb")}
    return {name: content for name, content in contents.items() if content and notebook.has_functions(content)}


def _chosen(path, names, read, of_class=False):
    """Return the folder that holds the solution: the nearest one to the top that has an em.py, or else parts of one.

    Args:
        path: for people.
        names: folder (PurePosixPath) -> names of its files.
        read: returns the bytes of a file, given its PurePosixPath.
        of_class: whether several folders side by side may be the solutions of a class.

    Raises:
        InputError: there is none, or there are several.
    """
    def urgency(where):
        return "em.py" not in names[where], len(where.parts)

    parts = [where for where in names if _OWN.intersection(names[where])
             or _notebooks(names[where], lambda name, where=where: read(where / name))]
    parts = sorted(parts or [where for where in names if "common.py" in names[where]], key=urgency)
    if not parts:
        raise InputError(f"{path} has no em.py; {_EXPECTED}")
    first = parts[0]
    for other in parts[1:]:
        nearer, beside = (len(other.parts) < len(first.parts), len(other.parts) == len(first.parts))
        if nearer or urgency(other) == urgency(first) or (of_class and beside):
            several = f"; to check several solutions, write {path}/*" if of_class and beside else ""
            raise InputError(f"{path} contains both {_part(first, names)} and {_part(other, names)}; expected one"
                             f" solution{several}")
    return first


def _part(where, names):
    """Return a file of a solution, for people."""
    return str(where / sorted(names[where], key=lambda name: (name not in _OWN, name[-6:] != ".ipynb", name))[0])


# Archives. Nothing is unpacked: they are read in memory.


def _in_archive(path, content):
    """Return the Solution in an archive."""
    try:
        members = _tar_members(content) if str(path).lower().endswith(_TAR) else _zip_members(content)
        members = {_inside(path, name): read for name, read in members.items()}
        names = {}
        for member in members:
            if not any(part.startswith((".", "__")) for part in member.parts):
                names.setdefault(member.parent, []).append(member.name)

        def read(member):
            with members[member]() as file:
                return file.read(_LARGEST_FILE + 1)  # the size in the archive may be wrong

        where = _chosen(path, names, read)
        inside = [folder / name for folder in names if where in (folder, *folder.parents)
                  and len(folder.parts) - len(where.parts) < _DEEPEST for name in names[folder]]
        files = _read_members(path, inside, where, read)
    except InputError:
        raise
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError,
            OSError) as error:
        raise InputError(f"{path} cannot be read as an archive ({error})") from None
    solution = Solution(str(path), where.name or "solution", None, files, {}, {})
    notebooks = {} if "em.py" in files else _notebooks(names[where], files.get)
    return _with_notebooks(solution, notebooks, over=False) if notebooks else solution


def _zip_members(content):
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {one.filename: partial(archive.open, one) for one in archive.infolist()
            if not one.filename.endswith("/")}


def _tar_members(content):
    archive = tarfile.open(fileobj=io.BytesIO(content))  # noqa: SIM115
    return {one.name: partial(archive.extractfile, one) for one in archive if one.isreg()}


def _inside(path, name):
    """Return the path of a member of an archive; those made on Windows may have backslashes."""
    member = PurePosixPath(name.replace("\\", "/"))
    if member.is_absolute() or ".." in member.parts or re.match(r"\w:", str(member)) or "\0" in name:
        raise InputError(f"{path} contains the path {name!r}, which may lead outside of the archive")
    return member


def _read_members(path, members, where, read):
    """Return {path in the folder `where`: bytes} of members, until the limit is reached."""
    files, left = {}, _LARGEST_COPY
    for member in sorted(members, key=lambda one: (len(one.parts), one.suffix != ".py", one))[:_MOST_FILES]:
        content = read(member)
        own = member.parent == where and member.stem in MODULES
        if len(content) > _LARGEST_FILE and own:
            raise InputError(f"{path}: {member} has more than {_LARGEST_FILE} bytes; expected a Python module")
        left -= len(content)
        if left < 0:
            break
        if len(content) <= _LARGEST_FILE:
            files[str(member.relative_to(where))] = content
    return files


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
