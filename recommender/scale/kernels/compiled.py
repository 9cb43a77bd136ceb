"""Loops compiled by Numba: a movie's K means stay in registers, a block's users in the cache.

The number of components is not known when they are compiled, and fastmath is off: both made the loops slower.
"""

from functools import cache

import numpy as np
from numba import njit


class Kernel:
    name = "numba"

    def __init__(self, store):
        self.memory = store.rating_bytes
        self.loops = _loops(len(store.values) > 0)

    def prepare(self, block):
        return block

    def begin(self, mixture):
        return Pass(*self.loops, np.ascontiguousarray(mixture.mu.T))


class Pass:
    def __init__(self, distances, add, mu):
        self._distances, self._add, self._mu = distances, add, mu
        self._support, self._shift = np.zeros((2, *mu.shape))

    def distances(self, block):
        distance = np.zeros((len(block.counts), self._mu.shape[1]))
        self._distances(block.pointer, block.user, block.rating, block.values, self._mu, distance)
        return distance

    def add(self, block, post):
        self._add(block.pointer, block.user, block.rating, block.values, self._mu, np.ascontiguousarray(post),
                  self._support, self._shift)

    def sums(self):
        return self._support, self._shift


@cache
def _loops(coded):
    """Return the two loops, for ratings that are codes of values, or stand themselves."""
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
