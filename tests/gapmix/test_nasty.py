"""Tables that nobody wishes for: whatever comes out is a number, or one line says why not."""

import warnings

import numpy as np
import pytest

from gapmix import conditional, draw, fit, impute, responsibilities

from . import oracle


def nasty(random, n, d):
    """Return a table with columns that are constant, tied, copied, small beside their offset, or in odd units."""
    X = random.normal(size=(n, d))
    for j in range(d):
        X[:, j] = {0: lambda x: np.full(n, x[0]), 1: np.round, 2: lambda x: X[:, 0], 3: lambda x: x * 1e-12 + 1e3,
                   4: lambda x: x * 10.0 ** random.integers(-30, 30)}.get(random.integers(6), lambda x: x)(X[:, j])
    X[random.random(X.shape) < random.choice([0, 0.2, 0.6, 0.9])] = np.nan
    return X


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_all_results_are_finite(kind):
    finished = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        K, strength = random.integers(1, 5), random.choice([0, 1e-6, 0.1, 1, 100])
        X = nasty(random, random.integers(K, 25), random.integers(1, 9))
        if np.sum(~np.isnan(X).all(axis=1)) < K:
            continue
        way = random.choice(["kmeans", "random", "k-means++", "random_from_data"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            try:
                mixture = fit(X, K, kind, prior_strength=strength, random_state=seed, init_params=way).mixture
            except ValueError as refused:
                assert "ill-defined empirical covariance" in str(refused) and strength == 0, (seed, refused)
                continue
        drawn = draw(X, mixture, 2, np.random.RandomState(0))
        for result in (*mixture[:3], *responsibilities(X, mixture), impute(X, mixture), drawn):
            assert np.isfinite(result).all(), seed
        given = conditional(X[0], mixture)
        for entry in given.entries:
            low, high = given.interval(entry)
            assert low <= given.quantile(0.5, entry) <= high, seed
        finished += 1
    assert finished > 30
