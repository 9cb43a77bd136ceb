"""EM from a table to a mixture: the loop, several starts, and what is done where EM goes astray."""

import warnings
from functools import cache
from typing import NamedTuple

import numpy as np

from .expect import CollapseError
from .model import Mixture, estep, log_prior, mstep
from .start import soft_counts, start
from .table import Scale, standard, table

COLLAPSED = ("Fitting the mixture model failed because some components have ill-defined empirical covariance (for"
             " instance caused by singleton or collapsed samples). Try to decrease the number of components, increase"
             " reg_covar, or scale the input data. A positive prior_strength prevents it.")
NOT_CONVERGED = ("Best performing initialization did not converge. Try different init parameters, or increase max_iter,"
                 " tol, or check for degenerate data.")
DYING = 1e-9  # share of all rows below which a component is dead


class Rules(NamedTuple):
    """How EM is run, in standardised units."""

    strength: float = 0.0
    reg_covar: object = 0.0
    tol: float = 1e-3
    max_iter: int = 100


class Run(NamedTuple):
    """What a run of EM ends with."""

    mixture: Mixture
    lower_bounds: list  # (log-likelihood + log prior) / weight of all rows, of the E-step of each iteration
    converged: bool


class Fit(NamedTuple):
    """A mixture fitted to a table, in the table's units."""

    mixture: Mixture
    lower_bounds: list
    converged: bool


@cache
def convergence_warning():
    """Return scikit-learn's ConvergenceWarning, or one of our own where that is not installed."""
    try:
        from sklearn.exceptions import ConvergenceWarning
    except ImportError:
        return type("ConvergenceWarning", (UserWarning,), {})
    return ConvergenceWarning


def run(table, mixture, rules, lower_bound=-np.inf):
    """Repeat E-step and M-step until the lower bound changes by less than tol.

    Returns:
        Run; its mixture is that of the last M-step.
    """
    lower_bounds, reseeded = [], 0
    while len(lower_bounds) < rules.max_iter:
        before, moments = lower_bound, estep(table, mixture)
        lower_bound = (moments.log_likelihood + log_prior(mixture, rules.strength)) / table.weight
        lower_bounds.append(lower_bound)
        mixture = mstep(moments, mixture, rules.strength, rules.reg_covar)
        if abs(lower_bound - before) < rules.tol:
            return Run(mixture, lower_bounds, True)
    return Run(mixture, lower_bounds, False)


def fit(X, n_components=1, covariance_type="full", *, prior_strength=1.0, reg_covar=0.0, tol=1e-3, max_iter=100,
        n_init=1, init_params="kmeans", mixture=None, lower_bound=-np.inf, given=None, sample_weight=None,
        random_state=None):
    X = np.asarray(X, dtype=float)
    weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    scale = standard(X, weight, covariance_type == "spherical")
    rows = table(X, scale, weight)
    rules = Rules(prior_strength, reg_covar / scale.width**2, tol, max_iter)
    random = random_state if isinstance(random_state, np.random.RandomState) else np.random.RandomState(random_state)
    weight = weight * ~np.isnan(X).all(axis=1)
    best = None
    for _ in range(n_init):
        try:
            if mixture is None:
                post = soft_counts(rows, X, n_components, init_params, random, weight)
                begin = start(rows, post, covariance_type, rules.strength, rules.reg_covar)
            else:
                begin = in_units(mixture, scale)
            done = run(rows, begin, rules, lower_bound)
        except CollapseError:
            continue
        if best is None or done.lower_bounds[-1] > best.lower_bounds[-1]:
            best = done
    if best is None:
        raise ValueError(COLLAPSED)
    if not best.converged:
        warnings.warn(NOT_CONVERGED, convergence_warning(), stacklevel=2)
    return Fit(in_table_units(best.mixture, scale), best.lower_bounds, best.converged)


def in_units(mixture, scale):
    """Return a mixture of the table's units in standardised ones."""
    return rescaled(mixture._replace(mu=mixture.mu - scale.centre), 1 / scale.width)


def in_table_units(mixture, scale):
    """Return a mixture of standardised units in the table's."""
    mixture = rescaled(mixture, scale.width)
    return mixture._replace(mu=mixture.mu + scale.centre)


def rescaled(mixture, factor):
    """Return the mixture with each column multiplied by its factor, (d,)."""
    by = {"diag": factor**2, "spherical": factor[0] ** 2}
    by = by.get(mixture.kind, np.multiply.outer(factor, factor))
    return mixture._replace(mu=mixture.mu * factor, cov=mixture.cov * by)
