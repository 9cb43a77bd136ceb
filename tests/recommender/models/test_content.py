"""Items without ratings are predicted from their features: against plain loops, and in worlds of planted tastes."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.sparse import csr_array

from recommender.models import content, factorization
from recommender.models.content import WithContent
from recommender.models.effects import effects
from recommender.models.fitted import item_vectors
from recommender.sparse import pairs


def world(seed=0, n=120, d=100, noise=0.3, cold=20, taste=0.7):
    """Return ratings (n, d) of users who like genres more or less, features F (d, 6), and the truth without noise.

    Nobody has rated the last `cold` items.
    """
    random = np.random.RandomState(seed)
    F = (random.rand(d, 6) < 0.4).astype(float)
    truth = (3 + random.normal(0, 0.4, (n, 1)) + F @ random.normal(0, 0.3, 6)
             + random.normal(0, taste, (n, 6)) @ F.T)
    X = np.where(random.rand(n, d) < 0.4, truth + random.normal(0, noise, (n, d)), 0)
    X[:, d - cold:] = 0
    return csr_array(X), csr_array(F), truth


def at(fitted, shape):
    return fitted.predict(*(index.ravel() for index in np.indices(shape))).reshape(shape)


def loss(X, F, P, Q, W, regularization, of_features):
    """The loss as in the module's docstring, in plain loops."""
    u, i, x = pairs(X)
    F = F.toarray() - F.toarray()[np.diff(X.tocsc().indptr) > 0].mean(axis=0)
    total = sum((rating - X.data.mean() - P[a, -1] - Q[b, -1] - P[a, :-1] @ Q[b, :-1]) ** 2
                for a, b, rating in zip(u, i, x, strict=True))
    for row in P:
        total += regularization * (row @ row)
    for q, f in zip(Q, F, strict=True):
        total += regularization * ((q - f @ W) @ (q - f @ W))
    return total + regularization * of_features * (W**2).sum()


def test_the_loss_never_rises_and_is_the_documented_one():
    X, F, _ = world(n=20, d=25, cold=4)
    seen = []
    found = content.run(X, F, 2.0, 3.0, rank=2, sweeps=1000, callback=seen.append)
    assert (np.diff(seen) <= 1e-9 * seen[0]).all()
    predicted, best = content.regression(F, np.arange(25) < 21, 3.0)
    parts = [found.P, found.Q, best(found.Q)]
    np.testing.assert_allclose(found.Q[21:], predicted(parts[2])[21:], atol=1e-6)
    assert loss(X, F, *parts, 2.0, 3.0) == pytest.approx(seen[-1])

    def of(values):
        ends = np.cumsum([part.size for part in parts[:2]])
        P, Q, W = (part.reshape(like.shape) for part, like in zip(np.split(values, ends), parts, strict=True))
        return loss(X, F, P, Q, W, 2.0, 3.0)
    slope = approx_fprime(np.concatenate([part.ravel() for part in parts]), of, 1e-6)
    assert np.abs(slope).max() < 0.01


def test_without_use_of_features_it_is_the_factorization():
    """The larger the penalty of W, the nearer; items without ratings then have no effect."""
    X, F, _ = world(n=40, d=30, cold=5)
    one = content.run(X, F, 5.0, 1e12, rank=4, sweeps=12)
    other = factorization.run(X, 4, 5.0, per_rating=False, sweeps=12)
    np.testing.assert_allclose(one.Q, other.Q, atol=1e-6)
    np.testing.assert_allclose(one.P, other.P, atol=1e-6)
    assert np.abs(one.Q[25:]).max() < 1e-6


def test_planted_tastes_are_found():
    """Close to an oracle that knows each user's number of ratings, the features, and all sizes."""
    X, F, truth = world()
    (n, d), cold = X.shape, slice(80, None)
    found = content.run(X, F, 2.0, 0.3)
    means = effects(X)
    error = np.sqrt(np.mean((at(found, (n, d)) - truth)[:, cold] ** 2))
    of_means = np.sqrt(np.mean((at(means, (n, d)) - truth)[:, cold] ** 2))
    f, oracle = F.toarray(), np.empty((n, d))
    w = np.column_stack([f, np.ones(d)])
    for u in range(n):  # ridge regression by the true sizes, from the true mean of all users
        rated = X[[u]].indices
        start = truth.mean(axis=0)
        prior = np.diag(0.3**2 / np.array([*[0.7**2] * 6, 0.4**2]))
        own = np.linalg.solve(w[rated].T @ w[rated] + prior, w[rated].T @ (X[[u]].data - start[rated]))
        oracle[u] = start + w @ own
    of_oracle = np.sqrt(np.mean((oracle - truth)[:, cold] ** 2))
    assert of_oracle < error < 1.6 * of_oracle < 0.4 * of_means


def test_order_and_copies_of_features_do_not_matter():
    X, F, _ = world(n=40, d=30, cold=5)
    base = at(content.run(X, F, 4.0, 2.0, rank=3), X.shape)
    turned = csr_array(F.toarray()[:, ::-1])
    np.testing.assert_allclose(at(content.run(X, turned, 4.0, 2.0, rank=3), X.shape), base, atol=1e-9)
    twice = csr_array(np.hstack([F.toarray()] * 2) / np.sqrt(2))
    np.testing.assert_allclose(at(content.run(X, twice, 4.0, 2.0, rank=3), X.shape), base, atol=1e-9)


@pytest.mark.parametrize("change, says", [
    ({"regularization": 0.0}, "regularizations above 0"), ({"of_features": -1.0}, "regularizations above 0"),
    ({"F": csr_array(np.ones((3, 1)))}, "features of 100 items, got 3 rows")])
def test_wrong_arguments_are_refused(change, says):
    X, F, _ = world()
    with pytest.raises(ValueError, match=says):
        content.run(**{"X": X, "F": F, "regularization": 1.0, "of_features": 1.0, **change})


def both(own=25):
    """A model of the first 25 of 30 items, and one of all 30."""
    X, F, _ = world(n=40, d=30, cold=5)
    known, rated = csr_array(X[:, :own]), np.arange(30) < 25
    model = factorization.run(known, 2, 5.0, per_rating=False, sweeps=3)
    return WithContent(model, content.run(X, F, 5.0, 1.0, rank=2, sweeps=3), own, rated), X


def test_each_item_is_predicted_by_the_model_that_knows_it():
    fitted, X = both()
    found = at(fitted, X.shape)
    np.testing.assert_array_equal(found[:, :25], at(fitted.model, (40, 25)))
    np.testing.assert_array_equal(found[:, 25:], at(fitted.content, X.shape)[:, 25:])
    assert fitted.sd(np.zeros(3, int), np.array([0, 1, 29])) is None
    certain = fitted._replace(model=effects(csr_array(X[:, :25])))
    assert (certain.sd(np.zeros(3, int), np.array([0, 1, 29])) > 0).tolist() == [True, True, False]
    assert item_vectors(fitted).shape == (30, 2)


def test_a_new_user_s_ratings_go_to_the_models_that_know_their_items():
    fitted, _ = both()
    i, x = np.array([2, 9, 27]), np.array([4.0, 2.0, 5.0])
    new, zeros = fitted.fold_in(i, x), np.zeros(30, int)
    found = new.predict(zeros, np.arange(30))
    np.testing.assert_array_equal(found[:25], fitted.model.fold_in(i[:2], x[:2]).predict(zeros[:25], np.arange(25)))
    np.testing.assert_array_equal(found[25:], fitted.content.fold_in(i, x).predict(zeros[25:], np.arange(25, 30)))
    unknown = content.unknown_user(fitted.content, np.arange(30))
    np.testing.assert_allclose(unknown, fitted.content.mean + fitted.content.Q[:, -1])


def test_effects_of_items_without_ratings_come_from_features():
    fitted, X = both()
    one = fitted.completed(effects(X))
    np.testing.assert_array_equal(one.c[:25], effects(X).c[:25])
    np.testing.assert_allclose(one.mean + one.c[25:], fitted.content.mean + fitted.content.Q[25:, -1])
