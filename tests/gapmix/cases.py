"""Tables with gaps and mixtures, drawn."""

import numpy as np

from gapmix import Mixture

from .oracle import matrices


def mixture(seed, kind, K=3, d=4, apart=2.0):
    """Return a Mixture of a kind, its covariances far from diagonal where the kind allows."""
    random = np.random.default_rng(seed)
    roots = random.normal(size=(K, d, d))
    full = roots @ roots.transpose(0, 2, 1) / d + 0.1 * np.eye(d)
    cov = {"full": full, "tied": full[0], "diag": random.uniform(0.2, 2, (K, d)),
           "spherical": random.uniform(0.2, 2, K)}[kind]
    p = random.dirichlet(np.full(K, 5))
    return Mixture(p, apart * random.normal(size=(K, d)), cov, kind)


def rows(seed, truth, n, missing=0.3):
    """Return n rows drawn from a mixture, with gaps at random; the first rows have all entries, none, and one."""
    random = np.random.default_rng(seed)
    K, d = truth.mu.shape
    roots = np.linalg.cholesky(matrices(truth))
    chosen = random.choice(K, n, p=truth.p)
    X = truth.mu[chosen] + np.einsum("nij,nj->ni", roots[chosen], random.normal(size=(n, d)))
    X[random.random(X.shape) < missing] = np.nan
    if missing:
        X[1], X[2, 1:] = np.nan, np.nan
    return X
