"""What went wrong in somebody's code: the exception, and the statement of theirs that it came from."""

import ast
import linecache
import os
import traceback


def describe(error, folder):
    """Return type, message and the last statement of theirs; `where` is [file, line, statement, function] or None."""
    names = [kind.__name__ for kind in type(error).__mro__]
    here = [frame for frame in traceback.extract_tb(error.__traceback__, limit=-200) if inside(frame.filename, folder)]
    where = None
    if isinstance(error, SyntaxError) and error.filename and inside(error.filename, folder):
        where = [os.path.relpath(error.filename, folder), error.lineno, (error.text or "").strip()[:200], None]
    elif here:
        last = here[-1]
        where = [os.path.relpath(last.filename, folder), last.lineno, statement(last.filename, last.lineno), last.name]
    message = error.msg if isinstance(error, SyntaxError) else _text(error)
    return {"error": names[0], "kinds": names, "message": _first_line(message).replace(folder + os.sep, ""),
            "where": where,
            "missing": str(error.name) if isinstance(error, ImportError) and error.name else None,
            "file": str(error.filename) if isinstance(error, OSError) and error.filename else None}


def first_warning(warned, folder):
    """Return [file, line, message] of the first warning about numbers that a line of theirs caused."""
    for warning in warned:
        if issubclass(warning.category, RuntimeWarning) and inside(warning.filename, folder):
            return [os.path.relpath(warning.filename, folder), warning.lineno, str(warning.message)[:200]]
    return None


def inside(path, folder):
    return os.path.isabs(path) and os.path.normpath(path).startswith(folder + os.sep)


def statement(file, line):
    """Return the statement at a line of a file, in one line; of one that holds others its head."""
    lines = linecache.getlines(file)
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return linecache.getline(file, line).strip()[:200]
    first, last = max((span for span in map(_span, ast.walk(tree)) if span and span[0] <= line <= span[1]),
                      default=(line, line))
    return " ".join(" ".join(text.split()) for text in lines[first - 1 : last])[:400]


def _span(node):
    """Return the first and the last line of a statement, of one with a body those before it; None of what is none."""
    if not isinstance(node, ast.stmt):
        return None
    body = getattr(node, "body", None)
    return node.lineno, max(node.lineno, body[0].lineno - 1) if body else node.end_lineno


def _text(error):
    try:
        return str(error)
    except Exception:  # their exception's __str__ is their code too
        return ""


def _first_line(message):
    return next((line.strip()[:300] for line in message.splitlines() if line.strip()), "")
