"""How a source moves: a table of kinds, and what a motion does to pictures and to their visibilities.

From frame to frame a point p (east, north) of the sky goes to A p, an affine map. In t frames it goes to A^t p:

    A^t p = M p + b,    (M b; 0 1) = expm(t sum_k theta_k G_k)

with the generators G_k below. A picture s that is carried along, its flux unchanged, has the visibilities

    V_t(u) = exp(-2 pi i u . b) S(M^T u),

S those of s. No picture has to be interpolated for that.
"""

import numpy as np
from scipy.linalg import expm
from scipy.ndimage import affine_transform

from ..observation import FIELD, MICROARCSECOND

GENERATORS = {
    "east_uas": [[0, 0, 1], [0, 0, 0]],
    "north_uas": [[0, 0, 0], [0, 0, 1]],
    "turn_deg": np.radians([[0, 1, 0], [-1, 0, 0]]),  # from north through east, as angles on the sky are counted
    "growth": [[1, 0, 0], [0, 1, 0]],
    "stretch": [[1, 0, 0], [0, -1, 0]],
    "shear": [[0, 1, 0], [1, 0, 0]],
}

KINDS = {
    "none": (),
    "translation": ("east_uas", "north_uas"),
    "rotation": ("turn_deg",),
    "scale": ("growth",),
    "rotation and translation": ("turn_deg", "east_uas", "north_uas"),  # about any centre
    "affine": tuple(GENERATORS),
}


def powers(kind, theta, t):
    """Return M (T, 2, 2) and b (T, 2), microarcseconds, of A(theta)^t for times t (T,) in frames."""
    G = np.zeros((3, 3))
    for name, value in zip(KINDS[kind], theta, strict=True):
        G[:2] += value * np.asarray(GENERATORS[name])
    A = expm(np.reshape(t, (-1, 1, 1)) * G)
    return A[:, :2, :2], A[:, :2, 2]


def warp_uv(kind, theta, t, u, v):
    """Return u, v (M,) and phases (M,) of a picture carried along: V_t(u, v) = exp(i phase) S(u', v').

    t (M,) is the time of each visibility, in frames.
    """
    times, at = np.unique(t, return_inverse=True)
    M, b = (each[at] for each in powers(kind, theta, times))
    phase = -2 * np.pi * MICROARCSECOND * (u * b[:, 0] + v * b[:, 1])
    return M[:, 0, 0] * u + M[:, 1, 0] * v, M[:, 0, 1] * u + M[:, 1, 1] * v, phase


def warp_picture(kind, theta, t, picture):
    """Return the picture (n, n) of FIELD, Jy per pixel, carried along for times t (T,): the film (T, n, n).

    Interpolated by cubic splines; what leaves the field is lost.
    """
    n = len(picture)
    pixel, middle = FIELD / n, (n - 1) / 2
    film = []
    for M, b in zip(*powers(kind, theta, t), strict=True):
        back = np.linalg.inv(M)
        # Rows run to the south and columns to the west: (row, column) = middle - (north, east) / pixel.
        matrix = back[::-1, ::-1]
        offset = middle - matrix @ [middle, middle] + matrix @ b[::-1] / pixel
        film.append(affine_transform(picture, matrix, offset, order=3) * np.linalg.det(back))
    return np.array(film)


def step(kind, theta):
    """Return {name: value} of A, what happens from frame to frame: the turn, the shift of the middle, and the rest.

    A turn is from -180 to 180 degrees: frames cannot tell it from one that goes round once more.
    """
    found = dict(zip(KINDS[kind], map(float, theta), strict=True))
    east, north = powers(kind, theta, [1])[1][0]
    shift = {"east_uas": float(east), "north_uas": float(north)}
    if "turn_deg" in found:
        found["turn_deg"] = (found["turn_deg"] + 180) % 360 - 180
    return found | {name: shift[name] for name in shift if name in found}
