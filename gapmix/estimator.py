"""scikit-learn's GaussianMixture, for tables with gaps."""

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from sklearn.base import BaseEstimator, DensityMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from . import given
from .em import fit
from .model import Mixture


class GaussianMixture(TransformerMixin, DensityMixin, BaseEstimator):
    def __init__(self, n_components=1, *, covariance_type="full", tol=1e-3, reg_covar=0.0, max_iter=100, n_init=1,
                 init_params="kmeans", weights_init=None, means_init=None, precisions_init=None, random_state=None,
                 warm_start=False, verbose=0, verbose_interval=10, prior_strength=1.0, keep_empty_features=False):
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.prior_strength = prior_strength
        self.keep_empty_features = keep_empty_features

    def fit(self, X, y=None, sample_weight=None):
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        done = fit(X, self.n_components, self.covariance_type, prior_strength=self.prior_strength,
                   reg_covar=self.reg_covar, tol=self.tol, max_iter=self.max_iter, n_init=self.n_init,
                   init_params=self.init_params, sample_weight=sample_weight,
                   random_state=check_random_state(self.random_state))
        self.weights_, self.means_, self.covariances_, _ = done.mixture
        self.converged_, self.lower_bounds_ = done.converged, done.lower_bounds
        self.n_iter_, self.lower_bound_ = len(done.lower_bounds), done.lower_bounds[-1]
        return self

    def _mixture(self):
        return Mixture(self.weights_, self.means_, self.covariances_, self.covariance_type)

    def _rows(self, X):
        check_is_fitted(self)
        return validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)

    def score_samples(self, X):
        return given.responsibilities(self._rows(X), self._mixture())[1]

    def score(self, X, y=None, sample_weight=None):
        return float(np.average(self.score_samples(X), weights=sample_weight))

    def predict_proba(self, X):
        return given.responsibilities(self._rows(X), self._mixture())[0]

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)

    def fit_predict(self, X, y=None, sample_weight=None):
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def transform(self, X):
        return given.impute(self._rows(X), self._mixture())

    def impute(self, X, draws=None, random_state=None):
        X = self._rows(X)
        if draws is None:
            return given.impute(X, self._mixture())
        return given.draw(X, self._mixture(), draws, check_random_state(random_state))

    def conditional(self, x):
        x = self._rows([x])[0]
        return given.conditional(x, self._mixture(), getattr(self, "feature_names_in_", None))
