"""How the E-step's three quantities are made fast: for a block of rows and one Gaussian.

Nothing is done row by row. A row with q gaps needs a q x q matrix, not a d x d one: with the precision P = S^-1,

    Cov[x_M | x_O] = P_MM^-1       E[x_M | x_O] = mu_M - P_MM^-1 (P z)_M       z = x - mu on O, 0 on M
    z_O' S_OO^-1 z_O = z' P z - (P z)_M' P_MM^-1 (P z)_M       log |S_OO| = log |S| + log |P_MM|

and where more than half is missing, S_OO is the smaller one. The rest is products of whole blocks. Blocks of a badly
conditioned S lose digits in P; then S_OO is factored for each pattern by itself.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, solve_triangular

TRUSTED = 1e8  # condition up to which S^-1 has enough digits
LOG_2PI = np.log(2 * np.pi)


class Gaussian(NamedTuple):
    """One component, and what is needed of it for every block."""

    mu: np.ndarray  # (d,)
    cov: np.ndarray  # (d, d), or (d,) variances
    precision: np.ndarray  # its inverse
    root: np.ndarray  # (d, d): root @ root.T is the precision; None for variances
    log_det: float  # log |cov|
    trusted: bool


class View(NamedTuple):
    """A block as one component sees it."""

    log_density: np.ndarray  # (m,): of the observed entries
    e: np.ndarray  # (m, d): rows less the mean, gaps filled with what is expected there (0 for variances)
    way: str
    inverse: np.ndarray  # of the small matrices
    gaussian: Gaussian


class CollapseError(ValueError):
    """A covariance is not positive definite."""


def gaussians(mixture):
    """Return a list of K Gaussians; those of a tied mixture share their matrices.

    Raises:
        CollapseError: a covariance is not positive definite.
    """
    if mixture.kind in ("full", "tied"):
        covs = mixture.cov if mixture.kind == "full" else mixture.cov[None]
        made = [_factored(cov) for cov in covs]
        made = made if mixture.kind == "full" else made * len(mixture.p)
    else:
        made = [_variances(cov) for cov in mixture.cov * np.ones((1, 1))] if mixture.kind == "diag" else [
            _variances(np.full(mixture.mu.shape[1], var)) for var in mixture.cov]
    return [Gaussian(mu, *rest) for mu, rest in zip(mixture.mu, made, strict=True)]


def _factored(cov):
    try:
        lower = cholesky(cov, lower=True)
    except (np.linalg.LinAlgError, ValueError):
        raise CollapseError from None
    root = solve_triangular(lower, np.eye(len(cov)), lower=True).T
    values = np.linalg.eigvalsh(cov)
    return cov, root @ root.T, root, 2 * np.log(np.diag(lower)).sum(), values[-1] <= TRUSTED * values[0]


def _variances(var):
    if not (var > 0).all():
        raise CollapseError
    return var, 1 / var, None, np.log(var).sum(), True


def expected(block, gaussian):
    """Return the View that a Gaussian has of a block."""
    z = (block.x - gaussian.mu) * block.seen
    m, d = z.shape
    gaps = d - int(block.seen[0].sum())
    if gaussian.root is None:
        square = z**2 @ gaussian.precision
        log_det = block.seen @ np.log(gaussian.cov)
        way, inverse = "apart", None
    elif gaps == 0:
        way, inverse, log_det = "complete", None, gaussian.log_det
        square = ((z @ gaussian.root) ** 2).sum(axis=1)
    elif not gaussian.trusted:
        way, (z, inverse, square, log_det) = "factored", _by_factor(block, z, gaussian)
    elif 2 * gaps <= d:
        way, (z, inverse, square, log_det) = "missing", _by_missing(block, z, gaussian)
    else:
        way, (z, inverse, square, log_det) = "observed", _by_observed(block, z, gaussian)
    return View(-0.5 * ((d - gaps) * LOG_2PI + log_det + square), z, way, inverse, gaussian)


def _by_missing(block, z, gaussian):
    """Return z with its gaps filled, the inverses of P_MM, the squared distances and log |S_OO|."""
    index = columns(~block.seen[block.first])
    inverse, log_det = inverses(gaussian.precision, index)
    rows, at = np.arange(len(z)), index[:, block.pattern]
    b = z @ gaussian.precision
    b_M = b[rows, at]
    u = _times(inverse, block, b_M)
    square = np.einsum("ij,ij->i", z, b) - np.einsum("qi,qi->i", b_M, u)
    z[rows, at] = -u
    return z, inverse, square, gaussian.log_det + log_det[block.pattern]


def _by_observed(block, z, gaussian):
    """Return the same from the inverses of S_OO."""
    index = columns(block.seen[block.first])
    inverse, log_det = inverses(gaussian.cov, index)
    rows, at = np.arange(len(z)), index[:, block.pattern]
    z_O = z[rows, at]
    u = _times(inverse, block, z_O)
    square = np.einsum("qi,qi->i", z_O, u)
    z[rows, at] = u
    return z @ gaussian.cov, inverse, square, log_det[block.pattern]


def _by_factor(block, z, gaussian):
    """Return the same from the factor of S_OO, pattern by pattern; the conditional covariances (U, d, d) for inverses."""
    m, d = z.shape
    spreads, square, log_det = np.zeros((len(block.first), d, d)), np.empty(m), np.empty(m)
    for u, (start, stop) in enumerate(zip(block.first, [*block.first[1:], m], strict=True)):
        O, M = np.flatnonzero(block.seen[start]), np.flatnonzero(~block.seen[start])
        lower = cholesky(gaussian.cov[np.ix_(O, O)], lower=True)
        y = solve_triangular(lower, z[start:stop, O].T, lower=True)
        W = solve_triangular(lower, gaussian.cov[np.ix_(O, M)], lower=True)
        square[start:stop] = (y**2).sum(axis=0)
        log_det[start:stop] = 2 * np.log(np.diag(lower)).sum()
        z[start:stop, M] = y.T @ W
        spreads[u][np.ix_(M, M)] = gaussian.cov[np.ix_(M, M)] - W.T @ W
    return z, spreads, square, log_det


def spread(block, view, soft):
    """Return the sum of the rows' conditional covariances, weighted by soft counts: (d, d), 0 where all is observed."""
    if view.way == "complete":
        return 0
    sums = np.add.reduceat(soft, block.first)
    if view.way == "factored":
        return np.einsum("u,uij->ij", sums, view.inverse)
    cov = view.gaussian.cov
    if view.way == "missing":
        return scattered(view.inverse * sums, columns(~block.seen[block.first]), len(cov))
    return sums.sum() * cov - cov @ scattered(view.inverse * sums, columns(block.seen[block.first]), len(cov)) @ cov


def columns(which):
    """Return the column numbers that are True in each row of (U, d), equally many: (q, U)."""
    return np.nonzero(which)[1].reshape(len(which), -1).T


def inverses(A, index):
    """Return the inverses (q, q, U), and log determinants (U,), of the parts of A with the columns index (q, U).

    The sweep operator (Goodnight 1979), for all parts at once: A is symmetric and positive definite.
    """
    parts = A[index[:, None], index[None]]
    log_det = np.zeros(parts.shape[2])
    for j in range(len(parts)):
        pivot = parts[j, j].copy()
        log_det += np.log(pivot)
        row = parts[j] / pivot
        column = parts[:, j].copy()
        parts -= column[:, None] * row
        parts[j] = row
        parts[:, j] = -column / pivot
        parts[j, j] = 1 / pivot
    return parts, log_det


def _times(inverse, block, b):
    """Return each row's small matrix times its vector: (q, m)."""
    if len(block.first) < len(block.pattern):
        inverse = inverse[:, :, block.pattern]
    return np.einsum("ijm,jm->im", inverse, b)


def scattered(parts, index, d):
    """Return the (d, d) sum of small matrices (q, q, U), each added at its columns index (q, U)."""
    at = index[:, None] * d + index[None]
    return np.bincount(at.ravel(), parts.ravel(), d * d).reshape(d, d)
