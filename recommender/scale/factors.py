"""Alternating least squares on a store: what models.factorization.run does on a matrix, one pass a sweep.

Once a block's users are solved for, their part in the movies' normal equations is at hand; the sums of these over all
users, d (k (k + 1) / 2 + k) numbers, are all that a chunk returns.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from recommender.models.factorization import Factors, at, penalties
from recommender.models.normal import outer_products, packed, solve
from recommender.models.units import MEAN, Rescaled, Unit
from recommender.scale import passes
from recommender.sparse import rated, with_values


class Settings(NamedTuple):
    """What the penalty is, and the ratings' unit."""

    unit: Unit
    strength: float
    weighted: bool


class Normal(NamedTuple):
    """The movies' least squares problems, given the users."""

    G: np.ndarray  # (d, k (k + 1) / 2): sums of a_u a_u^T, packed as in models.factorization
    h: np.ndarray  # (d, k): sums of y a_u, y being what mean and user effect leave of a rating in stars
    square: float  # sum of y^2
    penalty: float  # of the users

    def __add__(self, other):
        return Normal(*(ours + theirs for ours, theirs in zip(self, other, strict=True)))


class Movies(NamedTuple):
    """What a run has found."""

    Q: np.ndarray  # (d, k): q_i, and c_i in the last column
    before: np.ndarray  # (d, k): those that the users were last solved for with
    settings: Settings


def run(place, rank, strength, weighted=True, sweeps=12, seed=0, callback=None):
    """Return the Movies of the ratings that are seen, as models.factorization.run finds them in stars.

    Args:
        place: where the passes are made.
        rank, strength, weighted, sweeps, seed: as there.
        callback: called with the loss after each sweep, in stars, where given.

    Raises:
        InputError: all ratings are hidden.
    """
    low = place.store.scale.low
    given = passes.all_moments(place, low)
    settings = Settings(passes.unit_of(given, low), strength, weighted)
    penalty = strength * np.maximum(given.count, 1.0) ** bool(weighted)
    Q = np.random.RandomState(seed).normal(0, 0.1, (place.store.d, rank + 1))
    Q[:, -1] = 0
    for _ in range(sweeps):
        normal, before = passes.sum_of(place.each(normals, Q, settings)), Q
        Q = solved(normal.G, normal.h, penalty)
        if callback:
            callback(loss(normal, Q) + float(penalty @ (Q**2).sum(axis=1)))
    return Movies(Q, before, settings)


def solved(G, h, penalty):
    """Return the solutions (n, k) of packed normal matrices G (n, k (k + 1) / 2) and penalties (n,), from h (n, k)."""
    return solve(G + np.outer(penalty, packed(np.eye(h.shape[1]))), h)


def factors(place, movies):
    """Return the Factors of all users, as solved for last, and Movies; Rescaled."""
    return _state(np.concatenate(list(place.each(users, movies))), movies)


def of_users(X, movies):
    """Return the Factors of Movies and of users with ratings X (n, d), a csr_array, solved for anew; Rescaled."""
    P, _ = _users(with_values(X, _left(X.data, movies.settings)), movies.Q, movies.settings)
    return _state(P, movies)


def _state(P, movies):
    unit, strength, weighted = movies.settings
    return Rescaled(Factors(MEAN, P, movies.Q, strength, weighted), unit)


def rmse(place, movies):
    """Return the RMSE of the predictions of the hidden ratings, clipped to the scale; None where none is hidden."""
    return passes.rmse(place, errors, movies)


def loss(normal, Q):
    """Return the squared error of movies' factors Q given the users of Normal, and their penalty."""
    rows, columns = np.triu_indices(Q.shape[1])
    twice = np.where(rows == columns, 1, 2)  # what stands off the diagonal is packed once
    quadratic = (twice * normal.G * Q[:, rows] * Q[:, columns]).sum()
    return float(normal.square - 2 * (normal.h * Q).sum() + quadratic + normal.penalty)


def normals(shelf, chunk, Q, settings):
    """Return the Normal of a chunk, given the movies' factors Q (d, k)."""
    return passes.sum_of(_normal(_residuals(block, settings), Q, settings) for block in shelf.known(chunk))


def _normal(C, Q, settings):
    P, penalty = _users(C.T.tocsr(), Q, settings)
    A, y = _rows(P), C.data - P[C.indices, -1]
    return Normal(rated(C) @ outer_products(A, A), with_values(C, y) @ A, y @ y, penalty @ (P**2).sum(axis=1))


def users(shelf, chunk, movies):
    """Return the factors of a chunk's users, (users, k)."""
    return np.concatenate([_users_of(block, movies) for block in shelf.known(chunk)])


def _users_of(block, movies):
    return _users(_residuals(block, movies.settings).T.tocsr(), movies.before, movies.settings)[0]


def _users(R, Q, settings):
    """Return the best factors (n, k) of users with stars R (n, d) less the mean, and their penalties (n,)."""
    A, penalty = _rows(Q), penalties(R, settings.strength, settings.weighted)
    h = with_values(R, R.data - Q[R.indices, -1]) @ A
    return solved(rated(R) @ outer_products(A, A), h, penalty), penalty


def _rows(P):
    """Return (p, 1) of factors and effects (p, b): what those of the other side are multiplied with."""
    return np.column_stack([P[:, :-1], np.ones(len(P))])


def _residuals(block, settings):
    """Return a Block's ratings in stars less the mean, (d, users)."""
    shape = len(block.pointer) - 1, len(block.counts)
    return csr_array((_left(block.x, settings), block.user.astype(np.int32), block.pointer), shape)


def _left(x, settings):
    """Return ratings x (m,) in stars less the mean."""
    return settings.unit.stars(x) - MEAN


def errors(shelf, chunk, movies):
    """Return passes.squared_errors of the predictions."""
    def predict(hidden, P):
        return movies.settings.unit.back(MEAN + at(P, movies.Q, hidden.user, hidden.item))
    of_blocks = (_users_of(block, movies) for block in shelf.known(chunk))
    return passes.squared_errors(shelf, chunk, predict, of_blocks)
