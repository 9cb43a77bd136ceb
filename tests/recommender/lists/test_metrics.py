"""Each metric by a plain loop, and beside trec_eval's numbers for the same lists."""

import math
import os

import numpy as np
import pytest
from scipy.sparse import csr_array

from recommender.lists.metrics import PER_USER, of_catalogue, of_ratings, per_user


def cases(seed=0, m=40, d=30, n=10):
    """Return lists (m, n), some of them short, and relevant items (m, d), at least one a user."""
    random = np.random.RandomState(seed)
    lists = np.array([random.permutation(d)[:n] for _ in range(m)])
    for row in lists[::5]:
        row[random.randint(1, n + 1):] = -1
    relevant = random.rand(m, d) < 0.2
    relevant[np.arange(m), random.randint(d, size=m)] = True
    return lists, csr_array(relevant.astype(float))


def by_loops(items, relevant, n):
    """Return the metrics of one user: a list of item numbers, and a set."""
    hits, gain, precisions, first = 0, 0.0, 0.0, 0.0
    for rank, item in enumerate(items, start=1):
        if item in relevant:
            hits += 1
            gain += 1 / math.log2(rank + 1)
            precisions += hits / rank
            first = first or 1 / rank
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(n, len(relevant)) + 1))
    return {"ndcg": gain / ideal, "recall": hits / len(relevant), "precision": hits / n,
            "map": precisions / len(relevant), "mrr": first, "hit_rate": float(hits > 0)}


@pytest.mark.parametrize("n", [1, 3, 10])
def test_metrics_of_users_by_loops(n):
    lists, relevant = cases(n=n)
    found = per_user(lists, relevant)
    for u, row in enumerate(lists):
        of_user = set(np.flatnonzero(relevant.toarray()[u]).tolist())
        expected = by_loops([item for item in row.tolist() if item >= 0], of_user, n)
        assert {name: values[u] for name, values in found.items()} == pytest.approx(expected)


def test_metrics_of_users_are_those_of_trec_eval():
    if os.environ.get("LISTS_PACKAGES") != "required":
        pytest.importorskip("pytrec_eval", reason="pytrec_eval is not installed (tests/requirements_lists.txt)")
    import pytrec_eval
    lists, relevant = cases(seed=1, m=60)
    wanted = {str(u): {str(i): 1 for i in np.flatnonzero(row)} for u, row in enumerate(relevant.toarray())}
    run = {str(u): {str(i): float(10 - rank) for rank, i in enumerate(row) if i >= 0} for u, row in enumerate(lists)}
    names = {"ndcg": "ndcg_cut_10", "recall": "recall_10", "precision": "P_10", "map": "map_cut_10",
             "mrr": "recip_rank", "hit_rate": "success_10"}
    theirs = pytrec_eval.RelevanceEvaluator(wanted, pytrec_eval.supported_measures).evaluate(run)
    ours = per_user(lists, relevant)
    assert set(names) == set(PER_USER)
    for name, of_trec in names.items():
        np.testing.assert_allclose(ours[name], [theirs[str(u)][of_trec] for u in range(60)], atol=1e-12)


def test_coverage_and_novelty_by_loops():
    lists, _ = cases(d=50)
    train = (np.random.RandomState(2).rand(40, 50) < 0.1).astype(float)
    train[3], train[:, 7] = 0, 0
    users = sum(bool(row.any()) for row in train)
    shown = [item for row in lists.tolist() for item in row if item >= 0]
    bits = [-math.log2(max(sum(train[:, item] > 0), 1) / users) for item in shown]
    assert of_catalogue(lists, csr_array(train)) == pytest.approx(
        {"coverage": len(set(shown)) / 50, "novelty": sum(bits) / len(bits)})


def test_how_recommended_items_were_rated_by_loops():
    """A held-out rating of 0 is one, too."""
    lists, _ = cases()
    random = np.random.RandomState(3)
    rated, x = random.rand(40, 30) < 0.3, random.randint(0, 6, (40, 30)).astype(float)
    u, i = np.nonzero(rated)
    held_out = csr_array((x[u, i], (u, i)), shape=(40, 30))
    assert (held_out.data == 0).any()
    shown = [(u, item) for u, row in enumerate(lists.tolist()) for item in row if item >= 0]
    found = [x[pair] for pair in shown if rated[pair]]
    assert of_ratings(lists, held_out) == pytest.approx(
        {"rated_share": len(found) / len(shown), "rated_mean": sum(found) / len(found)})
    assert of_ratings(lists, csr_array((40, 30))) == {"rated_share": 0.0, "rated_mean": None}
