"""A fitted model as it is used: predictions on the ratings' scale, intervals that hold, and a word for who is cold."""

from typing import Any, NamedTuple

import numpy as np

from recommender import intervals
from recommender.holdout import INNER_SEED, hold_out
from recommender.models import baselines
from recommender.ratings import Scale
from recommender.sparse import counts, pairs


class Predictor(NamedTuple):
    """A model's state, and what its predictions need beside it."""

    state: Any  # a fitted model, see holdout
    effects: baselines.Effects  # what is predicted for a user or a movie without ratings
    n_u: np.ndarray  # (n,) int: how many training ratings each user has
    n_i: np.ndarray  # (d,) int: and each movie
    intervals: intervals.Intervals
    scale: Scale

    def guess(self, u, i):
        """Return predictions of pairs of users u and movies i, (m,), that may lie outside of the scale."""
        warm = ~is_cold(self, u, i)
        x = self.effects.predict(u, i)
        x[warm] = self.state.predict(u[warm], i[warm])
        return x

    def predict(self, u, i):
        """Return predictions of pairs of users u and movies i, (m,), within the scale."""
        return np.clip(self.guess(u, i), self.scale.low, self.scale.high)

    def interval(self, u, i):
        """Return the low and the high end of the pairs' intervals, (m,) each, within the scale."""
        middle = self.predict(u, i)
        half = intervals.half_width(self.intervals, self.state.spread(u, i), self.n_u[u], self.n_i[i])
        return np.maximum(middle - half, self.scale.low), np.minimum(middle + half, self.scale.high)

    def fold_in(self, i, x):
        """Return the Predictor of one new user, number 0, who gave movies i, known ones, the ratings x."""
        return self._replace(state=self.state.fold_in(i, x), effects=self.effects.fold_in(i, x),
                             n_u=np.array([len(i)]))


def is_cold(predictor, u, i):
    """Return which pairs have a user or a movie without training ratings, (m,) bool."""
    return (predictor.n_u[u] == 0) | (predictor.n_i[i] == 0)


def train(model, X, scale, report=lambda text: None, done=None):
    """Return a catalogue.Model's Fit to ratings X (n, d), and the Predictor that it makes.

    The intervals come from the inner split, which hid some of X when the model's hyper-parameters were chosen.
    """
    fit = model.fit(X, report, {} if done is None else done)
    return fit, Predictor(fit.state, baselines.effects(X), *counts(X), calibrated(fit, X, scale), scale)


def calibrated(fit, X, scale):
    """Return the Intervals of a Fit to ratings X."""
    inner, hidden = hold_out(X, INNER_SEED)
    (u, i, x), (n_u, n_i), known = pairs(hidden), counts(inner), baselines.effects(inner)
    guesses = known.mean + np.stack([known.c[i], known.b[u], np.zeros(len(x))])  # user, movie, both not known
    on_scale = x - np.clip(np.vstack([fit.inner, guesses]), scale.low, scale.high)
    return intervals.calibrate(on_scale[0], fit.inner_spread, n_u[u], n_i[i], on_scale[1:])
