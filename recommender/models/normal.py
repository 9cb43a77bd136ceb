"""The normal equations of all users, or of all movies, at once.

With the other side's factors and effects (q_i, c_i) fixed, and a_i = (q_i, 1), the parameters x_u = (p_u, b_u) solve

    G_u x_u = h_u,    G_u = L       + scale_u sum_i weight_i a_i a_i^T
                      h_u = start_u + scale_u sum_i weight_i (r_ui - c_i) a_i

the sums over the movies i that user u rated. Users with about as many ratings are taken together: the rows a_i are
gathered into one array (users, ratings, k), padded with zeros, and one call of BLAS a user multiplies it by itself.
Where most entries are rated, the sums of all users are one product of the mask with the outer products laid out as
rows; or, with many factors, a user's sum is the one over all movies less the one over the few that the user did not
rate. What is left is a small Cholesky factorization each.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.linalg.blas import dtrsv
from scipy.linalg.lapack import dposv, dpotrf, dtpttr

from console.cores import side_by_side
from recommender.sparse import rated

SIZE, ROWS = 2**13, 256  # of a batch: places and rows at most; what is gathered should stay in the processor's cache
MOST = 0.3  # share of the entries from which on the mask's product is quicker
FEW, GAPS = 15, 1 / 150  # parameters, and share of gaps for each one more, up to which listing these is quicker yet


class Gathered(NamedTuple):
    """Rows of a matrix of ratings (n, d), by the columns that they rated."""

    rows: np.ndarray  # (b,)
    columns: np.ndarray  # (b, c): filled up with d, of which there is none
    ratings: np.ndarray  # (b, c): filled up with 0

    def sums(self, side):
        """Return the rows' sums, over the columns that they rated, of G packed and of h."""
        gathered = side.roots.take(self.columns, axis=0)
        A = gathered[:, :, :-1]
        left = self.ratings * gathered[:, :, -2] - gathered[:, :, -1]
        return packed(A.swapaxes(1, 2) @ A), (left[:, None] @ A)[:, 0]


class Masked(NamedTuple):
    """Rows of a matrix of ratings (n, d), filled up with 0, and their mask."""

    rows: np.ndarray  # (b,)
    mask: np.ndarray  # (b, d)
    ratings: np.ndarray  # (b, d)

    def sums(self, side):
        """Return the rows' sums, over the columns that they rated, of G packed and of h."""
        return self.mask @ side.outer, self.ratings @ side.weighted - self.mask @ side.effects


class Listed(NamedTuple):
    """Masked rows, and which columns each rated, or which it did not, whichever are fewer."""

    rows: np.ndarray  # (b,)
    mask: np.ndarray  # (b, d)
    ratings: np.ndarray  # (b, d)
    gaps: np.ndarray  # (b,): whether those are listed that it did not rate
    columns: list  # of (c_u,)

    def sums(self, side):
        """Return the rows' sums, over the columns that they rated, of G packed and of h."""
        G = np.empty((len(self.rows), len(side.total)))
        for row, of_gaps, columns in zip(G, self.gaps, self.columns, strict=True):
            A = side.roots.take(columns, axis=0)
            row[:] = packed(A.T @ A)
            if of_gaps:
                np.subtract(side.total, row, out=row)
        return G, self.ratings @ side.weighted - self.mask @ side.effects


class _Of(NamedTuple):
    """What Gathered rows need of the other side, d columns."""

    roots: np.ndarray  # (d + 1, k + 1): the square root of the weight times (a_i, c_i); 0 in the last row


class _All(NamedTuple):
    """What Masked rows need of the other side, d columns."""

    outer: np.ndarray  # (d, k (k + 1) / 2): weight_i a_i a_i^T, packed
    weighted: np.ndarray  # (d, k): weight_i a_i
    effects: np.ndarray  # (d, k): weight_i c_i a_i


class _Fewer(NamedTuple):
    """What Listed rows need of the other side, d columns."""

    roots: np.ndarray  # (d, k): the square root of the weight times a_i
    total: np.ndarray  # (k (k + 1) / 2,): the sum of weight_i a_i a_i^T, packed, in double precision
    weighted: np.ndarray  # (d, k): weight_i a_i
    effects: np.ndarray  # (d, k): weight_i c_i a_i


def batches(X, k, dtype=float):
    """Return all rows of the csr_array X, some at a time, to be solved for k parameters each.

    They depend on these alone, and so do all sums, which are in `dtype`.
    """
    (n, d), count, X = X.shape, np.diff(X.indptr), X.astype(dtype)
    if X.nnz > MOST * n * d:
        mask = rated(X).astype(dtype)
        found = [Masked(rows, mask[rows].toarray(), X[rows].toarray())
                 for rows in np.split(np.arange(n), range(ROWS, n, ROWS))]
        share = np.minimum(count, d - count).mean() / d
        return [_listed(batch) for batch in found] if share <= GAPS * (k - FEW) else found
    order, found, start = np.argsort(-count, kind="stable"), [], 0
    while start < n:
        widest = count[order[start]]
        rows = order[start:start + max(min(SIZE // max(widest, 1), ROWS), 1)]
        columns, ratings = np.full((len(rows), widest), d), np.zeros((len(rows), widest), dtype)
        places = np.arange(widest) < count[rows][:, None]
        columns[places], ratings[places] = X[rows].indices, X[rows].data
        found.append(Gathered(rows, columns, ratings))
        start += len(rows)
    return found


def _listed(batch):
    """Return Masked rows as Listed ones."""
    # Of a row with few ratings, the difference of two large sums would be little but rounding errors.
    gaps = batch.mask.mean(axis=1) > 0.5
    return Listed(*batch, gaps, [np.flatnonzero(row) for row in batch.mask != gaps[:, None]])


def solutions(batches, other, scale, weight, L, start, noise=None):
    """Return the x_u of G_u x_u = h_u + C_u noise_u, (n, k), with G_u = C_u C_u^T.

    Args:
        batches: of the ratings (n, d), less their mean.
        other: (d, k) factors and effects of the other side.
        scale, weight: (n,) and (d,), above 0.
        L: (k, k), symmetric.
        start, noise: (n, k); no noise where None.

    Raises:
        numpy.linalg.LinAlgError: some matrix is not positive definite.
    """
    side, x = _prepared(other, weight, batches[0]), np.empty_like(start)

    def solved(batch):
        G, h = batch.sums(side)
        G = G.astype(float, copy=False)
        G *= scale[batch.rows, None]
        G += packed(L)
        h = scale[batch.rows, None] * h + start[batch.rows]
        return solve(G, h, None if noise is None else noise[batch.rows])

    for batch, part in zip(batches, side_by_side(solved, batches), strict=True):
        x[batch.rows] = part
    return x


def _prepared(other, weight, batch):
    """Return the other side as such batches need it, in their precision."""
    A, dtype = np.column_stack([other[:, :-1], np.ones(len(other))]), batch.ratings.dtype
    if isinstance(batch, Gathered):
        roots = np.sqrt(weight)[:, None] * np.column_stack([A, other[:, -1]])
        return _Of(np.vstack([roots, np.zeros(roots.shape[1])]).astype(dtype))
    weighted = weight[:, None] * A
    of_h = weighted.astype(dtype), (other[:, -1:] * weighted).astype(dtype)
    if isinstance(batch, Listed):
        return _Fewer((np.sqrt(weight)[:, None] * A).astype(dtype), packed(weighted.T @ A), *of_h)
    return _All(outer_products(of_h[0], A.astype(dtype)), *of_h)


def outer_products(A, B):
    """Return a_i b_i^T packed, (d, k (k + 1) / 2), of A and B (d, k), each b_i a multiple of a_i."""
    rows, columns = np.triu_indices(A.shape[1])
    A, B = (np.ascontiguousarray(part.T) for part in (A, B))
    return (A[rows] * B[columns]).T


def packed(G):
    """Return symmetric matrices (..., k, k) as the rows of their upper triangles, (..., k (k + 1) / 2)."""
    k = G.shape[-1]
    return G.reshape(*G.shape[:-2], k * k).take(_upper(k), axis=-1)


@cache
def _upper(k):
    """Return where the upper triangle's entries stand in a matrix (k, k) laid out as a row."""
    rows, columns = np.triu_indices(k)
    return rows * k + columns


def solve(G, h, noise=None):
    """Return the x_u of G_u x_u = h_u + C_u noise_u for every u, (n, k), C_u being G_u's Cholesky factor.

    Args:
        G: (n, k (k + 1) / 2) packed matrices.
        h, noise: (n, k); no noise where None.

    Raises:
        numpy.linalg.LinAlgError: some matrix is not positive definite.
    """
    x, k = np.array(h, dtype=float), h.shape[1]
    for u, C in enumerate(G):
        # What LAPACK takes for the columns of a lower triangle are our rows of the upper one. It factorizes whole
        # matrices in blocks, and packed ones column by column.
        C, _ = dtpttr(k, C, uplo="L")
        if _solve(C, x[u]) if noise is None else _draw(C, x[u], noise[u]):
            raise np.linalg.LinAlgError("a matrix is not positive definite")
    return x


def _solve(G, x):
    """Put G^-1 x in the place of x (k,), and its factor in G's; return 0 where G has one."""
    return dposv(G, x, lower=1, overwrite_a=1, overwrite_b=1)[2]


def _draw(G, x, noise):
    """Put G^-1 (x + C noise) in the place of x (k,), C being G's Cholesky factor; return what _solve does."""
    C, failed = dpotrf(G, lower=1, clean=0, overwrite_a=1)
    if not failed:
        dtrsv(C, x, lower=1, overwrite_x=1)
        x += noise
        dtrsv(C, x, lower=1, trans=1, overwrite_x=1)
    return failed
