"""The quadratic problem that every method here solves, in closed form by a small factorization."""

import numpy as np


class Fit:
    """argmin over x of |y - F x|^2 + t (x - x0)^T K (x - x0), for any y, x0 and t > 0 once F and K are given.

    x = x0 + K^-1 F^T (F K^-1 F^T + t)^-1 (y - F x0) by Woodbury's identity. If K is easily inverted, what is left to
    invert has a row for each measurement, not for each pixel, and its eigenvectors serve for every t.
    """

    def __init__(self, F, back):
        """Take F (M, N) and back = K^-1 F^T (N, M)."""
        self.F, self.back = F, back
        eigenvalues, self.Q = np.linalg.eigh(F @ back)
        self.eigenvalues = np.maximum(eigenvalues, 0)  # only rounding makes any of them negative

    def __call__(self, y, x0, t):
        """Return x (N,) for y (M,), x0 (N,) or 0, and t > 0; for x0 (S, N) or t (S, 1) the S solutions, (S, N)."""
        misfit = (y - x0 @ self.F.T if np.ndim(x0) else y) @ self.Q
        return x0 + misfit / (self.eigenvalues + t) @ self.Q.T @ self.back.T
