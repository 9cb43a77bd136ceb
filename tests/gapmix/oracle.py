"""The mixture in plain loops, row by row, from its definition: what gapmix is held against."""

import numpy as np
from scipy.stats import multivariate_normal

KINDS = ("full", "tied", "diag", "spherical")


def matrices(mixture):
    """Return the K covariance matrices, (K, d, d)."""
    K, d = mixture.mu.shape
    return np.array([{"full": lambda k: mixture.cov[k], "tied": lambda k: mixture.cov,
                      "diag": lambda k: np.diag(mixture.cov[k]),
                      "spherical": lambda k: mixture.cov[k] * np.eye(d)}[mixture.kind](k) for k in range(K)])


def log_normal(x, mu, cov):
    """Return log N(x_O; mu_O, cov_OO) by SciPy; 0 without entries."""
    O = np.flatnonzero(~np.isnan(x))
    return multivariate_normal(mu[O], cov[np.ix_(O, O)], allow_singular=False).logpdf(x[O]) if len(O) else 0.0


def posterior(x, mixture):
    """Return the soft counts (K,) and log p(x)."""
    joint = np.log(mixture.p) + [log_normal(x, mu, cov) for mu, cov in zip(mixture.mu, matrices(mixture), strict=True)]
    total = np.logaddexp.reduce(joint)
    return np.exp(joint - total), total


def filled(x, mu, cov):
    """Return the expectation of the whole row given its entries, and its conditional covariance (d, d)."""
    O, M = np.flatnonzero(~np.isnan(x)), np.flatnonzero(np.isnan(x))
    mean, spread = x.copy(), np.zeros_like(cov)
    gain = np.linalg.solve(cov[np.ix_(O, O)], cov[np.ix_(O, M)]).T
    mean[M] = mu[M] + gain @ (x[O] - mu[O])
    spread[np.ix_(M, M)] = cov[np.ix_(M, M)] - gain @ cov[np.ix_(O, M)]
    return mean, spread


def iteration(X, mixture, weight=None, strength=0.0):
    """Return the next p, mu and cov of exact EM, prior included, in units where the prior's covariance is I."""
    (n, d), K = X.shape, len(mixture.p)
    weight = np.ones(n) if weight is None else weight
    post = np.array([posterior(x, mixture)[0] for x in X]) * weight[:, None]
    post[np.isnan(X).all(axis=1)] = 0
    p, mu, covs = post.sum(axis=0) / post.sum(), np.zeros((K, d)), matrices(mixture)
    scatter, rows = np.zeros((K, d, d)), np.zeros((K, d))
    whole = mixture.kind in ("full", "tied")
    for k in range(K):
        means, spreads = zip(*(filled(x, mixture.mu[k], covs[k]) for x in X), strict=True)
        counted = np.ones_like(X) if whole else ~np.isnan(X)
        for j in range(d):
            rows[k, j] = (post[:, k] * counted[:, j]).sum()
            mu[k, j] = sum(post[i, k] * means[i][j] for i in range(n) if counted[i, j]) / rows[k, j]
        for i in range(n):
            apart = np.where(counted[i], means[i] - mu[k], 0)
            scatter[k] += post[i, k] * (np.outer(apart, apart) + (spreads[i] if whole else 0))
    prior = strength * np.eye(d)
    cov = {"full": lambda: np.array([(scatter[k] + prior) / (rows[k, 0] + strength) for k in range(K)]),
           "tied": lambda: (scatter.sum(axis=0) + prior) / (rows[:, 0].sum() + strength),
           "diag": lambda: np.array([(np.diag(scatter[k]) + strength) / (rows[k] + strength) for k in range(K)]),
           "spherical": lambda: np.array([(np.trace(scatter[k]) + d * strength) / (rows[k].sum() + d * strength)
                                          for k in range(K)])}[mixture.kind]()
    return p, mu, cov


def penalised(X, mixture, strength, weight=None):
    """Return the log-likelihood plus the log prior, in units where the prior's covariance is I."""
    weight = np.ones(len(X)) if weight is None else weight
    covs = matrices(mixture)[:1] if mixture.kind == "tied" else matrices(mixture)
    divergence = sum((np.trace(np.linalg.inv(cov)) - len(cov) + np.linalg.slogdet(cov)[1]) / 2 for cov in covs)
    return weight @ [posterior(x, mixture)[1] for x in X] - strength * divergence
