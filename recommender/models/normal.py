"""The normal equations of all users, or of all movies, at once.

The factors of user u solve (weight_u sum_i a_i a_i^T + L) x_u = h_u, the sum over the movies i that they rated. Users
with about as many ratings are taken together: the rows a_i are gathered into one array (users, ratings, k), padded with
zeros, and one call of BLAS a user multiplies it by itself. Where most entries are rated, the sums of all users are one
product of the mask with the outer products laid out as rows. What is left is a small Cholesky factorization each.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg.blas import dtpsv
from scipy.linalg.lapack import dpptrf

from console.cores import side_by_side
from recommender.sparse import rated

SIZE, ROWS = 2**13, 256  # of a batch: places and rows at most; what is gathered should stay in the processor's cache
MOST = 0.3  # share of the entries from which on the mask's product is quicker


class Gathered(NamedTuple):
    """Rows of a matrix of ratings (n, d), by the columns that they rated."""

    rows: np.ndarray  # (b,)
    columns: np.ndarray  # (b, c): filled up with d, of which there is none

    def sums(self, A, outer):
        """Return sum_i a_i a_i^T over the columns i that each row rated, packed, from A (d + 1, k) whose last is 0."""
        gathered = A.take(self.columns, axis=0)
        return packed(gathered.swapaxes(1, 2) @ gathered)


class Masked(NamedTuple):
    """Rows of a matrix of ratings (n, d), by their mask."""

    rows: np.ndarray  # (b,)
    mask: np.ndarray  # (b, d)

    def sums(self, A, outer):
        """Return the same from the packed outer products (d, k (k + 1) / 2)."""
        return self.mask @ outer


def batches(X, dtype=float):
    """Return all rows of the csr_array X, some at a time; they depend on it alone, and so do all sums."""
    (n, d), count = X.shape, np.diff(X.indptr)
    if X.nnz > MOST * n * d:
        mask = rated(X).astype(dtype)
        return [Masked(rows, mask[rows].toarray()) for rows in np.split(np.arange(n), range(ROWS, n, ROWS))]
    order, found, start = np.argsort(-count, kind="stable"), [], 0
    while start < n:
        widest = count[order[start]]
        rows = order[start:start + max(min(SIZE // max(widest, 1), ROWS), 1)]
        columns = np.full((len(rows), widest), d)
        columns[np.arange(widest) < count[rows][:, None]] = X[rows].indices
        found.append(Gathered(rows, columns))
        start += len(rows)
    return found


def solutions(batches, A, weight, L, h, noise):
    """Return the x_u of G_u x_u = h_u + C_u noise_u, (n, k), with G_u = weight_u sum_i a_i a_i^T + L = C_u C_u^T.

    Args:
        batches: of the ratings (n, d).
        A: (d, k).
        weight: (n,), above 0.
        L: (k, k), symmetric.
        h: (n, k).
        noise: (n, k).

    Raises:
        numpy.linalg.LinAlgError: some matrix is not positive definite.
    """
    padded, x = np.concatenate([A, np.zeros((1, A.shape[1]), A.dtype)]), np.empty_like(h)
    outer = outer_products(A) if isinstance(batches[0], Masked) else None

    def solved(batch):
        G = weight[batch.rows, None] * batch.sums(padded, outer) + packed(L)
        return solve(G, h[batch.rows], noise[batch.rows])

    for batch, part in zip(batches, side_by_side(solved, batches), strict=True):
        x[batch.rows] = part
    return x


def outer_products(A):
    """Return a_i a_i^T packed, (d, k (k + 1) / 2), of A (d, k)."""
    rows, columns = np.triu_indices(A.shape[1])
    A = np.ascontiguousarray(A.T)
    return (A[rows] * A[columns]).T


def packed(G):
    """Return symmetric matrices (..., k, k) as the rows of their upper triangles, (..., k (k + 1) / 2)."""
    k = G.shape[-1]
    rows, columns = np.triu_indices(k)
    return G.reshape(*G.shape[:-2], k * k).take(rows * k + columns, axis=-1)


def solve(G, h, noise):
    """Return the x_u of G_u x_u = h_u + C_u noise_u for every u, (n, k), C_u being G_u's Cholesky factor.

    Args:
        G: (n, k (k + 1) / 2) packed matrices; the factors take their place.
        h, noise: (n, k).

    Raises:
        numpy.linalg.LinAlgError: some matrix is not positive definite.
    """
    x, k = h.copy(), h.shape[1]
    for C, row, z in zip(G, x, noise, strict=True):
        # What LAPACK takes for the columns of a lower triangle are our rows of the upper one.
        if dpptrf(k, C, lower=1, overwrite_ap=1)[1]:
            raise np.linalg.LinAlgError("a matrix is not positive definite")
        dtpsv(k, C, row, lower=1, overwrite_x=1)
        row += z
        dtpsv(k, C, row, lower=1, trans=1, overwrite_x=1)
    return x
