"""EM on a store: what em.run does on a matrix, with a pass over the chunks for each iteration."""

import time
from typing import NamedTuple

import numpy as np

from arithmetic.bayes import posterior
from arithmetic.digits import lost
from common import GaussianMixture
from em import ENOUGH
from recommender.models.mixture import fitted, prepared
from recommender.scale import passes

NOISE = 0.3  # standard deviations of a rating


class Run(NamedTuple):
    """A run of EM so far, from which it can continue."""

    mixture: GaussianMixture  # after the last M-step
    before: GaussianMixture  # of the E-step before it
    log_likelihoods: tuple  # of each E-step
    seconds: tuple  # that each iteration took

    @property
    def ended(self):
        """Whether the log-likelihood has improved by at most 1e-6 of its size (tab 7)."""
        old, new = (-np.inf, -np.inf, *self.log_likelihoods)[-2:]
        return len(self.log_likelihoods) > 0 and not new - old > 1e-6 * abs(new)


def init(place, K, seed=0):
    """Return common.init of the ratings, zeros for gaps; raise InputError if all ratings are held out."""
    n, d = place.store.shape
    drawn, given = np.random.RandomState(seed).choice(n, K, replace=False), passes.all_moments(place)
    users = np.sort(drawn)
    mu = np.concatenate(list(place.each(_rows, users)))[np.searchsorted(users, drawn)]
    centre = given.count * given.mean / n
    apart = given.apart + given.count * (given.mean - centre) ** 2 + (n - given.count) * centre**2
    var = ((mu - centre) ** 2).mean(axis=1) + apart.sum() / (n * d)
    var[var == 0] = 1.0
    return GaussianMixture(mu, var, np.full(K, 1 / K))


def _rows(local, chunk, users):
    """Return the ratings (k, d) of the k given users who are in a chunk, 0 where missing; the users rise."""
    rows = [np.zeros((0, local.store.d))]
    for block in local.known(chunk):
        own = users[(users >= block.first) & (users < block.first + len(block.counts))] - block.first
        if len(own):
            rows.append(block.matrix(block.x)[own].toarray())
    return np.concatenate(rows)


def init_around_means(place, K, seed=0):
    """Return a starting point for ratings of which nearly all are missing: the movies' means, and normal noise.

    Each component has the variance of all ratings around their movies' means. A movie without ratings has the mean of
    all. docs/scale.md compares this start with the course's. Raises InputError if all ratings are held out.
    """
    given = passes.all_moments(place)
    total = given.count.sum()
    means = np.where(given.count > 0, given.mean, given.count @ given.mean / total)
    var = given.apart.sum() / total or 1.0
    noise = np.random.RandomState(seed).normal(0, NOISE * np.sqrt(var), (K, place.store.d))
    return GaussianMixture(means + noise, np.full(K, var), np.full(K, 1 / K))


STARTS = {"course": init, "means": init_around_means}


def least_variance(place):
    """Return the course's floor of the variances, 0.25 where ratings are stars, for ratings of any unit."""
    low = place.store.scale.low
    return 0.25 * passes.unit_of(passes.all_moments(place, low), low).size ** 2


def run(place, mixture, min_variance=0.25, callback=None, so_far=None):
    """Return the Run that em.run makes, or continue `so_far`; `callback` gets the Run after each iteration."""
    found = so_far or Run(mixture, mixture, (), ())
    while not found.ended:
        begin = time.perf_counter()
        sums = passes.sum_of(place.each(chunk_sums, found.mixture))
        new = mstep(place, sums, found.mixture, min_variance)
        found = Run(new, found.mixture, (*found.log_likelihoods, float(sums.log_likelihood)),
                    (*found.seconds, time.perf_counter() - begin))
        if callback:
            callback(found)
    return found


class Sums(NamedTuple):
    """All that an M-step needs: K (2 d + 2) + 1 numbers."""

    log_likelihood: float
    post: np.ndarray  # (K,): sum of post
    within: np.ndarray  # (K,): sum of post (x - mu)^2 over the ratings
    support: np.ndarray  # (d, K): sum of post over those who rated a movie
    shift: np.ndarray  # (d, K): sum of post (x - mu) over the same users

    __add__ = passes.add_fields


def chunk_sums(local, chunk, mixture):
    """Return the Sums of a chunk."""
    log_likelihood, total = 0.0, np.zeros((2, len(mixture.p)))
    distances, add, sums = local.kernel.begin(mixture)
    for counts, block in local.prepared(chunk):
        distance = distances(block)
        post, of_block = estep(counts, distance, mixture)
        add(block, post)
        log_likelihood += of_block
        total += post.sum(axis=0), np.einsum("uj,uj->j", post, distance)
    return Sums(log_likelihood, *total, *sums())


def estep(counts, distance, mixture):
    """Return post (users, K) and the log-likelihood, given the users' counts of ratings and squared distances."""
    with np.errstate(over="ignore"):  # a density whose logarithm is out of range is 0
        log_normal = -0.5 * counts[:, None] * np.log(2 * np.pi * mixture.var) - distance / (2 * mixture.var)
    return posterior(np.log(mixture.p + 1e-16) + log_normal)


def mstep(place, sums, mixture, min_variance):
    """Return the mixture that makes the ratings most likely, given the Sums of an E-step with the old mixture.

    With mu' = mu + step, the sum of post (x - mu')^2 is the sum of post (x - mu)^2 less support step^2. A long step, as
    from 0 to ratings around a million, loses digits of the difference; then another pass finds the sum.
    """
    moved = sums.support >= ENOUGH
    step = np.where(moved, sums.shift / np.maximum(sums.support, ENOUGH), 0)
    mu = (np.ascontiguousarray(mixture.mu.T) + step).T  # laid out as the kernels read it
    seen = sums.support.sum(axis=0)
    distance = sums.within - (sums.support * step**2).sum(axis=0)
    if lost(distance + min_variance * seen, sums.within).any():
        distance = passes.sum_of(place.each(_within, mixture, mixture._replace(mu=mu)))
    var = np.divide(distance, seen, where=seen > 0, out=mixture.var.copy())
    return GaussianMixture(mu, np.maximum(var, min_variance), sums.post / place.store.n)


def _within(local, chunk, mixture, other):
    """Return a chunk's sums of post times the squared distance to the means of another mixture, (K,)."""
    distances, *_ = local.kernel.begin(other)
    posts = block_posts(local, chunk, mixture)
    return passes.sum_of(np.einsum("uj,uj->j", post, distances(block))
                         for (_, block), post in zip(local.prepared(chunk), posts, strict=True))


def block_posts(local, chunk, mixture):
    """Return the soft counts (users, K) of each block of a chunk."""
    distances, *_ = local.kernel.begin(mixture)
    return [estep(counts, distances(block), mixture)[0] for counts, block in local.prepared(chunk)]


def posts(place, mixture):
    """Return the soft counts of all users, (n, K)."""
    return np.concatenate([post for chunk in place.each(block_posts, mixture) for post in chunk])


def of_users(X, mixture):
    """Return the recommender's Mixture of a GaussianMixture, and users with ratings X (n, d), a csr_array."""
    return fitted(prepared(X), mixture)


def predictions(local, chunk, mixture):
    """Yield the held-out ratings of each block, and their predictions post @ mu, (m,) each."""
    for (_, block), post in zip(local.blocks(chunk), block_posts(local, chunk, mixture), strict=True):
        yield block.x, np.einsum("mj,mj->m", post[block.user], mixture.mu.T[block.item])
