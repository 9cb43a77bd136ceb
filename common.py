"""What the tabs of the assignment share: the mixture, its start, its picture, and two ways to judge it (tab 5).

Shapes throughout: n points (or users) of d coordinates (or movies), K components (types of users).
The responsibilities of the literature are called `post` or soft counts here, because the course calls them so.
"""

import operator
from typing import NamedTuple

import numpy as np


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
        ValueError: X is empty, not 2-D, or holds NaN or infinity; K is out of range.
    """
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"expected a 2-D array of points with at least one row and one column, got shape {X.shape}")
    if not np.isfinite(X).all():
        raise ValueError("expected finite numbers, got NaN or infinity in X")
    n = len(X)
    if not 1 <= operator.index(K) <= n:
        raise ValueError(f"expected K between 1 and the number of points, {n}, got {K}")
    mu = X[np.random.RandomState(seed).choice(n, K, replace=False)]
    centre = X.mean(axis=0)
    var = ((mu - centre) ** 2).mean(axis=1) + ((X - centre) ** 2).mean()
    var[var == 0] = 1.0  # all points are equal: any positive variance serves
    return GaussianMixture(mu, var, np.full(K, 1 / K)), np.full((n, K), 1 / K)


def rmse(X, Y):
    """Return the root mean squared difference of two arrays of one shape, over all entries."""
    return float(np.sqrt(np.mean((np.asarray(X) - np.asarray(Y)) ** 2)))


def bic(X, mixture, log_likelihood):
    """Return the Bayesian information criterion as the course defines it (tab 5): larger is better.

    The free parameters are K means of d coordinates, K variances, and K weights of which K - 1 are free.
    """
    n, d = np.shape(X)
    K = len(mixture.p)
    return float(log_likelihood - (K * d + K + (K - 1)) / 2 * np.log(n))


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

    if np.ndim(X) != 2 or np.shape(X)[1] != 2:
        raise ValueError(f"expected points of two coordinates to plot, got shape {np.shape(X)}")
    if ax is None:
        ax = plt.figure(layout="constrained").add_subplot()
    K = len(mixture.p)
    # Viridis gives any number of colours that differ in lightness too, for eyes that see few hues and for grey print.
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, K))[:, :3]
    sd = np.sqrt(mixture.var)

    ax.scatter(*np.transpose(X), s=22, c=np.clip(post @ colours, 0, 1), edgecolors="white", linewidths=0.4)
    circles = {"units": "xy", "offsets": mixture.mu, "offset_transform": ax.transData, "facecolors": "none"}
    for colour, width in (("white", 4), (colours, 2)):  # a white rim keeps circles apart from points of their colour
        ax.add_collection(EllipseCollection(2 * sd, 2 * sd, 0 * sd, edgecolors=colour, linewidths=width, **circles))
    for j in range(K):
        ax.annotate(j + 1, mixture.mu[j], ha="center", va="center", weight="bold", annotation_clip=True,
                    path_effects=[withStroke(linewidth=3, foreground="white")])

    margin = 0.08 * np.ptp(X, axis=0).max() or 1.0
    ax.set(title=title, aspect="equal", xlim=(np.min(X[:, 0]) - margin, np.max(X[:, 0]) + margin),
           ylim=(np.min(X[:, 1]) - margin, np.max(X[:, 1]) + margin))
    handles = [Line2D([], [], marker="o", linestyle="", color=colours[j],
                      label=f"{j + 1}: p = {mixture.p[j]:.2f}, sd = {sd[j]:.2f}") for j in range(K)]
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2, frameon=False,
              fontsize="small", handletextpad=0.1)
    return ax
