"""Rows with gaps under a fitted mixture in the table's units: densities, components, and what the gaps may be."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from .checks import matrix
from .expect import gaussians, view, views
from .kernels import fastest
from .model import posterior
from .small import scatter
from .start import random_of
from .table import Scale, chunks, some, table
from .units import in_units


def own_scale(mixture):
    """Return the Scale in which the mixture has mean 0 and variance 1."""
    centre = mixture.p @ mixture.mu
    variance = mixture.p @ (mixture.mu - centre) ** 2 + mixture.p @ variances(mixture)
    if mixture.kind == "spherical":
        variance = np.full_like(variance, variance.mean())
    return Scale(centre, np.sqrt(variance))


def variances(mixture):
    """Return each component's variances, (K, d)."""
    cov = mixture.cov
    if mixture.kind in ("full", "tied"):
        cov = np.diagonal(cov, axis1=-2, axis2=-1)
    elif mixture.kind == "spherical":
        cov = cov[:, None]
    return np.broadcast_to(cov, mixture.mu.shape)


def _views(X, mixture):
    """Yield the blocks of X (n, d), their views, and soft counts and log p(x) in standardised units; and the scale."""
    if X.shape[1] != mixture.mu.shape[1]:
        raise ValueError(f"expected X to have the mixture's {mixture.mu.shape[1]} columns, got {X.shape[1]}")
    scale = own_scale(mixture)
    parts, rows = gaussians(in_units(mixture, scale)), table(X, scale, mixture.kind)
    invert = fastest(rows)
    for block in rows.blocks:
        seen_by = views(block, parts, invert)
        yield block, seen_by, *posterior(np.stack([view.log_density for view in seen_by], axis=1), mixture.p), scale


def responsibilities(X, mixture):
    """Return the posterior of the components (n, K), and log p(observed entries) (n,), of X (n, d), NaN where missing.

    A row without entries has the weights, and 0.
    """
    X = matrix(X)
    post, log_density = np.empty((len(X), len(mixture.p))), np.empty(len(X))
    for block, _, soft, density, scale in _views(X, mixture):
        post[block.rows] = soft
        log_density[block.rows] = density - block.seen @ np.log(scale.width)
    return post, log_density


def impute(X, mixture):
    """Return X (n, d) with every gap filled by its expectation given the row's entries."""
    X = matrix(X)
    filled = X.copy()
    for block, seen_by, soft, _, scale in _views(X, mixture):
        mean = sum(soft[:, k, None] * (view.gaussian.mu + view.e) for k, view in enumerate(seen_by))
        filled[block.rows] = np.where(block.seen, X[block.rows], mean * scale.width + scale.centre)
    return filled


def draw(X, mixture, draws, random_state=None):
    """Return (draws, n, d) copies of X (n, d), with gaps drawn from their distribution given the row's entries.

    A component is drawn for each row, then the gaps from its Gaussian. With y a draw of whole rows,
    x_M = E[x_M | x_O] + y_M - E[y_M | y_O] is a draw from the conditional distribution.
    """
    X, random = matrix(X), random_of(random_state)
    filled = np.repeat(X[None], draws, axis=0)
    for block, seen_by, soft, _, scale in _views(X, mixture):
        m, d = block.x.shape
        for some_draws in chunks(draws if block.entries.min() < d else 0, m * d):
            chosen = _components(soft, some_draws.stop - some_draws.start, random)
            for k, seen in enumerate(seen_by):
                one, row = np.nonzero(chosen == k)
                rows = some(block, row)
                y = noise(seen.gaussian, random, len(row))
                apart = view(rows._replace(x=rows.x - y), seen.gaussian, seen.small).e
                drawn = (seen.gaussian.mu + y + apart) * scale.width + scale.centre
                at = some_draws.start + one, rows.rows
                filled[at] = np.where(rows.seen, X[rows.rows], drawn)
    return filled


def _components(soft, draws, random):
    """Return a component for each draw and row, (draws, m), drawn from the soft counts (m, K)."""
    total = soft.cumsum(axis=1)
    drawn = random.uniform(size=(draws, len(soft), 1)) * total[:, -1:]
    return (total <= drawn).sum(axis=2)


def noise(gaussian, random, size):
    """Return draws from a Gaussian less its mean, (size, d)."""
    standard = random.normal(size=(size, len(gaussian.mu)))
    return standard * np.sqrt(gaussian.cov) if gaussian.root is None else standard @ np.linalg.cholesky(gaussian.cov).T


def each_covariance(mixture):
    """Return the K covariances, each (d, d), (d,) or a number."""
    return [mixture.cov] * len(mixture.p) if mixture.kind == "tied" else mixture.cov


def rows_of(mu, cov, size, random):
    """Return rows (size, d) drawn from a Gaussian, with the random numbers that scikit-learn draws."""
    if np.ndim(cov) == 2:
        sd = np.sqrt(np.diag(cov))
        width = sd if sd.max() > 1e4 * sd.min() else np.ones_like(sd)  # the function loses digits on unlike units
        return mu + width * random.multivariate_normal(np.zeros_like(mu), cov / np.outer(width, width), size)
    return mu + random.standard_normal((size, len(mu))) * np.sqrt(cov)


class Conditional(NamedTuple):
    """The distribution of a row's gaps given its entries: a mixture of Gaussians."""

    weights: np.ndarray  # (K,)
    means: np.ndarray  # (K, q)
    covariances: np.ndarray  # (K, q, q)
    entries: np.ndarray  # (q,): the gaps' columns, numbers or names

    @property
    def mean(self):
        """The gaps' expectation, (q,)."""
        return self.weights @ self.means

    @property
    def covariance(self):
        """Their covariance, (q, q)."""
        apart = self.means - self.mean
        return np.einsum("k,kij->ij", self.weights, self.covariances) + (self.weights[:, None] * apart).T @ apart

    def quantile(self, share, entry):
        """Return the value below which the entry, a column's number or name, lies with probability `share`."""
        j = self._at(entry)
        mu, sd = self.means[:, j], np.sqrt(self.covariances[:, j, j])
        return np.vectorize(lambda one: _quantile(one, self.weights, mu, sd), otypes=[float])(share)[()]

    def interval(self, entry, level=0.9):
        """Return the two quantiles between which the entry lies with probability `level`, as likely below as above."""
        if not 0 < level < 1:
            raise ValueError(f"expected a level between 0 and 1, such as 0.9; got {level}")
        return tuple(self.quantile([(1 - level) / 2, (1 + level) / 2], entry).tolist())

    def _at(self, entry):
        found = np.flatnonzero(self.entries == entry)
        if not len(self.entries):
            raise ValueError(f"the row has no gaps; got {entry!r}")
        if len(found) != 1:
            raise ValueError(f"expected one of the gaps, {', '.join(map(repr, self.entries.tolist()))}; got {entry!r}")
        return found[0]


def _quantile(share, p, mu, sd):
    """Return the quantile of a mixture of normals on a line; it lies between those of its components."""
    if not 0 < share < 1:
        raise ValueError(f"expected a share between 0 and 1, got {share}")
    ends = (mu + sd * ndtri(share))[p > 0]
    low, high = ends.min(), ends.max()

    def beyond(x):
        return p @ ndtr((x - mu) / sd) - share

    if beyond(low) >= 0:  # only by rounding; likewise at the other end
        return low
    if beyond(high) <= 0:
        return high
    return brentq(beyond, low, high, xtol=1e-12 * (high - low), rtol=1e-14)


def conditional(x, mixture, names=None):
    """Return the Conditional of the gaps of one row (d,)."""
    (block, seen_by, soft, _, scale), = _views(matrix([x]), mixture)
    M = np.flatnonzero(~block.seen[0])
    width = scale.width[M]
    means = [(view.gaussian.mu + view.e[0])[M] * width + scale.centre[M] for view in seen_by]
    covs = [np.diag(view.gaussian.cov) if view.small is None else scatter(block, view.gaussian, view.small, np.ones(1))
            for view in seen_by]
    covs = [cov[np.ix_(M, M)] * np.outer(width, width) for cov in covs]
    entries = M if names is None else np.asarray(names)[M]
    return Conditional(soft[0], np.reshape(means, (len(seen_by), len(M))),
                       np.reshape(covs, (len(seen_by), len(M), len(M))), entries)

