"""Side features."""

import numpy as np
import pytest

from recommender.models import (
    side,
)
from tests.recommender.models.cases import planted


def test_side_features_tell_who_rated_much_and_alike():
    random = np.random.RandomState(0)
    n, d = 200, 50
    kind = random.randint(2, size=n)  # which half of the movies a user rates, mostly
    likely = np.where(kind[:, None] == (np.arange(d) < 25), 0.9, 0.2)
    X = np.where(random.rand(n, d) < likely, random.randint(1, 6, (n, d)), 0)
    features = side.sides(X)[0].values
    assert features.shape == (n, 61)
    assert np.corrcoef(features[:, 0], (X != 0).sum(axis=1))[0, 1] > 0.98
    assert min(abs(np.corrcoef(features[:, column], kind)[0, 1]) for column in (1, 31)) > 0.95
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(features.std(axis=0), 1)


def test_side_features_know_where_ratings_are_and_not_what_they_are():
    X, _ = planted(5, observed=0.3)
    for side_, other in zip(side.sides(X), side.sides(np.where(X == 0, 0, 9 - X)), strict=True):
        np.testing.assert_array_equal(side_.values, other.values)


def test_features_that_say_nothing_are_zero():
    assert not any(side_.values.any() for side_ in side.sides(np.full((5, 4), 3.0)))
    assert [side_.values.shape for side_ in side.sides(np.full((5, 4), 3.0), ())] == [(5, 0), (4, 0)]


@pytest.mark.parametrize("few", [0.0, 1.0], ids=["dense", "sparse"])
@pytest.mark.parametrize("group", ["which", "relative"])
def test_components_are_those_of_the_centred_mask(few, group, monkeypatch):
    monkeypatch.setattr(side, "FEW", few)
    random = np.random.RandomState(0)
    X = np.where(random.rand(120, 90) < np.outer(random.rand(120), random.rand(90)), 3.0, 0)
    users, movies = side.sides(X, (group,))
    M = 1.0 * (X != 0)
    if group == "relative":
        M = np.array([[m / np.sqrt((row.sum() + 1) * (column.sum() + 1)) for m, column in zip(row, M.T, strict=True)]
                      for row in M])
    centred = M - M.mean(axis=0) - M.mean(axis=1, keepdims=True) + M.mean()
    U, _, Vt = np.linalg.svd(centred)
    for values, expected in ((users.values, U[:, :30]), (movies.values, Vt[:30].T)):
        expected = (expected - expected.mean(axis=0)) / expected.std(axis=0)
        sign = np.sign((values * expected).sum(axis=0))
        np.testing.assert_allclose(values, sign * expected, atol=1e-8)
    vectors = users.components[0].vectors
    assert (vectors.max(axis=0) >= -vectors.min(axis=0)).all()


@pytest.mark.parametrize("groups", [(), ("count",), ("count", "which"), side.GROUPS])
def test_features_of_a_row_computed_alone_are_those_among_the_others(groups):
    X, _ = planted(4, observed=0.2)
    users, _ = side.sides(X, groups)
    for u in (0, 31, 79):
        i = np.flatnonzero(X[u])[::-1]
        np.testing.assert_allclose(users.of(i), users.values[u], atol=1e-9)
    assert np.isfinite(users.of(i[:0])).all()
    assert not side.given(users.values).of(i).any()
