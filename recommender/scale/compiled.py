"""The kernel for Numba: a movie's K means stay in registers, and a block's users in the cache.

K is no constant of the compiled loops, and fastmath is off: both made the loops slower.
"""

import numpy as np
from numba import njit


class Compiled:
    """Compiled loops over the columns of a Block, which are kept as they are on disk."""

    def __init__(self, store):
        self.memory = 3 if len(store.values) else 10
        self._values = store.values if len(store.values) else None

    def prepare(self, block):
        return block

    def begin(self, mixture):
        mu = np.ascontiguousarray(mixture.mu.T)
        support, shift = np.zeros((2, *mu.shape))

        def distances(block):
            distance = np.zeros((len(block.counts), mu.shape[1]))
            _distances(block.pointer, block.user, block.rating, self._values, mu, distance)
            return distance

        def add(block, post):
            _add(block.pointer, block.user, block.rating, self._values, mu, np.ascontiguousarray(post), support, shift)

        return distances, add, lambda: (support, shift)


@njit
def _rated(rating, values):
    """Return the rating, or the one of `values` that it is the index of."""
    return rating if values is None else values[rating]


@njit(nogil=True)
def _distances(pointer, user, rating, values, mu, distance):
    d, K = mu.shape
    for i in range(d):
        centre = mu[i]
        for r in range(pointer[i], pointer[i + 1]):
            x, own = _rated(rating[r], values), distance[user[r]]
            for j in range(K):
                own[j] += (x - centre[j]) ** 2


@njit(nogil=True)
def _add(pointer, user, rating, values, mu, post, support, shift):
    d, K = mu.shape
    for i in range(d):
        centre, number, total = mu[i], support[i], shift[i]
        for r in range(pointer[i], pointer[i + 1]):
            x, own = _rated(rating[r], values), post[user[r]]
            for j in range(K):
                number[j] += own[j]
                total[j] += own[j] * (x - centre[j])
