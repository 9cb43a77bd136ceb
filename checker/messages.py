"""Messages between the checker and the process in which somebody's code runs: each is a line of JSON.

Nothing is unpickled, because their code may write into any open stream.
"""

import binascii
import json
import re

import numpy as np

from checker.formulas import Mixture

READY = {"status": "ready"}
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
    return json.dumps(_plain(tree)).encode() + b"\n"


def unpack(line):
    return json.loads(line, object_hook=_restored)


def _plain(value):
    if isinstance(value, np.ndarray):
        return {"numbers": [value.dtype.str, value.shape, binascii.b2a_base64(value.tobytes(), newline=False).decode()]}
    if isinstance(value, Mixture):
        return {"mixture": [_plain(part) for part in value]}
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _restored(tree):
    if tree.keys() == {"mixture"}:
        return Mixture(*tree["mixture"])
    if tree.keys() != {"numbers"}:
        return tree
    kind, shape, content = tree["numbers"]
    if not re.fullmatch("[<>|][biuf][0-9]+", kind):
        raise ValueError("not an array of numbers")
    return np.ndarray(shape, kind, binascii.a2b_base64(content)).copy()
