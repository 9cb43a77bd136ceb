"""Least squares on a store: equal to models.factorization."""

import numpy as np
import pytest

import common
from recommender.models import factorization
from recommender.models.units import Rescaled, in_stars
from recommender.scale import factors, mixtures, passes
from recommender.sparse import as_ratings
from tests.recommender.scale import cases


@pytest.mark.parametrize("kind", cases.KINDS)
def test_least_squares_are_those_of_the_matrix(place, kind):
    X = cases.ratings(np.random.RandomState(8), 50, 12, kind=kind)
    where, losses, expected = place(X), [], []
    movies = factors.run(where, 3, 0.4, sweeps=4, seed=1, callback=losses.append)
    stars, unit = in_stars(as_ratings(X))
    theirs = factorization.run(stars, 3, 0.4, sweeps=4, seed=1, callback=expected.append)
    np.testing.assert_allclose(losses, expected, rtol=1e-8)
    ours, found = factors.of_users(as_ratings(X), movies._replace(Q=movies.before))
    np.testing.assert_allclose(ours.P, theirs.P, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(movies.Q, theirs.Q, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(found, unit, rtol=1e-12)


def test_held_out_ratings_of_least_squares(place):
    X = cases.ratings(np.random.RandomState(9), 60, 12)
    where = place(X, hide=0.3)
    held_out = [block for chunk in range(len(where.store.chunks)) for _, block in where.blocks(chunk)]
    u = np.concatenate([block.first + block.user.astype(int) for block in held_out])
    i, x = (np.concatenate([getattr(block, name) for block in held_out]) for name in ("item", "x"))
    train = X.copy()
    train[u, i] = 0
    stars, unit = in_stars(as_ratings(train))
    fitted = Rescaled(factorization.run(stars, 2, 0.5, sweeps=3), unit)
    movies = factors.run(where, 2, 0.5, sweeps=3)
    expected = common.rmse(np.clip(fitted.predict(u, i), 1, 5), x)
    assert passes.rmse(where, factors.predictions, movies) == pytest.approx(expected, rel=1e-9)


def test_without_held_out_ratings_there_is_no_rmse(place):
    where = place(cases.ratings(np.random.RandomState(6), 20, 5))
    assert passes.rmse(where, mixtures.predictions, mixtures.init(where, 2)) is None
    assert passes.rmse(where, factors.predictions, None) is None
