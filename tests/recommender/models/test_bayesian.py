"""The Gibbs sampler: its draws have the distributions that bayesian.py writes down; and what its samples say."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recommender import catalogue
from recommender.holdout import VALIDATION_SEED, hold_out, limits, score
from recommender.measure import Job, measure
from recommender.models import bayesian, normal, side
from recommender.models.units import in_stars
from recommender.ratings import Scale
from recommender.sparse import as_ratings, pairs, with_values
from tests.ratings import everywhere, shorten
from tests.recommender.models.cases import covered, error_in_gaps, planted

PLACES = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 0]])  # who rates what; the last user nothing
FEATURES = [np.array([[0.5], [-1.0], [2.0], [-0.5]]), np.array([[1.0], [0.0], [-1.0]])]


def from_the_prior(random, features, k):
    """Return one side's Drawn, each part drawn from the prior that bayesian.py states."""
    S = np.column_stack([np.ones(len(features)), features])
    (N, s), root = S.shape, random.normal(size=(k, k))
    pull, tails = random.gamma(1, bayesian.PULL), random.gamma(bayesian.TAILS, 1 / bayesian.TAILS, N)
    L = root @ root.T  # Wishart of k degrees of freedom
    to_rows = np.linalg.inv(np.linalg.cholesky(L))
    B = random.normal(size=(s, k)) / np.sqrt([1.0] + [pull] * (s - 1))[:, None] @ to_rows
    theta = S @ B + random.normal(size=(N, k)) / np.sqrt(tails)[:, None] @ to_rows
    precision = random.gamma(bayesian.PRECISION, 1 / bayesian.PRECISION, N)
    return bayesian.Drawn(theta, precision, tails, bayesian.Prior(S @ B, L, B, pull))


def rated(random, R, users, movies, noise):
    """Return ratings less their mean, drawn at the places of R given all parameters."""
    u, i, _ = pairs(R)
    P, Q = users.theta[u], movies.theta[i]
    mean = (P[:, :-1] * Q[:, :-1]).sum(axis=1) + P[:, -1] + Q[:, -1]
    return with_values(R, random.normal(mean, 1 / np.sqrt(noise * users.precision[u] * movies.precision[i])))


def seen(users, movies, noise):
    """Return all that was drawn, by name; logarithms and such, as heavy tails have no mean."""
    found = {"noise": np.log(noise)}
    for name, drawn in (("users", users), ("movies", movies)):
        root = np.linalg.cholesky(drawn.prior.L)
        parts = {"pull": np.log([drawn.prior.pull]), "tails": np.log(drawn.tails), "precision": np.log(drawn.precision),
                 "L": np.append(np.log(np.diag(root)), root[1, 0]), "B": np.arcsinh(drawn.prior.B).ravel(),
                 "theta": np.arcsinh(drawn.theta).ravel(), "theta's size": np.log(np.abs(drawn.theta)).ravel()}
        found |= {f"{name}' {part} {a}": value for part, values in parts.items() for a, value in enumerate(values)}
    return found


def wrong_moments(before, after):
    """Return the z-scores above 5, by name, of changes of the means of what was seen, and of products of any two."""
    names, wrong = [*before[0], "1"], {}
    old, new = (np.array([[*drawn.values(), 1.0] for drawn in all_]) for all_ in (before, after))
    for a, name in enumerate(names):
        change = new[:, a, None] * new[:, a:] - old[:, a, None] * old[:, a:]
        z = change.mean(axis=0) / np.maximum(change.std(axis=0), 1e-9) * np.sqrt(len(before))
        wrong |= {(name, names[a + b]): z[b] for b in np.flatnonzero(np.abs(z) > 5)}
    return wrong


def test_a_sweep_leaves_the_joint_distribution_as_it_is(monkeypatch):
    """Parameters from the prior and ratings from these are a draw from the joint distribution; a sweep keeps it one.

    Geweke (2004) has one long chain; here each begins anew (Gandy, Scott 2020), so that all draws are independent. The
    means are looked at of all that is drawn, and of the products of any two: of two rows, two entries, both sides.
    """
    monkeypatch.setattr(bayesian, "SUMMED", float)  # the prior's largest factors leave single precision no digits
    monkeypatch.setattr(bayesian, "PRECISION", 2.0)  # what is nearly 1 would hide who is weighted with it
    random, R, k, size = np.random.RandomState(7), as_ratings(1.0 * PLACES), 2, 3000
    before, after = [], []
    for _ in range(size):
        users, movies = (from_the_prior(random, features, k) for features in FEATURES)
        noise = random.gamma(1.0)
        before.append(seen(users, movies, noise))
        x = rated(random, R, users, movies, noise)
        users, movies, noise, _ = bayesian.sweep(random, x, bayesian.sides_given(x, *FEATURES, k), users, movies, noise)
        after.append(seen(users, movies, noise))
    assert wrong_moments(before, after) == {}


def test_a_folded_in_user_is_drawn_anew_with_each_sample():
    """Of samples that are all the same, what is drawn of a new user with the next sample has to do with none before."""
    S, k = 1000, 3
    P, Q, a, g, L, B = (np.ones((S, *shape)) for shape in ((1, k), (4, k), (1,), (4,), (1, 1), (1, k)))
    packed = *bayesian.packed(P), *bayesian.packed(Q)
    state = bayesian.Samples(3.0, *packed, a, g, a[:, 0], L * np.eye(k), 0 * B, side.given(np.ones((1, 0))))
    folded = state.fold_in(np.array([0, 2]), np.array([4.0, 1.0]))
    for values in (folded.P_unit[:, 0, 0], folded.a[:, 0]):
        assert len(np.unique(values)) > 0.3 * S  # in half precision
        assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 4 / np.sqrt(S)


def sampled(X, number, burn_in, rank=2):
    """Return the averages of one sample, of this number after the burn-in, from a chain that has no other."""
    everything = np.divmod(np.arange(X.shape[0] * X.shape[1]), X.shape[1])
    return bayesian.Chain(X, rank, samples=1, burn_in=burn_in + number - 1, asked=everything).go_on(1).averages


@pytest.mark.parametrize("keep", [True, False])
def test_averages_are_those_of_every_single_sample(keep, monkeypatch):
    monkeypatch.setattr(bayesian, "LARGEST", 1)  # so that one is kept, and all count
    X, _ = planted(n=30, d=20)
    u, i = np.array([29, 0, 7, 7]), np.array([3, 19, 4, 3])
    chain = bayesian.Chain(X, 2, samples=6, burn_in=3, asked=(u, i), keep=keep)
    for number in (2, 6):
        found = chain.go_on(number).averages
        singles = [sampled(X, each, 3) for each in range(1, number + 1)]
        predictions = np.array([single.predict(u, i) for single in singles])
        noise = [single.sd(u, i) ** 2 for single in singles]  # between the samples of one is nothing
        np.testing.assert_allclose(found.predict(u, i), predictions.mean(axis=0), rtol=1e-6)
        np.testing.assert_allclose(found.sd(u, i), np.sqrt(predictions.var(axis=0) + np.mean(noise, axis=0)),
                                   rtol=1e-5)
    np.testing.assert_array_equal(found.predict(u[[2, 0]], i[[2, 0]]), found.predict(u, i)[[2, 0]])
    assert type(chain.fitted()) is (bayesian.Samples if keep else bayesian.Averages)
    for unasked in ((29, 4), (0, 0), (29, 19)):
        with pytest.raises(ValueError, match="pairs that the chain was asked for"):
            found.predict(*map(np.atleast_1d, unasked))


def test_what_is_held_out_is_predicted_by_all_samples(monkeypatch):
    """However few samples memory holds, a comparison's figures are the same."""
    shorten(monkeypatch, catalogue)
    X, _ = planted(n=40, d=30)
    job = Job(*hold_out(X), Scale(1.0, 5.0, 0.0), complete=np.where(X == 0, 3.0, X))
    rows = []
    for largest in (2**28, 1):
        monkeypatch.setattr(bayesian, "LARGEST", largest)
        fit, row, _ = measure(job, bayesian.sampler("gibbs", "", (), 1, 2), {})
        rows.append({name: row[name] for name in ("params", "rmse", "coverage_90", "mean_width_90", "course_rmse")})
    assert rows[0] == rows[1] and type(fit.fitted.model.model) is bayesian.Averages


@pytest.mark.parametrize("seed", [4, 7])  # the last sample alone would choose another rank
def test_a_model_to_keep_is_chosen_by_all_samples_and_calibrated_by_as_many_as_are_kept(seed, monkeypatch):
    shorten(monkeypatch, catalogue)
    monkeypatch.setattr(bayesian, "LARGEST", 1)
    X = as_ratings(planted(seed, n=40, d=30, noise=1.0)[0])
    stars, unit = in_stars(X)
    inner, held_out = hold_out(stars, VALIDATION_SEED)
    u, i, x = pairs(held_out)
    trials = {rank: np.mean([sampled(inner, number, 3, rank).predict(u, i) for number in (1, 2)], axis=0)
              for rank in (1, 2, 3)}
    fit = catalogue.fit(bayesian.sampler("gibbs", "", (), *trials), X)
    rank = min(trials, key=lambda rank: score(trials[rank], x, limits(stars)))
    assert fit.params == {"rank": rank} and fit.fitted.model.model.root.shape == (1, rank + 1, rank + 1)
    last = covered(bayesian.run(inner, rank, samples=1, burn_in=3 + bayesian.SAMPLES - 1), inner)
    np.testing.assert_array_equal(fit.validation, unit.back(last.predict(u, i)))
    np.testing.assert_array_equal(fit.validation_sd, unit.size * last.sd(u, i))


def test_rows_are_drawn_from_their_posterior():
    random = np.random.RandomState(3)
    copies, m = 40_000, 6
    weights, R = random.uniform(0, 2, m) * (np.arange(m) != 2), random.normal(size=m)
    other, prior_mean = random.normal(size=(m, 3)), random.normal(size=3)
    L = np.array([[2.0, 0.3, 0], [0.3, 1, 0.1], [0, 0.1, 1.5]])
    rated, scale, tails = weights > 0, random.choice([0.5, 2.0], copies), random.choice([0.3, 1.5], copies)
    tiled = csr_array((np.tile(R[rated], copies), np.tile(np.flatnonzero(rated), copies),
                       np.arange(copies + 1) * rated.sum()), shape=(copies, m))
    draws = bayesian.draw_rows(random, normal.batches(tiled, 3), scale, weights, other,
                               np.tile(prior_mean, (copies, 1)), L, tails)
    A = np.column_stack([other[:, :2], np.ones(m)])
    for noise, t in ((0.5, 0.3), (2.0, 0.3), (2.0, 1.5)):
        precision, some = t * L + (A.T * weights * noise) @ A, draws[(scale == noise) & (tails == t)]
        mean = np.linalg.solve(precision, A.T @ (noise * weights * (R - other[:, 2])) + t * L @ prior_mean)
        covariance = np.linalg.inv(precision)
        np.testing.assert_allclose(some.mean(axis=0), mean, atol=5 * np.sqrt(covariance.max() / len(some)))
        np.testing.assert_allclose(np.cov(some.T), covariance, atol=0.05 * covariance.max())


def test_prior_is_drawn_around_what_the_parameters_show():
    random = np.random.RandomState(4)
    N, B = 20_000, np.array([[1.0, -1.0], [0.5, 2.0]])
    S = np.column_stack([np.ones(N), random.normal(size=N)])
    covariance = np.array([[0.5, 0.2], [0.2, 0.4]])
    tails = random.choice([0.04, 4.0], N)
    theta = S @ B + random.multivariate_normal(np.zeros(2), covariance, N) / np.sqrt(tails)[:, None]
    prior = bayesian.draw_prior(random, theta, S, tails, 1.0)
    np.testing.assert_allclose(prior.mean, S @ B, atol=0.1)  # unweighted, those with long tails would move it by more
    np.testing.assert_allclose(prior.mean, S @ prior.B)
    np.testing.assert_allclose(np.linalg.inv(prior.L), covariance, atol=0.03)


def test_variance_of_the_drawn_prior_is_the_posterior_s():
    random = np.random.RandomState(5)
    theta, S = random.normal(8, 1, (30, 1)), np.column_stack([np.ones(30), random.normal(size=30)])
    pull = 20.0
    draws = [bayesian.draw_prior(random, theta, S, np.ones(30), pull) for _ in range(2000)]
    M = S.T @ S + np.diag([1.0, pull])
    B0 = np.linalg.solve(M, S.T @ theta)
    scale = 1 + ((theta - S @ B0) ** 2).sum() + (B0**2).ravel() @ [1.0, pull]
    L = np.array([draw[1][0, 0] for draw in draws])
    assert L.mean() == pytest.approx(31 / scale, rel=0.03)  # a Wishart of one dimension: chi-squared / scale
    assert L.var() == pytest.approx(2 * 31 / scale**2, rel=0.15)
    variance = np.var([draw[0][:, 0] for draw in draws], axis=0)
    expected = np.einsum("us,st,ut->u", S, np.linalg.inv(M), S) * scale / 29  # mean of 1 / L: inverse chi-squared
    np.testing.assert_allclose(variance, expected, rtol=0.15)


def test_precisions_are_drawn_from_their_posterior():
    random = np.random.RandomState(6)
    draws = bayesian.draw_precision(random, 5.0, 8, np.full(100_000, 4.0))
    assert draws.mean() == pytest.approx(9 / 7, abs=0.01) and draws.var() == pytest.approx(9 / 49, abs=0.01)


def test_error_on_the_ratings_is_the_noise():
    X, _ = planted(noise=0.3, n=150, d=120)
    noise = []
    bayesian.run(X, 3, samples=40, burn_in=40, callback=lambda sweep, sweeps, error: noise.append(error))
    assert len(noise) == 80 and np.mean(noise[40:]) == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("axis", [0, 1], ids=["users", "movies"])
def test_fickle_users_and_movies_count_less(axis):
    """Half of them have a noise of 0.1, half of 1.5. With one noise for all, the error is 0.4 to 0.5."""
    X, truth = planted(n=100, noise=0)
    sd = np.where(np.arange(X.shape[axis]) % 2, 1.5, 0.1)
    noise = np.random.RandomState(1).normal(size=X.shape) * (sd[:, None] if axis == 0 else sd)
    X = np.where(X == 0, 0, X + noise)
    assert error_in_gaps(everywhere(bayesian.run(X, 2, samples=40, burn_in=40), X), X, truth) < 0.33


def test_side_features_tell_the_factors_of_users_with_few_ratings():
    """Every user's ratings follow from a feature; half of the users have 2 ratings. Without it, the error is 0.5."""
    random = np.random.RandomState(0)
    feature = random.normal(size=(100, 1))
    truth = 3 + feature @ random.normal(0, 0.8, (1, 60))
    share = np.where(np.arange(100) < 50, 0.03, 0.6)[:, None]
    X = np.where(random.rand(100, 60) < share, truth + random.normal(0, 0.1, truth.shape), 0)
    sides = side.given(feature), side.given(np.empty((60, 0)))
    prediction = everywhere(bayesian.run(X, 2, samples=30, burn_in=30, sides=sides), X)
    assert error_in_gaps(prediction[:50], X[:50], truth[:50]) < 0.3


def test_a_standard_deviation_is_the_samples_and_the_noise_s():
    X, _ = planted(n=40, d=30, noise=0.5)
    state = bayesian.run(X, 2, samples=5, burn_in=5)
    u, i = np.array([0, 7, 7]), np.array([3, 3, 9])
    both = [bayesian.unpacked(*part, 3) for part in ((state.P, state.P_unit), (state.Q, state.Q_unit))]
    samples = list(zip(*both, strict=True))
    drawn = [[state.mean + P[a, :2] @ Q[b, :2] + P[a, 2] + Q[b, 2] for P, Q in samples]
             for a, b in zip(u, i, strict=True)]
    noise = [np.mean(1 / (state.noise * state.a[:, a] * state.g[:, b])) for a, b in zip(u, i, strict=True)]
    np.testing.assert_allclose(state.predict(u, i), np.mean(drawn, axis=1), rtol=1e-5)
    np.testing.assert_allclose(state.sd(u, i), np.sqrt(np.var(drawn, axis=1) + noise), rtol=1e-5)


def test_kept_samples_are_evenly_spaced_and_fit_into_memory(monkeypatch):
    X, _ = planted(n=40, d=30)
    every = bayesian.run(X, 2, samples=12, burn_in=3)
    assert len(every.P) == 12
    monkeypatch.setattr(bayesian, "LARGEST", 4 * (70 * (1 + 5) + 2 * 3 * (3 + 1)))
    some = bayesian.run(X, 2, samples=12, burn_in=3)
    np.testing.assert_array_equal(some.P, every.P[2::3])
    monkeypatch.setattr(bayesian, "LARGEST", 1)
    np.testing.assert_array_equal(bayesian.run(X, 2, samples=12, burn_in=3).P, every.P[-1:])
    monkeypatch.setattr(bayesian, "LARGEST", 2**28)
    monkeypatch.setattr(bayesian, "KEPT", 6)
    np.testing.assert_array_equal(bayesian.run(X, 2, samples=12, burn_in=3).P, every.P[1::2])


@pytest.mark.parametrize("k", [1, 4, 5])
def test_two_numbers_are_kept_in_a_byte(k):
    theta = np.random.RandomState(0).normal(size=(3, 50, k)) * [[[0.1]], [[0]], [[1e4]]]
    packed, unit = bayesian.packed(theta)
    assert packed.dtype == np.uint8 and packed.shape == (3, 50, (k + 1) // 2)
    found = bayesian.unpacked(packed, unit, k)
    assert found.shape == theta.shape
    assert (np.abs(found - theta) <= np.abs(theta).max(axis=2, keepdims=True) / 13.9).all()


def test_a_chain_that_goes_on_is_one_that_never_stopped():
    X, _ = planted(n=40, d=30)
    chain = bayesian.Chain(X, 2, samples=9, burn_in=3)
    np.testing.assert_array_equal(chain.go_on(4).fitted().P, bayesian.run(X, 2, samples=9, burn_in=3).P[:4])
    np.testing.assert_array_equal(chain.go_on(9).fitted().P, bayesian.run(X, 2, samples=9, burn_in=3).P)
