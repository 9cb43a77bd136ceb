"""EM on a store: what em.run does on a matrix, a pass over the chunks an iteration."""

import time
from typing import NamedTuple

import numpy as np

from arithmetic.digits import lost
from common import GaussianMixture
from em import ENOUGH
from recommender.models.mixture import prepared, state
from recommender.scale import passes

NOISE = 0.3  # standard deviations of a rating


class Run(NamedTuple):
    """What an interrupted run goes on from."""

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
    """Return the course's starting point, as common.init of the matrix with zeros for gaps.

    Args:
        place: where the passes are made, with a method each(function, *given), as Local.
        K, seed: as in common.init.

    Raises:
        InputError: all ratings are hidden.
    """
    n, d = place.store.shape
    drawn, given = np.random.RandomState(seed).choice(n, K, replace=False), passes.all_moments(place)
    found = zip(*place.each(passes.rows, drawn), strict=True)
    users, rows = map(np.concatenate, found)
    mu = rows[np.searchsorted(users, drawn)]
    centre = given.count * given.mean / n
    apart = given.apart + given.count * (given.mean - centre) ** 2 + (n - given.count) * centre**2
    var = ((mu - centre) ** 2).mean(axis=1) + apart.sum() / (n * d)
    var[var == 0] = 1.0
    return GaussianMixture(mu, var, np.full(K, 1 / K))


def init_around_means(place, K, seed=0):
    """Return a starting point for ratings of which nearly all are missing: the movies' means, and noise.

    The course's counts gaps as zeros. Where nearly all are gaps, that leaves nearly all users to the component that was
    drawn from the most active one. Here the components differ by normal noise of 0.3 standard deviations of a rating,
    and each has the variance of all ratings around their movies' means. A movie without ratings has the mean of all
    ratings. Raises InputError where all are hidden.
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


def run(place, mixture, min_variance=0.25, callback=None, state=None):
    """Return the Run that em.run makes from this mixture.

    Args:
        place: where the passes are made.
        mixture: GaussianMixture to start from.
        min_variance: the variances' floor.
        callback: called with the Run after each iteration, where given.
        state: a Run to go on from, in place of the mixture.
    """
    state = state or Run(mixture, mixture, (), ())
    while not state.ended:
        begin = time.perf_counter()
        sums = passes.sum_of(place.each(passes.sums, state.mixture))
        new = mstep(place, sums, state.mixture, min_variance)
        state = Run(new, state.mixture, (*state.log_likelihoods, float(sums.log_likelihood)),
                    (*state.seconds, time.perf_counter() - begin))
        if callback:
            callback(state)
    return state


def mstep(place, sums, mixture, min_variance):
    """Return the mixture that makes the ratings most likely, given the Sums of an E-step with the old mixture.

    With mu' = mu + step, the sum of post (x - mu')^2 is that of post (x - mu)^2 less support step^2. A long step, as
    from 0 to ratings around a million, loses digits of it; then another pass finds the sum.
    """
    moved = sums.support >= ENOUGH
    step = np.where(moved, sums.shift / np.maximum(sums.support, ENOUGH), 0)
    mu = (np.ascontiguousarray(mixture.mu.T) + step).T  # laid out as the kernels go through it
    seen = sums.support.sum(axis=0)
    distance = sums.within - (sums.support * step**2).sum(axis=0)
    if lost(distance + min_variance * seen, sums.within).any():
        distance = passes.sum_of(place.each(passes.within, mixture, mixture._replace(mu=mu)))
    var = np.divide(distance, seen, where=seen > 0, out=mixture.var.copy())
    return GaussianMixture(mu, np.maximum(var, min_variance), sums.post / place.store.n)


def posts(place, mixture):
    """Return the soft counts of all users, (n, K)."""
    return np.concatenate(list(place.each(passes.posts, mixture)))


def of_users(X, mixture):
    """Return the recommender's Mixture of a GaussianMixture, and users with ratings X (n, d), a csr_array."""
    return state(prepared(X), mixture)


def rmse(place, mixture):
    """Return the RMSE of the predictions of the hidden ratings, clipped to the scale; None where none is hidden."""
    return passes.rmse(place, passes.errors, mixture)
