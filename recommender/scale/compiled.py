"""The kernel for Numba: a movie's K means stay in registers, and a block's users in the cache.

K is no constant of the compiled loops, and fastmath is off: both made the loops slower.
"""

from functools import cache

import numpy as np
from numba import njit


class Compiled:
    """Compiled loops over the columns of a Block, which are kept as they are on disk."""

    def __init__(self, store):
        self.memory = 3 if len(store.values) else 10
        self._distances, self._add = _loops(len(store.values) > 0)

    def prepare(self, block):
        return block

    def begin(self, mixture):
        mu = np.ascontiguousarray(mixture.mu.T)
        support, shift = np.zeros((2, *mu.shape))

        def distances(block):
            distance = np.zeros((len(block.counts), mu.shape[1]))
            self._distances(block.pointer, block.user, block.rating, block.values, mu, distance)
            return distance

        def add(block, post):
            self._add(block.pointer, block.user, block.rating, block.values, mu, np.ascontiguousarray(post), support,
                      shift)

        return distances, add, lambda: (support, shift)


@cache
def _loops(coded):
    """Return the two loops. `coded`: whether a Block's ratings are codes of values or the ratings themselves."""
    @njit
    def rated(rating, values):
        return values[rating] if coded else rating

    @njit(nogil=True)
    def distances(pointer, user, rating, values, mu, distance):
        d, K = mu.shape
        for i in range(d):
            centre = mu[i]
            for r in range(pointer[i], pointer[i + 1]):
                x, own = rated(rating[r], values), distance[user[r]]
                for j in range(K):
                    own[j] += (x - centre[j]) ** 2

    @njit(nogil=True)
    def add(pointer, user, rating, values, mu, post, support, shift):
        d, K = mu.shape
        for i in range(d):
            centre, number, total = mu[i], support[i], shift[i]
            for r in range(pointer[i], pointer[i + 1]):
                x, own = rated(rating[r], values), post[user[r]]
                for j in range(K):
                    number[j] += own[j]
                    total[j] += own[j] * (x - centre[j])

    return distances, add
