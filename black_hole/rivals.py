"""The methods that the patch prior is compared with, on the same measurements y = F x + noise of unit variance."""

import numpy as np
from scipy.fft import dctn, idctn
from scipy.optimize import brentq

from .fit import Fit
from .observation import concentrate


class NoPicture(ValueError):
    """Measurements that no picture can be made from."""


def dirty(F, y, sigma):
    """Return the dirty picture (N,): the measured visibilities transformed back, with 0 for all others.

    It is scaled such that it fits the measurements best. F and y are multiplied by their noise sigma (M,), so that all
    visibilities count alike.
    """
    picture = (sigma**2 * y) @ F
    fitted = sigma * (F @ picture)
    return picture * (fitted @ (sigma * y)) / (fitted @ fitted)


def tikhonov(F, y):
    """Return the function that gives argmin over x of |y - F x|^2 + t |x|^2, (N,), for t > 0; (S, N) for t (S, 1)."""
    fit = Fit(F, F.T)
    return lambda t: fit(y, 0, t)


def tikhonov_grid(F, count=60):
    """Return regularizations t (count,), from one that fits the noise to one that leaves nothing of the picture."""
    return np.vdot(F, F) * np.logspace(-12, 1, count)


def tikhonov_to_noise(F, y):
    """Return the Tikhonov picture (N,) that misses the measurements by as much as the noise, |U^T (y - F x)|^2 = r.

    U (M, r) = observation.concentrate(F). This choice of the regularization (the discrepancy principle) needs no truth.
    Raises NoPicture if U^T y is no larger than noise, or so much larger that rounding errors are more than the noise.
    """
    U = concentrate(F)
    F, y = U.T @ F, U.T @ y
    if y @ y <= len(y):
        raise NoPicture("there is no source in the measurements: they are no larger than their noise")
    picture, largest = tikhonov(F, y), np.log((F**2).sum())

    def excess(log_t):
        return ((y - F @ picture(np.exp(log_t))) ** 2).sum() - len(y)

    if excess(largest - 40) > 0:
        raise NoPicture("the noise is lost in rounding errors, so much brighter is the source")
    return picture(np.exp(brentq(excess, largest - 40, largest + 40, xtol=0.01)))


def total_variation(F, y, peak, grid, steps=500):
    """Return pictures (S, N) that minimise |y - F x|^2 / 2 + t sum |grad x| / peak over x >= 0, for t (S,) of a grid.

    By ADMM (Boyd and others 2011), with rho = 100 t: g = grad x and p = x >= 0 are split off. What stays is quadratic,
    and its K = 1 + grad^T grad is diagonal under the cosine transform. `peak`, about the brightest pixel in Jy, makes t
    free of the unit of x. docs/black_hole.md says what stopping after 500 steps does.
    """
    n, S = round(np.sqrt(F.shape[1])), len(grid)
    wave = 2 - 2 * np.cos(np.pi * np.arange(n) / n)
    K = 1 + wave[:, None] + wave

    def invert(x):
        return idctn(dctn(x, axes=(-2, -1)) / K, axes=(-2, -1))

    F, t = F * peak, np.reshape(grid, (S, 1))
    fit = Fit(F, invert(F.reshape(-1, n, n)).reshape(F.shape).T)
    split, dual = np.zeros((2, S, 3, n, n))
    for _ in range(steps):
        x0 = invert(transposed_gradient(split - dual))
        x = fit(y, x0.reshape(S, -1), 100 * t)
        dual += gradient(x.reshape(S, n, n))
        split = _shorten(dual, 0.01)  # t / rho
        dual -= split
    return split[:, 2].reshape(S, -1) * peak


def gradient(x):
    """Return (..., 3, n, n): the differences of x (..., n, n) to the next row and column, 0 at the border, and x."""
    down = np.diff(x, axis=-2, append=x[..., -1:, :])
    right = np.diff(x, axis=-1, append=x[..., -1:])
    return np.stack([down, right, x], axis=-3)


def transposed_gradient(g):
    """Return (..., n, n): the transpose of `gradient` at g (..., 3, n, n), whose border differences must be 0."""
    down, right, x = np.moveaxis(g, -3, 0)
    return x - np.diff(down, axis=-2, prepend=0) - np.diff(right, axis=-1, prepend=0)


def _shorten(g, threshold):
    """Shorten each gradient by the threshold, and set negative brightness to 0."""
    down, right, x = np.moveaxis(g, -3, 0)
    kept = 1 - threshold / np.maximum(np.sqrt(down**2 + right**2), threshold)
    return np.stack([down * kept, right * kept, np.maximum(x, 0)], axis=-3)
