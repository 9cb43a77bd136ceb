"""Which mixture suits a table best."""

import itertools
import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight

from . import checks
from .estimator import GaussianMixture
from .model import KINDS

STRENGTHS = (0.1, 1.0, 10.0)
CRITERIA = ("cv", "bic", "aic")


class Candidate(NamedTuple):
    """A mixture that was tried."""

    covariance_type: str
    n_components: int
    prior_strength: float
    loss: float  # lower is better: less the held-out log-likelihood per row, or the information criterion


def select(X, n_components=range(1, 11), covariance_type=KINDS, criterion="cv", *, prior_strength=None,
           sample_weight=None, cv=3, random_state=0, **parameters):
    """Return the GaussianMixture, fitted to all of X, that a criterion finds best.

    For each covariance_type and prior_strength the numbers of components are tried in their order, until two in a row
    are no better than the best before. Numbers that a fold has too few rows for are left out.

    Parameters
    ----------
    X : array-like (n, d)
        NaN where missing.
    n_components : iterable of int, or int
    covariance_type : iterable of str, or str
    criterion : {"cv", "bic", "aic"}, default="cv"
        The log-likelihood of held-out rows' entries, by cross-validation, which is also right for choosing the
        prior's strength; or an information criterion, which takes a tenth of the time.
    prior_strength : iterable of float, or float, default=None
        None: 0.1, 1 and 10 for "cv"; 1 for the information criteria, which cannot tell strengths apart.
    sample_weight : array-like (n,)
    cv : int, default=3
        Folds of the cross-validation.
    random_state : int, default=0
        Of the folds and of each fit.
    **parameters
        Any others of GaussianMixture.

    Returns
    -------
    GaussianMixture
        Its attribute selection_ is the list of all Candidates that were tried.
    """
    checks.one_of("criterion", criterion, CRITERIA)
    if prior_strength is None:
        prior_strength = STRENGTHS if criterion == "cv" else 1.0
    numbers, kinds, strengths = map(several, (n_components, covariance_type, prior_strength))
    loss = Loss(X, criterion, sample_weight, cv, {"random_state": random_state, **parameters})
    numbers = [K for K in numbers if loss.most >= K] or numbers[:1]
    for kind, strength in itertools.product(kinds, strengths):
        rising(loss, kind, numbers, strength)
    chosen = loss.mixture(*loss.best()[:3]).fit(X, sample_weight=sample_weight)
    chosen.selection_ = list(loss.tried.values())
    return chosen


def several(value):
    """Return a list of the values, of which there may be one alone."""
    value = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(value)
    if not value:
        raise ValueError("expected at least one n_components, covariance_type and prior_strength to choose from")
    return value


def rising(loss, kind, numbers, strength, patience=2):
    """Try numbers of components until so many in a row are no better than the best before."""
    best, waited = np.inf, 0
    for K in numbers:
        now = loss(kind, K, strength)
        best, waited = (now, 0) if now < best else (best, waited + 1)
        if waited == patience:
            return


class Loss:
    """The criterion, for each candidate once."""

    def __init__(self, X, criterion, sample_weight, cv, parameters):
        self.X = check_array(X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2)
        self.weight = _check_sample_weight(sample_weight, self.X, dtype=np.float64, ensure_non_negative=True)
        self.criterion, self.parameters, self.tried = criterion, parameters, {}
        if criterion == "cv":
            self.folds = list(KFold(min(cv, len(self.X)), shuffle=True, random_state=0).split(self.X))
        usable = (self.weight > 0) & ~np.isnan(self.X).all(axis=1)
        self.most = min(usable[train].sum() for train, _ in self.folds) if criterion == "cv" else usable.sum()

    def mixture(self, kind, K, strength):
        return GaussianMixture(K, covariance_type=kind, prior_strength=strength, **self.parameters)

    def __call__(self, *candidate):
        if candidate not in self.tried:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                loss = self._held_out(candidate) if self.criterion == "cv" else self._information(candidate)
            self.tried[candidate] = Candidate(*candidate, loss)
        return self.tried[candidate].loss

    def _held_out(self, candidate):
        total = 0.0
        for train, test in self.folds:
            fitted = self.mixture(*candidate).fit(self.X[train], sample_weight=self.weight[train])
            total -= self.weight[test] @ fitted.score_samples(self.X[test])
        return total / self.weight.sum()

    def _information(self, candidate):
        fitted = self.mixture(*candidate).fit(self.X, sample_weight=self.weight)
        return getattr(fitted, self.criterion)(self.X, sample_weight=self.weight)

    def best(self):
        return min(self.tried.values(), key=lambda one: one.loss)
