"""User and movie effects."""

import numpy as np

from recommender.models import baselines
from tests.ratings import everywhere
from tests.recommender.models.cases import draw


def test_effects_solve_the_ridge_regression_that_they_state():
    X, _, _ = draw(np.random.RandomState(0))
    u, i = np.nonzero(X)
    n, d = X.shape
    A = np.zeros((len(u), n + d))
    A[np.arange(len(u)), u] = A[np.arange(len(u)), n + i] = 1
    mean = X[u, i].mean()
    solution = np.linalg.solve(A.T @ A + 2 * np.eye(n + d), A.T @ (X[u, i] - mean))
    expected = mean + solution[:n, None] + solution[n:]
    np.testing.assert_allclose(everywhere(baselines.effects(X, regularization=2, sweeps=100), X), expected, atol=1e-8)


def test_an_effect_that_few_ratings_determine_is_less_sure():
    X, _, _ = draw(np.random.RandomState(0))
    effects = baselines.effects(X, regularization=2)
    u, i = np.nonzero(X)
    left = np.mean((X[u, i] - effects.predict(u, i)) ** 2)
    users, movies = (X != 0).sum(axis=1), (X != 0).sum(axis=0)
    expected = [left * (1 + 1 / (2 + users[a]) + 1 / (2 + movies[b])) for a, b in ((0, 0), (5, 0), (5, 7))]
    np.testing.assert_allclose(effects.sd([0, 5, 5], [0, 0, 7]) ** 2, expected)
    assert expected[0] > expected[1] > expected[2]
