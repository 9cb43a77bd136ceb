"""The normal equations of all users, or of all movies, at once.

With the other side's factors and effects (q_i, c_i) fixed, and a_i = (q_i, 1), the parameters x_u = (p_u, b_u) solve

    G_u x_u = h_u,    G_u = L       + scale_u sum_i weight_i a_i a_i^T
                      h_u = start_u + scale_u sum_i weight_i (r_ui - c_i) a_i

the sums over the movies i that user u rated. There are three ways to sum:

- Gathered: users with about as many ratings are taken together. Their rows a_i are gathered into one array (users,
  ratings, k), padded with zeros, and one call of BLAS a user multiplies it by itself.
- Masked: if most entries are rated, one product of the mask with the outer products, laid out as rows, sums for all.
- Listed: with many factors, a user's sum is that over all movies less that over the few that the user did not rate.

`facing` turns the other side into what the sums need. `sums` returns the rows' sums of G, packed, and of h.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.linalg.blas import dtrsv
from scipy.linalg.lapack import dposv, dpotrf, dtpttr

from console.cores import side_by_side
from recommender.sparse import rated

SIZE, ROWS = 2**13, 256  # of a batch: places and rows at most, so that gathered arrays stay in the processor's cache
MOST = 0.3  # share of entries above which Masked is quicker than Gathered
FEW, GAPS = 15, 1 / 150  # Listed is quicker up to this share of gaps for each parameter beyond FEW


class Gathered(NamedTuple):
    """Rows of a matrix of ratings (n, d), with the columns that they rated."""

    rows: np.ndarray  # (b,)
    columns: np.ndarray  # (b, c): padded with d, which is no column
    ratings: np.ndarray  # (b, c): padded with 0

    def facing(self, A, effects, weight):
        """Return sqrt(weight) (a_i, c_i), (d + 1, k + 1); the last row is 0."""
        roots = np.sqrt(weight)[:, None] * np.column_stack([A, effects])
        return np.vstack([roots, np.zeros(roots.shape[1])]).astype(self.ratings.dtype)

    def sums(self, roots):
        gathered = roots.take(self.columns, axis=0)
        A = gathered[:, :, :-1]
        left = self.ratings * gathered[:, :, -2] - gathered[:, :, -1]
        return packed(A.swapaxes(1, 2) @ A), (left[:, None] @ A)[:, 0]


class Masked(NamedTuple):
    """Rows of a matrix of ratings (n, d), padded with 0, and their mask; Listed, if they have lists of columns."""

    rows: np.ndarray  # (b,)
    mask: np.ndarray  # (b, d)
    ratings: np.ndarray  # (b, d)
    columns: list = None  # of (c_u,): those that each row rated, or did not rate, whichever are fewer
    gaps: np.ndarray = None  # (b,): whether the list has the columns not rated

    def facing(self, A, effects, weight):
        """Return weight_i a_i and weight_i c_i a_i, (d, k) each, and what G is summed from."""
        dtype, weighted = self.ratings.dtype, weight[:, None] * A
        if self.columns is None:
            outer = outer_products(weighted.astype(dtype), A.astype(dtype))
        else:
            outer = (np.sqrt(weight)[:, None] * A).astype(dtype), packed(weighted.T @ A)
        return weighted.astype(dtype), (effects[:, None] * weighted).astype(dtype), outer

    def sums(self, other):
        weighted, effects, outer = other
        G = self.mask @ outer if self.columns is None else self._listed(*outer)
        return G, self.ratings @ weighted - self.mask @ effects

    def _listed(self, roots, total):
        """Return the sums of G from roots sqrt(weight_i) a_i, (d, k), and the sum over all movies, packed."""
        G = np.empty((len(self.rows), len(total)))
        for row, of_gaps, columns in zip(G, self.gaps, self.columns, strict=True):
            A = roots.take(columns, axis=0)
            row[:] = packed(A.T @ A)
            if of_gaps:
                np.subtract(total, row, out=row)
        return G


def batches(X, k, dtype=float):
    """Return all rows of the csr_array X in batches, to be solved for k parameters each; sums are in `dtype`."""
    (n, d), count, X = X.shape, np.diff(X.indptr), X.astype(dtype)
    if X.nnz <= MOST * n * d:
        return gathered(X)
    mask, parts = rated(X).astype(dtype), np.split(np.arange(n), range(ROWS, n, ROWS))
    found = [Masked(rows, mask[rows].toarray(), X[rows].toarray()) for rows in parts]
    few = np.minimum(count, d - count).mean() / d <= GAPS * (k - FEW)
    return [_with_lists(batch) for batch in found] if few else found


def gathered(X):
    """Return the rows of the csr_array X in batches, as Gathered, those with many ratings first."""
    count, found, start, (n, d) = np.diff(X.indptr), [], 0, X.shape
    order = np.argsort(-count, kind="stable")
    while start < n:
        widest = count[order[start]]
        rows = order[start:start + max(min(SIZE // max(widest, 1), ROWS), 1)]
        columns, ratings = np.full((len(rows), widest), d), np.zeros((len(rows), widest), X.dtype)
        places = np.arange(widest) < count[rows][:, None]
        columns[places], ratings[places] = X[rows].indices, X[rows].data
        found.append(Gathered(rows, columns, ratings))
        start += len(rows)
    return found


def _with_lists(batch):
    # Of a row with few ratings, the difference of two large sums would be little but rounding errors.
    gaps = batch.mask.mean(axis=1) > 0.5
    return batch._replace(columns=[np.flatnonzero(row) for row in batch.mask != gaps[:, None]], gaps=gaps)


def solutions(batches, other, scale, weight, L, start, noise=None):
    """Return the x_u of G_u x_u = h_u + C_u noise_u, (n, k), with G_u = C_u C_u^T.

    `batches` are of the ratings (n, d), less their mean, and `other` are the other side's factors and effects (d, k).
    scale (n,) and weight (d,) are above 0; L is (k, k), symmetric; start and noise are (n, k). Raises
    numpy.linalg.LinAlgError if some matrix is not positive definite.
    """
    x, side = np.empty_like(start), batches[0].facing(with_ones(other), other[:, -1], weight)

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


def with_ones(other):
    """Return rows a_i = (q_i, 1) of rows (q_i, c_i)."""
    return np.column_stack([other[:, :-1], np.ones(len(other))])


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
    return np.ravel_multi_index(np.triu_indices(k), (k, k))


def solve(G, h, noise=None):
    """Return the x_u of G_u x_u = h_u + C_u noise_u, (n, k); G_u are packed. Raises LinAlgError as solutions."""
    found, k = np.array(h, dtype=float), h.shape[1]
    for u, (upper, x) in enumerate(zip(G, found, strict=True)):
        # Our rows of an upper triangle are LAPACK's columns of a lower one. It factorizes whole matrices in blocks, but
        # packed ones column by column. All calls overwrite x, or the matrix with its factor.
        C, _ = dtpttr(k, upper, uplo="L")
        if noise is None:
            _, _, failed = dposv(C, x, lower=1, overwrite_a=1, overwrite_b=1)
        else:
            C, failed = dpotrf(C, lower=1, clean=0, overwrite_a=1)
        if failed:
            raise np.linalg.LinAlgError("a matrix is not positive definite")
        if noise is not None:
            dtrsv(C, x, lower=1, overwrite_x=1)
            x += noise[u]
            dtrsv(C, x, lower=1, trans=1, overwrite_x=1)
    return found
