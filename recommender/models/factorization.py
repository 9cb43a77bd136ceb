"""Matrix factorization with user and movie effects, by alternating least squares.

    x_ui ~ mean + b_u + c_i + p_u . q_i

minimises the squared error over the observed ratings, and a multiple of the squared parameters:

    loss = sum (x_ui - prediction_ui)^2 + sum_u lambda_u (b_u^2 + |p_u|^2) + sum_i lambda_i (c_i^2 + |q_i|^2)

lambda is the regularization, times the number of ratings (ALS-WR: Zhou, Wilkinson, Schreiber, Pan 2008) or not. With
the movies fixed, each user's (p_u, b_u) is a ridge regression on the rows a_i = (q_i, 1), so the loss never rises.
normal.py solves all these regressions together.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from arithmetic.arguments import whole
from recommender.choosing import Model, at_most, best_of, grid, quiet
from recommender.models.normal import batches, solutions
from recommender.sparse import as_ratings, counts, pairs, products, with_values


class Factors(NamedTuple):
    """What a factorization has learnt."""

    mean: float  # of all ratings
    P: np.ndarray  # (n, rank + 1): p_u, and b_u in the last column
    Q: np.ndarray  # (d, rank + 1): q_i, and c_i in the last column
    regularization: float
    per_rating: bool

    POSITIVE = ("regularization",)

    def predict(self, u, i):
        return self.mean + at(self.P, self.Q, u, i)

    def sd(self, u, i):
        return None

    def fold_in(self, i, x):
        one = csr_array((x - self.mean, i, [0, len(i)]), shape=(1, len(self.Q)))
        lambda_u = lambdas(np.array([len(i)]), self.regularization, self.per_rating)
        return self._replace(P=ridge(batches(one, self.Q.shape[1]), self.Q, lambda_u))

    def item_vectors(self):
        return self.Q[:, :-1]

    def shapes(self, n, d):
        return {"P": (n, "k"), "Q": (d, "k")}


def at(P, Q, u, i):
    """Return p_u . q_i + b_u + c_i of the pairs of user u (m,) and movie i (m,), (m,)."""
    ones_P, ones_Q = (np.ones(len(side), side.dtype) for side in (P, Q))
    return products(np.column_stack([P, ones_P]), np.column_stack([Q[:, :-1], ones_Q, Q[:, -1]]), u, i)


def lambdas(count, regularization, per_rating):
    """Return lambda of rows with so many ratings, (n,), above 0 even without ratings."""
    return regularization * np.maximum(count, 1.0) ** bool(per_rating)


def ridge(batches, other, lambda_):
    """Return the best (factors, effect) of each row, (n, rank + 1), given the other side's (d, rank + 1).

    `batches` are of the ratings (n, d) less their mean; lambda is (n,), above 0.
    """
    d, k = other.shape
    return solutions(batches, other, 1 / lambda_, np.ones(d), np.eye(k), np.zeros((len(lambda_), k)))


def run(X, rank, regularization, per_rating=True, sweeps=12, seed=0, callback=None):
    """Return the Factors of (n, d) ratings after alternating least squares.

    `per_rating`: whether the regularization counts once for each rating. `callback` gets the loss after each sweep.
    Raises ValueError if rank, regularization or sweeps is out of range, or there are no ratings.
    """
    X = as_ratings(X)
    whole(rank, "rank", 1, min(X.shape))
    whole(sweeps, "sweeps", 1, np.inf)
    if not regularization > 0:
        raise ValueError(f"expected regularization above 0, got {regularization}")
    u, i, x = pairs(X)
    mean = float(x.mean())
    R = with_values(X, x - mean)
    C = R.T.tocsr()
    of_users, of_movies = (batches(side, rank + 1) for side in (R, C))
    lambda_u, lambda_i = (lambdas(count, regularization, per_rating) for count in counts(X))
    Q = start(seed, X.shape[1], rank)
    for _ in range(sweeps):
        P = ridge(of_users, Q, lambda_u)
        Q = ridge(of_movies, P, lambda_i)
        if callback:
            error = ((R.data - at(P, Q, u, i)) ** 2).sum()
            callback(float(error + lambda_u @ (P**2).sum(axis=1) + lambda_i @ (Q**2).sum(axis=1)))
    return Factors(mean, P, Q, regularization, per_rating)


def start(seed, d, rank):
    """Return random factors of d movies, of standard deviation 0.1, without effects; (d, rank + 1)."""
    Q = np.random.RandomState(seed).normal(0, 0.1, (d, rank + 1))
    Q[:, -1] = 0
    return Q


def _candidates(n, d):
    rank = at_most(min(n, d), 20)
    return (grid(rank=rank, regularization=[0.015, 0.03, 0.06, 0.12], per_rating=[True])
            + grid(rank=rank, regularization=[10.0, 14.0, 20.0, 28.0], per_rating=[False]))


def _refined(best, n, d):
    """Return candidates of twice the rank, which bears a stronger regularization."""
    stronger = [round(factor * best["regularization"], 4) for factor in (1.0, 1.4, 2.0)]
    return grid(rank=at_most(min(n, d), 40), regularization=stronger, per_rating=[best["per_rating"]])


MODELS = (
    Model("als", "factors", "matrix factorization by least squares", quiet(run), best_of(_candidates, _refined)),
)
