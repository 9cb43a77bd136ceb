"""EM for a mixture of spherical Gaussians on complete data (tabs 3-4)."""

from functools import partial

import numpy as np

import kmeans
from arithmetic.arguments import components, function, soft_counts
from arithmetic.bayes import posterior
from arithmetic.complete import distances, expect, points


def estep(X, mixture):
    """E-step: soft counts of each point's component, computed in the log domain (tab 3).

    Args:
        X: (n, d) points.
        mixture: the current GaussianMixture; a component of p = 0 gets no soft counts.

    Returns:
        post: (n, K) soft counts, rows of sum 1.
        log_likelihood: float, of X under the mixture.

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    data, mixture = points(X), components(mixture, X)
    d, var = data.shape[1], mixture.var
    distance = distances(data, mixture.mu, var)
    with np.errstate(divide="ignore", over="ignore"):  # log 0 = -inf is right for a component without weight
        log_normal = -0.5 * d * np.log(2 * np.pi * var) - distance / (2 * var)
        return posterior(np.log(mixture.p) + log_normal)


def mstep(X, post, mixture=None):
    """M-step: the mixture that makes the points most likely, given the soft counts (tab 3).

    With n_j = sum_u post_uj it is p_j = n_j / n, mu_j = sum_u post_uj x_u / n_j, and var_j = sum_u post_uj
    |x_u - mu_j|^2 / (d n_j). K-means does the same with its hard counts, so its code serves.

    If a component's points do not determine a value, the old value stays, as in kmeans.mstep.

    Args:
        X: (n, d) points.
        post: (n, K) soft counts.
        mixture: GaussianMixture with the old values; None for X's own mean and variance.

    Returns:
        The new GaussianMixture.

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    mixture, _ = kmeans.mstep(X, post, mixture)
    return mixture


def run(X, mixture, post=None, callback=None):
    """Repeat E-step and M-step until the log-likelihood improves by at most 1e-6 of its size (tab 3).

    Args:
        X: (n, d) points.
        mixture: GaussianMixture to start from.
        post: (n, K) soft counts; not used, the first E-step makes its own.
        callback: called with the log-likelihood of the E-step and the new mixture after each iteration, if given.

    Returns:
        mixture: GaussianMixture after the last M-step.
        post: (n, K) soft counts of the E-step before it.
        log_likelihood: float, of the same E-step.

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    data, mixture, callback = points(X), components(mixture, X), function(callback)
    if post is not None:
        soft_counts(post, X, mixture)
    old = -np.inf
    while True:
        held, log_likelihood = expect(data, partial(estep, mixture=mixture))
        new, _ = kmeans.maximise(data, held, mixture)
        if callback:
            callback(log_likelihood, new)
        if not log_likelihood - old > 1e-6 * abs(log_likelihood):
            return new, estep(data, mixture)[0], log_likelihood
        mixture, old = new, log_likelihood
