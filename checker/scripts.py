"""Modules of theirs without the code that runs on import: what is left are imports, definitions and plain values."""

import ast
import os
import traceback
from importlib.machinery import SourceFileLoader

from checker import failures

_WHOLE = SourceFileLoader.source_to_code
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


def leave_out(until, folder):
    """Load their modules from now on without the scripts of the files in `until`, {file: the first line to leave out}."""
    def source_to_code(self, data, path, **named):
        line = until.get(os.path.relpath(path, folder))
        if line is None:
            return _WHOLE(self, data, path, **named)
        tree = ast.parse(data)
        tree.body = [node for node in tree.body if isinstance(node, _KEPT) or node.end_lineno < line
                     or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))]
        return compile(tree, path, "exec")

    SourceFileLoader.source_to_code = source_to_code
