"""The best items for users, known or new: by prediction, by the low end of the interval, or by the list model."""

from typing import NamedTuple

import numpy as np

from console import InputError
from recommender.in_memory import frame, places, several, whole
from recommender.lists import top

RATING, SURE, TOP = WAYS = "rating", "sure", "top"


class Similar(NamedTuple):
    """An item like another one."""

    item: int | str
    similarity: float  # a cosine, 1 at most


def best(table, predictor, lists, by, X, n, exclude_rated, among, first=0):
    """Return the n best items of each user as columns (m,): users, ranks from 1, items, scores.

    Args:
        table: ratings.Table with the items.
        predictor, lists: a Predictor and a Lists; `by`, one of WAYS, uses one of them.
        X: csr_array (n_users, d) of the users' ratings or counts.
        n, exclude_rated, among: as in api.User.recommend.
        first: the number that the predictor has for user 0.

    Raises:
        InputError: there is no such way, or no list model for it; or n or an item is none.
    """
    if by not in WAYS:
        raise InputError(f"by={by!r}: expected {', '.join(map(repr, WAYS))}")
    if by == TOP and lists is None:
        raise InputError("this model has no list model, because an earlier version fitted it; expected by='rating', or"
                         " a model that is fitted anew")
    items = np.arange(len(table.items)) if among is None else np.unique(places(table.items, several(among), "item"))
    n = min(whole(n), len(items))

    def predicted(users):  # not cut to the scale, as many would be equal at its end
        u, i = np.repeat(users + first, len(items)), np.tile(items, len(users))
        less = predictor.half_width(u, i) if by == SURE else 0
        return (predictor.fitted.predict(u, i) - less).reshape(len(users), len(items))

    found, worth = (lists.best(X, table.X, n, exclude_rated, items) if by == TOP
                    else top.best(predicted, X, items, n, exclude_rated))
    u, rank = np.nonzero(found >= 0)
    return u, rank + 1, found[u, rank], worth[u, rank]


def similar(items, cosines, of, n):
    """Return the n items most like the item number `of` (1,), from all cosines (d,), as a frame of Similar."""
    others = np.delete(np.arange(len(items)), of)
    nearest = others[np.argsort(-cosines[others], kind="stable")[:whole(n)]]
    return frame(Similar, [Similar(items[each].item(), float(cosines[each])) for each in nearest])
