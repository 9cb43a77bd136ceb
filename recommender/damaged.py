"""Damaged and foreign files: the errors of the libraries that read them, our own checks, and the words for both.

Foreign data are checked while they are read. A later error is our own mistake, and nobody catches it: a message must
not blame somebody's file for it.
"""

import math
import struct
import tokenize
import zipfile
import zlib
from contextlib import contextmanager

from console import InputError

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


@contextmanager
def refusing(path, what, advice, errors):
    """A context that turns `errors` into an InputError about a file; `advice` may be empty."""
    try:
        yield
    except InputError:
        raise
    except errors as error:
        raise InputError(f"{path} {what} ({reason(error)})" + (f"; {advice}" if advice else "")) from None


def columns(array):
    """Return the number of columns of an array; raise Damaged unless it is a matrix."""
    check(array.ndim == 2, f"an array of it has {array.ndim} dimensions, not 2")
    return array.shape[1]


def fits(value, form):
    """Return whether a JSON value has a form.

    int: a whole number of a possible size. float: a finite number. [form]: a list. (form, ...): a list of this length.
    {name: form}: an object that has these names.
    """
    if form is int:
        return type(value) is int and 0 <= value < 2**62
    if form is float:
        return (type(value) is float and math.isfinite(value)) or (type(value) is int and abs(value) < 2**62)
    if isinstance(form, dict):
        return isinstance(value, dict) and all(fits(value.get(name), each) for name, each in form.items())
    if not isinstance(value, list):
        return False
    forms = form * len(value) if isinstance(form, list) else form
    return len(forms) == len(value) and all(map(fits, value, forms))


def reason(error):
    """Return the first line of an error's message, cut short; the error's type if it has no message."""
    return (str(error).partition("\n")[0] or type(error).__name__)[:80]
