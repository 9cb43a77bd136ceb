"""The prior on patches in the place of the Gaussian one: half quadratic splitting on the layers of a film.

An observer who moves with a layer sees one picture that lasts. So a film is a few pictures x_l, and its measurements
are linear in them, y = sum_l G_l x_l + noise. Black patches are the likeliest of all, so light goes to the layer that
needs the least of it to explain the frames.
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
    b, G = patch_side(mixture), rows_of(night, model)
    weight = WEIGHT * b * b
    fit = Fit(G, G.T / coverage(start.shape, b, weight).reshape(-1, 1))
    return split(lambda k, pictures: (fit, night.y), start, mixture, weight, np.ones(start.shape, bool), STEPS)


def rows_of(night, model):
    """Return G (2M, layers * n * n): what is measured of the layers' own pictures, in units of the noise."""
    return np.hstack([pixel_rows(night, layer, model.brightness) for layer in model.layers])
