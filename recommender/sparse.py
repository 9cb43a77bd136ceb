"""Ratings in scipy.sparse arrays: a stored number is a rating, a 0 too; an entry that is not stored is missing."""

import numpy as np
from scipy.sparse import csr_array, issparse

BLOCK, SMALL = 2**16, 2**12  # pairs that are predicted at a time, and pairs whose rows are gathered at a time
MANY = 16  # computing so many entries in a matrix product is as quick as gathering the rows of one
FEW = 0.2  # share of the entries above which a dense array takes no more memory, and less time, than a sparse one


def as_ratings(X):
    """Return ratings (n, d) as a csr_array of floats with sorted indices; zeros of a dense array are missing.

    Raises ValueError if X is not a matrix of finite real numbers, has two entries at one place, or has no rating.
    """
    X = X if issparse(X) else np.asarray(X)
    if X.ndim != 2 or X.dtype.kind not in "biuf" or 0 in X.shape:
        raise ValueError("expected ratings as a matrix of real numbers, users x movies")
    ratings = csr_array(X, dtype=float)
    if not ratings.has_sorted_indices:
        ratings = ratings.sorted_indices()
    if not ratings.has_canonical_format:
        raise ValueError("expected at most 1 rating of a movie by a user, got more")
    if not np.isfinite(ratings.data).all():
        raise ValueError("expected finite ratings, got NaN or infinity")
    if not ratings.nnz:
        raise ValueError("expected at least 1 rating, got none")
    return ratings


def with_values(X, values):
    """Return a csr_array with the same places and other values (nnz,)."""
    return csr_array((values, X.indices, X.indptr), shape=X.shape)


def rated(X):
    """Return a csr_array with a 1 for each rating."""
    return with_values(X, np.ones(X.nnz))


def rows(X):
    """Return the row of each stored rating, (nnz,)."""
    return np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))


def counts(X):
    """Return how many ratings each user and each movie has, (n,) and (d,)."""
    return np.diff(X.indptr), np.bincount(X.indices, minlength=X.shape[1])


def pairs(X):
    """Return users, movies and ratings, (nnz,) each, in row order."""
    return rows(X), X.indices, X.data


def places_of(X, u, i):
    """Return where the entries of pairs, (m,), stand among the stored ones; ValueError if one is not stored."""
    known, asked = (a.astype(np.int64) * X.shape[1] + b for a, b in ((rows(X), X.indices), (u, i)))
    found = np.searchsorted(known, asked)
    if not np.array_equal(known.take(found, mode="clip"), asked):
        raise ValueError("expected pairs that are stored")
    return found


def in_blocks(function, u, i, size=BLOCK):
    """Return function(u, i) of pairs, (m,), computed for `size` of them at a time."""
    parts = [function(u[start:start + size], i[start:start + size]) for start in range(0, len(u), size)]
    return np.concatenate([np.empty(0), *parts])


def products(P, Q, u, i):
    """Return the inner products P[u] . Q[i] of pairs, (m,), from tables (n, k) and (d, k).

    If a block holds a good part of all its users' pairs, a matrix product of all of them is quicker.
    """
    P, Q = np.ascontiguousarray(P), np.ascontiguousarray(Q)

    def gathered(u, i):
        return np.einsum("mk,mk->m", P.take(u, axis=0), Q.take(i, axis=0))

    def block(u, i):
        u = u.astype(np.int64, copy=False)  # two bytes, as in a store, are too few for a place
        first, last = u.min(), u.max() + 1
        if (last - first) * len(Q) > MANY * len(u):
            return in_blocks(gathered, u, i, SMALL)
        return (P[first:last] @ Q.T).take((u - first) * len(Q) + i)

    return in_blocks(block, u, i)
