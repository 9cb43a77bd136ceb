"""The prior on patches in the place of the Gaussian one: half quadratic splitting on the layers of a film.

An observer who moves with a layer sees one picture that lasts. So a film is a few pictures x_l, and its measurements
are linear in them, y = sum_l G_l x_l + noise. The splitting is that of `reconstruct`, with the patches of every layer:

    minimise over x, z    weight / 2 |y - G x|^2 - sum_n log p(z_n) + beta / 2 sum_n |P_n x - z_n|^2,    x >= 0.

No layer is told what belongs to it. Black patches are the likeliest of all, so light goes to the layer that needs the
least of it to explain the frames.
"""

import numpy as np

from ..fit import Fit
from ..reconstruct import WEIGHT, coverage, patch_side, split
from .film import pixel_rows

STEPS = 20  # for each gamma


def by_patches(night, model, start, mixture):
    """Return the pictures (layers, n, n), Jy per pixel and nowhere negative, of a Model whose memory lasts.

    start (layers, n, n) is what to begin with, mixture the prior on patches.
    """
    b = patch_side(mixture)
    weight = WEIGHT * b * b
    G = np.hstack([pixel_rows(night, layer, model.brightness) for layer in model.layers])
    fit = Fit(G, G.T / coverage(start.shape, b, weight).reshape(-1, 1))
    return split(lambda k, pictures: (fit, night.y), start, mixture, weight, np.ones(start.shape, bool), STEPS)


def reduced_chi2(night, model, pictures):
    """Return the mean of (y - G x)^2 over the 2M measured numbers, for pictures (layers, n, n)."""
    seen = sum(pixel_rows(night, layer, model.brightness) @ x.ravel()
               for layer, x in zip(model.layers, pictures, strict=True))
    return float(((night.y - seen) ** 2).mean())
