"""What any model has to beat: one constant, and the effects of users and movies; and the course's EM."""

from typing import NamedTuple

import numpy as np

import em
from common import GaussianMixture, init
from recommender.holdout import check_ratings
from recommender.models.mixture import prepared, state
from recommender.sparse import as_ratings, counts, pairs


class Constant(NamedTuple):
    """The mean of all ratings."""

    mean: float

    def predict(self, u, i):
        return np.full(len(u), self.mean)

    def spread(self, u, i):
        """Return what is the same for all: how wide that is, its intervals learn from its errors."""
        return np.ones(len(u))

    def fold_in(self, i, x):
        return self


class Effects(NamedTuple):
    """How high users rate, and how well movies are liked.

    The shrinking is that of effects ~ Normal(0, variance / shrink), whose own uncertainty is in the spread.
    """

    mean: float  # of all ratings
    b: np.ndarray  # (n,): users' effects
    c: np.ndarray  # (d,): movies' effects
    users: np.ndarray  # (n,): how many ratings each has
    movies: np.ndarray  # (d,)
    shrink: float
    variance: float  # of what the effects leave

    def predict(self, u, i):
        return self.mean + self.b[u] + self.c[i]

    def spread(self, u, i):
        return np.sqrt(self.variance * (1 + 1 / (self.users[u] + self.shrink) + 1 / (self.movies[i] + self.shrink)))

    def fold_in(self, i, x):
        b = (x - self.mean - self.c[i]).sum() / (len(x) + self.shrink)
        return self._replace(b=np.array([b]), users=np.array([len(x)]))


def constant(X):
    """Return the Constant of (n, d) ratings.

    Raises:
        ValueError: there are no ratings.
    """
    X = as_ratings(X)
    check_ratings(X)
    return Constant(float(X.data.mean()))


def effects(X, shrink=5.0, sweeps=10):
    """Return the Effects, x_ui ~ mean + b_u + c_i, of (n, d) ratings.

    Each effect in turn is the mean of what the others leave, shrunk as by `shrink` more ratings of 0:

        b_u = sum_i (x_ui - mean - c_i) / (|C_u| + shrink),    c_i likewise,

    which minimises the squared error + shrink (|b|^2 + |c|^2) coordinate by coordinate (the biases of
    Koren, Bell, Volinsky 2009).

    Args:
        X: (n, d) ratings.
        shrink: how many ratings of 0 each effect is shrunk by, above 0.
        sweeps: over users and movies.

    Raises:
        ValueError: shrink is not above 0, or there are no ratings.
    """
    if not shrink > 0:
        raise ValueError(f"expected shrink above 0, got {shrink}")
    X = as_ratings(X)
    check_ratings(X)
    mean = X.data.mean()
    u, i, x = pairs(X)
    left = x - mean
    (n, d), (users, movies) = X.shape, counts(X)
    b, c = np.zeros(n), np.zeros(d)
    for _ in range(sweeps):
        b = np.bincount(u, left - c[i], n) / (users + shrink)
        c = np.bincount(i, left - b[u], d) / (movies + shrink)
    return Effects(float(mean), b, c, users, movies, shrink, float(np.mean((left - b[u] - c[i]) ** 2)))


def mixture(X, K, fill="soft", seeds=range(5)):
    """Return the course's EM with K groups, fitted to (n, d) ratings, as a Mixture.

    Args:
        fill: "soft" weights the groups' means with the user's posterior (tab 8); "hard" takes the mean of their single
            most likely group.
        seeds: of starting points, of which the run with the highest log-likelihood counts, as in the course (tab 4).

    Raises:
        ValueError: K or fill is out of range, or there are no ratings.
    """
    if fill not in ("soft", "hard"):
        raise ValueError(f"expected fill to be soft or hard, got {fill!r}")
    X = as_ratings(X)
    check_ratings(X)
    data = prepared(X)
    runs = (em.run(data, *init(X, K, seed)) for seed in seeds)
    best, _, _ = max(runs, key=lambda run: run[2])
    return state(data, GaussianMixture(*best), hard=fill == "hard")
