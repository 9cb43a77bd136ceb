"""Planted ratings for the tests of models."""

import numpy as np


def planted(seed=0, n=80, d=60, rank=2, noise=0.1, observed=0.6):
    """Return ratings of planted factors and effects with gaps, and the same without gaps and noise."""
    random = np.random.RandomState(seed)
    P, Q = random.normal(0, 0.6, (n, rank)), random.normal(0, 0.6, (d, rank))
    truth = 3 + P @ Q.T + random.normal(0, 0.4, (n, 1)) + random.normal(0, 0.4, d)
    X = truth + random.normal(0, noise, (n, d))
    X[random.rand(n, d) >= observed] = 0
    return X, truth


def error_in_gaps(prediction, X, truth):
    return np.sqrt(np.mean((prediction - truth)[X == 0] ** 2))


def with_empty(X):
    X = X.copy()
    X[0], X[:, 0] = 0, 0
    return X
