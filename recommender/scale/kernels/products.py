"""Sparse matrix products of SciPy.

Where few distinct ratings occur, C of them, a block is the 0-1 matrix H (C d, users) that says who gave movie i the
rating c, and the sums are H^T @ (squared differences) and H @ post: nothing is expanded. Else it is as in em.run.
"""

import numpy as np
from scipy.sparse import csc_array, csr_array

from arithmetic.gaps import Ratings, distances, far_means, sums

MANY = 8  # ratings of a chunk for each row of the tables, from which on these are worth their while


def Kernel(store):
    """Return the kernel for a Store: by values where a chunk has many ratings for each row of its tables (C d, K)."""
    rows = len(store.values) * store.d
    return ByValue(store) if 0 < MANY * rows * len(store.chunks) <= store.ratings else Expanded(store)


class ByValue:
    name, memory = "scipy", 5

    def __init__(self, store):
        self._values = store.values
        self._ones = np.ones(max(piece.ratings for piece in store.pieces))  # the data of every H
        self._tables = None, None, None

    def prepare(self, block):
        """Return a Block's H."""
        rows = len(self._values) * (len(block.pointer) - 1)
        filled = np.bincount(block.item * len(self._values) + block.rating, minlength=rows)
        pointer = np.concatenate([[0], np.cumsum(filled)]).astype(np.int32)
        ones = self._ones[:len(block.user)]
        return csr_array((ones, block.user.astype(np.int32), pointer), (rows, len(block.counts)))

    def begin(self, mixture):
        mu, (of, apart, squares) = mixture.mu, self._tables
        if of is not mu:  # else another chunk had them made
            apart = self._values[None, :, None] - np.ascontiguousarray(mu.T)[:, None, :]
            squares = (apart**2).reshape(-1, len(mu))
            self._tables = mu, apart, squares
        return PassByValue(apart, squares)


class PassByValue:
    def __init__(self, apart, squares):
        self._apart = apart  # (d, C, K): x - mu of each movie and distinct rating x
        self._squares = squares  # (C d, K)
        self._given = np.zeros_like(squares)  # sum of post over those who gave a movie a rating

    def distances(self, H):
        return H.T @ self._squares

    def add(self, H, post):
        self._given += H @ np.ascontiguousarray(post)

    def sums(self):
        given = self._given.reshape(self._apart.shape)
        return given.sum(axis=1), np.einsum("icj,icj->ij", given, self._apart)


class Expanded:
    """Squares expanded as in em.run, whose arithmetic this is."""

    name, memory = "scipy", 24

    def __init__(self, store):
        pass

    def prepare(self, block):
        return expanded(block, csc_array)

    def begin(self, mixture):
        return PassExpanded(mixture)


class PassExpanded:
    def __init__(self, mixture):
        self._mu, self._var = mixture.mu, mixture.var
        self._support, self._shift = np.zeros((2, *self._mu.T.shape))

    def distances(self, data):
        return np.maximum(distances(data, self._mu, self._var), 0)

    def add(self, data, post):
        number, total, _ = sums(data, post)
        self._support += number.T
        self._shift += total.T + number.T * (data.centre - self._mu).T

    def sums(self):
        return self._support, self._shift


def expanded(block, kind):
    """Return a Block's Ratings, as gaps.ratings does; the matrices are made by kind(entries, shape)."""
    shape = len(block.counts), len(block.pointer) - 1
    total, square = (np.bincount(block.item, x, shape[1]) for x in (block.x, block.x**2))
    centre = far_means(np.diff(block.pointer), total, square)
    x = block.x - centre[block.item]
    matrices = (kind((entries, block.user, block.pointer), shape) for entries in (x, np.ones_like(x)))
    return Ratings(*matrices, centre, block.counts, np.bincount(block.user, x**2, shape[0]))
