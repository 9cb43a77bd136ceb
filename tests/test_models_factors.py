"""Matrix factorization by least squares, by a neural network, and by Gibbs sampling; side features; the blend."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array

from recommender.catalogue import groups
from recommender.holdout import INNER_SEED, Fit, hold_out
from recommender.models import autoencoder, baselines, bayesian, blend, cold, factorization, neural, normal, side
from recommender.sparse import as_ratings, pairs, products
from tests import cases
from tests.ratings import everywhere


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


def uneven(seed=0, n=60, d=50):
    """Return a csr_array of users with 0 to d ratings, and movies likewise."""
    random = np.random.RandomState(seed)
    mask = random.rand(n, d) < np.outer(np.linspace(0, 1.3, n), np.linspace(0.1, 1.2, d))
    mask[1], mask[-1] = False, True
    return as_ratings(mask * random.uniform(1, 5, (n, d)))


KINDS = {"Masked": (0.0, 0.0), "Listed": (0.0, 1.0), "Gathered": (1.0, 0.0)}  # by MOST and GAPS, FEW being 0


def all_of(kind, X, k, monkeypatch, dtype=float):
    """Return the batches of X, all of this kind."""
    for name, value in zip(("MOST", "GAPS", "FEW"), (*KINDS[kind], 0), strict=True):
        monkeypatch.setattr(normal, name, value)
    batches = normal.batches(X, k, dtype)
    assert {type(batch).__name__ for batch in batches} == {kind}
    return batches


def equations(X, u, other, scale, weight, L, start):
    """Return G (k, k) and h (k,) of user u, summed rating by rating."""
    G, h = L.copy(), start[u].copy()
    for i, x in zip(*(part[X.indptr[u]:X.indptr[u + 1]] for part in (X.indices, X.data)), strict=True):
        a = np.append(other[i, :-1], 1)
        G += scale[u] * weight[i] * np.outer(a, a)
        h += scale[u] * weight[i] * (x - other[i, -1]) * a
    return G, h


@pytest.mark.parametrize("k", [1, 2, 4, 33])
@pytest.mark.parametrize("rows", [1, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_normal_equations_are_solved_with_noise_of_their_own_covariance(kind, rows, k, monkeypatch):
    monkeypatch.setattr(normal, "SIZE", 300)
    monkeypatch.setattr(normal, "ROWS", rows)
    random, X = np.random.RandomState(1), uneven()
    other, weight, root = random.normal(size=(50, k)), random.uniform(0.5, 2, 50), random.normal(size=(k, k))
    scale, L = random.uniform(0.5, 2, 60), root @ root.T + np.eye(k)
    start, noise = random.normal(size=(2, 60, k))
    batches = all_of(kind, X, k, monkeypatch)
    assert len(batches) > 3 and sorted(np.concatenate([batch.rows for batch in batches])) == list(range(60))
    drawn, solved = (normal.solutions(batches, other, scale, weight, L, start, z) for z in (noise, None))
    for u in range(60):
        G, h = equations(X, u, other, scale, weight, L, start)
        np.testing.assert_allclose(drawn[u], np.linalg.solve(G, h + np.linalg.cholesky(G) @ noise[u]), rtol=1e-8)
        np.testing.assert_allclose(solved[u], np.linalg.solve(G, h), rtol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_users_with_few_ratings_or_few_gaps_lose_nothing_in_single_precision(kind, monkeypatch):
    """A sum over no ratings is 0, and not what rounding leaves of the sum over all, whatever multiplies it."""
    random, (n, d, k) = np.random.RandomState(2), (6, 400, 3)
    X = random.uniform(1, 5, (n, d))
    for u, rated in enumerate([0, 1, 2, 200, 399, 400]):
        X[u, random.permutation(d)[rated:]] = 0
    X, other, weight = as_ratings(X), random.normal(size=(d, k)), random.uniform(0.5, 2, d)
    scale, L, start = np.full(n, 1e3), np.eye(k), random.normal(size=(n, k))
    found = normal.solutions(all_of(kind, X, k, monkeypatch, np.float32), other, scale, weight, L, start)
    for u in range(n):
        G, h = equations(X, u, other, scale, weight, L, start)
        np.testing.assert_allclose(found[u], np.linalg.solve(G, h), rtol=1e-3, atol=1e-3)


def test_gaps_are_listed_where_they_are_few_for_so_many_parameters():
    random = np.random.RandomState(0)
    for share, k, kind in ((0.1, 25, "Gathered"), (0.7, 25, "Masked"), (0.7, 101, "Listed"), (0.95, 25, "Listed"),
                           (1, 10, "Masked"), (1, 20, "Listed")):
        X = as_ratings((random.rand(40, 200) < share) * 1.0)
        assert {type(batch).__name__ for batch in normal.batches(X, k)} == {kind}, (share, k)


@pytest.mark.parametrize("noise", [None, np.zeros((60, 3))], ids=["no noise", "noise"])
def test_a_matrix_that_is_not_positive_definite_is_said(noise):
    of_others, start, batches = np.ones((50, 3)), np.zeros((60, 3)), normal.batches(uneven(), 3)
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        normal.solutions(batches, of_others, np.ones(60), np.ones(50), -np.eye(3), start, noise)


def test_results_do_not_depend_on_how_many_cores_there_are(monkeypatch):
    X, found = as_ratings(planted()[0]), []
    monkeypatch.setattr(normal, "ROWS", 7)
    for number in (1, 3):
        monkeypatch.setattr("console.cores.cores", lambda number=number: number)
        found.append(everywhere(factorization.run(X, 3, 0.1), X))
    np.testing.assert_array_equal(*found)


def test_inner_products_of_pairs_by_whichever_way():
    random = np.random.RandomState(0)
    P, Q = random.normal(size=(40, 3)), random.normal(size=(3, 90)).T
    for size in (5, 4000):
        u, i = np.sort(random.randint(40, size=size)), random.randint(90, size=size)
        expected = [P[a] @ Q[b] for a, b in zip(u, i, strict=True)]
        np.testing.assert_allclose(products(P, Q, u, i), expected)
        np.testing.assert_allclose(products(P, Q, u[::-1], i[::-1]), expected[::-1])
        np.testing.assert_allclose(products(P, Q, u.astype(np.uint8), i), expected)  # places are beyond a byte
    assert products(P, Q, u[:0], i[:0]).shape == (0,)


def test_inner_products_where_numbers_of_entries_exceed_those_of_users():
    random = np.random.RandomState(1)
    P, Q = random.normal(size=(300, 2)), random.normal(size=(500, 2))
    u, i = random.randint(300, size=40000), random.randint(500, size=40000)
    for kind in (np.uint16, np.int16, np.int32):
        np.testing.assert_allclose(products(P, Q, u.astype(kind), i.astype(kind)), (P[u] * Q[i]).sum(axis=1))
    many = np.zeros((300_000, 1)), np.zeros((30_000, 1))  # all of whose entries have no room
    assert not products(*many, np.array([0, 299_999], np.int32), np.array([0, 29_999], np.int32)).any()


def test_each_row_is_the_least_squares_solution():
    X, _ = planted(1)
    X = as_ratings(X)
    random = np.random.RandomState(2)
    other, penalty = random.normal(size=(X.shape[1], 4)), random.uniform(1, 3, X.shape[0])
    rows = factorization.ridge(normal.batches(X, 4), other, penalty)
    for u in (0, 17, 79):
        part = slice(X.indptr[u], X.indptr[u + 1])
        seen = X.indices[part]
        A = np.column_stack([other[seen, :3], np.ones(len(seen))])
        stacked = np.vstack([A, np.sqrt(penalty[u]) * np.eye(4)])
        target = np.concatenate([X.data[part] - other[seen, 3], np.zeros(4)])
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
    error = (np.where(mask, X - everywhere(factors, X), 0) ** 2).sum()
    assert losses[-1] == pytest.approx(error + strength * penalty)


@pytest.mark.parametrize("fit", [
    lambda X: factorization.run(X, 2, 0.005, sweeps=40),
    lambda X: bayesian.run(X, 3, samples=60, burn_in=60),
], ids=["least squares", "Gibbs"])
def test_planted_factors_are_recovered(fit):
    X, truth = planted()
    assert error_in_gaps(everywhere(fit(X), X), X, truth) < 0.12  # the noise is 0.1, and the truth's own spread 0.8


def test_network_learns_planted_factors():
    X, truth = planted(n=120, d=100)
    *_, network = neural.train(X, rank=4, width=8, penalty=0.005, rate=0.02, epochs=30, batch=256)
    assert error_in_gaps(everywhere(network, X), X, truth) < 0.25


@pytest.mark.parametrize("with_sides", [False, True])
def test_gradients_are_those_of_finite_differences(with_sides):
    random = np.random.RandomState(0)
    X = random.randint(1, 6, (9, 7)) * 1.0
    sides = [side.given(random.normal(size=shape)) for shape in ((9, 2), (7, 3))] if with_sides else None
    network = neural.init(X, sides, rank=3, width=4, dtype=float)
    for value in network.weights.values():
        value += random.normal(0, 0.3, value.shape)
    i, j = random.randint(9, size=40), random.randint(7, size=40)  # users and movies come more than once
    x = X[i, j]
    _, gradient = neural.gradients(network, i, j, x, 0.3)
    for name, slope in cases.slopes(lambda: neural.gradients(network, i, j, x, 0.3)[0], network.weights).items():
        assert gradient[name] == pytest.approx(slope, abs=1e-7), name


def test_penalty_is_weighted_with_the_ratings_and_a_feature_counts_as_an_average_row():
    random = np.random.RandomState(0)
    X = random.randint(1, 6, (9, 7)) * 1.0
    sides = [side.given(random.normal(size=shape)) for shape in ((9, 2), (7, 3))]
    network = neural.init(X, sides, rank=3, width=4, dtype=float)
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


@pytest.mark.parametrize("piece", [1, 6, 8, 15, 2**15])  # rows of 3, 5 of them: 1, 2, 2 and all at a time
def test_adam_in_pieces_updates_every_weight_once(piece, monkeypatch):
    monkeypatch.setattr(neural, "PIECE", piece)
    random, shapes = np.random.RandomState(2), {"matrix": (5, 3), "row": (1, 40), "vector": (17,)}
    weights = {name: np.asfortranarray(random.normal(size=shape)) for name, shape in shapes.items()}
    moments = {name: (np.zeros(shape), np.zeros(shape)) for name, shape in shapes.items()}
    expected = {name: (value.copy(), 0.0, 0.0) for name, value in weights.items()}
    for step in (1, 2, 3):
        gradient = {name: random.normal(size=shape) for name, shape in shapes.items()}
        for name, (value, first, second) in expected.items():
            first, second = 0.9 * first + 0.1 * gradient[name], 0.999 * second + 0.001 * gradient[name] ** 2
            way = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
            expected[name] = value - 0.01 * way, first, second
        neural.adam(weights, gradient, moments, step, 0.01)
        for name in shapes:
            for found, right in zip((weights[name], *moments[name]), expected[name], strict=True):
                np.testing.assert_allclose(found, right, rtol=1e-12, err_msg=name)


def test_network_predicts_pairs_in_whatever_blocks():
    X, _ = planted(3)
    network = neural.init(X, side.sides(X), rank=3, width=5)
    i, j = np.divmod(np.arange(4800), 60)
    expected = network.mean + neural.forward(network, i, j)[0]
    np.testing.assert_allclose(network.predict(i, j), expected, rtol=1e-5)
    np.testing.assert_allclose(network.predict(i[4095:4099], j[4095:4099]), expected[4095:4099], rtol=1e-5)
    assert network.predict(i[:0], j[:0]).shape == (0,)


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


def test_spread_of_the_drawn_prior_is_the_posterior_s():
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
    spread = np.var([draw[0][:, 0] for draw in draws], axis=0)
    expected = np.einsum("us,st,ut->u", S, np.linalg.inv(M), S) * scale / 29  # mean of 1 / L: inverse chi-squared
    np.testing.assert_allclose(spread, expected, rtol=0.15)


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
    (lambda X: factorization.run(X, 2, 0), "strength above 0"),
    (lambda X: factorization.run(X, 2, 1, sweeps=0), "sweeps to be a whole number from 1"),
    (lambda X: bayesian.run(X, 61), "rank to be a whole number from 1 to 60"),
    (lambda X: bayesian.run(X, 2, samples=0), "samples to be a whole number from 1"),
    (lambda X: bayesian.run(X, 2, burn_in=-1), "burn_in to be a whole number from 0"),
    (lambda X: neural.init(X, rank=0), "rank to be a whole number from 1 to 60"),
    (lambda X: neural.init(X, rank=2, width=0), "width to be a whole number from 1"),
    (lambda X: next(neural.train(X, rank=2, penalty=-1)), "penalty between 0"),
    (lambda X: next(neural.train(X, rank=2, epochs=0)), "epochs to be a whole number from 1"),
    (lambda X: next(neural.train(X, rank=2, batch=0)), "batch to be a whole number from 1"),
    (lambda X: side.sides(X, ("colour",)), "count, which, relative"),
    (lambda X: side.sides(X, ("moments",)), "got moments"),
    (lambda X: autoencoder.run(X, -1), "penalty between 0"),
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


def test_blend_finds_planted_weights_and_drops_a_useless_part():
    random = np.random.RandomState(0)
    a, b, useless = random.normal(0, 1, (3, 60, 50))
    truth = 3 + 0.7 * a + 0.3 * b
    train, hidden = hold_out(truth)
    fits = {name: known(3 + part, train) for name, part in (("a", a), ("b", b), ("useless", useless))}
    blended = blend.run(train, fits)
    assert blended.params["a"] == pytest.approx(0.7, abs=0.03) and blended.params["b"] == pytest.approx(0.3, abs=0.03)
    assert blended.params["useless"] < 0.03
    u, i, x = pairs(hidden)
    assert np.abs(blended.state.predict(u, i) - x).max() < 0.2
    assert blended.state.spread(u, i) is None and blended.inner_spread is None


class Known:
    """A state that predicts what it was given, (n, d)."""

    def __init__(self, values, sd=None):
        self.values, self.sd = values, sd

    def predict(self, u, i):
        return self.values[u, i]

    def spread(self, u, i):
        return self.sd if self.sd is None else np.full(len(u), self.sd)


def known(values, train, inner=None, sd=None):
    """Return the Fit of a model that predicts given values, others for the inner split if they are given."""
    u, i, _ = pairs(hold_out(train, INNER_SEED)[1])
    spread = None if sd is None else np.full(len(u), sd)
    return Fit({}, Known(values, sd), (values if inner is None else inner)[u, i], 0.0, spread)


def test_blend_gives_no_weight_to_what_has_seen_the_answers_elsewhere():
    """A part's weight comes from its inner predictions alone: knowing the truth in the refit is of no use to it."""
    random = np.random.RandomState(1)
    truth = random.uniform(1, 5, (60, 50))
    train, _ = hold_out(truth)
    fair = truth + random.normal(0, 0.5, truth.shape)
    blended = blend.run(train, {"fair": known(fair, train), "cheat": known(truth, train, 6 - truth)})
    assert blended.params["cheat"] == 0.0 and blended.params["fair"] > 0.8
    assert len(blended.state.parts) == 1


def test_blend_is_as_sure_as_those_parts_that_say_how_sure_they_are():
    random = np.random.RandomState(2)
    truth = random.uniform(1, 5, (60, 50))
    train, _ = hold_out(truth)
    noisy = [truth + random.normal(0, 0.5, truth.shape) for _ in range(3)]
    sds = 0.4, 1.0, None
    blended = blend.run(train, {str(sd): known(values, train, sd=sd) for sd, values in zip(sds, noisy, strict=True)})
    weights = blended.state.weights
    expected = (0.4 * weights[0] + weights[1]) / (weights[0] + weights[1])
    np.testing.assert_allclose(blended.state.spread([0, 1], [2, 3]), expected)
    np.testing.assert_allclose(blended.inner_spread, expected)


def test_samples_spread_is_theirs_and_the_noise_s():
    X, _ = planted(n=40, d=30, noise=0.5)
    state = bayesian.run(X, 2, samples=5, burn_in=5)
    u, i = np.array([0, 7, 7]), np.array([3, 3, 9])
    drawn = [[state.mean + P[a, :2] @ Q[b, :2] + P[a, 2] + Q[b, 2] for P, Q in zip(state.P, state.Q, strict=True)]
             for a, b in zip(u, i, strict=True)]
    noise = [np.mean(1 / (state.noise * state.a[:, a] * state.g[:, b])) for a, b in zip(u, i, strict=True)]
    np.testing.assert_allclose(state.predict(u, i), np.mean(drawn, axis=1), rtol=1e-5)
    np.testing.assert_allclose(state.spread(u, i), np.sqrt(np.var(drawn, axis=1) + noise), rtol=1e-5)


def test_kept_samples_are_spread_evenly_and_held_in_memory(monkeypatch):
    X, _ = planted(n=40, d=30)
    every = bayesian.run(X, 2, samples=12, burn_in=3)
    assert len(every.P) == 12
    monkeypatch.setattr(bayesian, "LARGEST", 4 * 4 * 70 * (2 + 2))
    some = bayesian.run(X, 2, samples=12, burn_in=3)
    np.testing.assert_array_equal(some.P, every.P[2::3])
    monkeypatch.setattr(bayesian, "LARGEST", 1)
    np.testing.assert_array_equal(bayesian.run(X, 2, samples=12, burn_in=3).P, every.P[-1:])


def test_a_chain_that_goes_on_is_one_that_never_stopped():
    X, _ = planted(n=40, d=30)
    chain = bayesian.Chain(X, 2, samples=9, burn_in=3)
    np.testing.assert_array_equal(chain.go_on(4).state().P, bayesian.run(X, 2, samples=9, burn_in=3).P[:4])
    np.testing.assert_array_equal(chain.go_on(9).state().P, bayesian.run(X, 2, samples=9, burn_in=3).P)


FITS = {
    "effects": lambda X: baselines.effects(X, 2.0),
    "mixture": lambda X: baselines.mixture(X, 4, seeds=[0]),
    "least squares": lambda X: factorization.run(X, 2, 0.01, sweeps=30),
    "network": lambda X: list(neural.train(X, None, 4, 8, 0.005, 0.02, epochs=20, batch=256))[-1],
    "network, side": lambda X: list(neural.train(X, side.sides(X), 4, 8, 0.005, 0.02, epochs=20, batch=256))[-1],
    "Gibbs": lambda X: bayesian.run(X, 3, samples=30, burn_in=20),
    "Gibbs, side": lambda X: bayesian.run(X, 3, samples=30, burn_in=20, sides=side.sides(X)),
    "blend": lambda X: blend.Blend(3.0, np.array([0.5, 0.5]), (baselines.effects(X), factorization.run(X, 2, 0.01))),
    "covered": lambda X: cold.cover(factorization.run(X, 2, 0.01, sweeps=30), X),
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


@pytest.mark.parametrize("fit, within", [
    (lambda X: baselines.effects(X, 2.0, sweeps=200), 1e-9),
    (lambda X: factorization.run(X, 2, 0.05, sweeps=300), 1e-5),
    (lambda X: factorization.run(X, 2, 5.0, weighted=False, sweeps=300), 1e-5),
    (lambda X: cold.cover(baselines.mixture(X, 3, seeds=[0]), X), 1e-9),
    (lambda X: groups(X, 3, 1.0, 0.5, 0.3, lambda stars: baselines.effects(stars, sweeps=200)), 1e-6),
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


def test_a_network_takes_in_a_user_with_their_features_and_the_best_row():
    X, _ = planted(n=50, d=40)
    *_, network = neural.train(X, side.sides(X), 3, 6, epochs=5, batch=200)
    i = np.flatnonzero(X[7])
    new = network.fold_in(i, X[7, i])
    np.testing.assert_allclose(new.S[0], network.users.values[7], atol=1e-6)
    least = minimize(lambda row: loss_of_first_row(new, row, i, X[7, i]), new.weights["U"][0], jac=True)
    assert loss_of_first_row(new, new.weights["U"][0], i, X[7, i])[0] <= 1.001 * least.fun
    assert least.fun < 0.7 * loss_of_first_row(new, 0 * new.weights["U"][0], i, X[7, i])[0]


def loss_of_first_row(network, row, i, x):
    """Return the loss of a network's one user, and its gradient, as functions of that user's row of U."""
    U = np.vstack([row, network.weights["U"][1:]])
    loss, gradient = neural.gradients(network._replace(weights={**network.weights, "U": U}), 0 * i, i, x,
                                      network.penalty)
    return loss, gradient["U"][0]


def test_where_no_hidden_unit_turns_the_row_is_the_best():
    """All units are on, far from where they turn: the loss is a square."""
    X, _ = planted(n=50, d=40)
    sides = [side.given(np.random.RandomState(1).normal(size=(size, 2))) for size in X.shape]
    network = neural.init(X, sides, 3, 6, dtype=float, penalty=0.2)
    weights = {name: value + np.random.RandomState(2).normal(0, 0.1, value.shape)
               for name, value in network.weights.items()}
    weights["w0"] += 100
    network = network._replace(weights=weights, mean=network.mean - 100 * weights["w"].sum())
    solved = neural.solved(network, as_ratings(X))
    u, i, x = pairs(as_ratings(X))
    for user in (0, 17):
        of = u == user
        one = solved._replace(S=solved.S[[user]], weights={
            **solved.weights, "U": np.vstack([solved.weights["U"][[user]], solved.weights["U"][50:]])})
        _, gradient = neural.gradients(one, 0 * i[of], i[of], x[of], network.penalty)
        np.testing.assert_allclose(gradient["U"][0], 0, atol=1e-10)
    np.testing.assert_array_equal(solved.weights["U"][50:], weights["U"][50:])


def test_the_row_found_is_not_worse_than_none_or_than_that_of_training():
    """Of every user, in the loss that training lowers for all of them at a time."""
    X, _ = planted(n=50, d=40)
    *_, network = neural.train(X, side.sides(X), 3, 6, epochs=5, batch=200)
    solved = neural.solved(network, as_ratings(X))
    for user in range(50):
        i = np.flatnonzero(X[user])
        one = network.fold_in(i, X[user, i])
        losses = [loss_of_first_row(one, table["U"][user] * factor, i, X[user, i])[0]
                  for table, factor in ((solved.weights, 1), (network.weights, 1), (network.weights, 0))]
        assert losses[0] <= 1.01 * min(losses[1:])


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
    effects, state = baselines.effects(X), cold.cover(FITS[name](X), X)
    prediction, expected, own = (everywhere(one, X) for one in (state, effects, state.model))
    np.testing.assert_array_equal(prediction[0], expected[0])
    np.testing.assert_array_equal(prediction[:, 0], expected[:, 0])
    np.testing.assert_allclose(prediction[1:, 1:], own[1:, 1:], rtol=1e-6)
    u, i = np.zeros(60, dtype=int), np.arange(60)
    spread = state.spread(u, i)
    assert spread is None or np.array_equal(spread, effects.spread(u, i))
