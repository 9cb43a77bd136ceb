"""Damaged and foreign files: the errors of the libraries that read them, our own checks, and the words for both.

Foreign data are checked while they are read. A later error is our own mistake, and nobody catches it: a message must
not blame somebody's file for it.
"""

import math
import struct
import tokenize
import zipfile
import zlib

# Of a .zip or .npz and its arrays. A flipped bit may turn up anywhere in the libraries' own arithmetic. These are so
# many errors that only calls of such libraries may stand where they are caught.
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, LookupError, TypeError, AttributeError, EOFError,
          OSError, RuntimeError, ArithmeticError, SyntaxError, tokenize.TokenError)


class Damaged(ValueError):
    """This program does not write such a file."""


def check(condition, what):
    """Raise Damaged with these words unless the condition holds."""
    if not condition:
        raise Damaged(what)


def columns(array):
    """Return the number of columns of an array; raise Damaged unless it is a matrix."""
    check(array.ndim == 2, f"an array of it has {array.ndim} dimensions, not 2")
    return array.shape[1]


def are(kind, values, count=None):
    """Return whether something is a list, of length `count` if that is given, and kind(value) is true of each value."""
    return isinstance(values, list) and all(map(kind, values)) and count in (None, len(values))


def is_count(value):
    """Return whether something is a whole number of a possible size."""
    return type(value) is int and 0 <= value < 2**62


def is_number(value):
    """Return whether something is a finite number."""
    return (type(value) is float and math.isfinite(value)) or (type(value) is int and abs(value) < 2**62)


def reason(error):
    """Return the first line of an error's message, cut short; the error's type if it has no message."""
    return (str(error).partition("\n")[0] or type(error).__name__)[:80]
