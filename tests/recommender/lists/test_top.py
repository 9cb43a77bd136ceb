"""The best items by sorting all of them."""

import numpy as np
from scipy.sparse import csr_array

from recommender.lists import top


def by_sorting(scores, rated, n):
    rows = []
    for row, known in zip(scores, rated.toarray(), strict=True):
        left = [i for i in range(len(row)) if not known[i]]
        left.sort(key=lambda i: (-row[i], i))
        rows.append((left + [-1] * n)[:n])
    return rows


def cases(random, n_users=40, d=15):
    rated = csr_array((random.rand(n_users, d) < 0.5).astype(float))
    return random.randint(0, 4, (n_users, d)).astype(float), rated  # many equal scores


def test_the_best_are_found_and_equal_ones_come_by_number():
    scores, rated = cases(np.random.RandomState(0))
    for n in (1, 4, 15, 20):
        kept = scores.copy()
        assert top.top(scores, rated, n).tolist() == by_sorting(scores, rated, n)
        np.testing.assert_array_equal(scores, kept)


def test_a_rating_of_0_is_left_out_too():
    zero = csr_array((np.zeros(1), ([0], [2])), shape=(1, 3))
    assert top.top(np.array([[1.0, 2.0, 3.0]]), zero, 2).tolist() == [[1, 0]]


def test_blocks_of_users_give_the_same(monkeypatch):
    scores, rated = cases(np.random.RandomState(1))
    monkeypatch.setattr(top, "BLOCK", 15 * 7)
    found, worth = top.best(lambda rows: scores[rows], rated, np.arange(15), 3)
    assert found.tolist() == top.top(scores, rated, 3).tolist()
    np.testing.assert_array_equal(worth[found >= 0], scores[np.nonzero(found >= 0)[0], found[found >= 0]])
    assert top.best(None, csr_array((0, 5)), np.arange(5), 3)[0].shape == (0, 3)


def test_only_candidates_are_listed_and_equal_ones_come_in_their_order():
    scores, rated = cases(np.random.RandomState(2))
    candidates = np.array([9, 3, 12, 0, 7])
    found, _ = top.best(lambda rows: scores[rows][:, candidates], rated, candidates, 4)
    for row, of_user, known in zip(found.tolist(), scores, rated.toarray(), strict=True):
        left = sorted((i for i in candidates.tolist() if not known[i]), key=lambda i: -of_user[i])
        assert row == (left + [-1] * 4)[:4]


def test_no_candidate_and_no_place_give_empty_lists():
    scores, rated = cases(np.random.RandomState(3))
    assert top.best(lambda rows: scores[rows], rated, np.arange(15), 0)[0].shape == (40, 0)
    nothing = np.empty(0, int)
    assert top.best(lambda rows: scores[rows][:, nothing], rated, nothing, 0)[0].shape == (40, 0)


def test_popular_items_come_first():
    R = csr_array(np.array([[0, 5.0, 1], [0, 1, 2], [0, 3, 0]]))
    assert top.popular_first(R).tolist() == [1, 2, 0]
    assert top.popular_first(R, np.array([0, 2])).tolist() == [2, 0]
