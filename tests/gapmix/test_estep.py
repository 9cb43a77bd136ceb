"""The E-step against SciPy's densities and solved linear systems, row by row; all the fast ways against one another."""

from fractions import Fraction

import numpy as np
import pytest

from gapmix import Mixture, conditional, impute, kernels, responsibilities, small
from gapmix.model import estep, mstep
from gapmix.table import BLOCK, Scale, table

from . import cases, oracle


def plain(X, mixture, weight=None):
    """Return the Table in the units of X itself."""
    d = X.shape[1]
    return table(X, Scale(np.zeros(d), np.ones(d)), mixture.kind, weight)


@pytest.mark.parametrize("kind", oracle.KINDS)
@pytest.mark.parametrize("missing", [0, 0.2, 0.5, 0.85])
def test_posterior_and_density_are_those_of_the_observed_entries(kind, missing):
    mixture = cases.mixture(0, kind, K=3, d=6)
    X = cases.rows(1, mixture, 60, missing)
    post, log_density = responsibilities(X, mixture)
    expected = [oracle.posterior(x, mixture) for x in X]
    np.testing.assert_allclose(post, [one[0] for one in expected], atol=1e-12)
    np.testing.assert_allclose(log_density, [one[1] for one in expected], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_row_without_entries_has_the_weights_and_density_1(kind):
    mixture = cases.mixture(2, kind)
    post, log_density = responsibilities(np.full((2, 4), np.nan), mixture)
    np.testing.assert_allclose(post, [mixture.p, mixture.p], rtol=1e-12)
    assert (log_density == 0).all()
    np.testing.assert_allclose(impute(np.full((1, 4), np.nan), mixture)[0], mixture.p @ mixture.mu, rtol=1e-12)


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_gaps_are_filled_with_the_conditional_mean(kind):
    mixture = cases.mixture(3, kind, d=5)
    X = cases.rows(4, mixture, 50, 0.4)
    filled = impute(X, mixture)
    for x, got in zip(X, filled, strict=True):
        post, _ = oracle.posterior(x, mixture)
        means = [oracle.filled(x, mu, cov)[0] for mu, cov in zip(mixture.mu, oracle.matrices(mixture), strict=True)]
        np.testing.assert_allclose(got, post @ means, rtol=1e-9, atol=1e-10)
    seen = ~np.isnan(X)
    assert (filled[seen] == X[seen]).all()


@pytest.mark.parametrize("kind", oracle.KINDS)
@pytest.mark.parametrize("strength", [0.0, 1.5])
def test_iteration_is_the_one_of_plain_loops(kind, strength):
    mixture = cases.mixture(5, kind, d=4)
    X = cases.rows(6, mixture, 40, 0.35)
    weight = np.random.default_rng(7).uniform(0.2, 3, len(X))
    moments = estep(plain(X, mixture, weight), mixture)
    got = mstep(moments, mixture, strength)
    for mine, expected in zip(got[:3], oracle.iteration(X, mixture, weight, strength), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=1e-10)
    assert moments.log_likelihood == pytest.approx(weight @ [oracle.posterior(x, mixture)[1] for x in X], rel=1e-12)


def test_blocks_do_not_change_the_sums(monkeypatch):
    mixture = cases.mixture(8, "full", d=5)
    X = cases.rows(9, mixture, 400, 0.3)
    whole = estep(plain(X, mixture), mixture)
    monkeypatch.setattr("gapmix.table.BLOCK", 70)
    parts = plain(X, mixture)
    assert len(parts.blocks) > 20 and BLOCK > 70
    assert sorted(np.concatenate([block.rows for block in parts.blocks])) == list(range(400))
    for one, other in zip(whole, estep(parts, mixture), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("kind", ["full", "tied"])
def test_the_factored_way_gives_the_same(kind, monkeypatch):
    mixture = cases.mixture(10, kind, d=6)
    X = cases.rows(11, mixture, 80, 0.45)
    fast = estep(plain(X, mixture), mixture)
    monkeypatch.setattr(small, "TRUSTED", 0.0)
    for one, other in zip(fast, estep(plain(X, mixture), mixture), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


def test_badly_conditioned_covariances_keep_their_digits():
    # A Hilbert matrix of condition 1e13, whose observed block is of 3e6. What is right is computed in fractions.
    d, O = 10, [0, 1, 3, 5, 7, 9]
    cov = np.array([[1 / (i + j + 1) for j in range(d)] for i in range(d)])
    assert np.linalg.cond(cov) > 1e12
    x = np.full(d, np.nan)
    x[O] = [0.5, 0.25, 0.125, -0.25, 0.5, 0.75]
    A = [[Fraction(float(cov[i, j])) for j in O] + [Fraction(float(x[i]))] for i in O]
    square, determinant = Fraction(0), Fraction(1)
    for j in range(len(O)):  # Gauss elimination: x' S^-1 x is a sum over the pivots
        determinant *= A[j][j]
        square += A[j][-1] ** 2 / A[j][j]
        for i in range(j + 1, len(O)):
            factor = A[i][j] / A[j][j]
            A[i] = [a - factor * b for a, b in zip(A[i], A[j], strict=True)]
    expected = -0.5 * (len(O) * np.log(2 * np.pi) + np.log(float(determinant)) + float(square))
    mixture = Mixture(np.ones(1), np.zeros((1, d)), cov[None], "full")
    assert responsibilities(x[None], mixture)[1][0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", ["diag", "spherical"])
def test_small_variances_far_from_the_middle_keep_their_digits(kind):
    random = np.random.default_rng(0)
    apart = 1e-6 * random.normal(size=(40, 2))
    X = np.concatenate([1 + apart[:20], -1 + apart[20:]])
    X[3, 0] = X[33, 1] = np.nan
    var = np.full((2, 2), 1e-12) if kind == "diag" else np.full(2, 1e-12)
    mixture = Mixture(np.array([0.5, 0.5]), np.array([[1.0, 1.0], [-1.0, -1.0]]), var, kind)
    moments = estep(plain(X, mixture), mixture)
    got = mstep(moments, mixture)
    expected = np.array([np.nanvar(X[:20] - 1, axis=0), np.nanvar(X[20:] + 1, axis=0)])
    if kind == "spherical":
        expected = np.array([np.nanmean((part - np.nanmean(part, axis=0)) ** 2) for part in (X[:20] - 1, X[20:] + 1)])
    np.testing.assert_allclose(got.cov, expected, rtol=1e-9)
    assert moments.log_likelihood == pytest.approx(sum(oracle.posterior(x, mixture)[1] for x in X), rel=1e-9)


def test_inverses_are_those_of_linalg():
    random = np.random.default_rng(0)
    A = random.normal(size=(7, 20))
    A = A @ A.T
    for q in (0, 1, 3, 7):
        columns = np.array([random.permutation(7)[:q] for _ in range(150)]).T.reshape(q, 150)
        for invert in filter(None, (small.inverses, kernels.compiled())):
            parts, log_det = invert(A, columns)
            for u, chosen in enumerate(columns.T):
                part = A[np.ix_(chosen, chosen)]
                np.testing.assert_allclose(parts[:, :, u], np.linalg.inv(part), rtol=1e-9, atol=1e-12)
                assert log_det[u] == pytest.approx(np.linalg.slogdet(part)[1], rel=1e-10, abs=1e-12)


def test_numba_gives_what_numpy_gives(monkeypatch, numba):
    mixture = cases.mixture(12, "full", d=6)
    X = cases.rows(13, mixture, 300, 0.4)
    rows = plain(X, mixture)
    assert kernels.fastest(rows) is small.inverses, "small tables are not worth compiling for"
    slow = estep(rows, mixture)
    monkeypatch.setattr(kernels, "LARGE", 0)
    assert kernels.fastest(rows) is kernels.compiled()
    for one, other in zip(slow, estep(rows, mixture), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_conditional_is_the_mixture_of_the_gaps_given_the_entries(kind):
    mixture = cases.mixture(14, kind, d=5, apart=1.0)
    for x in ([np.nan, 0.3, np.nan, -0.5, 1.0], [np.nan, np.nan, np.nan, 0.2, np.nan], [np.nan] * 5, [0.1] * 5):
        x = np.array(x)
        M = np.flatnonzero(np.isnan(x))
        got = conditional(x, mixture)
        post, _ = oracle.posterior(x, mixture)
        parts = [oracle.filled(x, mu, cov) for mu, cov in zip(mixture.mu, oracle.matrices(mixture), strict=True)]
        np.testing.assert_allclose(got.weights, post, rtol=1e-10)
        np.testing.assert_allclose(got.means, [mean[M] for mean, _ in parts], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(got.covariances, [cov[np.ix_(M, M)] for _, cov in parts], rtol=1e-9, atol=1e-12)
        assert list(got.entries) == list(M)
