"""User and movie effects: how high a user rates, and how well a movie is liked.

    x_ui ~ mean + b_u + c_i

minimises the squared error + shrink (|b|^2 + |c|^2) coordinate by coordinate (Koren, Bell, Volinsky 2009).
"""

from typing import NamedTuple

import numpy as np

from recommender.holdout import check_ratings
from recommender.sparse import as_ratings, counts, pairs


class Effects(NamedTuple):
    """The effects of users and of movies.

    The regularization says that effects ~ Normal(0, variance / shrink). Their uncertainty is part of the standard
    deviation of a rating.
    """

    mean: float  # of all ratings
    b: np.ndarray  # (n,): users' effects
    c: np.ndarray  # (d,): movies' effects
    users: np.ndarray  # (n,): number of ratings of each user
    movies: np.ndarray  # (d,)
    shrink: float
    variance: float  # of the residuals

    POSITIVE = ("shrink",)

    def predict(self, u, i):
        return self.mean + self.b[u] + self.c[i]

    def sd(self, u, i):
        return np.sqrt(self.variance * (1 + 1 / (self.users[u] + self.shrink) + 1 / (self.movies[i] + self.shrink)))

    def fold_in(self, i, x):
        b = (x - self.mean - self.c[i]).sum() / (len(x) + self.shrink)
        return self._replace(b=np.array([b]), users=np.array([len(x)]))

    def shapes(self, n, d):
        return {"b": (n,), "c": (d,), "users": (n,), "movies": (d,)}


def effects(X, shrink=5.0, sweeps=10):
    """Return the Effects of (n, d) ratings.

    Each effect in turn is the mean of the residuals of the others, with `shrink` more residuals of 0:

        b_u = sum_i (x_ui - mean - c_i) / (|C_u| + shrink),    c_i likewise

    Args:
        X: (n, d) ratings.
        shrink: the regularization, above 0.
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
