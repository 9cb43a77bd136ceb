"""Side features of users and movies, made from the matrix of ratings itself.

Ratings are not missing at random. People choose what they watch, so the movies that a user rated say how this user
would rate others ("constrained PMF" of Salakhutdinov, Mnih 2007, and SVD++ of Koren 2008 use it).
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import LinearOperator, svds

from recommender.sparse import FEW, as_ratings, counts, rows, with_values

GROUPS = ("count", "which", "relative")
COMPONENTS = 30
POWERS = {"which": 0.0, "relative": 0.5}  # of the counts by which the mask is divided


class Components(NamedTuple):
    """Principal components of the centred mask; its entries may be divided by powers of the counts."""

    power: float  # of how many ratings + 1 a row has
    weight: np.ndarray  # (d,): of each column, its count likewise
    share: np.ndarray  # (d,): means of the columns
    vectors: np.ndarray  # (d, c)

    def of(self, i):
        """Return the components of a new row with ratings in the columns i (m,), (c,)."""
        row = (len(i) + 1.0) ** -self.power * self.weight[i]
        more = row.sum() / len(self.share) - self.share.mean()
        return row @ self.vectors[i] - (self.share + more) @ self.vectors

    def shapes(self, n, d):
        return {"weight": (d,), "share": (d,), "vectors": (d, "c")}


class Features(NamedTuple):
    """Features of the rows, and the numbers that compute those of a new row."""

    values: np.ndarray  # (n, s)
    count: bool  # whether the first is the logarithm of how many ratings a row has
    components: tuple[Components, ...]  # their values follow
    centre: np.ndarray  # (s,): the raw features' means
    scale: np.ndarray  # (s,): 1 / their standard deviations, 0 of a constant

    def of(self, i):
        """Return the features of a new row with ratings in the columns i (m,), (s,)."""
        if not len(self.centre):
            return np.zeros(self.values.shape[1])
        raw = [np.log1p([len(i)])] * self.count + [components.of(i) for components in self.components]
        return (np.concatenate(raw) - self.centre) * self.scale

    def shapes(self, n, d):
        made = self.count + sum(part.vectors.shape[1] for part in self.components)
        return {"values": (n, made or "s"), "centre": (made,), "scale": (made,)}  # made is 0 of given features


def given(values):
    """Return features (n, s) from elsewhere as Features; those of a new row are unknown, 0."""
    return Features(values, False, (), np.zeros(0), np.zeros(0))


def sides(X, groups=GROUPS):
    """Return the Features of users and of movies of (n, d) ratings, standardised; a constant feature is 0.

    "count" is the logarithm of the number of ratings in the row. "which" are the leading principal components of the
    mask of observed entries, and "relative" those of the mask divided by the roots of both counts: busy users and
    popular movies do not outweigh all others (correspondence analysis). No feature uses the values of ratings, because
    a user's mean contains the very ratings that it should explain. Raises ValueError if a group is unknown, or without
    ratings.
    """
    unknown = set(groups) - set(GROUPS)
    if unknown:
        raise ValueError(f"expected groups of {', '.join(GROUPS)}, got {', '.join(sorted(unknown))}")
    X = as_ratings(X)
    found = [_components(X, power) for group, power in POWERS.items() if group in groups]
    return tuple(_features(count, "count" in groups, [both[axis] for both in found])
                 for axis, count in enumerate(counts(X)))


def check_sides(sides, shape):
    """Return the Features of users and movies, without columns for None; raise ValueError if they do not fit."""
    sides = sides or [given(np.empty((size, 0))) for size in shape]
    found = tuple(len(side.values) for side in sides)
    if found != tuple(shape):
        raise ValueError(f"expected side features of {shape[0]} users and {shape[1]} movies, got rows {found}")
    return sides


def _features(count, with_count, found):
    """Return the Features of rows with so many ratings (n,), from pairs of values (n, c) and Components."""
    raw = np.column_stack([np.log1p(count)[:, None][:, :with_count], *(values for values, _ in found)])
    centre, sd = raw.mean(axis=0), raw.std(axis=0)
    scale = np.divide(1, sd, where=sd > 1e-9, out=np.zeros_like(sd))
    return Features((raw - centre) * scale, with_count, tuple(part for _, part in found), centre, scale)


def _components(X, power):
    """Return the values (n, c) and Components of the rows of X, and those of its columns."""
    (n, d), (of_rows, of_columns) = X.shape, [(count + 1.0) ** -power for count in counts(X)]
    mask = with_values(X, of_rows[rows(X)] * of_columns[X.indices])
    U, singular, V = _leading(mask)
    return ((U * singular, Components(power, of_columns, mask.sum(axis=0) / n, V)),
            (V * singular, Components(power, of_rows, mask.sum(axis=1) / d, U)))


def _leading(mask):
    """Return U (n, c), singular values (c,) and V (d, c) of the leading components of a mask (n, d), centred."""
    k = min(COMPONENTS, min(mask.shape) - 1)
    if mask.nnz >= FEW * mask.shape[0] * mask.shape[1] or min(mask.shape) <= 2 * COMPONENTS:
        M = mask.toarray()
        U, singular, Vt = np.linalg.svd(M - M.mean(axis=0) - M.mean(axis=1, keepdims=True) + M.mean(), False)
    else:
        U, singular, Vt = svds(_centred(mask), k, v0=np.random.RandomState(0).normal(size=min(mask.shape)))
        order = singular.argsort()[::-1]
        U, singular, Vt = U[:, order], singular[order], Vt[order]
    U, singular, V = U[:, :k], singular[:k], Vt[:k].T
    # Components of a regular mask are rounding errors, which standardising would blow up.
    singular = np.where(singular > 1e-9 * max(mask.shape), singular, 0)
    sign = np.where(V[np.abs(V).argmax(axis=0), np.arange(k)] < 0, -1.0, 1.0)  # the largest coordinate is positive
    return U * sign, singular, V * sign


def _centred(mask):
    """Return a mask (n, d), less its rows' and columns' means, as an operator."""
    (n, d), other = mask.shape, mask.T.tocsr()
    of_rows, of_columns = mask.sum(axis=1) / d, mask.sum(axis=0) / n
    of_columns = of_columns - of_columns.mean()

    def times(v):
        v = v.ravel()
        return mask @ v - of_rows * v.sum() - of_columns @ v

    def transposed(v):
        v = v.ravel()
        return other @ v - of_rows @ v - of_columns * v.sum()

    return LinearOperator((n, d), times, transposed, dtype=float)
