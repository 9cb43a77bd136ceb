"""Messages between the checker and the process in which somebody's code runs: each is a line of JSON.

Nothing is unpickled. Their code may write into any open stream, so the checker accepts a message as an answer only if
all of it has the form of one.
"""

import binascii
import json
import math
import re

import numpy as np

from checker.formulas import Mixture

LARGEST = 2**26  # bytes of an array that is sent
_LONGEST = 2**29  # bytes of a message


def send(stream, tree):
    """Write a tree of dicts, lists, strs, numbers, None, arrays and Mixtures as one message."""
    stream.write(pack(tree))
    stream.flush()


def receive(stream):
    """Return the next message; None at the end of the stream. Anything else raises an exception."""
    line = stream.readline(_LONGEST)
    return unpack(line) if line.endswith(b"\n") else None


def pack(tree):
    """Return the bytes of a message."""
    return json.dumps(_plain(tree)).encode() + b"\n"


def unpack(line):
    """Return the tree in the bytes of a message. Anything else raises an exception."""
    return json.loads(line, object_hook=_restored)


def _plain(value):
    """Return a tree as JSON knows it."""
    if isinstance(value, np.ndarray):
        return {"numbers": [value.dtype.str, value.shape, binascii.b2a_base64(value.tobytes(), newline=False).decode()]}
    if isinstance(value, Mixture):
        return {"mixture": [_plain(part) for part in value]}
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _restored(tree):
    """Return an object of JSON as the array or the Mixture that it stands for."""
    if tree.keys() == {"mixture"}:
        return Mixture(*tree["mixture"])
    if tree.keys() != {"numbers"}:
        return tree
    kind, shape, content = tree["numbers"]
    if not re.fullmatch("[<>|][biuf][0-9]+", kind):
        raise ValueError("not an array of numbers")
    return np.ndarray(shape, kind, binascii.a2b_base64(content)).copy()


# The form of an answer. A form is a value, a type, a predicate, [form] for a list, {key: form}, or a tuple of
# alternatives.


def fits(value, form):
    """Return whether all of a tree has a form."""
    if isinstance(form, tuple):
        return any(fits(value, one) for one in form)
    if isinstance(form, list):
        return type(value) is list and all(fits(part, form[0]) for part in value)
    if isinstance(form, dict):
        return type(value) is dict and value.keys() == form.keys() and all(fits(value[key], form[key]) for key in form)
    if isinstance(form, type):
        return type(value) is form
    return form(value) if callable(form) else type(value) is type(form) and value == form


def natural(value):
    return type(value) is int and value >= 0


def duration(value):
    return type(value) in (int, float) and 0 <= value < math.inf


def described(value):
    """Whether a value is a result as child.describe gives it."""
    if isinstance(value, Mixture):
        return all(map(described, value))
    return fits(value, (np.ndarray, {"other": str}, {"other": str, "array": np.ndarray},
                        {"other": str, "parts": [described]}))


_ANY = {"id": natural, "seconds": duration, "changed": [str], "calls": natural, "replaced": [str]}
READY = {"status": "ready"}
ANSWER = (
    {**_ANY, "status": "ok", "value": (described, [str]), "warning": (None, [(str, natural)])},
    {**_ANY, "status": "error", "error": {
        "error": str, "kinds": [str], "message": str, "where": (None, [(str, natural, None)]), "fact": (None, str),
        "script": (None, [(str, natural)])}},
)
