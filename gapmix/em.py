"""EM: its loop, and how it leaves a saddle. All mixtures are in standardised units."""

import itertools
from typing import NamedTuple

import numpy as np

from .model import Mixture, estep, mstep, sound
from .small import CollapseError

DEAD = 1e-9  # share of all rows below which a component has died out
EQUAL = 1e-6  # difference below which two components, or a correlation and 0, are the same


class Rules(NamedTuple):
    """How EM is run, in standardised units."""

    strength: float
    reg_covar: np.ndarray  # (d,)
    tol: float
    max_iter: int
    report: object  # called with an iteration's number, lower bound and its change; or None


class Fit(NamedTuple):
    """The result of EM."""

    mixture: Mixture  # of the last M-step
    lower_bounds: list  # each E-step's (log-likelihood + log prior) / weight of all rows
    converged: bool
    collapsed: bool  # the next M-step would make a covariance singular; never with a prior, or with reg_covar


def run(table, mixture, rules, lower_bound=-np.inf):
    """Repeat E-step and M-step until the lower bound changes by less than tol; return the Fit.

    Components that die out are removed, which changes the lower bound by rounding only. If EM continues an earlier run,
    `lower_bound` is that of its last iteration. Raises CollapseError if a covariance of the start is nearly singular.
    """
    lower_bounds, converged, before = [], False, None
    while len(lower_bounds) < rules.max_iter and not converged:
        try:
            moments = estep(table, mixture)
        except CollapseError:
            break
        before, old = mixture, lower_bound
        lower_bound = (moments.log_likelihood - rules.strength * moments.divergence) / table.weight
        lower_bounds.append(lower_bound)
        mixture = living(mstep(moments, mixture, rules.strength, rules.reg_covar))
        converged = bool(abs(lower_bound - old) < rules.tol)
        if rules.report:
            rules.report(len(lower_bounds), lower_bound, lower_bound - old)
    try:
        sound(mixture)
    except CollapseError:
        if before is None:
            raise
        return Fit(before, lower_bounds, False, True)
    return Fit(mixture, lower_bounds, converged, False)


def living(mixture):
    """Return the mixture without the components that have died out."""
    alive = mixture.p > DEAD
    if alive.all():
        return mixture
    cov = mixture.cov if mixture.kind == "tied" else mixture.cov[alive]
    return Mixture(mixture.p[alive] / mixture.p[alive].sum(), mixture.mu[alive], cov, mixture.kind)


def climb(table, mixture, rules, anew, random, lower_bound=-np.inf):
    """Run EM. If it ends in a saddle, run it again from another mixture, and return the higher Fit.

    anew() returns the other mixture if two components have stayed equal; `beside` finds one otherwise.
    """
    done = run(table, mixture, rules, lower_bound)
    try:
        elsewhere = done.converged and (anew() if equal(done.mixture) else beside(table, done.mixture, rules, random))
        if not elsewhere:
            return done
        other = run(table, elsewhere, rules._replace(tol=min(rules.tol, 1e-8)))  # EM leaves a saddle slowly
    except CollapseError:
        return done
    if other.collapsed or not other.lower_bounds[-1] > done.lower_bounds[-1] + 1e-9:
        return done
    return other._replace(converged=bool((abs(np.diff(other.lower_bounds)[-1:]) < rules.tol).any()))


def equal(mixture):
    """Return whether two components are the same."""
    _, mu, cov, kind = mixture
    parts = mu if kind == "tied" else np.hstack([mu, cov.reshape(len(mu), -1)])
    return any((np.abs(one - other) < EQUAL).all() for one, other in itertools.combinations(parts, 2))


def beside(table, mixture, rules, random):
    """Return a Mixture from which EM leaves the saddle, or None if the mixture is no saddle.

    A correlation may stay 0 by the symmetry of the gaps (Murray 1977). A small one grows at a saddle, or dies away.
    """
    if mixture.kind in ("diag", "spherical") or not any(block.entries.min() < table.shape[1] for block in table.blocks):
        return None
    none = np.abs(correlations(mixture)) < EQUAL
    if not none.any():
        return None
    lower = np.linalg.cholesky(mixture.cov)
    d = lower.shape[-1]
    drawn = lower @ random.normal(size=(*lower.shape[:-1], 2 * d))
    cov = 0.99 * mixture.cov + 0.01 * drawn @ np.swapaxes(drawn, -1, -2) / (2 * d)
    moved = mixture._replace(cov=cov)
    little = np.abs(correlations(moved)[none])
    for _ in range(6):
        moved = mstep(estep(table, moved), moved, rules.strength, rules.reg_covar)
    grown = np.abs(correlations(moved)[none])
    return moved if (grown > 1.001 * np.maximum(little, np.sqrt(np.mean(little**2)))).any() else None


def correlations(mixture):
    """Return the correlations of full or tied covariances."""
    sd = np.sqrt(np.diagonal(mixture.cov, axis1=-2, axis2=-1))
    return mixture.cov / (sd[..., :, None] * sd[..., None, :])
