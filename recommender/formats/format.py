"""What a format is, what the user says of one, and what is lost while it is read."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from console import InputError, noun

LIST, MATRIX = "list", "matrix"
_SHARE = 0.01  # of the lines that may be unreadable
_EXAMPLES = 3


def listed(numbers, between=", "):
    """Return numbers as a text that gives exactly these numbers back: 99, -1."""
    return between.join(repr(float(number)).removesuffix(".0") for number in numbers)


class Told(NamedTuple):
    """What the user says of files of ratings; None: the program finds out."""

    format: str = None  # LIST or MATRIX
    missing: tuple = None  # numbers that mark a missing rating; None: 0 in a matrix, and none in a list
    columns: dict = None  # of user, item, rating and time to the name of the column, or its number from 1
    header: bool = None  # False: the first line holds a rating
    separator: str = None
    user: str = None  # whose ratings these are, if the file does not say
    scale: tuple = None  # the lowest and the highest rating
    by_title: bool = False  # whether items are called by their titles, if the file has these
    implicit: bool = False  # whether these are choices, not ratings; see choices.py
    events: tuple = None  # the events that count as choices; None: all, if they are of one kind


NOTHING = Told()


class Format(NamedTuple):
    """The format of a file, found by how the file begins."""

    about: str  # the format in words, for the user
    parts: Callable  # (Stream, Tally) -> iterator of Chunks, or of pairs of ID and title
    kind: str = None  # LIST or MATRIX; None for titles, and for lines that could be both
    several: bool = False  # whether files of this format belong together


class Tally:
    """Counts the lines that give no rating, and keeps the first ones as examples."""

    def __init__(self):
        self.lines, self.unreadable, self.examples = 0, 0, []
        self.noted = {}  # a note with {} for the place of the first line, to how many lines and that place
        self.events = Counter()  # of choices

    def bad(self, place, why, lines=1):
        """Count lines that cannot be read."""
        self.unreadable += lines
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{place}: {why}")

    def note(self, what, place, count):
        """Count lines about which the user gets a note."""
        before, first = self.noted.get(what, (0, place))
        self.noted[what] = before + count, first

    def check(self, about):
        """Raise InputError if too many lines cannot be read of files with a format in words."""
        if self.unreadable > _SHARE * self.lines:
            more = f"; {self.unreadable:,} of {self.lines:,} lines cannot be read" if self.unreadable > 1 else ""
            raise InputError(f"{'; '.join(self.examples)}{more} ({about})")

    def notes(self):
        """Return lines for the user."""
        found = [f"{count:,} {noun(count, 'line')} {what.format(place)}" for what, (count, place) in self.noted.items()]
        if self.unreadable:
            found.append(f"warning: {self.unreadable:,} {noun(self.unreadable, 'line')} cannot be read and"
                         f" {'is' if self.unreadable == 1 else 'are'} left out: {'; '.join(self.examples)}")
        return found
