"""The start of EM: soft counts of the rows, from K-means or drawn, and their mixture.

The draws follow scikit-learn's, number for number, so that a seed means the same there and here on a table without gaps
("random" and "random_from_data" always, "k-means++" and "kmeans" where standardising the columns changes no choice).
"""

import numpy as np

from .model import Mixture, estep, mstep

WAYS = ("kmeans", "k-means++", "random", "random_from_data")


def random_of(state):
    """Return the np.random.RandomState of a seed, None, a generator, or itself."""
    if isinstance(state, np.random.Generator):
        state = state.bit_generator
    return state if isinstance(state, np.random.RandomState) else np.random.RandomState(state)


def soft_counts(table, X, K, way, random, weight):
    """Return the soft counts (n, K) of a start by one of WAYS; the weights (n,) of rows without entries are 0."""
    n = len(X)
    if way == "random":
        post = random.uniform(size=(n, K))
        post /= post.sum(axis=1, keepdims=True)
        return post
    if way == "random_from_data":
        p = None if (weight == weight[0]).all() else weight / weight.sum()  # the draws differ, even where p is uniform
        chosen = random.choice(n, K, replace=False, p=p)
    else:
        chosen = plus_plus(table, X, K, random, weight)
    post = np.zeros((n, K), bool)
    if way == "kmeans":
        post[np.arange(n), kmeans(table, _rows(X, chosen, table.scale))] = True
    else:
        post[chosen, np.arange(K)] = True
    return post


def _rows(X, chosen, scale):
    """Return some rows, standardised, their gaps filled with the columns' means."""
    return np.nan_to_num((X[chosen] - scale.centre) / scale.width)


def distances(block, centres):
    """Return a block's squared distances to centres over the observed entries, (m, K)."""
    apart = block.seen @ (centres**2).T - 2 * (block.x @ centres.T)
    return np.maximum(apart + np.einsum("ij,ij->i", block.x, block.x)[:, None], 0)


def plus_plus(table, X, K, random, weight):
    """Return K rows, (K,), by greedy k-means++ (Arthur & Vassilvitskii 2007); distances are per observed entry."""
    chosen = [random.choice(len(X), size=1, p=weight / weight.sum())[0]]
    nearest = _apart(table, X, chosen[0])
    for _ in range(1, K):
        least = np.inf
        for candidate in _drawn(weight * nearest, 2 + int(np.log(K)), random):
            after = _apart(table, X, candidate)
            np.minimum(after, nearest, out=after)
            if after @ weight < least:
                least, best, best_after = after @ weight, candidate, after
        chosen.append(best)
        nearest = best_after
    return np.array(chosen)


def _drawn(share, size, random):
    """Return row numbers, (size,), drawn in proportion to their shares."""
    total = np.cumsum(share)
    return np.minimum(np.searchsorted(total, random.uniform(size=size) * total[-1]), len(share) - 1)


def _apart(table, X, chosen):
    """Return the squared distances of all rows to one, (n,), as if all entries were observed."""
    apart = np.empty(len(X))
    centre = _rows(X, [chosen], table.scale)
    for block in table.blocks:
        apart[block.rows] = distances(block, centre)[:, 0] * (centre.size / np.maximum(block.entries, 1))
    return apart


def kmeans(table, centres, max_iter=300):
    """Return the cluster of each row, (n,), by Lloyd's algorithm on the observed entries: k-POD (Chi et al. 2016).

    A coordinate without an entry in the cluster stays. A cluster without rows gets the row farthest from its centre.
    """
    labels = np.full(table.shape[0], -1, np.int32)
    for _ in range(max_iter):
        old, (labels, total, seen, farthest) = labels, _assigned(table, centres)
        moved = np.divide(total, seen, out=centres.copy(), where=seen > 0)
        empty = np.flatnonzero(np.bincount(labels, minlength=len(centres)) == 0)
        for k, x in zip(empty, farthest, strict=False):
            moved[k] = x
        if (labels == old).all() or ((moved - centres) ** 2).sum() <= 1e-4:
            break
        centres = moved
    return labels


def _assigned(table, centres):
    """Return each row's nearest centre, the clusters' sums and counts (K, d), and the K rows farthest from theirs."""
    K, d = centres.shape
    labels, total, seen = np.zeros(table.shape[0], np.int32), np.zeros((K, d)), np.zeros((K, d))
    far = []
    for block in table.blocks:
        apart = distances(block, centres)
        nearest = apart.argmin(axis=1)
        labels[block.rows] = nearest
        one = (nearest[:, None] == np.arange(K)) * block.weight[:, None]
        total += one.T @ block.x
        seen += one.T @ block.seen
        least = apart[np.arange(len(nearest)), nearest]
        far += [(least[i], block.x[i]) for i in np.argsort(-least, kind="stable")[:K] if least[i] > 0]
    return labels, total, seen, [x for _, x in sorted(far, key=lambda pair: -pair[0])[:K]]


def start(table, post, kind, strength, reg_covar):
    """Return the Mixture of a kind for these soft counts.

    Its covariances are those of the rows with gaps filled by the means, plus the variances at the gaps.
    """
    (_, d), K = table.shape, post.shape[1]
    apart = Mixture(np.full(K, 1 / K), np.zeros((K, d)), np.ones((K, d)), "diag")
    if kind in ("full", "tied"):
        apart = mstep(estep(table, apart, post), apart, strength)
        safe = np.maximum(apart.cov, 1e-12)
        apart = apart._replace(cov=np.eye(d) * safe[:, None], kind="full")
    moments = estep(table, apart, post)
    if kind == "tied":
        moments = moments._replace(second=moments.second.sum(axis=0))
    cov = {"tied": apart.cov[0], "spherical": apart.cov[:, 0]}.get(kind, apart.cov)
    mixture = mstep(moments, apart._replace(cov=cov, kind=kind), strength, reg_covar)
    return mixture._replace(p=moments.count / table.weight)
