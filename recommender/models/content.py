"""Predictions for items that nobody has rated, from features such as genres and years.

    x_ui ~ mean + b_u + c_i + p_u . q_i,    (q_i, c_i) ~ W f_i

minimises the squared error over the observed ratings, and multiples of the squared parameters:

    loss = sum (x_ui - prediction_ui)^2
           + regularization (sum_u |(p_u, b_u)|^2 + sum_i |(q_i, c_i) - W f_i|^2 + of_features |W|^2)

It is the factorization of factorization.py, but an item starts from what its features f_i say, not from 0 (regression-
based latent factors: Agarwal, Chen 2009). Each sweep finds the best users, the best W, and the best items in turn, so
the loss never rises. An item without ratings ends at W f_i. Features are centred over the items with ratings.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from recommender.damaged import check
from recommender.models.factorization import Factors, at, start
from recommender.models.fitted import Fitted, item_vectors
from recommender.models.normal import batches, solutions
from recommender.sparse import as_ratings, counts, pairs, with_values

RANK, SWEEPS = 10, 20  # 5 and 20 factors, or 12 sweeps, were no better on items left out of MovieLens 100K's u1


class WithContent(NamedTuple):
    """A fitted model, and one that predicts the items without ratings from their features."""

    model: Fitted  # of the first `own` items
    content: Fitted  # of all items
    own: int
    rated: np.ndarray  # (d,) bool: which items have ratings to train on

    def predict(self, u, i):
        found, known = self.content.predict(u, i), self.rated[i]
        found[known] = self.model.predict(u[known], i[known])
        return found

    def sd(self, u, i):
        """Return the model's standard deviations, (m,), 0 for items without ratings: their intervals need none."""
        found, known = np.zeros(len(u)), self.rated[i]
        sd = self.model.sd(u[known], i[known])
        if sd is None:
            return None
        found[known] = sd
        return found

    def fold_in(self, i, x):
        known = self.rated[i]
        return self._replace(model=self.model.fold_in(i[known], x[known]), content=self.content.fold_in(i, x))

    def completed(self, effects):
        """Return Effects with those of items without ratings, which fitted ones lack."""
        c = unknown_user(self.content, np.arange(len(self.rated))) - effects.mean
        return effects._replace(c=np.where(self.rated, effects.c, c))

    def item_vectors(self):
        return item_vectors(self.content)

    def shapes(self, n, d):
        check(self.rated.dtype == bool and self.rated.ndim == 1 and not self.rated[self.own:].any(),
              "its model has other items")
        return {"rated": (d,)}


def unknown_user(fitted, i):
    """Return what a fitted model predicts of items i (m,) for a user without ratings, (m,)."""
    nobody = fitted.fold_in(np.empty(0, int), np.empty(0))
    return nobody.predict(np.zeros(len(i), int), i)


def run(X, F, regularization, of_features, rank=RANK, sweeps=SWEEPS, seed=0, callback=None):
    """Return the Factors of (n, d) ratings, of which some items may have none, and features F (d, m), a csr_array.

    `callback` gets the loss after each sweep. Raises ValueError if a regularization is not above 0, or F does not fit.
    """
    X = as_ratings(X)
    if not (regularization > 0 and of_features > 0):
        raise ValueError(f"expected regularizations above 0, got {regularization} and {of_features}")
    if F.shape[0] != X.shape[1]:
        raise ValueError(f"expected features of {X.shape[1]} items, got {F.shape[0]} rows")
    (n, d), rank, mean = X.shape, min(rank, *X.shape), float(X.data.mean())
    R = with_values(X, X.data - mean)
    C, (u, i, x) = R.T.tocsr(), pairs(R)
    of_users, of_items = (batches(side, rank + 1) for side in (R, C))
    of_user, of_item = np.full(n, 1 / regularization), np.full(d, 1 / regularization)
    predicted, best = regression(F, counts(X)[1] > 0, of_features)
    one, Q = np.eye(rank + 1), start(seed, d, rank)
    for _ in range(sweeps):
        P = solutions(of_users, Q, of_user, np.ones(d), one, np.zeros((n, rank + 1)))
        W = best(Q)
        Q = solutions(of_items, P, of_item, np.ones(n), one, predicted(W))
        if callback:
            squares = (P**2).sum() + ((Q - predicted(W)) ** 2).sum() + of_features * (W**2).sum()
            callback(float(((x - at(P, Q, u, i)) ** 2).sum() + regularization * squares))
    return Factors(mean, P, Q, regularization, False)


def regression(F, rated, of_features):
    """Return two functions: of W (m, k) what it predicts of all items, (d, k), and of Q (d, k) the best W.

    W has the least |Q - F W|^2 + of_features |W|^2 over the `rated` items, (d,) bool. F (d, m) is a csr_array.
    """
    known = F[rated]
    centre, number = known.mean(axis=0), known.shape[0]
    gram = (known.T @ known).toarray() - number * np.outer(centre, centre)
    factor = cho_factor(gram + of_features * np.eye(len(gram)))

    def best(Q):
        return cho_solve(factor, known.T @ Q[rated] - np.outer(centre, Q[rated].sum(axis=0)))

    return lambda W: F @ W - centre @ W, best
