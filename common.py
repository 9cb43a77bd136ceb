"""What the tabs of the assignment share: the mixture, its start, its picture, and two ways to judge it (tab 5).

Shapes throughout: n points (or users) of d coordinates (or movies), K components (types of users).
The responsibilities of the literature are called `post` or soft counts here, because the course calls them so.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse


class GaussianMixture(NamedTuple):
    """A mixture of K spherical Gaussians."""

    mu: np.ndarray  # (K, d): means, a row a component
    var: np.ndarray  # (K,): variances, the same in every direction
    p: np.ndarray  # (K,): mixing weights, non-negative, of sum 1


def init(X, K, seed=0):
    """Return the course's starting point: K points drawn as means, one variance around each, equal weights.

    Args:
        X: (n, d) points. In a matrix of ratings the zeros of missing entries count as values, as in the course.
        K: number of components, 1 to n.
        seed: of the draw, which is np.random.RandomState(seed).choice(n, K, replace=False).

    Returns:
        mixture: GaussianMixture; var[j] is the mean squared difference of all of X to mu[j], or 1 where that is 0.
        post: (n, K) soft counts, all 1 / K.

    Raises:
        ValueError: X is empty, not 2-D, sparse, or holds NaN, infinity or numbers above 1e100; K is out of range.
    """
    if issparse(X):
        raise ValueError("expected a dense array; to start on a sparse X, pass some of its rows: X[:1000].toarray()")
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"expected a 2-D array of points with at least one row and one column, got shape {X.shape}")
    if not np.abs(X).max() <= 1e100:  # beyond it squares overflow; NaN is refused too
        raise ValueError("expected finite numbers of at most 1e100 in size, got NaN, infinity or larger ones in X")
    n = len(X)
    if not isinstance(K, (int, np.integer)) or not 1 <= K <= n:
        raise ValueError(f"expected K to be a whole number from 1 to the number of points, {n}, got {K!r}")
    mu = X[np.random.RandomState(seed).choice(n, K, replace=False)]
    middle = centre(X)
    var = ((mu - middle) ** 2).mean(axis=1) + ((X - middle) ** 2).mean()
    var[var == 0] = 1.0  # all points are equal: any positive variance serves
    return GaussianMixture(mu, var, np.full(K, 1 / K)), np.full((n, K), 1 / K)


def rmse(X, Y):
    """Return the root mean squared difference over all entries of two arrays; ValueError if their shapes differ."""
    X, Y = np.asarray(X, dtype=float), np.asarray(Y, dtype=float)
    if X.shape != Y.shape:
        raise ValueError(f"expected arrays of one shape, got {X.shape} and {Y.shape}")
    return float(np.sqrt(np.mean((X - Y) ** 2)))


def bic(X, mixture, log_likelihood):
    """Return the Bayesian information criterion as the course defines it (tab 5): larger is better.

    The free parameters are K means of d coordinates, K variances, and K weights of which K - 1 are free.
    """
    n, d = np.shape(X)
    K = len(mixture.p)
    return float(log_likelihood - (K * d + K + (K - 1)) / 2 * np.log(n))


class Points(NamedTuple):
    """Points and what does not change from one iteration to the next.

    Moving the origin to the points' mean keeps the expanded squares x.x - 2 x.mu + mu.mu from losing the digits of
    points that lie far from 0. What is left is the limit of all expanded squares: groups a million times smaller than
    the distance to that mean are points.
    """

    X: np.ndarray  # (n, d): the points less their centre
    centre: np.ndarray  # (d,): the mean of the points as they came
    squares: np.ndarray  # (n,): squared distance of each point to the centre


    def blocks(self, rows=16384):
        """Yield the points in blocks so small that what is computed of one stays in the processor's cache."""
        for start in range(0, len(self.X), rows):
            part = slice(start, start + rows)
            yield Points(self.X[part], self.centre, self.squares[part])


def points(X):
    """Return (n, d) points as Points, and Points as they are."""
    if isinstance(X, Points):
        return X
    X = np.asarray(X, dtype=float)
    middle = centre(X)
    X = X - middle
    return Points(X, middle, np.einsum("ij,ij->i", X, X))


def centre(X):
    """Return the mean of (n, d) points, without any rounding where all of them are equal."""
    return X[0] + (X - X[0]).mean(axis=0)


def posterior(log_joint):
    """Return what Bayes' rule makes of log p(component) p(point | component): post and the log-likelihood.

    Dividing by the largest term before exp, the log-sum-exp trick, keeps far-away points from underflowing.

    Args:
        log_joint: (n, K), each row with at least one entry above -inf.

    Returns:
        post: (n, K), rows of sum 1.
        log_likelihood: float, the sum over the points of log sum_j exp(log_joint[:, j]).
    """
    largest = log_joint.max(axis=1, keepdims=True)
    post = np.exp(log_joint - largest)
    total = post.sum(axis=1, keepdims=True)
    post /= total
    return post, float((largest + np.log(total)).sum())


def plot(X, mixture, post, title, ax=None):
    """Draw 2-D points coloured by their soft counts, and each component as a circle one standard deviation wide.

    Args:
        X: (n, 2) points.
        mixture: GaussianMixture of K components.
        post: (n, K) soft counts; a point's colour is the components' colours mixed in this proportion.
        title: of the axes.
        ax: matplotlib axes to draw on; a new figure's where None.

    Returns:
        The axes. Nothing is shown or saved.

    Raises:
        ValueError: the points are not 2-D.
    """
    import matplotlib.pyplot as plt  # here, because only pictures need it
    from matplotlib.collections import EllipseCollection
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import withStroke

    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"expected points of two coordinates to plot, got shape {X.shape}")
    if ax is None:
        ax = plt.figure(layout="constrained").add_subplot()
    K = len(mixture.p)
    # Viridis gives any number of colours that differ in lightness too, for eyes that see few hues and for grey print.
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, K))[:, :3]
    sd = np.sqrt(mixture.var)

    ax.scatter(*X.T, s=22, c=np.clip(post @ colours, 0, 1), edgecolors="white", linewidths=0.4)
    circles = {"units": "xy", "offsets": mixture.mu, "offset_transform": ax.transData, "facecolors": "none"}
    for colour, width in (("white", 4), (colours, 2)):  # a white rim keeps circles apart from points of their colour
        ax.add_collection(EllipseCollection(2 * sd, 2 * sd, 0 * sd, edgecolors=colour, linewidths=width, **circles))
    for j in range(K):
        ax.annotate(j + 1, mixture.mu[j], ha="center", va="center", weight="bold", annotation_clip=True,
                    path_effects=[withStroke(linewidth=3, foreground="white")])

    margin = 0.08 * np.ptp(X, axis=0).max() or 1.0
    left, bottom = X.min(axis=0) - margin
    right, top = X.max(axis=0) + margin
    ax.set(title=title, aspect="equal", xlim=(left, right), ylim=(bottom, top))
    handles = [Line2D([], [], marker="o", linestyle="", color=colours[j],
                      label=f"{j + 1}: p = {mixture.p[j]:.2f}, sd = {sd[j]:.2f}") for j in range(K)]
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2, frameon=False,
              fontsize="small", handletextpad=0.1)
    return ax
