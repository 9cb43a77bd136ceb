"""Of several ratings of an item by a user one counts."""


import numpy as np

from recommender.formats import table
from tests.recommender.formats.cases import expected


def test_the_last_counts_however_many_users_are_sorted_at_once(monkeypatch):
    random = np.random.RandomState(3)
    for case in range(100):
        n, d, m = random.randint(1, 9), random.randint(1, 9), random.randint(1, 60)
        u, i, x = random.randint(n, size=m), random.randint(d, size=m), random.randint(-2, 3, m).astype(float)
        time = random.randint(4, size=m) if case % 3 else None
        monkeypatch.setattr(table, "_AT_ONCE", random.randint(1, 40))
        X = table.without_duplicates(u, i, x, time, (n, d)).tocoo()
        rows = zip(*map(np.ndarray.tolist, (u, i, x) if time is None else (u, i, x, time)), strict=True)
        found = {(u, i): x for u, i, x in zip(X.row.tolist(), X.col.tolist(), X.data.tolist(), strict=True)}
        assert len(found) == X.nnz and found == expected(rows)
