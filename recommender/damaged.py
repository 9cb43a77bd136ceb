"""Files that are damaged or foreign: what the libraries raise that read them, what our own checks raise, and the words.

What is foreign is checked while it is read. An error that comes later, in the work with it, is our own, and nobody
catches it: a mistake of ours must not be told as damage of somebody's file.
"""

import math
import struct
import tokenize
import zipfile
import zlib

# Of a .zip or .npz and the arrays in it. A bit that is flipped may turn up anywhere in the libraries' own arithmetic.
# These are so many that nothing but calls of such libraries may stand where they are caught.
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, LookupError, TypeError, AttributeError, EOFError,
          OSError, RuntimeError, ArithmeticError, SyntaxError, tokenize.TokenError)


class Damaged(ValueError):
    """What was read is not what this program writes."""


def check(condition, what):
    """Raise Damaged with these words unless the condition holds."""
    if not condition:
        raise Damaged(what)


def are(kind, values, count=None):
    """Return whether something is a list, of so many where `count` is given, and kind(value) true of each of them."""
    return isinstance(values, list) and all(map(kind, values)) and count in (None, len(values))


def is_count(value):
    """Return whether something is a whole number of a size that there can be."""
    return type(value) is int and 0 <= value < 2**62


def is_number(value):
    """Return whether something is a finite number."""
    return (type(value) is float and math.isfinite(value)) or (type(value) is int and abs(value) < 2**62)


def reason(error):
    """Return the first line of what an error says, cut short; what sort it is of where it says nothing."""
    return (str(error).partition("\n")[0] or type(error).__name__)[:80]
