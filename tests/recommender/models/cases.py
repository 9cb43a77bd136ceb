"""Planted ratings for the tests of models."""

import numpy as np

from common import GaussianMixture
from recommender.models import predictive
from recommender.models.effects import Covered, effects
from recommender.models.mixture import Mixture


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


def covered(model, X):
    """Return a model fitted to ratings (n, d) with the effects for users and movies without any."""
    return Covered(model, effects(X))


def draw(random, n=60, d=25, K=3, observed=0.7):
    """Return ratings-like data of planted groups, with a user and a movie that nobody rated; and the groups."""
    mu, group = random.uniform(1.5, 4.5, (K, d)), random.randint(K, size=n)
    X = mu[group] + random.normal(0, 0.4, (n, d))
    X[random.rand(n, d) >= observed] = 0
    X[0], X[:, 0] = 0, 0
    return X, mu, group


def own_data(seed=0, n=3000, d=12):
    """Return ratings drawn from a mixture, the mixture, and which entries to predict from the others."""
    random = np.random.RandomState(seed)
    mixture = GaussianMixture(random.uniform(2, 4, (3, d)), np.array([0.3, 0.9, 2.0]), np.array([0.5, 0.3, 0.2]))
    group = random.choice(3, n, p=mixture.p)
    X = mixture.mu[group] + random.normal(size=(n, d)) * np.sqrt(mixture.var[group])[:, None]
    return X, mixture, random.rand(n, d) < 0.4


def entries(mixture, post, where, offset=None):
    return predictive.entries(Mixture(*mixture, post, 1.0, False, offset), *np.nonzero(where))
