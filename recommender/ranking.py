"""The best items for users, known or new: by prediction, by the low end of the interval, or by the list model."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from console import InputError
from recommender.in_memory import frame, places, whole
from recommender.lists.top import BLOCK, top
from recommender.sparse import counts

RATING, SURE, TOP = WAYS = "rating", "sure", "top"


class Similar(NamedTuple):
    """An item like another one."""

    item: int | str
    similarity: float  # a cosine, 1 at most


def way(by, sure, lists):
    """Return one of WAYS; InputError if there is no such way, or no list model for it."""
    by = by or (SURE if sure else RATING)
    if by not in WAYS:
        raise InputError(f"by={by!r}: expected {', '.join(map(repr, WAYS))}")
    if by == TOP and lists is None:
        raise InputError("this model has no list model, because an earlier version fitted it; expected by='rating', or"
                         " a model that is fitted anew")
    return by


def scores(predictor, lists, by, X, candidates, first=0):
    """Return scores(users) -> (m, c) of `candidates` (c,), the larger the better, one of WAYS.

    Predictions are not cut to the scale, as many would be equal at its end.

    Args:
        predictor, lists: a Predictor and a Lists; the way `by` uses one of them.
        X: csr_array (n, d) of the users' ratings or counts, for `lists`.
        first: the number that the predictor has for user 0.
    """
    def of_lists(users):
        return lists.scores(X[users])[:, candidates]

    def of_ratings(users):
        u, i = np.repeat(users + first, len(candidates)), np.tile(candidates, len(users))
        worth = predictor.fitted.predict(u, i)
        if by == SURE:
            worth = worth - predictor.half_width(u, i)
        return worth.reshape(len(users), -1)

    return of_lists if by == TOP else of_ratings


def best(scores, X, candidates, n, exclude_rated=True):
    """Return the numbers of each user's n best of `candidates` (c,), and their scores, (n_users, n); -1: none is left.

    Args:
        scores: scores(users) -> (m, c), as above.
        X: csr_array (n_users, d) of the users' ratings or counts.
        exclude_rated: leave out what X has.

    Raises:
        FloatingPointError: a score is no finite number.
    """
    (m, d), c = X.shape, len(candidates)
    found, worth, step = [np.empty((0, min(n, c)), int)], [np.empty((0, min(n, c)))], max(BLOCK // d, 1)
    for start in range(0, m, step):
        users = np.arange(start, min(start + step, m))
        of_users = scores(users)
        if not np.isfinite(of_users).all():
            raise FloatingPointError("its predictions are not finite numbers")
        rated = X[users][:, candidates] if exclude_rated else csr_array((len(users), c))
        places = top(of_users, rated, min(n, c))
        found.append(np.where(places < 0, -1, candidates[places]))
        worth.append(np.take_along_axis(of_users, places, axis=1))
    return np.concatenate(found), np.concatenate(worth)


def candidates(table, among, lists=None):
    """Return the numbers of the items of a Table `among` which to choose; None: all.

    They are rising; or, for a Lists, by the number of users, so that popular items come first of those with equal
    scores, as all have for a user whose choices say nothing.
    """
    found = np.arange(len(table.items)) if among is None else np.unique(places(table.items, list(among), "item"))
    if lists is None:
        return found
    users = counts(lists.signal.weights(table.X))[1]
    return found[np.argsort(-users[found], kind="stable")]


def columns(found, worth):
    """Return what `best` found as columns (m,): users, ranks from 1, items, scores."""
    u, rank = np.nonzero(found >= 0)
    return u, rank + 1, found[u, rank], worth[u, rank]


def similar(items, cosines, of, n):
    """Return the n items most like the item number `of` (1,), from all cosines (d,), as a frame of Similar."""
    others = np.delete(np.arange(len(items)), of)
    nearest = others[np.argsort(-cosines[others], kind="stable")[:whole(n)]]
    return frame(Similar, [Similar(items[each].item(), float(cosines[each])) for each in nearest])
