"""The assignment's formulas for the black hole, letter by letter, to compare with `reconstruct`.

    minimise over x    |y - F x|^2 / 2 - beta R(x),    R(x) = 1 / N sum_n log p(P_n x),    beta = 1 / 2

is split by z_n = P_n x, with gamma = 1, 4, 8 ... 512 in turn:

    (1)  z_n = mu_c + Lambda_c (1 / gamma + Lambda_c)^-1 (P_n x - mu_c)      of the most likely component c
    (2)  x   = argmin |y - F x|^2 + beta gamma / N sum_n |P_n x - z_n|^2

The handout leaves the unit of brightness open, of which gamma is an inverse square: here the peak of the start is 1.
The start and the number of steps are those of `reconstruct`; docs/m87.md says how its constants differ.
"""

import numpy as np

from .fit import Fit
from .reconstruct import GAMMAS, STEPS, Wiener, add_patches, coverage, patch_side, patches_of
from .rivals import tikhonov_to_noise

BETA = 0.5


def reconstruct_literally(F, y, mixture, gammas=GAMMAS, steps=STEPS):
    """Return the picture (n, n), in Jy per pixel, for measurements y (M,) = F (M, n * n) x + noise of unit variance.

    Raises rivals.NoPicture if y is nothing but noise.
    """
    n, b = round(np.sqrt(F.shape[1])), patch_side(mixture)
    N, counts = (n - b + 1) ** 2, coverage((n, n), b)
    x = tikhonov_to_noise(F, y).reshape(n, n)
    peak = x.max()
    F, x = F * peak, x / peak
    fit = Fit(F, F.T / counts.reshape(-1, 1))
    for gamma in gammas:
        wiener = Wiener(mixture, gamma)
        for _ in range(steps):
            z = wiener(patches_of(x, b))
            x = fit(y, (add_patches(z, (n, n)) / counts).ravel(), BETA * gamma / N).reshape(n, n)
    return np.maximum(x, 0) * peak
