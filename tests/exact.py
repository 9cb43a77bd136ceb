"""The assignment in plain loops of decimal numbers of 60 digits, which judge how many of its 16 float64 has kept.

Arguments are arrays of float64, or of Decimal; results are arrays of Decimal.
"""

from decimal import Context, Decimal, localcontext
from functools import wraps

import numpy as np

TWO_PI = 2 * Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
numbers = np.vectorize(Decimal, otypes=[object])  # what float64 holds, without any rounding
logarithm = np.vectorize(Decimal.ln, otypes=[object])
exponential = np.vectorize(Decimal.exp, otypes=[object])


def exactly(function):
    @wraps(function)
    def computing(*given):
        with localcontext(Context(prec=60, Emin=-10**15, Emax=10**15)):
            return function(*given)
    return computing


def squared_distance(x, mu):
    return sum(((a - b) ** 2 for a, b in zip(x, mu, strict=True)), Decimal(0))


@exactly
def init_variances(X, mu):
    """The course's start: the mean squared difference of all entries to each of the means, (K,)."""
    return np.array([sum(squared_distance(x, mean) for x in numbers(X)) / X.size for mean in numbers(mu)])


@exactly
def log_joint(X, observed, mixture, least=0.0):
    """log (p_j + least) + log N(x_u; mu_j, var_j) over what is observed, and the size of its terms: (n, K) each."""
    X, (mu, var, p) = numbers(X), map(numbers, mixture)
    found, size = np.empty((2, len(X), len(p)), dtype=object)
    for u, own in enumerate(observed):
        for j in range(len(p)):
            weight = (p[j] + Decimal(least)).ln()
            constant = -int(own.sum()) * (TWO_PI * var[j]).ln() / 2
            distance = squared_distance(X[u, own], mu[j, own]) / (2 * var[j])
            found[u, j], size[u, j] = weight + constant - distance, 1 + abs(weight) + abs(constant) + distance
    return found, size


@exactly
def soft_counts(log_joint):
    """post (n, K), and each row's log-likelihood (n,)."""
    largest = log_joint.max(axis=1)
    share = exponential(log_joint - largest[:, None])
    total = share.sum(axis=1)
    return share / total[:, None], largest + logarithm(total)


@exactly
def distances(X, mu):
    """Squared distances of points to means, (n, K)."""
    return np.array([[squared_distance(x, mean) for mean in numbers(mu)] for x in numbers(X)])


@exactly
def mstep(X, observed, post, mixture, enough):
    """The means (K, d), the squared distances to them (K,), and the soft counts of the coordinates they are of (K,).

    A mean's coordinate with less than `enough` soft counts is the mixture's.
    """
    X, post, mu = numbers(X), numbers(post), numbers(mixture.mu)
    for j, i in np.ndindex(mu.shape):
        users = observed[:, i]
        if (support := post[users, j].sum()) >= Decimal(enough):
            mu[j, i] = (post[users, j] * X[users, i]).sum() / support
    distance, seen = np.full((2, len(mu)), Decimal(0))
    for j, u in np.ndindex(post.T.shape):
        own = observed[u]
        distance[j] += post[u, j] * squared_distance(X[u, own], mu[j, own])
        seen[j] += post[u, j] * int(own.sum())
    return mu, distance, seen
