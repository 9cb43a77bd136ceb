"""The assignment in plain loops: slow, obvious, and what the matrix code is held against.

Read it beside em.py: function by function the same, for one user u, one type j and one movie i at a time, as the
handout states it. Nothing here is shared with the modules that it judges. 0 marks a missing rating; C_u are the movies
that user u rated. It is also how most learners write it first, and so the yardstick of how much there is to gain.
"""

from math import exp, log, pi, sqrt
from typing import NamedTuple

import numpy as np


class Mixture(NamedTuple):
    """K spherical Gaussians: means (K, d), variances (K,), weights (K,)."""

    mu: np.ndarray
    var: np.ndarray
    p: np.ndarray


def init(X, K, seed):
    """The course's start: K rows drawn as means, around each one variance over all entries, equal weights."""
    n, d = X.shape
    mu = X[np.random.RandomState(seed).choice(n, K, replace=False)]
    var = [sum(((X[u] - mu[j]) ** 2).sum() for u in range(n)) / (n * d) for j in range(K)]
    return Mixture(np.array(mu, dtype=float), np.array(var), np.ones(K) / K)


def log_normal(x, mu, var):
    """log N(x; mu, var I) over the coordinates given; 0 of none."""
    return -len(x) / 2 * log(2 * pi * var) - ((x - mu) ** 2).sum() / (2 * var)


def soft_counts(log_joint):
    """Bayes' rule for one user: post and log-likelihood from log p_j + log N_j of each type j.

    The largest is taken out before exp, for densities of many movies are too small for a number.
    """
    largest = max(log_joint)
    shares = [exp(value - largest) for value in log_joint]
    return [share / sum(shares) for share in shares], largest + log(sum(shares))


# Tabs 7-8: ratings with gaps


def em_estep(X, mixture):
    n, K = len(X), len(mixture.p)
    post, log_likelihood = np.zeros((n, K)), 0.0
    for u in range(n):
        rated = np.flatnonzero(X[u])  # C_u
        x, mu = X[u, rated], mixture.mu[:, rated]
        log_joint = [log(mixture.p[j] + 1e-16) + log_normal(x, mu[j], mixture.var[j]) for j in range(K)]
        post[u], of_user = soft_counts(log_joint)
        log_likelihood += of_user
    return post, log_likelihood


def em_mstep(X, post, mixture, min_variance=0.25):
    (n, d), K = X.shape, post.shape[1]
    mu, var, p = np.array(mixture.mu, dtype=float), np.array(mixture.var, dtype=float), np.zeros(K)
    for j in range(K):
        for i in range(d):
            users = np.flatnonzero(X[:, i])
            support = post[users, j].sum()
            if support >= 1 - 1e-9:  # 1, and what rounding may have taken from it: fewer do not move a mean
                mu[j, i] = (post[users, j] * X[users, i]).sum() / support
        squared_distance = weight = 0.0
        for u in range(n):
            rated = np.flatnonzero(X[u])
            squared_distance += post[u, j] * ((X[u, rated] - mu[j, rated]) ** 2).sum()
            weight += post[u, j] * len(rated)
        if weight > 0:
            var[j] = squared_distance / weight
        var[j] = max(var[j], min_variance)
        p[j] = post[:, j].sum() / n
    return Mixture(mu, var, p)


def em_run(X, mixture, min_variance=0.25):
    old = None
    while True:
        post, log_likelihood = em_estep(X, mixture)
        mixture = em_mstep(X, post, mixture, min_variance)
        if old is not None and log_likelihood - old <= 1e-6 * abs(log_likelihood):
            return mixture, post, log_likelihood
        old = log_likelihood


def em_fill(X, mixture):
    post, _ = em_estep(X, mixture)
    filled = np.array(X, dtype=float)
    for u, i in np.argwhere(X == 0):
        filled[u, i] = sum(post[u, j] * mixture.mu[j, i] for j in range(len(mixture.p)))
    return filled


def rmse(X, Y):
    return sqrt(sum((a - b) ** 2 for a, b in zip(np.ravel(X), np.ravel(Y), strict=True)) / np.size(X))


# Tab 3: points without gaps


def naive_estep(X, mixture):
    rows = [soft_counts([log(p) + log_normal(x, mu, var) for mu, var, p in zip(*mixture, strict=True)]) for x in X]
    return np.array([post for post, _ in rows]), sum(log_likelihood for _, log_likelihood in rows)


def naive_mstep(X, post):
    (n, d), K = X.shape, post.shape[1]
    mu, var, p = np.zeros((K, d)), np.zeros(K), np.zeros(K)
    for j in range(K):
        count = sum(post[u, j] for u in range(n))
        mu[j] = sum(post[u, j] * X[u] for u in range(n)) / count
        var[j] = sum(post[u, j] * sum((X[u] - mu[j]) ** 2) for u in range(n)) / (d * count)
        p[j] = count / n
    return Mixture(mu, var, p)


# Tab 2: K-means


def kmeans_estep(X, mixture):
    post = np.zeros((len(X), len(mixture.mu)))
    for u, x in enumerate(X):
        distances = [sum((x - mu) ** 2) for mu in mixture.mu]
        post[u, distances.index(min(distances))] = 1
    return post


def kmeans_cost(X, post, mu):
    return sum(post[u, j] * sum((X[u] - mu[j]) ** 2) for u in range(len(X)) for j in range(len(mu)))
