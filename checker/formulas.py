"""The right steps, written with exchangeable pieces: a usual mistake is one wrong piece.

    estep(X, mixture)                                  the right E-step
    estep(X, mixture, size=every_movie)                the same with one mistake

This module shares nothing with the project's em.py, which is checked against it like anybody's. It needs only NumPy,
because the process that runs a solution loads it too. X is (n, d), 0 for a missing rating.
"""

from collections import namedtuple
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Mixture = namedtuple("Mixture", "mu var p")  # (K, d), (K,), (K,)


def as_it_is(value):
    return value


def rated(X):
    """Which entries are observed ratings."""
    return X != 0


def every_entry(X):
    return np.ones_like(X)


# The E-step. log_joint is log p_j + log N(x_u; mu_j, var_j I), (n, K).


def log_sum(log_joint):
    """log sum_j exp(log_joint[u, j]), safe from underflow."""
    largest = log_joint.max(axis=1)
    return largest + np.log(np.exp(log_joint - largest[:, None]).sum(axis=1))


def bayes(log_joint):
    return np.exp(log_joint - log_sum(log_joint)[:, None])


def squared(X, mu, close):
    """sum over C_u of (x - mu)^2, (n, K)."""
    return (X**2).sum(axis=1)[:, None] - 2 * X @ mu.T + close @ (mu**2).T


def estep(X, mixture, *,
          observed=rated,
          near=None,  # `observed` for the squared distance alone
          variance=as_it_is,  # what becomes of var on entry
          size=lambda seen: seen.sum(axis=1),  # |C_u|, how many ratings a user gave
          weight=lambda p: np.log(p + 1e-16),
          norm=1 / 2, two_pi=2 * np.pi, norm_var=as_it_is, times=1,  # (two_pi var)^(-norm |C_u|) / times
          apart=squared, power=1 / 2, power_sign=1, power_var=as_it_is,  # exp(-power distance / var)
          joint=lambda log_joint, log_p: log_joint,
          posterior=bayes, post_as=as_it_is,
          likelihood=lambda log_joint, log_p, post: log_sum(log_joint).sum(),
          unit=as_it_is, mean=False, sign=1):
    """Return post (n, K) and the log-likelihood."""
    mu, var, p = mixture
    var = variance(var)
    seen = np.asarray(observed(X), dtype=float)
    close = seen if near is None else np.asarray(near(X), dtype=float)
    log_p = weight(p)
    log_norm = norm * size(seen)[:, None] * np.log(two_pi * norm_var(var)) + np.log(times)
    log_joint = joint(log_p - log_norm - power_sign * power * apart(X, mu, close) / power_var(var), log_p)
    post = posterior(log_joint)
    log_likelihood = likelihood(log_joint, log_p, post)
    return post_as(post), sign * unit(log_likelihood) / (len(X) if mean else 1)


# The M-step. `support` (K, d) is the soft count of the users who rated a movie.


def mstep(X, post, mixture, *,
          observed=rated,
          near=None,  # `observed` for the squared distance alone
          counts=lambda post, mixture, seen: post,  # what stands for post in means and variances
          backing=lambda support, post: support,  # what is taken for a mean's support
          divisor=lambda support, post: support,
          enough=lambda support, post, seen: support >= 1,
          otherwise=lambda old, support: old,  # where there is not enough
          mu_as=as_it_is, centre=lambda new, old, seen: new,
          heft=lambda post, seen: post,  # the weight of a user's ratings in the variance
          ratings=lambda support, post: support.sum(axis=1),  # (K,), the soft count of a component's ratings
          spread=np.divide,  # of the weighted squares and the soft counts (K,) of each component's ratings
          floor=lambda var: np.maximum(var, 0.25), cap=lambda var, old: var, var_as=as_it_is,
          share=lambda post, seen: post.mean(axis=0), p_as=as_it_is,
          returned=Mixture):
    """Return the Mixture."""
    seen = np.asarray(observed(X), dtype=float)
    close = seen if near is None else np.asarray(near(X), dtype=float)
    weights, post = post, counts(post, mixture, seen)
    support, total = post.T @ seen, post.T @ X
    with np.errstate(all="ignore"):
        backed = backing(support, post)
        mu = mu_as(np.where(enough(backed, post, seen), total / divisor(backed, post),
                            otherwise(mixture[0], backed)))
        around, part = centre(mu, mixture[0], seen), heft(post, seen).T
        distance = ((part @ X**2).sum(axis=1) - 2 * (around * (part @ X)).sum(axis=1)
                    + (around**2 * (part @ close)).sum(axis=1))
        var = cap(floor(spread(distance, ratings(part @ seen, post))), mixture[1:2])
        return returned(mu, var_as(var), p_as(share(weights, seen)))


# The filling, and what stands beside it


def fill(X, mixture, *,
         value=lambda X, mixture, post: post @ mixture[0], value_as=as_it_is,
         into=lambda X, filling: np.where(X == 0, filling, X), **pieces):
    """Return X with its gaps filled, (n, d). Other pieces are those of the E-step."""
    return into(X, value_as(value(X, mixture, estep(X, mixture, **pieces)[0])))


def rmse(X, Y, *, measure=lambda difference: np.sqrt(np.mean(difference**2))):
    return measure(X - Y)


def bic(X, mixture, log_likelihood, *,
        parameters=lambda K, d: K * d + K + (K - 1),  # means, variances, and weights of which K - 1 are free
        price=lambda n, d: np.log(n) / 2,  # of one parameter
        scale=1):
    return scale * (log_likelihood - parameters(len(mixture[2]), X.shape[1]) * price(*X.shape))


# K-means and EM on complete data


def naive_estep(X, mixture, **pieces):
    return estep(X, mixture, **{"observed": every_entry, **pieces})


def always(support, post, seen):
    return support > 0


def naive_mstep(X, post, **pieces):
    nowhere = np.zeros((post.shape[1], X.shape[1]))
    return mstep(X, post, (nowhere,), **{"observed": every_entry, "enough": always, "floor": as_it_is, **pieces})


def kmeans_estep(X, mixture, *, measure=lambda difference: (difference**2).sum(axis=2),
                 choose=lambda distance: np.eye(distance.shape[1])[distance.argmin(axis=1)]):
    return choose(measure(X[:, None] - mixture[0]))


def kmeans_mstep(X, post, *, cost=lambda distance, post, d: (post * distance).sum(), **pieces):
    """Return the mixture and the cost."""
    mixture = naive_mstep(X, post, **pieces)
    distance = ((X[:, None] - mixture[0]) ** 2).sum(axis=2)
    return mixture, cost(distance, post, X.shape[1])


# The loops


def em_iterate(X, mixture, estep, mstep):
    """Yield (mixture, post, log-likelihood) for ever: mixture after the M-step, the others of the E-step before it."""
    while True:
        post, log_likelihood = estep(X, mixture)
        mixture = mstep(X, post, mixture)
        yield mixture, post, log_likelihood


def naive_iterate(X, mixture, estep, mstep):
    return em_iterate(X, mixture, estep, lambda X, post, mixture: mstep(X, post))


def kmeans_iterate(X, mixture, estep, mstep):
    """Yield (mixture, post, cost) for ever."""
    while True:
        post = estep(X, mixture)
        mixture, cost = mstep(X, post)
        yield mixture, post, cost


def small_improvement(new, old):
    return new - old <= 1e-6 * abs(new)


class Loop(NamedTuple):
    """The right loop of a module, and its right steps."""

    estep: Callable
    mstep: Callable
    iterate: Callable  # (X, mixture, estep, mstep) -> what run returns, iteration by iteration, for ever
    stop: Callable  # (new, old) log-likelihood or cost -> whether run is done

    def path(self, X, mixture, estep=None, mstep=None, most=10_000):
        """Return the list of what run would return after each of its iterations, `most` of them at most."""
        path = []
        for state in self.iterate(X, mixture, estep or self.estep, mstep or self.mstep):
            path.append(state)
            if len(path) == most or (len(path) > 1 and self.stop(state[-1], path[-2][-1])):
                return path


LOOPS = {"em": Loop(estep, mstep, em_iterate, small_improvement),
         "naive_em": Loop(naive_estep, naive_mstep, naive_iterate, small_improvement),
         "kmeans": Loop(kmeans_estep, kmeans_mstep, kmeans_iterate,
                       lambda new, old: old - new <= 1e-4)}
