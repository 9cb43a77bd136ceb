"""Messages between the checker and the process in which somebody's code runs.

A message is a JSON text that refers to arrays, and behind it the arrays' numbers; before both stand their lengths.
Nothing is unpickled, and what comes from their process is taken for an answer only where the whole of it has the form
of one: their code may write into any stream that is open.
"""

import json
import math
import re
import struct
from collections import namedtuple

import numpy as np

Mixture = namedtuple("Mixture", "mu var p")
LARGEST = 2**28  # bytes of the arrays of one message
_LONGEST = 2**20  # bytes of its text
_LENGTHS = struct.Struct(">QQ")


def pack(tree):
    """Return bytes of a tree of dicts, lists, strings, numbers, None, arrays and Mixtures."""
    arrays = []

    def walk(value):
        if isinstance(value, np.ndarray):
            arrays.append(value.tobytes())
            return {"array": [value.dtype.str, list(value.shape)]}
        if isinstance(value, Mixture):
            return {"mixture": [walk(part) for part in value]}
        if isinstance(value, dict):
            return {"dict": {key: walk(part) for key, part in value.items()}}
        if isinstance(value, (list, tuple)):
            return [walk(part) for part in value]
        return value

    text = json.dumps(walk(tree)).encode()
    numbers = b"".join(arrays)
    return _LENGTHS.pack(len(text), len(numbers)) + text + numbers


def unpack(content):
    """Return the tree that pack made bytes of. Raises ValueError (or what it is made of) for anything else."""
    length, _ = _LENGTHS.unpack_from(content)
    place = _LENGTHS.size + length

    def array(kind, shape):
        nonlocal place
        if not re.fullmatch("[<>|][biuf][0-9]+", kind) or not fits(shape, [natural]):
            raise ValueError("not an array of numbers")
        dtype, start = np.dtype(kind), place
        place += dtype.itemsize * math.prod(shape)
        return np.ndarray(shape, dtype, content, start).copy()

    def walk(value):
        if isinstance(value, list):
            return [walk(part) for part in value]
        if not isinstance(value, dict):
            return value
        (kind, inner), = value.items()
        if kind == "array":
            return array(*inner)
        return Mixture(*map(walk, inner)) if kind == "mixture" else {key: walk(part) for key, part in inner.items()}

    return walk(json.loads(content[_LENGTHS.size : _LENGTHS.size + length]))


def send(stream, tree):
    """Write one message."""
    stream.write(pack(tree))
    stream.flush()


def receive(stream):
    """Return the next message; None at the end of the stream. Raises ValueError where it is not a message."""
    head = stream.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    text, numbers = _LENGTHS.unpack(head)
    if text > _LONGEST or numbers > LARGEST:
        raise ValueError("not a message")
    rest = stream.read(text + numbers)
    return unpack(head + rest) if len(rest) == text + numbers else None


# The form of an answer. A form is a value, a predicate, [form] for a list, {key: form}, or a tuple of alternatives.


def fits(value, form):
    """Return whether a tree has a form, in the whole of it."""
    if isinstance(form, tuple):
        return any(fits(value, one) for one in form)
    if isinstance(form, list):
        return type(value) is list and all(fits(part, form[0]) for part in value)
    if isinstance(form, dict):
        return type(value) is dict and value.keys() == form.keys() and all(fits(value[key], form[key]) for key in form)
    return bool(form(value)) if callable(form) else type(value) is type(form) and value == form


def string(value):
    return type(value) is str


def natural(value):
    return type(value) is int and value >= 0


def duration(value):
    return type(value) in (int, float) and 0 <= value < math.inf


def described(value):
    """A result as child.describe gives it."""
    if isinstance(value, Mixture):
        return all(map(described, value))
    return isinstance(value, np.ndarray) or fits(value, (
        {"other": string}, {"other": string, "parts": [described]},
        {"other": string, "array": lambda part: isinstance(part, np.ndarray)}))


_ANY = {"id": natural, "seconds": duration, "changed": [string], "calls": natural}
READY = {"status": "ready"}
ANSWER = (
    {**_ANY, "status": "ok", "value": (described, [string]), "warning": (None, [(string, natural)])},
    {**_ANY, "status": "error", "failure": {
        "error": string, "kinds": [string], "message": string, "where": (None, [(string, natural, None)]),
        "missing": (None, string), "file": (None, string)}},
)
