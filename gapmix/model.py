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

from .expect import gaussians, spread, views
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


def estep(table, mixture, post=None):
    """E-step: soft counts, and the moments that rows with gaps are expected to have.

    Args:
        table: Table.
        mixture: Mixture.
        post: (n, K) soft counts to use instead of the mixture's own.

    Returns:
        Moments.
    """
    K, d = mixture.mu.shape
    whole = mixture.kind in ("full", "tied")
    count, first = np.zeros(K), np.zeros((K, d))
    seen, second = np.zeros((K, d)), np.zeros((K, d, d) if whole else (K, d))
    log_likelihood = -table.log_width
    parts, invert = gaussians(mixture), fastest(table)
    for block in table.blocks:
        seen_by = views(block, parts, invert)
        soft, log_density = posterior([view.log_density for view in seen_by], mixture.p)
        log_likelihood += block.weight @ log_density
        soft = (soft if post is None else post[block.rows]) * block.weight[:, None]
        count += soft.sum(axis=0)
        for k, view in enumerate(seen_by):
            first[k] += soft[:, k] @ view.e
            if whole:
                second[k] += (soft[:, k, None] * view.e).T @ view.e + spread(block, view, soft[:, k])
            else:
                seen[k] += soft[:, k] @ block.seen
                second[k] += soft[:, k] @ view.e**2
    return Moments(count, np.tile(count[:, None], d) if whole else seen, first, second, log_likelihood)


def posterior(log_density, p):
    """Return the soft counts (n, K), and log p(x) (n,), from log N(x; component), K arrays (n,), and the weights p."""
    with np.errstate(divide="ignore"):
        joint = np.stack(log_density, axis=1) + np.log(p)
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


def log_prior(mixture, strength):
    """Return -strength times the sum of KL(N(0, I) || N(0, S)) over the covariances S: the prior's logarithm."""
    if strength == 0:
        return 0.0
    cov, d = mixture.cov, mixture.mu.shape[1]
    if mixture.kind in ("full", "tied"):
        eigenvalues = np.linalg.eigvalsh(cov)
    else:
        eigenvalues = cov if mixture.kind == "diag" else np.repeat(cov, d)
    return -strength / 2 * float((np.log(eigenvalues) + 1 / eigenvalues - 1).sum())
