"""Ratings of planted mixtures."""

import numpy as np

from common import GaussianMixture
from recommender.models import predictive
from recommender.models.mixture import Mixture


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
