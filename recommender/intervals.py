"""Intervals that hold what they promise, around the predictions of any model: split conformal prediction.

    prediction_ui +- q s_ui

s_ui is the standard deviation as the model itself sees it, or, of a model that has no opinion,

    s_ui^2 = a + b / (1 + n_u) + c / (1 + n_i),      a, b, c >= 0

the least squares fit of the squared errors to the numbers of ratings of the user and of the movie. Errors are those on
the inner split's hidden ratings, of the model that has not seen them. q is the ceil((m + 1) level)-th smallest of the m
values |error| / s. A new rating drawn like them lies in its interval with at least this probability, whatever the model
and however wrong its s (Vovk, Gammerman, Shafer 2005, section 2.2; for s that differ: Lei, G'Sell, Rinaldo, Tibshirani,
Wasserman 2018, section 5.2). The model that is used in the end has seen the hidden ratings, too: so that its intervals
are no narrower than what was tried, n_u and n_i are taken down to the share that the tried one saw.

Who is cold, a user or a movie without ratings, gets the effects' prediction. Its half-width is the same quantile of the
errors that the effects make on the same ratings when they are kept from knowing the user, the movie, or both; and never
less than that of anybody who is not cold.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

LEVEL = 0.9
WIDEST = 0.99  # spreads above this quantile of them are cut to it: a single one must not set the cold ones' width


class Intervals(NamedTuple):
    """What turns a spread into an interval; half-widths may be infinite where too few errors are known."""

    level: float  # the share of ratings that are promised to lie inside
    q: float
    coefficients: np.ndarray  # (3,): a, b, c of the spread by counts; of use where the model has no spread of its own
    share: float  # of the training ratings that the model had seen whose errors these are
    limits: np.ndarray  # (2,): the least and the largest spread
    cold: np.ndarray  # (3,): half-widths where the user is cold, the movie is, both are


def calibrate(errors, spread, n_u, n_i, cold_errors, share=1.0, level=LEVEL):
    """Return the Intervals that m known errors lead to.

    Args:
        errors: (m,) rating less prediction, of ratings hidden from the model.
        spread: (m,) the model's own standard deviations, or None.
        n_u, n_i: (m,) how many ratings the model has seen of their users and movies.
        cold_errors: (3, m) errors where the user is not known, the movie is not, both are not.
        share: of its later training ratings that the model has seen, above 0, at most 1.
        level: above 0 and below 1.
    """
    warm = (n_u > 0) & (n_i > 0)
    errors, n_u, n_i = errors[warm], n_u[warm], n_i[warm]
    unit = np.linalg.norm(errors) / max(len(errors), 1) ** 0.5 or 1.0  # nnls takes what is small for 0
    coefficients = np.zeros(3) if not errors.size else nnls(_by_counts(n_u, n_i), (errors / unit) ** 2)[0] * unit**2
    spread = np.sqrt(_by_counts(n_u, n_i) @ coefficients) if spread is None else spread[warm]
    least = max(1e-6 * unit, 1e-3 * np.median(spread)) if spread.size else 1.0  # where a model says that it cannot err
    limits = np.array([least, max(least, np.quantile(spread, WIDEST))]) if spread.size else np.ones(2)
    q = conformal_quantile(np.abs(errors) / np.clip(spread, *limits), level)
    user, movie, both = (conformal_quantile(np.abs(row), level) for row in cold_errors)
    one = max(q * limits[1], user), max(q * limits[1], movie)
    return Intervals(level, q, coefficients, share, limits, np.array([*one, max(*one, both)]))


def conformal_quantile(scores, level):
    """Return the ceil((m + 1) level)-th smallest of m scores; infinity where there are fewer."""
    rank = math.ceil((len(scores) + 1) * level)
    return float(np.partition(scores, rank - 1)[rank - 1]) if rank <= len(scores) else math.inf


def half_width(intervals, spread, n_u, n_i):
    """Return half the width of each interval, (m,).

    Args:
        spread: (m,) the model's own standard deviations, or None.
        n_u, n_i: (m,) how many ratings the model has seen of their users and movies.
    """
    if spread is None:
        spread = np.sqrt(_by_counts(intervals.share * n_u, intervals.share * n_i) @ intervals.coefficients)
    warm = intervals.q * np.clip(spread, *intervals.limits)
    cold_user, cold_movie = n_u == 0, n_i == 0
    return np.select([cold_user & cold_movie, cold_user, cold_movie], intervals.cold[[2, 0, 1]], warm)


def _by_counts(n_u, n_i):
    """Return (m, 3): 1, 1 / (1 + n_u), 1 / (1 + n_i)."""
    return np.column_stack([np.ones(len(n_u)), 1 / (1 + n_u), 1 / (1 + n_i)])
