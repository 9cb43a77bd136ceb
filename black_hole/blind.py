"""Imaging with stations whose gains nobody knows: half quadratic splitting on their closures.

Every few steps of the splitting the measurements are linearised at the present picture: its gains are solved for, and
what is unknown of them becomes noise that baselines share (`gains.whiten`). Then y = F x + noise of unit variance, and
the picture sees only closures. These do not say where it is nor how bright, so a support and the flux are assumed.

From an unlucky start a ring may break. So the first round is made from several starts, none of them a ring, and the
other rounds go on from the median of their pictures. docs/m87.md says how the numbers below were chosen.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import logsumexp

from .eht import SOURCES
from .fit import Fit
from .gains import FREEDOM, Network, long_baselines, network, reweighted, whiten
from .mixture import Density
from .observation import fourier, joined, sky
from .reconstruct import GAMMAS, PATCH_NOISE, coverage, patch_side, patches_of, split

PIXELS, FIELD = 50, 125.0  # along each side; microarcseconds
SUPPORT = 45.0  # microarcseconds from the middle, beyond which there is no light
FLUX, FLUX_ERROR = SOURCES["M87"], 1 / 6  # Jy, and a share of it: assumed
WEIGHT = 1024  # of the measurements: with 64, rings are wide, and other scans are predicted worse
ROUNDS = (10, 4, 2, 1)  # how many times too large the noise is taken at each round's first gamma; then half, and so on
BLUR = 15.0  # microarcseconds, full width at half maximum, before all rounds but the first and the last
STEPS = 20  # for each gamma; with 10, starts end further apart


class Sight(NamedTuple):
    """The measurements of one day and band, the pixels they are imaged on, and the flux that is assumed."""

    net: Network  # M long baselines
    F: np.ndarray  # (M, N) complex, V = F x
    lit: np.ndarray  # (n, n) bool: pixels within the support
    flux: float  # Jy


def sight(averages):
    """Return the Sight of scan averages, a Visibilities; short baselines, which see the large jet, are left out."""
    own = long_baselines(averages)
    east, north = sky(PIXELS, FIELD)
    F = joined(fourier(own.u, own.v, east, north))
    return Sight(network(own), F, np.hypot(east, north) <= SUPPORT, SOURCES[averages.source])


def starts(flux=FLUX):
    """Return {name: picture (n, n)} of a flux in Jy to start from: none of them a ring."""
    east, north = sky(PIXELS, FIELD)
    radius = np.hypot(east, north)
    grain = gaussian_filter(np.random.RandomState(0).rand(PIXELS, PIXELS) - 0.5, 3)
    shapes = {
        "disc 40": radius < 20,
        "disc 60": radius < 30,
        "disc 80": radius < 40,
        "blob 40": np.exp(-4 * np.log(2) * (radius / 40) ** 2),
        "noise": np.clip(grain, 0, None) * (radius < 30),
    }
    return {name: flux * shape / shape.sum() for name, shape in shapes.items()}


def first_round(sight, prior):
    """Return {start: picture (n, n)} after the first round from each of the starts."""
    return {name: one_round(sight, prior, x, ROUNDS[0]) for name, x in starts(sight.flux).items()}


def image(sight, prior, pictures):
    """Return the picture (n, n), Jy per pixel, that the later rounds make of the median of several (n, n)."""
    best = centred(min(pictures, key=lambda x: score(sight, prior, x)))
    x = np.median([aligned(x, best) for x in pictures], axis=0)
    for inflation in ROUNDS[1:]:
        if inflation > 1:
            x = gaussian_filter(centred(x), BLUR / 2.355 / (FIELD / PIXELS))
        x = one_round(sight, prior, x, inflation)
    return x


def one_round(sight, prior, x, inflation):
    """Return the picture (n, n) after all gammas once, from x; the noise is `inflation` times too large at first."""
    counts = coverage(x.shape, patch_side(prior), WEIGHT)[sight.lit]

    def equations(k, picture):
        F, y, _ = linearise(sight, picture, max(inflation / 2**k, 1))
        return Fit(F, F.T / counts[:, None]), y

    return split(equations, np.where(sight.lit, x, 0), prior, WEIGHT, sight.lit, STEPS)


def linearise(sight, x, inflation=1.0):
    """Return F (2M + 1, lit pixels) and y (2M + 1,), the flux last, around a picture x (n, n), and Student's w (M,)."""
    model = sight.F @ x.ravel()
    log_gain, net = reweighted(sight.net, model, inflation)
    F, y = whiten(net, log_gain, model, sight.F[:, sight.lit.ravel()], inflation)
    F = np.vstack([F, np.full(F.shape[1], 1 / FLUX_ERROR / sight.flux)])
    return F, np.append(y, 1 / FLUX_ERROR), (sight.net.sigma / net.sigma) ** 2


def aligned(x, other):
    """Return the picture (n, n) moved by whole pixels to where it is most like another: closures know no place."""
    match = np.fft.ifft2(np.fft.fft2(other) * np.fft.fft2(x).conj()).real
    return np.roll(x, np.unravel_index(match.argmax(), match.shape), (0, 1))


def centred(x):
    """Return the picture (n, n) moved by whole pixels so that its light is around the middle."""
    offset = np.arange(len(x)) - (len(x) - 1) / 2
    row, column = (x.sum(1) @ offset, x.sum(0) @ offset) / x.sum()
    return np.roll(x, (-round(row), -round(column)), (0, 1))


def score(sight, prior, x):
    """Return chi-square / 2 - log-prior / WEIGHT, which the splitting minimises, at a picture x (n, n).

    The weights' own terms make chi-square / 2 the least over w of what -log p of Student's t is, up to a constant.
    """
    F, y, w = linearise(sight, x)
    misfit = y - F @ x[sight.lit]
    weights = (FREEDOM * w - (FREEDOM + 2) * np.log(w)).sum()
    return float((misfit @ misfit + weights) / 2 - log_prior(prior, x / x.max()) / WEIGHT)


def log_prior(prior, brightness):
    """Return the sum of log p(P_n x) of all patches of a picture (n, n) with peak 1, at the last gamma's noise."""
    b = patch_side(prior)
    density = Density(prior._replace(cov=prior.cov + PATCH_NOISE**2 / GAMMAS[-1] * np.eye(b * b)))
    return float(logsumexp(density.peak - density.squares(patches_of(brightness, b)) / 2, axis=1).sum())
