"""EM from a table to a mixture: the loop, its starts, and what is done where it goes astray."""

import itertools
import warnings
from functools import cache
from typing import NamedTuple

import numpy as np

from . import checks
from .expect import CollapseError, gaussians
from .model import KINDS, Mixture, estep, mstep
from .start import WAYS, soft_counts, start
from .table import standard, table

SINGULAR = ("Fitting the mixture model failed because some components have ill-defined empirical covariance (for"
             " instance caused by singleton or collapsed samples). Try to decrease the number of components, increase"
             " reg_covar, or scale the input data. A prior_strength above 0 prevents it, too.")
COLLAPSED = ("A component collapsed onto too few rows. EM ended before its covariance became singular, and the likelihood"
             " means little there. A prior_strength above 0 prevents it; reg_covar or fewer components may.")
NOT_CONVERGED = ("Best performing initialization did not converge. Try different init parameters, or increase max_iter,"
                 " tol, or check for degenerate data.")
DEAD = 1e-9  # share of all rows below which a component has died out
EQUAL = 1e-6  # difference in standardised units below which two components, or a correlation and 0, are the same


class Rules(NamedTuple):
    """How EM is run, in standardised units."""

    strength: float
    reg_covar: np.ndarray  # (d,)
    tol: float
    max_iter: int
    report: object  # called with an iteration's number, lower bound and its change; or None


class Fit(NamedTuple):
    """What EM ends with."""

    mixture: Mixture  # of the last M-step
    lower_bounds: list  # each E-step's (log-likelihood + log prior) / weight of all rows
    converged: bool
    collapsed: bool  # the next M-step would make a covariance singular; never with a prior, or with reg_covar


def run(table, mixture, rules, lower_bound=-np.inf):
    """Repeat E-step and M-step until the lower bound changes by less than tol.

    Components that die out are removed on the way. That changes the lower bound by no more than rounding does.

    Args:
        table: Table.
        mixture: Mixture to start from, in standardised units, as all here.
        rules: Rules.
        lower_bound: that of the iteration before, where EM goes on.

    Raises:
        CollapseError: a covariance of the mixture to start from is not positive definite.
    """
    lower_bounds, converged = [], False
    before = mixture
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
        gaussians(mixture)
    except CollapseError:
        gaussians(before)
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
    """Run EM; where it ends in a saddle, which EM does not leave by itself, go on from elsewhere.

    Args:
        table, mixture, rules, lower_bound: as of run.
        anew: called for another Mixture to start from, where two components have stayed equal.
        random: np.random.RandomState.

    Returns:
        Fit: the higher of the two, where EM went on.
    """
    done = run(table, mixture, rules, lower_bound)
    try:
        elsewhere = done.converged and (anew() if equal(done.mixture) else beside(table, done.mixture, rules, random))
        if not elsewhere:
            return done
        other = run(table, elsewhere, rules._replace(tol=min(rules.tol, 1e-8)))  # the way from a saddle begins slowly
    except CollapseError:
        return done
    if other.collapsed or not other.lower_bounds[-1] > done.lower_bounds[-1] + 1e-9:
        return done
    return other._replace(converged=bool(abs(np.diff(other.lower_bounds)[-1:]) < rules.tol))


def equal(mixture):
    """Return whether two components are the same."""
    _, mu, cov, kind = mixture
    parts = mu if kind == "tied" else np.hstack([mu, cov.reshape(len(mu), -1)])
    return any((np.abs(one - other) < EQUAL).all() for one, other in itertools.combinations(parts, 2))


def beside(table, mixture, rules, random):
    """Return a Mixture that EM leaves a saddle by, or None where it is none.

    A correlation of 0 may stay 0 by the symmetry of what is missing, as in Murray (1977). A little of it is added: at a
    saddle it grows from one iteration to the next, elsewhere it dies away.
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
    ends, moved = [], mixture._replace(cov=cov)
    for _ in range(6):
        moved = mstep(estep(table, moved), moved, rules.strength, rules.reg_covar)
        ends.append(np.abs(correlations(moved)[none]))
    return moved if (ends[-1] > 1.001 * ends[1]).any() else None


def correlations(mixture):
    """Return the correlations that full or tied covariances stand for."""
    sd = np.sqrt(np.diagonal(mixture.cov, axis1=-2, axis2=-1))
    return mixture.cov / (sd[..., :, None] * sd[..., None, :])


def fit(X, n_components=1, covariance_type="full", *, prior_strength=1.0, reg_covar=0.0, tol=1e-3, max_iter=100,
        n_init=1, init_params="kmeans", weights_init=None, means_init=None, precisions_init=None, sample_weight=None,
        random_state=None, go_on=None, report=None):
    """Fit a mixture of Gaussians to the observed entries of a table.

    Args:
        X: (n, d), NaN where missing.
        n_components: K.
        covariance_type: "full", "tied", "diag" or "spherical".
        prior_strength, reg_covar, tol, max_iter, n_init, init_params, weights_init, means_init, precisions_init: as of
            gapmix.GaussianMixture.
        sample_weight: (n,), each row's weight; 1 where None.
        random_state: seed or np.random.RandomState.
        go_on: Fit to go on from, instead of starting anew.
        report: called with an iteration's number, lower bound and its change.

    Returns:
        Fit in the table's units. A column without entries has mean 0, variance 1 and no covariance with others.

    Raises:
        ValueError: an argument is not what is said here, or a covariance of each start is not positive definite.

    Warns:
        ConvergenceWarning: max_iter iterations were not enough, or a component has collapsed or died out.
    """
    checks.one_of("covariance_type", covariance_type, KINDS)
    checks.one_of("init_params", init_params, WAYS)
    X, weight = checks.data(X, sample_weight)
    checks.enough(X, n_components)
    used = ~np.isnan(X).all(axis=0)
    X = X if used.all() else X[:, used]
    scale = standard(X, weight, covariance_type == "spherical")
    checks.widths(scale)
    rows, random = table(X, scale, covariance_type, weight), random_of(random_state)
    rules = Rules(prior_strength, reg_covar / scale.width**2, tol, max_iter, report)
    given = initial(weights_init, means_init, precisions_init, covariance_type, n_components, len(used))
    lower_bound = -np.inf
    if go_on is not None:
        given, lower_bound, n_init = go_on.mixture, (go_on.lower_bounds or [-np.inf])[-1], 1

    def begun(way, given):
        return begin(rows, X, weight, marginal(given, used), n_components, way, rules, random)

    ends, nothing = [], Mixture(None, None, None, covariance_type)
    for _ in range(n_init):
        try:
            ends.append(climb(rows, begun(init_params, given), rules, lambda: begun("kmeans", nothing), random,
                              lower_bound))
        except CollapseError:
            pass  # another start may do better
    if not ends:
        raise ValueError(SINGULAR)
    best = max(ends, key=lambda end: (not end.collapsed, end.lower_bounds[-1:]))
    warn(best, n_components, max_iter)
    return best._replace(mixture=embedded(in_table_units(best.mixture, scale), used))


def initial(p, mu, precisions, kind, K, d):
    """Return what is given of a mixture to start from, None for the rest, in the table's units."""
    return Mixture(None if p is None else checks.weights(p, K),
                   None if mu is None else checks.shape(mu, (K, d), "means"),
                   None if precisions is None else checks.covariances(precisions, kind, K, d), kind)


def begin(rows, X, weight, given, K, way, rules, random):
    """Return the Mixture to start from, in standardised units: what is given, and the rest from soft counts."""
    if any(part is None for part in given):
        post = soft_counts(rows, X, K, way, random, weight * ~np.isnan(X).all(axis=1))
        made = in_table_units(start(rows, post, given.kind, rules.strength, rules.reg_covar), rows.scale)
        given = Mixture(*(new if part is None else part for part, new in zip(given, made, strict=True)))
    return in_units(given, rows.scale)


def random_of(state):
    """Return the np.random.RandomState of a seed, None, a generator, or itself."""
    if isinstance(state, np.random.Generator):
        state = state.bit_generator
    return state if isinstance(state, np.random.RandomState) else np.random.RandomState(state)


def warn(end, n_components, max_iter):
    """Warn where EM has not converged, or has lost components."""
    died = n_components - len(end.mixture.p)
    if died > 0:
        warnings.warn(f"{died} of {n_components} components died out, as no rows were left to them, and were removed."
                      " Fewer components, or other starts, avoid that.", convergence_warning(), stacklevel=3)
    if not end.converged and max_iter > 0:
        warnings.warn(COLLAPSED if end.collapsed else NOT_CONVERGED, convergence_warning(), stacklevel=3)


@cache
def convergence_warning():
    """Return scikit-learn's ConvergenceWarning, or one of our own where that is not installed."""
    try:
        from sklearn.exceptions import ConvergenceWarning
    except ImportError:
        return type("ConvergenceWarning", (UserWarning,), {})
    return ConvergenceWarning


def in_units(mixture, scale):
    """Return a mixture of the table's units in standardised ones."""
    return rescaled(mixture._replace(mu=mixture.mu - scale.centre), 1 / scale.width)


def in_table_units(mixture, scale):
    """Return a mixture of standardised units in the table's."""
    mixture = rescaled(mixture, scale.width)
    return mixture._replace(mu=mixture.mu + scale.centre)


def rescaled(mixture, factor):
    """Return the mixture of the columns times a factor each, (d,); all the same for a spherical one."""
    squares = {"diag": factor**2, "spherical": factor[0] ** 2}.get(mixture.kind, np.multiply.outer(factor, factor))
    return mixture._replace(mu=mixture.mu * factor, cov=mixture.cov * squares)


def marginal(mixture, used):
    """Return the mixture of some of the columns, (d,) bool; its parts may be None."""
    p, mu, cov, kind = mixture
    if cov is not None and kind != "spherical":
        cov = cov[:, used] if kind == "diag" else cov[..., used, :][..., used]
    return Mixture(p, mu if mu is None else mu[:, used], cov, kind)


def embedded(mixture, used):
    """Return a mixture of the columns used, (d,) bool, with mean 0 and variance 1 for the others."""
    if used.all():
        return mixture
    p, mu, cov, kind = mixture
    wide = np.zeros((len(p), len(used)))
    wide[:, used] = mu
    if kind == "diag":
        cov, narrow = np.ones(wide.shape), cov
        cov[:, used] = narrow
    elif kind != "spherical":
        cov, narrow = np.tile(np.eye(len(used)), (*cov.shape[:-2], 1, 1)), cov
        cov[..., used[:, None] & used] = narrow.reshape(*narrow.shape[:-2], -1)
    return Mixture(p, wide, cov, kind)
