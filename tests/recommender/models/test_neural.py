"""The neural network, its training and its users' rows."""

import numpy as np
import pytest
from scipy.optimize import minimize

from recommender.models import (
    neural,
    side,
)
from recommender.sparse import as_ratings, pairs
from tests import cases
from tests.ratings import everywhere
from tests.recommender.models.cases import error_in_gaps, planted


def test_network_learns_planted_factors():
    X, truth = planted(n=120, d=100)
    *_, network = neural.train(X, rank=4, width=8, regularization=0.005, rate=0.02, epochs=30, batch=256)
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


def test_regularization_is_for_each_rating_and_a_feature_counts_as_an_average_row():
    random = np.random.RandomState(0)
    X = random.randint(1, 6, (9, 7)) * 1.0
    sides = [side.given(random.normal(size=shape)) for shape in ((9, 2), (7, 3))]
    network = neural.init(X, sides, rank=3, width=4, dtype=float)
    U, V = (random.normal(size=network.weights[name].shape) for name in "UV")
    network.weights.update(U=U, V=V)
    i, j = random.randint(9, size=40), random.randint(7, size=40)
    plain, regularized = (neural.gradients(network, i, j, X[i, j], value)[0] for value in (0, 0.3))
    squares = np.mean([(U[u] ** 2).sum() + (V[m] ** 2).sum() for u, m in zip(i, j, strict=True)])
    assert regularized - plain == pytest.approx(0.15 * (squares + (U[9:] ** 2).sum() / 9 + (V[7:] ** 2).sum() / 7))


def test_embedding_is_the_product_with_the_one_hot_inputs_written_out():
    random = np.random.RandomState(1)
    features, table = random.normal(size=(5, 2)), random.normal(size=(7, 3))
    np.testing.assert_allclose(neural.embed(features, table), np.hstack([np.eye(5), features]) @ table)


def test_vectors_of_items_hold_the_side_features_part():
    """By the one-hot inputs written out; the last column, the effect, tells nothing of taste."""
    random = np.random.RandomState(1)
    T = random.normal(size=(7, 3))
    network = neural.init(random.randint(1, 6, (9, 7)) * 1.0, [side.given(np.ones((9, 2))), side.given(T)], rank=3)
    V = random.normal(size=network.weights["V"].shape)
    network.weights.update(V=V)
    np.testing.assert_allclose(network.item_vectors(), (np.hstack([np.eye(7), T]) @ V)[:, :3], atol=1e-6)


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
                                      network.regularization)
    return loss, gradient["U"][0]


def test_where_no_hidden_unit_turns_the_row_is_the_best():
    """All units are on, far from where they turn: the loss is a square."""
    X, _ = planted(n=50, d=40)
    sides = [side.given(np.random.RandomState(1).normal(size=(size, 2))) for size in X.shape]
    network = neural.init(X, sides, 3, 6, dtype=float, regularization=0.2)
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
        _, gradient = neural.gradients(one, 0 * i[of], i[of], x[of], network.regularization)
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
