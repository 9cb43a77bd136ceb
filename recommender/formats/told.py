"""What the user says of files of ratings."""

from typing import NamedTuple


class Told(NamedTuple):
    """What the user says of files of ratings; nothing at first."""

    format: str = None  # kinds.LIST or kinds.MATRIX, where lines of numbers could be both; None: it is looked for
    missing: tuple = None  # numbers that mark a missing rating; None: 0 in a matrix, and none in a list


NOTHING = Told()
