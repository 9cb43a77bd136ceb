"""Draws of gaps and quantiles of a gap, against the conditional distribution's own moments."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from gapmix import Mixture, conditional, draw, impute, small

from . import cases, oracle


@pytest.mark.parametrize("kind", oracle.KINDS)
@pytest.mark.parametrize("known", [[], [1], [0, 2, 3]])
def test_draws_have_the_conditional_s_moments(kind, known):
    mixture = cases.mixture(0, kind, K=3, d=4, apart=1.0)
    x = np.full(4, np.nan)
    x[known] = np.array([0.3, -0.5, 0.8, 0.1])[known]
    given = conditional(x, mixture)
    drawn = draw(x[None].repeat(2, axis=0), mixture, 20000, np.random.RandomState(0))
    assert drawn.shape == (20000, 2, 4)
    assert (drawn[:, :, known] == x[known]).all()
    for row in drawn[:, :, given.entries].transpose(1, 0, 2):
        sd = np.sqrt(np.diag(given.covariance))
        np.testing.assert_allclose(row.mean(axis=0), given.mean, atol=4 * sd.max() / np.sqrt(20000))
        np.testing.assert_allclose(np.cov(row.T).reshape(given.covariance.shape), given.covariance,
                                   atol=0.05 * (sd**2).max())


def test_rows_and_draws_are_independent():
    mixture = cases.mixture(1, "full", K=2, d=3)
    X = np.tile([0.2, np.nan, np.nan], (400, 1))
    X[::2] = [np.nan, 0.1, 0.2]
    drawn = draw(X, mixture, 30, np.random.RandomState(0))
    assert len(np.unique(drawn[:, 1::2, 1])) == 30 * 200
    assert len(np.unique(drawn[:, ::2, 0])) == 30 * 200
    a, b = drawn[:, 1::4, 1].ravel(), drawn[:, 3::4, 1].ravel()
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(len(a))
    assert abs(np.corrcoef(drawn[0, 1::2, 1], drawn[1, 1::2, 1])[0, 1]) < 4 / np.sqrt(200)


def test_draws_vary_around_the_filled_table_and_leave_entries():
    mixture = cases.mixture(2, "full", d=5)
    X = cases.rows(3, mixture, 200, 0.5)
    drawn = draw(X, mixture, 300, np.random.RandomState(0))
    seen = ~np.isnan(X)
    assert (drawn[:, seen] == X[seen]).all()
    apart = (drawn.mean(axis=0) - impute(X, mixture)) / np.maximum(drawn.std(axis=0), 1e-12) * np.sqrt(300)
    assert np.mean(np.abs(apart[~seen]) > 3) < 0.02


def test_draws_by_factors_have_the_same_moments(monkeypatch):
    from gapmix import small

    monkeypatch.setattr(small, "TRUSTED", 0.0)
    mixture = cases.mixture(9, "full", K=3, d=4, apart=1.0)
    X = cases.rows(10, mixture, 30, 0.5)
    drawn = draw(X, mixture, 2000, np.random.RandomState(0))
    apart = (drawn.mean(axis=0) - impute(X, mixture)) / np.maximum(drawn.std(axis=0), 1e-12) * np.sqrt(2000)
    assert np.abs(apart[np.isnan(X)]).max() < 5
    for i in np.flatnonzero(np.isnan(X).any(axis=1))[:10]:
        given = conditional(X[i], mixture)
        got = np.cov(drawn[:, i, given.entries].T).reshape(given.covariance.shape)
        np.testing.assert_allclose(got, given.covariance, atol=0.2 * np.diag(given.covariance).max())


def test_mean_and_covariance_of_a_conditional_are_the_mixture_s():
    mixture = cases.mixture(4, "full", K=3, d=2, apart=1.0)
    given = conditional(np.array([0.4, np.nan]), mixture)

    def density(y):
        row = np.array([0.4, y])
        return np.exp(oracle.posterior(row, mixture)[1] - oracle.posterior(np.array([0.4, np.nan]), mixture)[1])

    mean = quad(lambda y: y * density(y), -15, 15, points=given.means[:, 0], limit=200)[0]
    square = quad(lambda y: (y - mean) ** 2 * density(y), -15, 15, points=given.means[:, 0], limit=200)[0]
    assert given.mean[0] == pytest.approx(mean, rel=1e-7)
    assert given.covariance[0, 0] == pytest.approx(square, rel=1e-7)
    for share in (1e-9, 0.05, 0.5, 0.99):
        below = quad(density, -40, given.quantile(share, 1), points=given.means[:, 0], limit=300)[0]
        assert below == pytest.approx(share, rel=1e-5)


def test_quantiles_of_one_component_are_normal():
    mixture = cases.mixture(5, "full", K=1, d=3)
    given = conditional(np.array([np.nan, 0.3, np.nan]), mixture)
    sd = np.sqrt(given.covariance[1, 1])
    assert given.quantile(0.2, 2) == pytest.approx(norm(given.mean[1], sd).ppf(0.2), rel=1e-12)
    low, high = given.interval(2, 0.8)
    assert [low, high] == pytest.approx(norm(given.mean[1], sd).ppf([0.1, 0.9]), rel=1e-12)
    np.testing.assert_allclose(given.quantile([0.1, 0.9], 2), [low, high])


def test_interval_holds_what_it_promises():
    mixture = cases.mixture(6, "full", K=2, d=3, apart=3.0)
    X = cases.rows(7, mixture, 500, 0.0)
    inside = 0
    for x in X:
        low, high = conditional(np.array([x[0], np.nan, x[2]]), mixture).interval(1, 0.9)
        inside += low < x[1] < high
    assert abs(inside / 500 - 0.9) < 4 * np.sqrt(0.09 / 500)


def test_entries_that_are_known_or_shares_that_are_none_are_refused():
    given = conditional(np.array([np.nan, 1.0, np.nan]), cases.mixture(8, "full", d=3))
    with pytest.raises(ValueError, match="expected one of the gaps, 0, 2; got 1"):
        given.quantile(0.5, 1)
    for share in (0, 1, -0.1, np.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            given.quantile(share, 0)
    with pytest.raises(ValueError, match=r"a level between 0 and 1, such as 0\.9; got 90"):
        given.interval(0, 90)
    with pytest.raises(ValueError, match="the row has no gaps; got 0"):
        conditional(np.ones(3), cases.mixture(8, "full", d=3)).interval(0)


@pytest.mark.parametrize("mu", [[0.0, 5.0], [0.0, -5.0], [1.0, 1.0 + 2e-16]])
@pytest.mark.parametrize("p", [[1.0, 1e-20], [0.5, 0.5]])
def test_quantiles_at_the_edge_of_rounding(p, mu):
    mixture = Mixture(np.array(p), np.array(mu)[:, None], np.ones((2, 1, 1)), "full")
    given = conditional(np.array([np.nan]), mixture)
    for share in np.linspace(0.005, 0.995, 67):
        below = sum(weight * norm(mean).cdf(given.quantile(share, 0)) for weight, mean in zip(p, mu, strict=True))
        assert below == pytest.approx(share, abs=1e-9)


def test_draws_the_factored_way_are_the_same(monkeypatch):
    """Fewer rows are drawn for a component than there are patterns of gaps."""
    mixture = cases.mixture(9, "full", K=2, d=3)
    X = np.array([[np.nan, 1.0, 0.5], [0.2, np.nan, 0.1], [0.3, 0.4, np.nan]])
    usual = draw(X, mixture, 1, np.random.RandomState(0))
    monkeypatch.setattr(small, "TRUSTED", 0.0)
    np.testing.assert_allclose(draw(X, mixture, 1, np.random.RandomState(0)), usual, rtol=1e-9)
