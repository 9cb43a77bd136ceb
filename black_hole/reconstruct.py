"""Half quadratic splitting: the picture that fits the measurements and whose patches are likely under the mixture.

Zoran and Weiss 2011 (EPLL) made the splitting, Bouman and others 2016 (CHIRP) took it to radio interferometry. Here

    minimise over x, z    weight / 2 |y - F x|^2 - sum_n log p(z_n) + beta / 2 sum_n |P_n x - z_n|^2

in turn: (1) z with x held, (2) x with z held, while beta grows until the patches of x and z are the same.

The mixture knows patches of pictures whose peak is 1, so x = peak * brightness. The peak is measured again after each
gamma, and every number below is the same whatever the total flux.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .fit import Fit
from .mixture import Density
from .rivals import tikhonov_to_noise

GAMMAS = (1, 4, 8, 16, 32, 64, 128, 256, 512)
PATCH_NOISE = 0.2  # of the peak brightness: beta = gamma / PATCH_NOISE^2
STEPS = 40  # of (1) and (2) for each gamma
WEIGHT = 4  # of the measurements, over the number of patches that a pixel is in
RELINEARISE = 5  # steps after which measurements that are not linear in x are linearised again


def reconstruct(F, y, mixture, report=lambda gamma, picture: None):
    """Return the picture (n, n), in Jy per pixel and nowhere negative, for measurements y (M,) = F (M, N) x + noise.

    The noise has unit variance. `report` is called after each gamma. Raises rivals.NoPicture if y is nothing but noise.
    """
    n, b = round(np.sqrt(F.shape[1])), patch_side(mixture)
    weight = WEIGHT * b * b
    fit = Fit(F, F.T / coverage((n, n), b, weight).reshape(-1, 1))
    start, everywhere = tikhonov_to_noise(F, y).reshape(n, n), np.ones((n, n), bool)
    return split(lambda k, picture: (fit, y), start, mixture, weight, everywhere, STEPS, report)


def split(equations, x, mixture, weight, lit, steps, report=lambda gamma, picture: None):
    """Return the picture, in Jy per pixel and nowhere negative, after `steps` of the splitting for each gamma.

    That no pixel is negative is a splitting of its own, p = max(x, 0), with the weight of the measurements and a
    multiplier m, as in ADMM.

    Args:
        equations: equations(k, picture) returns the Fit, with K = coverage at the lit pixels, and y (M,) of
            measurements that are linear around a picture, at the k-th gamma.
        x: (..., n, n), the picture to start from, or several that the same measurements see.
        weight: of the measurements; a pixel in one patch has the weight 1.
        lit: (..., n, n) bool, where there may be light.
    """
    b, shape, peak = patch_side(mixture), x.shape, x.max()
    counts = coverage(shape, b, weight)[lit]
    x, m, beta = x / peak, np.zeros(shape), 1.0
    for k, gamma in enumerate(GAMMAS):
        m, beta = m * beta * PATCH_NOISE**2 / gamma, gamma / PATCH_NOISE**2
        wiener = Wiener(mixture, beta)
        for step in range(steps):
            if step % RELINEARISE == 0:
                fit, y = equations(k, np.maximum(x, 0) * peak)
            z = wiener(patches_of(x, b))
            p = np.maximum(x + m, 0)
            m = m + x - p
            x0 = (add_patches(z, shape) + weight * (p - m))[lit] / counts
            x = np.zeros(shape)
            x[lit] = fit(y / peak, x0, beta / weight / peak**2)
        brightest = x.max()
        x, m, peak = x / brightest, m / brightest, peak * brightest
        report(gamma, np.maximum(x, 0) * peak)
    return np.maximum(x, 0) * peak


def patch_side(mixture):
    """Return b, of a Mixture of patches b x b."""
    return round(np.sqrt(mixture.mu.shape[1]))


def coverage(shape, b, weight=0):
    """Return the diagonal of sum_n P_n^T P_n + weight, of a shape (..., n, n): how many patches each pixel is in."""
    return add_patches(np.ones_like(patches_of(np.zeros(shape), b)), shape) + weight


def patches_of(picture, b):
    """Return z_n = P_n x: all overlapping b x b patches of a picture (..., n, n), as rows of b * b."""
    return sliding_window_view(picture, (b, b), (-2, -1)).reshape(-1, b * b)


def add_patches(patches, shape):
    """Return sum_n P_n^T z_n of a shape (..., n, n): the transpose of patches_of."""
    b = round(np.sqrt(patches.shape[1]))
    k = shape[-1] - b + 1
    picture, stack = np.zeros(shape), np.ascontiguousarray(patches.T).reshape(b, b, *shape[:-2], k, k)
    for i, j in np.ndindex(b, b):
        picture[..., i : i + k, j : j + k] += stack[i, j]
    return picture


class Wiener:
    """Step (1): the most likely patches z given patches P x, seen as z with noise of variance 1 / beta."""

    def __init__(self, mixture, beta):
        seen = mixture.cov + np.eye(mixture.cov.shape[1]) / beta
        self.component_of = Nearest(mixture._replace(cov=seen))
        self.gain = np.linalg.solve(seen, mixture.cov)  # (Lambda + 1 / beta)^-1 Lambda
        self.rest = mixture.mu - np.einsum("cd,cde->ce", mixture.mu, self.gain)

    def __call__(self, patches):
        """Return z (n, d), which minimise beta / 2 |P x - z|^2 + (z - mu)^T Lambda^-1 (z - mu) / 2."""
        component, z = self.component_of(patches), np.empty_like(patches)
        for c in np.unique(component):
            own = np.flatnonzero(component == c)
            z[own] = patches[own] @ self.gain[c] + self.rest[c]
        return z


class Nearest:
    """The most likely component of patches that move little from call to call; most need not be compared again.

    A patch that moves by s moves by at most a s when whitened, 1 / a^2 the smallest eigenvalue of all covariances. The
    distances |W_c^T (z - mu_c)| change by no more. So the most likely component b, by the log joint densities, stays
    ahead of c while

        s < (joint_b - joint_c) / a / (distance_b + distance_c)      and      s < distance_c / a.
    """

    def __init__(self, mixture):
        self.density = Density(mixture, np.float32)
        self.steepest = np.linalg.eigvalsh(mixture.cov).min() ** -0.5
        self.component = None

    def __call__(self, patches):
        """Return the index of the most likely component of each of the patches (n, d), (n,)."""
        if self.component is None:
            self.component, self.judged_at = np.empty(len(patches), int), patches.copy()
            self.reach = np.zeros(len(patches))
        moved = np.linalg.norm(patches - self.judged_at, axis=1)
        again = np.flatnonzero(moved >= self.reach)
        self.judged_at[again] = patches[again]
        self.component[again], self.reach[again] = self._judge(patches[again])
        return self.component

    def _judge(self, patches):
        """Return the most likely component of each of the patches (n, d), (n,), and how far they may move, (n,)."""
        squares = self.density.squares(patches.astype(np.float32))
        joint, distance = self.density.peak - squares / 2, np.sqrt(squares)
        best = joint.argmax(1)
        of_best = np.arange(len(best)), best
        reach = (joint[of_best][:, None] - joint) / (distance[of_best][:, None] + distance + 1e-30)
        reach = np.minimum(reach, distance)
        reach[of_best] = np.inf
        return best, reach.min(1) / self.steepest
