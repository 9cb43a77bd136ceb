"""Side features that the matrix of ratings itself offers, of users, and by transposing it, of movies.

Ratings are not missing at random: people choose what they watch, so which movies somebody rated says something of
how they would rate others (the "constrained PMF" of Salakhutdinov, Mnih 2007, and SVD++ of Koren 2008 use it).
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import LinearOperator, svds

from recommender.holdout import check_ratings
from recommender.sparse import FEW, as_ratings, rated, rows

GROUPS = ("count", "moments", "which")
COMPONENTS = 30


class Features(NamedTuple):
    """Features of the rows, and what it takes to compute those of one more."""

    values: np.ndarray  # (n, s)
    used: np.ndarray  # (s,): which of the raw features: count, mean, spread, components
    centre: np.ndarray  # (s,): the raw features' means
    scale: np.ndarray  # (s,): 1 / their standard deviations, 0 of a constant
    overall: float  # mean of all ratings
    share: np.ndarray  # (d,): the share of the rows that rated each column
    components: np.ndarray  # (d, c): principal components of the centred mask

    def of(self, i, x):
        """Return the features of a new row with ratings x (m,) in the columns i (m,), (s,)."""
        if not self.scale.any():  # none, or from elsewhere
            return np.zeros(len(self.scale))
        count = len(x)
        mean = (x.sum() + self.overall) / (count + 1)
        spread = np.sqrt(((x - mean) ** 2).sum() / max(count, 1))
        # The components sum to 0, so that the mean of the row, and of all, drop out.
        which = self.components[i].sum(axis=0) - self.share @ self.components if self.components.size else []
        raw = np.concatenate([[np.log1p(count), mean, spread], which])
        return (raw[self.used] - self.centre) * self.scale


def given(values):
    """Return features (n, s) from elsewhere as Features; of a new row they are unknown: 0."""
    s = values.shape[1]
    return Features(values, np.zeros(s, dtype=int), np.zeros(s), np.zeros(s), 0.0, np.zeros(1), np.zeros((1, 0)))


def sides(X, groups=GROUPS):
    """Return the Features of users and of movies, standardised; a constant feature is 0.

    "count" is the logarithm of how many ratings the row has; "moments" are their mean and spread; "which" are the
    leading principal components of the mask of observed entries: which movies a user rated, in a few numbers.

    Args:
        X: (n, d) ratings. Only they are used, so hidden ratings must not be among them.
        groups: any of GROUPS.

    Raises:
        ValueError: an unknown group, or there are no ratings.
    """
    unknown = set(groups) - set(GROUPS)
    if unknown:
        raise ValueError(f"expected groups of {', '.join(GROUPS)}, got {', '.join(sorted(unknown))}")
    X = as_ratings(X)
    check_ratings(X)
    U, singular, V = _which(X) if "which" in groups else (np.zeros((X.shape[0], 0)), 0, np.zeros((X.shape[1], 0)))
    return _features(X, groups, U * singular, V), _features(X.T.tocsr(), groups, V * singular, U)


def check_sides(sides, shape):
    """Return the Features of users and movies for ratings of shape (n, d); such without columns where None.

    Raises:
        ValueError: they have not a row for each user and each movie.
    """
    sides = sides or [given(np.empty((size, 0))) for size in shape]
    found = tuple(len(side.values) for side in sides)
    if found != tuple(shape):
        raise ValueError(f"expected side features of {shape[0]} users and {shape[1]} movies, got rows {found}")
    return sides


def _features(X, groups, which, components):
    """Return the Features of the rows of X."""
    (n, d), row = X.shape, rows(X)
    count, overall = np.diff(X.indptr), float(X.data.mean())
    mean = (np.bincount(row, X.data, n) + overall) / (count + 1)
    spread = np.sqrt(np.bincount(row, (X.data - mean[row]) ** 2, n) / np.maximum(count, 1))
    raw = np.column_stack([np.log1p(count), mean, spread, which])
    of = np.array(["count", "moments", "moments"] + ["which"] * which.shape[1])
    used = np.flatnonzero(np.isin(of, groups))
    centre, sd = raw[:, used].mean(axis=0), raw[:, used].std(axis=0)
    scale = np.where(sd > 1e-9, 1 / np.where(sd > 1e-9, sd, 1), 0)
    share = np.bincount(X.indices, minlength=d) / n
    return Features((raw[:, used] - centre) * scale, used, centre, scale, overall, share, components)


def _which(X):
    """Return U (n, c), singular values (c,) and V (d, c) of the leading components of the centred mask.

    Of each component the largest coordinate in V is positive.
    """
    mask, k = rated(X), min(COMPONENTS, min(X.shape) - 1)
    if X.nnz >= FEW * X.shape[0] * X.shape[1] or min(X.shape) <= 2 * COMPONENTS:
        M = mask.toarray()
        U, singular, Vt = np.linalg.svd(M - M.mean(axis=0) - M.mean(axis=1, keepdims=True) + M.mean(), False)
    else:
        U, singular, Vt = svds(_centred(mask), k, v0=np.random.RandomState(0).normal(size=min(X.shape)))
        order = singular.argsort()[::-1]
        U, singular, Vt = U[:, order], singular[order], Vt[order]
    U, singular, V = U[:, :k], singular[:k], Vt[:k].T
    # Components of a regular mask are rounding errors, which standardising would blow up.
    singular = np.where(singular > 1e-9 * max(X.shape), singular, 0)
    sign = np.where(V[np.abs(V).argmax(axis=0), np.arange(k)] < 0, -1.0, 1.0)
    return U * sign, singular, V * sign


def _centred(mask):
    """Return a mask (n, d), less its rows' and columns' means, as an operator."""
    n, d = mask.shape
    of_rows, of_columns = mask.sum(axis=1) / d, mask.sum(axis=0) / n
    of_columns = of_columns - of_columns.mean()
    other = mask.T.tocsr()

    def times(v):
        v = v.ravel()
        return mask @ v - of_rows * v.sum() - of_columns @ v

    def transposed(v):
        v = v.ravel()
        return other @ v - of_rows @ v - of_columns * v.sum()

    return LinearOperator((n, d), times, transposed, dtype=float)
