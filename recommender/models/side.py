"""Side features that the matrix of ratings itself offers, of users, and by transposing it, of movies.

Ratings are not missing at random: people choose what they watch, so which movies somebody rated says something of
how they would rate others (the "constrained PMF" of Salakhutdinov, Mnih 2007, and SVD++ of Koren 2008 use it).
"""

import numpy as np

from recommender.holdout import check_ratings

GROUPS = ("count", "moments", "which")
COMPONENTS = 30


def features(X, groups=GROUPS):
    """Return features of each row of (n, d) ratings, standardised, (n, s); a constant feature is 0.

    "count" is the logarithm of how many ratings the row has; "moments" are their mean and spread; "which" are the
    leading principal components of the mask of observed entries: which movies a user rated, in a few numbers.

    Args:
        X: (n, d) ratings, 0 where missing. Only they are used, so hidden ratings must be 0 in it.
        groups: any of GROUPS.

    Raises:
        ValueError: an unknown group, or there are no ratings.
    """
    unknown = set(groups) - set(GROUPS)
    if unknown:
        raise ValueError(f"expected groups of {', '.join(GROUPS)}, got {', '.join(sorted(unknown))}")
    X = np.asarray(X, dtype=float)
    check_ratings(X)
    mask = (X != 0).astype(float)
    parts = {"count": _count, "moments": _moments, "which": _which}
    S = np.column_stack([np.empty((len(X), 0)), *(parts[group](X, mask) for group in GROUPS if group in groups)])
    spread = S.std(axis=0)
    return np.where(spread > 1e-9, (S - S.mean(axis=0)) / np.where(spread > 1e-9, spread, 1), 0)


def side_features(sides, shape):
    """Return the features of users, (n, s), and of movies, (d, t), for ratings of shape (n, d); none where None.

    Raises:
        ValueError: they have not a row for each user and each movie.
    """
    sides = [np.empty((size, 0)) for size in shape] if sides is None else [np.asarray(side) for side in sides]
    rows = tuple(map(len, sides))
    if rows != tuple(shape):
        raise ValueError(f"expected side features of {shape[0]} users and {shape[1]} movies, got rows {rows}")
    return sides


def _count(X, mask):
    return np.log1p(mask.sum(axis=1))


def _moments(X, mask):
    count, overall = mask.sum(axis=1), X.sum() / mask.sum()
    mean = (X.sum(axis=1) + overall) / (count + 1)
    variance = (((X - mean[:, None]) * mask) ** 2).sum(axis=1) / np.maximum(count, 1)
    return np.column_stack([mean, np.sqrt(variance)])


def _which(X, mask):
    centred = mask - mask.mean(axis=0) - mask.mean(axis=1, keepdims=True) + mask.mean()
    U, singular, _ = np.linalg.svd(centred, full_matrices=False)
    # Components of a regular mask are rounding errors, which standardising would blow up.
    return np.where(singular > 1e-9 * max(mask.shape), U * singular, 0)[:, :COMPONENTS]
