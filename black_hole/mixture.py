"""A Gaussian mixture with full covariances, learned by EM: the prior on the patches of a picture."""

from typing import NamedTuple

import numpy as np

from arithmetic.bayes import posterior


class Mixture(NamedTuple):
    """C Gaussians in d dimensions: the course's mixture with a covariance matrix in place of a variance."""

    p: np.ndarray  # (C,) weights, summing to 1
    mu: np.ndarray  # (C, d) means
    cov: np.ndarray  # (C, d, d) covariances, Lambda_c in the assignment


class TooFewPatches(ValueError):
    """Fewer patches differ from each other than there are components."""


def init(Z, C, seed=0):
    """Return the hard posterior (n, C) of the nearest of C patches, drawn from Z (n, d) by k-means++.

    Arthur and Vassilvitskii 2007. Raises TooFewPatches if Z has fewer than C different rows.
    """
    rng = np.random.RandomState(seed)
    nearest, distance = np.zeros(len(Z), int), np.full(len(Z), np.inf)
    centre = Z[rng.randint(len(Z))]
    for c in range(C):
        to_centre = ((Z - centre) ** 2).sum(1)
        nearest[to_centre < distance] = c
        distance = np.minimum(distance, to_centre)
        if c < C - 1 and not distance.any():
            raise TooFewPatches(f"{C} components need as many different patches; there are only {c + 1}")
        cumulated = np.cumsum(distance, dtype=float)
        centre = Z[np.searchsorted(cumulated, rng.rand() * cumulated[-1], side="right") % len(Z)]
    return np.eye(C, dtype=Z.dtype)[nearest]


class Density:
    """log p_c + log N(z; mu_c, Lambda_c) = peak_c - |W_c^T (z - mu_c)|^2 / 2 for patches z and all components c.

    W_c is the transposed inverse of Lambda_c's Cholesky factor; it whitens: W_c^T Lambda_c W_c = 1. Raises
    numpy.linalg.LinAlgError if a covariance is not positive definite.
    """

    def __init__(self, mixture, dtype=float):
        """Take a Mixture, and the precision to work in."""
        C, d = mixture.mu.shape
        W = np.linalg.inv(np.linalg.cholesky(mixture.cov)).transpose(0, 2, 1)
        log_determinant = np.log(np.diagonal(W, axis1=1, axis2=2)).sum(1)
        self.peak = np.log(mixture.p) + log_determinant - d / 2 * np.log(2 * np.pi)  # (C,), where z = mu_c
        self.centre = flush(np.einsum("cd,cde->ce", mixture.mu, W), dtype)
        self.side_by_side = flush(W.transpose(1, 0, 2).reshape(d, C * d), dtype)

    def squares(self, Z, rows=1024):
        """Return |W_c^T (z - mu_c)|^2, (n, C), of the rows of Z (n, d); one product whitens `rows` of them."""
        squares = np.empty((len(Z), len(self.peak)))
        for k in range(0, len(Z), rows):
            white = (Z[k : k + rows] @ self.side_by_side).reshape(-1, *self.centre.shape)
            white -= self.centre
            squares[k : k + rows] = np.einsum("nce,nce->nc", white, white)
        return squares


def flush(values, dtype):
    """Return the values in a precision, with 0 for all below 1e-20: denormal numbers make products slow."""
    return np.where(np.abs(values) < 1e-20, 0, values).astype(dtype)


def estep(Z, mixture):
    """Return the posterior (n, C) of the components given the patches Z (n, d), and the log-likelihood of Z."""
    density = Density(mixture, Z.dtype)
    return posterior(density.peak - density.squares(Z) / 2)


def mstep(Z, post, ridge=1e-4):
    """Return the Mixture of the weighted means and covariances of Z (n, d) under the posterior (n, C).

    `ridge`, in squared brightness, is added to the variances: patches of a black sky do not vary at all.
    """
    d = Z.shape[1]
    soft_count = post.sum(0, dtype=float) + 1e-10  # a component without patches stays finite
    post = np.where(post > 1e-12, post, 0).astype(Z.dtype)  # most patches say nothing about most components
    mu = (post.T @ Z) / soft_count[:, None]
    cov = np.empty((len(mu), d, d))
    for c in range(len(mu)):
        own = np.flatnonzero(post[:, c])
        centred = Z[own] - mu[c].astype(Z.dtype)
        cov[c] = (post[own, c, None] * centred).T @ centred / soft_count[c] + ridge * np.eye(d)
    return Mixture(soft_count / soft_count.sum(), mu, cov)


def run(Z, C, seed=0, ridge=1e-4, tol=1e-4, most=20):
    """Return the Mixture of C Gaussians that EM finds for the patches Z (n, d), and its log-likelihoods.

    Stops when the log-likelihood improves by at most tol x |new log-likelihood|, or after `most` E-steps. Works in the
    precision of Z.
    """
    Z = flush(Z, Z.dtype)
    mixture, log_likelihoods = mstep(Z, init(Z, C, seed), ridge), []
    while len(log_likelihoods) < most:
        post, new = estep(Z, mixture)
        mixture = mstep(Z, post, ridge)
        log_likelihoods.append(new)
        if len(log_likelihoods) > 1 and new - log_likelihoods[-2] <= tol * abs(new):
            break
    return mixture, np.array(log_likelihoods)
