"""Why a user might like an item: the most similar item that this user rated high.

Two items are as similar as the cosine of their vectors: what a model has learnt of them (factors, components' means).
If a model has learnt nothing of single items, the vectors are the ratings, less each item's mean.
"""

import numpy as np

from recommender import sparse
from recommender.models.fitted import item_vectors
from recommender.models.units import in_stars

LEAST = 0.1  # cosine below which a similar item is no reason
ROUNDING = 1e-9  # of the largest number: equal ratings may differ from their mean by so much


def nearest(fitted, X, items, rated, x):
    """Return for each of the items (m,) the number of the most similar item that the user rated high, or None.

    X are the training ratings (n, d), a csr_array. The user gave the items `rated` (r,) the ratings x (r,); ratings at
    or above their mean are high.
    """
    if not len(rated):
        return [None] * len(items)
    liked = rated[x >= x.mean() - ROUNDING * np.abs(x).max()]
    V = item_vectors(fitted)
    alike = cosines(V[items], V[liked]) if V is not None else cosines_of_ratings(in_stars(X)[0], items, liked)
    return _most_alike(alike, items, liked)


def nearest_chosen(X, items, chosen):
    """Return the same for choices: of the items `chosen` (r,), the nearest by the cosine of who chose them in X (n, d).
    """
    return _most_alike(cosines_of_choices(X, items, chosen), items, chosen) if len(chosen) else [None] * len(items)


def _most_alike(alike, items, liked):
    """Return the number of the most similar of the items `liked` (r,) for each of `items` (m,), or None."""
    alike[items[:, None] == liked] = -np.inf  # an item is no reason for itself
    best = alike.argmax(axis=1)
    return [int(liked[j]) if alike[row, j] >= LEAST else None for row, j in enumerate(best)]


def cosines(A, B):
    """Return the cosines of the rows of A (m, k) and of B (r, k), (m, r); a row of zeros, up to rounding, has 0."""
    lengths = [np.linalg.norm(M, axis=1, keepdims=True) for M in (A, B)]
    least = ROUNDING * max(length.max(initial=0) for length in lengths) or 1.0
    A, B = (M / np.maximum(length, least) for M, length in zip((A, B), lengths, strict=True))
    return A @ B.T


def cosines_of_ratings(X, items, liked):
    """Return the cosines of two sets of columns of ratings X (n, d), less each column's mean, missing ones as 0."""
    C = X.tocsc()
    number, sizes = np.diff(C.indptr), np.sqrt((C**2).sum(axis=0))
    C.data -= np.repeat(C.sum(axis=0) / np.maximum(number, 1), number)
    least = ROUNDING * sizes.max() or 1.0  # shorter columns are equal ratings, but for rounding
    norm = np.maximum(np.sqrt((C**2).sum(axis=0)), least)
    return (C[:, items].T @ C[:, liked]).toarray() / np.outer(norm[items], norm[liked])


def cosines_of_choices(X, items, chosen):
    """Return the cosines of two sets of columns of X (n, d), in which an entry counts 1, (m, r)."""
    C = sparse.rated(X).tocsc()
    length = np.sqrt(np.maximum(np.diff(C.indptr), 1))
    return (C[:, items].T @ C[:, chosen]).toarray() / np.outer(length[items], length[chosen])
