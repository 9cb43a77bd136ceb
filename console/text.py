"""How names and words from outside are shown."""

import os
import sys


def escaped(text):
    """Return `text` in one line; characters that are not printable are escaped as in Python: \\n, \\x1b.

    Use it for all that others have named or written. Unescaped it could clear the terminal, or look like our own words.
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def noun(number, one):
    """Return the noun after a number: 1 rating, 2 ratings."""
    return one if number == 1 else f"{one}s"


def digits(size):
    """Return the format of numbers of about this size: 0.9012, or 9.012e+08 if four decimals do not suit them."""
    return ".4f" if 0.01 <= size < 1000 or size == 0 else ".3e"


def program_name():
    """Return how the running program was started: main.py, or python -m data.sample."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None:
        return escaped(os.path.basename(sys.argv[0]))
    return f"python -m {spec.name.removesuffix('.__main__')}"
