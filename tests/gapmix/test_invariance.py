"""What must not matter: order, units, names of components; what must: weights, as so many rows."""

import numpy as np
import pytest

from gapmix import Mixture, fit, impute, responsibilities

from . import cases, oracle

TIGHT = {"tol": 1e-12, "max_iter": 2000}


def start(mixture):
    """Return a mixture as arguments of fit."""
    inverse = np.linalg.inv if mixture.kind in ("full", "tied") else np.reciprocal
    return {"weights_init": mixture.p, "means_init": mixture.mu, "precisions_init": inverse(mixture.cov)}


def same(one, other, rtol=1e-6):
    for mine, theirs in zip(one[:3], other[:3], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=rtol)


def moved(mixture, columns):
    """Return the mixture of columns in another order."""
    cov = {"full": lambda cov: cov[:, columns][:, :, columns], "tied": lambda cov: cov[columns][:, columns],
           "diag": lambda cov: cov[:, columns], "spherical": lambda cov: cov}[mixture.kind](mixture.cov)
    return Mixture(mixture.p, mixture.mu[:, columns], cov, mixture.kind)


@pytest.fixture(params=oracle.KINDS)
def case(request):
    """A table, a mixture to start from, and what EM makes of them."""
    truth = cases.mixture(0, request.param, K=2, d=4)
    X = cases.rows(1, truth, 120)
    return X, truth, fit(X, 2, request.param, **start(truth), **TIGHT).mixture


def test_order_of_rows(case):
    X, truth, expected = case
    order = np.random.default_rng(2).permutation(len(X))
    same(fit(X[order], 2, truth.kind, **start(truth), **TIGHT).mixture, expected)


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_order_in_memory(kind):
    """Data frames have their columns, not their rows, side by side. 12 columns: a pattern has more than one byte."""
    X = cases.rows(1, cases.mixture(0, kind, K=2, d=12), 60)
    expected, columnwise = fit(X, 2, kind, random_state=0), np.asfortranarray(X)
    same(fit(columnwise, 2, kind, random_state=0).mixture, expected.mixture, 1e-12)
    np.testing.assert_allclose(impute(columnwise, expected.mixture), impute(X, expected.mixture), rtol=1e-12)


def test_order_of_columns(case):
    X, truth, expected = case
    columns = [2, 0, 3, 1]
    got = fit(X[:, columns], 2, truth.kind, **start(moved(truth, columns)), **TIGHT).mixture
    same(got, moved(expected, columns))


def test_names_of_components(case):
    X, truth, expected = case
    swapped = truth._replace(p=truth.p[::-1], mu=truth.mu[::-1],
                             cov=truth.cov if truth.kind == "tied" else truth.cov[::-1])
    got = fit(X, 2, truth.kind, **start(swapped), **TIGHT).mixture
    same(got, expected._replace(p=expected.p[::-1], mu=expected.mu[::-1],
                                cov=expected.cov if truth.kind == "tied" else expected.cov[::-1]))


@pytest.mark.parametrize("kind", oracle.KINDS)
@pytest.mark.parametrize("way", ["kmeans", "k-means++", "random", "random_from_data"])
def test_units_of_columns(kind, way):
    truth = cases.mixture(3, kind, K=3)
    X = cases.rows(4, truth, 90)
    factor = np.full(4, 1e-7) if kind == "spherical" else np.array([1e-9, 1.0, 2.54, 1e6])
    shift = np.array([5.0, -3.0, 0.0, 1e3]) * factor
    one = fit(X, 3, kind, random_state=1, init_params=way)
    other = fit(X * factor + shift, 3, kind, random_state=1, init_params=way)
    assert len(one.lower_bounds) == len(other.lower_bounds)
    np.testing.assert_allclose(other.mixture.mu, one.mixture.mu * factor + shift, rtol=1e-7, atol=1e-9 * factor.min())
    np.testing.assert_allclose(responsibilities(X * factor + shift, other.mixture)[0],
                               responsibilities(X, one.mixture)[0], atol=1e-7)
    np.testing.assert_allclose((impute(X * factor + shift, other.mixture) - shift) / factor, impute(X, one.mixture),
                               rtol=1e-5, atol=1e-6)


def test_repeated_rows_are_weights(case):
    X, truth, _ = case
    times = np.random.default_rng(5).integers(0, 4, len(X))
    one = fit(np.repeat(X, times, axis=0), 2, truth.kind, **start(truth), **TIGHT)
    other = fit(X, 2, truth.kind, sample_weight=times, **start(truth), **TIGHT)
    same(one.mixture, other.mixture)
    assert one.lower_bounds[-1] == pytest.approx(other.lower_bounds[-1], rel=1e-10)


def test_weights_may_be_drawn_from_too():
    truth = cases.mixture(6, "full", K=2)
    X = cases.rows(7, truth, 60)
    times = np.random.default_rng(8).integers(0, 3, len(X))
    for way in ("kmeans", "k-means++"):
        one = fit(np.repeat(X, times, axis=0), 2, random_state=3, init_params=way, **TIGHT)
        other = fit(X, 2, sample_weight=times, random_state=3, init_params=way, **TIGHT)
        same(one.mixture, other.mixture)


def test_column_of_gaps_alone_changes_nothing_else(case):
    X, truth, _ = case
    given = start(truth)
    precisions = given.pop("precisions_init")
    expected = fit(X, 2, truth.kind, random_state=0, **given, **TIGHT).mixture
    wide = np.insert(X, 2, np.nan, axis=1)
    given["means_init"] = np.insert(truth.mu, 2, 7.0, axis=1)
    got = fit(wide, 2, truth.kind, random_state=0, **given, **TIGHT).mixture
    same(moved(got, [0, 1, 3, 4]), expected)
    assert (got.mu[:, 2] == 0).all()
    for cov in oracle.matrices(got):
        assert truth.kind == "spherical" or (cov[2] == np.eye(5)[2]).all()
    wider = start(cases.mixture(0, truth.kind, K=2, d=5))["precisions_init"]
    assert np.shape(wider) != np.shape(precisions) or truth.kind == "spherical"
    assert np.isfinite(fit(wide, 2, truth.kind, precisions_init=wider, **given).mixture.cov).all()


def test_rows_without_entries_change_nothing_but_the_average(case):
    X, truth, expected = case
    more = np.vstack([X, np.full((30, 4), np.nan)])
    end = fit(more, 2, truth.kind, **start(truth), **TIGHT)
    same(end.mixture, expected)
    assert end.lower_bounds[-1] * 150 == pytest.approx(
        fit(X, 2, truth.kind, **start(truth), **TIGHT).lower_bounds[-1] * 120, rel=1e-9)


def test_no_row_needs_to_be_complete():
    truth = cases.mixture(9, "full", K=2, d=4, apart=4.0)
    X = cases.rows(10, truth, 400, 0.0)
    X[np.arange(400), np.arange(400) % 4] = np.nan
    mixture = fit(X, 2, random_state=0).mixture
    order = np.argsort(mixture.mu[:, 0])
    np.testing.assert_allclose(mixture.mu[order], truth.mu[np.argsort(truth.mu[:, 0])], atol=0.5)


def test_neither_the_table_nor_the_weights_are_changed(case):
    X, truth, _ = case
    weight = np.ones(len(X))
    before = X.copy()
    fit(X, 2, truth.kind, sample_weight=weight)
    np.testing.assert_array_equal(X, before)
    assert (weight == 1).all()
