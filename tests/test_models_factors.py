"""Matrix factorization by least squares, by a neural network, and by Gibbs sampling; side features; the blend."""

import numpy as np
import pytest

from recommender.holdout import INNER_SEED, Fit, hold_out
from recommender.models import bayesian, blend, factorization, neural, side


def planted(seed=0, n=80, d=60, rank=2, noise=0.1, observed=0.6):
    """Return ratings of planted factors and effects with gaps, and the same without gaps and noise."""
    random = np.random.RandomState(seed)
    P, Q = random.normal(0, 0.6, (n, rank)), random.normal(0, 0.6, (d, rank))
    truth = 3 + P @ Q.T + random.normal(0, 0.4, (n, 1)) + random.normal(0, 0.4, d)
    X = truth + random.normal(0, noise, (n, d))
    X[random.rand(n, d) >= observed] = 0
    return X, truth


def error_in_gaps(prediction, X, truth):
    return np.sqrt(np.mean((prediction - truth)[X == 0] ** 2))


def with_empty(X):
    X = X.copy()
    X[0], X[:, 0] = 0, 0
    return X


def test_gram_is_the_sum_of_outer_products():
    random = np.random.RandomState(0)
    mask, A = random.rand(5, 7), random.normal(size=(7, 3))
    expected = np.einsum("ui,ij,ik->ujk", mask, A, A)
    np.testing.assert_allclose(factorization.gram(mask, A), [factorization.pack(G) for G in expected])


def test_packed_matrices_are_solved_with_noise_of_their_own_covariance():
    random = np.random.RandomState(1)
    roots, h, noise = random.normal(size=(5, 4, 6)), random.normal(size=(5, 4)), random.normal(size=(5, 4))
    G = roots @ roots.transpose(0, 2, 1)
    packed = np.array([factorization.pack(matrix) for matrix in G])
    for z in (0 * noise, noise):
        right = h + (np.linalg.cholesky(G) @ z[:, :, None])[:, :, 0]
        expected = [np.linalg.solve(*one) for one in zip(G, right, strict=True)]
        np.testing.assert_allclose(factorization.solve(packed.copy(), h, z), expected)
    np.testing.assert_allclose(factorization.solve(packed.copy(), h), np.linalg.solve(G, h[:, :, None])[:, :, 0])
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        factorization.solve(packed * np.array([[1], [-1], [1], [1], [1]]), h)


def test_each_row_is_the_least_squares_solution():
    X, _ = planted(1)
    random = np.random.RandomState(2)
    mask, other, penalty = (X != 0).astype(float), random.normal(size=(X.shape[1], 4)), random.uniform(1, 3, len(X))
    R = (X - 3) * mask
    rows = factorization.ridge(R, mask, other, penalty)
    for u in (0, 17, 79):
        seen = mask[u] == 1
        A = np.column_stack([other[seen, :3], np.ones(seen.sum())])
        stacked = np.vstack([A, np.sqrt(penalty[u]) * np.eye(4)])
        target = np.concatenate([R[u, seen] - other[seen, 3], np.zeros(4)])
        np.testing.assert_allclose(rows[u], np.linalg.lstsq(stacked, target, rcond=None)[0])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weighted, strength", [(True, 0.02), (False, 1.0), (True, 1e-6)])
def test_loss_never_rises(seed, weighted, strength):
    X = with_empty(planted(seed, noise=1.0, observed=[0.1, 0.3, 0.6, 0.95][seed])[0])
    losses = []
    factors = factorization.run(X, 5, strength, weighted, sweeps=15, seed=seed, callback=losses.append)
    assert len(losses) == 15 and np.diff(losses).max() <= 1e-9 * losses[0]
    mask = X != 0
    count = mask.sum(1) if weighted else np.ones(len(X)), mask.sum(0) if weighted else np.ones(X.shape[1])
    penalty = (np.maximum(count[0], 1) @ (factors.P**2).sum(1) + np.maximum(count[1], 1) @ (factors.Q**2).sum(1))
    error = (np.where(mask, X - factorization.predict(factors), 0) ** 2).sum()
    assert losses[-1] == pytest.approx(error + strength * penalty)


@pytest.mark.parametrize("fit", [
    lambda X: factorization.predict(factorization.run(X, 2, 0.005, sweeps=40)),
    lambda X: bayesian.run(X, 3, samples=60, burn_in=60),
], ids=["least squares", "Gibbs"])
def test_planted_factors_are_recovered(fit):
    X, truth = planted()
    assert error_in_gaps(fit(X), X, truth) < 0.12  # the noise is 0.1, and the truth's own spread 0.8


def test_network_learns_planted_factors():
    X, truth = planted(n=120, d=100)
    *_, network = neural.train(X, rank=4, width=8, penalty=0.005, rate=0.02, epochs=30, batch=256)
    assert error_in_gaps(neural.predict(network), X, truth) < 0.25


@pytest.mark.parametrize("with_sides", [False, True])
def test_gradients_are_those_of_finite_differences(with_sides):
    random = np.random.RandomState(0)
    X = random.randint(1, 6, (9, 7)) * 1.0
    sides = (random.normal(size=(9, 2)), random.normal(size=(7, 3))) if with_sides else None
    network = neural.init(X, sides, rank=3, width=4, dtype=float)
    for value in network.weights.values():
        value += random.normal(0, 0.3, value.shape)
    i, j = random.randint(9, size=40), random.randint(7, size=40)  # users and movies come more than once
    x = X[i, j]
    _, gradient = neural.gradients(network, i, j, x, 0.3)
    for name, value in network.weights.items():
        for at in np.ndindex(value.shape):
            kept, losses = value[at], []
            for h in (1e-6, -1e-6):
                value[at] = kept + h
                losses.append(neural.gradients(network, i, j, x, 0.3)[0])
            value[at] = kept
            assert gradient[name][at] == pytest.approx((losses[0] - losses[1]) / 2e-6, abs=1e-7), (name, at)


def test_penalty_is_weighted_with_the_ratings_and_a_feature_counts_as_an_average_row():
    random = np.random.RandomState(0)
    X = random.randint(1, 6, (9, 7)) * 1.0
    network = neural.init(X, (random.normal(size=(9, 2)), random.normal(size=(7, 3))), rank=3, width=4, dtype=float)
    U, V = (random.normal(size=network.weights[name].shape) for name in "UV")
    network.weights.update(U=U, V=V)
    i, j = random.randint(9, size=40), random.randint(7, size=40)
    plain, penalised = (neural.gradients(network, i, j, X[i, j], penalty)[0] for penalty in (0, 0.3))
    squares = np.mean([(U[u] ** 2).sum() + (V[m] ** 2).sum() for u, m in zip(i, j, strict=True)])
    assert penalised - plain == pytest.approx(0.15 * (squares + (U[9:] ** 2).sum() / 9 + (V[7:] ** 2).sum() / 7))


def test_embedding_is_the_product_with_the_one_hot_inputs_written_out():
    random = np.random.RandomState(1)
    features, table = random.normal(size=(5, 2)), random.normal(size=(7, 3))
    np.testing.assert_allclose(neural.embed(features, table), np.hstack([np.eye(5), features]) @ table)


def test_adam_takes_the_first_step_of_the_paper():
    weights, moments = {"a": np.array([1.0, 2.0])}, {"a": (np.zeros(2), np.zeros(2))}
    neural.adam(weights, {"a": np.array([0.3, -40.0])}, moments, 1, 0.01)
    np.testing.assert_allclose(weights["a"], [0.99, 2.01], atol=1e-6)  # rate times the sign, whatever the size


def test_adam_corrects_the_bias_of_its_moments():
    """Algorithm 1 of the paper, written out: moments from 0, divided by 1 - decay^step."""
    slopes = [0.5, -2.0, 0.1]
    weights, moments, expected = {"a": np.zeros(1)}, {"a": (np.zeros(1), np.zeros(1))}, 0.0
    for step, slope in enumerate(slopes, 1):
        neural.adam(weights, {"a": np.array([slope])}, moments, step, 0.01)
        ages = np.arange(step)[::-1]
        first = (0.9**ages @ slopes[:step]) / (0.9**ages).sum()
        second = (0.999**ages @ np.square(slopes[:step])) / (0.999**ages).sum()
        expected -= 0.01 * first / (np.sqrt(second) + 1e-8)
        assert weights["a"][0] == pytest.approx(expected, rel=1e-9)


def test_network_predicts_every_entry_in_whatever_blocks():
    X, _ = planted(3)
    network = neural.init(X, side_of(X), rank=3, width=5)
    i, j = np.nonzero(X)
    for batch in (7, 1000, 10**6):
        pairs = neural.predict_pairs(network, i, j, batch)
        np.testing.assert_allclose(pairs, neural.predict(network)[i, j], rtol=1e-5)


def side_of(X):
    return side.features(X), side.features(X.T)


def test_rows_are_drawn_from_their_posterior():
    random = np.random.RandomState(3)
    copies, m = 40_000, 6
    weights, R = random.uniform(0, 2, m) * (np.arange(m) != 2), random.normal(size=m)
    other, prior_mean = random.normal(size=(m, 3)), random.normal(size=3)
    L = np.array([[2.0, 0.3, 0], [0.3, 1, 0.1], [0, 0.1, 1.5]])
    draws = bayesian.draw_rows(random, np.tile(R, (copies, 1)), np.tile(weights, (copies, 1)), other,
                               np.tile(prior_mean, (copies, 1)), L)
    A = np.column_stack([other[:, :2], np.ones(m)])
    precision = L + (A.T * weights) @ A
    mean = np.linalg.solve(precision, A.T @ (weights * (R - other[:, 2])) + L @ prior_mean)
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.02)
    np.testing.assert_allclose(np.cov(draws.T), np.linalg.inv(precision), atol=0.02)


def test_prior_is_drawn_around_what_the_parameters_show():
    random = np.random.RandomState(4)
    N, B = 20_000, np.array([[1.0, -1.0], [0.5, 2.0]])
    S = np.column_stack([np.ones(N), random.normal(size=N)])
    covariance = np.array([[0.5, 0.2], [0.2, 0.4]])
    theta = S @ B + random.multivariate_normal(np.zeros(2), covariance, N)
    prior_mean, L = bayesian.draw_prior(random, theta, S)
    np.testing.assert_allclose(prior_mean, S @ B, atol=0.15)
    np.testing.assert_allclose(np.linalg.inv(L), covariance, atol=0.03)


def test_spread_of_the_drawn_prior_is_the_posterior_s():
    random = np.random.RandomState(5)
    theta, S = random.normal(8, 1, (30, 1)), np.column_stack([np.ones(30), random.normal(size=30)])
    draws = [bayesian.draw_prior(random, theta, S) for _ in range(2000)]
    M = S.T @ S + np.diag([1.0, bayesian.PULL])
    B0 = np.linalg.solve(M, S.T @ theta)
    scale = 1 + ((theta - S @ B0) ** 2).sum() + (B0**2).ravel() @ [1.0, bayesian.PULL]
    L = np.array([draw[1][0, 0] for draw in draws])
    assert L.mean() == pytest.approx(31 / scale, rel=0.03)  # a Wishart of one dimension: chi-squared / scale
    assert L.var() == pytest.approx(2 * 31 / scale**2, rel=0.15)
    spread = np.var([draw[0][:, 0] for draw in draws], axis=0)
    expected = np.einsum("us,st,ut->u", S, np.linalg.inv(M), S) * scale / 29  # mean of 1 / L: inverse chi-squared
    np.testing.assert_allclose(spread, expected, rtol=0.15)


def test_precisions_are_drawn_from_their_posterior():
    random = np.random.RandomState(6)
    draws = bayesian.draw_precision(random, np.full(100_000, 8), np.full(100_000, 4.0), prior=5.0)
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
    assert error_in_gaps(bayesian.run(X, 2, samples=40, burn_in=40), X, truth) < 0.33


def test_side_features_tell_the_factors_of_users_with_few_ratings():
    """Every user's ratings follow from a feature; half of the users have 2 ratings. Without it, the error is 0.5."""
    random = np.random.RandomState(0)
    feature = random.normal(size=(100, 1))
    truth = 3 + feature @ random.normal(0, 0.8, (1, 60))
    share = np.where(np.arange(100) < 50, 0.03, 0.6)[:, None]
    X = np.where(random.rand(100, 60) < share, truth + random.normal(0, 0.1, truth.shape), 0)
    prediction = bayesian.run(X, 2, samples=30, burn_in=30, sides=(feature, np.empty((60, 0))))
    assert error_in_gaps(prediction[:50], X[:50], truth[:50]) < 0.3


@pytest.mark.parametrize("fit", [
    lambda X: factorization.predict(factorization.run(X, 3, 0.1)),
    lambda X: bayesian.run(X, 3, samples=5, burn_in=2, sides=side_of(X)),
    lambda X: neural.predict(list(neural.train(X, side_of(X), rank=3, width=4, epochs=2, batch=100))[-1]),
], ids=["least squares", "Gibbs", "network"])
def test_same_seed_same_prediction_and_gaps_do_no_harm(fit):
    X = with_empty(planted()[0])
    kept, state = X.copy(), np.random.get_state()[1].copy()
    first = fit(X)
    np.testing.assert_array_equal(first, fit(X))
    np.testing.assert_array_equal(X, kept)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert np.isfinite(first).all()


@pytest.mark.parametrize("call, range_", [
    (lambda X: factorization.run(X, 0, 1), "rank between 1 and 60, got 0"),
    (lambda X: factorization.run(X, 61, 1), "rank between 1 and 60, got 61"),
    (lambda X: factorization.run(X, 2, 0), "strength above 0"),
    (lambda X: factorization.run(X, 2, 1, sweeps=0), "sweeps between 1"),
    (lambda X: bayesian.run(X, 61), "rank between 1 and 60"),
    (lambda X: bayesian.run(X, 2, samples=0), "samples between 1"),
    (lambda X: bayesian.run(X, 2, burn_in=-1), "burn_in between 0"),
    (lambda X: neural.init(X, rank=0), "rank between 1 and 60"),
    (lambda X: neural.init(X, rank=2, width=0), "width between 1"),
    (lambda X: next(neural.train(X, rank=2, penalty=-1)), "penalty between 0"),
    (lambda X: next(neural.train(X, rank=2, epochs=0)), "epochs between 1"),
    (lambda X: next(neural.train(X, rank=2, batch=0)), "batch between 1"),
    (lambda X: side.features(X, ("colour",)), "count, moments, which"),
    (lambda X: blend.run(X, {}), "at least 1"),
    (lambda X: factorization.run(X, 2.5, 1), "rank to be a whole number, got 2.5"),
    (lambda X: bayesian.run(X, 2, samples=np.inf), "samples to be a whole number"),
    (lambda X: next(neural.train(X, rank=2, batch=10.5)), "batch to be a whole number"),
    (lambda X: neural.init(X, (np.ones((79, 2)), np.ones((60, 1))), rank=2), "80 users and 60 movies"),
    (lambda X: bayesian.run(X, 2, sides=(np.ones((80, 2)), np.ones((80, 1)))), "80 users and 60 movies"),
    (lambda X: factorization.run(0 * X, 2, 1), "at least 1 rating"),
    (lambda X: bayesian.run(0 * X, 2), "at least 1 rating"),
    (lambda X: neural.init(0 * X, rank=2), "at least 1 rating"),
    (lambda X: side.features(0 * X), "at least 1 rating"),
])
def test_out_of_range_says_the_range(call, range_):
    with pytest.raises(ValueError, match=range_):
        call(planted()[0])


def test_side_features_tell_who_rated_much_high_and_alike():
    random = np.random.RandomState(0)
    n, d = 200, 50
    kind = random.randint(2, size=n)  # which half of the movies a user rates, mostly
    likely = np.where(kind[:, None] == (np.arange(d) < 25), 0.9, 0.2)
    X = np.where(random.rand(n, d) < likely, random.randint(1, 6, (n, d)), 0)
    count, mean, spread, which = side.features(X)[:, :4].T
    assert np.corrcoef(count, (X != 0).sum(axis=1))[0, 1] > 0.98
    assert np.corrcoef(mean, X.sum(axis=1) / (X != 0).sum(axis=1))[0, 1] > 0.98
    assert np.corrcoef(spread, [x[x != 0].std() for x in X])[0, 1] > 0.95
    assert abs(np.corrcoef(which, kind)[0, 1]) > 0.95
    features = side.features(X)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(features.std(axis=0), 1)


def test_features_that_say_nothing_are_zero():
    assert not side.features(np.full((5, 4), 3.0)).any()
    assert side.features(np.full((5, 4), 3.0), ()).shape == (5, 0)


def test_blend_finds_planted_weights_and_drops_a_useless_part():
    random = np.random.RandomState(0)
    a, b, useless = random.normal(0, 1, (3, 60, 50))
    truth = 3 + 0.7 * a + 0.3 * b
    train, _ = hold_out(truth)
    fits = {name: Fit({}, 3 + part, 3 + part, 0.0) for name, part in (("a", a), ("b", b), ("useless", useless))}
    blended = blend.run(train, fits)
    assert blended.params["a"] == pytest.approx(0.7, abs=0.03) and blended.params["b"] == pytest.approx(0.3, abs=0.03)
    assert blended.params["useless"] < 0.03
    _, hidden = hold_out(train, INNER_SEED)
    assert np.abs(blended.prediction - truth)[hidden].max() < 0.2


def test_blend_gives_no_weight_to_what_has_seen_the_answers_elsewhere():
    """A part's weight comes from its inner predictions alone: knowing the truth in the refit is of no use to it."""
    random = np.random.RandomState(1)
    truth = random.uniform(1, 5, (60, 50))
    train, _ = hold_out(truth)
    fair = truth + random.normal(0, 0.5, truth.shape)
    blended = blend.run(train, {"fair": Fit({}, fair, fair, 1.0), "cheat": Fit({}, truth, 6 - truth, 0.0)})
    assert blended.params["cheat"] == 0.0 and blended.params["fair"] > 0.8
