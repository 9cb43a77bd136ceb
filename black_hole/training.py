"""The prior on patches: training pictures, the patches that are drawn from them, and the mixture that EM finds."""

import time

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import map_coordinates

from console import InputError, escaped

from . import mixture
from .observation import PIXELS, sky
from .pictures import photograph, resize

TRAINED_ON = ("celestial", "natural", "both")


def learn(kind, arguments):
    """Return the Mixture that EM finds for patches of the training pictures, and a sentence about it.

    kind is one of `training_patches`; the arguments say how many patches, how many components, and the seed. Raises
    InputError if too few patches differ.
    """
    start = time.thread_time()
    Z = training_patches(kind, arguments.patches, seed=arguments.seed).astype(np.float32)
    try:
        prior, history = mixture.run(Z, arguments.components, arguments.seed)
    except mixture.TooFewPatches as error:
        raise InputError(f"--prior {kind}: {error}") from None
    return prior, (f"prior {escaped(kind)}: {len(Z)} patches, {len(prior.p)} components, {len(history)} EM steps,"
                   f" log-likelihood {history[-1] / len(Z):.2f} per patch, {time.thread_time() - start:.1f} s")


def training_patches(kind, count, b=8, seed=0):
    """Return `count` patches (count, b * b) from random places of the training pictures.

    kind is "celestial" (simulated), "natural" (the photograph that matplotlib ships), "both" (half and half), or the
    path of a picture. Patches of a photograph are drawn at random angles: an upright photograph teaches that edges run
    along rows and columns, and rings come out square. Simulated sources have every angle anyway.
    """
    if kind == "both":
        half = count // 2
        return np.concatenate([training_patches("celestial", half, b, seed),
                               training_patches("natural", count - half, b, seed)])
    rng = np.random.RandomState(seed)
    if kind == "celestial":
        return upright_patches(celestial_pictures(200, seed), b, count, rng)
    pictures = scaled_pictures(photograph(kind))
    shares = np.diff(np.linspace(0, count, len(pictures) + 1).astype(int))
    return np.concatenate([turned_patches(picture, b, k, rng) for picture, k in zip(pictures, shares, strict=True)])


def upright_patches(pictures, b, count, rng):
    """Return `count` patches (count, b * b) of pictures; every place in every picture is equally likely."""
    places = [sliding_window_view(picture, (b, b)) for picture in pictures]
    share = np.array([rows * columns for rows, columns, _, _ in map(np.shape, places)])
    drawn = np.bincount(rng.choice(len(places), count, p=share / share.sum()), minlength=len(places))
    return np.concatenate([
        place[rng.randint(len(place), size=k), rng.randint(place.shape[1], size=k)].reshape(k, b * b)
        for place, k in zip(places, drawn, strict=True)
    ])


def turned_patches(picture, b, count, rng):
    """Return `count` patches (count, b * b) of a picture at random places and angles, interpolated linearly."""
    offset = np.arange(b) - (b - 1) / 2
    down, right = (side.ravel() for side in np.meshgrid(offset, offset, indexing="ij"))
    reach = min((b - 1) / np.sqrt(2), (min(picture.shape) - 1) / 2)  # from the middle of a patch to its corner
    row, column = (rng.uniform(reach, side - 1 - reach, (count, 1)) for side in picture.shape)
    angle = rng.uniform(0, 2 * np.pi, (count, 1))
    rows = row + np.cos(angle) * down + np.sin(angle) * right
    columns = column - np.sin(angle) * down + np.cos(angle) * right
    return map_coordinates(picture, [rows, columns], order=1, mode="nearest")


def scaled_pictures(picture, scales=(2, 3, 4, 6, 8)):
    """Return the picture at several smaller scales: edges look alike at all distances, and noise averages out."""
    return [resize(picture, [max(side // scale, 8) for side in picture.shape]) for scale in scales]


def celestial_pictures(count, seed=0):
    """Return simulated sources (count, n, n): discs, crescents, rings, jets and blobs, at random places and angles."""
    rng = np.random.RandomState(seed)
    draw = (_disc, _crescent, _ring, _jet, _blobs)
    east, north = sky(PIXELS, 2.0)  # the picture reaches from -1 to 1
    pictures = np.empty((count, PIXELS, PIXELS))
    for k in range(count):
        angle = rng.uniform(0, 2 * np.pi)
        x, y = east - rng.uniform(-0.3, 0.3), north - rng.uniform(-0.3, 0.3)
        along, across = x * np.sin(angle) + y * np.cos(angle), x * np.cos(angle) - y * np.sin(angle)
        pictures[k] = np.maximum(draw[k % len(draw)](along, across, rng), 0)
        pictures[k] /= pictures[k].max()
    return pictures


def _edge(distance, softness):
    """Return 1 inside (negative distance), 0 outside, and a slope of the given softness between them."""
    return 1 / (1 + np.exp(np.clip(distance / softness, -50, 50)))


def _disc(x, y, rng):
    radius, softness = rng.uniform(0.1, 0.6), rng.uniform(0.01, 0.05)
    return _edge(np.hypot(x, y) - radius, softness) * (1 + rng.uniform(-0.5, 0.5) * x / radius)


def _crescent(x, y, rng):
    """A disc with a smaller disc cut out near its edge, after Kamruddin and Dexter 2013."""
    outer, softness = rng.uniform(0.15, 0.6), rng.uniform(0.01, 0.05)
    inner = outer * rng.uniform(0.4, 0.9)
    shift = rng.uniform(0, 1) * (outer - inner)
    return _edge(np.hypot(x, y) - outer, softness) * (1 - _edge(np.hypot(x - shift, y) - inner, softness))


def _ring(x, y, rng):
    radius, width = rng.uniform(0.15, 0.6), rng.uniform(0.03, 0.12)
    return np.exp(-(((np.hypot(x, y) - radius) / width) ** 2) / 2) * (1 + rng.uniform(0, 1) * x / np.hypot(x, y))


def _jet(x, y, rng):
    """A core, and knots that get fainter and wider along a bent line."""
    bend, width, length = rng.uniform(-0.5, 0.5), rng.uniform(0.03, 0.08), rng.uniform(0.3, 0.9)
    picture = np.exp(-((x + 0.3) ** 2 + y**2) / 2 / width**2)
    for t in np.linspace(0, length, 12):
        sd = width * (1 + t)
        picture += rng.uniform(0.1, 0.5) * np.exp(-((x + 0.3 - t) ** 2 + (y - bend * t**2) ** 2) / 2 / sd**2)
    return picture


def _blobs(x, y, rng):
    picture = np.zeros_like(x)
    for _ in range(rng.randint(1, 6)):
        a, b = rng.uniform(0.04, 0.2, 2)
        dx, dy = x - rng.uniform(-0.4, 0.4), y - rng.uniform(-0.4, 0.4)
        picture += rng.uniform(0.3, 1) * np.exp(-(dx**2) / 2 / a**2 - dy**2 / 2 / b**2)
    return picture
