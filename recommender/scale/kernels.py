"""The kernels: the two sums of an iteration over the ratings of a block. They take nearly all of the time.

A kernel is made for a Store and has

    memory                    bytes that it keeps for each rating, roughly
    prepare(block)            what it keeps of a Block between iterations
    begin(mixture)            three functions for the blocks of a chunk, given the mixture's means mu (K, d):

        distances(prepared)   returns the sum over C_u of (x - mu_j)^2, (users, K)
        add(prepared, post)   adds the soft counts of a block, (users, K), to the sums
        sums()                returns support (d, K), the sum of post_j over the users who rated movie i, and shift
                              (d, K), the sum of post_j (x - mu_ij) over the same users

The sums are of x - mu and not of x, so that nothing cancels when ratings lie far from 0.
"""

from importlib.util import find_spec

import numpy as np
from scipy.sparse import csr_array

from arithmetic import gaps
from console import InputError

NAMES = ("numba", "scipy", "dense")
DENSE = 0.2  # share of known ratings from which dense products are quicker
MANY = 8  # ratings of a chunk for each row of ByValue's tables, from which ByValue is quicker than Expanded


def choose(store, name=None):
    """Return the name of the kernel for a Store: the given one, or the quickest that is installed."""
    if name == "numba" and not find_spec("numba"):
        raise InputError("the kernel numba needs the package numba: pip install numba")
    if name:
        return name
    if store.ratings >= DENSE * store.n * store.d:
        return "dense"
    return "numba" if find_spec("numba") else "scipy"


def make(name, store):
    """Return the kernel of this name for a Store."""
    if name == "numba":
        from recommender.scale.compiled import Compiled

        return Compiled(store)
    rows = len(store.values) * store.d
    if name == "scipy" and 0 < MANY * rows * len(store.chunks) <= store.ratings:
        return ByValue(store)
    return Expanded(store, dense=name == "dense")


class ByValue:
    """Sparse products for few distinct ratings, C of them.

    A block is the 0-1 matrix H (C d, users) that says who gave movie i the rating c. The sums are H^T @ (squared
    differences) and H @ post.
    """

    memory = 5

    def __init__(self, store):
        self._values = store.values
        self._ones = np.ones(max(piece.ratings for piece in store.pieces))  # the data of every H

    def prepare(self, block):
        """Return H."""
        rows = len(self._values) * (len(block.pointer) - 1)
        filled = np.bincount(block.item * len(self._values) + block.rating, minlength=rows)
        pointer = np.concatenate([[0], np.cumsum(filled)]).astype(np.int32)
        ones = self._ones[:len(block.user)]
        return csr_array((ones, block.user.astype(np.int32), pointer), (rows, len(block.counts)))

    def begin(self, mixture):
        apart = self._values[None, :, None] - np.ascontiguousarray(mixture.mu.T)[:, None, :]  # (d, C, K)
        squares = (apart**2).reshape(-1, len(mixture.mu))
        given = np.zeros_like(squares)  # sum of post over those who gave a movie a rating

        def distances(H):
            return H.T @ squares

        def add(H, post):
            nonlocal given
            given += H @ np.ascontiguousarray(post)

        def sums():
            post = given.reshape(apart.shape)
            return post.sum(axis=1), np.einsum("icj,icj->ij", post, apart)

        return distances, add, sums


class Expanded:
    """Products with squares expanded as in em.run: sparse, or dense, which is quicker when few ratings are missing."""

    def __init__(self, store, dense):
        self.memory = 16 * store.n * store.d // max(store.ratings, 1) if dense else 24
        self._dense = dense

    def prepare(self, block):
        """Return the block's Ratings, as gaps.ratings does."""
        count, item = np.diff(block.pointer), block.item
        centre = gaps.far_means(count, *(np.bincount(item, x, len(count)) for x in (block.x, block.x**2)))
        x = block.x - centre[item]
        matrices = [block.matrix(entries) for entries in (x, np.ones_like(x))]
        if self._dense:
            matrices = [matrix.toarray() for matrix in matrices]
        return gaps.Ratings(*matrices, centre, block.counts, np.bincount(block.user, x**2, len(block.counts)))

    def begin(self, mixture):
        mu, var = mixture.mu, mixture.var
        support, shift = np.zeros((2, *mu.T.shape))

        def add(data, post):
            nonlocal support, shift
            number, total, _ = gaps.sums(data, post)
            support += number.T
            shift += total.T + number.T * (data.centre - mu).T

        return lambda data: np.maximum(gaps.distances(data, mu, var), 0), add, lambda: (support, shift)
