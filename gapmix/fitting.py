"""From a table to a mixture: checks, several starts, warnings."""

import warnings
from contextlib import suppress
from functools import cache

import numpy as np

from . import checks
from .em import Rules, climb
from .model import KINDS, Mixture
from .small import CollapseError
from .start import WAYS, random_of, soft_counts, start
from .table import standard, table
from .units import embedded, in_table_units, in_units, marginal

SINGULAR = ("Fitting the mixture model failed because some components have ill-defined empirical covariance (for"
            " instance caused by singleton or collapsed samples). Try to decrease the number of components, increase"
            " reg_covar, or scale the input data. A prior_strength above 0 prevents it, too.")
COLLAPSED = ("A component collapsed onto too few rows. EM ended before its covariance became singular, and the"
             " likelihood means little there. A prior_strength above 0 prevents it; reg_covar or fewer components may.")
NOT_CONVERGED = ("Best performing initialization did not converge. Try different init parameters, or increase max_iter,"
                 " tol, or check for degenerate data.")


def fit(X, n_components=1, covariance_type="full", *, prior_strength=1.0, reg_covar=0.0, tol=1e-3, max_iter=100,
        n_init=1, init_params="kmeans", weights_init=None, means_init=None, precisions_init=None, sample_weight=None,
        random_state=None, go_on=None, report=None):
    """Return the Fit of a mixture of Gaussians to the observed entries of a table X (n, d), NaN where missing.

    It is in the table's units. A column without entries has mean 0, variance 1 (spherical: the component's) and no
    covariance with others.

    Args:
        n_components, covariance_type, prior_strength, reg_covar, tol, max_iter, n_init, init_params, weights_init,
            means_init, precisions_init: as of gapmix.GaussianMixture.
        sample_weight: (n,), each row's weight; None for 1.
        random_state: seed, np.random.RandomState or Generator.
        go_on: Fit to continue instead of a new start.
        report: called with an iteration's number, lower bound and its change.

    Raises:
        ValueError: an argument does not fit this description, or every start has a singular covariance.

    Warns:
        ConvergenceWarning: max_iter iterations were not enough, or a component has collapsed or died out.
    """
    checks.one_of("covariance_type", covariance_type, KINDS)
    checks.one_of("init_params", init_params, WAYS)
    for name, value, least in (("n_components", n_components, 1), ("n_init", n_init, 1), ("max_iter", max_iter, 0),
                               ("tol", tol, 0), ("reg_covar", reg_covar, 0), ("prior_strength", prior_strength, 0)):
        checks.at_least(name, value, least)
    X, weight = checks.data(X, sample_weight, n_components)
    used = ~np.isnan(X).all(axis=0)
    given = initial(weights_init, means_init, precisions_init, covariance_type, n_components, len(used))
    lower_bound = -np.inf
    if go_on is not None:
        given, lower_bound, n_init = go_on.mixture, (go_on.lower_bounds or [lower_bound])[-1], 1
    X = X if used.all() else X[:, used]
    scale = standard(X, weight, covariance_type == "spherical")
    checks.widths(scale)
    rows, random = table(X, scale, covariance_type, weight), random_of(random_state)
    rules = Rules(prior_strength, reg_covar / scale.width**2, tol, max_iter, report)

    def begun(way, given):
        return begin(rows, X, weight, given, n_components, way, rules, random)

    given, nothing, ends = marginal(given, used), Mixture(None, None, None, covariance_type), []
    for _ in range(n_init):
        with suppress(CollapseError):  # another start may do better
            ends.append(climb(rows, begun(init_params, given), rules, lambda: begun("kmeans", nothing), random,
                              lower_bound))
    if not ends:
        raise ValueError(SINGULAR)
    best = max(ends, key=lambda end: (not end.collapsed, end.lower_bounds[-1:]))
    warn(best, n_components, max_iter)
    return best._replace(mixture=embedded(in_table_units(best.mixture, scale), used))


def initial(p, mu, precisions, kind, K, d):
    """Return the given parts of a mixture to start from, None for the others, in the table's units."""
    return Mixture(None if p is None else checks.weights(p, K),
                   None if mu is None else checks.shape(mu, (K, d), "means"),
                   None if precisions is None else checks.covariances(precisions, kind, K, d), kind)


def begin(rows, X, weight, given, K, way, rules, random):
    """Return the Mixture to start from, in standardised units: the given parts, and the others from soft counts."""
    if any(part is None for part in given):
        post = soft_counts(rows, X, K, way, random, weight * ~np.isnan(X).all(axis=1))
        made = in_table_units(start(rows, post, given.kind, rules.strength, rules.reg_covar), rows.scale)
        given = Mixture(*(new if part is None else part for part, new in zip(given, made, strict=True)))
    return in_units(given, rows.scale)


def warn(end, n_components, max_iter):
    """Warn if EM has not converged, or has lost components."""
    died = n_components - len(end.mixture.p)
    if died > 0:
        warnings.warn(f"{died} of {n_components} components died out, as no rows were left to them, and were removed."
                      " Fewer components, or other starts, avoid that.", convergence_warning(), stacklevel=3)
    if not end.converged and max_iter > 0:
        warnings.warn(COLLAPSED if end.collapsed else NOT_CONVERGED, convergence_warning(), stacklevel=3)


@cache
def convergence_warning():
    """Return scikit-learn's ConvergenceWarning, or our own if it is not installed."""
    try:
        from sklearn.exceptions import ConvergenceWarning
    except ImportError:
        return type("ConvergenceWarning", (UserWarning,), {})
    return ConvergenceWarning
