"""What went wrong in somebody's code: the exception, the statement that it came from, and what is seen there."""

import ast
import contextlib
import glob
import linecache
import os
import re
import traceback

import numpy as np

KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)  # no scripts


def describe(error, folder):
    """Return type, message and their last statement: `where` is [file, line, statement, function] or None.

    `fact` is a sentence on what is wrong there, if it can be seen.
    """
    names = [kind.__name__ for kind in type(error).__mro__]
    here = [frame for frame in traceback.extract_tb(error.__traceback__, limit=-200) if inside(frame.filename, folder)]
    where, message = None, ""
    with contextlib.suppress(Exception):  # their exception's __str__ is their code, too
        message = str(error)
    if isinstance(error, SyntaxError):
        message = error.msg
        if error.filename and inside(error.filename, folder):
            where = [os.path.relpath(error.filename, folder), error.lineno, (error.text or "").strip()[:200], None]
    elif here:
        last = here[-1]
        where = [os.path.relpath(last.filename, folder), last.lineno, statement(last.filename, last.lineno), last.name]
    first = next((line.strip()[:300] for line in message.splitlines() if line.strip()), "")
    return {"error": names[0], "kinds": names, "message": first.replace(folder + os.sep, ""), "where": where,
            "fact": _fact(error, folder)}


def script(error, folder):
    """Return [file, line] of the statement of a script at the level of a module that raised an exception, or None."""
    here = [frame for frame in traceback.extract_tb(error.__traceback__)
            if inside(frame.filename, folder) and frame.name == "<module>"]
    if not here or isinstance(error, SyntaxError):
        return None
    with open(here[-1].filename, "rb") as file:
        body = ast.parse(file.read()).body
    at = next((node for node in body if node.lineno <= here[-1].lineno <= node.end_lineno), None)
    return None if at is None or isinstance(at, KEPT) else [os.path.relpath(here[-1].filename, folder), at.lineno]


def first_warning(warned, folder):
    """Return [file, line, message] of the first numerical warning from their code, or None."""
    for warning in warned:
        if issubclass(warning.category, RuntimeWarning) and inside(warning.filename, folder):
            return [os.path.relpath(warning.filename, folder), warning.lineno, str(warning.message)[:200]]
    return None


def inside(path, folder):
    return os.path.isabs(path) and os.path.normpath(path).startswith(folder + os.sep)


def statement(file, line):
    """Return the statement at a line of a file, written in one line; of a compound statement, its head."""
    lines = linecache.getlines(file)
    nodes = [node for node in ast.walk(ast.parse("".join(lines))) if isinstance(node, ast.stmt)]
    ends = [max(node.lineno, node.body[0].lineno - 1) if getattr(node, "body", None) else node.end_lineno
            for node in nodes]
    first, last = max(((node.lineno, end) for node, end in zip(nodes, ends, strict=True) if node.lineno <= line <= end),
                      default=(line, line))
    return " ".join(" ".join(text.split()) for text in lines[first - 1 : last])[:400]


# What can be seen where an exception was raised


def _fact(error, folder):
    with contextlib.suppress(Exception):  # what is looked at is theirs
        if isinstance(error, SyntaxError):
            return _encoding(error.filename, folder)
        frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)
                  if inside(frame.f_code.co_filename, folder)]
        if frames and isinstance(error, (ValueError, TypeError, np.linalg.LinAlgError)):
            return _matrix(frames[-1][0]) or _not_one_number(str(error), *frames[-1])
    return None


def _encoding(file, folder):
    """Return how a module of theirs is saved that is not UTF-8, but can be read in another encoding."""
    files = [file] if file and inside(file, folder) else sorted(glob.glob(os.path.join(glob.escape(folder), "*.py")))
    for name in files:
        with open(name, "rb") as opened:
            content = opened.read()
        utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            compile(content.decode("utf-16" if utf_16 else "cp1252"), name, "exec")
            return f"{os.path.basename(name)} is saved as {'UTF-16' if utf_16 else 'Windows-1252'}. Save it as UTF-8."
    return None


def _matrix(frame):
    """Return which of the values in a frame are np.matrix."""
    values = {}
    for name, value in frame.f_locals.items():
        values[name] = value
        values.update({f"{name}.{field}": getattr(value, field) for field in ("mu", "var", "p")
                       if hasattr(value, field)})
    found = [name for name, value in values.items() if isinstance(value, np.matrix)]
    return found and (f"{' and '.join(found)} {'is an np.matrix' if len(found) == 1 else 'are np.matrix'}: * and ** are"
                      " products of matrices there. Use np.array.")


def _not_one_number(message, frame, line):
    """Return what shape an array has that is put where one number belongs."""
    if not re.search("setting an array element with a sequence|arrays can be converted", message):
        return None
    tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    here = [node for node in ast.walk(tree) if getattr(node, "lineno", line + 1) <= line <= (node.end_lineno or 0)]
    values = [node.args[0] for node in here if isinstance(node, ast.Call) and node.args
              and re.match(r"(float|int|math\.\w+)$", ast.unparse(node.func))]
    values += [node.value for node in here if isinstance(node, (ast.Assign, ast.AugAssign))]
    for value in values:
        shape = np.shape(eval(compile(ast.Expression(value), "", "eval"), frame.f_globals, frame.f_locals))
        if shape:
            what = ("Older versions of NumPy accepted that. Take the number out of it, with value.item() or value[0],"
                    " or remove what makes it an array: keepdims, a pair of brackets, an index like [0:1]."
                    if set(shape) == {1} else "Is a sum missing, or is there a matrix too much?")
            return f"The code puts an array of shape {shape} where one number belongs. {what}"
    return None
