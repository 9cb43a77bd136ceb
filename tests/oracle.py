"""The assignment's formulas in plain loops, slow and obvious: what the matrix code is held against.

Nothing here is shared with the modules under test but the shape of a mixture.
"""

from math import exp, log, pi, sqrt

import numpy as np

from common import GaussianMixture


def log_normal(x, mu, var):
    """log N(x; mu, var I) over the coordinates given; 0 of none."""
    return sum(-0.5 * log(2 * pi * var) - (a - b) ** 2 / (2 * var) for a, b in zip(x, mu))


def soft_counts(log_joint):
    """Bayes' rule for one point: posterior and log-likelihood from log p_j N_j."""
    largest = max(log_joint)
    shares = [exp(value - largest) for value in log_joint]
    return [share / sum(shares) for share in shares], largest + log(sum(shares))


def em_estep(X, mixture):
    post, log_likelihood = [], 0.0
    for x in X:
        seen = [i for i in range(len(x)) if x[i] != 0]
        log_joint = [log(p + 1e-16) + log_normal(x[seen], mu[seen], var) for mu, var, p in zip(*mixture)]
        row, value = soft_counts(log_joint)
        post.append(row)
        log_likelihood += value
    return np.array(post), log_likelihood


def em_mstep(X, post, mixture, min_variance=0.25):
    n, d = X.shape
    K = post.shape[1]
    mu, var, p = np.array(mixture.mu, dtype=float), np.array(mixture.var, dtype=float), np.zeros(K)
    for j in range(K):
        for i in range(d):
            users = [u for u in range(n) if X[u, i] != 0]
            support = sum(post[u, j] for u in users)
            if support >= 1:
                mu[j, i] = sum(post[u, j] * X[u, i] for u in users) / support
        seen = [(u, i) for u in range(n) for i in range(d) if X[u, i] != 0]
        weight = sum(post[u, j] for u, i in seen)
        if weight > 0:
            var[j] = sum(post[u, j] * (X[u, i] - mu[j, i]) ** 2 for u, i in seen) / weight
        var[j] = max(var[j], min_variance)
        p[j] = sum(post[u, j] for u in range(n)) / n
    return GaussianMixture(mu, var, p)


def em_run(X, mixture):
    old = None
    while True:
        post, log_likelihood = em_estep(X, mixture)
        mixture = em_mstep(X, post, mixture)
        if old is not None and log_likelihood - old <= 1e-6 * abs(log_likelihood):
            return mixture, post, log_likelihood
        old = log_likelihood


def em_fill(X, mixture):
    post, _ = em_estep(X, mixture)
    filled = np.array(X, dtype=float)
    for u in range(X.shape[0]):
        for i in range(X.shape[1]):
            if X[u, i] == 0:
                filled[u, i] = sum(post[u, j] * mixture.mu[j][i] for j in range(len(mixture.p)))
    return filled


def naive_estep(X, mixture):
    rows = [soft_counts([log(p) + log_normal(x, mu, var) for mu, var, p in zip(*mixture)]) for x in X]
    return np.array([row for row, _ in rows]), sum(value for _, value in rows)


def naive_mstep(X, post):
    n, d = X.shape
    K = post.shape[1]
    mu, var, p = np.zeros((K, d)), np.zeros(K), np.zeros(K)
    for j in range(K):
        count = sum(post[:, j])
        mu[j] = sum(post[u, j] * X[u] for u in range(n)) / count
        var[j] = sum(post[u, j] * sum((X[u] - mu[j]) ** 2) for u in range(n)) / (d * count)
        p[j] = count / n
    return GaussianMixture(mu, var, p)


def kmeans_estep(X, mixture):
    post = np.zeros((len(X), len(mixture.mu)))
    for u, x in enumerate(X):
        distances = [sum((x - mu) ** 2) for mu in mixture.mu]
        post[u, distances.index(min(distances))] = 1
    return post


def kmeans_cost(X, post, mu):
    return sum(post[u, j] * sum((X[u] - mu[j]) ** 2) for u in range(len(X)) for j in range(len(mu)))


def init(X, K, seed):
    """The course's start, written as the course writes it."""
    n, d = X.shape
    mu = X[np.random.RandomState(seed).choice(n, K, replace=False)]
    var = [sum((X[u, i] - mu[j, i]) ** 2 for u in range(n) for i in range(d)) / (n * d) for j in range(K)]
    return GaussianMixture(np.array(mu, dtype=float), np.array(var), np.ones(K) / K)


def rmse(X, Y):
    return sqrt(sum((a - b) ** 2 for a, b in zip(np.ravel(X), np.ravel(Y))) / np.size(X))
