"""The small matrices that the rows of a block need, for each pattern of gaps.

A row with q gaps needs a q x q matrix, not one of d x d: with the precision P = S^-1, and z = x - mu with 0 in gaps,

    Cov[x_M | x_O] = P_MM^-1                 E[x_M | x_O] = mu_M - P_MM^-1 (P z)_M
    log |S_OO| = log |S| + log |P_MM|        z_O' S_OO^-1 z_O = z' P z - (P z)_M' P_MM^-1 (P z)_M

If more than half is missing, S_OO is the smaller one. If S is badly conditioned, P has too few digits; then S_OO is
factored.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, solve_triangular

TRUSTED = 1e8  # condition up to which P has enough digits


class CollapseError(ValueError):
    """A covariance is not positive definite."""

    def __init__(self):
        super().__init__("a covariance is not positive definite")


class Small(NamedTuple):
    """The matrices of a block of U patterns for one covariance."""

    of: str  # "gaps", "entries" or "factors", as WAYS; "nothing" if nothing is missing
    log_det: np.ndarray  # (U,): log |S_OO|; a number for "nothing"
    inverse: np.ndarray = None  # (q, q, U): of P_MM or S_OO
    factors: list = None  # for each pattern: O, M, the factor of S_OO, and its inverse times S_OM
    white: np.ndarray = None  # (m, d): x @ root, if nothing is missing


def small(block, part, invert):
    """Return the Small of a block and a Gaussian; invert is `inverses` or a faster one."""
    if len(block.small) == 0 and block.of_gaps:
        return Small("nothing", part.log_det, white=block.x @ part.root)
    if part.condition > TRUSTED and len(block.small):
        factors = [_factors(part.cov, seen) for seen in block.seen[block.first]]
        log_det = [2 * np.log(np.diag(lower)).sum() for _, _, lower, _ in factors]
        return Small("factors", np.array(log_det), factors=factors)
    if not block.of_gaps:
        inverse, log_det = invert(part.cov, block.small)
        return Small("entries", log_det, inverse)
    inverse, log_det = invert(_widened(part.precision, block.small), block.small)
    return Small("gaps", part.log_det + log_det, inverse)


def _factors(cov, seen):
    O, M = np.flatnonzero(seen), np.flatnonzero(~seen)
    try:
        lower = cholesky(cov[np.ix_(O, O)], lower=True)
    except np.linalg.LinAlgError:
        raise CollapseError from None
    return O, M, lower, solve_triangular(lower, cov[np.ix_(O, M)], lower=True)


def _widened(P, columns):
    """Return P with a diagonal of ones for the columns from d on, which pad the patterns."""
    d, more = len(P), int(columns.max()) + 1 - len(P)
    if more <= 0:
        return P
    wide = np.eye(d + more)
    wide[:d, :d] = P
    return wide


def filled(block, part, small):
    """Return rows less mu, (m, d), with gaps filled by their expectations, and z_O' S_OO^-1 z_O, (m,)."""
    if small.of == "nothing":
        y = small.white - part.mu @ part.root
        return block.x - part.mu, np.einsum("ij,ij->i", y, y)
    return WAYS[small.of](block, part, small, (block.x - part.mu) * block.seen)


def by_gaps(block, part, small, z):
    m, d = z.shape
    wide = np.zeros((m, max(d, int(block.small.max()) + 1)))  # 0 in the padding columns
    wide[:, :d] = z @ part.precision
    gap = np.arange(m) * wide.shape[1] + block.small[:, block.pattern]
    b_M = wide.ravel()[gap]
    u = _times(small.inverse, block, b_M)
    square = np.einsum("ij,ij->i", z, wide[:, :d]) - np.einsum("qi,qi->i", b_M, u)
    wide[:, :d] = z
    wide.ravel()[gap] = -u
    return wide[:, :d], square


def by_entries(block, part, small, z):
    entry = np.arange(len(z)) * z.shape[1] + block.small[:, block.pattern]
    z_O = z.ravel()[entry]
    u = _times(small.inverse, block, z_O)
    whole = np.zeros_like(z)
    whole.ravel()[entry] = u
    return np.where(block.seen, z, whole @ part.cov), np.einsum("qi,qi->i", z_O, u)


def by_factors(block, part, small, z):
    square, pattern = np.empty(len(z)), np.arange(len(small.factors))[block.pattern]
    for u, (O, M, lower, W) in enumerate(small.factors):
        rows = np.flatnonzero(pattern == u)
        y = solve_triangular(lower, z[np.ix_(rows, O)].T, lower=True)
        square[rows] = (y**2).sum(axis=0)
        z[np.ix_(rows, M)] = y.T @ W
    return z, square


WAYS = {"gaps": by_gaps, "entries": by_entries, "factors": by_factors}


def _times(inverse, block, b):
    """Return each row's small matrix times its vector, (q, m)."""
    return np.einsum("ijm,jm->im", inverse[:, :, block.pattern], b)


def scatter(block, part, small, soft):
    """Return the sum of the rows' conditional covariances, weighted by soft counts, (d, d)."""
    cov = part.cov
    if small.of == "nothing":
        return np.zeros_like(cov)
    counts = np.add.reduceat(soft, block.first)
    if small.of == "gaps":
        return _scattered(small.inverse * counts, block.small, len(cov))
    if small.of == "entries":
        return soft.sum() * cov - cov @ _scattered(small.inverse * counts, block.small, len(cov)) @ cov
    total = np.zeros_like(cov)
    for (_, M, _, W), count in zip(small.factors, counts, strict=True):
        total[np.ix_(M, M)] += count * (cov[np.ix_(M, M)] - W.T @ W)
    return total


def _scattered(parts, columns, d):
    """Return the (d, d) sum of small matrices (q, q, U), each added at its columns (q, U)."""
    wide = max(d, int(columns.max(initial=0)) + 1)
    at = columns[:, None] * wide + columns
    return np.bincount(at.ravel(), parts.ravel(), wide * wide).reshape(wide, wide)[:d, :d]


def inverses(A, columns):
    """Return the inverses (q, q, U), and log determinants (U,), of the parts of A with the columns (q, U) each.

    A is symmetric and positive definite. All parts are swept at once (Goodnight 1979, "A tutorial on the SWEEP
    operator"), so that the loop is over q and not over U.
    """
    parts = A.ravel().take(columns[:, None] * len(A) + columns)
    log_det, product = np.zeros(columns.shape[1]), np.empty_like(parts)
    for j in range(len(parts)):
        pivot = parts[j, j].copy()
        log_det += np.log(pivot)
        row = parts[j] / pivot
        np.multiply(parts[j][:, None], row, out=product)
        parts -= product
        parts[j] = parts[:, j] = row
        parts[j, j] = -1 / pivot
    return np.negative(parts, out=parts), log_det
