"""The assignment's own formulas, dense and patch by patch."""

import numpy as np
from scipy.stats import multivariate_normal

from black_hole import handout, rivals


def test_the_handouts_x_step_and_z_step_are_its_formulas(prior):
    """One step of each, gamma 3, dense and patch by patch."""
    rng, n, b, gamma = np.random.RandomState(13), 7, 4, 3.0
    F, N = rng.randn(30, n * n), 16
    y = 20 * F @ rng.rand(n * n)
    start = rivals.tikhonov_to_noise(F, y)
    peak, P = start.max(), []
    for i, j in np.ndindex(4, 4):
        rows = (n * (i + np.arange(b))[:, None] + j + np.arange(b)).ravel()
        P.append(np.eye(n * n)[rows])
    normal, right = F.T @ F * peak**2, F.T @ y * peak
    for p_n in P:
        seen = p_n @ start / peak
        noisy = [np.log(p) + multivariate_normal(mu, cov + np.eye(16) / gamma).logpdf(seen)
                 for p, mu, cov in zip(*prior, strict=True)]
        mu, cov = prior.mu[np.argmax(noisy)], prior.cov[np.argmax(noisy)]
        z = mu + cov @ np.linalg.solve(np.eye(16) / gamma + cov, seen - mu)
        normal, right = normal + 0.5 * gamma / N * p_n.T @ p_n, right + 0.5 * gamma / N * p_n.T @ z
    expected = np.maximum(np.linalg.solve(normal, right), 0) * peak
    found = handout.reconstruct_literally(F, y, prior, gammas=(gamma,), steps=1)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-6, atol=1e-8 * peak)
