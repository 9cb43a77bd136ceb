"""Why somebody might like an item: what they rated high that is like it, and what type of user they are.

Two items are alike as the cosine of what a model has learnt of them: factors, or the groups' means. Of a model that
has learnt nothing of single items, the ratings themselves serve, less each item's mean.
"""

from typing import NamedTuple

import numpy as np

from recommender.models import bayesian, blend, cold, factorization, mixture, neural, units

LEAST = 0.1  # cosine below which a likeness is no reason
ROUNDING = 1e-9  # of the largest number: what equal ratings may differ from their mean by


class Type(NamedTuple):
    """The group of users to whom a mixture counts somebody most."""

    number: int  # from 1
    of: int  # how many groups there are
    sure: float  # the user's soft count of it
    share: float  # of all users


def vectors(state):
    """Return what a state has learnt of the items, (d, k), or None where it has no such thing."""
    if isinstance(state, (units.Rescaled, cold.Covered)):
        return vectors(state.model)
    if isinstance(state, blend.Blend):
        by_weight = (state.parts[each] for each in np.argsort(-state.weights))
        return next((found for part in by_weight if (found := vectors(part)) is not None), None)
    of = {factorization.Factors: lambda: state.Q[:, :-1], bayesian.Samples: lambda: _side_by_side(state.Q),
          neural.Network: lambda: state.weights["V"][:len(state.T)],
          mixture.Mixture: lambda: (state.mu - state.mu.mean(axis=0)).T}
    return of[type(state)]() if type(state) in of else None


def _side_by_side(Q):
    """Return the factors of all samples, (S, d, k + 1), in one row an item: a cosine is then that of all of them.

    A sample's axes are not another's, so that their mean would say nothing.
    """
    return Q[:, :, :-1].transpose(1, 0, 2).reshape(Q.shape[1], -1)


def type_of_user(state, u):
    """Return the Type of user number u of a state; None where the model knows no types."""
    while isinstance(state, (units.Rescaled, cold.Covered)):
        state = state.model
    if not isinstance(state, mixture.Mixture):
        return None
    number = int(state.post[u].argmax())
    return Type(number + 1, len(state.p), float(state.post[u, number]), float(state.p[number]))


def nearest(state, X, items, rated, x):
    """Return for each of some items the nearest of those rated high, as a number of an item, or None.

    High is what the user rated at or above their own mean.

    Args:
        state: a fitted model.
        X: (n, d) training ratings, a csr_array.
        items: (m,) numbers of items to give reasons for.
        rated, x: (r,) numbers of the items that the user has rated, and the ratings.
    """
    if not len(rated):
        return [None] * len(items)
    liked = rated[x >= x.mean() - ROUNDING * np.abs(x).max()]
    V = vectors(state)
    alike = cosines(V[items], V[liked]) if V is not None else cosines_of_ratings(units.in_stars(X)[0], items, liked)
    alike[items[:, None] == liked] = -np.inf  # an item is no reason for itself
    best = alike.argmax(axis=1)
    return [int(liked[j]) if alike[row, j] >= LEAST else None for row, j in enumerate(best)]


def cosines(A, B):
    """Return the cosines of the rows of A (m, k) and of B (r, k), (m, r); 0 with what is zeros but for rounding."""
    lengths = [np.linalg.norm(M, axis=1, keepdims=True) for M in (A, B)]
    least = ROUNDING * max(length.max(initial=0) for length in lengths) or 1.0
    A, B = (M / np.maximum(length, least) for M, length in zip((A, B), lengths, strict=True))
    return A @ B.T


def cosines_of_ratings(X, items, liked):
    """Return the cosines of two sets of columns of ratings X (n, d), less each column's mean, missing ones as 0."""
    chosen, where = np.unique(np.concatenate([items, liked]), return_inverse=True)
    C = X.tocsc()[:, chosen]
    number = np.diff(C.indptr)
    least = ROUNDING * np.sqrt((C**2).sum(axis=0).max()) or 1.0  # shorter columns are equal ratings, but for rounding
    C.data -= np.repeat(np.bincount(np.repeat(np.arange(len(number)), number), C.data, len(number))
                        / np.maximum(number, 1), number)
    norm = np.maximum(np.sqrt((C**2).sum(axis=0)), least)
    alike = (C.T @ C).toarray() / np.outer(norm, norm)
    return alike[np.ix_(where[:len(items)], where[len(items):])]
