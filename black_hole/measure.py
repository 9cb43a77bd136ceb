"""How good a reconstruction is: against the truth, against the measurements, and as a ring."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from .observation import sky


def nrmse(picture, truth):
    """Return |picture - truth| / |truth|: 0 is perfect, an all black picture has 1."""
    return float(np.linalg.norm(picture - truth) / np.linalg.norm(truth))


def correlation(picture, truth):
    """Return Pearson's correlation of the pixels, from -1 to 1; 0 where one of the two has only one brightness."""
    a, b = (p - p.mean() for p in (picture, truth))
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / lengths) if lengths else 0.0


def reduced_chi2(picture, F, y):
    """Return the mean of (y - F x)^2 over the 2M real numbers measured: about 1 where x fits as well as the truth."""
    return float(((y - F @ picture.ravel()) ** 2).mean())


def informative_chi2(picture, F, y, U):
    """Return the mean of (U^T (y - F x))^2 over the r numbers that say something of x; U (2M, r) = concentrate(F).

    Noise that no picture can fit is in reduced_chi2 too, whatever the picture; here it is left out.
    """
    return float(((U.T @ (y - F @ picture.ravel())) ** 2).mean())


class Ring(NamedTuple):
    """A ring with a Gaussian profile whose brightness varies as 1 + contrast x cosine along it."""

    diameter: float  # microarcseconds, of the brightest circle
    width: float  # microarcseconds, full at half maximum
    orientation: float  # degrees east of north, of the brightest side
    east: float  # microarcseconds, centre
    north: float  # microarcseconds, centre


class NoRing(ValueError):
    """What fits a picture best is not a ring in it."""


def fit_ring(picture, field=160.0):
    """Return the Ring that fits the picture (n, n) of `field` microarcseconds with the least squares.

    Raises NoRing where the picture is black, or where the best fit has no hole, its width being more than its diameter,
    or is not within the field.
    """
    if not picture.max() > 0:
        raise NoRing("expected a picture to fit a ring to, got a black one")
    east, north = sky(len(picture), field)
    weight = np.clip(picture, 0, None) / np.clip(picture, 0, None).sum()
    brightness = picture / picture.max()

    def profile(parameters):
        east_0, north_0, radius, spread, level, towards_north, towards_east = parameters
        r = np.hypot(east - east_0, north - north_0) + 1e-12
        along = level + (towards_north * (north - north_0) + towards_east * (east - east_0)) / r
        return np.exp(-(((r - radius) / spread) ** 2) / 2) * along

    centre = (weight * east).sum(), (weight * north).sum()
    distance = np.hypot(east - centre[0], north - centre[1])
    radius = (weight * distance).sum()
    spread = max(np.sqrt((weight * (distance - radius) ** 2).sum()), field / len(picture))
    start = [*centre, radius, spread, 0.5, 0.0, 0.0]
    best = least_squares(lambda parameters: (profile(parameters) - brightness).ravel(), start).x
    diameter, width = 2 * abs(best[2]), 2 * np.sqrt(2 * np.log(2)) * abs(best[3])
    if not max(width, 2 * abs(best[0]), 2 * abs(best[1]), diameter) <= field or width > diameter:
        raise NoRing(f"no ring in the picture: the best fit is {diameter:.3g} microarcseconds across and {width:.3g}"
                     f" wide, {np.hypot(best[0], best[1]):.3g} from the centre of a field of {field:g}")
    return Ring(diameter, width, np.degrees(np.arctan2(best[6], best[5])) % 360, best[0], best[1])
