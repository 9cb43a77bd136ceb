"""scikit-learn's GaussianMixture, for tables with gaps."""

from numbers import Integral, Real

import numpy as np
from scipy.linalg import solve_triangular
from sklearn.base import BaseEstimator, DensityMixin, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from . import given
from .em import Fit
from .fitting import fit
from .model import KINDS, Mixture
from .start import WAYS

OF_FIT = ("n_components", "covariance_type", "prior_strength", "reg_covar", "tol", "max_iter", "n_init", "init_params",
          "weights_init", "means_init", "precisions_init")  # parameters that fitting.fit has, too


class GaussianMixture(OneToOneFeatureMixin, TransformerMixin, DensityMixin, BaseEstimator):
    """A mixture of Gaussians, fitted by EM to the entries of a table that are observed; NaN is missing.

    Parameters and attributes are those of sklearn.mixture.GaussianMixture, but for those below. Without gaps, with
    prior_strength=0 and the same reg_covar and start, so are the results.

    Parameters
    ----------
    reg_covar : float, default=0
        Added to the variances after each M-step, as scikit-learn does with 1e-6; the likelihood may then fall. It
        exists for code that relies on it. Prefer prior_strength.
    prior_strength : float, default=1
        Strength s of the inverse Wishart prior on each covariance S: s KL(N(0, V) || N(0, S)) is subtracted from the
        log-likelihood, with V the variances of the table's columns. It counts like s more rows, and keeps components
        from collapsing. 0 is plain maximum likelihood.
    keep_empty_features : bool, default=False
        Whether `transform` and `impute` keep columns without entries in `fit` (filled with 0) or drop them. If they are
        dropped, later entries in these columns are ignored.

    Attributes
    ----------
    weights_, means_ : array (n_components,), (n_components, n_features)
    covariances_, precisions_, precisions_cholesky_ : array
        Full (n_components, n_features, n_features), tied (n_features, n_features), diag (n_components, n_features),
        spherical (n_components,).
    lower_bound_ : float
        (log-likelihood + log prior) per row, with a prior whose maximum is 0.
    lower_bounds_ : list
        The lower bound of each iteration.
    """

    _parameter_constraints = {  # noqa: RUF012 - as scikit-learn has it
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [StrOptions(set(KINDS))],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [StrOptions(set(WAYS))],
        "weights_init": ["array-like", None],
        "means_init": ["array-like", None],
        "precisions_init": ["array-like", None],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "verbose_interval": [Interval(Integral, 1, None, closed="left")],
        "prior_strength": [Interval(Real, 0.0, None, closed="left")],
        "keep_empty_features": ["boolean"],
    }

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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the mixture to X (n, d), NaN where missing; sample_weight (n,) counts like as many equal rows."""
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        going_on = self.warm_start and hasattr(self, "converged_")
        go_on = Fit(self._mixture(), self.lower_bounds_, True, False) if going_on else None
        done = fit(X, **{name: getattr(self, name) for name in OF_FIT}, sample_weight=sample_weight, go_on=go_on,
                   random_state=check_random_state(self.random_state), report=self._report if self.verbose else None)
        seen = ~np.isnan(X) if sample_weight is None else ~np.isnan(X[sample_weight > 0])
        self._empty = ~seen.any(axis=0)
        self.weights_, self.means_, self.covariances_, kind = done.mixture
        self.precisions_cholesky_ = precisions_cholesky(self.covariances_, kind)
        root = self.precisions_cholesky_
        self.precisions_ = root @ np.swapaxes(root, -1, -2) if kind in ("full", "tied") else root**2
        self.converged_, self.lower_bounds_ = done.converged, done.lower_bounds
        self.n_iter_ = len(done.lower_bounds)
        self.lower_bound_ = done.lower_bounds[-1] if done.lower_bounds else -np.inf
        return self

    def _report(self, iteration, lower_bound, change):
        if iteration % self.verbose_interval == 0:
            print(f"  Iteration {iteration}\t lower bound {lower_bound:.5f}\t change {change:.5f}")

    def fit_predict(self, X, y=None, sample_weight=None):
        """Fit the mixture and return each row's most probable component, (n,)."""
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def _mixture(self):
        return Mixture(self.weights_, self.means_, self.covariances_, self.covariance_type)

    def _rows(self, X):
        """Return X checked, without entries in columns that had none in fit, unless those are kept."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return X if not self._dropped().any() else np.where(self._dropped(), np.nan, X)

    def _dropped(self):
        return self._empty & (not self.keep_empty_features)

    def score_samples(self, X):
        """Return the log-likelihood of each row's entries, (n,); 0 for a row without any."""
        return given.responsibilities(self._rows(X), self._mixture())[1]

    def score(self, X, y=None, sample_weight=None):
        """Return the mean of score_samples, weighted by sample_weight."""
        return float(np.average(self.score_samples(X), weights=sample_weight))

    def predict_proba(self, X):
        """Return each component's probability given the row's entries, (n, K); the weights for a row without any."""
        return given.responsibilities(self._rows(X), self._mixture())[0]

    def predict(self, X):
        """Return each row's most probable component, (n,)."""
        return self.predict_proba(X).argmax(axis=1)

    def transform(self, X):
        """Return X with every gap filled by its expectation given the row's entries: see impute."""
        return self.impute(X)

    def impute(self, X, draws=None, random_state=None):
        """Return X (n, d) with each gap filled by its expectation given the row's entries.

        A number of draws gives so many tables with drawn gaps, (draws, n, d): multiple imputation from the exact
        conditional distribution. Columns without entries in fit are dropped, unless keep_empty_features.
        """
        X, mixture = self._rows(X), self._mixture()
        if draws is None:
            filled = given.impute(X, mixture)
        else:
            filled = given.draw(X, mixture, draws, check_random_state(random_state))
        return filled[..., ~self._dropped()]

    def conditional(self, x):
        """Return the distribution of one row's gaps given its entries: a gapmix.Conditional.

        Its mean, covariance, quantile(share, entry) and interval(entry, level=0.9) are in the table's units. `entry` is
        the column's number, or its name if fit saw names.
        """
        names = getattr(self, "feature_names_in_", None)
        x = x.to_frame().T if hasattr(x, "to_frame") else x if np.ndim(x) == 2 else np.reshape(x, (1, -1))
        x = self._rows(x)
        if len(x) != 1:
            raise ValueError(f"expected one row, got {len(x)}")
        return given.conditional(x[0], self._mixture(), names)

    def sample(self, n_samples=1):
        """Return rows drawn from the mixture (n_samples, d), and their components (n_samples,)."""
        check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one sample.")
        random = check_random_state(self.random_state)
        counts = random.multinomial(n_samples, self.weights_)
        parts = [given.rows_of(mu, cov, count, random) for mu, cov, count in
                 zip(self.means_, given.each_covariance(self._mixture()), counts, strict=True)]
        return np.vstack(parts), np.repeat(np.arange(len(counts)), counts)

    def bic(self, X, sample_weight=None):
        """Return the Bayesian information criterion on X; lower is better. Weights count as so many rows."""
        rows = len(X) if sample_weight is None else np.sum(sample_weight)
        return -2 * rows * self.score(X, sample_weight=sample_weight) + self._n_parameters() * np.log(rows)

    def aic(self, X, sample_weight=None):
        """Return the Akaike information criterion on X; lower is better. Weights count as so many rows."""
        rows = len(X) if sample_weight is None else np.sum(sample_weight)
        return -2 * rows * self.score(X, sample_weight=sample_weight) + 2 * self._n_parameters()

    def _n_parameters(self):
        """Return the number of free parameters; columns without entries have none."""
        K, d = len(self.weights_), int((~self._empty).sum())
        covariance = {"full": K * d * (d + 1) // 2, "tied": d * (d + 1) // 2, "diag": K * d, "spherical": K}
        return covariance[self.covariance_type] + K * d + K - 1

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that transform returns."""
        return super().get_feature_names_out(input_features)[~self._dropped()]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def precisions_cholesky(cov, kind):
    """Return the upper triangular roots of the precisions, as scikit-learn has them."""
    if kind in ("diag", "spherical"):
        return 1 / np.sqrt(cov)
    if kind == "full":
        return np.array([precisions_cholesky(one, "tied") for one in cov])
    sd = np.sqrt(np.diag(cov))  # factored as correlations, so that columns of any unit keep their digits
    lower = np.linalg.cholesky(cov / np.outer(sd, sd))
    return solve_triangular(lower, np.diag(1 / sd), lower=True).T
