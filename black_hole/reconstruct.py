"""Half quadratic splitting: the picture that fits the measurements and whose patches are likely under the mixture.

Zoran and Weiss 2011 (EPLL) made the splitting, Bouman and others 2016 (CHIRP) took it to radio interferometry. Here

    minimise over x, z    weight / 2 |y - F x|^2 - sum_n log p(z_n) + beta / 2 sum_n |P_n x - z_n|^2

in turn: (1) z with x held, (2) x with z held, while beta grows until the patches of x and z are the same.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .fit import Fit
from .mixture import Density
from .rivals import tikhonov_to_noise

GAMMAS = (1, 4, 8, 16, 32, 64, 128, 256, 512)
PATCH_NOISE = 0.2  # of the peak brightness: beta = gamma / PATCH_NOISE^2
STEPS = 20  # of (1) and (2) for each gamma


def patches_of(picture, b):
    """Return z_n = P_n x: all overlapping b x b patches of a picture (n, n), as rows of b * b."""
    return sliding_window_view(picture, (b, b)).reshape(-1, b * b)


def add_patches(patches, n):
    """Return the sum of P_n^T z_n, (n, n): every patch added back in its place, the transpose of patches_of."""
    b = round(np.sqrt(patches.shape[1]))
    k = n - b + 1
    picture, stack = np.zeros((n, n)), np.ascontiguousarray(patches.T).reshape(b, b, k, k)
    for i, j in np.ndindex(b, b):
        picture[i : i + k, j : j + k] += stack[i, j]
    return picture


class Wiener:
    """Step (1): the most likely patches z given patches P x, seen as z with noise of variance 1 / beta."""

    def __init__(self, mixture, beta):
        seen = mixture.cov + np.eye(mixture.cov.shape[1]) / beta
        self.cluster_of = Nearest(mixture._replace(cov=seen))
        self.gain = np.linalg.solve(seen, mixture.cov)  # (Lambda + 1 / beta)^-1 Lambda
        self.rest = mixture.mu - np.einsum("cd,cde->ce", mixture.mu, self.gain)

    def __call__(self, patches):
        """Return z (n, d): each of the patches (n, d) drawn towards its most likely cluster.

        Given its cluster, z minimises beta / 2 |P x - z|^2 + (z - mu)^T Lambda^-1 (z - mu) / 2.
        """
        cluster, z = self.cluster_of(patches), np.empty_like(patches)
        for c in np.unique(cluster):
            own = np.flatnonzero(cluster == c)
            z[own] = patches[own] @ self.gain[c] + self.rest[c]
        return z


class Nearest:
    """The most likely cluster of patches that move little from call to call; who cannot change it is not asked.

    A patch that moves by s moves by at most a s when whitened, 1 / a^2 the smallest eigenvalue of all covariances. The
    distances |W_c^T (z - mu_c)| change by no more, so the most likely cluster b, by the log joint densities, stays
    ahead of c while

        s < (joint_b - joint_c) / a / (distance_b + distance_c)      and      s < distance_c / a.
    """

    def __init__(self, mixture):
        self.density = Density(mixture, np.float32)
        self.steepest = np.linalg.eigvalsh(mixture.cov).min() ** -0.5
        self.cluster = None

    def __call__(self, patches):
        """Return the index of the most likely cluster of each of the patches (n, d), (n,)."""
        if self.cluster is None:
            self.cluster, self.judged_at = np.empty(len(patches), int), patches.copy()
            self.reach = np.zeros(len(patches))
        moved = np.linalg.norm(patches - self.judged_at, axis=1)
        again = np.flatnonzero(moved >= self.reach)
        self.judged_at[again] = patches[again]
        self.cluster[again], self.reach[again] = self._judge(patches[again])
        return self.cluster

    def _judge(self, patches):
        squares = self.density.squares(patches.astype(np.float32))
        joint, distance = self.density.peak - squares / 2, np.sqrt(squares)
        best = joint.argmax(1)
        of_best = np.arange(len(best)), best
        reach = (joint[of_best][:, None] - joint) / (distance[of_best][:, None] + distance + 1e-30)
        reach = np.minimum(reach, distance)
        reach[of_best] = np.inf
        return best, reach.min(1) / self.steepest


def reconstruct(F, y, mixture, gammas=GAMMAS, report=lambda gamma, picture: None):
    """Return the picture (n, n), in Jy per pixel and nowhere negative, for measurements y (M,) = F (M, N) x + noise.

    The noise has unit variance (F and y are divided by its sigma). `report` is called after each gamma. Raises
    rivals.NoPicture where y is nothing but noise.

    Units. The mixture knows patches of pictures whose peak is 1, so x = peak * brightness, and the splitting works
    on the brightness, with peak * F in the place of F. The peak is that of the Tikhonov picture at the start, and is
    measured again after each gamma. With the source and the noise k times stronger, F is k times smaller, y the same
    and the peak k times greater: every number below stays what it was, whatever the total flux. That flux is not
    assumed but measured, by the stations that stand side by side.

    A pixel is told its value by as many patches as cover it, b^2 inside the picture. The measurements get that weight
    too (the weight of EPLL), and so does the wish that no pixel be negative: a splitting of its own, p = max(x, 0),
    with a multiplier m (as in ADMM) that makes it hold in the end, where beta / 2 |x - p|^2 alone would only lean that
    way.
    """
    n, b = round(np.sqrt(F.shape[1])), round(np.sqrt(mixture.mu.shape[1]))
    weight = b * b
    counts = add_patches(np.ones(((n - b + 1) ** 2, b * b)), n) + weight
    fit = Fit(F, F.T / counts.reshape(-1, 1))

    x = tikhonov_to_noise(F, y).reshape(n, n)
    peak = x.max()
    x, m, beta = x / peak, np.zeros((n, n)), 1.0
    for gamma in gammas:
        m, beta = m * beta * PATCH_NOISE**2 / gamma, gamma / PATCH_NOISE**2
        wiener = Wiener(mixture, beta)
        for _ in range(STEPS):
            z = wiener(patches_of(x, b))
            p = np.maximum(x + m, 0)
            m = m + x - p
            x0 = (add_patches(z, n) + weight * (p - m)) / counts
            x = fit(y / peak, x0.ravel(), beta / weight / peak**2).reshape(n, n)
        brightest = x.max()
        x, m, peak = x / brightest, m / brightest, peak * brightest
        report(gamma, np.maximum(x, 0) * peak)
    return np.maximum(x, 0) * peak
