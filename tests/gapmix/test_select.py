"""select: it finds what was planted, by any criterion, and says what it tried."""

import warnings

import numpy as np
import pytest

import gapmix

from . import cases

pytestmark = pytest.mark.usefixtures("sklearn")
FEW = {"n_components": range(1, 5), "covariance_type": ["full", "spherical"]}


@pytest.fixture(scope="module")
def X():
    """Two far clusters that are tilted, with gaps."""
    truth = cases.mixture(0, "full", K=2, d=3, apart=6.0)
    return cases.rows(1, truth, 200, 0.2)


@pytest.mark.parametrize("criterion", ["bic", "aic", "cv"])
def test_planted_mixture_is_found(X, criterion):
    chosen = gapmix.select(X, criterion=criterion, **FEW)
    assert isinstance(chosen, gapmix.GaussianMixture)
    assert (chosen.n_components, chosen.covariance_type) == (2, "full")
    assert chosen.means_.shape == (2, 3)


def test_held_out_measures_are_those_of_plain_loops(X):
    from sklearn.model_selection import KFold

    chosen = gapmix.select(X, range(1, 4), ["diag"], prior_strength=[0.5, 2], cv=4, random_state=3)
    assert len(set(chosen.selection_)) == len(chosen.selection_) == 6
    one = next(one for one in chosen.selection_ if one[1:3] == (2, 0.5))
    random = np.random.RandomState(3)
    folds = KFold(4, shuffle=True, random_state=random).split(X)
    folds, hidden = list(folds), (random.uniform(size=X.shape) < 0.2) & ~np.isnan(X)
    total, errors = 0, []
    for train, test in folds:
        fitted = gapmix.GaussianMixture(2, covariance_type="diag", prior_strength=0.5, random_state=3).fit(X[train])
        total += fitted.score_samples(X[test]).sum()
        for i in test:
            row = X[i].copy()
            row[hidden[i]] = np.nan
            filled = fitted.impute(row[None])[0]
            errors += [(filled[j] - X[i, j]) / np.nanstd(X[:, j]) for j in np.flatnonzero(hidden[i])]
    assert one.log_likelihood == pytest.approx(total / len(X), rel=1e-12)
    assert one.rmse == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-10)


def test_the_simplest_of_the_likely_of_the_accurate_is_taken():
    from gapmix.choose import simplest

    random = np.random.default_rng(0)
    good = random.uniform(0, 2, 300)
    noise = random.normal(0, 0.3, 300) - 0.001
    worse = good + np.abs(noise)
    likely = random.normal(-3, 1, 300)
    unlikely = likely - 0.1
    # accuracy comes first, then likelihood, then simplicity, then the better likelihood
    assert simplest(np.array([unlikely, likely]), np.array([good, worse]), np.array([9, 1])) == 0
    assert simplest(np.array([unlikely, likely]), np.array([good, good + noise]), np.array([1, 9])) == 1
    assert simplest(np.array([likely, likely + noise]), np.array([good, good + noise]), np.array([9, 1])) == 1
    assert simplest(np.array([likely, likely + 0.001]), np.array([good, good]), np.array([1, 1])) == 1
    # ten noisy rows tell less than three hundred
    assert simplest(np.array([unlikely, likely])[:, :10], np.array([good, worse])[:, :10], np.array([9, 1])) == 0


def test_nearly_constant_columns_do_not_decide():
    # Their likelihood has no bound: a component for the rows where they are constant is most likely, and of no use.
    random = np.random.default_rng(1)
    X = random.normal(size=(300, 1)) + 0.3 * random.normal(size=(300, 4))
    X = np.hstack([X, (random.random((300, 3)) < 0.03) * random.normal(size=(300, 3))])
    chosen = gapmix.select(X, [1, 2, 3], ["tied", "diag"])
    assert max(chosen.selection_, key=lambda one: one.log_likelihood).covariance_type == "diag"
    assert chosen.covariance_type == "tied"


@pytest.mark.parametrize("criterion", ["bic", "aic"])
def test_information_criterion_is_the_estimator_s(X, criterion):
    chosen = gapmix.select(X, [1, 2], "full", criterion=criterion)
    assert {one.prior_strength for one in chosen.selection_} == {1.0}
    for one in chosen.selection_:
        fitted = gapmix.GaussianMixture(one.n_components, random_state=0).fit(X)
        assert one.information == pytest.approx(getattr(fitted, criterion)(X), rel=1e-12)


def test_weights_count_like_rows():
    truth = cases.mixture(2, "full", K=2, d=2, apart=4.0)
    X = cases.rows(3, truth, 60, 0.1)
    weight = np.random.default_rng(4).integers(1, 3, 60)
    one = gapmix.select(X, [1, 2], "full", "bic", sample_weight=weight)
    other = gapmix.select(np.repeat(X, weight, axis=0), [1, 2], "full", "bic")
    for mine, theirs in zip(one.selection_, other.selection_, strict=True):
        assert mine.information == pytest.approx(theirs.information, rel=1e-6)


def test_more_components_than_two_that_do_not_help_are_not_tried(X):
    chosen = gapmix.select(X, range(1, 30), "full", "bic")
    assert max(one.n_components for one in chosen.selection_) == 4


def test_numbers_that_a_fold_has_too_few_rows_for_are_passed_over():
    X = np.random.default_rng(0).normal(size=(6, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chosen = gapmix.select(X, range(1, 10), "diag")
    assert chosen.n_components <= 4


def test_names_of_columns_are_kept(X, pandas):
    import pandas as pd

    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    chosen = gapmix.select(frame, 2, "full", prior_strength=1.0)
    assert list(chosen.feature_names_in_) == ["a", "b", "c"]
    assert chosen.conditional(frame.iloc[[0]]) is not None


@pytest.mark.parametrize(("arguments", "message"), [
    ({"criterion": "best"}, "expected criterion to be one of 'cv', 'bic', 'aic'"),
    ({"n_components": []}, "at least one n_components"),
    ({"covariance_type": "round"}, "The 'covariance_type' parameter"),
    ({"n_components": [0]}, "The 'n_components' parameter"),
    ({"cv": 1}, "n_splits=1"),
])
def test_bad_arguments(X, arguments, message):
    with pytest.raises(ValueError, match=message):
        gapmix.select(X, **{"n_components": [1], **arguments})
