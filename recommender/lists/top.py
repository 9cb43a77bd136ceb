"""The best items of each user by their scores."""

import numpy as np

from recommender.sparse import pairs

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
    kept = min(n, d)
    least = -np.partition(-scores, kept - 1, axis=1)[:, kept - 1]
    found = np.full((m, n), -1)
    for row, of_user, limit in zip(found, scores, least, strict=True):
        items = np.flatnonzero((of_user >= limit) & (of_user > -np.inf))
        items = items[np.argsort(-of_user[items], kind="stable")[:kept]]
        row[:len(items)] = items
    return found


def lists(scores, rated, n):
    """Return the same of many users, from a function scores(rows) of an array of row numbers, block by block."""
    m, d = rated.shape
    step = max(BLOCK // d, 1)
    rows = [np.arange(start, min(start + step, m)) for start in range(0, m, step)]
    return np.concatenate([np.empty((0, n), int), *(top(scores(each), rated[each], n) for each in rows)])
