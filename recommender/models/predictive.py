"""The predictive distribution of a filled rating under a mixture (the assignment's discussion of tab 8).

Given the other ratings of user u, a missing rating is itself a mixture of the components' normals at that movie:

    x_ui | x_u ~ sum_j post_uj Normal(mu_ji, var_j)

    mean      = sum_j post_uj mu_ji                                      what fill_matrix fills in
    variance  = sum_j post_uj var_j  +  sum_j post_uj (mu_ji - mean)^2   within + between components
    interval  = the (1 - level) / 2 and (1 + level) / 2 quantiles of this mixture itself, not of one normal
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from recommender.models.units import Rescaled

LEVELS = (0.5, 0.8, 0.9, 0.95)


class Predictive(NamedTuple):
    """Predictive distributions of m entries: each a mixture of K normals."""

    weight: np.ndarray  # (m, K): rows of sum 1
    mean: np.ndarray  # (m, K)
    sd: np.ndarray  # (K,)


def entries(mixture, u, i):
    """Return the Predictive of the ratings of movies i (m,) by users u (m,) under a Mixture, Rescaled or not."""
    if isinstance(mixture, Rescaled):
        weight, mean, sd = entries(mixture.model, u, i)
        return Predictive(weight, mixture.unit.back(mean), mixture.unit.sd_back(sd))
    shift = mixture.offset.predict(u, i) if mixture.offset else np.zeros(len(u))
    return Predictive(mixture.post[u], mixture.mu.T[i] + shift[:, None], np.sqrt(mixture.var))


def moments(predictive):
    """Return each entry's mean, and its standard deviations within and between components, (m,) each."""
    weight, mu, sd = predictive
    mean = (weight * mu).sum(axis=1)
    between = (weight * (mu - mean[:, None]) ** 2).sum(axis=1)
    return mean, np.sqrt(weight @ sd**2), np.sqrt(between)


def cdf(predictive, x):
    """Return the probability of each entry being at most x, (m,), from x (m,) or a number."""
    weight, mu, sd = predictive
    return (weight * ndtr((np.reshape(x, (-1, 1)) - mu) / sd)).sum(axis=1)


def quantile(predictive, q):
    """Return each entry's quantile q, (m,), by bisection to about 1e-9 of the search's width."""
    _, mu, sd = predictive
    # Chebyshev: no normal has more than a share q below its mean by sd / sqrt(q), so nor has their mixture.
    reach = sd / np.sqrt(min(q, 1 - q))
    low, high = (mu - reach).min(axis=1), (mu + reach).max(axis=1)
    for _ in range(30):
        middle = (low + high) / 2
        below = cdf(predictive, middle) < q
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def interval(predictive, level):
    """Return the ends of each entry's central interval, (m,) each; raise ValueError unless 0 < level < 1."""
    if not 0 < level < 1:
        raise ValueError(f"expected a level above 0 and below 1, got {level}")
    return quantile(predictive, (1 - level) / 2), quantile(predictive, (1 + level) / 2)


def coverage(predictive, x, level):
    """Return the share of the ratings x, (m,), in their central interval: where the cdf is within level / 2 of 1/2."""
    return float(np.mean(np.abs(cdf(predictive, x) - 0.5) <= level / 2))
