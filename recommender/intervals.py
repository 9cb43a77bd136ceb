"""Intervals around the predictions of any model: split conformal prediction, for ratings on a scale.

An interval holds every rating x of the scale with

    |x - prediction_ui| <= max(level step, q s_ui) + slack

s_ui is the model's own standard deviation. If the model gives none, it is

    s_ui^2 = a + b / (1 + n_u) + c / (1 + n_i),      a, b, c >= 0

where n_u and n_i are the numbers of ratings of the user and of the movie. The errors are those on the validation
split's held-out ratings, of the model fitted without them. Least squares fits a, b and c to a third of the squared
errors. q is the ceil((m + 1) level)-th smallest |error| / s of the other m errors.

The step is that of the scale, or 0. A prediction between two ratings may be their mean: an interval leaves out the
farther one only if its probability, 1 - distance / step, is then less than 1 - level. So 0.6, between dislike (0) and
like (1), has the interval "0 to 1", not "1 to 1".

The promise: a rating drawn like these m lies in its interval with at least this probability, whatever the model and
however wrong its s (Papadopoulos, Proedrou, Vovk, Gammerman 2002; with an s from other data: Lei, G'Sell, Rinaldo,
Tibshirani, Wasserman 2018, section 5.2). It holds for the model that was tried, if other ratings chose its settings.
Here the same ratings choose among a few candidates, which flatters the model a little. The final model has seen the
held-out ratings, too: n_u and n_i are multiplied by the share that the tried model saw, and the slack is the change of
the mean of all ratings since.

The effects predict a user or a movie without ratings (cold). The half-width is the same quantile of their errors
without the effect of the user, the movie, or both. It is at least that of s_ui, and that of 99 in 100 who are not cold.
Where features predict movies without ratings, the half-width is the quantile of the errors on movies left out
(cold.py). Ratings of one movie are alike, so the promise is for many movies, not for each one.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

LEVEL = 0.9
WIDEST = 0.99  # quantile of the sd that sets the least width of the cold: a single sd must not
LEAST = 1e-3  # of the median sd; for models that say that they cannot err
FEW = 100  # errors; with fewer, all of them calibrate, and all pairs have the same s
ROUNDING = 1e-6  # of the scale's length: two sums of the same ratings may differ by so much


class Intervals(NamedTuple):
    """The numbers that turn a standard deviation into an interval; with too few errors a half-width is infinite."""

    level: float  # the promised share of ratings inside
    q: float
    coefficients: np.ndarray  # (3,): a, b, c, for models that give no sd
    share: float  # of the training ratings that the tried model saw
    least: float  # sd
    cold: np.ndarray  # (3,): half-widths if the user is cold, the movie, both; without the slack
    narrowest: float  # half-width, without the slack
    slack: float  # is added to every half-width
    by_items: bool = False  # whether errors on items left out calibrate those of cold movies, see with_items

    def shapes(self, n, d):
        return {"coefficients": (3,), "cold": (3,)}


def calibrate(errors, sd, n_u, n_i, cold_errors, share=1.0, step=0.0, slack=0.0, level=LEVEL):
    """Return the Intervals from known errors.

    Args:
        errors: (m,) rating less prediction, of held-out ratings.
        sd: (m,) numbers in proportion to the model's own standard deviations; or None.
        n_u, n_i: (m,) numbers of ratings of their users and movies that the model has seen.
        cold_errors: (3, m) errors without knowledge of the user, the movie, both.
        share: of its later training ratings that the model has seen.
        step, slack: of the ratings' scale, or 0; to be added to every half-width.
    """
    warm = (n_u > 0) & (n_i > 0)
    errors, by_counts, coefficients = errors[warm], _by_counts(n_u[warm], n_i[warm]), np.array([1.0, 0.0, 0.0])
    if sd is None:
        fitting, calibrating = _parted(errors.size)
        if fitting.size:
            unit = np.abs(errors).max() or 1.0  # nnls takes what is small for 0
            coefficients = nnls(by_counts[fitting], (errors[fitting] / unit) ** 2)[0] * unit**2
        errors, sd = errors[calibrating], np.sqrt(by_counts[calibrating] @ coefficients)
    else:
        sd = sd[warm]
    positive = sd[sd > 0]
    least = float(LEAST * np.median(positive)) if positive.size else 1.0
    sd = np.maximum(sd, least)
    q = conformal_quantile(np.abs(errors) / sd, level)
    user, movie, both = (conformal_quantile(np.abs(row), level) for row in cold_errors)
    wide = q * np.quantile(sd, WIDEST) if sd.size else math.inf
    one = max(wide, user), max(wide, movie)
    return Intervals(level, q, coefficients, share, least, np.array([*one, max(*one, both)]), level * step, slack)


def with_items(intervals, errors):
    """Return Intervals whose half-widths of cold movies hold errors on items left out, (2, m) as in cold.Content."""
    movie, both = (conformal_quantile(np.abs(row), intervals.level) for row in errors)
    user = intervals.cold[0]
    return intervals._replace(cold=np.array([user, movie, max(user, movie, both)]), by_items=True)


def conformal_quantile(scores, level):
    """Return the ceil((m + 1) level)-th smallest of m scores; infinity if there are fewer."""
    rank = math.ceil((len(scores) + 1) * level)
    return float(np.partition(scores, rank - 1)[rank - 1]) if rank <= len(scores) else math.inf


def half_width(intervals, sd, n_u, n_i):
    """Return half the width of each interval, (m,); the arguments are as in calibrate."""
    if sd is None:
        sd = np.sqrt(_by_counts(intervals.share * n_u, intervals.share * n_i) @ intervals.coefficients)
    cold_user, cold_movie = n_u == 0, n_i == 0
    cold = np.select([cold_user & cold_movie, cold_user, cold_movie], intervals.cold[[2, 0, 1]], 0)
    warm = intervals.q * np.maximum(sd, intervals.least)
    if intervals.by_items:
        warm = np.where(cold_movie, 0, warm)
    return np.maximum(np.maximum(cold, warm), intervals.narrowest) + intervals.slack


def ends(middle, half, scale):
    """Return the lowest and the highest rating of a Scale in intervals of these middles and half-widths, (m,) each.

    Middles lie within the scale, half-widths are at least half a step. Without a step, any number is a rating.
    """
    low, high = middle - half, middle + half
    if scale.step:
        low = scale.low + scale.step * np.ceil((low - scale.low) / scale.step)
        high = scale.low + scale.step * np.floor((high - scale.low) / scale.step)
    return np.maximum(low, scale.low), np.minimum(high, scale.high)


def _parted(m):
    """Return the numbers of the errors, of m, that a, b and c are fitted to, and of those that calibrate; drawn."""
    order = np.random.RandomState(0).permutation(m)
    third = m // 3 if m >= FEW else 0
    return order[:third], order[third:]


def _by_counts(n_u, n_i):
    """Return (m, 3): 1, 1 / (1 + n_u), 1 / (1 + n_i)."""
    return np.column_stack([np.ones(len(n_u)), 1 / (1 + n_u), 1 / (1 + n_i)])
