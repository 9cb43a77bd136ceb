"""User and movie effects: how high a user rates, and how well a movie is liked.

    x_ui ~ mean + b_u + c_i

minimises the squared error + regularization (|b|^2 + |c|^2) coordinate by coordinate (Koren, Bell, Volinsky 2009).
The effects also cover every other model: they predict users and movies without training ratings.
"""

from typing import NamedTuple

import numpy as np

from recommender.models.fitted import Fitted
from recommender.sparse import as_ratings, counts, pairs


class Effects(NamedTuple):
    """The effects of users and of movies; a priori they are Normal(0, variance / regularization)."""

    mean: float  # of all ratings
    b: np.ndarray  # (n,): users' effects
    c: np.ndarray  # (d,): movies' effects
    users: np.ndarray  # (n,): number of ratings of each user
    movies: np.ndarray  # (d,)
    regularization: float
    variance: float  # of the residuals

    POSITIVE = ("regularization",)

    def predict(self, u, i):
        return self.mean + self.b[u] + self.c[i]

    def sd(self, u, i):
        """Return the standard deviations of ratings, (m,), of which the uncertainty of the effects is a part."""
        seen = self.users[u] + self.regularization, self.movies[i] + self.regularization
        return np.sqrt(self.variance * (1 + 1 / seen[0] + 1 / seen[1]))

    def fold_in(self, i, x):
        b = (x - self.mean - self.c[i]).sum() / (len(x) + self.regularization)
        return self._replace(b=np.array([b]), users=np.array([len(x)]))

    def shapes(self, n, d):
        return {"b": (n,), "c": (d,), "users": (n,), "movies": (d,)}


def effects(X, regularization=5.0, sweeps=10):
    """Return the Effects of (n, d) ratings.

    Each effect in turn is the mean of the residuals of the others, with `regularization` more residuals of 0:

        b_u = sum_i (x_ui - mean - c_i) / (|C_u| + regularization),    c_i likewise

    Raises ValueError if the regularization is not above 0, or without ratings.
    """
    if not regularization > 0:
        raise ValueError(f"expected regularization above 0, got {regularization}")
    X = as_ratings(X)
    mean = X.data.mean()
    u, i, x = pairs(X)
    left = x - mean
    (n, d), (users, movies) = X.shape, counts(X)
    b, c = np.zeros(n), np.zeros(d)
    for _ in range(sweeps):
        b = np.bincount(u, left - c[i], n) / (users + regularization)
        c = np.bincount(i, left - b[u], d) / (movies + regularization)
    return Effects(float(mean), b, c, users, movies, regularization, float(np.mean((left - b[u] - c[i]) ** 2)))


class Covered(NamedTuple):
    """A fitted model, and the effects for users and movies without ratings."""

    model: Fitted
    effects: Effects

    def cold(self, u, i):
        """Return which pairs have a user or a movie without any training rating, (m,) bool."""
        return (self.effects.users[u] == 0) | (self.effects.movies[i] == 0)

    def predict(self, u, i):
        return np.where(self.cold(u, i), self.effects.predict(u, i), self.model.predict(u, i))

    def sd(self, u, i):
        sd = self.model.sd(u, i)
        return sd if sd is None else np.where(self.cold(u, i), self.effects.sd(u, i), sd)

    def fold_in(self, i, x):
        return Covered(self.model.fold_in(i, x), self.effects.fold_in(i, x))
