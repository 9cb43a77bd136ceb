"""A fitted model as it is used: predictions on the ratings' scale, and intervals that hold."""

from typing import NamedTuple

import numpy as np

from recommender import intervals
from recommender.holdout import INNER_SEED, hold_out
from recommender.models import baselines
from recommender.ratings import Scale
from recommender.sparse import counts, pairs


class Predictor(NamedTuple):
    """A model's state, and what its predictions need beside it."""

    state: tuple  # a fitted model, see holdout
    n_u: np.ndarray  # (n,) int: how many training ratings each user has
    n_i: np.ndarray  # (d,) int: and each movie
    intervals: intervals.Intervals
    scale: Scale

    def predict(self, u, i):
        """Return predictions of pairs of users u and movies i, (m,), within the scale."""
        return np.clip(self.state.predict(u, i), self.scale.low, self.scale.high)

    def interval(self, u, i):
        """Return the least and the largest rating in the pairs' intervals, (m,) each; see intervals.ends."""
        return intervals.ends(self.predict(u, i), self.half_width(u, i), self.scale)

    def holds(self, u, i, x):
        """Return which of the ratings x (m,) of pairs lie in their interval, its ends among them, (m,) bool."""
        (low, high), rounding = self.interval(u, i), self.scale.step / 100  # a multiple of 0.1 is not quite one
        return (low - rounding <= x) & (x <= high + rounding)

    def half_width(self, u, i):
        """Return half the width of the pairs' intervals, (m,), were there no scale."""
        return intervals.half_width(self.intervals, self.state.spread(u, i), self.n_u[u], self.n_i[i])

    def fold_in(self, i, x):
        """Return the Predictor of one new user, number 0, who gave movies i, known ones, the ratings x."""
        return self._replace(state=self.state.fold_in(i, x), n_u=np.array([len(i)]))


def train(model, X, scale, report=lambda text: None, done=None, asked=None):
    """Return a catalogue.Model's Fit to ratings X (n, d), and the Predictor that it makes, of any pairs or those asked.

    The intervals come from the inner split, which hid some of X when the model's hyper-parameters were chosen.
    """
    fit = model.fit(X, report, {} if done is None else done, asked)
    return fit, Predictor(fit.state, *counts(X), calibrated(fit, X, scale), scale)


def calibrated(fit, X, scale):
    """Return the Intervals of a Fit to ratings X."""
    return from_hidden(fit.inner, fit.inner_spread, *hold_out(X, INNER_SEED), scale)


def from_hidden(predicted, spread, seen, hidden, scale):
    """Return the Intervals of a model by its predictions and spread (m,) of hidden ratings, made from those seen."""
    (u, i, x), (n_u, n_i), known = pairs(hidden), counts(seen), baselines.effects(seen)
    cold = known.mean + np.stack([known.c[i], known.b[u], np.zeros(len(x))])  # had the user been new, the movie, both
    errors = x - np.clip(np.vstack([predicted, cold]), scale.low, scale.high)
    share = seen.nnz / (seen.nnz + hidden.nnz)
    moved = (1 - share) * abs(float(x.mean()) - known.mean)  # the mean of all ratings, since the model was tried
    slack = moved + intervals.ROUNDING * (scale.high - scale.low)
    return intervals.calibrate(errors[0], spread, n_u[u], n_i[i], errors[1:], share, scale.step, slack)
