"""How good lists are, by held-out items.

The user's list has the n best items of the whole catalogue that the user has not rated in training; no sample of items
stands for the others. rel_k is 1 if the item at rank k is relevant, else 0; R is the number of the user's relevant
items, in the list or not.

    NDCG       sum_k rel_k / log2(k + 1), divided by its largest value, sum_{k <= min(n, R)} 1 / log2(k + 1)
    recall     sum_k rel_k / R
    precision  sum_k rel_k / n
    MAP        sum_k rel_k (precision of the first k) / R
    MRR        1 / rank of the first relevant item; 0 if none is in the list
    hit rate   1 if a relevant item is in the list, else 0

These are trec_eval's ndcg_cut, recall, P, map_cut, recip_rank of the first n, and success (NIST). The table has means
over the users with at least one relevant item. A list with fewer than n items counts as if irrelevant ones followed.
"""

import numpy as np

from recommender.sparse import counts, pairs

PER_USER = ("ndcg", "recall", "precision", "map", "mrr", "hit_rate")


def places(lists, X):
    """Return where the items of lists (m, n) stand among the entries of a csr_array X (m, d), (m, n); -1: nowhere."""
    u, i, _ = pairs(X)
    d = X.shape[1]
    keys = u.astype(np.int64) * d + i
    wanted = np.arange(len(lists))[:, None] * d + lists
    found = np.searchsorted(keys, wanted).clip(max=max(len(keys) - 1, 0))
    return np.where((lists >= 0) & (keys[found] == wanted if len(keys) else False), found, -1)


def per_user(lists, relevant):
    """Return {name: (m,)} of PER_USER.

    Args:
        lists: (m, n) item numbers, best first; -1 fills short lists.
        relevant: csr_array (m, d); its entries are the relevant items, at least one a user.
    """
    n, R = lists.shape[1], counts(relevant)[0]
    rel, rank = places(lists, relevant) >= 0, np.arange(1, n + 1)
    gain = 1 / np.log2(rank + 1)
    best, first = np.cumsum(gain)[np.minimum(n, R) - 1], rel.argmax(axis=1)
    hits = rel.sum(axis=1)
    values = (rel @ gain / best, hits / R, hits / n, (rel * np.cumsum(rel, axis=1) / rank).sum(axis=1) / R,
              np.where(hits > 0, 1 / (first + 1), 0.0), (hits > 0).astype(float))
    return dict(zip(PER_USER, values, strict=True))


def of_catalogue(lists, train):
    """Return {"coverage", "novelty"} of lists (m, n) by the training ratings (n_users, d).

    Coverage is the share of all items that are in some list. Novelty is the mean of -log2 p over all items of all
    lists, in bits; p is the share of the users with ratings who have rated the item (Vargas and Castells, RecSys 2011).
    An item that nobody has rated counts as rated by one.
    """
    (n_u, n_i), items = counts(train), lists[lists >= 0]
    p = np.maximum(n_i, 1) / np.count_nonzero(n_u)
    return {"coverage": len(np.unique(items)) / len(n_i), "novelty": float(-np.log2(p[items]).mean())}


def of_ratings(lists, held_out):
    """Return {"rated_share", "rated_mean"}: the share of recommended items with a held-out rating, and its mean.

    The mean is None if there is no such rating.
    """
    found = places(lists, held_out)
    x = held_out.data[found[found >= 0]]
    return {"rated_share": len(x) / np.count_nonzero(lists >= 0), "rated_mean": float(x.mean()) if len(x) else None}
