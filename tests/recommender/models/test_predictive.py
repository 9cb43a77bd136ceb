"""The predictive distribution of a filled rating."""

import numpy as np
import pytest
from scipy.stats import norm

import em
from recommender.models import predictive
from tests.recommender.models.cases import entries, own_data


@pytest.mark.parametrize("level", predictive.LEVELS)
def test_intervals_cover_what_they_say_on_data_of_the_model_itself(level):
    X, mixture, held_out = own_data()
    post, _ = em.estep(np.where(held_out, 0, X), mixture)
    distribution = entries(mixture, post, held_out)
    m = held_out.sum()
    four_sd = 4 * np.sqrt(level * (1 - level) / m)
    assert predictive.coverage(distribution, X[held_out], level) == pytest.approx(level, abs=four_sd)


def test_coverage_counts_what_lies_between_the_ends_of_the_interval():
    X, mixture, held_out = own_data(1, n=300)
    post, _ = em.estep(np.where(held_out, 0, X), mixture)
    distribution = entries(mixture, post, held_out)
    low, high = predictive.interval(distribution, 0.8)
    assert np.mean((low <= X[held_out]) & (X[held_out] <= high)) == predictive.coverage(distribution, X[held_out], 0.8)


def test_moments_and_quantiles_are_those_of_a_simulation():
    random = np.random.RandomState(2)
    weight, mean, sd = np.array([[0.5, 0.3, 0.2]]), np.array([[1.0, 4.0, 9.0]]), np.array([0.5, 1.0, 0.1])
    distribution = predictive.Predictive(weight, mean, sd)
    group = random.choice(3, 200_000, p=weight[0])
    draws = random.normal(mean[0][group], sd[group])
    centre, within, between = predictive.moments(distribution)
    assert centre[0] == pytest.approx(draws.mean(), abs=0.03)
    assert np.hypot(within, between)[0] == pytest.approx(draws.std(), abs=0.03)
    assert within[0] == pytest.approx(np.sqrt((sd[group] ** 2).mean()), abs=0.01)
    for q in (0.01, 0.2, 0.6, 0.99):
        assert np.mean(draws < predictive.quantile(distribution, q)) == pytest.approx(q, abs=0.005)


@pytest.mark.parametrize("q", [1e-9, 0.3, 1 - 1e-9])
def test_quantile_of_one_normal_is_the_normal_s(q):
    distribution = predictive.Predictive(np.ones((2, 1)), np.array([[3.0], [-1.0]]), np.array([0.7]))
    np.testing.assert_allclose(predictive.quantile(distribution, q), norm.ppf(q, [3, -1], 0.7), atol=1e-3)


@pytest.mark.parametrize("level", [0, 1, -0.2, 1.5])
def test_level_out_of_range_says_the_range(level):
    distribution = predictive.Predictive(np.ones((1, 1)), np.ones((1, 1)), np.ones(1))
    with pytest.raises(ValueError, match="above 0 and below 1"):
        predictive.interval(distribution, level)
