"""What is shown of names and words that are not ours."""

import os
import sys


def escaped(text):
    """Return `text` in one line, all that is not printable as Python writes it: \\n, \\x1b.

    For whatever others have named or written, from files' names to the lines of their code: shown raw it could clear
    the terminal, or pass for words of ours.
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def noun(number, one):
    """Return what a number stands before, of which one is called so, and several with an s: 1 rating, 2 ratings."""
    return one if number == 1 else f"{one}s"


def digits(size):
    """Return the format of numbers that are about as large as `size`: 0.9012, or 9.012e+08 where these digits fail."""
    return ".4f" if 0.01 <= size < 1000 or size == 0 else ".3e"


def program_name():
    """Return how the running program was called: main.py, or python -m data.sample."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None:
        return escaped(os.path.basename(sys.argv[0]))
    return f"python -m {spec.name.removesuffix('.__main__')}"
