"""Modules of theirs without the code that runs on import: what is left are imports, definitions and plain values."""

import ast
import importlib.machinery
import importlib.util
import os
import sys
import traceback

from checker import failures

_KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def script(error, folder):
    """Return [file, line] of the statement of a script at the level of a module that raised an exception, or None."""
    here = [frame for frame in traceback.extract_tb(error.__traceback__)
            if failures.inside(frame.filename, folder) and frame.name == "<module>"]
    if not here or isinstance(error, SyntaxError):
        return None
    with open(here[-1].filename, "rb") as file:
        body = ast.parse(file.read()).body
    at = next((node for node in body if node.lineno <= here[-1].lineno <= node.end_lineno), None)
    return None if at is None or isinstance(at, _KEPT) else [os.path.relpath(here[-1].filename, folder), at.lineno]


class Finder:
    """Finds modules of a folder and leaves out their scripts: `until` is {file: the first line to leave out}."""

    def __init__(self, folder, until):
        self.folder, self.until = folder, until

    def find_spec(self, name, path=None, target=None):
        package, _, module = name.rpartition(".")
        file = f"{module}.py"
        if file not in self.until or package not in ("", os.path.basename(self.folder)):
            return None
        place = os.path.join(self.folder, file)
        return importlib.util.spec_from_file_location(name, place, loader=_Definitions(name, place, self.until[file]))


class _Definitions(importlib.machinery.SourceFileLoader):
    """Loads a module without the scripts in it."""

    def __init__(self, name, path, line):
        super().__init__(name, path)
        self.line = line

    def get_code(self, fullname):
        tree = ast.parse(self.get_data(self.path))
        tree.body = [node for node in tree.body if isinstance(node, _KEPT) or node.end_lineno < self.line
                     or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))]
        return compile(tree, self.path, "exec")


def leave_out(until, folder):
    """Let the scripts of the files in `until` be left out from now on."""
    sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, Finder)]
    if until:
        sys.meta_path.insert(0, Finder(folder, until))
