"""What a format is, and what the user says of one."""

from collections.abc import Callable
from typing import NamedTuple

LIST, MATRIX = "list", "matrix"


def listed(numbers, between=", "):
    """Return numbers as a text that gives exactly these numbers back: 99, -1."""
    return between.join(repr(float(number)).removesuffix(".0") for number in numbers)


class Format(NamedTuple):
    """The format of a file, found by how the file begins."""

    about: str  # the format in words, for the user
    parts: Callable  # (Stream) -> iterator of Chunks, or of pairs of ID and title; InputError for any other line
    kind: str = None  # LIST or MATRIX; None for titles, and for lines that could be both
    several: bool = False  # whether files of this format belong together


class Told(NamedTuple):
    """What the user says of files of ratings."""

    format: str = None  # LIST or MATRIX; None: the program finds out
    missing: tuple = None  # numbers that mark a missing rating; None: 0 in a matrix, and none in a list


NOTHING = Told()
