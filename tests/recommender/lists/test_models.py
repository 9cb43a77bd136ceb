"""Each list model against plain loops, closed forms, or what defines it."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.sparse import csr_array

from recommender.lists.catalogue import MODELS
from recommender.lists.models import ease, implicit_als, item_knn, popular
from tests.recommender.lists.cases import choices

FITS = {"popular": popular.fit, "item-knn": lambda R: item_knn.fit(R, 4, 1.0), "ease": lambda R: ease.fit(R, 2.0),
        "implicit-als": lambda R: implicit_als.fit(R, 3, 2.0, 1.0)}


def test_all_models_are_tested():
    assert list(FITS) == [model.name for model in MODELS]


def test_popular_counts_users():
    R = choices(most=5)
    assert popular.fit(R).scores(R[:2]).tolist() == [(R.toarray() > 0).sum(axis=0).tolist()] * 2


@pytest.mark.parametrize("block", [1, 30, 10**6])
def test_item_knn_by_loops(block, monkeypatch):
    monkeypatch.setattr(item_knn, "BLOCK", block)
    R, k, shrinkage = choices(n=25, d=9, most=3), 3, 0.7
    X, d = R.toarray(), 9
    norm = [np.sqrt(sum(X[u, i] ** 2 for u in range(25))) for i in range(d)]
    expected = np.zeros((25, d))
    for j in range(d):
        s = {i: sum(X[u, i] * X[u, j] for u in range(25)) / (norm[i] * norm[j] + shrinkage) for i in range(d) if i != j}
        for i in sorted(s, key=s.get, reverse=True)[:k]:
            expected[:, j] += s[i] * X[:, i]
    np.testing.assert_allclose(item_knn.fit(R, k, shrinkage).scores(R), expected, atol=1e-12)


def test_ease_is_the_ridge_regression_of_each_item_on_the_others():
    """Each column by itself, without the item's own column: the zero diagonal."""
    R, regularization = choices(n=20, d=7, most=2), 1.5
    X, B = R.toarray(), ease.fit(R, regularization).B
    for j in range(7):
        others = np.delete(np.arange(7), j)
        stacked = np.vstack([X[:, others], np.sqrt(regularization) * np.eye(6)])
        expected, *_ = np.linalg.lstsq(stacked, np.append(X[:, j], np.zeros(6)), rcond=None)
        np.testing.assert_allclose(B[others, j], expected, atol=1e-10)
        assert B[j, j] == 0
    np.testing.assert_allclose(ease.fit(R, regularization).scores(R), X @ B, atol=1e-12)


def loss_by_loops(X, Y, R, alpha, regularization):
    total = regularization * ((X**2).sum() + (Y**2).sum())
    for u, row in enumerate(R.toarray()):
        for i, r in enumerate(row):
            total += (1 + alpha * r) * ((r > 0) - X[u] @ Y[i]) ** 2
    return total


def test_implicit_als_s_loss_is_that_of_the_paper_and_never_rises():
    R, losses = choices(most=3), []
    implicit_als.fit(R, 3, 2.0, 1.5, sweeps=30, callback=losses.append)
    assert len(losses) == 30 and all(after <= before + 1e-9 for before, after in pairwise(losses))
    random = np.random.RandomState(1)
    X, Y = random.normal(size=(30, 3)), random.normal(size=(12, 3))
    assert implicit_als.loss(R, X, Y, 2.0, 1.5) == pytest.approx(loss_by_loops(X, Y, R, 2.0, 1.5))


def test_implicit_als_s_gradient_is_zero_at_the_solution():
    """By finite differences of the loops' loss, in the factors of one side."""
    R, Y = choices(most=3), np.random.RandomState(2).normal(size=(12, 3))
    X = implicit_als.solved(implicit_als.gathered(R), Y, 2.0, 1.5)
    slope = approx_fprime(X.ravel(), lambda x: loss_by_loops(x.reshape(X.shape), Y, R, 2.0, 1.5), 1e-6)
    away = approx_fprime(X.ravel() + 0.1, lambda x: loss_by_loops(x.reshape(X.shape), Y, R, 2.0, 1.5), 1e-6)
    assert np.abs(slope).max() < 1e-3 < 1 < np.abs(away).max()


def test_implicit_als_finds_planted_groups():
    """Two groups with items of their own: what a user has not chosen of the group's items comes before all others."""
    group, item = np.repeat([0, 1], 30), np.repeat([0, 1], 10)
    chosen = (group[:, None] == item) & (np.random.RandomState(0).rand(60, 20) < 0.7)
    R = csr_array(chosen.astype(float))
    scores = implicit_als.fit(R, 2, 2.0, 0.1).scores(R)
    own = group[:, None] == item
    assert scores[own & ~chosen].min() > scores[~own].max() + 0.3


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_orders_of_users_and_new_users_change_nothing(fit):
    R = choices(most=3)
    order = np.random.RandomState(3).permutation(30)
    scores = fit(R).scores(R)
    np.testing.assert_allclose(fit(R[order]).scores(R), scores, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(fit(R).scores(R[[5]]), scores[[5]], atol=1e-10)
    empty = fit(R).scores(csr_array((1, 12)))
    assert empty.shape == (1, 12) and np.isfinite(empty).all()


@pytest.mark.parametrize("name", ["popular", "item-knn", "ease"])
def test_each_user_twice_changes_no_order(name):
    """With twice the shrinkage or regularization; the items' similarities stay the same."""
    R = choices(most=3)
    twice = R[np.tile(np.arange(30), 2)]
    fits = {"popular": [popular.fit(one) for one in (R, twice)],
            "item-knn": [item_knn.fit(R, 4, 1.0), item_knn.fit(twice, 4, 2.0)],
            "ease": [ease.fit(R, 2.0), ease.fit(twice, 4.0)]}
    once, doubled = (fitted.scores(R) for fitted in fits[name])
    np.testing.assert_allclose(doubled, (2 if name == "popular" else 1) * once, atol=1e-10)


@pytest.mark.parametrize("model", MODELS, ids=[model.name for model in MODELS])
def test_a_fitted_model_has_the_shapes_that_it_states(model):
    R = choices()
    for params in model.candidates(*R.shape):
        fitted, sizes = model.fit(R, **params), {}
        for name, shape in fitted.shapes(*R.shape).items():
            assert len(shape) == np.ndim(getattr(fitted, name))
            assert all(size == sizes.setdefault(length, size) if isinstance(length, str) else size == length
                       for size, length in zip(np.shape(getattr(fitted, name)), shape, strict=True))
        assert np.isfinite(fitted.scores(R)).all()


def test_ease_is_offered_only_where_its_matrix_is_small():
    assert ease.candidates(10, ease.MOST_ITEMS) and not ease.candidates(10, ease.MOST_ITEMS + 1)
