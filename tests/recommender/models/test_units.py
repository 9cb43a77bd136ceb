"""Ratings in another unit: every model predicts the same, in that unit, and chooses the same."""

import numpy as np
import pytest
from scipy.sparse import csr_array

import data
from recommender import catalogue, intervals, predictor, reasons
from recommender.holdout import VALIDATION_SEED, hold_out, score
from recommender.models import predictive, regularized_em, units
from recommender.ratings import Scale
from recommender.scale import factors, mixtures, passes
from recommender.scale.passes import Local
from recommender.sparse import pairs
from tests.ratings import ratings, shorten, times_of
from tests.recommender.scale import cases as scale_cases

# Factor and constant: what a rating of 1 to 5 becomes.
UNITS = [(1e-6, 0.0), (1e-3, 7.0), (20.0, 0.0), (1e3, -1e9), (1e9, 0.0), (1.0, 1e6)]


def in_another(X, factor, constant):
    """Return the ratings of a csr_array in another unit, and their Scale."""
    other = csr_array((factor * X.data + constant, X.indices, X.indptr), shape=X.shape)
    return other, Scale(float(other.data.min()), float(other.data.max()), factor)


def said_by(model, X, scale):
    """Return a model's params and, as an array, all predictions and intervals that it makes of known users and one new.

    With the half-widths, the standard deviations if there are any, and what it reported.
    """
    lines = []
    fit, fitted = predictor.train(model, X, scale, lines.append, times=times_of(X))
    u, i = (index.ravel() for index in np.indices(X.shape))
    first = slice(*X.indptr[:2])
    new = fitted.fold_in(X.indices[first], X.data[first])
    one = np.zeros(X.shape[1], int), np.arange(X.shape[1])
    places = [fitted.fitted.predict(u, i), fitted.predict(u, i), *fitted.interval(u, i), fit.validation,
              new.fitted.predict(*one), *new.interval(*one)]
    widths = [fitted.half_width(u, i), new.half_width(*one)]
    widths += [] if fit.validation_sd is None else [fit.validation_sd, fitted.fitted.sd(u, i)]
    return fit.params, np.concatenate(places), np.concatenate(widths), lines


@pytest.mark.parametrize("model", catalogue.MODELS, ids=[model.name for model in catalogue.MODELS])
def test_a_model_is_the_same_in_every_unit(model, monkeypatch):
    shorten(monkeypatch, catalogue)
    X = csr_array(ratings(n=60, d=40)[0])
    params, places, widths, lines = said_by(model, X, Scale(1.0, 5.0, 1.0))
    assert np.isfinite(places).all() and np.ptp(places) > 0.1 and len(widths)
    for factor, constant in UNITS:
        other_params, other_places, other_widths, other_lines = said_by(model, *in_another(X, factor, constant))
        assert other_params == params
        within = 1e-12 * abs(constant) / factor + 1e-9
        np.testing.assert_allclose((other_places - constant) / factor, places, rtol=1e-6, atol=within)
        np.testing.assert_allclose(other_widths / factor, widths, rtol=1e-6, atol=within)
        assert len(other_lines) == len(lines)


def test_what_is_reported_is_in_the_unit_of_the_ratings(monkeypatch):
    """The least RMSE that als tells of its candidates is that of its inner predictions; the networks' likewise."""
    shorten(monkeypatch, catalogue)
    for name in ("als", "neural"):
        (model,), X = catalogue.select([name]), csr_array(ratings(n=60, d=40)[0])
        for factor, form in ((1.0, "{:.4f}"), (1e9, "{:.3e}"), (1e-6, "{:.3e}")):
            lines, (other, scale) = [], in_another(X, factor, 0.0)
            fit = catalogue.fit(model, other, lines.append)
            _, held_out = hold_out(other, VALIDATION_SEED)
            least = min(float(line.rpartition(" ")[2]) for line in lines if "RMSE" in line)
            assert form.format(score(fit.validation, held_out.data, scale)) == form.format(least)


def test_stars_have_the_mean_and_the_deviation_that_they_should_and_are_given_back():
    x = np.random.RandomState(0).gamma(2, 30, 1000) - 4e5
    unit = units.unit_of(x)
    z = unit.stars(x)
    assert z.mean() == pytest.approx(units.MEAN, abs=1e-8) and z.std() == pytest.approx(units.SD, abs=1e-8)
    np.testing.assert_allclose(unit.back(z), x, atol=1e-6)
    assert unit.size == pytest.approx(x.std() / units.SD)
    for factor, constant in UNITS:
        other = factor * x + constant
        np.testing.assert_allclose(units.unit_of(other).stars(other), z, atol=1e-6)


def test_the_course_s_ratings_are_their_own_stars(course_files):
    X, _ = data.netflix(course_files)
    x = X[X != 0]
    unit = units.unit_of(x)
    np.testing.assert_array_equal(unit.stars(x), x)
    assert unit.size == pytest.approx(1, rel=1e-12)


def test_the_same_whole_ratings_in_other_units_become_exactly_the_same_stars():
    x = np.random.RandomState(1).randint(1, 6, 1000).astype(float)
    z = units.unit_of(x).stars(x)
    for factor, constant in UNITS:
        other = factor * x + constant
        np.testing.assert_array_equal(units.unit_of(other).stars(other), z)


@pytest.mark.parametrize("name", ["effects", "als", "em-12"])
def test_reasons_are_the_same_in_every_unit(name, monkeypatch):
    shorten(monkeypatch, catalogue)
    (model,), X = catalogue.select([name]), ratings(n=60, d=40)[0]
    X[:, 7] = np.where(X[:, 7] > 0, 3, 0)  # less their mean, nothing is left of these

    def found(factor, constant):
        other, scale = in_another(csr_array(X), factor, constant)
        _, fitted = predictor.train(model, other, scale)
        rated, x = np.arange(0, 40, 3), np.where(np.arange(0, 40, 3) % 2, factor, 5 * factor) + constant
        return reasons.nearest(fitted.fitted, other, np.arange(40), rated, x)

    assert any(found(1.0, 0.0))
    for factor, constant in (*UNITS, (0.1, 1e7)):
        assert found(factor, constant) == found(1.0, 0.0)


@pytest.mark.parametrize("name", ["als", "em", "bayesian", "neural", "autoencoder", "regularized-em-effects", "blend"])
def test_ratings_that_are_all_equal_are_predicted(name, monkeypatch):
    shorten(monkeypatch, catalogue)
    (model,) = catalogue.select([name])
    X = ratings(n=20, d=15)[0]
    equal = csr_array(np.where(X > 0, 0.3, 0))
    _, fitted = predictor.train(model, equal, Scale(0.3, 0.3, 0.0))
    u, i, x = pairs(equal)
    np.testing.assert_allclose(fitted.predict(u, i), x, rtol=1e-12)
    np.testing.assert_allclose(fitted.fitted.predict(u, i), x, atol=0.2)


def test_one_rating_far_off_leaves_the_unit_nearly_as_it_was():
    """The ends of the scale, 1 to 45 in the place of 1 to 5, would make it 11 times as large."""
    x = np.random.RandomState(1).randint(1, 6, 10_000).astype(float)
    assert units.unit_of(np.append(x, 45.0)).size < 1.05 * units.unit_of(x).size


def test_densities_of_a_rescaled_mixture_are_those_of_the_stars():
    X = csr_array(ratings(n=30, d=20)[0])
    other, _ = in_another(X, 20.0, 100.0)
    params = {"K": 3, "regularization": 1.0, "temper": 0.5, "fill_temper": 0.5, "effects": True}
    one, two = (predictive.entries(regularized_em.rescaled(each, **params), *pairs(each)[:2]) for each in (X, other))
    np.testing.assert_allclose(predictive.quantile(two, 0.9), 20 * predictive.quantile(one, 0.9) + 100, rtol=1e-7)
    assert predictive.coverage(one, X.data, 0.8) == predictive.coverage(two, other.data, 0.8)


@pytest.mark.parametrize("own_sd", [False, True])
def test_intervals_are_as_wide_in_every_unit(own_sd):
    random = np.random.RandomState(0)
    n_u, n_i = random.randint(1, 30, 500), random.randint(1, 30, 500)
    sd = np.sqrt(0.5 + 4 / (1 + n_u))
    errors, cold = random.normal(0, sd), random.normal(0, 2, (3, 500))
    n_u[:50] = 0

    def half(factor):
        own = factor * sd if own_sd else None
        found = intervals.calibrate(factor * errors, own, n_u, n_i, factor * cold)
        return intervals.half_width(found, own, n_u, n_i) / factor

    for factor in (1e-12, 1e-6, 20, 1e9):
        np.testing.assert_allclose(half(factor), half(1.0), rtol=1e-9)


# On a store


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Returns the place of passes over ratings, a csr_array, in a store of many blocks."""
    scale_cases.small(monkeypatch)
    names = iter(range(100))
    return lambda X, hide: Local(scale_cases.stored(tmp_path / f"store{next(names)}", X), "scipy", 10**9, hide)


def test_least_squares_on_a_store_are_the_same_in_every_unit(place):
    X = csr_array(scale_cases.ratings(np.random.RandomState(9), 60, 12))

    def found(X):
        where = place(X, 0.2)
        movies = factors.run(where, 2, 0.1, sweeps=3)
        state = factors.of_users(X, movies)
        return state.predict(*pairs(X)[:2]), passes.rmse(where, factors.predictions, movies)

    predicted, rmse = found(X)
    for factor, constant in UNITS:
        other, other_rmse = found(in_another(X, factor, constant)[0])
        np.testing.assert_allclose((other - constant) / factor, predicted, rtol=1e-6)
        assert other_rmse / factor == pytest.approx(rmse, rel=1e-6)


def test_em_on_a_store_is_the_same_in_every_unit(place):
    """Around the movies' means; the course's start counts gaps as 0, wherever 0 lies."""
    X = csr_array(scale_cases.ratings(np.random.RandomState(9), 60, 12))

    def found(X):
        where = place(X, 0.0)
        mixture = mixtures.init_around_means(where, 3)
        for _ in range(5):
            sums = mixtures.passes.sum_of(where.each(mixtures.chunk_sums, mixture))
            mixture = mixtures.mstep(where, sums, mixture, mixtures.least_variance(where))
        return mixture

    mu, var, p = found(X)
    for factor, constant in UNITS:
        other = found(in_another(X, factor, constant)[0])
        np.testing.assert_allclose((other.mu - constant) / factor, mu, rtol=1e-5)
        np.testing.assert_allclose(other.var / factor**2, var, rtol=1e-5)
        np.testing.assert_allclose(other.p, p, rtol=1e-5)
