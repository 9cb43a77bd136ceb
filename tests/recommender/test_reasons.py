"""Reasons: the most similar item that the user rated high."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.sparse import csr_array

from recommender import catalogue, reasons
from recommender.models.fitted import type_of_user
from tests.ratings import shorten
from tests.recommender.model_cases import saved


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("given", [["4.1"] * 6, ["-0.1"] * 6, ["0.7"] * 3, ["3.3"], ["0.1", "0.2", "0.3"],
                                   ["1.1", "4.1", "4.2", "4.3"]])
def test_what_is_rated_at_the_very_mean_is_a_reason(given, unit):
    """The mean of six times 4.1 rounds above 4.1. Every item has a twin; its reason is there if it is rated high."""
    exact = [Fraction(x) for x in given]
    high = [x >= sum(exact) / len(exact) for x in exact]
    twins = np.repeat(np.random.RandomState(0).choice([1.0, 5.0], (200, len(given))), 2, axis=1)
    rated, x = np.arange(0, 2 * len(given), 2), unit * np.array(given, dtype=float)
    found = reasons.nearest(catalogue.baselines.effects(twins), csr_array(unit * twins), rated + 1, rated, x)
    assert [found[j] == rated[j] for j in range(len(given))] == high


@pytest.mark.parametrize("unit", [1e-9 / 3, 1.0, 1e9 / 3])
def test_items_that_all_rate_alike_are_like_none(unit):
    """Less their mean nothing is left of their ratings, or of what a model has learnt of them, but rounding errors."""
    X = np.random.RandomState(0).choice([1.0, 5.0], (60, 4))
    X[:, :2] = 4.1
    alike = reasons.cosines_of_ratings(csr_array(unit * X), np.arange(4), np.arange(4))
    assert np.abs(alike[:2]).max() < 1e-3 and np.allclose(np.diag(alike)[2:], 1)
    mu = unit * X[:7]
    V = (mu - mu.mean(axis=0)).T
    alike = reasons.cosines(V, V)
    assert np.abs(alike[:2]).max() < 1e-3 and np.allclose(np.diag(alike)[2:], 1)
    assert not reasons.cosines(0 * V, 0 * V).any()


def test_the_nearest_item_is_the_one_that_is_rated_alike():
    """Of three pairs of twins, each is the reason for its twin; by the factors, and by the ratings alone."""
    random = np.random.RandomState(0)
    twins = np.repeat(random.choice([1.0, 5.0], (200, 3)), 2, axis=1)
    X = np.where(random.rand(200, 6) < 0.9, np.clip(twins + random.normal(0, 0.3, twins.shape), 1, 5), 0)
    liked = np.array([0, 2, 4])
    state = catalogue.factorization.run(csr_array(X), 3, 1.0, per_rating=False)
    for model in (state, catalogue.baselines.effects(X)):
        found = reasons.nearest(model, csr_array(X), np.array([5, 1, 3, 0]), liked, np.array([4.0, 4.0, 4.0]))
        assert found[:3] == [4, 0, 2] and found[3] != 0


def test_the_type_of_a_user_is_the_group_that_counts_most(tmp_path, monkeypatch):
    shorten(monkeypatch, catalogue)
    one = saved("em-12")
    kind = type_of_user(one.predictor.fitted, 4)
    post = one.predictor.fitted.model.model.post
    assert kind.of == post.shape[1] and kind.number - 1 == post[4].argmax() and kind.sure == post[4].max()
    assert type_of_user(saved("effects").predictor.fitted, 4) is None
