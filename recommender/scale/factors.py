"""Alternating least squares on a store: what models.factorization.run does on a matrix, with one pass for a sweep.

A pass solves for the users of each block and adds them to the normal equations of the movies at once. A chunk returns
no more than these sums, d (k (k + 1) / 2 + k) numbers.
"""

from typing import NamedTuple

import numpy as np

from recommender.models.factorization import Factors, at, lambdas, start
from recommender.models.normal import outer_products, packed, solve, with_ones
from recommender.models.units import MEAN, Rescaled, Unit
from recommender.scale import passes
from recommender.sparse import rated, with_values


class Normal(NamedTuple):
    """The movies' least squares problems, given the users."""

    G: np.ndarray  # (d, k (k + 1) / 2): sums of a_u a_u^T, packed as in models.normal
    h: np.ndarray  # (d, k): sums of y a_u, where y is a rating in stars less the mean and the user effect
    square: float  # sum of y^2
    of_users: float  # sum of lambda_u |P_u|^2

    __add__ = passes.add_fields


class Movies(NamedTuple):
    """The movies' factors that a run has found."""

    Q: np.ndarray  # (d, k): q_i, and c_i in the last column
    before: np.ndarray  # (d, k): from the sweep before; the users were last solved for with these
    unit: Unit
    regularization: float


def run(place, rank, regularization, sweeps=12, seed=0, callback=None):
    """Return the Movies of the ratings that are not held out, as models.factorization.run finds them in stars.

    `place` is a passes.Local or cluster.Cluster. Raises InputError if all ratings are held out.
    """
    low = place.store.scale.low
    given = passes.all_moments(place, low)
    unit, lambda_i = passes.unit_of(given, low), lambdas(given.count, regularization, True)
    Q = start(seed, place.store.d, rank)
    for _ in range(sweeps):
        normal, before = passes.sum_of(place.each(normals, Q, unit, regularization)), Q
        Q = solved(normal.G, normal.h, lambda_i)
        if callback:
            callback(loss(normal, Q) + float(lambda_i @ (Q**2).sum(axis=1)))
    return Movies(Q, before, unit, regularization)


def solved(G, h, lambda_):
    """Return the solutions (n, k) of packed normal matrices G (n, k (k + 1) / 2) + lambda (n,) I, from h (n, k)."""
    return solve(G + np.outer(lambda_, packed(np.eye(h.shape[1]))), h)


def of_users(X, movies):
    """Return the Rescaled Factors of Movies, and of users solved for from their ratings X (n, d), a csr_array."""
    Q, _, unit, regularization = movies
    P, _ = _users(with_values(X, unit.stars(X.data) - MEAN), Q, regularization)
    return Rescaled(Factors(MEAN, P, Q, regularization, True), unit)


def loss(normal, Q):
    """Return the loss of movies' factors Q given the users of Normal, but for the movies' regularization."""
    rows, columns = np.triu_indices(Q.shape[1])
    twice = np.where(rows == columns, 1, 2)  # only one of two equal entries off the diagonal is packed
    quadratic = (twice * normal.G * Q[:, rows] * Q[:, columns]).sum()
    return float(normal.square - 2 * (normal.h * Q).sum() + quadratic + normal.of_users)


def normals(local, chunk, Q, unit, regularization):
    """Return the Normal of a chunk, given the movies' factors Q (d, k)."""
    return passes.sum_of(_normal(_residuals(block, unit).T, Q, regularization) for block in local.known(chunk))


def _normal(C, Q, regularization):
    P, lambda_u = _users(C.T.tocsr(), Q, regularization)
    A, y = with_ones(P), C.data - P[C.indices, -1]
    return Normal(rated(C) @ outer_products(A, A), with_values(C, y) @ A, y @ y, lambda_u @ (P**2).sum(axis=1))


def _users(R, Q, regularization):
    """Return the best factors (n, k) of users with stars R (n, d) less the mean, and their lambdas (n,)."""
    A, lambda_u = with_ones(Q), lambdas(np.diff(R.indptr), regularization, True)
    h = with_values(R, R.data - Q[R.indices, -1]) @ A
    return solved(rated(R) @ outer_products(A, A), h, lambda_u), lambda_u


def _residuals(block, unit):
    """Return a Block's ratings in stars less the mean, a csc_array (users, d)."""
    return block.matrix(unit.stars(block.x) - MEAN)


def predictions(local, chunk, movies):
    """Yield the held-out ratings of each block, and their predictions, (m,) each."""
    Q, before, unit, regularization = movies
    for block, held_out in local.blocks(chunk):
        P, _ = _users(_residuals(block, unit).tocsr(), before, regularization)
        yield held_out.x, unit.back(MEAN + at(P, Q, held_out.user, held_out.item))
