"""Drift in time: the ratings that a user gives at one sitting have something in common.

    x_ui ~ Normal(mean + b_u + c_i + p_u . q_i + sum_s w_{s, group_s(u, t_ui)},  1 / (noise a_u g_i))

The sampler of bayesian.py, with a user's effect in time (Koren 2009 has one for each user and day):

    w_s ~ Normal(0, 1 / tau_s),    tau_s ~ Gamma(1, 1/20)

Each way s to group a user's ratings by their times has its own tau. In one way, a group has the ratings of the same
moment (a page of films that was sent at once). In the others, it has RUNS[s] ratings in a row. Only the order of the
times counts, and which are equal. So their unit does not matter. Ratings of unknown time, -inf, come first, as one
moment.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from recommender.choosing import Model
from recommender.models import bayesian
from recommender.models.factorization import at
from recommender.models.side import GROUPS
from recommender.sparse import pairs, places_of, rows, with_values

RANKS = 30, 60, 100  # to choose from
RUNS = 4, 16, 64  # ratings in a row. More lengths, or groups of movies' ratings, were no better in validation
START = 20.0  # of every tau, and the prior's mean


class Grouping(NamedTuple):
    """The groups of one way to group ratings."""

    of: np.ndarray  # (m,): each training rating's
    size: int  # how many there are
    asked: np.ndarray  # (a,): each asked pair's; `size` if no training rating is in it


class Drift(NamedTuple):
    """One draw of the effects in time, of S ways to group ratings."""

    w: tuple  # S arrays, of as many effects as there are groups
    tau: np.ndarray  # (S,)


def groupings(X, times, users, then):
    """Return the Groupings of ratings X (n, d) at times (m,), and of times `then` (a,) of `users` (a,).

    Such a time belongs to the run of the training rating that comes next, or else of the user's last one.
    """
    order, rank = np.unique(np.concatenate([times, then]), return_inverse=True)
    who = np.concatenate([rows(X), users]).astype(np.int64)
    moment = who * len(order) + rank
    known = np.sort(moment[:X.nnz])
    earlier = np.minimum(np.searchsorted(known, moment), X.indptr[who + 1] - 1) - X.indptr[who]  # of the user's ratings
    keys = moment, *(who * (X.nnz + 1) + earlier // run for run in RUNS)
    return [_grouping(key[:X.nnz], key[X.nnz:]) for key in keys]


def _grouping(keys, asked):
    """Return the Grouping of training ratings with such keys, (m,), and of asked pairs, (a,)."""
    known, of = np.unique(keys, return_inverse=True)
    found = np.searchsorted(known, asked)
    missing = known.take(found, mode="clip") != asked
    return Grouping(of, len(known), np.where(missing, len(known), found))


def start(groupings):
    """Return the Drift before the first sweep."""
    return Drift(tuple(np.zeros(each.size) for each in groupings), np.full(len(groupings), START))


def of_ratings(drift, groupings):
    """Return the sum of each training rating's effects in time, (m,)."""
    return sum(w[each.of] for w, each in zip(drift.w, groupings, strict=True))


def of_asked(drift, groupings):
    """Return the sum of each asked pair's effects in time, (a,), and the variance of those in groups without ratings.
    """
    effect = sum(np.append(w, 0)[each.asked] for w, each in zip(drift.w, groupings, strict=True))
    return effect, sum((each.asked == each.size) / tau for tau, each in zip(drift.tau, groupings, strict=True))


def draw_drift(random, left, precision, groupings, drift):
    """Return a new Drift, given what the other parts leave of the ratings, (m,), and the ratings' precisions, (m,)."""
    found, left = [], left - of_ratings(drift, groupings)
    for w, tau, each in zip(drift.w, drift.tau, groupings, strict=True):
        left = left + w[each.of]
        posterior = tau + np.bincount(each.of, precision, each.size)
        mean = np.bincount(each.of, precision * left, each.size) / posterior
        w = mean + random.normal(size=each.size) / np.sqrt(posterior)
        left = left - w[each.of]
        found.append((w, bayesian.draw_gamma(random, 1 + each.size / 2, 1 / START + w @ w / 2)))
    w, tau = zip(*found, strict=True)
    return Drift(w, np.array(tau))


def sweep(random, R, features, groupings, users, movies, noise, drift):
    """Return new draws of users, movies, noise and drift, each given all others, and the squared errors.

    R is a csr_array (n, d) of ratings less their mean; features are those of users (n, s) and of movies (d, t).
    """
    rest = with_values(R, R.data - of_ratings(drift, groupings))
    given = bayesian.sides_given(rest, *features, users.theta.shape[1])
    users, movies, noise, errors = bayesian.sweep(random, rest, given, users, movies, noise)
    u, i, x = pairs(R)
    left, precision = x - at(users.theta, movies.theta, u, i), noise * users.precision[u] * movies.precision[i]
    return users, movies, noise, draw_drift(random, left, precision, groupings, drift), errors


class Chain(bayesian.Chain):
    """The sampler at work, with effects in time. `times` is a csr_array (n, d) of the ratings and of the asked pairs.

    The other arguments, and what it raises, are those of bayesian.Chain. The Samples kept predict for now: for moments
    of their own, after each user's last rating.
    """

    def __init__(self, X, *arguments, times, asked=None, **named):
        super().__init__(X, *arguments, asked=asked, **named)
        (u, i, _), (n, _) = pairs(self.R), self.R.shape
        users, then = asked or (np.zeros(0, int), np.zeros(0, int))
        known, then = (times.data[places_of(times, *pair)] for pair in ((u, i), (users, then)))
        self.groupings = groupings(self.R, known, users, then)
        self.now = groupings(self.R, known, np.arange(n), np.full(n, np.inf))
        self.sides = [given.S[:, 1:] for given in self.given]
        self.parts += (start(self.groupings),)

    def sweep(self):
        *self.parts, errors = sweep(self.random, self.R, self.sides, self.groupings, *self.parts)
        return errors

    def of_asked(self):
        return of_asked(self.parts[-1], self.groupings)

    def to_keep(self):
        P, Q, a, g, noise, L, B = self.latest()
        effect, variance = of_asked(self.parts[-1], self.now)
        P[:, -1] += effect
        return P, Q, a / (1 + a * noise * variance).astype(np.float32), g, noise, L, B


def fit(train, report, asked, rank, times):
    """Return Samples, or the Averages of the pairs asked for, as a choosing.Model's fit given times."""
    return bayesian.fit(train, report, asked, rank, GROUPS, partial(Chain, times=times))


def _choose(model, split, report, asked, times):
    return bayesian.choose(model, split, report, asked, GROUPS, RANKS, partial(Chain, times=times))


MODELS = (
    Model("bayesian-time", "factors", "bayesian-side, with an effect of each time at which a user rated", fit, _choose,
          timed=True),
)
