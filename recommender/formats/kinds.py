"""Numbers in lines: ratings in a list, user, item, rating and perhaps time, or a matrix of ratings, a line a user.

Both may look the same, as `1 2 3`. What tells them apart is what the numbers are. Those in a matrix are all ratings on
one scale; where it has few columns, the same ones come again and again. In a list the first two columns are IDs, mostly
larger than any rating, and a pair of them comes once.
"""

import numpy as np

from recommender.ratings import Levels

LIST, MATRIX = "list", "matrix"
LEAST = 20  # lines, or numbers, of which fewer are like anything
FAR = 10  # times the largest rating: no rating on the same scale is as large
NEAR = 3  # times the smallest of the columns' largest ratings: so much it may differ what items get
TIMES, RATINGS = 1e7, 1e5  # what times in seconds or as 20050906 are above, and ratings beside them below
SOME = 0.1  # share of a column that is more than chance


def kind_of(V, missing=()):
    """Return whether the first lines of a file are a LIST or rows of a MATRIX; None where they could be either.

    Args:
        V: (m, w) finite numbers; user, item, rating, and perhaps a time, or a user's ratings of 2, 3 or 4 items.
        missing: those that mark a missing rating.
    """
    ids, x = V[:, :2], V[:, 2:3]
    if ((ids < 0) | (ids % 1 != 0)).any():
        return MATRIX
    if V.shape[1] == 4 and np.median(V[:, 3]) > TIMES and 0 < np.abs(x).max() < RATINGS:
        return LIST
    if len(V) < LEAST:
        return None
    if len(np.unique(ids, axis=0)) < len(V) / 2:  # the same ratings of two items, again and again
        highest = np.abs(V).max(axis=0)
        return MATRIX if highest.max() <= NEAR * highest.min() else None
    largest = np.abs(x[~np.isin(x, _unrated(x, missing))]).max(initial=0)
    large = (ids > FAR * largest) & ~np.isin(ids, _unrated(V, missing))
    broken = x % 1 != 0  # as 3.5, and no ID is
    told = largest > 0 and max(*large.mean(axis=0), broken.mean()) > SOME
    return LIST if told and _repeat(*ids.T) and _repeat(*ids.T[::-1]) else None


def _repeat(ids, others):
    """Return whether IDs come again, or are each another one's only because those of the others are in order.

    Else they may number the lines.
    """
    return len(np.unique(ids)) < len(ids) or (np.diff(others) >= 0).all()


def odd_column(V, missing):
    """Return the number of a column whose numbers are no ratings on the scale of all others, or None.

    It is the first one, and numbers the lines. Or more than half of it are farther from the middle of all other
    columns' range than this is wide: counts, IDs or times.

    Args:
        V: (m, w) numbers, w at least 2.
        missing: those that mark a missing rating.
    """
    if len(V) >= LEAST and (np.diff(V[:, 0]) == 1).all():
        return 0
    gaps = np.isin(V, _unrated(V, missing))
    highest, lowest = np.where(gaps, -np.inf, V).max(axis=0), np.where(gaps, np.inf, V).min(axis=0)
    likely = 0, int(highest.argmax()), int(lowest.argmin())
    return next((column for column in likely if _is_odd(V, column, missing)), None)


def _is_odd(V, column, missing):
    own, others = V[:, column], np.delete(V, column, axis=1)
    unrated = _unrated(others, missing)
    own, others = own[~np.isin(own, unrated)], others[~np.isin(others, unrated)]
    if len(own) < 3 or len(others) < LEAST:
        return False
    low, high = others.min(), others.max()
    return (np.abs(own - (low + high) / 2) > high - low).mean() > 0.5


def _unrated(V, missing):
    """Return the numbers that mark missing ratings, and those in V that are likely to."""
    levels = Levels()
    levels.add(V[~np.isin(V, missing)])
    return [*missing, *(code for code, _ in levels.codes())]
