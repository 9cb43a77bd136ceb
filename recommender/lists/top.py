"""The best items of each user by their scores."""

import numpy as np
from scipy.sparse import csr_array

from recommender.sparse import counts, pairs

BLOCK = 2**23  # scores that are computed at a time


def top(scores, rated, n):
    """Return the numbers of each user's n best items, best first, (m, n).

    Equal scores are in the order of item numbers. Where fewer items are left, the row ends in -1.

    Args:
        scores: (m, d), finite.
        rated: csr_array (m, d); its entries are left out.
    """
    scores = np.array(scores, dtype=float)
    u, i, _ = pairs(rated)
    scores[u, i] = -np.inf
    m, d = scores.shape
    kept, found = min(n, d), np.full((m, n), -1)
    if not kept:
        return found
    least = -np.partition(-scores, kept - 1, axis=1)[:, kept - 1]
    for row, of_user, limit in zip(found, scores, least, strict=True):
        items = np.flatnonzero((of_user >= limit) & (of_user > -np.inf))
        items = items[np.argsort(-of_user[items], kind="stable")[:kept]]
        row[:len(items)] = items
    return found


def best(scores, known, candidates, n, exclude_known=True):
    """Return the numbers of each user's n best of `candidates` (c,), and their scores, (m, n); -1: none is left.

    Equal scores are in the order of the candidates.

    Args:
        scores: scores(users) -> (k, c) of an array of users (k,), the larger the better.
        known: csr_array (m, d) of the users' ratings or counts.
        exclude_known: leave out what `known` has.

    Raises:
        FloatingPointError: a score is no finite number.
    """
    (m, d), c = known.shape, len(candidates)
    found, worth, step = [np.empty((0, n), int)], [np.empty((0, n))], max(BLOCK // d, 1)
    for start in range(0, m, step):
        users = np.arange(start, min(start + step, m))
        of_users = scores(users)
        if not np.isfinite(of_users).all():
            raise FloatingPointError("its predictions are not finite numbers")
        left_out = known[users][:, candidates] if exclude_known else csr_array((len(users), c))
        places = top(of_users, left_out, n)
        found.append(np.where(places < 0, -1, candidates[places]))
        worth.append(np.take_along_axis(of_users, places, axis=1))
    return np.concatenate(found), np.concatenate(worth)


def popular_first(R, items=None):
    """Return the numbers of items (c,), None: all, by falling number of users in weights R (n, d)."""
    items = np.arange(R.shape[1]) if items is None else items
    return items[np.argsort(-counts(R)[1][items], kind="stable")]
