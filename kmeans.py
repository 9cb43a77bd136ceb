"""K-means (tab 2): every point belongs to its nearest mean, every mean is the average of its points."""

import numpy as np

from arithmetic.arguments import components, function, soft_counts
from arithmetic.complete import expect, held, moments, nearest, points
from arithmetic.digits import lost
from common import GaussianMixture


def estep(X, mixture):
    """E-step: assign every point to the nearest mean (tab 2).

    Args:
        X: (n, d) points.
        mixture: the current GaussianMixture; only mu is used.

    Returns:
        post: (n, K), 1 at the nearest mean of each row (the first of equally near ones), 0 elsewhere.

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    data, mixture = points(X), components(mixture, X)
    return nearest(data, mixture.mu)


def mstep(X, post, mixture=None):
    """M-step: means, variances and weights of each component's points (tab 2).

    With soft counts this is the M-step of naive EM, too (tab 3).

    A component without points (less than 1e-12 of one) keeps its old mean and variance. A component whose points are
    equal (within 1e-15 of X's standard deviation) keeps its old variance.

    Args:
        X: (n, d) points.
        post: (n, K) soft counts.
        mixture: GaussianMixture with the old values; None for X's own mean and variance.

    Returns:
        mixture: the new GaussianMixture.
        cost: float, the squared distances of the points to the new means, weighted with post.

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    data, mixture = points(X), mixture if mixture is None else components(mixture, X)
    return maximise(data, held(data, soft_counts(post, X, mixture)), mixture)


def maximise(X, held, mixture=None, hard=False):
    """Return the new mixture and the cost from the Held of Points, by mstep's rule.

    `hard` means that post is 0 or 1. Then a count of 1 is a single point, which is its own mean.
    """
    n, d = X.shape
    overall = X.squares.mean() / d
    old_mu, old_var = (X.centre, overall or 1.0) if mixture is None else (mixture.mu, mixture.var)
    alive = held.count > 1e-12
    count = np.where(alive, held.count, 1.0)
    mu, mean_square = held.total / count[:, None], held.square / count
    apart = mean_square - (mu**2).sum(axis=1)  # the mean of |x - mu|^2 is that of |x|^2, less |mu|^2
    mu += X.centre
    single = hard & (count == 1)
    apart[single] = 0
    near = np.flatnonzero(alive & ~single & lost(apart, mean_square))
    if len(near):
        mu[near], apart[near] = moments(held, mu, near)
    differ = alive & (apart > 1e-30 * d * overall)
    cost = float(held.count @ np.maximum(apart, 0))
    var = np.where(differ, apart / d, old_var)
    return GaussianMixture(np.where(alive[:, None], mu, old_mu), var, held.count / n), cost


def run(X, mixture, post=None, callback=None):
    """Repeat E-step and M-step until the cost falls by at most 1e-4 (tab 2).

    Args:
        X: (n, d) points.
        mixture: GaussianMixture to start from.
        post: (n, K) soft counts; not used, the first E-step makes its own.
        callback: called with the cost and the new mixture after each iteration, if given.

    Returns:
        mixture: GaussianMixture after the last M-step; its var are the mean squared distances per coordinate.
        post: (n, K), 1 for the component that a point belongs to, 0 elsewhere.
        cost: float, the sum of the points' squared distances to their means.

    Raises:
        ValueError: an argument has another form than described here, or is not finite.
    """
    data, mixture, callback = points(X), components(mixture, X), function(callback)
    if post is not None:
        soft_counts(post, X, mixture)
    old = np.inf
    while True:
        held, _ = expect(data, _hard_counts(mixture))
        new, cost = maximise(data, held, mixture, hard=True)
        if callback:
            callback(cost, new)
        if not old - cost > 1e-4:
            return new, estep(data, mixture), cost
        mixture, old = new, cost


def _hard_counts(mixture):
    """Return the E-step for `expect`; K-means has no log-likelihood."""
    return lambda block: (estep(block, mixture), 0.0)
