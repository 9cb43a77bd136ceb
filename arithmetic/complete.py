"""Points without gaps, prepared once a run."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from arithmetic.arguments import LARGEST, SMALLEST, finite, matrix


class Points(NamedTuple):
    """Points and what does not change from one iteration to the next.

    Moving the origin to the points' mean keeps the expanded squares x.x - 2 x.mu + mu.mu from losing the digits of
    points that lie far from 0. What is left is the limit of all expanded squares: groups a million times smaller than
    the distance to that mean are points.
    """

    X: np.ndarray  # (n, d): the points less their centre
    centre: np.ndarray  # (d,): the mean of the points as they came
    squares: np.ndarray  # (n,): squared distance of each point to the centre

    @property
    def shape(self):
        return self.X.shape

    def blocks(self, rows=16384):
        """Yield the points in blocks so small that what is computed of one stays in the processor's cache."""
        if len(self.X) <= rows:
            yield self
            return
        for start in range(0, len(self.X), rows):
            part = slice(start, start + rows)
            yield Points(self.X[part], self.centre, self.squares[part])


def points(X):
    """Return (n, d) points as Points, and Points as they are.

    Raises:
        ValueError: X is not a dense 2-D array of finite real numbers of at most 1e100 in size, or its points differ by
            so little, less than 1e-100, that their squared distances would be 0.
    """
    if isinstance(X, Points):
        return X
    X = matrix(X)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows, or is no number, is found by what comes of it
        middle = centre(X)
        moved = X - middle
        squares = np.einsum("ij,ij->i", moved, moved)
    if not max(np.abs(middle).max(), np.sqrt(squares.max())) <= LARGEST:
        finite(X, "X")
    _check_spread(squares.max(), moved)
    return Points(moved, middle, squares)


def spread(X):
    """Return the mean of (n, d) points, and the mean squared difference of all their entries to it.

    Args:
        X: dense; or a csr_array, each entry once, in which all that is not stored is 0.

    Raises:
        ValueError: as `points`.
    """
    if not issparse(X):
        data = points(X)
        return data.centre, data.squares.mean() / X.shape[1]
    finite(X.data, "X")
    n, zeros = X.shape[0], X.shape[0] - np.bincount(X.indices, minlength=X.shape[1])
    first = X[[0]].toarray()[0]
    middle = first + (np.bincount(X.indices, X.data - first[X.indices], len(first)) - zeros * first) / n
    moved = X.data - middle[X.indices]
    square = (moved**2).sum() + zeros @ middle**2
    _check_spread(square, moved)
    return middle, square / (n * len(middle))


def _check_spread(square, moved):
    """Raise ValueError where points differ from their mean, by `moved`, but the square of that is as good as 0."""
    if square < SMALLEST**2 and moved.any():
        raise ValueError(f"expected points that are all equal, or spread by at least {SMALLEST:g}; got a spread of"
                         f" {np.abs(moved).max():g}")


def centre(X):
    """Return the mean of (n, d) points, without any rounding where all of them are equal."""
    return X[0] + (X - X[0]).mean(axis=0)


def means_apart(X, mu):
    """Return |x - mu|^2 - |x|^2 of Points and (K, d) means, (n, K): what tells a point's distances to the means apart.

    Both are taken from the centre. Computed as (K, n) and in place: with a million points it is memory that takes time.
    """
    mu = mu - X.centre
    apart = (-2 * mu) @ X.X.T
    apart += (mu**2).sum(axis=1, keepdims=True)
    return apart.T


def nearest(apart):
    """Return (n, K) hard counts of (n, K) distances: 1 at the smallest of each row, the first of equal ones.

    They take the distances' place in memory.
    """
    apart = apart.T
    hard = np.equal(apart, apart.min(axis=0), out=apart)
    if hard.sum() > hard.shape[1]:  # some point has two nearest means: the first one counts
        hard *= hard.cumsum(axis=0) == 1
    return hard.T


def sums(X, post):
    """Return all that an M-step needs of Points: the sums of post, of post x and of post |x|^2, (K, 1 + d + 1)."""
    held = np.empty((post.shape[1], X.X.shape[1] + 2))
    held[:, 0], held[:, 1:-1], held[:, -1] = post.sum(axis=0), post.T @ X.X, post.T @ X.squares
    return held
