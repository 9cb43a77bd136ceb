"""EM for a mixture of spherical Gaussians on a matrix of ratings with gaps, and the filling of the gaps (tabs 7-8).

A rating of 0 is missing; only the entries C_u that user u rated enter that user's density. No loop over users is needed: with
the mask, 1 where a rating is observed and 0 elsewhere, the squared distance over C_u is

    sum over C_u of (x - mu)^2  =  sum of x^2  -  2 x . mu  +  mask . mu^2

so that one iteration is four matrix products, two of the E-step (X mu^T, mask (mu^2)^T) and two of the M-step
(X^T post, mask^T post). X may also be a scipy.sparse matrix.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse

from common import GaussianMixture, posterior


class Ratings(NamedTuple):
    """The ratings and what does not change from one iteration to the next."""

    X: np.ndarray  # (n, d): ratings, 0 where missing
    mask: np.ndarray  # (n, d): 1 where observed, 0 where missing
    counts: np.ndarray  # (n,): |C_u|, the number of ratings of each user
    squares: np.ndarray  # (n,): sum of the squared ratings of each user


def ratings(X):
    """Return (n, d) ratings, 0 where missing, as Ratings, and Ratings as they are."""
    if isinstance(X, Ratings):
        return X
    # Of a sparse matrix a copy: comparing it would put its entries in order in place.
    X = csr_array(X, dtype=float, copy=True) if issparse(X) else np.asarray(X, dtype=float)
    mask = (X != 0).astype(float)
    return Ratings(X, mask, mask.sum(axis=1), (X**2).sum(axis=1))


def estep(X, mixture):
    """E-step: soft counts of each user's type from the ratings given (tab 7).

    A user without ratings gets post = p and adds nothing to the log-likelihood.

    Args:
        X: (n, d) ratings, 0 where missing.
        mixture: the current GaussianMixture.

    Returns:
        post: (n, K) soft counts, rows of sum 1.
        log_likelihood: float, of the observed ratings under the mixture.
    """
    return posterior(np.log(mixture.p + 1e-16) + log_normal(X, mixture))


def log_normal(X, mixture):
    """Return log N(x_u; mu_j, var_j) over the entries C_u that each user rated, (n, K); 0 for a user without ratings."""
    X, mask, counts, squares = ratings(X)
    mu, var = mixture.mu, mixture.var
    distance = squares[:, None] - 2 * (X @ mu.T) + mask @ (mu**2).T
    return -0.5 * counts[:, None] * np.log(2 * np.pi * var) - distance / (2 * var)


def mstep(X, post, mixture, min_variance=0.25):
    """M-step: the mixture that makes the observed ratings most likely, given the soft counts (tab 7).

    What too few ratings determine keeps its old value: a mean's coordinate with less than one soft count of
    observations, and the variance of a component without any.

    Args:
        X: (n, d) ratings, 0 where missing.
        post: (n, K) soft counts.
        mixture: the current GaussianMixture.
        min_variance: the variances' floor, in squared rating units.

    Returns:
        The new GaussianMixture.
    """
    X, mask, _, squares = ratings(X)
    post = np.asarray(post)
    support = (mask.T @ post).T  # (K, d): soft count of the users who rated a movie
    total = (X.T @ post).T  # (K, d): soft sum of their ratings
    mu = np.where(support >= 1, total / np.maximum(support, 1), mixture.mu)
    # The squared distance to the new means, summed over the ratings: the E-step's formula, from the sums at hand.
    distance = post.T @ squares - 2 * (mu * total).sum(axis=1) + (mu**2 * support).sum(axis=1)
    seen = support.sum(axis=1)
    var = np.where(seen > 0, distance / np.where(seen > 0, seen, 1), mixture.var)
    return GaussianMixture(mu, np.maximum(var, min_variance), post.mean(axis=0))


def run(X, mixture, post, min_variance=0.25, callback=None):
    """Repeat E-step and M-step until the log-likelihood improves by at most 1e-6 of its size (tab 7).

    Args:
        X: (n, d) ratings, 0 where missing.
        mixture: GaussianMixture to start from.
        post: (n, K) soft counts; not used, the first E-step makes its own.
        min_variance: the variances' floor.
        callback: called with the log-likelihood of each iteration, where given.

    Returns:
        mixture: GaussianMixture after the last M-step.
        post: (n, K) soft counts of the E-step before it.
        log_likelihood: float, of the same E-step.
    """
    X = ratings(X)
    old = -np.inf
    while True:
        post, log_likelihood = estep(X, mixture)
        mixture = mstep(X, post, mixture, min_variance)
        if callback:
            callback(log_likelihood)
        if not log_likelihood - old > 1e-6 * abs(log_likelihood):
            return mixture, post, log_likelihood
        old = log_likelihood


def fill_matrix(X, mixture):
    """Return the ratings with every gap filled by its expectation given the user's other ratings (tab 8).

    Args:
        X: (n, d) ratings, 0 where missing.
        mixture: GaussianMixture.

    Returns:
        X_pred: (n, d); observed ratings are kept as they are.
    """
    post, _ = estep(X, mixture)
    X = X.toarray() if issparse(X) else np.asarray(X)
    return np.where(X == 0, post @ mixture.mu, X)
