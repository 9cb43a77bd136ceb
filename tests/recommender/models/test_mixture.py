"""Mixtures as fitted models of ratings, and what they refuse."""

import numpy as np
import pytest
from scipy.sparse import csr_array

import em
from recommender.models import baselines, course_em, mixture, predictive, regularized_em
from recommender.models.effects import Effects
from recommender.models.mixture import Mixture
from recommender.sparse import as_ratings as sparse
from tests.ratings import everywhere
from tests.recommender.models.cases import covered, draw, entries, own_data


def test_a_rating_of_0_counts_wherever_it_is_stored():
    """Ratings less 3 are 0 in part; to a model that takes all means, that must not matter."""
    X, _, _ = draw(np.random.RandomState(2))
    X = np.where(X != 0, np.maximum(np.round(X), 1), 0)
    whole = sparse(X)
    less = csr_array((whole.data - 3, whole.indices, whole.indptr), shape=X.shape)
    assert (less.data == 0).sum() > 50
    for fit in (baselines.constant, baselines.effects, grouped, lambda X: covered(grouped(X), X)):
        np.testing.assert_allclose(everywhere(fit(less), X), everywhere(fit(whole), X) - 3, atol=1e-9)


def grouped(X):
    data = mixture.prepared(X)
    return mixture.fitted(data, regularized_em.run(data, *regularized_em.init(data, 3))[0])


@pytest.mark.parametrize("hard", [False, True])
def test_a_user_with_known_ratings_is_folded_in_as_they_were(hard):
    X, _, _ = draw(np.random.RandomState(3))
    state = course_em.run(X, 3, "hard" if hard else "soft", seeds=[1])
    for u in (4, 17):
        i = np.flatnonzero(X[u])[::-1]
        new = state.fold_in(i, X[u, i])
        np.testing.assert_allclose(everywhere(new, X[:1]), everywhere(state, X)[u:u + 1], rtol=1e-9)
        np.testing.assert_allclose(new.sd([0, 0], [1, 2]), state.sd([u, u], [1, 2]), rtol=1e-9)


def test_residuals_of_zero_are_ratings_not_gaps():
    X = np.array([[3.0, 0.0], [3.0, 4.0]])
    data = mixture.prepared(sparse(X), baselines.Constant(3.0))
    np.testing.assert_array_equal(data.mask, [[1, 0], [1, 1]])
    np.testing.assert_array_equal(data.X + data.centre * data.mask, [[0, 0], [0, 1]])
    np.testing.assert_array_equal(data.counts, [1, 2])


@pytest.mark.parametrize("call, range_", [
    (lambda X: regularized_em.init(X, 0), "K to be a whole number from 1 to 60"),
    (lambda X: regularized_em.init(X, 61), "K to be a whole number from 1 to 60"),
    (lambda X: regularized_em.estep(X, regularized_em.init(X, 2)[0], temper=0), "above 0 and at most 1"),
    (lambda X: regularized_em.mstep(X, np.ones((60, 1)), None, regularization=0), "above 0"),
    (lambda X: baselines.effects(X, regularization=0), "above 0"),
    (lambda X: course_em.run(X, 3, fill="firm"), "soft or hard"),
    (lambda X: regularized_em.run(X, *regularized_em.init(X, 2), regularization=-1), "and weight above 0"),
    (lambda X: regularized_em.init(X, 2.5), "K to be a whole number"),
    (lambda X: regularized_em.init(0 * X, 2), "at least 1 rating"),
    (lambda X: regularized_em.run(0 * X, *regularized_em.init(X, 2)), "at least 1 rating"),
    (lambda X: baselines.constant(0 * X), "at least 1 rating"),
    (lambda X: baselines.effects(0 * X), "at least 1 rating"),
    (lambda X: course_em.run(0 * X, 2), "at least 1 rating"),
    (lambda X: course_em.run(X, 2.5), "whole number"),
    (lambda X: course_em.run(X, 61), "from 1 to the number of points, 60"),
])
def test_out_of_range_says_the_range(call, range_):
    with pytest.raises(ValueError, match=range_):
        call(draw(np.random.RandomState(0))[0])


def test_offset_moves_the_distribution():
    X, mixture, held_out = own_data(3, n=50)
    post, _ = em.estep(np.where(held_out, 0, X), mixture)
    offset = Effects(1.0, np.arange(50.0), np.arange(12.0), *2 * [np.ones(50)], 1.0, 1.0)
    plain, moved = (predictive.moments(entries(mixture, post, held_out, o)) for o in (None, offset))
    u, i = np.nonzero(held_out)
    np.testing.assert_allclose(moved[0], plain[0] + 1 + u + i)
    state = Mixture(*mixture, post, 1.0, False, offset)
    np.testing.assert_allclose(state.predict(u, i), moved[0])
    np.testing.assert_allclose(state.sd(u, i), np.hypot(*moved[1:]))
