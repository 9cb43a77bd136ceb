"""Inputs on which the usual mistakes show and differ from one another.

Every function returns the arguments of a step of em: X (n, d) with 0 for a missing rating, post (n, K), a Mixture.
"""

import numpy as np

from checker.formulas import Mixture


def ordinary(n=14, d=6, K=3, seed=5):
    """Ratings with a third missing; unequal weights and variances; every mean well supported, no variance small."""
    random = np.random.RandomState(seed)
    X = random.randint(1, 6, (n, d)).astype(float)
    X[random.rand(n, d) < 0.35] = 0
    mu = random.uniform(1.2, 4.8, (K, d))
    post = random.dirichlet(np.full(K, 2.0), n)
    return X, post, Mixture(mu, np.array([0.7, 1.3, 2.2]), np.array([0.55, 0.3, 0.15]))


def user_without_ratings():
    """The ordinary case; its third user rated nothing."""
    X, post, mixture = ordinary(seed=6)
    X[2] = 0
    return X, post, mixture


def zero_weight():
    """The ordinary case; the weight of its last component is 0."""
    X, post, mixture = ordinary(seed=7)
    return X, post, mixture._replace(p=np.array([0.6, 0.4, 0.0]))


def many_movies(d=2400):
    """So many ratings per user that the densities, about exp(-d), are 0 in floating point; the posteriors stay soft."""
    random = np.random.RandomState(8)
    X = random.randint(1, 6, (8, d)).astype(float)
    X[random.rand(8, d) < 0.2] = 0
    mu = 3 + random.normal(0, 0.02, (3, d))
    return X, random.dirichlet(np.ones(3), 8), Mixture(mu, np.array([1.99, 2.0, 2.01]), np.array([0.5, 0.3, 0.2]))


def rare_movies():
    """Soft counts of quarters, so that sums are exact and a mean's support may be exactly 1.

    Of the first two components, movie 1 has a support below 1, movie 2 of 1, all others more. The third component has
    a soft count below 1 over all users.
    """
    random = np.random.RandomState(9)
    X = random.randint(1, 6, (8, 5)).astype(float)
    post = np.array([[1, 3, 0], [2, 2, 0], [1, 3, 0], [3, 1, 0], [2, 1, 1], [1, 2, 1], [3, 1, 0], [3, 1, 0]]) / 4
    X[:, 1], X[:, 2] = 0, 0
    X[0, 1] = 5  # (1/4, 3/4)
    X[2, 2], X[3, 2] = 1, 2  # (1/4, 3/4) + (3/4, 1/4)
    return X, post, Mixture(random.uniform(2, 4, (3, 5)), np.array([1.0, 2.0, 1.5]), np.array([0.4, 0.4, 0.2]))


def movie_without_ratings():
    """The ordinary case; nobody rated its second movie."""
    X, post, mixture = ordinary(seed=10)
    X[:, 1] = 0
    return X, post, mixture


def small_variance():
    """Two components that hardly overlap: the ratings of one are almost its old and new mean; the other's are not."""
    random = np.random.RandomState(11)
    X = np.vstack([np.tile([4.0, 2, 5, 1, 3], (5, 1)), random.randint(1, 6, (7, 5))])
    X[1, 0], X[2, 3], X[7, 1], X[9, 4] = 4.2, 0, 0, 0
    post = np.repeat([[0.98, 0.02], [0.001, 0.999]], [5, 7], axis=0)
    mu = np.vstack([X[0] + 0.1, random.uniform(2, 4, 5)])
    return X, post, Mixture(mu, np.array([1.0, 1.5]), np.array([0.5, 0.5]))


def slow(n=40, d=5, K=3, seed=84):
    """Three components that overlap, so that EM converges slowly and stopping rules stop at different iterations."""
    random = np.random.RandomState(seed)
    mu = random.normal(3, 0.5, (K, d))
    X = mu[random.randint(K, size=n)] + random.normal(0, 0.9, (n, d))
    X[random.rand(n, d) < 0.3] = 0
    start = Mixture(X[:K].copy(), np.full(K, 2.0), np.full(K, 1 / K))
    return X, np.full((n, K), 1 / K), start


def complete():
    """Points of three coordinates without gaps; unequal weights and variances."""
    _, post, mixture = ordinary(d=3)
    return np.random.RandomState(13).normal(3, 1.5, (len(post), 3)), post, mixture
