"""Pictures: those a prior is trained on, those it is tested on, and the user's own. Brightness runs from 0 to 1."""

import io
import warnings

import numpy as np
from matplotlib import cbook
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from console import InputError, read_file

from .observation import sky

TRAINED_ON = ("celestial", "natural", "both")
LARGEST = 30_000_000  # pixels of a picture file; the arithmetic takes some fifty bytes for each
RINGS = ("crescent", "thick ring")  # among the test pictures


def resize(picture, shape):
    """Return the picture as seen by the coarser or finer pixels of `shape`, each the mean of the area it covers."""
    rows, columns = (_overlap(old, new) for old, new in zip(picture.shape, shape, strict=True))
    return rows @ picture @ columns.T


def _overlap(old, new):
    """Return (new, old): the part of each of `new` equal intervals that each of `old` equal intervals covers."""
    edge, cell = np.arange(new)[:, None] * old / new, np.arange(old)
    return np.clip(np.minimum(edge + old / new, cell + 1) - np.maximum(edge, cell), 0, None) * new / old


def read_picture(path):
    """Return a picture file as grey values from 0 to 1 (rows, columns), the brightest 1; transparent parts are black.

    Raises InputError where the file is no picture, or too large a one, or where all of it is black.
    """
    content = io.BytesIO(read_file(path, expected="a picture"))
    try:
        with warnings.catch_warnings(), Image.open(content) as opened:
            warnings.simplefilter("ignore")  # of what the file says beside the picture
            if opened.width * opened.height > LARGEST:
                raise InputError(f"{path} has {opened.width} x {opened.height} pixels; expected {LARGEST} at most")
            if not opened.mode.startswith(("I", "F")):  # all but grey of more than 8 bits
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


def crop_to_square(picture):
    """Return the central square of a picture."""
    side = min(picture.shape)
    top, left = ((length - side) // 2 for length in picture.shape)
    return picture[top : top + side, left : left + side]


# --- what a prior is trained on -------------------------------------------------------------------------------


def training_patches(kind, count, b=8, seed=0):
    """Return `count` patches (count, b * b) drawn from everywhere in the training pictures.

    kind is "celestial" (simulated), "natural" (the photograph that matplotlib ships), "both" (half and half), or a
    picture file of one's own.
    """
    rng = np.random.RandomState(seed)
    if kind == "both":
        half = count // 2
        return np.concatenate(
            [training_patches("celestial", half, b, seed), training_patches("natural", count - half, b, seed)]
        )
    pictures = celestial_pictures(200, seed) if kind == "celestial" else scaled_pictures(photograph(kind))
    places = [sliding_window_view(picture, (b, b)) for picture in pictures]
    share = np.array([rows * columns for rows, columns, _, _ in map(np.shape, places)])
    drawn = np.bincount(rng.choice(len(places), count, p=share / share.sum()), minlength=len(places))
    return np.concatenate(
        [
            place[rng.randint(len(place), size=k), rng.randint(place.shape[1], size=k)].reshape(k, b * b)
            for place, k in zip(places, drawn, strict=True)
        ]
    )


def photograph(kind):
    """Return the photograph of Grace Hopper that matplotlib ships, or the picture file `kind`."""
    return read_picture(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False) if kind == "natural" else kind)


def scaled_pictures(picture, scales=(2, 3, 4, 6, 8)):
    """Return the picture made so many times smaller: edges look alike at all distances, and noise averages out."""
    return [resize(picture, [max(side // scale, 8) for side in picture.shape]) for scale in scales]


def celestial_pictures(count, seed=0, n=64):
    """Return simulated sources (count, n, n): discs, crescents, rings, jets and blobs of every size, place and turn."""
    rng = np.random.RandomState(seed)
    draw = (_disc, _crescent, _ring, _jet, _blobs)
    east, north = sky(n, 2.0)  # the picture reaches from -1 to 1
    pictures = np.empty((count, n, n))
    for k in range(count):
        angle = rng.uniform(0, 2 * np.pi)
        x, y = east - rng.uniform(-0.3, 0.3), north - rng.uniform(-0.3, 0.3)
        along, across = x * np.sin(angle) + y * np.cos(angle), x * np.cos(angle) - y * np.sin(angle)
        pictures[k] = np.maximum(draw[k % len(draw)](along, across, rng), 0)
        pictures[k] /= pictures[k].max()
    return pictures


def _edge(distance, softness):
    """1 inside (negative distance), 0 outside, and a slope of the given softness between."""
    return 1 / (1 + np.exp(np.clip(distance / softness, -50, 50)))


def _disc(x, y, rng):
    radius, softness = rng.uniform(0.1, 0.6), rng.uniform(0.01, 0.05)
    return _edge(np.hypot(x, y) - radius, softness) * (1 + rng.uniform(-0.5, 0.5) * x / radius)


def _crescent(x, y, rng):
    """A disc without a smaller disc that touches it nearly, after Kamruddin and Dexter 2013."""
    outer, softness = rng.uniform(0.15, 0.6), rng.uniform(0.01, 0.05)
    inner = outer * rng.uniform(0.4, 0.9)
    shift = rng.uniform(0, 1) * (outer - inner)
    return _edge(np.hypot(x, y) - outer, softness) * (1 - _edge(np.hypot(x - shift, y) - inner, softness))


def _ring(x, y, rng):
    radius, width = rng.uniform(0.15, 0.6), rng.uniform(0.03, 0.12)
    return np.exp(-(((np.hypot(x, y) - radius) / width) ** 2) / 2) * (1 + rng.uniform(0, 1) * x / np.hypot(x, y))


def _jet(x, y, rng):
    """A core and knots that fade, widen and bend away from it."""
    bend, width, length = rng.uniform(-0.5, 0.5), rng.uniform(0.03, 0.08), rng.uniform(0.3, 0.9)
    picture = np.exp(-((x + 0.3) ** 2 + y**2) / 2 / width**2)
    for t in np.linspace(0, length, 12):
        spread = width * (1 + t)
        picture += rng.uniform(0.1, 0.5) * np.exp(-((x + 0.3 - t) ** 2 + (y - bend * t**2) ** 2) / 2 / spread**2)
    return picture


def _blobs(x, y, rng):
    picture = np.zeros_like(x)
    for _ in range(rng.randint(1, 6)):
        a, b = rng.uniform(0.04, 0.2, 2)
        dx, dy = x - rng.uniform(-0.4, 0.4), y - rng.uniform(-0.4, 0.4)
        picture += rng.uniform(0.3, 1) * np.exp(-(dx**2) / 2 / a**2 - dy**2 / 2 / b**2)
    return picture


# --- what it is tested on -------------------------------------------------------------------------------------


def test_pictures(n=64, field=160.0):
    """Return {name: picture (n, n)}: sources of our own choice, in microarcseconds; none is a training picture.

    The crescent and the double are of families that the training pictures have too, of other sizes, places and turns;
    the thick ring, disc, jet and spiral are drawn by formulas that no training picture uses.
    """
    east, north = sky(n, field)
    return {
        "crescent": gaussian_ring(east, north, diameter=42, width=8, contrast=0.8, bright_side=200),
        "thick ring": _annulus(east, north, inner=14, outer=32),
        "disc": _dark_limb(east, north, radius=28),
        "double": _blob(east, north, 22, 12, 14, 9, 30) + 0.6 * _blob(east, north, -18, -14, 10, 10, 0),
        "jet": _cone(east, north),
        "spiral": _spiral(east, north),
    }


def gaussian_ring(east, north, diameter, width, contrast, bright_side):
    """Return a ring with a Gaussian profile of the given full width at half maximum, brighter on one side.

    bright_side is in degrees east of north; the brightness along the ring is 1 + contrast x cosine.
    """
    radius, angle = np.hypot(east, north), np.arctan2(east, north) - np.radians(bright_side)
    profile = np.exp(-4 * np.log(2) * ((radius - diameter / 2) / width) ** 2)
    return _to_one(profile * (1 + contrast * np.cos(angle)))


def _annulus(east, north, inner, outer):
    radius = np.hypot(east + 3, north - 2)
    return _to_one(np.clip((outer - radius) / 3, 0, 1) * np.clip((radius - inner) / 3, 0, 1) * (2 + north / outer))


def _dark_limb(east, north, radius):
    """A star with a darkened limb: brightness 1 - u (1 - cosine of the angle to its surface), u = 0.6."""
    squared = ((east - 4) ** 2 + (north + 3) ** 2) / radius**2
    return np.where(squared < 1, 0.4 + 0.6 * np.sqrt(np.clip(1 - squared, 0, None)), 0)


def _blob(east, north, east_0, north_0, major, minor, angle):
    """An elliptical Gaussian: full widths at half maximum, the major axis at an angle in degrees east of north."""
    x, y, turn = east - east_0, north - north_0, np.radians(angle)
    along, across = x * np.sin(turn) + y * np.cos(turn), x * np.cos(turn) - y * np.sin(turn)
    return np.exp(-4 * np.log(2) * ((along / major) ** 2 + (across / minor) ** 2))


def _cone(east, north):
    """A core and a jet with bright edges that opens towards the north-west."""
    along, across = (north - east) / np.sqrt(2) + 28, (north + east) / np.sqrt(2)
    half_width = 4 + 0.15 * np.clip(along, 0, None)
    walls = np.exp(-(((np.abs(across) - half_width) / 4) ** 2)) + 0.5 * np.exp(-((across / half_width) ** 4))
    fading = np.exp(-np.clip(along, 0, None) / 35) / (1 + np.exp(-along / 2))
    return _to_one(0.7 * walls * fading + np.exp(-(along**2 + across**2) / 2 / 6**2))


def _spiral(east, north):
    """Two arms around a core: of a kind that no training picture shows."""
    radius, angle = np.hypot(east, north), np.arctan2(east, north)
    arms = np.exp(1.5 * (np.cos(2 * (angle - radius / 12)) - 1)) * np.exp(-(((radius - 22) / 12) ** 2))
    return _to_one(arms + np.exp(-((radius / 6) ** 2)))


def _to_one(picture):
    return picture / picture.max()
