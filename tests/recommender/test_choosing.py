"""The splits, and the choice of hyper-parameters on the inner one."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recommender import catalogue
from recommender.choosing import Model, Split, best_of, describe, grid
from recommender.holdout import VALIDATION_SEED, hold_out, limits, score
from recommender.models import neural, regularized_em, side
from recommender.models.units import in_stars
from recommender.sparse import pairs
from tests.ratings import ratings


class Everywhere:
    """A fitted model that predicts one value."""

    def __init__(self, value):
        self.value = value

    def predict(self, u, i):
        return np.full(len(u), self.value)

    def sd(self, u, i):
        return np.full(len(u), 0.5)


def test_the_test_split_is_the_documented_draw():
    X, _ = ratings()
    train, held_out = hold_out(X)
    drawn = (X > 0) & (np.random.RandomState(0).rand(*X.shape) < 0.1)
    np.testing.assert_array_equal(held_out.toarray(), np.where(drawn, X, 0))
    np.testing.assert_array_equal(train.toarray(), np.where(drawn, 0, X))
    assert train.nnz + held_out.nnz == np.count_nonzero(X)


def test_a_draw_in_blocks_of_rows_is_the_same():
    n, d = 300, 9000  # more than two blocks
    X = csr_array((np.random.RandomState(1).rand(n, d) < 0.01).astype(float))
    _, held_out = hold_out(X)
    np.testing.assert_array_equal(held_out.toarray(), X.toarray() * (np.random.RandomState(0).rand(n, d) < 0.1))


def test_of_a_huge_matrix_one_number_is_drawn_for_each_rating():
    random = np.random.RandomState(1)
    u, i = np.sort(random.choice(20_000, 500, replace=False)), random.randint(6000, size=500)
    X = csr_array((np.arange(1.0, 501), (u, i)), shape=(20_000, 6000))
    train, held_out = hold_out(X, seed=3)
    np.testing.assert_array_equal(held_out.data, 1 + np.flatnonzero(np.random.RandomState(3).rand(500) < 0.1))
    np.testing.assert_array_equal((train + held_out).data, X.data)


def test_a_rating_of_0_is_held_out_like_any_other():
    X = csr_array((np.zeros(200), (np.repeat(np.arange(20), 10), np.tile(np.arange(10), 20))), shape=(20, 10))
    train, held_out = hold_out(X)
    assert train.nnz + held_out.nnz == 200 and 5 < held_out.nnz < 40


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 2])
def test_fraction_out_of_range_says_the_range(fraction):
    with pytest.raises(ValueError, match="above 0 and below 1"):
        hold_out(ratings()[0], fraction=fraction)


def test_a_split_has_at_least_one_rating_on_either_side():
    with pytest.raises(ValueError, match="at least 2 ratings, to hold out 1 and keep 1, got 1"):
        hold_out(np.array([[3.0, 0.0]]), fraction=0.01)
    for seed in range(20):
        drawn = np.random.RandomState(seed).rand(2, 2)
        for fraction, lone in ((1e-9, drawn.argmin()), (1 - 1e-9, drawn.argmax())):
            train, held_out = (part.toarray().ravel() for part in hold_out(np.full((2, 2), 3.0), seed, fraction))
            np.testing.assert_array_equal(train + held_out, np.full(4, 3.0))
            few = held_out if fraction < 0.5 else train
            assert np.flatnonzero(few).tolist() == [lone]


def test_score_clips():
    assert score(np.array([9.0, 2.0]), np.array([5.0, 1.0]), (1, 5)) == pytest.approx(np.sqrt(1 / 2))
    assert score(np.array([9.0, 2.0]), np.array([5.0, 1.0]), (0, 10)) == pytest.approx(np.sqrt(17 / 2))


def of_values(fit, *values, refine=lambda best, n, d: ()):
    """Return a Model of one hyper-parameter, a value."""
    return Model("one", "baseline", "", lambda train, report, asked, value: fit(train, value),
                 best_of(lambda n, d: grid(value=values), refine), covered=False)


def test_choice_is_made_on_the_validation_split_and_refitted_to_all_of_train():
    train, _ = hold_out(ratings()[0])
    stars, unit = in_stars(train)
    inner, held_out = hold_out(stars, VALIDATION_SEED)
    best = held_out.data.mean()
    seen, lines = [], []

    def fit(matrix, value):
        seen.append(matrix.toarray())
        return Everywhere(value)

    found = catalogue.fit(of_values(fit, 1.0, best, 5.0), train, lines.append)
    assert found.params == {"value": best} and found.fitted.model.value == best and len(seen) == 4 and len(lines) == 3
    for matrix in seen[:3]:
        np.testing.assert_array_equal(matrix, inner.toarray())
    np.testing.assert_array_equal(seen[3], stars.toarray())
    np.testing.assert_array_equal(found.validation, np.full(held_out.nnz, unit.back(best)))
    assert lines[1] == f"value {best:g}: RMSE {unit.size * held_out.data.std():.4f}"
    np.testing.assert_array_equal(found.validation_sd, np.full(held_out.nnz, 0.5 * unit.size))


def test_the_rest_is_estimated_over_all_fits_that_follow(monkeypatch):
    """Two candidates and the last fit have ten steps of a minute each: 30 minutes in all."""
    minutes, lines = [0], []
    monkeypatch.setattr("console.progress.time.monotonic", lambda: 60.0 * minutes[0])

    def fit(train, report, asked, value):
        for step in range(1, 11):
            minutes[0] += 1
            report(f"step {step}", step=step, of=10)
        return Everywhere(value)

    model = Model("one", "baseline", "", fit, best_of(lambda n, d: grid(value=[1.0, 2.0])), covered=False)
    catalogue.fit(model, hold_out(ratings()[0])[0], lines.append)
    steps = [line for line in lines if "RMSE" not in line]
    assert steps[0] == "step 1" and steps[1] == "about 28 min left, step 2" and len(steps) == 30
    assert [line.split(",")[0] for line in steps[1:28]] == [f"about {left} min left" for left in range(28, 1, -1)]


@pytest.mark.parametrize("features", [(), ("count", "which", "relative")])
def test_network_s_regularization_and_epochs_are_chosen_without_the_ratings_that_judge_them(features, monkeypatch):
    train, _ = hold_out(ratings()[0])
    stars, _ = in_stars(train)
    inner, _ = hold_out(stars, VALIDATION_SEED)
    seen, real = [], neural.train

    def record(X, sides, *rest, **more):
        seen.append((X.toarray(), sides))
        return real(X, sides, *rest, **more)

    monkeypatch.setattr(neural, "train", record)
    fit = catalogue.fit(neural.network("network", "", features), train)
    for (X, sides), given in zip(seen, (inner, stars), strict=True):
        np.testing.assert_array_equal(X, given.toarray())
        for found, expected in zip(sides, side.sides(given, features), strict=True):
            np.testing.assert_array_equal(found.values, expected.values)
    assert fit.params["regularization"] == neural.REGULARIZATION and 1 <= fit.params["epochs"] <= 15


@pytest.mark.parametrize("features", [(), ("count", "which", "relative")])
def test_a_known_user_of_a_network_is_predicted_as_a_new_one_with_the_same_ratings(features):
    X = hold_out(ratings()[0])[0]
    state = catalogue.fit(neural.network("network", "", features), X).fitted
    for u in (0, 17):
        of = slice(*X.indptr[u:u + 2])
        new = state.fold_in(X.indices[of], X.data[of])
        known, folded = (one.predict(np.full(30, user), np.arange(30)) for one, user in ((state, u), (new, 0)))
        np.testing.assert_allclose(folded, known, atol=1e-4)


def test_further_candidates_are_made_of_the_best():
    train, _ = hold_out(ratings()[0])
    best = hold_out(in_stars(train)[0], VALIDATION_SEED)[1].data.mean()
    seen = []

    def chosen(*values, refine):
        return catalogue.fit(of_values(lambda matrix, value: Everywhere(value), *values, refine=refine), train).params

    found = chosen(1.0, best + 0.5, 5.0, refine=lambda params, n, d: seen.append((params, n, d)) or grid(
        value=[params["value"] - 0.5, 4.9]))
    assert seen == [({"value": best + 0.5}, *train.shape)] and found == {"value": pytest.approx(best)}
    assert chosen(best, refine=lambda params, n, d: grid(value=[1.0])) == {"value": best}


def test_grid_and_describe():
    assert grid(a=[1, 2], b=["x"]) == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    assert describe({"K": 12, "fill": "soft", "regularization": 0.03}) == "K 12, fill soft, regularization 0.03"
    assert describe({"K": [12, 4], "regularization": [5.0, 0.5]}) == "K 12/4, regularization 5/0.5"


def network_that_says(*values):
    """Return a state that predicts `values`, (d,), for a single user."""
    class Saying(Everywhere):
        def predict(self, u, i):
            return np.array(values, dtype=float)[i]
    return Saying(0)


def test_early_stopping_keeps_the_best_epoch_and_asks_for_no_more_than_it_must(monkeypatch):
    monkeypatch.setattr(neural, "PATIENCE", 2)
    held_out = csr_array((np.array([3.0, 3.0]), (np.array([0, 0]), np.array([0, 1]))), shape=(1, 3))
    networks = iter([network_that_says(3, y, 1) for y in (2.0, 3.5, 4.0, 4.5, 3.0)])
    lines = []
    error, epoch, network = neural.early_stopping(networks, Split(None, held_out, (1, 5), None),
                                                  lambda *line: lines.append(line))
    assert error == pytest.approx(0.5 / np.sqrt(2)) and epoch == 2 and len(lines) == 4
    assert lines[1] == ("epoch 2: RMSE", error)
    np.testing.assert_allclose(network.predict(np.zeros(3, int), np.arange(3)), [3, 3.5, 1])
    assert len(list(networks)) == 1


def test_mixtures_are_found_once_for_all_fill_tempers_of_one_matrix(monkeypatch):
    train, _ = hold_out(ratings()[0])
    seen, run = [], regularized_em.run

    def record(data, *start, regularization, **more):
        seen.append((data.counts.sum(), regularization))
        return run(data, *start, regularization=regularization, **more)

    monkeypatch.setattr(regularized_em, "run", record)
    fit = catalogue.fit(*catalogue.select(["regularized-em-effects"]), train)
    inner, _ = hold_out(train, VALIDATION_SEED)
    sizes = len({30, min(60, train.shape[0])})
    assert seen == sizes * [(inner.nnz, s) for s in (0.5, 1.0, 2.0)] + [(train.nnz, fit.params["regularization"])]
    again = regularized_em.rescaled(train, **fit.params)
    u, i, _ = pairs(train)
    np.testing.assert_allclose(fit.fitted.predict(u, i), again.predict(u, i), rtol=1e-12)


def test_limits_are_the_training_ratings_own():
    train, _ = hold_out(ratings()[0])
    assert limits(train) == (1, 5)
