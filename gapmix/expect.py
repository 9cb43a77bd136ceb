"""How the E-step's three quantities are made fast: for a block of rows and one Gaussian.

Nothing is done row by row. A row with q gaps needs a q x q matrix, not one of d x d: with the precision P = S^-1, and
z = x - mu with 0 in the gaps,

    Cov[x_M | x_O] = P_MM^-1                 E[x_M | x_O] = mu_M - P_MM^-1 (P z)_M
    log |S_OO| = log |S| + log |P_MM|        z_O' S_OO^-1 z_O = z' P z - (P z)_M' P_MM^-1 (P z)_M

Where more than half is missing, S_OO is the smaller one. The rest is products of whole blocks. P has too few digits
where S is badly conditioned; then S_OO is factored, pattern by pattern.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, solve_triangular

TRUSTED = 1e8  # condition up to which P has enough digits
SMALLEST = 1e-5  # variance from which `products` have enough digits
LOG_2PI = np.log(2 * np.pi)


class Gaussian(NamedTuple):
    """One component, and what every block needs of it."""

    mu: np.ndarray  # (d,)
    cov: np.ndarray  # (d, d), or (d,) variances
    precision: np.ndarray  # its inverse
    root: np.ndarray  # (d, d): root @ root.T is the precision; None for variances
    log_det: float  # log |cov|
    trusted: bool


class Small(NamedTuple):
    """What the components that share a covariance share of a block: the small matrices of its U patterns."""

    of: str  # "gaps", "entries" or "factors"; "nothing" where all is observed, or entries are independent
    log_det: np.ndarray  # (U,): log |S_OO|; a number for "nothing"
    inverse: np.ndarray = None  # (q, q, U): of P_MM or S_OO
    factors: list = None  # where P is not trusted, for each pattern: O, M, the factor of S_OO, and its inverse times S_OM
    white: np.ndarray = None  # (m, d): x @ root, where all is observed


class View(NamedTuple):
    """A block as one component sees it."""

    log_density: np.ndarray  # (m,): of the observed entries
    e: np.ndarray  # (m, d): rows less mu, gaps filled with what is expected there (with 0 where entries are independent)
    small: Small
    gaussian: Gaussian


class CollapseError(ValueError):
    """A covariance is not positive definite."""

    def __init__(self):
        super().__init__("a covariance is not positive definite")


def gaussians(mixture):
    """Return the K Gaussians of a mixture; those of a tied one share their matrices.

    Raises:
        CollapseError: a covariance is not positive definite.
    """
    p, mu, cov, kind = mixture
    if kind in ("full", "tied"):
        made = list(zip(*_factored(cov if kind == "full" else cov[None]), strict=True))
        made = made * len(p) if kind == "tied" else made
    else:
        made = [_apart(np.broadcast_to(var, mu.shape[1])) for var in cov]
    return [Gaussian(one, *rest) for one, rest in zip(mu, made, strict=True)]


def _factored(covs):
    try:
        lower = np.linalg.cholesky(covs)
        roots = np.linalg.inv(lower).transpose(0, 2, 1)
    except np.linalg.LinAlgError:
        raise CollapseError from None
    precisions = roots @ roots.transpose(0, 2, 1)
    log_det = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    condition = np.abs(covs).sum(axis=1).max(axis=1) * np.abs(precisions).sum(axis=1).max(axis=1)
    return covs, precisions, roots, log_det, condition <= TRUSTED


def _apart(var):
    if not (var > 0).all():
        raise CollapseError
    return var, 1 / var, None, np.log(var).sum(), True


def divergence(gaussian):
    """Return KL(N(0, I) || N(0, S))."""
    P = gaussian.precision
    return (gaussian.log_det + (P.sum() if P.ndim == 1 else np.trace(P)) - len(P)) / 2


def views(block, parts, invert):
    """Return the Views that Gaussians have of a block; invert is `inverses` or a faster one."""
    made = []
    for part in parts:
        if not made or part.cov is not made[0].gaussian.cov:
            small = _small(block, part, invert)
        made.append(view(block, part, small))
    return made


def _small(block, part, invert):
    if part.root is None or len(block.small) == 0 and block.of_gaps:
        return Small("nothing", part.log_det, white=None if part.root is None else block.x @ part.root)
    if not part.trusted and len(block.small):
        factors = [_factors(part.cov, seen) for seen in block.seen[block.first]]
        log_det = [2 * np.log(np.diag(lower)).sum() for _, _, lower, _ in factors]
        return Small("factors", np.array(log_det), factors=factors)
    if not block.of_gaps:
        inverse, log_det = invert(part.cov, block.small)
        return Small("entries", log_det, inverse)
    inverse, log_det = invert(_widened(part.precision, block.small), block.small)
    return Small("gaps", part.log_det + log_det, inverse)


def _widened(P, small):
    """Return P with a diagonal of ones for the columns that fill `small` up."""
    d, more = len(P), int(small.max()) + 1 - len(P)
    if more <= 0:
        return P
    wide = np.eye(d + more)
    wide[:d, :d] = P
    return wide


def _factors(cov, seen):
    O, M = np.flatnonzero(seen), np.flatnonzero(~seen)
    try:
        lower = cholesky(cov[np.ix_(O, O)], lower=True)
    except np.linalg.LinAlgError:
        raise CollapseError from None
    return O, M, lower, solve_triangular(lower, cov[np.ix_(O, M)], lower=True)


def view(block, part, small):
    """Return the View that a Gaussian has of a block, from the small matrices of the block's patterns."""
    if small.white is not None:
        y = small.white - part.mu @ part.root
        return _view(block, part, small, block.x - part.mu, np.einsum("ij,ij->i", y, y), small.log_det)
    z = (block.x - part.mu) * block.seen
    if part.root is None:
        return _view(block, part, small, z, z**2 @ part.precision, block.seen @ np.log(part.cov))
    square = WAYS[small.of](block, part, small, z)
    return _view(block, part, small, z, square, small.log_det[block.pattern])


def _view(block, part, small, e, square, log_det):
    return View(-0.5 * (block.entries * LOG_2PI + log_det + square), e, small, part)


def _by_gaps(block, part, small, z):
    """Fill the gaps of z; return the squared distances, by P_MM^-1."""
    m, d = z.shape
    wide = np.zeros((m, max(d, int(block.small.max()) + 1)))  # 0 in the columns that fill `small` up
    wide[:, :d] = z @ part.precision
    gap = np.arange(m) * wide.shape[1] + block.small[:, block.pattern]
    b_M = wide.ravel()[gap]
    u = _times(small.inverse, block, b_M)
    square = np.einsum("ij,ij->i", z, wide[:, :d]) - np.einsum("qi,qi->i", b_M, u)
    wide[:, :d] = z
    wide.ravel()[gap] = -u
    z[:] = wide[:, :d]
    return square


def _by_entries(block, part, small, z):
    """Do the same by S_OO^-1."""
    entry = np.arange(len(z)) * z.shape[1] + block.small[:, block.pattern]
    z_O = z.ravel()[entry]
    u = _times(small.inverse, block, z_O)
    z.ravel()[entry] = u
    z[:] = np.where(block.seen, block.x - part.mu, z @ part.cov)
    return np.einsum("qi,qi->i", z_O, u)


def _by_factors(block, part, small, z):
    """Do the same by the factor of S_OO."""
    square, pattern = np.empty(len(z)), np.arange(len(z))[block.pattern]
    for u, (O, M, lower, W) in enumerate(small.factors):
        rows = np.flatnonzero(pattern == u)
        y = solve_triangular(lower, z[np.ix_(rows, O)].T, lower=True)
        square[rows] = (y**2).sum(axis=0)
        z[np.ix_(rows, M)] = y.T @ W
    return square


WAYS = {"gaps": _by_gaps, "entries": _by_entries, "factors": _by_factors}


def _times(inverse, block, b):
    """Return each row's small matrix times its vector, (q, m)."""
    return np.einsum("ijm,jm->im", inverse[:, :, block.pattern], b)


def spread(block, view, soft):
    """Return the sum of the rows' conditional covariances, weighted by soft counts, (d, d)."""
    small, cov = view.small, view.gaussian.cov
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


def products(block, square, mu, var):
    """Return a block's log densities (m, K), from it and x^2 (m, d), under Gaussians of independent entries, means and variances (K, d).

    Squared distances are three terms, of which two are products, so nothing is done component by component. They lose
    digits where variances are very small: see SMALLEST.
    """
    constant = -0.5 * (LOG_2PI + np.log(var) + mu**2 / var)
    of_mean = block.seen @ constant.T if block.entries.min() < mu.shape[1] else constant.sum(axis=1)
    return square @ (-0.5 / var).T + block.x @ (mu / var).T + of_mean


def inverses(A, columns):
    """Return the inverses (q, q, U), and log determinants (U,), of the parts of A with the columns (q, U) each.

    A (d, d) is symmetric and positive definite. All parts are swept at once (Goodnight 1979, "A tutorial on the SWEEP
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
