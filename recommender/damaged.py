"""What the libraries raise that read damaged or foreign files, and how that is told."""

import struct
import tokenize
import zipfile
import zlib

# Of a .zip or .npz and the arrays in it. A bit that is flipped may turn up anywhere in the libraries' own arithmetic.
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, LookupError, TypeError, AttributeError, EOFError,
          OSError, RuntimeError, ArithmeticError, SyntaxError, tokenize.TokenError)


def reason(error):
    """Return the first line of what an error says, cut short; what sort it is of where it says nothing."""
    return (str(error).partition("\n")[0] or type(error).__name__)[:80]
