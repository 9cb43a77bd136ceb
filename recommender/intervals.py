"""Intervals around the predictions of any model: split conformal prediction, for ratings on a scale.

An interval holds every rating x of the scale with

    |x - prediction_ui| <= max(level step, q s_ui) + slack

s_ui is the standard deviation as the model itself sees it, or, of a model that has no opinion,

    s_ui^2 = a + b / (1 + n_u) + c / (1 + n_i),      a, b, c >= 0

where n_u and n_i are the numbers of ratings of the user and of the movie. Errors are those on the inner split's hidden
ratings, of the model that has not seen them. A third of them serves to fit a, b and c, by least squares to the squared
errors. q is the ceil((m + 1) level)-th smallest |error| / s of the other m, or of all, where nothing is fitted.

The step is that of the scale, 0 where there is none. Were only the two ratings next to a prediction possible, it would
be their mean: the farther one would come with probability 1 - its distance / step. No interval leaves it out unless
this is less than 1 - level. So 0.6, between dislike (0) and like (1), has the interval "0 to 1", not "1 to 1".

The promise: a rating drawn like these m lies in its interval with at least this probability, whatever the model and
however wrong its s, if the model is the one that was tried and its settings were not chosen by the same ratings (split
conformal prediction: Papadopoulos, Proedrou, Vovk, Gammerman 2002; with s, which other data must tell: Lei, G'Sell,
Rinaldo, Tibshirani, Wasserman 2018, section 5.2). Here the same ratings choose among a few candidates, stop the
networks' training, and weigh the parts of the blend, which flatters the model a little. And the model that is used
has seen the hidden ratings, too. Therefore n_u and n_i are taken down to the share that the tried one saw, and the
slack is how far the mean of all ratings has moved since. Without it, a constant that has moved by 0.0002 would lose
every rating at the very end of its interval: all of one value.

Who is cold, a user or a movie without ratings, gets the effects' prediction. Its half-width is the same quantile of the
errors that the effects make on the same ratings when they are kept from knowing the user, the movie, or both; but no
less than what s_ui gives, nor than that of 99 in 100 of those who are not cold.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

LEVEL = 0.9
WIDEST = 0.99  # the quantile of the spreads that sets the cold ones' least width: a single one must not
LEAST = 1e-3  # of the median spread; for where a model says that it cannot err
FEW = 100  # errors; with fewer, all of them calibrate, and one spread serves for all
ROUNDING = 1e-6  # of the scale's length: by how much two sums of the same ratings may differ


class Intervals(NamedTuple):
    """What turns a spread into an interval; half-widths may be infinite where too few errors are known."""

    level: float  # the share of ratings that are promised to lie inside
    q: float
    coefficients: np.ndarray  # (3,): a, b, c of the spread by counts; of use where the model has no spread of its own
    share: float  # of the training ratings that the model had seen whose errors these are
    least: float  # spread
    cold: np.ndarray  # (3,): half-widths where the user is cold, the movie is, both are
    narrowest: float  # half-width; without the slack, as the cold ones
    slack: float  # is added to every half-width


def calibrate(errors, spread, n_u, n_i, cold_errors, share=1.0, step=0.0, slack=0.0, level=LEVEL):
    """Return the Intervals that known errors lead to.

    Args:
        errors: (m,) rating less prediction, of ratings hidden from the model.
        spread: (m,) the model's own standard deviations, or what is in proportion to them; or None.
        n_u, n_i: (m,) how many ratings the model has seen of their users and movies.
        cold_errors: (3, m) errors where the user is not known, the movie is not, both are not.
        share: of its later training ratings that the model has seen, above 0, at most 1.
        step: of the ratings' scale, 0 where it has none.
        slack: to be added to every half-width.
        level: at least 0.5, below 1.
    """
    warm = (n_u > 0) & (n_i > 0)
    errors, by_counts, coefficients = errors[warm], _by_counts(n_u[warm], n_i[warm]), np.array([1.0, 0.0, 0.0])
    if spread is not None:
        spread = spread[warm]
    else:
        fitting, calibrating = _parted(errors.size)
        if fitting.size:
            unit = np.abs(errors).max() or 1.0  # nnls takes what is small for 0
            coefficients = nnls(by_counts[fitting], (errors[fitting] / unit) ** 2)[0] * unit**2
        errors, spread = errors[calibrating], np.sqrt(by_counts[calibrating] @ coefficients)
    positive = spread[spread > 0]
    least = float(LEAST * np.median(positive)) if positive.size else 1.0
    spread = np.maximum(spread, least)
    q = conformal_quantile(np.abs(errors) / spread, level)
    user, movie, both = (conformal_quantile(np.abs(row), level) for row in cold_errors)
    wide = q * np.quantile(spread, WIDEST) if spread.size else math.inf
    one = max(wide, user), max(wide, movie)
    return Intervals(level, q, coefficients, share, least, np.array([*one, max(*one, both)]), level * step, slack)


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
    cold_user, cold_movie = n_u == 0, n_i == 0
    cold = np.select([cold_user & cold_movie, cold_user, cold_movie], intervals.cold[[2, 0, 1]], 0)
    warm = intervals.q * np.maximum(spread, intervals.least)
    return np.maximum(np.maximum(cold, warm), intervals.narrowest) + intervals.slack


def ends(middle, half, scale):
    """Return the least and the largest rating of a Scale in intervals of these middles and half-widths, (m,) each.

    Middles lie within the scale, half-widths are at least half a step. Where there is no step, any number is a rating.
    """
    low, high = middle - half, middle + half
    if scale.step:
        low = scale.low + scale.step * np.ceil((low - scale.low) / scale.step)
        high = scale.low + scale.step * np.floor((high - scale.low) / scale.step)
    return np.maximum(low, scale.low), np.minimum(high, scale.high)


def _parted(m):
    """Return which of m errors a, b and c are fitted to, and which calibrate, drawn."""
    order = np.random.RandomState(0).permutation(m)
    third = m // 3 if m >= FEW else 0
    return order[:third], order[third:]


def _by_counts(n_u, n_i):
    """Return (m, 3): 1, 1 / (1 + n_u), 1 / (1 + n_i)."""
    return np.column_stack([np.ones(len(n_u)), 1 / (1 + n_u), 1 / (1 + n_i)])
