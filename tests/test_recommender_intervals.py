"""Intervals: the quantile by its definition, coverage under planted noise, and what is wide where nothing is known."""

import math

import numpy as np
import pytest

from data import sample
from recommender import catalogue, intervals, predictor
from recommender.catalogue import Model
from recommender.holdout import hold_out
from recommender.intervals import calibrate, conformal_quantile, half_width
from recommender.measure import judge
from recommender.ratings import Scale
from recommender.sparse import counts

ONE_TO_FIVE = Scale(1.0, 5.0, 1.0)


def planted(m, seed=0, own=False):
    """Return errors (m,), spread, n_u, n_i, cold errors: noise of variance 0.5 + 4 / (1 + n_u) + 2 / (1 + n_i)."""
    random = np.random.RandomState(seed)
    n_u, n_i = random.randint(1, 30, m), random.randint(1, 100, m)
    sd = np.sqrt(0.5 + 4 / (1 + n_u) + 2 / (1 + n_i))
    errors = random.normal(0, sd)
    return errors, 3 * sd if own else None, n_u, n_i, random.normal(0, 2, (3, m))


@pytest.mark.parametrize("m, level", [(1, 0.5), (8, 0.9), (9, 0.9), (10, 0.9), (57, 0.8), (1000, 0.95)])
def test_conformal_quantile_is_a_score_that_enough_others_do_not_exceed(m, level):
    scores = np.random.RandomState(m).rand(m)
    q = conformal_quantile(scores, level)
    needed = math.ceil((m + 1) * level)
    if needed > m:
        assert q == math.inf
    else:
        assert sum(score <= q for score in scores) == needed and q in scores


@pytest.mark.parametrize("m", [12, 30])
def test_a_new_rating_lies_inside_with_the_promised_probability(m):
    """Over many draws of few errors: ceil((m + 1) 0.9) / (m + 1) of the new ones, no fewer and no more."""
    random = np.random.RandomState(0)
    scores, new = random.gamma(2, size=(4000, m)), random.gamma(2, size=4000)
    inside = np.mean([one <= conformal_quantile(row, 0.9) for row, one in zip(scores, new, strict=True)])
    assert abs(inside - math.ceil((m + 1) * 0.9) / (m + 1)) < 4 * math.sqrt(0.09 / 4000)


@pytest.mark.parametrize("own", [False, True])
def test_noise_that_depends_on_the_counts_is_covered_everywhere(own):
    known, new = planted(20000, own=own), planted(20000, seed=1, own=own)
    found = calibrate(*known)
    errors, spread, n_u, n_i, _ = new
    half = half_width(found, spread, n_u, n_i)
    inside = np.abs(errors) <= half
    assert abs(inside.mean() - 0.9) < 0.01
    for few in (n_u <= 3, n_u > 20, n_i <= 3, n_i > 50):
        assert 0.86 < inside[few].mean() < 0.94
    one_width = np.abs(errors) <= conformal_quantile(np.abs(known[0]), 0.9)
    assert one_width[n_u <= 3].mean() < 0.8  # what intervals of a single width would do to these


def test_the_planted_coefficients_are_found():
    found = calibrate(*planted(200000))
    np.testing.assert_allclose(found.coefficients, [0.5, 4, 2], atol=0.25)
    assert found.q == pytest.approx(1.645, abs=0.02)  # of a normal, as the spread is the truth


def test_intervals_are_those_of_the_model_that_was_tried():
    """A model that has seen half of all ratings errs so; the same of all of them has twice the counts."""
    errors, _, n_u, n_i, cold = planted(5000)
    half, whole = (calibrate(errors, None, n_u, n_i, cold, share) for share in (0.5, 1.0))
    np.testing.assert_allclose(half_width(half, None, 2 * n_u, 2 * n_i), half_width(whole, None, n_u, n_i))


def test_a_spread_that_is_wrong_throughout_is_made_right():
    errors, spread, n_u, n_i, cold = planted(5000, own=True)
    one, ten = calibrate(errors, spread, n_u, n_i, cold), calibrate(errors, 10 * spread, n_u, n_i, cold)
    np.testing.assert_allclose(half_width(one, spread, n_u, n_i), half_width(ten, 10 * spread, n_u, n_i), rtol=1e-9)


@pytest.mark.parametrize("own", [False, True])
def test_who_is_cold_is_never_surer_than_who_is_not(own):
    errors, spread, n_u, n_i, cold = planted(3000, own=own)
    found = calibrate(errors, spread, n_u, n_i, cold)
    few, more = np.meshgrid(np.arange(0, 200, 7), np.arange(0, 200, 7))
    n_u, n_i = few.ravel(), more.ravel()
    spread = np.random.RandomState(2).gamma(1, 5, n_u.size) if own else None
    half = half_width(found, spread, n_u, n_i)
    user, item = n_u == 0, n_i == 0
    warm = half[~user & ~item].max()
    assert half[user & ~item].min() >= warm and half[item & ~user].min() >= warm
    assert half[user & item].min() >= half[user ^ item].max()
    assert (half[user] >= np.quantile(np.abs(cold[0]), 0.9)).all()


@pytest.mark.parametrize("m", [0, 1, 8])
def test_with_too_few_errors_nothing_is_promised(m):
    errors, _, n_u, n_i, cold = planted(m)
    found = calibrate(errors, None, n_u, n_i, cold)
    assert np.isposinf(half_width(found, None, np.array([0, 5]), np.array([5, 5]))).all()


def test_cold_ratings_of_the_inner_split_do_not_set_the_width_of_others():
    errors, spread, n_u, n_i, cold = planted(2000, own=True)
    n_u[:500], n_i[500:1000], errors[:1000] = 0, 0, 100.0
    warm = (part[1000:] for part in (errors, spread, n_u, n_i))
    assert calibrate(errors, spread, n_u, n_i, cold).q == calibrate(*warm, cold).q


def test_a_model_that_does_not_err_has_intervals():
    found = calibrate(np.zeros(50), np.zeros(50), np.ones(50), np.ones(50), np.zeros((3, 50)))
    half = half_width(found, np.zeros(2), np.array([1, 0]), np.array([1, 1]))
    assert (half >= 0).all() and half.max() < 1e-3


@pytest.mark.parametrize("name", ["effects", "als"])
def test_intervals_cover_nine_in_ten_of_the_sample_s_hidden_ratings(name):
    fit = catalogue.chosen(catalogue.covered(catalogue.quiet(catalogue.factorization.run)),
                           lambda n, d: catalogue.grid(rank=[5], strength=[20.0, 30.0], weighted=[False], sweeps=[4]))
    few = Model("als", "factors", "", fit)  # of its usual candidates
    X, _ = sample.ratings(n=300, d=300)
    train, hidden = hold_out(X)
    (model,) = (model for model in (few, *catalogue.MODELS[1:2]) if model.name == name)
    _, fitted = predictor.train(model, train, ONE_TO_FIVE)
    assert 0.88 <= judge(fitted, hidden)["coverage_90"] <= 0.92


def test_intervals_lie_within_the_scale_and_hold_the_prediction():
    X, _ = sample.ratings(n=60, d=50)
    X[7], X[:, 9] = 0, 0
    _, fitted = predictor.train(catalogue.MODELS[1], hold_out(X)[0], ONE_TO_FIVE)
    u, i = (index.ravel() for index in np.indices(X.shape))
    x, (low, high) = fitted.predict(u, i), fitted.interval(u, i)
    assert (low >= 1).all() and (low <= x).all() and (x <= high).all() and (high <= 5).all()
    n_u, n_i = counts(hold_out(X)[0])
    np.testing.assert_array_equal(fitted.n_u, n_u)
    np.testing.assert_array_equal(fitted.n_i, n_i)
    cold = (u == 7) | (i == 9)
    half = fitted.half_width(u, i)
    assert half[cold].min() >= half[~cold].max()
    assert intervals.LEVEL == fitted.intervals.level == 0.9
