"""The Gibbs sampler's conditional distributions, and what its samples say."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recommender.models import (
    bayesian,
    normal,
    side,
)
from tests.ratings import everywhere
from tests.recommender.models.cases import error_in_gaps, planted


def test_rows_are_drawn_from_their_posterior():
    random = np.random.RandomState(3)
    copies, m = 40_000, 6
    weights, R = random.uniform(0, 2, m) * (np.arange(m) != 2), random.normal(size=m)
    other, prior_mean = random.normal(size=(m, 3)), random.normal(size=3)
    L = np.array([[2.0, 0.3, 0], [0.3, 1, 0.1], [0, 0.1, 1.5]])
    rated, scale, tails = weights > 0, random.choice([0.5, 2.0], copies), random.choice([0.3, 1.5], copies)
    tiled = csr_array((np.tile(R[rated], copies), np.tile(np.flatnonzero(rated), copies),
                       np.arange(copies + 1) * rated.sum()), shape=(copies, m))
    draws = bayesian.draw_rows(random, normal.batches(tiled, 3), scale, weights, other,
                               np.tile(prior_mean, (copies, 1)), L, tails)
    A = np.column_stack([other[:, :2], np.ones(m)])
    for noise, t in ((0.5, 0.3), (2.0, 0.3), (2.0, 1.5)):
        precision, some = t * L + (A.T * weights * noise) @ A, draws[(scale == noise) & (tails == t)]
        mean = np.linalg.solve(precision, A.T @ (noise * weights * (R - other[:, 2])) + t * L @ prior_mean)
        covariance = np.linalg.inv(precision)
        np.testing.assert_allclose(some.mean(axis=0), mean, atol=5 * np.sqrt(covariance.max() / len(some)))
        np.testing.assert_allclose(np.cov(some.T), covariance, atol=0.05 * covariance.max())


def test_prior_is_drawn_around_what_the_parameters_show():
    random = np.random.RandomState(4)
    N, B = 20_000, np.array([[1.0, -1.0], [0.5, 2.0]])
    S = np.column_stack([np.ones(N), random.normal(size=N)])
    covariance = np.array([[0.5, 0.2], [0.2, 0.4]])
    tails = random.choice([0.04, 4.0], N)
    theta = S @ B + random.multivariate_normal(np.zeros(2), covariance, N) / np.sqrt(tails)[:, None]
    prior = bayesian.draw_prior(random, theta, S, tails, 1.0)
    np.testing.assert_allclose(prior.mean, S @ B, atol=0.1)  # unweighted, those with long tails would move it by more
    np.testing.assert_allclose(prior.mean, S @ prior.B)
    np.testing.assert_allclose(np.linalg.inv(prior.L), covariance, atol=0.03)


def test_spread_of_the_drawn_prior_is_the_posterior_s():
    random = np.random.RandomState(5)
    theta, S = random.normal(8, 1, (30, 1)), np.column_stack([np.ones(30), random.normal(size=30)])
    pull = 20.0
    draws = [bayesian.draw_prior(random, theta, S, np.ones(30), pull) for _ in range(2000)]
    M = S.T @ S + np.diag([1.0, pull])
    B0 = np.linalg.solve(M, S.T @ theta)
    scale = 1 + ((theta - S @ B0) ** 2).sum() + (B0**2).ravel() @ [1.0, pull]
    L = np.array([draw[1][0, 0] for draw in draws])
    assert L.mean() == pytest.approx(31 / scale, rel=0.03)  # a Wishart of one dimension: chi-squared / scale
    assert L.var() == pytest.approx(2 * 31 / scale**2, rel=0.15)
    spread = np.var([draw[0][:, 0] for draw in draws], axis=0)
    expected = np.einsum("us,st,ut->u", S, np.linalg.inv(M), S) * scale / 29  # mean of 1 / L: inverse chi-squared
    np.testing.assert_allclose(spread, expected, rtol=0.15)


def test_precisions_are_drawn_from_their_posterior():
    random = np.random.RandomState(6)
    draws = bayesian.draw_precision(random, 5.0, 8, np.full(100_000, 4.0))
    assert draws.mean() == pytest.approx(9 / 7, abs=0.01) and draws.var() == pytest.approx(9 / 49, abs=0.01)


def test_error_on_the_ratings_is_the_noise():
    X, _ = planted(noise=0.3, n=150, d=120)
    noise = []
    bayesian.run(X, 3, samples=40, burn_in=40, callback=lambda sweep, sweeps, error: noise.append(error))
    assert len(noise) == 80 and np.mean(noise[40:]) == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("axis", [0, 1], ids=["users", "movies"])
def test_fickle_users_and_movies_count_less(axis):
    """Half of them have a noise of 0.1, half of 1.5. With one noise for all, the error is 0.4 to 0.5."""
    X, truth = planted(n=100, noise=0)
    sd = np.where(np.arange(X.shape[axis]) % 2, 1.5, 0.1)
    noise = np.random.RandomState(1).normal(size=X.shape) * (sd[:, None] if axis == 0 else sd)
    X = np.where(X == 0, 0, X + noise)
    assert error_in_gaps(everywhere(bayesian.run(X, 2, samples=40, burn_in=40), X), X, truth) < 0.33


def test_side_features_tell_the_factors_of_users_with_few_ratings():
    """Every user's ratings follow from a feature; half of the users have 2 ratings. Without it, the error is 0.5."""
    random = np.random.RandomState(0)
    feature = random.normal(size=(100, 1))
    truth = 3 + feature @ random.normal(0, 0.8, (1, 60))
    share = np.where(np.arange(100) < 50, 0.03, 0.6)[:, None]
    X = np.where(random.rand(100, 60) < share, truth + random.normal(0, 0.1, truth.shape), 0)
    sides = side.given(feature), side.given(np.empty((60, 0)))
    prediction = everywhere(bayesian.run(X, 2, samples=30, burn_in=30, sides=sides), X)
    assert error_in_gaps(prediction[:50], X[:50], truth[:50]) < 0.3


def test_samples_spread_is_theirs_and_the_noise_s():
    X, _ = planted(n=40, d=30, noise=0.5)
    state = bayesian.run(X, 2, samples=5, burn_in=5)
    u, i = np.array([0, 7, 7]), np.array([3, 3, 9])
    drawn = [[state.mean + P[a, :2] @ Q[b, :2] + P[a, 2] + Q[b, 2] for P, Q in zip(state.P, state.Q, strict=True)]
             for a, b in zip(u, i, strict=True)]
    noise = [np.mean(1 / (state.noise * state.a[:, a] * state.g[:, b])) for a, b in zip(u, i, strict=True)]
    np.testing.assert_allclose(state.predict(u, i), np.mean(drawn, axis=1), rtol=1e-5)
    np.testing.assert_allclose(state.sd(u, i), np.sqrt(np.var(drawn, axis=1) + noise), rtol=1e-5)


def test_kept_samples_are_spread_evenly_and_held_in_memory(monkeypatch):
    X, _ = planted(n=40, d=30)
    every = bayesian.run(X, 2, samples=12, burn_in=3)
    assert len(every.P) == 12
    monkeypatch.setattr(bayesian, "LARGEST", 4 * 4 * 70 * (2 + 2))
    some = bayesian.run(X, 2, samples=12, burn_in=3)
    np.testing.assert_array_equal(some.P, every.P[2::3])
    monkeypatch.setattr(bayesian, "LARGEST", 1)
    np.testing.assert_array_equal(bayesian.run(X, 2, samples=12, burn_in=3).P, every.P[-1:])


def test_a_chain_that_goes_on_is_one_that_never_stopped():
    X, _ = planted(n=40, d=30)
    chain = bayesian.Chain(X, 2, samples=9, burn_in=3)
    np.testing.assert_array_equal(chain.go_on(4).fitted().P, bayesian.run(X, 2, samples=9, burn_in=3).P[:4])
    np.testing.assert_array_equal(chain.go_on(9).fitted().P, bayesian.run(X, 2, samples=9, burn_in=3).P)
