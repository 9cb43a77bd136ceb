"""K-means (tab 2): every point belongs to its nearest mean, every mean is the average of its points."""

from functools import partial

import numpy as np

from arithmetic.arguments import checked
from arithmetic.complete import Points, moments, nearest, points, sums
from arithmetic.digits import lost
from common import GaussianMixture


@checked(points, trusted=Points)
def estep(X, mixture):
    """E-step: assign every point to the nearest mean (tab 2).

    Args:
        X: (n, d) points.
        mixture: the current GaussianMixture, of which only mu counts.

    Returns:
        post: (n, K), 1 at the nearest mean of each row (the first of equally near ones), 0 elsewhere.

    Raises:
        ValueError: an argument is not what is said here, or not finite.
    """
    return nearest(X, mixture.mu)


@checked(points, trusted=Points)
def mstep(X, post, mixture=None):
    """M-step: means, variances and weights of the points that each component holds (tab 2).

    Soft counts serve as well as hard ones, so this is the M-step of naive EM too (tab 3).

    What a component's points do not determine keeps its old value: mean and variance where it holds no points
    (less than 1e-12 of one), the variance where its points do not differ (by less than 1e-15 of X's spread).

    Args:
        X: (n, d) points.
        post: (n, K) soft counts.
        mixture: GaussianMixture with the old values; where None they are X's own mean and variance.

    Returns:
        mixture: the new GaussianMixture.
        cost: float, the squared distances of the points to the new means, weighted with post.

    Raises:
        ValueError: an argument is not what is said here, or not finite.
    """
    return maximise(X, sums(X, post), lambda: [(X, post)], mixture)


def maximise(X, held, parts, mixture=None):
    """Return the new mixture and the cost from the sums of what each component holds of Points, by mstep's rule.

    Where these sums have lost digits, parts() returns pairs of Points and post, of all points, once more.
    """
    n, d = X.shape
    overall = X.squares.mean() / d
    old_mu, old_var = (X.centre, overall or 1.0) if mixture is None else (mixture.mu, mixture.var)
    count, total, square = held[:, 0], held[:, 1:-1], held[:, -1]
    alive = count > 1e-12
    divisor = np.where(alive, count, 1.0)
    mu, mean_square = total / divisor[:, None], square / divisor
    spread = mean_square - (mu**2).sum(axis=1)  # the mean of |x - mu|^2 is that of |x|^2, less |mu|^2
    mu += X.centre
    near = np.flatnonzero(alive & lost(spread, mean_square))
    if len(near):
        mu[near], spread[near] = moments(parts(), mu, divisor, near)
    differ = alive & (spread > 1e-30 * d * overall)
    cost = float(count @ np.maximum(spread, 0))
    return GaussianMixture(np.where(alive[:, None], mu, old_mu), np.where(differ, spread / d, old_var), count / n), cost


def parts(X, mixture):
    """Yield Points in blocks, with the hard counts of each."""
    for block in X.blocks():
        yield block, estep(block, mixture)


@checked(points)
def run(X, mixture, post=None, callback=None):
    """Repeat E-step and M-step until the cost falls by at most 1e-4 (tab 2).

    Args:
        X: (n, d) points.
        mixture: GaussianMixture to start from.
        post: (n, K) soft counts; not used, the first E-step makes its own.
        callback: called with the cost and the new mixture after each iteration, where given.

    Returns:
        mixture: GaussianMixture after the last M-step; its var are the clusters' mean squared distances per coordinate.
        post: (n, K), 1 for the cluster that a point belongs to, 0 elsewhere.
        cost: float, the sum of the points' squared distances to their means.

    Raises:
        ValueError: an argument is not what is said here, or not finite.
    """
    old = np.inf
    while True:
        held = sum(sums(block, post) for block, post in parts(X, mixture))
        new, cost = maximise(X, held, partial(parts, X, mixture), mixture)
        if callback:
            callback(cost, new)
        if not old - cost > 1e-4:
            return new, estep(X, mixture), cost
        mixture, old = new, cost
