"""EM for a mixture of spherical Gaussians on a matrix of ratings with gaps, and the filling of the gaps (tabs 7-8).

A rating of 0 is missing; only the entries C_u that user u rated enter that user's density. No loop over users is
needed: with the mask, 1 where a rating is observed and 0 elsewhere, the squared distance over C_u is

    sum over C_u of (x - mu)^2  =  sum of x^2  -  2 x . mu  +  mask . mu^2

so one iteration is four matrix products: X mu^T and mask (mu^2)^T in the E-step, post^T X and post^T mask in the
M-step. arithmetic/gaps.py computes them, and replaces them if they would lose digits. plain_loops.py has the same in
plain loops. X may also be a scipy.sparse matrix.
"""

import numpy as np
from scipy.sparse import issparse

from arithmetic.arguments import components, floor, function, soft_counts
from arithmetic.bayes import posterior
from arithmetic.gaps import distances, ratings, sums, within
from common import GaussianMixture

ENOUGH = 1 - 1e-9  # soft counts that move a mean's coordinate: 1, less some rounding


def estep(X, mixture):
    """E-step: soft counts of each user's type from the ratings given (tab 7).

    A user without ratings gets post = p and adds nothing to the log-likelihood.

    Args:
        X: (n, d) ratings, 0 where missing.
        mixture: the current GaussianMixture.

    Returns:
        post: (n, K) soft counts, rows of sum 1.
        log_likelihood: float, of the observed ratings under the mixture.

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    data, mixture = ratings(X), components(mixture, X)
    return posterior(np.log(mixture.p + 1e-16) + log_normal(data, mixture))


def log_normal(X, mixture):
    """Return log N(x_u; mu_j, var_j) of Ratings over the entries C_u that each user rated, (n, K); 0 without any."""
    distance = distances(X, mixture.mu, mixture.var)
    constant = np.multiply.outer(-0.5 * np.log(2 * np.pi * mixture.var), X.counts).T  # laid out as distance
    with np.errstate(over="ignore"):  # a density whose logarithm is out of range is 0
        return constant - distance / (2 * mixture.var)


def mstep(X, post, mixture, min_variance=0.25):
    """M-step: the mixture that makes the observed ratings most likely, given the soft counts (tab 7).

    A mean's coordinate with less than one soft count of observations keeps its old value, as does the variance of a
    component without any.

    Args:
        X: (n, d) ratings, 0 where missing.
        post: (n, K) soft counts.
        mixture: the current GaussianMixture.
        min_variance: smallest variance, in squared rating units.

    Returns:
        The new GaussianMixture.

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    data, mixture = ratings(X), components(mixture, X)
    post, min_variance = soft_counts(post, X, mixture), floor(min_variance)
    support, total, square = sums(data, post)
    moved = support >= ENOUGH
    mu = np.where(moved, total / np.maximum(support, ENOUGH) + data.centre, mixture.mu)
    seen = support.sum(axis=1)
    # The squared distance to the new means, summed over the ratings: the E-step's formula, from these sums.
    distance = within(data, post, mu, (support, total, square), least=min_variance * seen)
    var = np.divide(distance, seen, where=seen > 0, out=mixture.var.copy())
    return GaussianMixture(mu, np.maximum(var, min_variance), post.mean(axis=0))


def run(X, mixture, post=None, min_variance=0.25, callback=None):
    """Repeat E-step and M-step until the log-likelihood improves by at most 1e-6 of its size (tab 7).

    Args:
        X: (n, d) ratings, 0 where missing.
        mixture: GaussianMixture to start from.
        post: (n, K) soft counts; not used, the first E-step makes its own.
        min_variance: smallest variance.
        callback: called with the log-likelihood of the E-step and the new mixture after each iteration, if given.

    Returns:
        mixture: GaussianMixture after the last M-step.
        post: (n, K) soft counts of the E-step before it.
        log_likelihood: float, of the same E-step.

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    data, mixture, callback = ratings(X), components(mixture, X), function(callback)
    if post is not None:
        soft_counts(post, X, mixture)
    old = -np.inf
    while True:
        post, log_likelihood = estep(data, mixture)
        mixture = mstep(data, post, mixture, min_variance)
        if callback:
            callback(log_likelihood, mixture)
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

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    post, _ = estep(X, mixture)
    X = X.toarray() if issparse(X) else np.asarray(X, dtype=float)
    return np.where(X == 0, post @ np.asarray(mixture.mu, dtype=float), X)
