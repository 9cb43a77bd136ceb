"""EASE^R: each item's column of R is predicted from the other items' columns by a ridge regression (Steck, WWW 2019).

    minimise |R - R B|^2 + regularization |B|^2,  with a zero diagonal of B
    P = (R^T R + regularization I)^-1,  B_ij = -P_ij / P_jj,  B_jj = 0
    scores = R B
"""

from typing import NamedTuple

import numpy as np

from recommender.choosing import grid

MOST_ITEMS = 6000  # B has a number for each pair of items


class Ease(NamedTuple):
    """The weights by which items predict one another."""

    B: np.ndarray  # (d, d)

    def scores(self, R):
        return R @ self.B

    def shapes(self, n, d):
        return {"B": (d, d)}


def fit(R, regularization):
    """Return the Ease of weights R (n, d), a csr_array."""
    G = (R.T @ R).toarray()
    G[np.diag_indices_from(G)] += regularization
    P = np.linalg.inv(G)
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    return Ease(B)


def candidates(n, d):
    """Return none if there are too many items."""
    return grid(regularization=[10.0, 100.0, 300.0, 1000.0, 3000.0]) if d <= MOST_ITEMS else []
