"""Data and results that others have published, and the course's own EM."""

import numpy as np
import pytest

import common
import em
from gapmix import Mixture, fit
from gapmix.model import estep, mstep
from gapmix.table import Scale, table

NAN = np.nan


def test_murray_1977():
    # Murray, J. Royal Statistical Society B 39 (1977), 27-28: maxima at rho = +-1/2, variance 8/3; saddle at 0, 5/2.
    X = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1], [2, NAN], [2, NAN], [-2, NAN], [-2, NAN],
                  [NAN, 2], [NAN, 2], [NAN, -2], [NAN, -2]])
    signs = set()
    for seed in range(8):
        saddle = {"weights_init": [1], "means_init": [[0, 0]], "precisions_init": [np.eye(2) / 2.5]} if seed % 2 else {}
        (_, mu, (cov,), _), *_ = fit(X, prior_strength=0, tol=1e-15, max_iter=10000, random_state=seed, **saddle)
        np.testing.assert_allclose(mu, 0, atol=1e-6)
        np.testing.assert_allclose(np.diag(cov), 8 / 3, atol=1e-5)
        assert abs(cov[0, 1]) == pytest.approx(4 / 3, abs=1e-5)
        signs.add(np.sign(cov[0, 1]))
    assert signs == {-1, 1}


def test_murray_s_saddle_is_where_em_without_a_kick_ends():
    X = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1], *[[2, NAN], [-2, NAN], [NAN, 2], [NAN, -2]] * 2])
    mixture = Mixture(np.ones(1), np.zeros((1, 2)), np.eye(2)[None], "full")
    rows = table(X, Scale(np.zeros(2), np.ones(2)), "full")
    for _ in range(200):
        mixture = mstep(estep(rows, mixture), mixture)
    np.testing.assert_allclose(mixture.cov[0], 2.5 * np.eye(2), atol=1e-9)


def test_apples():
    # Little & Rubin, Statistical Analysis with Missing Data, section 7.2: size of the crop, in hundreds of fruits, and
    # 100 x percentage of wormy fruits (Snedecor & Cochran 1967). The estimates are in closed form (Anderson 1957):
    # 14.72, 49.33, 89.53, -90.70, 114.69.
    size = [8, 6, 11, 22, 14, 17, 18, 24, 19, 23, 26, 40, 4, 4, 5, 6, 8, 10]
    wormy = [59, 58, 56, 53, 50, 45, 43, 42, 39, 38, 30, 27]
    X = np.column_stack([size, wormy + [NAN] * 6]).astype(float)
    mixture = fit(X, prior_strength=0, tol=1e-15, max_iter=10000).mixture
    np.testing.assert_allclose(mixture.mu[0], [14.7222, 49.3333], atol=1e-4)
    np.testing.assert_allclose(mixture.cov[0], [[89.5340, -90.6967], [-90.6967, 114.6950]], atol=1e-4)


def test_hald_s_cement():
    # Little & Rubin, example 7.8: the first 13 of Hald's data as in Draper & Smith (1968), 15 gaps; the means are
    # 6.655, 49.965, 11.769, 27.047, 95.423 there.
    X = np.array([[7, 26, 6, 60, 78.5], [1, 29, 15, 52, 74.3], [11, 56, 8, 20, 104.3], [11, 31, 8, 47, 87.6],
                  [7, 52, 6, 33, 95.9], [11, 55, 9, 22, 109.2], [3, 71, 17, 6, 102.7], [1, 31, 22, 44, 72.5],
                  [2, 54, 18, 22, 93.1], [21, 47, 4, 26, 115.9], [1, 40, 23, 34, 83.8], [11, 66, 9, 12, 113.3],
                  [10, 68, 8, 12, 109.4]])
    X[6:, 3] = NAN
    X[9:, :2] = NAN
    assert np.isnan(X).sum() == 15
    mixture = fit(X, prior_strength=0, tol=1e-14, max_iter=20000).mixture
    np.testing.assert_allclose(mixture.mu[0], [6.655, 49.965, 11.769, 27.047, 95.423], atol=5e-4)
    mu, cov = monotone(X[:, [2, 4, 0, 1, 3]])
    order = [2, 3, 0, 4, 1]
    np.testing.assert_allclose(mixture.mu[0], mu[order], rtol=1e-6)
    np.testing.assert_allclose(mixture.cov[0], cov[np.ix_(order, order)], rtol=1e-5, atol=1e-4)


def monotone(X):
    """Return the maximum likelihood mean and covariance in closed form: each column has a gap where the last has.

    By regressions of each column on those before it (Little & Rubin, section 7.4).
    """
    mu, cov = np.zeros(0), np.zeros((0, 0))
    for column in X.T:
        seen = ~np.isnan(column)
        before = np.column_stack([np.ones(seen.sum()), X[seen, :len(mu)]])
        coefficients = np.linalg.lstsq(before, column[seen], rcond=None)[0]
        residual = np.mean((column[seen] - before @ coefficients) ** 2)
        slopes = coefficients[1:]
        cross = cov @ slopes
        mu = np.append(mu, coefficients[0] + slopes @ mu)
        cov = np.block([[cov, cross[:, None]], [cross[None], residual + slopes @ cross]])
    return mu, cov


def course_run(X, start):
    """Return the mixture, and log-likelihood, of gapmix's steps with the course's threshold, floor and end.

    A mean's coordinate with less than one soft count stays, a variance is at least 0.25.
    """
    rows = table(np.where(X == 0, NAN, X), Scale(np.zeros(X.shape[1]), np.ones(X.shape[1])), "spherical")
    mixture, old = Mixture(start.p, start.mu, start.var, "spherical"), -np.inf
    while True:
        moments = estep(rows, mixture)
        still = moments.seen < 1 - 1e-9
        mixture = mstep(moments._replace(first=np.where(still, 0, moments.first)), mixture)
        mixture = mixture._replace(cov=np.maximum(mixture.cov, 0.25))
        if not moments.log_likelihood - old > 1e-6 * abs(moments.log_likelihood):
            return mixture, moments.log_likelihood
        old = moments.log_likelihood


def tied_together(X, K, seed):
    start, post = common.init(X, K, seed)
    expected, _, log_likelihood = em.run(X, start, post)
    mixture, got = course_run(X, start)
    assert got == pytest.approx(log_likelihood, rel=1e-9)
    np.testing.assert_allclose(mixture.p, expected.p, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(mixture.mu, expected.mu, rtol=1e-9)
    np.testing.assert_allclose(mixture.cov, expected.var, rtol=1e-9)


def test_spherical_by_the_course_s_rules_is_the_course_s_em(sample_folder):
    X = np.loadtxt(sample_folder / "netflix_incomplete.txt")
    tied_together(X[:300, :300], 4, 0)


def test_spherical_by_the_course_s_rules_on_the_course_s_matrix(course_files):
    import data

    X, _ = data.netflix(course_files)
    tied_together(X, 12, 1)
