"""Chooses the mixture for a table."""

import itertools
import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import _check_sample_weight

from . import checks
from .estimator import GaussianMixture
from .model import KINDS
from .table import standard

STRENGTHS = (0.1, 1.0, 10.0)
HIDDEN = 0.2  # share of the held-out rows' entries that are hidden, to be filled


class Candidate(NamedTuple):
    """A mixture that was tried."""

    covariance_type: str
    n_components: int
    prior_strength: float
    log_likelihood: float = np.nan  # of held-out rows, per row
    rmse: float = np.nan  # of entries hidden from them, in standard deviations of the columns
    information: float = np.nan  # the information criterion


def select(X, n_components=range(1, 11), covariance_type=KINDS, criterion="cv", *, prior_strength=None,
           sample_weight=None, cv=3, random_state=0, **parameters):
    """Return the best GaussianMixture by a criterion, fitted to all of X (n, d), NaN where missing.

    Its attribute selection_ is the list of all Candidates that were tried. For each covariance_type and prior_strength
    the numbers of components are tried in order, until two in a row are no better than the earlier ones. Numbers above
    the rows of a fold are left out.

    Parameters
    ----------
    n_components, covariance_type, prior_strength : a value, or an iterable of values
        prior_strength=None: 0.1, 1 and 10 for "cv"; 1 for the information criteria, which cannot tell strengths apart.
    criterion : {"cv", "bic", "aic"}, default="cv"
        "cv": cross-validation, by two measures. First, a fifth of the held-out rows' entries are hidden and filled, and
        the mixtures within two standard errors of the least squared error remain. Second, of these the mixtures within
        one standard error of the largest held-out likelihood remain. The one with fewest parameters is chosen.
        "bic", "aic": the information criterion, on X itself, in a tenth of the time.
    sample_weight : array-like (n,)
    cv : int, default=3
        Folds of the cross-validation.
    random_state : int, default=0
        Of the folds, the hidden entries, and each fit.
    **parameters
        Any others of GaussianMixture.
    """
    checks.one_of("criterion", criterion, CRITERIA)
    if prior_strength is None:
        prior_strength = STRENGTHS if criterion == "cv" else 1.0
    numbers, kinds, strengths = map(several, (n_components, covariance_type, prior_strength))
    X_checked = check_array(X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2)
    weight = _check_sample_weight(sample_weight, X_checked, dtype=np.float64, ensure_non_negative=True)
    parameters = {**parameters, "random_state": random_state}
    judge = CRITERIA[criterion](X_checked, weight, parameters, cv, criterion)
    numbers = [number for number in numbers if number <= judge.most] or numbers[:1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        tried = [one for kind, strength in itertools.product(kinds, strengths)
                 for one in rising(judge, kind, numbers, strength)]
    best = tried[judge.best(tried)]
    chosen = mixture(best, parameters).fit(X, sample_weight=sample_weight)
    chosen.selection_ = tried
    return chosen


def several(value):
    """Return one value, or several, as a list."""
    value = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(value)
    if not value:
        raise ValueError("expected at least one n_components, covariance_type and prior_strength to choose from")
    return value


def mixture(candidate, parameters):
    """Return the estimator of a Candidate, not fitted."""
    return GaussianMixture(candidate.n_components, covariance_type=candidate.covariance_type,
                           prior_strength=candidate.prior_strength, **parameters)


def rising(judge, kind, numbers, strength, patience=2):
    """Return the Candidates of rising numbers of components, until `patience` in a row improve no measure."""
    tried, least, waited = [], np.inf, 0
    for K in numbers:
        one, losses = judge(Candidate(kind, K, strength))
        tried.append(one)
        waited = 0 if np.any(losses < least) else waited + 1
        least = np.fmin(losses, least)
        if waited == patience:
            break
    return tried


class Information:
    """The information criterion of each candidate."""

    def __init__(self, X, weight, parameters, cv, criterion):
        self.X, self.weight, self.parameters, self.criterion = X, weight, parameters, criterion
        self.most = np.sum(usable(X, weight))

    def __call__(self, candidate):
        fitted = mixture(candidate, self.parameters).fit(self.X, sample_weight=self.weight)
        value = getattr(fitted, self.criterion)(self.X, sample_weight=self.weight)
        return candidate._replace(information=value), np.array([value])

    def best(self, tried):
        return int(np.argmin([one.information for one in tried]))


class HeldOut:
    """The held-out log-likelihood and the error on hidden entries of each candidate."""

    def __init__(self, X, weight, parameters, cv, criterion):
        self.X, self.weight, self.parameters = X, weight, parameters
        random = check_random_state(parameters["random_state"])
        self.folds = list(KFold(min(cv, len(X)), shuffle=True, random_state=random).split(X))
        self.most = min(np.sum(usable(X, weight)[train]) for train, _ in self.folds)
        self.hidden = (random.uniform(size=X.shape) < HIDDEN) & ~np.isnan(X)
        self.width = np.full(X.shape[1], np.inf)
        used = ~np.isnan(X[weight > 0]).all(axis=0)
        self.width[used] = standard(X[weight > 0][:, used], weight[weight > 0]).width
        self.log_likelihoods, self.squares, self.parameter_counts = [], [], []  # of each candidate; rows by weight

    def __call__(self, candidate):
        X, log_likelihood, squares = self.X, np.empty(len(self.X)), np.empty(len(self.X))
        for train, test in self.folds:
            fitted = mixture(candidate, {**self.parameters, "keep_empty_features": True}).fit(
                X[train], sample_weight=self.weight[train])
            log_likelihood[test] = fitted.score_samples(X[test])
            filled = fitted.impute(np.where(self.hidden[test], np.nan, X[test]))
            error = np.where(self.hidden[test], (filled - X[test]) / self.width, 0)
            squares[test] = (error**2).sum(axis=1)
        self.log_likelihoods.append(self.weight * log_likelihood)
        self.squares.append(self.weight * squares)
        self.parameter_counts.append(fitted._n_parameters())
        entries = max(self.weight @ self.hidden.sum(axis=1), 1)
        measured = candidate._replace(log_likelihood=self.log_likelihoods[-1].sum() / self.weight.sum(),
                                      rmse=np.sqrt(self.squares[-1].sum() / entries))
        return measured, np.array([-measured.log_likelihood, measured.rmse])

    def best(self, tried):
        return simplest(np.array(self.log_likelihoods), np.array(self.squares), np.array(self.parameter_counts))


def simplest(log_likelihood, squares, parameter_counts):
    """Return the number of the simplest candidate among those that are as accurate and then as likely as any.

    log_likelihood and squares (squared errors) are (candidates, n), for each row. Of equally simple candidates the
    likeliest is taken.
    """
    accurate = as_good(squares, np.full(len(squares), True), 2)
    likely = as_good(-log_likelihood, accurate, 1)
    order = np.lexsort((-log_likelihood.sum(axis=1), parameter_counts))
    return int(next(i for i in order if likely[i]))


def as_good(losses, among, standard_errors):
    """Return which candidates `among` some have losses (candidates, n) within so many standard errors of the least."""
    apart = losses - losses[np.where(among, losses.sum(axis=1), np.inf).argmin()]
    return among & (apart.mean(axis=1) <= standard_errors * apart.std(axis=1) / np.sqrt(losses.shape[1]))


def usable(X, weight):
    """Return which rows have weight and entries, (n,)."""
    return (weight > 0) & ~np.isnan(X).all(axis=1)


CRITERIA = {"cv": HeldOut, "bic": Information, "aic": Information}
