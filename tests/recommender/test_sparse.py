"""Inner products of pairs of rows."""

import numpy as np

from recommender.sparse import products


def test_inner_products_of_pairs_by_whichever_way():
    random = np.random.RandomState(0)
    P, Q = random.normal(size=(40, 3)), random.normal(size=(3, 90)).T
    for size in (5, 4000):
        u, i = np.sort(random.randint(40, size=size)), random.randint(90, size=size)
        expected = [P[a] @ Q[b] for a, b in zip(u, i, strict=True)]
        np.testing.assert_allclose(products(P, Q, u, i), expected)
        np.testing.assert_allclose(products(P, Q, u[::-1], i[::-1]), expected[::-1])
        np.testing.assert_allclose(products(P, Q, u.astype(np.uint8), i), expected)  # places are beyond a byte
    assert products(P, Q, u[:0], i[:0]).shape == (0,)


def test_inner_products_where_numbers_of_entries_exceed_those_of_users():
    random = np.random.RandomState(1)
    P, Q = random.normal(size=(300, 2)), random.normal(size=(500, 2))
    u, i = random.randint(300, size=40000), random.randint(500, size=40000)
    for kind in (np.uint16, np.int16, np.int32):
        np.testing.assert_allclose(products(P, Q, u.astype(kind), i.astype(kind)), (P[u] * Q[i]).sum(axis=1))
    many = np.zeros((300_000, 1)), np.zeros((30_000, 1))  # all of whose entries have no room
    assert not products(*many, np.array([0, 299_999], np.int32), np.array([0, 29_999], np.int32)).any()
