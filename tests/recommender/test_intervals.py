"""Intervals: the quantile by its definition, coverage under planted noise, ratings of few values, and what is wide."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from data import sample
from recommender import catalogue, intervals, predictor
from recommender.choosing import Model, best_of, grid, quiet
from recommender.commands import suggest
from recommender.holdout import hold_out
from recommender.intervals import calibrate, conformal_quantile, ends, half_width
from recommender.measure import judge
from recommender.models import course_em, factorization
from recommender.ratings import Levels, Scale
from recommender.sparse import counts, pairs

ONE_TO_FIVE = Scale(1.0, 5.0, 1.0)


def planted(m, seed=0, own=False):
    """Return errors (m,), sd, n_u, n_i, cold errors: noise of variance 0.5 + 4 / (1 + n_u) + 2 / (1 + n_i)."""
    random = np.random.RandomState(seed)
    n_u, n_i = random.randint(1, 30, m), random.randint(1, 100, m)
    sd = np.sqrt(0.5 + 4 / (1 + n_u) + 2 / (1 + n_i))
    errors = random.normal(0, sd)
    return errors, 3 * sd if own else None, n_u, n_i, random.normal(0, 2, (3, m))


def cut(known, each, m):
    """The errors and their like, m of them, of one of many sets."""
    return [part if part is None else part[..., each * m : (each + 1) * m] for part in known]


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
@pytest.mark.parametrize("m", [30, 100, 1000])
def test_calibrated_intervals_hold_what_the_theorem_says(m, own):
    """r of c scores decide: coverage of one set is then distributed as Beta(r, c + 1 - r), whatever the sds."""
    sets, new, inside = 2000, 50, []
    all_known, all_fresh = planted(sets * m, seed=m, own=own), planted(sets * new, seed=m + 1, own=own)
    for each in range(sets):
        known, fresh = (cut(part, each, size) for part, size in ((all_known, m), (all_fresh, new)))
        inside.append(np.mean(np.abs(fresh[0]) <= half_width(calibrate(*known), *fresh[1:4])))
    c = m if own or m < 100 else m - m // 3  # the others tell a, b and c
    share = math.ceil((c + 1) * 0.9) / (c + 1)
    variance = share * (1 - share) * (1 / (c + 2) + (c + 1) / (c + 2) / new)  # beta-binomial
    assert abs(np.mean(inside) - share) < 4 * math.sqrt(variance / sets)


def test_what_is_fitted_and_what_calibrates_are_different_errors():
    errors, _, n_u, n_i, cold = planted(3000)
    fitting, calibrating = intervals._parted(3000)
    assert sorted([*fitting, *calibrating]) == list(range(3000))
    found = calibrate(errors, None, n_u, n_i, cold)
    for part, moved in ((fitting, "coefficients"), (calibrating, "q")):
        other = errors.copy()
        other[part] *= 2
        again = calibrate(other, None, n_u, n_i, cold)
        same = {name: np.array_equal(getattr(found, name), getattr(again, name)) for name in ("coefficients", "q")}
        assert not same[moved] and (moved == "coefficients" or same["coefficients"])


@pytest.mark.parametrize("own", [False, True])
def test_noise_that_depends_on_the_counts_is_covered_everywhere(own):
    known, new = planted(20000, own=own), planted(20000, seed=1, own=own)
    found = calibrate(*known)
    errors, sd, n_u, n_i, _ = new
    half = half_width(found, sd, n_u, n_i)
    inside = np.abs(errors) <= half
    assert abs(inside.mean() - 0.9) < 0.01
    for few in (n_u <= 3, n_u > 20, n_i <= 3, n_i > 50):
        assert 0.86 < inside[few].mean() < 0.94
    one_width = np.abs(errors) <= conformal_quantile(np.abs(known[0]), 0.9)
    assert one_width[n_u <= 3].mean() < 0.8  # what intervals of a single width would do to these


def test_the_planted_coefficients_are_found():
    found = calibrate(*planted(200000))
    np.testing.assert_allclose(found.coefficients, [0.5, 4, 2], atol=0.25)
    assert found.q == pytest.approx(1.645, abs=0.02)  # of a normal, as the standard deviation is the truth


def test_intervals_are_those_of_the_model_that_was_tried():
    """A model that has seen half of all ratings errs so; the same of all of them has twice the counts."""
    errors, _, n_u, n_i, cold = planted(5000)
    half, whole = (calibrate(errors, None, n_u, n_i, cold, share) for share in (0.5, 1.0))
    np.testing.assert_allclose(half_width(half, None, 2 * n_u, 2 * n_i), half_width(whole, None, n_u, n_i))


def test_a_standard_deviation_that_is_wrong_throughout_is_made_right():
    errors, sd, n_u, n_i, cold = planted(5000, own=True)
    one, ten = calibrate(errors, sd, n_u, n_i, cold), calibrate(errors, 10 * sd, n_u, n_i, cold)
    np.testing.assert_allclose(half_width(one, sd, n_u, n_i), half_width(ten, 10 * sd, n_u, n_i), rtol=1e-9)


@pytest.mark.parametrize("own", [False, True])
def test_who_is_cold_is_not_surer_than_99_in_100_of_who_is_not(own):
    errors, sd, n_u, n_i, cold = planted(3000, own=own)
    cold = cold / 10
    found = calibrate(errors, sd, n_u, n_i, cold)
    _, sd, n_u, n_i, _ = planted(3000, seed=1, own=own)
    warm = half_width(found, sd, n_u, n_i)
    user, item, both = (half_width(found, sd if sd is None else sd[:1], np.array([u]), np.array([i]))[0]
                        for u, i in ((0, 5), (5, 0), (0, 0)))
    assert both >= max(user, item) and min(user, item) >= np.quantile(np.abs(cold[0]), 0.9)
    assert np.mean(warm <= min(user, item)) > 0.975


@pytest.mark.parametrize("m", [0, 1, 8])
def test_with_too_few_errors_nothing_is_promised(m):
    errors, _, n_u, n_i, cold = planted(m)
    found = calibrate(errors, None, n_u, n_i, cold)
    assert np.isposinf(half_width(found, None, np.array([0, 5]), np.array([5, 5]))).all()


def test_cold_ratings_of_the_inner_split_do_not_set_the_width_of_others():
    errors, sd, n_u, n_i, cold = planted(2000, own=True)
    n_u[:500], n_i[500:1000], errors[:1000] = 0, 0, 100.0
    warm = (part[1000:] for part in (errors, sd, n_u, n_i))
    assert calibrate(errors, sd, n_u, n_i, cold).q == calibrate(*warm, cold).q


def test_a_model_that_does_not_err_has_intervals():
    found = calibrate(np.zeros(50), np.zeros(50), np.ones(50), np.ones(50), np.zeros((3, 50)))
    half = half_width(found, np.zeros(2), np.array([1, 0]), np.array([1, 1]))
    assert (half == 0).all()


# Ratings of few values


def drawn(values, shares, seed, n=120, d=100, shown=0.2):
    """Return (n, d) ratings with gaps: independent draws, each value with its share; None: as real numbers."""
    random = np.random.RandomState(100 + seed)  # not the stream that hides ratings
    x = random.normal(3, 1, (n, d)) if values is None else random.choice(values, (n, d), p=shares)
    u, i = np.nonzero(random.rand(n, d) < shown)
    return csr_array((x[u, i], (u, i)), shape=(n, d))


def scale_of(X):
    levels = Levels()
    levels.add(X.data)
    return levels.scale()


LEAST_SQUARES = Model("als", "factors", "", quiet(factorization.run),
                      best_of(lambda n, d: grid(rank=[3], regularization=[10.0], per_rating=[False], sweeps=[3])))
QUICK = {model.name: model for model in (*catalogue.MODELS[:2], LEAST_SQUARES, *catalogue.select(["em-12"]))}
SCALES = {
    "half of them 1": ([0, 1], [0.5, 0.5]), "one in ten 1": ([0, 1], [0.9, 0.1]), "nine in ten": ([0, 1], [0.1, 0.9]),
    "nearly all 1": ([0, 1], [0.01, 0.99]), "dislike and like": ([-1, 1], [0.5, 0.5]),
    "stars": ([1, 2, 3, 4, 5], [0.02, 0.06, 0.27, 0.43, 0.22]), "stars, alike": ([1, 2, 3, 4, 5], [0.2] * 5),
    "half stars": (np.arange(0.5, 5.5, 0.5), [0.02, 0.03, 0.03, 0.06, 0.06, 0.2, 0.2, 0.2, 0.1, 0.1]),
    "real numbers": (None, None)}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", QUICK)
def test_intervals_hold_nine_in_ten_of_ratings_of_few_values(name, scale, monkeypatch):
    """In the mean of several matrices; a refit moves the constant by less than a rating's share of all."""
    monkeypatch.setattr(course_em.run, "__defaults__", ("soft", (0,)))
    inside, seeds = [], 5 if name == "em-12" else 10
    for seed in range(seeds):
        train, held_out = hold_out(drawn(*SCALES[scale], seed))
        _, fitted = predictor.train(QUICK[name], train, scale_of(train))
        inside.append(judge(fitted, held_out)["coverage_90"])
    m = held_out.nnz  # about as many calibrate; where a, b and c are fitted, two thirds
    error = math.sqrt(0.09 * (1 / m + 1.5 / (0.9 * m)) / seeds)
    assert np.mean(inside) > 0.9 - 3 * error
    assert name != "constant" or min(inside) > 0.9 - 4 * math.sqrt(0.09 * 2.1 / m)  # not a value less in any of them


def test_rounding_decides_no_tie():
    """Of three values the outer ones lie at the very ends of the intervals, which have moved."""
    for seed in range(100):
        X = 0.1 * drawn([0, 1, 2], [0.25, 0.5, 0.25], seed, n=30, d=30)
        _, fitted = predictor.train(QUICK["constant"], X, scale_of(X))
        assert fitted.holds(*pairs(X)).all()


@pytest.mark.parametrize("step", [0.0, 1.0, 0.5, 0.1])
def test_the_ends_are_those_of_the_ratings_inside(step):
    random, low = np.random.RandomState(0), -2.0
    scale = Scale(low, 3.0, step)
    middle, half = random.uniform(low, 3, 300), random.choice([step / 2, 0.9 * step, 2.3, np.inf], 300)
    values = low + step * np.arange(round(5 / step) + 1) if step else None
    for m, h, least, largest in zip(middle, half, *ends(middle, half, scale), strict=True):
        inside = values[np.abs(values - m) <= h] if step else np.clip([m - h, m + h], low, 3)
        assert (least, largest) == pytest.approx((inside.min(), inside.max()))


@pytest.mark.parametrize("sure, interval", [(0.0, (0, 0)), (0.02, (0, 0)), (0.6, (0, 1)), (0.85, (0, 1)),
                                            (0.97, (1, 1))])
def test_of_two_ratings_one_is_left_out_only_if_it_is_unlikely(sure, interval):
    """A model that errs in one rating of twenty: 90 % are reached however narrow the intervals are."""
    errors = np.where(np.arange(1000) % 20, 0.02, 0.98)
    found = calibrate(errors, np.ones(1000), np.ones(1000), np.ones(1000), np.zeros((3, 1000)), step=1.0)
    half = half_width(found, np.ones(1), np.ones(1), np.ones(1))
    assert tuple(float(end[0]) for end in ends(np.array([sure]), half, Scale(0.0, 1.0, 1.0))) == interval


@pytest.mark.parametrize("name", ["effects", "als"])
def test_where_one_of_two_ratings_is_promised_it_comes(name):
    """Some users like nearly all, others half: nine in ten hold for the intervals of one value, too."""
    held = []
    for seed in range(5):
        random = np.random.RandomState(200 + seed)
        likes = random.rand(120, 100) < random.choice([0.5, 0.98], (120, 1))
        u, i = np.nonzero(random.rand(120, 100) < 0.3)
        train, held_out = hold_out(csr_array((likes[u, i].astype(float), (u, i)), shape=likes.shape))
        _, fitted = predictor.train(QUICK[name], train, scale_of(train))
        u, i, x = pairs(held_out)
        low, high = fitted.interval(u, i)
        held.append(fitted.holds(u, i, x)[low == high])
    held = np.concatenate(held)
    assert len(held) > 100 and held.mean() > 0.9 - 3 * math.sqrt(0.09 / len(held))


@pytest.mark.parametrize("name", ["constant", "effects"])
@pytest.mark.parametrize("scale", ["half of them 1", "stars", "half stars", "real numbers"])
@pytest.mark.parametrize("unit", [0.1, 1.0, 1e-6])
def test_what_counts_as_inside_is_what_is_printed(name, scale, unit):
    X = unit * drawn(*SCALES[scale], seed=3)
    _, fitted = predictor.train(QUICK[name], X, scale_of(X))
    u, i, x = (part[:300] for part in pairs(X))
    holds = fitted.holds(u, i, x)
    printed = [suggest.shown(*both, fitted.scale).split(" to ") for both in zip(*fitted.interval(u, i), strict=True)]
    low, high = np.array(printed, dtype=float).T
    inside = (low - 1e-9 * unit <= x) & (x <= high + 1e-9 * unit)
    assert not (holds & ~inside).any() and np.mean(holds != inside) <= (0 if fitted.scale.step else 0.02)


@pytest.mark.parametrize("unit", [1e-6, 1 / 3, 1e9])
@pytest.mark.parametrize("scale", ["nearly all 1", "stars", "real numbers"])
@pytest.mark.parametrize("name", ["constant", "effects"])
def test_intervals_are_the_same_in_any_unit(name, scale, unit):
    X = drawn(*SCALES[scale], seed=5)
    u, i, _ = pairs(X)
    one, other = (predictor.train(QUICK[name], ratings, scale_of(ratings))[1].interval(u, i)
                  for ratings in (X, unit * X))
    np.testing.assert_allclose(np.array(other) / unit, one, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("own", [False, True])
def test_half_widths_have_the_unit_of_the_errors(own):
    errors, sd, n_u, n_i, cold = planted(500, own=own)
    one = half_width(calibrate(errors, sd, n_u, n_i, cold, step=0.5, slack=0.1), sd, n_u, n_i)
    for unit in (1e-6, 1e9):
        s = sd if sd is None else unit * sd
        found = calibrate(unit * errors, s, n_u, n_i, unit * cold, step=0.5 * unit, slack=0.1 * unit)
        np.testing.assert_allclose(half_width(found, s, n_u, n_i) / unit, one, rtol=1e-9)


@pytest.mark.parametrize("name", ["effects", "als"])
def test_intervals_cover_nine_in_ten_of_the_sample_s_held_out_ratings(name):
    few = Model("als", "factors", "", quiet(factorization.run), best_of(  # of its usual candidates
        lambda n, d: grid(rank=[5], regularization=[20.0, 30.0], per_rating=[False], sweeps=[4])))
    X, _ = sample.ratings(n=300, d=300)
    train, held_out = hold_out(X)
    (model,) = (model for model in (few, *catalogue.MODELS[1:2]) if model.name == name)
    _, fitted = predictor.train(model, train, ONE_TO_FIVE)
    assert 0.88 <= judge(fitted, held_out)["coverage_90"] <= 0.92


def test_intervals_lie_within_the_scale_and_hold_the_rating_next_to_the_prediction():
    X, _ = sample.ratings(n=60, d=50)
    X[7], X[:, 9] = 0, 0
    _, fitted = predictor.train(catalogue.MODELS[1], hold_out(X)[0], ONE_TO_FIVE)
    u, i = (index.ravel() for index in np.indices(X.shape))
    x, (low, high) = fitted.predict(u, i), fitted.interval(u, i)
    assert (low >= 1).all() and (low <= np.round(x)).all() and (np.round(x) <= high).all() and (high <= 5).all()
    n_u, n_i = counts(hold_out(X)[0])
    np.testing.assert_array_equal(fitted.n_u, n_u)
    np.testing.assert_array_equal(fitted.n_i, n_i)
    cold = (u == 7) | (i == 9)
    half = fitted.half_width(u, i)
    assert half[cold].min() >= np.quantile(half[~cold], 0.9)
    assert intervals.LEVEL == fitted.intervals.level == 0.9
