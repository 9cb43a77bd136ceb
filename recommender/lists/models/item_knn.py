"""Item-kNN: items like those that the user chose, by the cosine of who chose them.

    s_ij     = r_i . r_j / (|r_i| |r_j| + shrinkage)      r_i (n,): the users' weights of item i
    score_uj = sum of s_ij r_ui over the k neighbours i of item j: the items with the largest s_ij, without j

Shrinkage lowers the similarity of items that few users chose (Deshpande and Karypis, ACM TOIS 22, 2004; Ferrari
Dacrema, Cremonesi, Jannach, RecSys 2019).
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from recommender.choosing import at_most, grid

MOST_ITEMS = 10_000  # each pair of items has a similarity to sort
BLOCK = 2**24  # numbers of similarities that are computed at a time


class ItemKNN(NamedTuple):
    """The k nearest neighbours of each item."""

    neighbours: np.ndarray  # (d, k) int
    similarity: np.ndarray  # (d, k)

    ITEMS = ("neighbours",)

    def scores(self, R):
        d, k = self.neighbours.shape
        S = csr_array((self.similarity.ravel(), self.neighbours.ravel(), np.arange(0, d * k + 1, k)), shape=(d, d))
        return (S @ R.T).toarray().T

    def shapes(self, n, d):
        return {"neighbours": (d, "k"), "similarity": (d, "k")}


def fit(R, k, shrinkage):
    """Return the ItemKNN of weights R (n, d), a csr_array."""
    columns, d = R.T.tocsr(), R.shape[1]
    norms = np.sqrt(R.multiply(R).sum(axis=0))
    step, parts = max(BLOCK // d, 1), []
    for start in range(0, d, step):
        items = np.arange(start, min(start + step, d))
        s = (columns[items] @ R).toarray() / np.maximum(norms[items, None] * norms + shrinkage, 1e-300)
        s[np.arange(len(items)), items] = -1  # no item is its own neighbour
        nearest = np.argsort(-s, axis=1, kind="stable")[:, :k]
        parts.append((nearest, np.maximum(np.take_along_axis(s, nearest, axis=1), 0)))
    return ItemKNN(*map(np.concatenate, zip(*parts, strict=True)))


def candidates(n, d):
    """Return none if there are too many items."""
    return grid(k=at_most(d, 20, 80, 300), shrinkage=[0.0, 10.0]) if d <= MOST_ITEMS else []
