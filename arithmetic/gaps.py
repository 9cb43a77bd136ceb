"""Ratings with gaps, prepared once a run.

The squared distance of a user to a mean, over the entries C_u that the user rated, is expanded, and gaps become zeros:

    sum over C_u of (x - mu)^2  =  sum of x^2  -  2 x . mu  +  mask . mu^2

Four products with the (n, d) matrices X and mask are the work of an iteration. Each has few long rows, (K, d) or
(K, n), on its left or as its result, for which BLAS takes half as long. digits.py finds distances that lost digits.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, issparse

from arithmetic.arguments import LARGEST, SMALLEST, Prepared, matrix, sparse_matrix
from arithmetic.digits import lost, lost_rows

BLOCK = 1024  # rows whose differences are in memory at a time


@dataclass(frozen=True)
class Ratings(Prepared):
    """The ratings, and arrays that do not change from one iteration to the next."""

    X: np.ndarray  # (n, d), or sparse: ratings less the centre of their movie, 0 where missing
    mask: np.ndarray  # (n, d), or sparse: 1 where observed, 0 where missing
    centre: np.ndarray  # (d,): mean of each movie's ratings if it is far from 0, otherwise 0
    counts: np.ndarray  # (n,): |C_u|, the number of ratings of each user
    squares: np.ndarray  # (n,): sum of the squares of each user's part of X

    @property
    def shape(self):
        return self.X.shape


def ratings(X):
    """Return (n, d) ratings, 0 where missing, dense or scipy.sparse, as Ratings; return Ratings as they are.

    Raises ValueError unless X is 2-D, of real numbers that are 0 or of a size from 1e-100 to 1e100.
    """
    if isinstance(X, Ratings):
        return X
    if issparse(X):
        X = sparse_matrix(X)
        X.eliminate_zeros()
        data = stored(X)
    else:
        data = observed(X := matrix(X), X)
    if data.counts.any() and max(np.abs(data.centre).max(), np.sqrt(data.squares.max())) < SMALLEST:
        raise ValueError(f"expected X to hold ratings of at least {SMALLEST:g} in size, and 0 where they are missing")
    return data


def observed(X, mask):
    """Return (n, d) numbers as Ratings: those where the (n, d) mask is set, 0 included; X must be 0 elsewhere.

    Raises ValueError unless all numbers are finite and of at most 1e100 in size.
    """
    ones = np.not_equal(mask, 0, out=np.empty(X.shape))
    with np.errstate(over="ignore", invalid="ignore"):  # overflow shows in the results
        squares = np.einsum("ij,ij->i", X, X)
        centre = far_means(ones.sum(axis=0), X.sum(axis=0), np.einsum("ij,ij->j", X, X))
        if centre.any():
            X = (X - centre) * ones
            squares = np.einsum("ij,ij->i", X, X)
        return _checked(Ratings(X, ones, centre, ones.sum(axis=1), squares))


def stored(X):
    """Return a csr_array without duplicates as Ratings; stored zeros are ratings, too. Raises as `observed`."""
    def like(values):
        return csr_array((values, X.indices, X.indptr), X.shape)

    ones = like(np.ones_like(X.data))
    with np.errstate(over="ignore", invalid="ignore"):
        centre = far_means(ones.sum(axis=0), X.sum(axis=0), like(X.data**2).sum(axis=0))
        moved = like(X.data - centre[X.indices])
        return _checked(Ratings(moved, ones, centre, ones.sum(axis=1), like(moved.data**2).sum(axis=1)))


def far_means(count, total, square):
    """Return each movie's mean if it is far from 0, compared with the standard deviation of its ratings, else 0; (d,).

    count, total and square (d,) are of the movie's ratings. If all are equal, the deviation within all movies counts.
    """
    mean, mean_square = total / np.maximum(count, 1), square / np.maximum(count, 1)
    variance = mean_square - mean**2
    variance[variance == 0] = count @ variance / max(count.sum(), 1)
    return np.where(lost(variance, mean**2), mean, 0)


def _checked(data):
    """Return Ratings; raise ValueError if they have NaN, infinity or numbers out of range."""
    if not max(np.abs(data.centre).max(), np.sqrt(data.squares.max())) <= LARGEST:
        raise ValueError(f"expected X to be finite and of at most {LARGEST:g} in size, got NaN, infinity or larger"
                         " numbers")
    return data


def distances(X, mu, var):
    """Return the squared distances of Ratings to (K, d) means over each user's C_u, (n, K).

    The error of the expansion is small beside the smallest of the variances (K,).
    """
    distance = X.squares[:, None] + means_apart(X, mu)
    rows = lost_rows(distance, X.squares, var.min())
    if len(rows):
        distance[rows] = differences(X, mu, rows)
    return distance


def means_apart(X, mu):
    """Return sum over C_u of (x - mu)^2 - x^2 of Ratings and (K, d) means, (n, K)."""
    mu = mu - X.centre
    if issparse(X.X):
        return X.mask @ (mu**2).T - 2 * (X.X @ mu.T)
    apart = mu**2 @ X.mask.T
    apart -= (2 * mu) @ X.X.T
    return apart.T


def differences(X, mu, rows):
    """Return the squared distances of some rows of Ratings to (K, d) means, (rows, K), without the expansion."""
    mu = mu - X.centre
    return np.concatenate([_differences(X, mu, rows[start:start + BLOCK]) for start in range(0, len(rows), BLOCK)])


def _differences(X, mu, rows):
    part = X.X[rows]
    if issparse(part):
        part = part.tocoo()
        apart = ((part.data - mean[part.col]) ** 2 for mean in mu)
        return np.transpose([np.bincount(part.row, squares, len(rows)) for squares in apart])
    apart = ((part - mean) * X.mask[rows] for mean in mu)
    return np.transpose([np.einsum("ij,ij->i", left, left) for left in apart])


def sums(X, post):
    """Return the sums over users, weighted with post, of the mask (K, d), the ratings (K, d) and their squares (K,).

    Ratings are less the movie's centre.
    """
    return post.T @ X.mask, post.T @ X.X, post.T @ X.squares


def within(X, post, mu, held, least):
    """Return the squared distances of Ratings to (K, d) means, summed over users weighted with post, (K,).

    They are expanded from `held`, the result of `sums`; their error is small beside `least`.
    """
    support, total, square = held
    near = mu - X.centre
    distance = square - 2 * np.einsum("jl,jl->j", near, total) + np.einsum("jl,jl->j", near**2, support)
    for j in np.flatnonzero(lost(distance + least, square)):
        users = np.flatnonzero(post[:, j])
        distance[j] = post[users, j] @ differences(X, mu[[j]], users)[:, 0]
    return distance
