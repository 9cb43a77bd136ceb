"""Matrix factorization of choices by alternating least squares (Hu, Koren, Volinsky, ICDM 2008).

p_ui is 1 where user u chose item i (r_ui > 0), else 0. The confidence in it is c_ui = 1 + alpha r_ui.

    loss = sum over all u, i of c_ui (p_ui - x_u . y_i)^2  +  regularization (sum_u |x_u|^2 + sum_i |y_i|^2)

Each x_u solves a linear system in the items' factors Y, and each y_i likewise in the users', so the loss never rises:

    (Y^T Y + regularization I + alpha sum_i r_ui y_i y_i^T) x_u = sum_i (1 + alpha r_ui) y_i,   i: what u chose

Y^T Y, the same for all users, stands for all items that a user did not choose.
"""

from typing import NamedTuple

import numpy as np

from console.cores import side_by_side
from recommender.choosing import at_most, grid
from recommender.damaged import check
from recommender.models.normal import gathered, packed, solve

SWEEPS = 10


class ImplicitALS(NamedTuple):
    """The items' factors. A user's are those that solve the system above."""

    Y: np.ndarray  # (d, k)
    alpha: float
    regularization: float

    POSITIVE = ("alpha", "regularization")

    def scores(self, R):
        return solved(gathered(R), self.Y, self.alpha, self.regularization) @ self.Y.T

    def shapes(self, n, d):
        check(self.Y.dtype.kind == "f" and self.Y.size > 0, "its factors are no numbers")
        return {"Y": (d, "k")}


def fit(R, rank, alpha, regularization, sweeps=SWEEPS, seed=0, callback=None):
    """Return the ImplicitALS of weights R (n, d), a csr_array; `callback` gets the loss after each sweep."""
    users, items = gathered(R), gathered(R.T.tocsr())
    Y = np.random.RandomState(seed).normal(0, 0.1, (R.shape[1], rank))
    for _ in range(sweeps):
        X = solved(users, Y, alpha, regularization)
        Y = solved(items, X, alpha, regularization)
        if callback:
            callback(loss(R, X, Y, alpha, regularization))
    return ImplicitALS(Y, alpha, regularization)


def solved(batches, Y, alpha, regularization):
    """Return the factors (n, k) that solve the system above for the rows (n, d) in the batches."""
    k = Y.shape[1]
    of_all = packed(Y.T @ Y + regularization * np.eye(k))
    padded = np.vstack([Y, np.zeros(k)])

    def of_batch(batch):
        A, weight = padded.take(batch.columns, axis=0), alpha * batch.ratings[:, :, None]
        return solve(of_all + packed(A.swapaxes(1, 2) @ (weight * A)), ((1 + weight) * A).sum(axis=1))

    X = np.empty((sum(len(batch.rows) for batch in batches), k))
    for batch, part in zip(batches, side_by_side(of_batch, batches), strict=True):
        X[batch.rows] = part
    return X


def loss(R, X, Y, alpha, regularization):
    """Return the loss above; the sum over all pairs is that of (x_u . y_i)^2, corrected where u chose i."""
    u, i = R.nonzero()
    s = np.einsum("mk,mk->m", X[u], Y[i])
    everywhere = ((X.T @ X) * (Y.T @ Y)).sum()
    chosen = ((1 + alpha * R.data) * (1 - s) ** 2 - s**2).sum()
    return float(everywhere + chosen + regularization * ((X**2).sum() + (Y**2).sum()))


def candidates(n, d):
    return grid(rank=at_most(min(n, d), 32), alpha=[2.0, 8.0], regularization=[3.0, 10.0, 30.0])
