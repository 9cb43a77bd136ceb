"""Simulated sources that move, and what the telescope measures of them in a night.

Each is drawn anew, from its formula, for every frame. Brightness is a function of east and north, in microarcseconds. A
seed draws angles, and the noise.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from console import InputError

from ..observation import FIELD, PIXELS, SIDEREAL_DAY, cover, fourier, joined, sky
from ..pictures import ring, spot
from .film import Night
from .warps import powers

EVERY = 2400.0  # s from frame to frame: 24 frames of M87 in a night of the telescope of 2017
SPEED = 15.0  # degrees a frame, if there are 24
RADIUS = 24.0  # microarcseconds, of what goes round


class Source(NamedTuple):
    """A part that stands still, a part that is carried along, and how both change in brightness."""

    moving: Callable  # moving(east, north) is its brightness in the middle of the night
    kind: str = "none"  # of warps.KINDS
    theta: tuple = ()
    standing: Callable = lambda east, north: 0 * east
    brightness: Callable = lambda part: 1.0  # at a part of the night, from 0 to 1


def hot_spot(rng):
    """A spot and its fading trail go round."""
    angle = rng.uniform(0, 360)
    trail = [(1, 0), (0.45, 35), (0.2, 70)]
    return Source(lambda e, n: sum(b * spot(e, n, *at(RADIUS, angle - back), 14) for b, back in trail),
                  "rotation", (SPEED,))


def blob(rng):
    """An elongated blob and a smaller companion go along a straight line."""
    angle = rng.uniform(0, 360)
    companion = at(14, angle + 130)
    return Source(lambda e, n: spot(e - 4, n - 3, 0, 0, 22, 14, angle) + 0.5 * spot(e, n, *companion, 11),
                  "translation", (2.0, -1.5))


def spot_on_crescent(rng):
    """A spot goes round on a ring that stands still."""
    angle = rng.uniform(0, 360)
    return Source(lambda e, n: spot(e, n, *at(RADIUS, angle + 120), 14), "rotation", (SPEED,),
                  standing=lambda e, n: ring(e, n, 42, 9, 0.5, angle))


def expanding_ring(rng):
    """A ring grows to twice its diameter; its flux stays."""
    angle = rng.uniform(0, 360)
    return Source(lambda e, n: ring(e, n, 42, 10, 0.5, angle), "scale", (0.03,))


def static_ring(rng):
    """The control: nothing changes."""
    angle = rng.uniform(0, 360)
    return Source(lambda e, n: ring(e, n, 42, 9, 0.5, angle))


def flare(rng):
    """A ring that stands still and becomes two and a half times as bright for a while."""
    angle, peak = rng.uniform(0, 360), rng.uniform(0.3, 0.7)
    return Source(lambda e, n: ring(e, n, 42, 9, 0.5, angle),
                  brightness=lambda part: 1 + 1.5 * np.exp(-(((part - peak) / 0.14) ** 2) / 2))


SOURCES = {"hot spot": hot_spot, "blob": blob, "spot on crescent": spot_on_crescent,
           "expanding ring": expanding_ring, "static ring": static_ring, "flare": flare}


def at(radius, angle):
    """Return east, north of a distance and an angle in degrees, from north through east."""
    return radius * np.sin(np.radians(angle)), radius * np.cos(np.radians(angle))


def moved(source, frames, turn=None, move=None):
    """Return the source as it moves in a night of `frames` frames.

    Its own motion covers the same way in a night, whatever the number of frames. With a turn (degrees) or a move
    (microarcseconds) a point p goes to R p + move from frame to frame instead.
    """
    if turn is None and move is None:
        return source._replace(theta=tuple(x * 24 / frames for x in source.theta))
    if move is None:
        return source._replace(kind="rotation", theta=(turn,))
    if turn is None:
        return source._replace(kind="translation", theta=tuple(move))
    shifts = np.column_stack([powers("rotation and translation", (turn, *unit), [1])[1][0] for unit in np.eye(2)])
    return source._replace(kind="rotation and translation", theta=(turn, *np.linalg.solve(shifts, move)))


def render(source, frames):
    """Return the film (frames, n, n), of mean flux 1. Raises InputError if the source leaves the field."""
    east, north = sky()
    film, standing = [], source.standing(east, north)
    for k, (M, b) in enumerate(zip(*powers(source.kind, source.theta, np.arange(frames) - (frames - 1) / 2),
                                   strict=True)):
        back = np.linalg.inv(M)
        x, y = np.tensordot(back, np.array([east - b[0], north - b[1]]), 1)
        picture = standing + source.moving(x, y) * np.linalg.det(back)
        film.append(picture * source.brightness(k / max(frames - 1, 1)))
    film = np.array(film)
    border = np.ones((PIXELS, PIXELS), bool)
    border[1:-1, 1:-1] = False
    if not film.max() > 0 or (film[:, border].max(1) > 0.01 * film.max()).any():
        raise InputError(f"the source leaves the field of {FIELD:g} microarcseconds before the night is over; expected"
                         " a slower motion")
    return film / film.sum((1, 2)).mean()


def night_of(stations, every=EVERY):
    """Return the Night of an array, in which nothing has been measured yet: it begins after the longest pause."""
    coverage, day = cover(stations, every=every), int(np.ceil(SIDEREAL_DAY / every))
    step = np.round(coverage.time / every).astype(int)
    used = np.unique(step)
    first = used[(np.argmax(np.diff(used, append=used[0] + day)) + 1) % len(used)]
    frame = (step - first) % day
    order = np.argsort(frame, kind="stable")
    u, v, sigma = (each[order] for each in coverage[:3])
    return Night(frame[order], u, v, np.zeros(len(u), complex), sigma, frame.max() + 1)


def measure(film, night, rng):
    """Return the Night with what is measured of a film (frames, n, n), Jy per pixel, with noise."""
    value = np.empty(len(night.u), complex)
    for t, picture in enumerate(film):
        own = night.frame == t
        value[own] = joined(fourier(night.u[own], night.v[own], *sky()) @ picture.ravel())
    return night._replace(value=value + night.sigma * joined(rng.randn(2 * len(value))))
