"""The matrix code against plain_loops.py, and its densities against scipy.stats."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import multivariate_normal

import common
import em
import kmeans
import naive_em
import plain_loops
from arithmetic import complete
from tests import cases

SHAPES = [(1, 1, 1), (2, 3, 2), (7, 1, 3), (9, 6, 4), (14, 8, 1), (12, 10, 5), (5, 17, 5)]
SCALES = [1e-60, 1e-3, 1.0, 1e4, 1e60]


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("n, d, K", SHAPES)
def test_em(n, d, K, scale, missing):
    random = np.random.RandomState(n + 31 * d)
    X = cases.ratings(random, n, d, missing, scale)
    mixture, post = cases.mixture(random, K, d, scale), cases.soft_counts(random, n, K)
    floor = 0.25 * scale**2

    expected, expected_log_likelihood = plain_loops.em_estep(X, mixture)
    found, log_likelihood = em.estep(X, mixture)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-300)
    assert log_likelihood == pytest.approx(expected_log_likelihood, rel=1e-11, abs=1e-11)
    cases.same(em.mstep(X, post, mixture, floor), plain_loops.em_mstep(X, post, mixture, floor))
    np.testing.assert_allclose(em.fill_matrix(X, mixture), plain_loops.em_fill(X, mixture), rtol=1e-9)


def test_em_component_of_weight_0_has_the_logarithm_of_1e_16():
    """Seen only where the other component is hopeless: here the one of weight 0 takes the user all the same."""
    mixture = common.GaussianMixture(np.array([[1.0] * 60, [5.0] * 60]), np.array([0.25, 0.25]), np.array([1.0, 0.0]))
    X = np.full((1, 60), 4.0)
    post, log_likelihood = em.estep(X, mixture)
    expected, expected_log_likelihood = plain_loops.em_estep(X, mixture)
    np.testing.assert_allclose(post, expected)
    assert post[0, 1] > 0.99 and log_likelihood == pytest.approx(expected_log_likelihood, rel=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_em_run_stops_where_the_loops_stop(seed):
    random = np.random.RandomState(seed)
    X = cases.ratings(random, 20, 7, 0.3)
    mixture, post = common.init(X, 3, seed)
    ours, theirs = em.run(X, mixture, post), plain_loops.em_run(X, mixture)
    cases.same(ours[0], theirs[0], atol=1e-12)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-8, atol=1e-12)
    assert ours[2] == pytest.approx(theirs[2], rel=1e-12)


@pytest.mark.parametrize("n, d, K", [(24, 5, 1), (9, 3, 6), (30, 12, 8), (16, 20, 12)])
@pytest.mark.parametrize("missing", [0.0, 0.3, 0.7])
def test_runs_on_few_ratings_with_empty_users_and_movies(n, d, K, missing):
    """So many types for so few users that supports of exactly 1 are common, which rounding must not tip."""
    random = np.random.RandomState(n)
    X = cases.ratings(random, n, d, missing)
    mixture, _ = common.init(X, K, 1)
    expected = plain_loops.em_run(X, mixture)
    for form in (X, csr_matrix(X)):
        found = em.run(form, mixture)
        cases.same(found[0], expected[0], rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-6, atol=1e-10)
        assert found[2] == pytest.approx(expected[2], rel=1e-11)


@pytest.mark.parametrize("missing", [0.3, 0.9])
@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
def test_em_takes_sparse_matrices(form, missing):
    random = np.random.RandomState(3)
    X, mixture = cases.ratings(random, 30, 11, missing), cases.mixture(random, 4, 11)
    sparse = csr_matrix(X).asformat(form)
    for ours, dense in zip(em.estep(sparse, mixture), em.estep(X, mixture), strict=True):
        np.testing.assert_allclose(ours, dense, rtol=1e-12)
    ours, dense = em.run(sparse, mixture, None), em.run(X, mixture, None)
    cases.same(ours[0], dense[0])
    np.testing.assert_allclose(em.fill_matrix(sparse, ours[0]), em.fill_matrix(X, dense[0]))


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.95])
@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
@pytest.mark.parametrize("offset", [0, 1e7])
def test_init_takes_sparse_matrices(form, missing, offset):
    """The same users and numbers as on the dense matrix, in which what is missing is 0."""
    X = cases.ratings(np.random.RandomState(4), 30, 11, missing)
    X = np.where(X, X + offset, 0)
    ours, dense = common.init(csr_matrix(X).asformat(form), 5, 3), common.init(X, 5, 3)
    assert np.array_equal(ours[0].mu, dense[0].mu) and np.array_equal(ours[1], dense[1])
    digits = 1e-9 if offset else 1e-12  # a mean of 1e7 has an error of 1e-9 itself
    cases.same(ours[0], dense[0], rtol=digits)
    np.testing.assert_allclose(ours[0].var, plain_loops.init(X, 5, 3).var, rtol=digits)


def test_equal_sparse_points_have_variance_1_as_dense_ones():
    X = np.tile([0.1, 0, 0.3], (7, 1))
    assert np.array_equal(common.init(csr_matrix(X), 2)[0].var, [1, 1])


def test_sparse_init_makes_no_dense_copy():
    X = csr_matrix(([1.0, 2], ([3, 2 * 10**6], [7, 10**5])), shape=(3 * 10**6, 2 * 10**5))  # dense: 4.8 TB
    mixture, _ = common.init(X, 1)
    assert mixture.mu.shape == (1, 2 * 10**5) and mixture.var == pytest.approx(5 / (3e6 * 2e5), rel=1e-4)


def test_sparse_matrices_in_disorder_are_left_so():
    """Explicit zeros, and entries that are to be added up; all read-only."""
    entries = np.array([1.0, 2, 3, 0, 4, 1]), np.array([1, 1, 0, 1, 2, 0]), np.array([0, 3, 6])
    for part in entries:
        part.setflags(write=False)
    sparse, mixture = csr_matrix(entries, shape=(2, 3)), cases.mixture(np.random.RandomState(0), 2, 3)
    before = cases.snapshot(sparse.data, sparse.indices, sparse.indptr)
    expected = em.estep(np.array([[3.0, 3, 0], [1, 0, 4]]), mixture)
    for ours, dense in zip(em.estep(sparse, mixture), expected, strict=True):
        np.testing.assert_allclose(ours, dense)
    for old, part in zip(before, (sparse.data, sparse.indices, sparse.indptr), strict=True):
        np.testing.assert_array_equal(old, part)


@pytest.mark.parametrize("offset", [0.0, 1e7])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("n, d, K", SHAPES)
def test_complete_data(n, d, K, scale, offset):
    """Also far from the origin, where expanded squares lose their digits unless the points are centred."""
    random = np.random.RandomState(n + 17 * d)
    X = np.round(random.uniform(1, 5, (n, d)) * 64) / 64
    mixture, post = cases.mixture(random, K, d), cases.soft_counts(random, n, K)
    X, mixture = (X + offset) * scale, mixture._replace(mu=(mixture.mu + offset) * scale, var=mixture.var * scale**2)
    tolerance = 1e-9 if offset == 0 else 1e-6  # the means themselves carry only 9 digits behind such an offset

    expected, expected_log_likelihood = plain_loops.naive_estep(X, mixture)
    found, log_likelihood = naive_em.estep(X, mixture)
    np.testing.assert_allclose(found, expected, rtol=tolerance)
    assert log_likelihood == pytest.approx(expected_log_likelihood, rel=tolerance)
    hard = kmeans.estep(X, mixture)
    np.testing.assert_array_equal(hard, plain_loops.kmeans_estep(X, mixture))
    if n > 1:
        expected = plain_loops.naive_mstep(X, post)
        cases.same(naive_em.mstep(X, post), expected, rtol=tolerance)
        found, cost = kmeans.mstep(X, post)
        cases.same(found, expected, rtol=tolerance)
        assert cost == pytest.approx(plain_loops.kmeans_cost(X, post, expected.mu), rel=tolerance)


@pytest.mark.parametrize("module", [kmeans, naive_em])
def test_runs_over_several_blocks(module, monkeypatch):
    """run works block by block; the same run, one E-step and M-step over all points at a time."""
    random = np.random.RandomState(2)
    X = cases.groups(random, 101, 3, 3, spread=2.0)
    monkeypatch.setattr(complete.Points.blocks, "__defaults__", (10,))
    assert [len(block.X) for block in complete.points(X).blocks()] == [10] * 10 + [1]
    mixture, history = common.init(X, 3)[0], []
    found = module.run(X, mixture, None, callback=lambda value, _: history.append(value))
    for _ in history:
        post = module.estep(X, mixture)
        post = post if module is kmeans else post[0]
        mixture = module.mstep(X, post, mixture)
        mixture = mixture[0] if module is kmeans else mixture
    cases.same(found[0], mixture)
    np.testing.assert_allclose(found[1], post, rtol=1e-9)


@pytest.mark.parametrize("d", [1, 2, 9])
def test_densities_are_those_of_scipy(d):
    random = np.random.RandomState(d)
    X, mixture = random.uniform(1, 5, (12, d)), cases.mixture(random, 3, d)
    log_joint = np.transpose([np.log(p) + multivariate_normal(mu, var * np.eye(d)).logpdf(X)
                              for mu, var, p in zip(*mixture, strict=True)])
    expected = np.logaddexp.reduce(log_joint, axis=1)
    for post, log_likelihood in (naive_em.estep(X, mixture), em.estep(X, mixture)):
        assert log_likelihood == pytest.approx(expected.sum(), rel=1e-12)
        np.testing.assert_allclose(post, np.exp(log_joint - expected[:, None]), rtol=1e-9)


def test_density_of_a_user_is_over_the_movies_he_rated():
    random = np.random.RandomState(5)
    mixture = cases.mixture(random, 2, 6)
    x = np.array([0, 4, 0, 2, 5, 0.0])
    seen = [1, 3, 4]
    expected = np.log(sum(p * multivariate_normal(mu[seen], var * np.eye(3)).pdf(x[seen])
                          for mu, var, p in zip(*mixture, strict=True)))
    assert em.estep(x[None], mixture)[1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n, d, K", SHAPES)
def test_init(n, d, K):
    X = np.random.RandomState(d).uniform(-3, 3, (n, d))
    if (n, d) == (1, 1):
        X[:] = 2.0  # one point: no variance, which init replaces by 1
    K = min(n, K)
    mixture, post = common.init(X, K, seed=4)
    expected = plain_loops.init(X, K, seed=4)
    cases.same(mixture, expected if n > 1 else expected._replace(var=np.ones(1)), rtol=1e-12)
    np.testing.assert_array_equal(post, np.full((n, K), 1 / K))


def test_rmse_and_bic():
    random = np.random.RandomState(0)
    X, Y = random.uniform(size=(2, 4, 3))
    assert common.rmse(X, Y) == pytest.approx(plain_loops.rmse(X, Y), rel=1e-14)
    assert common.rmse(np.uint8([[1, 250]]), np.uint8([[3, 1]])) == pytest.approx(np.sqrt((2**2 + 249**2) / 2))
    with pytest.raises(ValueError, match="one shape"):
        common.rmse(X, Y[0])
    mixture = cases.mixture(random, 2, 3)
    parameters = mixture.mu.size + mixture.var.size + mixture.p.size - 1
    assert common.bic(X, mixture, -10.0) == pytest.approx(-10 - parameters / 2 * np.log(4))
