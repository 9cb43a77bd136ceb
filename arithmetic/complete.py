"""Points without gaps, prepared once a run."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from arithmetic.arguments import LARGEST, SMALLEST, Prepared, finite, matrix
from arithmetic.digits import lost_rows


@dataclass(frozen=True)
class Points(Prepared):
    """Points and what does not change from one iteration to the next.

    Moving the origin to the points' mean keeps the expanded squares x.x - 2 x.mu + mu.mu from losing the digits of
    points that lie far from 0. Points close together, far from this mean, have their digits in the points as given.
    """

    X: np.ndarray  # (n, d): the points less their centre
    centre: np.ndarray  # (d,): the mean of the points as they came
    squares: np.ndarray  # (n,): squared distance of each point to the centre
    given: np.ndarray  # (n, d): the points as they came

    @property
    def shape(self):
        return self.X.shape

    def blocks(self, rows=16384):
        """Yield the points in blocks whose arrays fit into the processor's cache."""
        if len(self.X) <= rows:
            yield self
            return
        for start in range(0, len(self.X), rows):
            part = slice(start, start + rows)
            yield Points(self.X[part], self.centre, self.squares[part], self.given[part])


def points(X):
    """Return (n, d) points as Points, and Points as they are.

    Raises ValueError unless X is dense, 2-D, of finite real numbers of at most 1e100 in size, with points that are all
    equal or differ by at least 1e-100.
    """
    if isinstance(X, Points):
        return X
    X = matrix(X)
    with np.errstate(over="ignore", invalid="ignore"):  # overflow and NaN show in the results
        middle = centre(X)
        moved = X - middle
        squares = np.einsum("ij,ij->i", moved, moved)
    if not max(np.abs(middle).max(), np.sqrt(squares.max())) <= LARGEST:
        finite(X, "X")
    _check_differences(squares.max(), moved)
    return Points(moved, middle, squares, X)


def mean_squares(X, mu):
    """Return the mean squared difference of all entries of (n, d) points to each of (K, d) means, (K,).

    X may be a csr_array, each entry once, in which all that is not stored is 0. Raises ValueError as `points`.
    """
    centre, left, square = _sparse_moments(X) if issparse(X) else _moments(points(X))
    mu = mu - centre
    return (mu**2).mean(axis=1) + square - 2 * (mu @ left) / len(left)


def _moments(X):
    """Return the centre of Points, the mean of the points less this rounded centre, and the mean of these squares."""
    return X.centre, X.X.mean(axis=0), X.squares.mean() / X.shape[1]


def _sparse_moments(X):
    """Return the same of a csr_array (n, d)."""
    finite(X.data, "X")
    n, zeros = X.shape[0], X.shape[0] - np.bincount(X.indices, minlength=X.shape[1])
    first = X[[0]].toarray()[0]
    middle = first + (np.bincount(X.indices, X.data - first[X.indices], len(first)) - zeros * first) / n
    moved = X.data - middle[X.indices]
    left = (np.bincount(X.indices, moved, len(first)) - zeros * middle) / n
    square = (moved**2).sum() + zeros @ middle**2
    _check_differences(square, moved)
    return middle, left, square / (n * len(middle))


def _check_differences(square, moved):
    """Raise ValueError if points differ from their mean, by `moved`, but the squares of that are nearly 0."""
    if square < SMALLEST**2 and moved.any():
        raise ValueError(f"expected points that are all equal, or differ by at least {SMALLEST:g}; got a difference of"
                         f" {np.abs(moved).max():g}")


def centre(X):
    """Return the mean of (n, d) points, without rounding if all of them are equal."""
    return X[0] + (X - X[0]).mean(axis=0)


def distances(X, mu, var):
    """Return the squared distances of Points to (K, d) means, (n, K).

    The error of the expansion is small beside the smallest of the variances (K,).
    """
    distance = X.squares[:, None] + means_apart(X, mu)
    rows = lost_rows(distance, X.squares, var.min())
    if len(rows):
        distance[rows] = differences(X.given[rows], mu)
    return distance


def means_apart(X, mu):
    """Return |x - mu|^2 - |x|^2 of Points and (K, d) means, both less the centre, (n, K).

    It is computed as (K, n) and in place, because with a million points memory takes the time.
    """
    mu = mu - X.centre
    apart = (-2 * mu) @ X.X.T
    apart += (mu**2).sum(axis=1, keepdims=True)
    return apart.T


def differences(x, mu):
    """Return the squared distances of points (m, d) to (K, d) means, (m, K), without the expansion."""
    return np.transpose([np.einsum("ij,ij->i", left, left) for left in (x - mean for mean in mu)])


def nearest(X, mu):
    """Return hard counts (n, K) of Points: 1 at the nearest of (K, d) means, the first of equally near ones."""
    apart = means_apart(X, mu).T
    least = apart.min(axis=0)
    close = least < (1e-8 - 1) * X.squares  # half of the digits are lost; the other half are enough to order distances
    if close.any():
        rows = np.flatnonzero(close)
        apart[:, rows] = differences(X.given[rows], mu).T
        least[rows] = apart[:, rows].min(axis=0)
    hard = apart == least
    if np.count_nonzero(hard) > hard.shape[1]:  # some point has two nearest means: the first one counts
        hard &= hard.cumsum(axis=0) == 1
    apart[:] = hard
    return apart.T


class Held(NamedTuple):
    """The sums over Points that an M-step needs, for each of K components."""

    count: np.ndarray  # (K,): sums of post
    total: np.ndarray  # (K, d): of post x, x less the points' centre
    square: np.ndarray  # (K,): of post |x|^2
    parts: Callable  # parts() yields all points again, as pairs of Points and post, for sums that have lost digits


def held(X, post):
    """Return the Held of Points with soft counts post (n, K)."""
    return Held(post.sum(axis=0), post.T @ X.X, post.T @ X.squares, lambda: [(X, post)])


def expect(X, estep):
    """Return the Held of Points after an E-step, estep(block) -> post, log_likelihood, and its log-likelihood.

    The points come in blocks, so that a block's soft counts are summed while they are in the processor's cache.
    """
    found, log_likelihood = [], 0.0
    for block in X.blocks():
        post, part = estep(block)
        found.append(held(block, post)[:3])
        log_likelihood += part
    sums = (sum(parts) for parts in zip(*found, strict=True))
    return Held(*sums, lambda: ((block, estep(block)[0]) for block in X.blocks())), log_likelihood


def moments(held, mu, which):
    """Return the means of the components `which` (k, d), and the mean squared distances to them (k,).

    mu (K, d) are nearly the means. This is the corrected two-pass algorithm of Chan, Golub, LeVeque (1983).
    """
    shift, square = np.zeros((len(which), mu.shape[1])), np.zeros(len(which))
    for block, post in held.parts():
        for k, j in enumerate(which):
            own = np.flatnonzero(post[:, j])
            left, share = block.given[own] - mu[j], post[own, j] / held.count[j]
            shift[k] += share @ left
            square[k] += share @ np.einsum("ij,ij->i", left, left)
    return mu[which] + shift, square - (shift**2).sum(axis=1)
