"""The estimator in scikit-learn's world: its checks, its results, its own tests, its tools."""

import copy
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import gapmix

from . import cases, oracle

pytestmark = pytest.mark.usefixtures("sklearn")
NAN = np.nan


@pytest.fixture
def X():
    return cases.rows(1, cases.mixture(0, "full", K=2, d=4, apart=3.0), 120)


def test_check_estimator():
    from sklearn.utils.estimator_checks import check_estimator

    for estimator in (gapmix.GaussianMixture(), gapmix.GaussianMixture(covariance_type="diag", prior_strength=0,
                                                                       reg_covar=1e-6, keep_empty_features=True)):
        results = check_estimator(estimator, on_fail=None, on_skip=None)
        assert len(results) > 40
        assert [one for one in results if one["status"] not in ("passed", "skipped")] == []
        # what scikit-learn skips for want of SCIPY_ARRAY_API; nothing else
        assert {one["check_name"] for one in results if one["status"] == "skipped"} <= {"check_array_api_input"}


@pytest.mark.parametrize("kind", oracle.KINDS)
@pytest.mark.parametrize("way", ["given", "random", "random_from_data"])
def test_without_gaps_and_prior_it_is_scikit_learn_s(kind, way):
    from sklearn.mixture import GaussianMixture

    if (kind, way) == ("tied", "random_from_data"):
        pytest.skip("scikit-learn starts from the scatter of all rows here, not of those drawn")
    truth = cases.mixture(2, kind, K=3, d=4)
    X = cases.rows(3, truth, 150, 0.0)
    X = X * np.array([1.0, 10.0, 0.1, 3.0]) + 5
    arguments = {"covariance_type": kind, "random_state": 0, "tol": 1e-5, "max_iter": 60, "reg_covar": 1e-4}
    if way == "given":
        shape = {"full": (3, 4, 4), "tied": (4, 4)}.get(kind)
        precisions = np.broadcast_to(np.eye(4), shape) if shape else np.ones((3, 4) if kind == "diag" else 3)
        arguments |= {"weights_init": [0.2, 0.3, 0.5], "means_init": X[:3], "precisions_init": precisions}
    else:
        arguments |= {"init_params": way, "n_init": 2}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = gapmix.GaussianMixture(3, prior_strength=0, **arguments).fit(X)
        theirs = GaussianMixture(3, **arguments).fit(X)
    assert mine.n_iter_ == theirs.n_iter_ and mine.converged_ == theirs.converged_
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_", "lower_bound_",
                 "lower_bounds_"):
        if (name, way) == ("lower_bounds_", "random_from_data"):
            mine.lower_bounds_[0] = theirs.lower_bounds_[0]  # variances of one row each: theirs have rounding errors
        np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-10, atol=1e-10, err_msg=name)
    for method in ("predict_proba", "score_samples", "predict", "score", "bic", "aic"):
        np.testing.assert_allclose(getattr(mine, method)(X), getattr(theirs, method)(X), rtol=1e-10, atol=1e-10)
    for drawn, expected in zip(mine.sample(50), theirs.sample(50), strict=True):
        np.testing.assert_allclose(drawn, expected, rtol=1e-7, atol=1e-7)


PRIVATE = {"test_gaussian_mixture_precisions_init",
           "test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters"}
SKLEARN_S = """
import sys
import pytest
import gapmix
from sklearn.mixture.tests import test_gaussian_mixture, test_mixture

class GaussianMixture(gapmix.GaussianMixture):  # with scikit-learn's defaults
    def __init__(self, n_components=1, *, covariance_type="full", tol=1e-3, reg_covar=1e-6, max_iter=100, n_init=1,
                 init_params="kmeans", weights_init=None, means_init=None, precisions_init=None, random_state=None,
                 warm_start=False, verbose=0, verbose_interval=10, prior_strength=0.0, keep_empty_features=False):
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__(**given)

class Ours:
    def pytest_collection_modifyitems(self, items):
        test_gaussian_mixture.GaussianMixture = GaussianMixture

sys.exit(pytest.main(["--pyargs", "sklearn.mixture.tests.test_gaussian_mixture", "-q", "-rA", "-p", "no:cacheprovider",
                      "-W", "ignore", "-k", "not array_api"], plugins=[Ours()]))
"""


def test_scikit_learn_s_own_tests(tmp_path):
    pytest.importorskip("sklearn.mixture.tests.test_gaussian_mixture", reason="this scikit-learn comes without tests")
    root = Path(gapmix.__file__).parent.parent
    ran = subprocess.run([sys.executable, "-c", SKLEARN_S], cwd=tmp_path,
                         env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True)
    lines = ran.stdout.splitlines()
    passed = {line.split("::")[1].split("[")[0].split()[0] for line in lines if line.startswith("PASSED")}
    failed = {line.split("::")[1].split("[")[0].split()[0] for line in lines if line.startswith(("FAILED", "ERROR"))}
    assert len(passed) > 30, ran.stdout + ran.stderr
    # These two call scikit-learn's private functions: _initialize and _set_parameters; a mock counts calls of one.
    assert failed == PRIVATE, ran.stdout


def test_attributes_have_scikit_learn_s_shapes_and_fit_together(X):
    for kind, shape in (("full", (2, 4, 4)), ("tied", (4, 4)), ("diag", (2, 4)), ("spherical", (2,))):
        fitted = gapmix.GaussianMixture(2, covariance_type=kind, random_state=0).fit(X)
        assert fitted.weights_.shape == (2,) and fitted.means_.shape == (2, 4)
        assert fitted.covariances_.shape == fitted.precisions_.shape == fitted.precisions_cholesky_.shape == shape
        if kind in ("full", "tied"):
            np.testing.assert_allclose(fitted.covariances_ @ fitted.precisions_,
                                       np.broadcast_to(np.eye(4), shape), atol=1e-10)
        assert fitted.n_iter_ == len(fitted.lower_bounds_) and fitted.lower_bound_ == fitted.lower_bounds_[-1]
        assert fitted.n_features_in_ == 4 and fitted.converged_ is True


def test_score_is_the_weighted_mean(X):
    fitted = gapmix.GaussianMixture(2, random_state=0).fit(X)
    weight = np.random.default_rng(0).uniform(size=len(X))
    assert fitted.score(X, sample_weight=weight) == pytest.approx(weight @ fitted.score_samples(X) / weight.sum())
    assert fitted.score(X) == pytest.approx(fitted.score_samples(X).mean())


def test_predictions_fit_together(X):
    fitted = gapmix.GaussianMixture(3, random_state=0)
    labels = fitted.fit_predict(X)
    assert (labels == fitted.predict(X)).all()
    assert (labels == fitted.predict_proba(X).argmax(axis=1)).all()
    np.testing.assert_allclose(fitted.predict_proba(X)[1], fitted.weights_, rtol=1e-12)  # a row without entries
    np.testing.assert_array_equal(fitted.transform(X), fitted.impute(X))
    assert not np.isnan(fitted.fit_transform(X)).any()


def test_data_frames_names_and_output(X, pandas):
    import pandas as pd

    frame = pd.DataFrame(X, columns=list("abcd"), index=np.arange(len(X)) * 2)
    fitted = gapmix.GaussianMixture(2, random_state=0).fit(frame)
    assert list(fitted.feature_names_in_) == list("abcd")
    assert list(fitted.get_feature_names_out()) == list("abcd")
    filled = fitted.set_output(transform="pandas").transform(frame)
    assert list(filled.columns) == list("abcd") and list(filled.index) == list(frame.index)
    given = fitted.conditional(frame.iloc[5])
    assert set(given.entries) == {"abcd"[j] for j in np.flatnonzero(np.isnan(X[5]))}
    row = pd.DataFrame([[NAN, 0.5, NAN, 1.0]], columns=list("abcd"))
    given = fitted.conditional(row)
    low, high = given.interval("c")
    assert low < given.quantile(0.5, "c") < high
    with pytest.raises(ValueError, match="The feature names should match"):
        fitted.predict(frame[list("bacd")])
    nullable = frame.astype("Float64")  # pandas' own missing values
    np.testing.assert_allclose(gapmix.GaussianMixture(2, random_state=0).fit(nullable).means_, fitted.means_)


def test_pipeline_grid_search_clone_and_pickle(X):
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    y = (np.nan_to_num(X[:, 0]) > 0).astype(int)
    pipe = make_pipeline(gapmix.GaussianMixture(2, random_state=0), LogisticRegression()).fit(X, y)
    assert pipe.score(X, y) > 0.6
    search = GridSearchCV(gapmix.GaussianMixture(random_state=0), {"n_components": [1, 2], "prior_strength": [0.1, 10]},
                          cv=3).fit(X)
    assert search.best_params_["n_components"] == 2
    fitted = gapmix.GaussianMixture(2, random_state=0).fit(X)
    for again in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted), clone(fitted).fit(X)):
        np.testing.assert_array_equal(again.impute(X), fitted.impute(X))


def test_metadata_routing_of_weights(X):
    import sklearn
    from sklearn.pipeline import make_pipeline

    weight = np.random.default_rng(0).integers(1, 4, len(X))
    with sklearn.config_context(enable_metadata_routing=True):
        mixture = gapmix.GaussianMixture(2, random_state=0).set_fit_request(sample_weight=True)
        pipe = make_pipeline(mixture).fit(X, sample_weight=weight)
    np.testing.assert_allclose(pipe[0].means_, gapmix.GaussianMixture(2, random_state=0).fit(
        X, sample_weight=weight).means_)


def test_columns_without_entries(X, pandas):
    import pandas as pd

    wide = np.insert(X, 1, NAN, axis=1)
    later = wide.copy()
    later[:, 1] = 3.0
    narrow = gapmix.GaussianMixture(2, random_state=0).fit(X)
    dropped = gapmix.GaussianMixture(2, random_state=0).fit(wide)
    kept = gapmix.GaussianMixture(2, random_state=0, keep_empty_features=True).fit(wide)
    np.testing.assert_allclose(dropped.transform(wide), narrow.transform(X), rtol=1e-9)
    np.testing.assert_allclose(dropped.score_samples(later), narrow.score_samples(X), rtol=1e-9, atol=1e-12)
    assert dropped.impute(wide, draws=2).shape == (2, len(X), 4)
    assert list(dropped.get_feature_names_out(list("abcde"))) == list("acde")
    filled = kept.transform(wide)
    assert filled.shape == wide.shape and (filled[:, 1] == 0).all()
    assert list(kept.get_feature_names_out(list("abcde"))) == list("abcde")
    assert (kept.means_[:, 1] == 0).all()
    np.testing.assert_allclose(kept.score_samples(later), narrow.score_samples(X) - 0.5 * (np.log(2 * np.pi) + 9),
                               rtol=1e-9)
    assert dropped.bic(wide) == pytest.approx(narrow.bic(X), rel=1e-9)
    frame = gapmix.GaussianMixture(2, random_state=0).set_output(transform="pandas").fit_transform(
        pd.DataFrame(wide, columns=list("abcde")))
    assert list(frame.columns) == list("acde")


def test_warm_start_goes_on_where_it_was(X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = gapmix.GaussianMixture(2, random_state=0, max_iter=6, tol=0).fit(X)
        parts = gapmix.GaussianMixture(2, random_state=0, max_iter=2, tol=0, warm_start=True)
        bounds = [bound for _ in range(3) for bound in parts.fit(X).lower_bounds_]
    np.testing.assert_allclose(bounds, whole.lower_bounds_, rtol=1e-10)
    np.testing.assert_allclose(parts.covariances_, whole.covariances_, rtol=1e-8)


def test_convergence_warnings_are_scikit_learn_s(X):
    from sklearn.exceptions import ConvergenceWarning

    with pytest.warns(ConvergenceWarning, match="did not converge"):
        gapmix.GaussianMixture(2, random_state=0, max_iter=1).fit(X)
    with pytest.warns(ConvergenceWarning, match="1 of 2 components died out"):
        gapmix.GaussianMixture(2, means_init=[[0] * 4, [1e3] * 4], random_state=0).fit(X)


def test_draws_are_seeded_and_keep_what_is_known(X):
    fitted = gapmix.GaussianMixture(2, random_state=0).fit(X)
    one, other = (fitted.impute(X, draws=3, random_state=4) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (3, *X.shape) and not np.isnan(one).any()
    assert (one[:, ~np.isnan(X)] == X[~np.isnan(X)]).all()


def test_verbose_prints_and_otherwise_nothing_does(X, capsys):
    gapmix.GaussianMixture(2, random_state=0).fit(X)
    assert capsys.readouterr().out == ""
    gapmix.GaussianMixture(2, random_state=0, verbose=1, verbose_interval=1).fit(X)
    assert "Iteration 1" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [
    ({"n_components": 0}, "The 'n_components' parameter"),
    ({"covariance_type": "round"}, "The 'covariance_type' parameter"),
    ({"prior_strength": -1}, "The 'prior_strength' parameter"),
    ({"init_params": "best"}, "The 'init_params' parameter"),
    ({"keep_empty_features": "yes"}, "The 'keep_empty_features' parameter"),
    ({"n_components": 2, "means_init": [[0, 0]]}, "'means' should have the shape of"),
    ({"n_components": 500}, "Expected n_samples >= n_components"),
])
def test_bad_parameters(X, arguments, message):
    with pytest.raises(ValueError, match=message):
        gapmix.GaussianMixture(**arguments).fit(X)


def test_bad_tables(X):
    fitted = gapmix.GaussianMixture().fit(X)
    for bad, message in ((np.where(np.isnan(X), np.inf, X), "infinity"), (X[0], "Expected 2D array"),
                         (X[:, :3], "X has 3 features, but GaussianMixture is expecting 4"),
                         ([["a"] * 4], "could not convert|Unable to convert|dtype")):
        with pytest.raises(ValueError, match=message):
            fitted.predict(bad)
    with pytest.raises(ValueError, match="expected one row, got 120"):
        fitted.conditional(X)
    with pytest.raises(ValueError, match="Expected n_samples"):
        gapmix.GaussianMixture().fit(np.full((5, 2), NAN))
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        fitted.fit(X, sample_weight=-np.ones(120))
