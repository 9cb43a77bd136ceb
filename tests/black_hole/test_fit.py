"""The quadratic problem, against dense solves."""

import numpy as np

from black_hole import rivals
from black_hole.fit import Fit


def test_fit_is_the_dense_solution():
    rng = np.random.RandomState(9)
    F, y, x0, counts, t = rng.randn(6, 20), rng.randn(6), rng.randn(20), rng.randint(1, 17, 20), 0.7
    expected = np.linalg.solve(F.T @ F + t * np.diag(counts), F.T @ y + t * counts * x0)
    np.testing.assert_allclose(Fit(F, F.T / counts[:, None])(y, x0, t), expected, rtol=1e-9)
    np.testing.assert_allclose(rivals.tikhonov(F, y)(t), np.linalg.solve(F.T @ F + t * np.eye(20), F.T @ y), rtol=1e-9)
