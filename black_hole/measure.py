"""How good a reconstruction is: against the truth, against the measurements, and as a ring."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from .observation import FIELD, sky

DARK = 0.5  # a ring's centre is less bright than this share of the ring
CLOSED = 0.1  # every eighth of a ring is brighter than this share of its mean


def nrmse(picture, truth):
    """Return |picture - truth| / |truth|: 0 is perfect, an all black picture has 1."""
    return float(np.linalg.norm(picture - truth) / np.linalg.norm(truth))


def correlation(picture, truth):
    """Return Pearson's correlation of the pixels, from -1 to 1; 0 if one of the two has only one brightness."""
    a, b = (p - p.mean() for p in (picture, truth))
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / lengths) if lengths else 0.0


def reduced_chi2(picture, F, y):
    """Return the mean of (y - F x)^2 over the measured numbers: about 1 if x fits as well as the truth.

    Of U^T F and U^T y, with U = observation.concentrate(F), it leaves out the noise that no picture can fit.
    """
    return float(((y - F @ picture.ravel()) ** 2).mean())


class Ring(NamedTuple):
    """A ring with a Gaussian profile whose brightness varies as 1 + contrast x cosine along it."""

    diameter: float  # microarcseconds, of the brightest circle
    width: float  # microarcseconds, full at half maximum
    orientation: float  # degrees east of north, of the brightest side
    east: float  # microarcseconds, centre
    north: float  # microarcseconds, centre


def fit_ring(picture, field=FIELD):
    """Return the Ring that fits the picture (n, n) of `field` microarcseconds with the least squares, or None.

    None means that the picture is black, or that the best fit is not a ring in the field: its width is more than its
    diameter, or it reaches beyond the field.
    """
    if not picture.max() > 0:
        return None
    east, north = sky(len(picture), field)
    weight = np.clip(picture, 0, None) / np.clip(picture, 0, None).sum()
    brightness = picture / picture.max()

    def profile(parameters):
        east_0, north_0, radius, sd, level, towards_north, towards_east = parameters
        r = np.hypot(east - east_0, north - north_0) + 1e-12
        along = level + (towards_north * (north - north_0) + towards_east * (east - east_0)) / r
        return np.exp(-(((r - radius) / sd) ** 2) / 2) * along

    centre = (weight * east).sum(), (weight * north).sum()
    distance = np.hypot(east - centre[0], north - centre[1])
    radius = (weight * distance).sum()
    sd = max(np.sqrt((weight * (distance - radius) ** 2).sum()), field / len(picture))
    start = [*centre, radius, sd, 0.5, 0.0, 0.0]
    best = least_squares(lambda parameters: (profile(parameters) - brightness).ravel(), start).x
    diameter, width = 2 * abs(best[2]), 2 * np.sqrt(2 * np.log(2)) * abs(best[3])
    if not max(width, 2 * abs(best[0]), 2 * abs(best[1]), diameter) <= field or width > diameter:
        return None
    return Ring(diameter, width, np.degrees(np.arctan2(best[6], best[5])) % 360, best[0], best[1])


def darkness(picture, ring, field):
    """Return the mean within 10 microarcseconds of a Ring's centre, over that of the ring's brightest circle."""
    east, north = sky(len(picture), field)
    radius = np.hypot(east - ring.east, north - ring.north)
    on_ring = np.abs(radius - ring.diameter / 2) < field / len(picture)
    return float(picture[radius < 10].mean() / picture[on_ring].mean())


def flux_outside(picture, ring, field):
    """Return the share of the light that lies beyond 1.5 radii of a Ring."""
    east, north = sky(len(picture), field)
    beyond = np.hypot(east - ring.east, north - ring.north) > 0.75 * ring.diameter
    return float(picture[beyond].sum() / picture.sum())


def is_ring(picture, ring, field):
    """Return whether a picture (n, n) shows a ring, given the Ring that fits it: dark within and closed all around."""
    if ring is None or darkness(picture, ring, field) > DARK:
        return False
    east, north = sky(len(picture), field)
    x, y = east - ring.east, north - ring.north
    on_ring = np.abs(np.hypot(x, y) - ring.diameter / 2) < ring.width / 2
    eighth = np.floor((np.arctan2(x, y) / np.pi + 1) * 4).astype(int) % 8
    parts = [picture[on_ring & (eighth == k)].mean() for k in range(8)]
    return bool(min(parts) > CLOSED * np.mean(parts))
