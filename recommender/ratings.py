"""Ratings as all rooms of the recommender hand them on, and the scale that they are on."""

import sys
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from recommender.damaged import check

_MOST_LEVELS = 10_000  # different ratings; with more of them they are taken to be on no grid
_MOST_CODES, _OUTER = 3, 8  # numbers at either end of the ratings that may be no ratings, and that are kept of many
_OFTEN = 0.05  # share of the ratings from which on equal ones are many


class Scale(NamedTuple):
    """The scale of ratings, as found in them: every one is low + k step for a whole k, high the largest."""

    low: float
    high: float
    step: float  # 0 where there is none

    def __str__(self):
        return f"{self.low:.10g} to {self.high:.10g}" + (f" in steps of {self.step:.10g}" if self.step else "")


class Table(NamedTuple):
    """Ratings of n users and d items."""

    X: csr_array  # (n, d) float64, sorted indices, no duplicates; a stored 0 is a rating, what is not stored is missing
    users: np.ndarray  # (n,) IDs, rising: int64 where all of them are whole numbers, else str
    items: np.ndarray  # (d,) likewise
    scale: Scale
    notes: tuple = ()  # lines for the user: what was found and what was dropped


def check_ids(ids, size):
    """Raise Damaged unless an array holds so many IDs: whole numbers or text."""
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
        if self._many:  # whatever comes, the outermost are among those that were so before, or new
            outer = np.r_[:_OUTER, -_OUTER:0]
            self._values, self._counts = self._values[outer], self._counts[outer]

    def scale(self):
        """Return the Scale of what was added; ValueError if nothing was."""
        if not len(self._values):
            raise ValueError("expected at least one rating")
        step = 0.0 if self._many else _step(self._values)
        return Scale(float(self._values[0]), float(self._values[-1]), step)

    def values(self, most):
        """Return the different ratings, rising; none where there are more than `most`, at most 10,000."""
        return self._values if not self._many and len(self._values) <= most else np.empty(0)

    def codes(self):
        """Return [(rating, share of all)] of those that may stand for something else, as for a missing rating.

        Each is that of many, and one to three of them are farther from the others, which are more, than these are apart
        (99 beside 1 to 5); or one is below 0, and no other is (-1 beside 1 to 10); or the lowest is 0, and the most
        frequent, too. Of fewer than four different ratings none is such a one.
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
    """Return the largest step on which rising numbers lie, in any unit, by Euclid's algorithm; 0 where none is."""
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
