"""Inputs on which the usual mistakes show and differ from one another.

Every function returns the arguments of a step of em: X (n, d) with 0 for a missing rating, post (n, K), a Mixture.
"""

from itertools import islice, pairwise

import numpy as np

from checker.formulas import LOOPS, Mixture, kmeans_estep, kmeans_mstep


def ordinary(n=14, d=6, K=3, seed=5, silent=(), unrated=()):
    """Ratings with a third missing; unequal weights and variances; every mean well supported, no variance small.

    The users `silent` rated nothing, and nobody rated the movies `unrated`.
    """
    random = np.random.RandomState(seed)
    X = random.randint(1, 6, (n, d)).astype(float)
    X[random.rand(n, d) < 0.35] = 0
    X[list(silent)], X[:, list(unrated)] = 0, 0
    mu = random.uniform(1.2, 4.8, (K, d))
    post = random.dirichlet(np.full(K, 2.0), n)
    return X, post, Mixture(mu, np.array([0.7, 1.3, 2.2]), np.array([0.55, 0.3, 0.15]))


def many_ratings(counts=(20, 600), users=2, apart=0):
    """Users with so many ratings each, in this order; the posteriors stay soft, unless the means are far apart."""
    d, random = max(counts) + 5, np.random.RandomState(8)
    X = random.randint(1, 6, (users * len(counts), d)).astype(float)
    for u, count in enumerate(np.repeat(counts, users)):
        X[u, random.permutation(d)[count:]] = 0
    mu = 3 + random.normal(0, 0.05, (2, d)) + [[0], [apart]]
    return X, random.dirichlet(np.ones(2), len(X)), Mixture(mu, np.array([1.95, 2.05]), np.array([0.6, 0.4]))


SIZES = ((9, 1, 1), (7, 1, 2), (20, 2, 3), (16, 16, 12), (30, 8, 4), (4, 300, 2), (5, 12, 1))  # n, d, K


def sizes(gaps=True):
    """Yield (label, X, post, mixture) with more and fewer movies than users, with one component and with twelve."""
    for n, d, K in SIZES:
        random = np.random.RandomState(100 * n + 10 * d + K)
        X = random.randint(1, 6, (n, d)) + random.rand(n, d) / d
        if gaps and d > 1:
            missing = random.rand(n, d) < 0.35
            missing[np.arange(n), np.arange(n) % d] = False
            X[missing] = 0
        mixture = Mixture(3 + random.uniform(-1, 1, (K, d)) / np.sqrt(d),
                          random.uniform(1.8, 2.2, K) if d == 300 else random.uniform(0.7, 2.2, K),
                          random.dirichlet(np.full(K, 5.0), 1)[0])
        yield f"n = {n}, d = {d}, K = {K}", X, random.dirichlet(np.full(K, 2.0), n), mixture


def starts(n=20, d=8, K=3, seeds=(0, 1, 2)):
    """Yield (label, X, post, mixture): ratings, and a start whose means gain support and lose it again."""
    for seed in seeds:
        random = np.random.RandomState(seed)
        X = random.randint(1, 6, (n, d)).astype(float)
        X[random.rand(n, d) < 0.4] = 0
        yield (f"start {seed}, K = {K}", X, np.full((n, K), 1 / K),
               Mixture(random.uniform(1, 5, (K, d)), np.full(K, 1.5), random.dirichlet(np.full(K, 3.0), 1)[0]))


def complete_starts():
    """Yield (label, X, post, mixture): points of overlapping clusters without gaps, and a start in each cluster."""
    for seed, (n, d, K) in enumerate([(30, 8, 3), (40, 1, 2), (12, 5, 1), (60, 3, 12)]):
        random = np.random.RandomState(seed)
        X = random.normal(3, 3 if K == 12 else 1.5, (K, d))[np.arange(n) % K] + random.normal(0, 1.2, (n, d))
        start = Mixture((X[:K] + X[K : 2 * K]) / 2, np.full(K, 2.5), np.full(K, 1 / K))
        yield f"n = {n}, d = {d}, K = {K}", X, np.full((n, K), 1 / K), start


def last_fall(size):
    """Return (X, post, mixture) on which the last fall of the cost of K-means, before it stays, has this size."""
    random = np.random.RandomState(0)
    X, post = random.normal(3, 1, (40, 2)), np.full((40, 3), 1 / 3)
    mixture = Mixture(X[:3], np.ones(3), np.full(3, 1 / 3))
    costs = [cost for *_, cost in islice(LOOPS["kmeans"].iterate(X, mixture, kmeans_estep, kmeans_mstep), 30)]
    fall = [one - other for one, other in pairwise(costs) if one - other > 1e-9][-1]
    scale = np.sqrt(size / fall)
    return X * scale, post, mixture._replace(mu=mixture.mu * scale)


def rare_movies():
    """Soft counts of quarters, so that a support may be exactly 1: that of movie 2; movie 1 has less, the others more.

    That holds for two components. The third has a soft count below 1 over all users.
    """
    random = np.random.RandomState(9)
    X = random.randint(1, 6, (8, 5)).astype(float)
    post = np.array([[1, 3, 0], [2, 2, 0], [1, 3, 0], [3, 1, 0], [2, 1, 1], [1, 2, 1], [3, 1, 0], [3, 1, 0]]) / 4
    X[:, 1], X[:, 2] = 0, 0
    X[0, 1] = 5  # (1/4, 3/4)
    X[2, 2], X[3, 2] = 1, 2  # (1/4, 3/4) + (3/4, 1/4)
    return X, post, Mixture(random.uniform(2, 4, (3, 5)), np.array([1.0, 2.0, 1.5]), np.array([0.4, 0.4, 0.2]))


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


def tables():
    """Yield pairs of tables, with differences of both signs."""
    for seed, shape in enumerate([(3, 5), (6, 1), (1, 1)]):
        yield tuple(np.random.RandomState(seed).normal(3, 1, (2, *shape)))
