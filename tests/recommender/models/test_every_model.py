"""What holds for every fitted model: planted ratings, new users, bad arguments."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recommender.models import (
    autoencoder,
    baselines,
    bayesian,
    blend,
    course_em,
    factorization,
    mixture,
    neural,
    regularized_em,
    side,
)
from recommender.models.units import Rescaled, in_stars
from recommender.sparse import as_ratings
from tests.ratings import everywhere
from tests.recommender.models.cases import covered, error_in_gaps, planted, with_empty


@pytest.mark.parametrize("fit", [
    lambda X: factorization.run(X, 2, 0.005, sweeps=40),
    lambda X: bayesian.run(X, 3, samples=60, burn_in=60),
], ids=["least squares", "Gibbs"])
def test_planted_factors_are_recovered(fit):
    X, truth = planted()
    assert error_in_gaps(everywhere(fit(X), X), X, truth) < 0.12  # the noise is 0.1, the truth's sd 0.8


@pytest.mark.parametrize("fit", [
    lambda X: factorization.run(X, 3, 0.1),
    lambda X: bayesian.run(X, 3, samples=5, burn_in=2, sides=side.sides(X)),
    lambda X: list(neural.train(X, side.sides(X), rank=3, width=4, epochs=2, batch=100))[-1],
    lambda X: autoencoder.run(X, 4.0, width=5, epochs=2),
], ids=["least squares", "Gibbs", "network", "autoencoder"])
def test_same_seed_same_prediction_and_gaps_do_no_harm(fit):
    X = with_empty(planted()[0])
    kept, state = X.copy(), np.random.get_state()[1].copy()
    first = everywhere(fit(X), X)
    np.testing.assert_array_equal(first, everywhere(fit(X), X))
    np.testing.assert_array_equal(X, kept)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert np.isfinite(first).all()


@pytest.mark.parametrize("call, range_", [
    (lambda X: factorization.run(X, 0, 1), "rank to be a whole number from 1 to 60, got 0"),
    (lambda X: factorization.run(X, 61, 1), "rank to be a whole number from 1 to 60, got 61"),
    (lambda X: factorization.run(X, 2, 0), "regularization above 0"),
    (lambda X: factorization.run(X, 2, 1, sweeps=0), "sweeps to be a whole number from 1"),
    (lambda X: bayesian.run(X, 61), "rank to be a whole number from 1 to 60"),
    (lambda X: bayesian.run(X, 2, samples=0), "samples to be a whole number from 1"),
    (lambda X: bayesian.run(X, 2, burn_in=-1), "burn_in to be a whole number from 0"),
    (lambda X: neural.init(X, rank=0), "rank to be a whole number from 1 to 60"),
    (lambda X: neural.init(X, rank=2, width=0), "width to be a whole number from 1"),
    (lambda X: next(neural.train(X, rank=2, regularization=-1)), "regularization to be a number from 0"),
    (lambda X: next(neural.train(X, rank=2, epochs=0)), "epochs to be a whole number from 1"),
    (lambda X: next(neural.train(X, rank=2, batch=0)), "batch to be a whole number from 1"),
    (lambda X: side.sides(X, ("colour",)), "count, which, relative"),
    (lambda X: side.sides(X, ("moments",)), "got moments"),
    (lambda X: autoencoder.run(X, -1), "regularization to be a number from 0"),
    (lambda X: autoencoder.run(X, 1, width=0), "width to be a whole number from 1"),
    (lambda X: autoencoder.run(X, 1, epochs=2.5), "epochs to be a whole number"),
    (lambda X: autoencoder.run(0 * X, 1), "at least 1 rating"),
    (lambda X: blend.run(X, {}), "at least 1"),
    (lambda X: factorization.run(X, 2.5, 1), "rank to be a whole number from 1 to 60, got 2.5"),
    (lambda X: bayesian.run(X, 2, samples=np.inf), "samples to be a whole number"),
    (lambda X: next(neural.train(X, rank=2, batch=10.5)), "batch to be a whole number"),
    (lambda X: neural.init(X, [side.given(np.ones((size, 2))) for size in (79, 60)], rank=2), "80 users and 60 movies"),
    (lambda X: bayesian.run(X, 2, sides=[side.given(np.ones((80, 2)))] * 2), "80 users and 60 movies"),
    (lambda X: factorization.run(0 * X, 2, 1), "at least 1 rating"),
    (lambda X: bayesian.run(0 * X, 2), "at least 1 rating"),
    (lambda X: neural.init(0 * X, rank=2), "at least 1 rating"),
    (lambda X: side.sides(0 * X), "at least 1 rating"),
])
def test_out_of_range_says_the_range(call, range_):
    with pytest.raises(ValueError, match=range_):
        call(planted()[0])


FITS = {
    "effects": lambda X: baselines.effects(X, 2.0),
    "mixture": lambda X: course_em.run(X, 4, seeds=[0]),
    "least squares": lambda X: factorization.run(X, 2, 0.01, sweeps=30),
    "network": lambda X: list(neural.train(X, None, 4, 8, 0.005, 0.02, epochs=20, batch=256))[-1],
    "network, side": lambda X: list(neural.train(X, side.sides(X), 4, 8, 0.005, 0.02, epochs=20, batch=256))[-1],
    "Gibbs": lambda X: bayesian.run(X, 3, samples=30, burn_in=20),
    "Gibbs, side": lambda X: bayesian.run(X, 3, samples=30, burn_in=20, sides=side.sides(X)),
    "blend": lambda X: blend.Blend(3.0, np.array([0.5, 0.5]), (baselines.effects(X), factorization.run(X, 2, 0.01))),
    "covered": lambda X: covered(factorization.run(X, 2, 0.01, sweeps=30), X),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_folding_in_a_user_predicts_as_well_as_refitting_with_them(fit):
    X, truth = planted(n=120, d=60, noise=0.3)
    new = np.arange(100, 120)
    without = np.where(np.isin(np.arange(120), new)[:, None], 0, X)
    refitted, fitted = everywhere(fit(X), X), fit(without)
    folded = np.vstack([everywhere(fitted.fold_in(np.flatnonzero(X[u]), X[u][X[u] != 0]), X[:1]) for u in new])
    gaps = X[new] == 0
    refit, fold, nothing = (np.sqrt(np.mean((prediction - truth[new])[gaps] ** 2))
                            for prediction in (refitted[new], folded, truth[:100].mean(axis=0)))
    assert fold < 1.1 * refit + 0.02 and fold < 0.9 * nothing


def with_solved_rows(X, sides):
    *_, network = neural.train(X, sides, 3, 6, epochs=5, batch=200)
    return neural.solved(network, X)


def of_residuals(X):
    """Return a mixture of what effects that have converged leave."""
    stars, unit = in_stars(X)
    offset = baselines.effects(stars, sweeps=200)
    data = mixture.prepared(stars, offset)
    found = regularized_em.run(data, *regularized_em.init(data, 3), regularization=1.0, temper=0.5)[0]
    return Rescaled(mixture.fitted(data, found, 0.3, offset=offset), unit)


@pytest.mark.parametrize("fit, within", [
    (lambda X: baselines.effects(X, 2.0, sweeps=200), 1e-9),
    (lambda X: factorization.run(X, 2, 0.05, sweeps=300), 1e-5),
    (lambda X: factorization.run(X, 2, 5.0, per_rating=False, sweeps=300), 1e-5),
    (lambda X: covered(course_em.run(X, 3, seeds=[0]), X), 1e-9),
    (lambda X: of_residuals(X), 1e-6),
    (lambda X: with_solved_rows(X, None), 1e-6),
    (lambda X: with_solved_rows(X, side.sides(X)), 1e-4),  # the new user's features are computed anew
], ids=["effects", "least squares", "unweighted", "mixture", "mixture of residuals", "network", "network, side"])
def test_who_is_known_is_folded_in_as_they_are(fit, within):
    X, _ = planted(n=50, d=40)
    state = fit(as_ratings(X))
    for u in (3, 31):
        i = np.flatnonzero(X[u])[::-1]
        new = state.fold_in(i, X[u, i])
        np.testing.assert_allclose(everywhere(new, X[:1])[0], everywhere(state, X)[u], atol=within)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_new_user_without_ratings_is_nothing_special(fit):
    X, _ = planted()
    nobody = fit(X).fold_in(np.zeros(0, dtype=int), np.zeros(0))
    assert np.isfinite(everywhere(nobody, X[:1])).all()


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_rating_of_0_is_a_rating(fit):
    """The same ratings less 3 have zeros among them, and every model takes off the mean first."""
    whole = as_ratings(np.round(np.maximum(planted(n=60, d=40)[0], 0)))
    less = csr_array((whole.data - 3, whole.indices, whole.indptr), shape=whole.shape)
    assert (less.data == 0).sum() > 100
    blended = 3.0 if fit is FITS["blend"] else 0.0  # the mean that it was given
    if not blended and fit is not FITS["mixture"]:  # whose start counts gaps as 0
        np.testing.assert_allclose(everywhere(fit(less), less), everywhere(fit(whole), whole) - 3, atol=2e-3)


@pytest.mark.parametrize("name", [name for name in FITS if name not in ("effects", "covered", "blend")])
def test_who_has_no_ratings_gets_the_effects_prediction(name):
    X = with_empty(planted()[0])
    effects, state = baselines.effects(X), covered(FITS[name](X), X)
    prediction, expected, own = (everywhere(one, X) for one in (state, effects, state.model))
    np.testing.assert_array_equal(prediction[0], expected[0])
    np.testing.assert_array_equal(prediction[:, 0], expected[:, 0])
    np.testing.assert_allclose(prediction[1:, 1:], own[1:, 1:], rtol=1e-6)
    u, i = np.zeros(60, dtype=int), np.arange(60)
    sd = state.sd(u, i)
    assert sd is None or np.array_equal(sd, effects.sd(u, i))
