"""Ratings as all rooms of the recommender hand them on, and the scale that they are on."""

import sys
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

_MOST_LEVELS = 10_000  # different ratings; with more of them they are taken to be on no grid


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
    """Raise ValueError unless an array holds so many IDs: whole numbers or text."""
    if ids.shape != (size,) or ids.dtype.kind not in "iU":
        raise ValueError(f"its IDs are not those of {size}")
    if ids.dtype.kind == "U":
        letters = ids.astype(ids.dtype.newbyteorder("=")).view(np.uint32)
        if letters.max(initial=0) > sys.maxunicode:
            raise ValueError("its IDs are no text")


class Levels:
    """The different ratings seen so far, from which their scale is found; few numbers, however many ratings come."""

    def __init__(self):
        self._values, self._many = np.empty(0), False

    def add(self, x):
        """Take the ratings x (m,) into account."""
        self._values = np.union1d(self._values, x)
        self._many |= len(self._values) > _MOST_LEVELS
        if self._many:
            self._values = self._values[[0, -1]]

    def scale(self):
        """Return the Scale of what was added; ValueError if nothing was."""
        if not len(self._values):
            raise ValueError("expected at least one rating")
        step = 0.0 if self._many else _step(self._values)
        return Scale(float(self._values[0]), float(self._values[-1]), step)


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
