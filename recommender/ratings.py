"""Ratings as all parts of the recommender take them, and their scale."""

import sys
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from recommender.damaged import check

_MOST_LEVELS = 10_000  # different ratings; more are on no grid
_MOST_CODES, _OUTER = 3, 8  # numbers at either end that may be codes, and that are kept if there are more levels
_OFTEN = 0.05  # a code is at least this share of the ratings


class Scale(NamedTuple):
    """The scale found in ratings: each is low + k step for a whole k, and the largest is high."""

    low: float
    high: float
    step: float  # 0 if there is none

    def __str__(self):
        return f"{self.low:.10g} to {self.high:.10g}" + (f" in steps of {self.step:.10g}" if self.step else "")


class Words(NamedTuple):
    """A column of m words."""

    words: list  # the different ones; some may be in no row
    codes: np.ndarray  # (m,) places in `words`


class Chunk(NamedTuple):
    """Some ratings in the order of a file, with the IDs that it uses."""

    users: np.ndarray | Words  # (m,) IDs: int64 or str, or Words
    items: np.ndarray | Words  # (m,) likewise
    x: np.ndarray  # (m,) the ratings, float64
    time: np.ndarray = None  # (m,) in seconds or whatever the file counts in; None if there is none
    unrated: tuple = ((), ())  # IDs of users and of items that may have no rating

    def only(self, kept):
        """Return the Chunk of the ratings where `kept`, (m,) bool."""
        columns = [column._replace(codes=column.codes[kept]) if isinstance(column, Words) else column[kept]
                   for column in self[:4] if column is not None]
        return Chunk(*columns, unrated=self.unrated)


class Table(NamedTuple):
    """Ratings of n users and d items."""

    X: csr_array  # (n, d) float64, sorted indices, no duplicates; a stored 0 is a rating, what is not stored is missing
    users: np.ndarray  # (n,) IDs, rising: int64 if all of them are whole numbers, else str
    items: np.ndarray  # (d,) likewise
    scale: Scale
    notes: tuple = ()  # lines for the user: what was found and what was dropped
    times: csr_array | None = None  # (n, d): when each rating was given, as Chunk has it; -inf: unknown. Of a Split's
    # table, of the held-out ratings, too
    implicit: bool = False  # whether X counts choices, all above 0, instead of holding ratings


def check_ids(ids, size):
    """Raise Damaged unless an array holds `size` IDs: whole numbers or text."""
    check(isinstance(ids, np.ndarray) and ids.shape == (size,) and ids.dtype.kind in "iU",
          f"its IDs are not those of {size}")
    if ids.dtype.kind == "U":
        letters = ids.astype(ids.dtype.newbyteorder("=")).view(np.uint32)
        check(letters.max(initial=0) <= sys.maxunicode, "its IDs are no text")


class Levels:
    """The different ratings seen so far, from which their scale is found; few numbers, however many ratings come."""

    def __init__(self):
        self._values, self._counts, self._number, self._many = np.empty(0), np.empty(0), 0, False

    def add(self, x):
        """Take the ratings x (m,) into account."""
        values, counts = np.unique(x, return_counts=True)
        self._values, which = np.unique(np.concatenate([self._values, values]), return_inverse=True)
        self._counts = np.bincount(which, np.concatenate([self._counts, counts]))
        self._number += len(x)
        self._many |= len(self._values) > _MOST_LEVELS
        if self._many:  # the outermost of all are outermost at every step, so that none of them is lost
            outer = np.r_[:_OUTER, -_OUTER:0]
            self._values, self._counts = self._values[outer], self._counts[outer]

    def scale(self, ends=()):
        """Return the Scale of the ratings, and of its `ends` where they are known; ValueError if there was no rating.
        """
        if not len(self._values):
            raise ValueError("expected at least one rating")
        values = np.union1d(self._values, ends)
        return Scale(float(values[0]), float(values[-1]), 0.0 if self._many else _step(values))

    def values(self, most):
        """Return the different ratings, rising; none if there are more than `most`, at most 10,000."""
        return self._values if not self._many and len(self._values) <= most else np.empty(0)

    def share(self, value):
        """Return the share of the ratings that have this value, if not too many values are different."""
        return float(self._counts[self._values == value].sum()) / max(self._number, 1)

    def codes(self):
        """Return [(rating, share of all)] of frequent ratings that may mean something else, as 99 may mean "missing".

        Each of one to three such ratings is farther from all others than these are apart (99 beside 1 to 5). Or it is
        the only one below 0 (-1 beside 1 to 10). Or it is 0, the lowest and the most frequent of all. Fewer than four
        different ratings have no codes.
        """
        x, share = self._values, self._counts / max(self._number, 1)
        found = np.zeros(len(x), bool)
        for count in range(1, min(_MOST_CODES, len(x) - 3, (len(x) - 1) // 2) + 1):
            found[-count:] |= x[-count] - x[-count - 1] > x[-count - 1] - x[0]
            found[:count] |= x[count] - x[count - 1] > x[-1] - x[count]
        if len(x) > 3:
            found[0] |= x[0] < 0 <= x[1] or (x[0] == 0 and not self._many and share[0] == share.max())
        found &= share >= _OFTEN
        return list(zip(x[found].tolist(), share[found].tolist(), strict=True))


def _step(values):
    """Return the largest step of a grid that holds rising numbers, by Euclid's algorithm; 0 if there is no grid."""
    error = 1e-9 * np.abs(values).max()  # of a number, by which it may miss the grid
    step = 0.0
    for difference in np.diff(values):
        rest = float(difference)
        while rest > error:
            step, rest = rest, abs(step - rest * round(step / rest))
        if step < 100 * error:
            return 0.0
    whole = np.rint((values - values[0]) / step) if step else np.zeros(len(values))
    step = float((values[-1] - values[0]) / max(whole[-1], 1))
    return step if np.abs(values - values[0] - step * whole).max() <= error else 0.0
