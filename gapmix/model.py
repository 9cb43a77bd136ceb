"""The mixture of Gaussians on a table with gaps: E-step and M-step.

Missing entries are integrated out, so a row counts with the density of its observed entries alone. With O the observed
and M the missing entries of a row x, and a component of mean mu and covariance S,

    log N(x_O; mu_O, S_OO)                              is the density by which the E-step weighs the components,
    E[x_M | x_O]   = mu_M + S_MO S_OO^-1 (x_O - mu_O)   is the expectation of the gaps, and
    Cov[x_M | x_O] = S_MM - S_MO S_OO^-1 S_OM           is their covariance.

Full and tied covariances need all three (Ghahramani & Jordan 1994, "Supervised learning from incomplete data via an EM
approach"); diagonal and spherical ones have independent entries and need only the observed.

The prior adds -s KL(N(0, I) || N(0, S)) to the log-likelihood for each covariance S: the evidence of s rows for I. This
is an inverse Wishart density with a maximum of 0. All is in standardised units here.

Shapes throughout: n rows, d columns, K components.
"""

from typing import NamedTuple

import numpy as np

from .expect import divergence, gaussians, looks
from .kernels import fastest
from .small import CollapseError

SINGULAR = 1e15  # condition from which a covariance has no digits


class Mixture(NamedTuple):
    """A mixture of K Gaussians."""

    p: np.ndarray  # (K,): weights, of sum 1
    mu: np.ndarray  # (K, d): means
    cov: np.ndarray  # covariances: full (K, d, d), tied (d, d), diag (K, d), spherical (K,)
    kind: str  # which of the four


class Moments(NamedTuple):
    """The sums over rows, weighted by soft counts, that the M-step needs."""

    count: np.ndarray  # (K,): of rows
    seen: np.ndarray  # (K, d): of observed entries; full and tied: of all entries, as gaps are filled
    first: np.ndarray  # (K, d): of the differences of entries to the component's old mean
    second: np.ndarray  # of their products, full (K, d, d) and tied (d, d), or their squares, (K, d)
    log_likelihood: float  # of the observed entries
    divergence: float  # the sum of KL(N(0, I) || N(0, S)) over the covariances S


def estep(table, mixture, post=None):
    """E-step: return the Moments of a Table under a Mixture, or with soft counts post (n, K) instead of its own.

    Works block by block (expect.py); only sums outlive a block. Raises CollapseError for a nearly singular covariance.
    """
    p, mu, cov, kind = mixture
    parts = sound(mixture)
    look = looks(parts, kind, fastest(table))
    count, log_likelihood = np.zeros(len(p)), -table.log_width
    totals = np.zeros(mu.shape), np.zeros(mu.shape), np.zeros(mu.shape if kind == "spherical" else cov.shape)
    for block in table.blocks:
        log_density, sums = look(block)
        soft, log_density = posterior(log_density, p)
        log_likelihood += block.weight @ log_density
        soft = (soft if post is None else post[block.rows]) * block.weight[:, None]
        count += soft.sum(axis=0)
        for total, one in zip(totals, sums(soft), strict=True):
            total += one
    apart = parts[:1] if kind == "tied" else parts
    return Moments(count, *totals, log_likelihood, sum(divergence(part) for part in apart))


def sound(mixture):
    """Return the Gaussians of a mixture. Raises CollapseError if a covariance is nearly singular."""
    parts = gaussians(mixture)
    if max(part.condition for part in parts) > SINGULAR:
        raise CollapseError
    return parts


def posterior(log_density, p):
    """Return the soft counts (n, K), and log p(x) (n,), from log N(x; component) (n, K) and the weights p."""
    with np.errstate(divide="ignore"):
        joint = log_density + np.log(p)
    top = joint.max(axis=1, keepdims=True)
    post = np.exp(joint - top)
    total = post.sum(axis=1, keepdims=True)
    return post / total, (top + np.log(total))[:, 0]


def mstep(moments, mixture, strength=0.0, reg_covar=0.0):
    """M-step: return the Mixture that maximises expected log-likelihood plus prior, given the Moments of `mixture`.

    A mean's coordinate without any observation stays. `strength` is that of the prior, in rows. `reg_covar`, (d,) or a
    number, is added to the variances afterwards, as in scikit-learn.
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
    scatter = moments.second - (moments.count[:, None] * shift).T @ shift
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
