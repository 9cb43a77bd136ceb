"""The log densities of a block's rows, and the sums that the M-step needs, computed fast; model.py has the formulas."""

from typing import NamedTuple

import numpy as np

from .small import CollapseError, filled, scatter, small

SMALLEST = 1e-5  # above this variance sums around 0 have enough digits
LOG_2PI = np.log(2 * np.pi)


class Gaussian(NamedTuple):
    """One component, and the values that every block needs."""

    mu: np.ndarray  # (d,)
    cov: np.ndarray  # (d, d), or (d,) variances
    precision: np.ndarray  # its inverse
    log_det: float  # log |cov|
    root: np.ndarray = None  # (d, d): root @ root.T is the precision; None for variances
    condition: float = 1.0  # of cov, in the 1-norm


class View(NamedTuple):
    """A block as one component sees it."""

    log_density: np.ndarray  # (m,): of the observed entries
    e: np.ndarray  # (m, d): rows less mu, gaps filled with what is expected there; 0 there for variances
    gaussian: Gaussian
    small: object = None  # Small; None for variances


def gaussians(mixture):
    """Return the K Gaussians of a mixture; those of a tied one share their matrices. May raise CollapseError."""
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
    return covs, precisions, log_det, roots, condition


def _apart(var):
    if not (var > 0).all():
        raise CollapseError
    return var, 1 / var, np.log(var).sum()


def divergence(gaussian):
    """Return KL(N(0, I) || N(0, S))."""
    P = gaussian.precision
    return (gaussian.log_det + (P.sum() if P.ndim == 1 else np.trace(P)) - len(P)) / 2


def views(block, parts, invert):
    """Return the Views that Gaussians have of a block; invert is small.inverses or a faster one."""
    made = []
    for part in parts:
        if part.root is not None and (not made or part.cov is not made[0].gaussian.cov):
            shared = small(block, part, invert)
        made.append(view(block, part, None if part.root is None else shared))
    return made


def view(block, part, small):
    """Return the View that a Gaussian has of a block; `small` is their Small, or None for variances."""
    if small is None:
        e = (block.x - part.mu) * block.seen
        square, log_det = e**2 @ part.precision, block.seen @ np.log(part.cov)
    else:
        e, square = filled(block, part, small)
        log_det = small.log_det if small.of == "nothing" else small.log_det[block.pattern]
    return View(-0.5 * (block.entries * LOG_2PI + log_det + square), e, part, small)


def looks(parts, kind, invert):
    """Return a function of a block, for K Gaussians of a kind.

    It returns the log densities (m, K), and a function from soft counts (m, K) to the sums seen, first and second of
    Moments.
    """
    mu, var = np.stack([part.mu for part in parts]), np.stack([part.cov for part in parts])
    if kind in ("diag", "spherical") and var.min() > SMALLEST:
        return lambda block: _at_products(block, mu, var)
    return lambda block: _at_differences(block, parts, mu, kind, invert)


def _at_differences(block, parts, mu, kind, invert):
    seen_by = views(block, parts, invert)

    def sums(soft):
        first = [soft[:, k] @ view.e for k, view in enumerate(seen_by)]
        if kind in ("diag", "spherical"):
            return soft.T @ block.seen, first, [soft[:, k] @ view.e**2 for k, view in enumerate(seen_by)]
        count = np.broadcast_to(soft.sum(axis=0)[:, None], mu.shape)
        if kind == "tied" and seen_by[0].small.of == "nothing":
            return count, *_tied_sums(seen_by[0], mu, soft)
        second = [(soft[:, k, None] * view.e).T @ view.e + scatter(block, view.gaussian, view.small, soft[:, k])
                  for k, view in enumerate(seen_by)]
        return count, first, sum(second) if kind == "tied" else second

    return np.stack([view.log_density for view in seen_by], axis=1), sums


def _tied_sums(view, mu, soft):
    """Return first and second if nothing is missing: the rows' differences to the means differ by the means alone."""
    count, total, apart = soft.sum(axis=0)[:, None], soft.T @ view.e, mu - view.gaussian.mu
    cross = (total - count * apart / 2).T @ apart
    return total - count * apart, (soft.sum(axis=1)[:, None] * view.e).T @ view.e - cross - cross.T


def _at_products(block, mu, var):
    square, whole = block.x**2, block.entries.min() == mu.shape[1]
    constant = -0.5 * (LOG_2PI + np.log(var) + mu**2 / var)

    def sums(soft):
        seen = soft.sum(axis=0)[:, None] * np.ones_like(mu) if whole else soft.T @ block.seen
        total = soft.T @ block.x
        return seen, total - seen * mu, soft.T @ square + mu * (seen * mu - 2 * total)

    of_means = constant.sum(axis=1) if whole else block.seen @ constant.T
    return square @ (-0.5 / var).T + block.x @ (mu / var).T + of_means, sums

