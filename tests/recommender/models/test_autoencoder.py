"""The denoising autoencoder of movies."""

import numpy as np
import pytest

from recommender.models import autoencoder, baselines, neural
from recommender.sparse import as_ratings
from tests import cases
from tests.ratings import everywhere
from tests.recommender.models.cases import error_in_gaps, planted


def small(seed=0, n=5, d=7, width=4):
    """Return weights in double precision, and residuals, mask and what is shown of d movies, (d, n) each."""
    random = np.random.RandomState(seed)
    weights = {name: value + random.normal(0, 0.3, value.shape)
               for name, value in autoencoder.init(random, n, width).items()}
    mask = (random.rand(d, n) < 0.7) * 1.0
    mask[2] = 0  # a movie that nobody rated
    R = random.normal(size=(d, n)) * mask
    return weights, R, mask, mask * (random.rand(d, n) < 0.5)


def by_loops(weights, R, mask, shown, regularization):
    """Return the loss by the formulas of autoencoder.py's page, number by number."""
    total, n = 0.0, R.shape[1]
    for r, m, k in zip(R, mask, shown, strict=True):
        root = max(sum(k), 1) ** 0.5
        z = [k[u] * r[u] / root for u in range(n)] + [k[u] / root for u in range(n)]
        h = [max(0, sum(z[j] * weights["V"][j, c] for j in range(2 * n)) + weights["v"][c])
             for c in range(len(weights["v"]))]
        for u in range(n):
            if m[u]:
                prediction = sum(h[c] * weights["W"][u, c] for c in range(len(h))) + weights["w"][u]
                total += (r[u] - prediction) ** 2 / 2
    return total / mask.sum() + regularization / 2 * ((weights["V"] ** 2).sum() + (weights["W"] ** 2).sum())


def test_loss_is_the_one_that_is_written_down_and_the_gradients_are_those_of_finite_differences():
    weights, R, mask, shown = small()
    z = autoencoder.inputs(R, shown)
    loss, gradient = autoencoder.gradients(weights, z, R, mask, 0.2)
    assert loss == pytest.approx(by_loops(weights, R, mask, shown, 0.2), rel=1e-12)
    for name, slope in cases.slopes(lambda: autoencoder.gradients(weights, z, R, mask, 0.2)[0], weights).items():
        assert gradient[name] == pytest.approx(slope, abs=1e-7), name


@pytest.mark.parametrize("piece", [1, 8, 11, 2**15])  # rows of 4, 7 of them: 1, 2, 2 and all at a time
def test_a_product_and_its_regularization_in_pieces(piece, monkeypatch):
    monkeypatch.setattr(neural, "PIECE", piece)
    random = np.random.RandomState(1)
    A, B, weights = random.normal(size=(3, 7)), random.normal(size=(3, 4)), random.normal(size=(7, 4))
    expected = [[sum(A[m, a] * B[m, b] for m in range(3)) + 0.2 * weights[a, b] for b in range(4)] for a in range(7)]
    np.testing.assert_allclose(autoencoder.regularized(A, B, 0.2, weights), expected, rtol=1e-12)


def test_what_is_not_shown_changes_no_input():
    _, R, mask, shown = small()
    moved = R + 5 * (mask - shown)
    np.testing.assert_array_equal(autoencoder.inputs(R, shown), autoencoder.inputs(moved, shown))


def test_planted_factors_are_learnt():
    X, truth = planted(n=120, d=150)
    losses = []
    state = autoencoder.run(X, 1.0, width=60, callback=lambda epoch, loss: losses.append(loss))
    assert len(losses) == 30 and losses[-1] < losses[0] / 2
    plain = error_in_gaps(everywhere(baselines.effects(X), X), X, truth)
    assert error_in_gaps(everywhere(state, X), X, truth) < plain / 2


def test_a_new_user_s_row_is_the_ridge_regression():
    random = np.random.RandomState(1)
    A, y = random.normal(size=(6, 9)), random.normal(size=6)
    b, c = autoencoder.ridge(A, y, 0.7)
    stacked = np.vstack([np.column_stack([A, np.ones(6)]), np.eye(9, 10) * 0.7**0.5])
    expected = np.linalg.lstsq(stacked, np.concatenate([y, np.zeros(9)]), rcond=None)[0]
    np.testing.assert_allclose(np.append(b, c), expected, atol=1e-10)


def test_users_folded_in_are_predicted_about_as_well_as_those_trained_with():
    X, truth = planted(n=140, d=150)
    new, S = slice(120, 140), as_ratings(X)
    state, without = autoencoder.run(X, 1.0, width=60), autoencoder.run(X[:120], 1.0, width=60)
    folded = np.empty((20, 150))
    for row, u in enumerate(range(120, 140)):
        part = slice(S.indptr[u], S.indptr[u + 1])
        one = without.fold_in(S.indices[part], S.data[part])
        folded[row] = one.predict(np.zeros(150, dtype=int), np.arange(150))
    own = error_in_gaps(everywhere(state, X)[new], X[new], truth[new])
    plain = error_in_gaps(everywhere(baselines.effects(X), X)[new], X[new], truth[new])
    assert error_in_gaps(folded, X[new], truth[new]) < (own + plain) / 2
    nobody = without.fold_in(np.zeros(0, dtype=int), np.zeros(0)).predict(np.zeros(3, dtype=int), np.arange(3))
    np.testing.assert_allclose(nobody, without.effects.mean + without.effects.c[:3])
