"""K-means (tab 2): every point belongs to its nearest mean, every mean is the average of its points."""

import numpy as np

from common import GaussianMixture, points


def estep(X, mixture):
    """E-step: assign every point to the nearest mean (tab 2).

    Args:
        X: (n, d) points.
        mixture: the current GaussianMixture, of which only mu counts.

    Returns:
        post: (n, K), 1 at the nearest mean of each row (the first of equally near ones), 0 elsewhere.
    """
    data = points(X)
    mu = mixture.mu - data.centre
    # Half of |x - mu|^2 - |x|^2, which orders the means as the distance does. Computed as (K, n) and in place: with
    # a million points, memory is what takes the time.
    order = mu @ data.X.T
    np.subtract(0.5 * (mu**2).sum(axis=1, keepdims=True), order, out=order)
    nearest = np.equal(order, order.min(axis=0), out=order)
    if nearest.sum() > nearest.shape[1]:  # some point has two nearest means: the first one counts
        nearest *= nearest.cumsum(axis=0) == 1
    return nearest.T


def mstep(X, post, mixture=None):
    """M-step: means, variances and weights of the points that each component holds (tab 2).

    Soft counts serve as well as hard ones, so this is the M-step of naive EM too (tab 3).

    What a component's points do not determine keeps its old value: mean and variance where it holds no points
    (less than 1e-12 of one), the variance where its points do not differ (by less than a millionth of their distance
    to X's mean, or of a millionth of X's spread, which is where rounding begins).

    Args:
        X: (n, d) points.
        post: (n, K) soft counts.
        mixture: GaussianMixture with the old values; where None they are X's own mean and variance.

    Returns:
        mixture: the new GaussianMixture.
        cost: float, the squared distances of the points to the new means, weighted with post.
    """
    X = points(X)
    return maximise(X, sufficient_statistics(X, np.asarray(post)), mixture)


def sufficient_statistics(X, post):
    """Return all that an M-step needs of Points: the sums of post, of post x and of post |x|^2, (K, 1 + d + 1)."""
    return np.column_stack([post.sum(axis=0), post.T @ X.X, post.T @ X.squares])


def maximise(X, sums, mixture):
    """Return the new mixture and the cost from the sufficient statistics of all points, by mstep's rule."""
    n, d = X.X.shape
    overall = X.squares.mean() / d
    old_mu, old_var = (X.centre, overall or 1.0) if mixture is None else (mixture.mu, mixture.var)
    count, total, square = sums[:, 0], sums[:, 1:-1], sums[:, -1]
    held = count > 1e-12
    divisor = np.where(held, count, 1.0)
    mu = np.where(held[:, None], total / divisor[:, None], old_mu - X.centre)
    square = square / divisor  # mean of |x|^2; less |mu|^2 it is the mean of |x - mu|^2
    spread = np.maximum(square - (mu**2).sum(axis=1), 0)
    rounding = 1e-12 * np.maximum(square, 1e-12 * d * overall)
    var = np.where(held & (spread > rounding), spread / d, old_var)
    return GaussianMixture(mu + X.centre, var, count / n), float((count * spread)[held].sum())


def run(X, mixture, post, callback=None):
    """Repeat E-step and M-step until the cost falls by at most 1e-4 (tab 2).

    Args:
        X: (n, d) points.
        mixture: GaussianMixture to start from.
        post: (n, K) soft counts; not used, the first E-step makes its own.
        callback: called with the cost of each iteration, where given.

    Returns:
        mixture: GaussianMixture after the last M-step; its var are the clusters' mean squared distances per coordinate.
        post: (n, K), 1 for the cluster that a point belongs to, 0 elsewhere.
        cost: float, the sum of the points' squared distances to their means.
    """
    X = points(X)
    old = np.inf
    while True:
        # E-step and M-step, block by block: post of a million points is written nowhere, only its sums are kept.
        start = mixture
        sums = sum(sufficient_statistics(block, estep(block, mixture)) for block in X.blocks())
        mixture, cost = maximise(X, sums, mixture)
        if callback:
            callback(cost)
        if not old - cost > 1e-4:
            return mixture, estep(X, start), cost
        old = cost
