"""The mixture, against scipy, NumPy and planted truth."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from black_hole import mixture
from tests.black_hole.cases import covariances


def test_density_is_scipys():
    rng = np.random.RandomState(0)
    mix = mixture.Mixture(np.array([0.2, 0.5, 0.3]), rng.randn(3, 5), covariances(rng, 3, 5))
    Z = 3 * rng.randn(50, 5)
    densities = [multivariate_normal(m, c).logpdf(Z) for m, c in zip(mix.mu, mix.cov, strict=True)]
    expected = np.stack(densities, axis=1) + np.log(mix.p)
    density = mixture.Density(mix)
    np.testing.assert_allclose(density.peak - density.squares(Z, rows=7) / 2, expected, rtol=1e-10)
    post, log_likelihood = mixture.estep(Z, mix)
    np.testing.assert_allclose(post.sum(1), 1)
    np.testing.assert_allclose(log_likelihood, np.log(np.exp(expected).sum(1)).sum())


def test_estep_far_from_every_component_is_finite():
    mix = mixture.Mixture(np.array([0.5, 0.5]), np.array([[0.0], [1.0]]), np.ones((2, 1, 1)))
    post, log_likelihood = mixture.estep(np.array([[1e4]]), mix)
    assert np.isfinite(log_likelihood)
    np.testing.assert_allclose(post, [[0, 1]], atol=1e-12)


def test_numbers_too_small_to_matter_are_none():
    values = np.array([0.0, 1e-45, -1e-38, 1e-21, 1e-19, -3.0])
    np.testing.assert_array_equal(mixture.flush(values, np.float32), np.float32([0, 0, 0, 0, 1e-19, -3]))


def test_mstep_is_numpys_weighted_mean_and_covariance():
    rng = np.random.RandomState(1)
    Z, post = rng.randn(40, 3), rng.dirichlet(np.ones(2), 40)
    mix = mixture.mstep(Z, post, ridge=0.01)
    for c in range(2):
        np.testing.assert_allclose(mix.mu[c], np.average(Z, axis=0, weights=post[:, c]))
        expected = np.cov(Z.T, aweights=post[:, c], ddof=0) + 0.01 * np.eye(3)
        np.testing.assert_allclose(mix.cov[c], expected, rtol=1e-6)
    np.testing.assert_allclose(mix.p, post.mean(0))


def test_likelihood_never_falls():
    Z = np.random.RandomState(2).rand(500, 4)
    _, history = mixture.run(Z, 4, ridge=0, tol=0, most=30)
    assert len(history) > 5
    assert (np.diff(history) >= -1e-8 * np.abs(history[1:])).all()


def test_planted_components_are_recovered():
    rng = np.random.RandomState(3)
    p, mu, cov = np.array([0.7, 0.3]), np.array([[0.0] * 4, [3.0] * 4]), covariances(rng, 2, 4)
    which = rng.rand(20000) < p[1]
    Z = np.where(which[:, None], *(rng.multivariate_normal(mu[c], cov[c], 20000) for c in (1, 0)))
    found, _ = mixture.run(Z, 2, ridge=0, tol=1e-9, most=100)
    order = np.argsort(-found.p)
    np.testing.assert_allclose(found.p[order], p, atol=0.02)
    np.testing.assert_allclose(found.mu[order], mu, atol=0.1)
    np.testing.assert_allclose(found.cov[order], cov, atol=0.12)


def test_more_components_than_different_patches():
    with pytest.raises(ValueError, match="only 2"):
        mixture.init(np.repeat(np.eye(2), 10, axis=0), 3)
