"""Picture files, and the simulated sources that the methods are tested on. Brightness runs from 0 to 1."""

import io
import warnings

import numpy as np
from matplotlib import cbook
from PIL import Image

from console import InputError, read_file

from .observation import PIXELS, sky

LARGEST = 30_000_000  # pixels of a picture file; the arithmetic takes some fifty bytes for each
RINGS = ("crescent", "thick ring")  # among the test pictures


def read_picture(path):
    """Return a picture file as grey values (rows, columns) from 0 to 1, the brightest 1; transparent parts are black.

    Raises InputError if the file is not a picture, is too large, or is all black.
    """
    content = io.BytesIO(read_file(path, expected="a picture"))
    try:
        with warnings.catch_warnings(), Image.open(content) as opened:
            warnings.simplefilter("ignore")  # about anything in the file beside the picture
            if opened.width * opened.height > LARGEST:
                raise InputError(f"{path} has {opened.width} x {opened.height} pixels; expected {LARGEST} at most")
            if not opened.mode.startswith(("I", "F")):  # all modes but grey of more than 8 bits
                opened = (opened.convert("RGB") if opened.mode == "CMYK" else opened).convert("RGBA")
            pixels = np.asarray(opened, dtype=float)
    except InputError:
        raise
    except Exception as error:  # picture decoders raise whatever they like on a broken file
        raise InputError(f"{path} cannot be read as a picture ({type(error).__name__})") from None
    if pixels.ndim == 3:
        pixels = (pixels[:, :, :3] @ [0.299, 0.587, 0.114]) * (pixels[:, :, 3] / 255)
    if not np.isfinite(pixels).all() or not pixels.any():
        raise InputError(f"{path} is an empty picture: nothing in it is brighter than black")
    return pixels / pixels.max()


def photograph(kind):
    """Return the photograph of Grace Hopper that matplotlib ships ("natural"), or the picture file `kind`."""
    return read_picture(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False) if kind == "natural" else kind)


def crop_to_square(picture):
    """Return the central square of a picture."""
    side = min(picture.shape)
    top, left = ((length - side) // 2 for length in picture.shape)
    return picture[top : top + side, left : left + side]


def resize(picture, shape):
    """Return the picture with coarser or finer pixels, `shape` of them, each the mean of the area it covers."""
    rows, columns = (_overlap(old, new) for old, new in zip(picture.shape, shape, strict=True))
    return rows @ picture @ columns.T


def _overlap(old, new):
    """Return (new, old): the part of each of `new` equal intervals that each of `old` equal intervals covers."""
    edge, cell = np.arange(new)[:, None] * old / new, np.arange(old)
    return np.clip(np.minimum(edge + old / new, cell + 1) - np.maximum(edge, cell), 0, None) * new / old


def test_pictures(n=PIXELS):
    """Return {name: picture (n, n)} of simulated sources; no prior is trained on them.

    The training pictures also have crescents and doubles, of other sizes, places and angles. No training picture uses
    the formulas of the thick ring, the disc, the jet and the spiral.
    """
    east, north = sky(n)
    return {
        "crescent": gaussian_ring(east, north, diameter=42, width=8, contrast=0.8, bright_side=200),
        "thick ring": _annulus(east, north, inner=14, outer=32),
        "disc": _dark_limb(east, north, radius=28),
        "double": spot(east, north, 22, 12, 14, 9, 30) + 0.6 * spot(east, north, -18, -14, 10),
        "jet": _cone(east, north),
        "spiral": _spiral(east, north),
    }


def gaussian_ring(*shape, **parts):
    """Return a `ring` whose brightest pixel is 1."""
    return _to_one(ring(*shape, **parts))


def ring(east, north, diameter, width, contrast, bright_side):
    """Return a ring with a Gaussian profile of the given full width at half maximum, brighter on one side.

    bright_side is in degrees east of north; the brightness along the ring is 1 + contrast x cosine.
    """
    radius, angle = np.hypot(east, north), np.arctan2(east, north) - np.radians(bright_side)
    return np.exp(-4 * np.log(2) * ((radius - diameter / 2) / width) ** 2) * (1 + contrast * np.cos(angle))


def spot(east, north, east_0, north_0, major, minor=None, angle=0.0):
    """Return an elliptical Gaussian: full widths at half maximum, the major axis at degrees east of north."""
    x, y, turn = east - east_0, north - north_0, np.radians(angle)
    along, across = x * np.sin(turn) + y * np.cos(turn), x * np.cos(turn) - y * np.sin(turn)
    return np.exp(-4 * np.log(2) * ((along / major) ** 2 + (across / (minor or major)) ** 2))


def _annulus(east, north, inner, outer):
    radius = np.hypot(east + 3, north - 2)
    return _to_one(np.clip((outer - radius) / 3, 0, 1) * np.clip((radius - inner) / 3, 0, 1) * (2 + north / outer))


def _dark_limb(east, north, radius):
    """A star with a darkened limb: brightness 1 - u (1 - cosine of the angle to its surface), u = 0.6."""
    squared = ((east - 4) ** 2 + (north + 3) ** 2) / radius**2
    return np.where(squared < 1, 0.4 + 0.6 * np.sqrt(np.clip(1 - squared, 0, None)), 0)


def _cone(east, north):
    """A core, and a jet with bright edges that opens towards the north-west."""
    along, across = (north - east) / np.sqrt(2) + 28, (north + east) / np.sqrt(2)
    half_width = 4 + 0.15 * np.clip(along, 0, None)
    walls = np.exp(-(((np.abs(across) - half_width) / 4) ** 2)) + 0.5 * np.exp(-((across / half_width) ** 4))
    fading = np.exp(-np.clip(along, 0, None) / 35) / (1 + np.exp(-along / 2))
    return _to_one(0.7 * walls * fading + np.exp(-(along**2 + across**2) / 2 / 6**2))


def _spiral(east, north):
    """Two arms around a core."""
    radius, angle = np.hypot(east, north), np.arctan2(east, north)
    arms = np.exp(1.5 * (np.cos(2 * (angle - radius / 12)) - 1)) * np.exp(-(((radius - 22) / 12) ** 2))
    return _to_one(arms + np.exp(-((radius / 6) ** 2)))


def _to_one(picture):
    return picture / picture.max()
