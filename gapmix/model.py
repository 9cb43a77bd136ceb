"""The mixture of Gaussians on a table with gaps: what the E-step and the M-step are.

An entry that is missing is integrated out, so a row counts with the density of its observed entries alone. With O the
observed and M the missing entries of a row x, and a component of mean mu and covariance S,

    log N(x_O; mu_O, S_OO)                           the density that the E-step weighs the components by
    E[x_M | x_O]   = mu_M + S_MO S_OO^-1 (x_O - mu_O)     what the gaps would hold
    Cov[x_M | x_O] = S_MM - S_MO S_OO^-1 S_OM             and how sure that is

Full and tied covariances need all three (Ghahramani & Jordan 1994, "Supervised learning from incomplete data via an EM
approach"); diagonal and spherical ones have independent entries and need only the observed.

The prior adds to the log-likelihood, for each covariance, -s KL(N(0, I) || N(0, S)): s rows' worth of evidence that it is
I, in standardised units. That is an inverse Wishart density, its maximum set to 0. All is in standardised units here.

Shapes throughout: n rows, d columns, K components.
"""

from typing import NamedTuple

import numpy as np

from .expect import SMALLEST, divergence, gaussians, products, spread, views
from .kernels import fastest


class Mixture(NamedTuple):
    """A mixture of K Gaussians."""

    p: np.ndarray  # (K,): weights, of sum 1
    mu: np.ndarray  # (K, d): means
    cov: np.ndarray  # covariances: full (K, d, d), tied (d, d), diag (K, d), spherical (K,)
    kind: str  # which of the four


class Moments(NamedTuple):
    """What the M-step needs to know of the table: sums over rows, weighted by soft counts."""

    count: np.ndarray  # (K,): soft counts of rows
    seen: np.ndarray  # (K, d): soft counts of observed entries; for full and tied of all entries, as gaps are filled
    first: np.ndarray  # (K, d): of the rows' differences to the old means
    second: np.ndarray  # (K, d, d), or (K, d) for diag and spherical: of their squares
    log_likelihood: float  # of the observed entries
    divergence: float  # the sum of KL(N(0, I) || N(0, S)) over the covariances S


def estep(table, mixture, post=None):
    """E-step: soft counts, and the moments that rows with gaps are expected to have.

    Args:
        table: Table.
        mixture: Mixture.
        post: (n, K) soft counts to use instead of the mixture's own.

    Returns:
        Moments.
    """
    parts = gaussians(mixture)
    distinct = parts[:1] if mixture.kind == "tied" else parts
    step = estep_whole if mixture.kind in ("full", "tied") else estep_apart
    return Moments(*step(table, mixture, parts, post), sum(divergence(part) for part in distinct))


def estep_whole(table, mixture, parts, post):
    """Return the sums of Moments for covariances that are whole matrices: gaps are filled with their expectation."""
    K, d = mixture.mu.shape
    count, first, second = np.zeros(K), np.zeros((K, d)), np.zeros((K, d, d))
    log_likelihood, invert = -table.log_width, fastest(table)
    for block in table.blocks:
        seen_by = views(block, parts, invert)
        soft, log_density = posterior(np.stack([view.log_density for view in seen_by], axis=1), mixture.p)
        log_likelihood += block.weight @ log_density
        soft = (soft if post is None else post[block.rows]) * block.weight[:, None]
        count += soft.sum(axis=0)
        if mixture.kind == "tied" and seen_by[0].small.of == "nothing":
            add_tied(first, second, seen_by[0], mixture.mu, soft)
            continue
        for k, view in enumerate(seen_by):
            first[k] += soft[:, k] @ view.e
            second[k] += (soft[:, k, None] * view.e).T @ view.e + spread(block, view, soft[:, k])
    return count, np.tile(count[:, None], d), first, second, log_likelihood


def add_tied(first, second, view, mu, soft):
    """Add a block without gaps to the moments, the second of all components at once: rows differ by means alone."""
    count, total, apart = soft.sum(axis=0)[:, None], soft.T @ view.e, mu - view.gaussian.mu
    cross = (total - count * apart / 2).T @ apart
    first += total - count * apart
    second[0] += (soft.sum(axis=1)[:, None] * view.e).T @ view.e - cross - cross.T


def estep_apart(table, mixture, parts, post):
    """Return the same for variances: the observed entries are enough."""
    mu, var = mixture.mu, np.stack([part.cov for part in parts])
    count, (seen, first, second) = np.zeros(len(mu)), np.zeros((3, *mu.shape))
    log_likelihood, digits = -table.log_width, var.min() > SMALLEST
    for block in table.blocks:
        square = block.x**2 if digits else None
        seen_by = None if digits else views(block, parts, None)
        soft, log_density = posterior(products(block, square, mu, var) if digits else
                                      np.stack([view.log_density for view in seen_by], axis=1), mixture.p)
        log_likelihood += block.weight @ log_density
        soft = (soft if post is None else post[block.rows]) * block.weight[:, None]
        count += soft.sum(axis=0)
        seen += soft.sum(axis=0)[:, None] if block.entries.min() == mu.shape[1] else soft.T @ block.seen
        first += soft.T @ block.x if digits else [soft[:, k] @ view.e for k, view in enumerate(seen_by)]
        second += soft.T @ square if digits else [soft[:, k] @ view.e**2 for k, view in enumerate(seen_by)]
    if digits:  # so far around 0
        second += mu * (seen * mu - 2 * first)
        first -= seen * mu
    return count, seen, first, second, log_likelihood


def posterior(log_density, p):
    """Return the soft counts (n, K), and log p(x) (n,), from log N(x; component) (n, K) and the weights p."""
    with np.errstate(divide="ignore"):
        joint = log_density + np.log(p)
    top = joint.max(axis=1, keepdims=True)
    post = np.exp(joint - top)
    total = post.sum(axis=1, keepdims=True)
    return post / total, (top + np.log(total))[:, 0]


def mstep(moments, mixture, strength=0.0, reg_covar=0.0):
    """M-step: the mixture that makes the expected log-likelihood and the prior largest, given the moments.

    Args:
        moments: Moments, of the E-step with `mixture`.
        mixture: Mixture; a mean's coordinate without any observation stays.
        strength: of the prior, in rows.
        reg_covar: (d,) or number that is added to the variances afterwards, as scikit-learn does.

    Returns:
        Mixture.
    """
    shift = np.divide(moments.first, moments.seen, out=np.zeros_like(moments.first), where=moments.seen > 0)
    cov = COVARIANCE[mixture.kind](moments, shift, mixture, strength)
    return Mixture(moments.count / moments.count.sum(), mixture.mu + shift, regularised(cov, reg_covar, mixture.kind),
                   mixture.kind)


def full(moments, shift, mixture, strength):
    """Return each component's scatter around its new mean, and the prior's, over the rows of both: (K, d, d)."""
    rows = moments.count[:, None, None] + strength
    scatter = moments.second - moments.count[:, None, None] * shift[:, :, None] * shift[:, None, :]
    return ratio(scatter + strength * np.eye(shift.shape[1]), rows, mixture.cov)


def tied(moments, shift, mixture, strength):
    """Return the same over all components: (d, d)."""
    scatter = moments.second.sum(axis=0) - (moments.count[:, None] * shift).T @ shift
    return (scatter + strength * np.eye(shift.shape[1])) / (moments.count.sum() + strength)


def diag(moments, shift, mixture, strength):
    """Return each component's variances around its new mean, over its observed entries and the prior's: (K, d)."""
    scatter = moments.second - moments.seen * shift**2
    return ratio(scatter + strength, moments.seen + strength, mixture.cov)


def spherical(moments, shift, mixture, strength):
    """Return the same over all of a component's entries: (K,)."""
    d = shift.shape[1]
    scatter = (moments.second - moments.seen * shift**2).sum(axis=1)
    return ratio(scatter + strength * d, moments.seen.sum(axis=1) + strength * d, mixture.cov)


COVARIANCE = {"full": full, "tied": tied, "diag": diag, "spherical": spherical}
KINDS = tuple(COVARIANCE)


def ratio(scatter, rows, old):
    """Return scatter / rows, and the old covariance where there are no rows."""
    return np.divide(scatter, rows, out=np.array(np.broadcast_to(old, scatter.shape)), where=rows > 0)


def regularised(cov, amount, kind):
    """Return the covariances with `amount`, (d,) or a number, added to the variances."""
    if kind in ("full", "tied"):
        return cov + amount * np.eye(cov.shape[-1])
    return cov + (amount if kind == "diag" else np.mean(amount))
