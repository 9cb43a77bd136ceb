"""Shared by the tabs of the assignment: the mixture, its start, its picture, RMSE and BIC (tab 5).

Shapes throughout: n points (or users) of d coordinates (or movies), K components (types of users).
The responsibilities of the literature are called `post` or soft counts here, because the course calls them so.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from arithmetic.arguments import components, finite, matrix, number, plane, shaped, soft_counts, sparse_matrix, whole
from arithmetic.complete import mean_squares


class GaussianMixture(NamedTuple):
    """A mixture of K spherical Gaussians."""

    mu: np.ndarray  # (K, d): means, a row a component
    var: np.ndarray  # (K,): variances, the same in every direction
    p: np.ndarray  # (K,): mixing weights, non-negative, of sum 1


def init(X, K, seed=0):
    """Return the course's starting point: K points drawn as means, one variance around each, equal weights.

    Args:
        X: (n, d) points, dense or scipy.sparse. In a matrix of ratings the zeros of missing entries count as values,
            as in the course.
        K: number of components, 1 to n.
        seed: of the draw, which is np.random.RandomState(seed).choice(n, K, replace=False).

    Returns:
        mixture: GaussianMixture; var[j] is the mean squared difference of all of X to mu[j], or 1 where that is 0.
        post: (n, K) soft counts, all 1 / K.

    Raises:
        ValueError: X is not 2-D, of finite real numbers; K or seed is not a whole number, or out of range.
    """
    X = sparse_matrix(X) if issparse(X) else finite(matrix(X), "X")
    n = X.shape[0]
    K, seed = whole(K, "K", 1, n, "the number of points, "), whole(seed, "seed", 0, 2**32 - 1)
    mu = X[np.random.RandomState(seed).choice(n, K, replace=False)]
    mu = mu.toarray() if issparse(mu) else mu
    var = mean_squares(X, mu)
    var[var == 0] = 1.0  # all points are equal: any positive variance serves
    return GaussianMixture(mu, var, np.full(K, 1 / K)), np.full((n, K), 1 / K)


def rmse(X, Y):
    """Return the root mean squared difference over all entries of two arrays.

    Raises:
        ValueError: their shapes differ, they are empty, or not all of their entries are finite real numbers.
    """
    X, Y = finite(X, "X"), finite(Y, "Y")
    if X.shape != Y.shape or X.size == 0:
        raise ValueError(f"expected two arrays of one shape, with at least one entry; got {X.shape} and {Y.shape}")
    return float(np.sqrt(np.mean((X - Y) ** 2)))


def bic(X, mixture, log_likelihood):
    """Return the Bayesian information criterion as the course defines it (tab 5): larger is better.

    The free parameters are K means of d coordinates, K variances, and K weights of which K - 1 are free.

    Args:
        X: (n, d) data, dense or sparse; only the shape is used.
        mixture: GaussianMixture.
        log_likelihood: float, of X under the mixture.

    Raises:
        ValueError: X is not 2-D, or the mixture does not fit it, or the log-likelihood is not a finite number.
    """
    n, d = shaped(X).shape
    K, log_likelihood = len(components(mixture, X).p), number(log_likelihood, "log_likelihood")
    return float(log_likelihood - (K * d + K + (K - 1)) / 2 * np.log(n))


def plot(X, mixture, post, title, ax=None):
    """Draw 2-D points coloured by their soft counts, and each component as a circle one standard deviation wide.

    Args:
        X: (n, 2) points.
        mixture: GaussianMixture of K components.
        post: (n, K) soft counts; a point's colour is the components' colours mixed in this proportion.
        title: of the axes.
        ax: matplotlib axes to draw on; None for a new figure.

    Returns:
        The axes. The figure is not shown or saved.

    Raises:
        ValueError: the points are not of two finite coordinates, or mixture or post does not fit them.
    """
    import matplotlib.pyplot as plt  # here, because only pictures need it

    X, mixture = plane(X), components(mixture, X)
    post = soft_counts(post, X, mixture)
    if ax is not None and not hasattr(ax, "add_collection"):
        raise ValueError(f"expected ax to be matplotlib axes, got {type(ax).__name__}")
    if ax is None:
        ax = plt.figure(layout="constrained").add_subplot()
    # Viridis gives any number of colours that also differ in lightness, for colour-blind readers and grey print.
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(mixture.p)))[:, :3]
    ax.scatter(*X.T, s=22, c=np.clip(post @ colours, 0, 1), edgecolors="white", linewidths=0.4)
    _draw_circles(ax, mixture, colours)
    margin = 0.08 * np.ptp(X, axis=0).max() or 1.0
    left, bottom = X.min(axis=0) - margin
    right, top = X.max(axis=0) + margin
    ax.set(title=title, aspect="equal", xlim=(left, right), ylim=(bottom, top))
    _draw_legend(ax, mixture, colours)
    return ax


def _draw_circles(ax, mixture, colours):
    from matplotlib.collections import EllipseCollection
    from matplotlib.patheffects import withStroke

    sd = np.sqrt(mixture.var)
    circles = {"units": "xy", "offsets": mixture.mu, "offset_transform": ax.transData, "facecolors": "none"}
    for colour, width in (("white", 4), (colours, 2)):  # a white rim keeps circles apart from points of their colour
        ax.add_collection(EllipseCollection(2 * sd, 2 * sd, 0 * sd, edgecolors=colour, linewidths=width, **circles))
    for j in range(len(sd)):
        ax.annotate(j + 1, mixture.mu[j], ha="center", va="center", weight="bold", annotation_clip=True,
                    path_effects=[withStroke(linewidth=3, foreground="white")])


def _draw_legend(ax, mixture, colours):
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], marker="o", linestyle="", color=colours[j],
                      label=f"{j + 1}: p = {mixture.p[j]:.2f}, sd = {np.sqrt(mixture.var[j]):.2f}")
               for j in range(len(mixture.p))]
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2, frameon=False,
              fontsize="small", handletextpad=0.1)
