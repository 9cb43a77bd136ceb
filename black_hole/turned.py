"""Training patches at every angle: the sky has no horizon, so its prior must not know one."""

import numpy as np
from scipy.ndimage import map_coordinates

from .pictures import photograph, scaled_pictures, training_patches


def isotropic_patches(kind, count, b=8, seed=0):
    """Return `count` patches (count, b * b), as training_patches does, those of a photograph turned by any angle.

    Upright, a photograph teaches that edges run along the rows and the columns, and rings come out square. The
    simulated sources are turned already.
    """
    rng = np.random.RandomState(seed)
    if kind == "celestial":
        return training_patches(kind, count, b, seed)
    if kind == "both":
        half = count // 2
        return np.concatenate([isotropic_patches(part, k, b, seed)
                               for part, k in (("celestial", half), ("natural", count - half))])
    pictures = scaled_pictures(photograph(kind))
    shares = np.diff(np.linspace(0, count, len(pictures) + 1).astype(int))
    return np.concatenate([turned(picture, b, k, rng) for picture, k in zip(pictures, shares, strict=True)])


def turned(picture, b, count, rng):
    """Return `count` patches (count, b * b) of a picture, at any place and angle, between pixels by straight lines."""
    offset = np.arange(b) - (b - 1) / 2
    down, right = (side.ravel() for side in np.meshgrid(offset, offset, indexing="ij"))
    reach = min((b - 1) / np.sqrt(2), (min(picture.shape) - 1) / 2)  # of a patch's corner from its middle
    row, column = (rng.uniform(reach, side - 1 - reach, (count, 1)) for side in picture.shape)
    angle = rng.uniform(0, 2 * np.pi, (count, 1))
    rows = row + np.cos(angle) * down + np.sin(angle) * right
    columns = column - np.sin(angle) * down + np.cos(angle) * right
    return map_coordinates(picture, [rows, columns], order=1, mode="nearest")
