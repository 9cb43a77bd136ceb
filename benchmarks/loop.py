"""EM with gaps as most learners first write it: a loop over users, and in it one over components."""

import numpy as np
from scipy.special import logsumexp

from common import GaussianMixture


def estep(X, mixture):
    n, K = len(X), len(mixture.p)
    post, log_likelihood = np.zeros((n, K)), 0.0
    for u in range(n):
        seen = X[u] != 0
        f = np.zeros(K)
        for j in range(K):
            distance = ((X[u, seen] - mixture.mu[j, seen]) ** 2).sum()
            f[j] = (np.log(mixture.p[j] + 1e-16) - seen.sum() / 2 * np.log(2 * np.pi * mixture.var[j])
                    - distance / (2 * mixture.var[j]))
        total = logsumexp(f)
        post[u] = np.exp(f - total)
        log_likelihood += total
    return post, log_likelihood


def mstep(X, post, mixture, min_variance=0.25):
    (n, d), K = X.shape, post.shape[1]
    mu, var = mixture.mu.copy(), np.zeros(K)
    for j in range(K):
        for i in range(d):
            seen = X[:, i] != 0
            support = post[seen, j].sum()
            if support >= 1:
                mu[j, i] = post[seen, j] @ X[seen, i] / support
        distance, weight = 0.0, 0.0
        for u in range(n):
            seen = X[u] != 0
            distance += post[u, j] * ((X[u, seen] - mu[j, seen]) ** 2).sum()
            weight += post[u, j] * seen.sum()
        var[j] = max(distance / weight, min_variance)
    return GaussianMixture(mu, var, post.sum(axis=0) / n)
