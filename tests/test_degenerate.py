"""Data that starve a formula: no warning (here an error), no NaN, and the documented rule."""

import numpy as np
import pytest
from scipy.sparse import csr_array

import common
import em
import kmeans
import naive_em
from common import GaussianMixture
from tests import cases


def finite(result):
    mixture, post, value = result
    for part in (*mixture, post, value):
        assert np.isfinite(part).all()
    assert (mixture.var > 0).all()


def test_empty_cluster_of_kmeans_keeps_its_mean():
    X = np.array([[0.0, 0], [1, 0], [0, 1]])
    start = GaussianMixture(np.array([[0.0, 0], [50, 50]]), np.ones(2), np.array([0.5, 0.5]))
    mixture, post, cost = kmeans.run(X, start, None)
    np.testing.assert_array_equal(mixture.mu[1], [50, 50])
    np.testing.assert_allclose(mixture.mu[0], X.mean(axis=0))
    assert mixture.p.tolist() == [1, 0] and post[:, 1].sum() == 0
    assert cost == pytest.approx(((X - X.mean(axis=0)) ** 2).sum())


def test_equally_near_means_the_first_counts():
    X = np.array([[0.0, 0], [2, 0], [1, 0]])
    means = GaussianMixture(np.array([[0.0, 0], [2, 0], [2, 0]]), np.ones(3), np.ones(3) / 3)
    np.testing.assert_array_equal(kmeans.estep(X, means), [[1, 0, 0], [0, 1, 0], [1, 0, 0]])


def test_component_of_naive_em_without_points_keeps_mean_and_variance():
    X = np.random.RandomState(0).normal(size=(20, 2))
    start = GaussianMixture(np.array([[0.0, 0], [1e6, 1e6]]), np.array([1.0, 2.0]), np.array([0.5, 0.5]))
    result = naive_em.run(X, start, None)
    finite(result)
    np.testing.assert_allclose(result[0].mu[1], [1e6, 1e6], rtol=1e-12)
    assert result[0].var[1] == 2 and result[0].p.tolist() == [1, 0]
    again, log_likelihood = naive_em.estep(X, result[0])  # now with log 0
    np.testing.assert_array_equal(again[:, 1], 0)
    assert np.isfinite(log_likelihood)


def test_component_of_naive_em_on_a_single_point_keeps_its_variance():
    X = np.vstack([np.random.RandomState(0).normal(size=(20, 2)), [[30.0, 30]]])
    start = GaussianMixture(np.array([[0.0, 0], [30, 30]]), np.array([1.0, 0.5]), np.array([0.5, 0.5]))
    history = []
    result = naive_em.run(X, start, None, callback=lambda value, _: history.append(value))
    finite(result)
    assert result[0].var[1] == 0.5
    np.testing.assert_allclose(result[0].mu[1], [30, 30])
    assert np.diff(history).min() >= 0


@pytest.mark.parametrize("run", [kmeans.run, naive_em.run])
@pytest.mark.parametrize("X", [np.full((5, 3), 7.0), np.full((250, 3), 0.1), np.zeros((4, 2)),
                               np.repeat([[1.0, 2], [3, 4]], 4, axis=0),
                               np.array([[5.0]]), np.arange(6.0)[:, None] * 1e-80])
def test_repeated_points(run, X):
    for K in (1, min(len(X), 8)):
        start, post = common.init(X, K, 0)
        finite(run(X, start, post))
        if (X[0] == X).all():  # no spread at all: every variance is the 1 that init puts in its place
            assert (start.var == 1).all() and (run(X, start, post)[0].var == 1).all()


def test_component_that_collapses_on_a_point_at_the_mean():
    X = np.arange(-3.0, 4.0)[:, None]
    start = GaussianMixture(np.array([[0.0], [1.0]]), np.array([0.0007, 4.0]), np.array([0.5, 0.5]))
    finite(naive_em.run(X, start, None))


@pytest.mark.parametrize("size, kept", [(1e-3, False), (1e-12, False), (1e-14, True)])
def test_spread_below_1e_15_of_all_points_is_none(size, kept):
    X = np.array([[100.0], [100.0], [0], [size]])
    post = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    old = GaussianMixture(np.zeros((2, 1)), np.array([3.0, 4.0]), np.ones(2) / 2)
    mixture, _ = kmeans.mstep(X, post, old)
    assert mixture.var[0] == 3.0
    assert mixture.var[1] == (4.0 if kept else pytest.approx(size**2 / 4, rel=1e-9))


@pytest.mark.parametrize("count, kept", [(1e-9, False), (1e-13, True)])
def test_soft_count_below_1e_12_is_none(count, kept):
    X = np.array([[0.0], [2.0]])
    old = GaussianMixture(np.array([[9.0], [7.0]]), np.array([3.0, 4.0]), np.ones(2) / 2)
    mixture, _ = kmeans.mstep(X, np.array([[1 - count, count], [1 - count, count]]) / 2, old)
    assert mixture.mu[0, 0] == pytest.approx(1) and mixture.mu[1, 0] == pytest.approx(7.0 if kept else 1.0)
    assert mixture.var[1] == pytest.approx(4.0 if kept else 1.0)


def test_far_away_points_do_not_underflow():
    X = np.array([[0.0, 0], [1, 1], [1e5, -1e5]])
    mixture = GaussianMixture(np.array([[0.0, 0], [1, 1]]), np.array([0.5, 0.5]), np.array([0.5, 0.5]))
    post, log_likelihood = naive_em.estep(X, mixture)
    assert np.isfinite(log_likelihood)
    np.testing.assert_allclose(post.sum(axis=1), 1)
    # Of two equal variances the nearer mean wins: |x - mu|^2 differs by 2e5 - 2e5 + 2 = 2, and exp(-2) is left of it.
    np.testing.assert_allclose(post[2, 1] / post[2, 0], np.exp(-2), rtol=1e-3)


def test_naive_em_from_kmeans_is_not_kept_at_its_start_by_an_outlier():
    """As docs/formulas.md says; two groups, one of 60 % of the points."""
    random = np.random.RandomState(0)
    X = np.vstack([random.normal(0, 1, (60, 2)), random.normal(6, 1, (40, 2)), [[1e6, 1e6]]])
    for seed in range(5):
        start, _ = common.init(X, 3, seed)
        kept, _, low = naive_em.run(X, start)
        np.testing.assert_allclose(kept.p, 1 / 3, rtol=1e-3)
        found, _, high = naive_em.run(X, kmeans.run(X, start)[0])
        np.testing.assert_allclose(np.sort(found.p) * len(X), [1, 40, 60], rtol=0.03)
        assert high > low + 1000


def test_thousands_of_movies_do_not_underflow():
    random = np.random.RandomState(0)
    X = cases.ratings(random, 6, 4000, 0.2)
    finite(em.run(X, *common.init(X, 2, 0)))


def test_user_without_ratings():
    random = np.random.RandomState(0)
    X, mixture = cases.ratings(random, 8, 5, 0.2), cases.mixture(random, 3, 5)
    X = X[X.any(axis=1)]
    post, log_likelihood = em.estep(np.vstack([X, np.zeros(5)]), mixture)
    np.testing.assert_allclose(post[-1], mixture.p, rtol=1e-12)
    assert log_likelihood == pytest.approx(em.estep(X, mixture)[1], rel=1e-14)
    filled = em.fill_matrix(np.zeros((1, 5)), mixture)
    np.testing.assert_allclose(filled[0], mixture.p @ mixture.mu)


def test_movie_without_ratings_keeps_its_mean():
    random = np.random.RandomState(1)
    X, start = cases.ratings(random, 40, 6, 0.2), cases.mixture(random, 3, 6)
    X[:, 4] = 0
    mixture, _, _ = em.run(X, start, None)
    np.testing.assert_array_equal(mixture.mu[:, 4], start.mu[:, 4])
    assert (mixture.mu[:, :4] != start.mu[:, :4]).any()


def test_threshold_is_one_soft_count_of_observations():
    X = np.array([[2.0, 0], [4, 3], [0, 5]])
    start = GaussianMixture(np.array([[1.0, 1.0]]), np.ones(1), np.ones(1))
    for share, mu in ((0.5, [[3.0, 4.0]]), (0.499, [[1.0, 1.0]])):  # two ratings a movie: a support of 1, and below
        np.testing.assert_allclose(em.mstep(X, np.full((3, 1), share), start).mu, mu)


def test_floor_of_the_variance():
    X = np.array([[2.0, 3], [2, 3.1]])
    start, post = common.init(X, 1)
    assert em.mstep(X, post, start).var.tolist() == [0.25]
    np.testing.assert_allclose(em.mstep(X, post, start, min_variance=1e-6).var, [0.00125])


def test_matrix_without_any_rating():
    finite(em.run(np.zeros((5, 4)), *common.init(np.zeros((5, 4)), 2)))


@pytest.mark.parametrize("X, K, says", [
    (np.ones((3, 2)), 0, "K to be a whole number from 1 to the number of points, 3, got 0"),
    (np.ones((3, 2)), -1, "got -1"),
    (np.ones((3, 2)), 4, "got 4"),
    (np.ones(3), 1, r"2-D array .* got shape \(3,\)"),
    (np.ones((3, 2, 1)), 1, r"got shape \(3, 2, 1\)"),
    (np.ones((0, 2)), 1, r"got shape \(0, 2\)"),
    (np.ones((2, 0)), 1, r"got shape \(2, 0\)"),
    ([], 1, "2-D array"),
    (np.ones((3, 2)), 1.0, "got 1.0"),
    (np.ones((3, 2)), None, "got None"),
    (np.array([[1, np.nan]]), 1, "X to be finite .* got nan"),
    (np.array([[1, -np.inf]]), 1, "X to be finite .* got -inf"),
    (np.array([[1, -1e101]]), 1, "from -1e.100 to 1e.100, got -1e.101"),
    (csr_array(np.ones((3, 2))), 4, "the number of points, 3, got 4"),
    (csr_array((0, 2)), 1, r"2-D matrix .* shape \(0, 2\)"),
    (csr_array([[1, np.inf]]), 1, "X to be finite .* got inf"),
])
def test_init_refuses(X, K, says):
    with pytest.raises(ValueError, match=says):
        common.init(X, K)
