"""A film as a Gaussian hidden Markov model, worked out in the space of its measurements.

A layer of the film is a picture that is carried along by a motion A (warps) and slowly forgets what it was:

    x_t = mu_t + d_t,  d_t = m A d_{t-1} + w_t,  w_t ~ N(0, (1 - m^2) Lambda_t),  d_1 ~ N(0, Lambda_1)

with m = exp(-1 / memory). mu_t and Lambda_t are carried along by A, too. For an observer who moves with the layer this
is the model of `ghmm` with A = m. m = 0 is each frame alone, m = 1 one picture carried along. Layers add up.

A visibility is linear in the film, so all M of them are jointly Gaussian, and everything follows from their covariance
K (2M, 2M), real parts before imaginary parts, in units of the noise:

    K = 1 + sum over layers of m^|t - t'| G Lambda G^T,    G = F at the (u, v) that the motion turns and stretches.

Nothing N x N is made: Lambda is a product of Gaussians of rows and columns, as is every row of G.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from ..observation import MICROARCSECOND, PIXELS, fourier, joined, parts, sky
from .warps import warp_picture, warp_uv

FOREVER = 1e8  # frames; a memory that loses nothing in any film


class Night(NamedTuple):
    """M visibilities, in the order of their frames; a frame may have none."""

    frame: np.ndarray  # (M,) from 0 to frames - 1
    u: np.ndarray  # (M,) wavelengths
    v: np.ndarray  # (M,) wavelengths
    value: np.ndarray  # (M,) Jy, complex
    sigma: np.ndarray  # (M,) Jy, of the real and of the imaginary part
    frames: int

    @property
    def time(self):
        """The frames' distance from the middle of the night, in frames, (M,)."""
        return self.frame - (self.frames - 1) / 2

    @property
    def flux(self):
        """The brightest visibility, Jy: the unit of brightness."""
        return np.abs(self.value).max()

    @property
    def y(self):
        """The measured numbers in units of their noise, (2M,)."""
        return parts(self.value / self.sigma)


class Layer(NamedTuple):
    """A picture that moves: its motion, its prior, and how long it remembers."""

    kind: str  # of warps.KINDS
    theta: tuple
    sd: float  # of the brightness in the middle, in units of the mean picture's
    width: float  # microarcseconds, standard deviation of the envelope
    length: float  # microarcseconds, over which pixels go together
    memory: float  # frames


class Model(NamedTuple):
    """What a film is made of: layers that add up, each with an equal share of the mean flux."""

    layers: tuple  # of Layers
    brightness: np.ndarray  # (frames,) factor of each frame


class Solved(NamedTuple):
    """The measurements under a Model."""

    log_likelihood: float
    alpha: np.ndarray  # (2M,) K^-1 (y - mean)
    cholesky: np.ndarray  # (2M, 2M) lower factor of K


def solve(night, model, of_layer=None):
    """Return the Solved of a Model. Raises numpy.linalg.LinAlgError if rounding spoils K.

    of_layer(layer) replaces `seen`, for a caller that caches it.
    """
    y, of_layer = night.y, of_layer or (lambda layer: seen(night, layer, model.brightness))
    covariances, means = zip(*map(of_layer, model.layers), strict=True)
    K = sum(covariances)
    K[np.diag_indices_from(K)] += 1
    cholesky = np.linalg.cholesky(K)
    white = solve_triangular(cholesky, y - sum(means) / len(means), lower=True, check_finite=False)
    log_likelihood = -(white @ white + len(y) * np.log(2 * np.pi)) / 2 - np.log(np.diag(cholesky)).sum()
    alpha = solve_triangular(cholesky, white, lower=True, trans="T", check_finite=False)
    return Solved(float(log_likelihood), alpha, cholesky)


def seen(night, layer, brightness):
    """Return the covariance (2M, 2M) of what is measured of a layer, and the mean (2M,) for all of the flux."""
    u, v, gain = carried(night, layer, brightness)
    envelope, correlation = axis_prior(layer)
    peak = night.flux / envelope.sum() ** 2
    east, north = axis_rows(u) * (gain * peak)[:, None], axis_rows(v)
    mean = (east @ envelope) * (north @ envelope)
    (same, other), (same_north, other_north) = products(east, correlation), products(north, correlation)
    scale = layer.sd**2 / 2 * np.exp(-np.abs(night.frame[:, None] - night.frame) / layer.memory)
    same *= same_north * scale  # E[V_i conj(V_j)] / 2
    other *= other_north * scale  # E[V_i V_j] / 2
    covariance = np.block([[(same + other).real, (other - same).imag], [(same + other).imag, (same - other).real]])
    return covariance, parts(mean)


def carried(night, layer, brightness):
    """Return u, v (M,) of the layer's own picture, and factors (M,) that make its visibilities those over the noise."""
    u, v, phase = warp_uv(layer.kind, layer.theta, night.time, night.u, night.v)
    return u, v, np.exp(1j * phase) * brightness[night.frame] / night.sigma


def axis_prior(layer):
    """Return the envelope (n,) and Lambda's factor (n, n) along one axis: Lambda = sd^2 kron(factor, factor)."""
    x = axis()
    envelope = np.exp(-((x / layer.width) ** 2) / 2)
    return envelope, np.exp(-(((x[:, None] - x) / layer.length) ** 2) / 2) * np.outer(envelope, envelope)


def axis():
    """Return east of the columns, which is north of the rows, (n,), in microarcseconds."""
    return sky(PIXELS)[0][0]


def axis_rows(u):
    """Return exp(-2 pi i u x) for u (M,), (M, n)."""
    return np.exp(-2j * np.pi * MICROARCSECOND * np.outer(u, axis()))


def products(rows, correlation):
    """Return E K E^H and E K E^T, (M, M), of complex rows E (M, n) and a real K (n, n), by one real product."""
    both, M = parts(rows), len(rows)
    all_four = both @ correlation @ both.T
    cc, cs, sc, ss = all_four[:M, :M], all_four[:M, M:], all_four[M:, :M], all_four[M:, M:]
    return cc + ss + 1j * (sc - cs), cc - ss + 1j * (sc + cs)


def pixel_rows(night, layer, brightness):
    """Return G (2M, n * n): what is measured of the layer's own picture, in units of the noise."""
    u, v, gain = carried(night, layer, brightness)
    return parts(gain[:, None] * joined(fourier(u, v, *sky(PIXELS))))


def posterior(night, model):
    """Return the expected pictures (layers, frames, n, n) of each layer, seen by an observer who moves with it.

    E[x_t | y] = mu + Lambda sum_t' m^|t - t'| G_t'^T alpha_t'.
    """
    solved, result = solve(night, model), []
    for layer in model.layers:
        envelope, correlation = axis_prior(layer)
        pulled = pixel_rows(night, layer, model.brightness) * solved.alpha[:, None]
        frames = np.zeros((night.frames, PIXELS * PIXELS))
        np.add.at(frames, np.tile(night.frame, 2), pulled)
        t = np.arange(night.frames)
        frames = np.exp(-np.abs(t[:, None] - t) / layer.memory) @ frames
        deviation = correlation @ frames.reshape(-1, PIXELS, PIXELS) @ correlation
        peak = night.flux / envelope.sum() ** 2
        result.append(peak / len(model.layers) * np.outer(envelope, envelope) + (peak * layer.sd) ** 2 * deviation)
    return np.array(result)


def project(model, pictures):
    """Return the film (frames, n, n), Jy per pixel, of each layer's own pictures (layers, frames or 1, n, n)."""
    times = np.arange(len(model.brightness)) - (len(model.brightness) - 1) / 2
    film = 0
    for layer, own in zip(model.layers, pictures, strict=True):
        frames = np.broadcast_to(own, (len(times), *own.shape[1:]))
        film += np.array([warp_picture(layer.kind, layer.theta, [t], x)[0]
                          for t, x in zip(times, frames, strict=True)])
    return film * model.brightness[:, None, None]


def left_out(night, model):
    """Return the mean of (y - its prediction)^2 when each frame in turn is left out and predicted from all others.

    The misfit of frame t is (K^-1)_tt^-1 alpha_t (Rasmussen and Williams 2006, section 5.4.2).
    """
    solved = solve(night, model)
    inverse = solve_triangular(solved.cholesky, np.eye(len(solved.alpha)), lower=True, check_finite=False)
    inverse = inverse.T @ inverse
    misfit = np.empty(len(solved.alpha))
    for t in np.unique(night.frame):
        own = np.flatnonzero(np.tile(night.frame == t, 2))
        misfit[own] = np.linalg.solve(inverse[np.ix_(own, own)], solved.alpha[own])
    return float((misfit**2).mean())
