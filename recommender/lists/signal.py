"""What list models learn from: weights above 0 of the items that users chose, made from ratings or from counts."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from recommender.holdout import where
from recommender.sparse import rated

ROUNDING = 1e-9  # of the range of the ratings: one that equals the mean does so in any unit


class Signal(NamedTuple):
    """How ratings or counts become weights."""

    kind: str  # one of KINDS
    least: float  # the lowest rating that is liked

    def weights(self, X):
        """Return the weights of ratings or counts X (m, d), a csr_array with fewer entries or as many."""
        return KINDS[self.kind](X, self.least)


KINDS = {
    "rated": lambda X, least: rated(X),  # a 1 for each rating, high or low
    "liked": lambda X, least: rated(liked(X, least)),  # a 1 for each rating of at least `least`
    "chosen": lambda X, least: rated(liked(X, ABOVE_0)),  # a 1 for each count
    "counts": lambda X, least: _logarithms(liked(X, ABOVE_0)),  # log2(1 + count): 1 for a count of 1
}
ABOVE_0 = float(np.nextafter(0, 1))


def _logarithms(X):
    return csr_array((np.log2(1 + X.data), X.indices, X.indptr), shape=X.shape)


def liked(X, least):
    """Return the csr_array of the ratings X (n, d) that are `least` or higher."""
    return where(X, X.data >= least)


def least_liked(X):
    """Return the lowest rating that is liked: the mean of the ratings X, less what may be rounding errors."""
    return float(X.data.mean() - ROUNDING * np.ptp(X.data))


def signals(X, implicit=False):
    """Return the Signals to choose from, for training ratings or counts X (n, d)."""
    kinds = ("chosen", "counts") if implicit else ("rated", "liked")
    return [Signal(kind, least_liked(X)) for kind in kinds if kind != "counts" or np.ptp(X.data)]
