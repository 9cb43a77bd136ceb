"""What went wrong in somebody's code: the exception, and the statement that it came from."""

import ast
import linecache
import os
import traceback


def describe(error, folder):
    """Return type, message and their last statement: `where` is [file, line, statement, function] or None."""
    names = [kind.__name__ for kind in type(error).__mro__]
    here = [frame for frame in traceback.extract_tb(error.__traceback__, limit=-200) if inside(frame.filename, folder)]
    where, message = None, _text(error)
    if isinstance(error, SyntaxError):
        message = error.msg
        if error.filename and inside(error.filename, folder):
            where = [os.path.relpath(error.filename, folder), error.lineno, (error.text or "").strip()[:200], None]
    elif here:
        last = here[-1]
        where = [os.path.relpath(last.filename, folder), last.lineno, statement(last.filename, last.lineno), last.name]
    return {"error": names[0], "kinds": names, "message": _first_line(message).replace(folder + os.sep, ""),
            "where": where}


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
    spans = [_span(node) for node in ast.walk(ast.parse("".join(lines))) if isinstance(node, ast.stmt)]
    first, last = max((span for span in spans if span[0] <= line <= span[1]), default=(line, line))
    return " ".join(" ".join(text.split()) for text in lines[first - 1 : last])[:400]


def _span(node):
    """Return the first and the last line of a statement, without its body."""
    body = getattr(node, "body", None)
    return node.lineno, max(node.lineno, body[0].lineno - 1) if body else node.end_lineno


def _text(error):
    try:
        return str(error)
    except Exception:  # their exception's __str__ is their code too
        return ""


def _first_line(message):
    return next((line.strip()[:300] for line in message.splitlines() if line.strip()), "")
