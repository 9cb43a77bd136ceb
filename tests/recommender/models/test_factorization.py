"""Matrix factorization by least squares."""

import numpy as np
import pytest

from recommender.models import (
    factorization,
    normal,
)
from recommender.sparse import as_ratings
from tests.ratings import everywhere
from tests.recommender.models.cases import planted, with_empty


def test_each_row_is_the_least_squares_solution():
    X, _ = planted(1)
    X = as_ratings(X)
    random = np.random.RandomState(2)
    other, lambda_ = random.normal(size=(X.shape[1], 4)), random.uniform(1, 3, X.shape[0])
    rows = factorization.ridge(normal.batches(X, 4), other, lambda_)
    for u in (0, 17, 79):
        part = slice(X.indptr[u], X.indptr[u + 1])
        seen = X.indices[part]
        A = np.column_stack([other[seen, :3], np.ones(len(seen))])
        stacked = np.vstack([A, np.sqrt(lambda_[u]) * np.eye(4)])
        target = np.concatenate([X.data[part] - other[seen, 3], np.zeros(4)])
        np.testing.assert_allclose(rows[u], np.linalg.lstsq(stacked, target, rcond=None)[0])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("per_rating, regularization", [(True, 0.02), (False, 1.0), (True, 1e-6)])
def test_loss_never_rises(seed, per_rating, regularization):
    X = with_empty(planted(seed, noise=1.0, observed=[0.1, 0.3, 0.6, 0.95][seed])[0])
    losses = []
    factors = factorization.run(X, 5, regularization, per_rating, sweeps=15, seed=seed, callback=losses.append)
    assert len(losses) == 15 and np.diff(losses).max() <= 1e-9 * losses[0]
    mask = X != 0
    count = mask.sum(1) if per_rating else np.ones(len(X)), mask.sum(0) if per_rating else np.ones(X.shape[1])
    squares = (np.maximum(count[0], 1) @ (factors.P**2).sum(1) + np.maximum(count[1], 1) @ (factors.Q**2).sum(1))
    error = (np.where(mask, X - everywhere(factors, X), 0) ** 2).sum()
    assert losses[-1] == pytest.approx(error + regularization * squares)
