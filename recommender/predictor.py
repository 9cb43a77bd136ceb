"""A fitted model ready for use: predictions on the ratings' scale, and calibrated intervals."""

from typing import NamedTuple

import numpy as np

from recommender import catalogue, intervals
from recommender.holdout import VALIDATION_SEED, hold_out
from recommender.models.content import WithContent
from recommender.models.effects import effects
from recommender.models.fitted import Fitted
from recommender.ratings import Scale
from recommender.sparse import counts, pairs


class Predictor(NamedTuple):
    """A fitted model with its intervals and scale."""

    fitted: Fitted
    n_u: np.ndarray  # (n,) int: numbers of training ratings of the users
    n_i: np.ndarray  # (d,) int: and of the movies
    intervals: intervals.Intervals
    scale: Scale

    def predict(self, u, i):
        """Return predictions of pairs of users u and movies i, (m,), within the scale."""
        return np.clip(self.fitted.predict(u, i), self.scale.low, self.scale.high)

    def interval(self, u, i):
        """Return the lowest and highest rating in the pairs' intervals, (m,) each; see intervals.ends."""
        return intervals.ends(self.predict(u, i), self.half_width(u, i), self.scale)

    def holds(self, u, i, x):
        """Return which of the ratings x (m,) of pairs lie in their interval, ends included, (m,) bool."""
        (low, high), rounding = self.interval(u, i), self.scale.step / 100  # a multiple of 0.1 is not quite one
        return (low - rounding <= x) & (x <= high + rounding)

    def half_width(self, u, i):
        """Return half the width of the pairs' intervals, (m,), before they are cut to the scale."""
        return intervals.half_width(self.intervals, self.fitted.sd(u, i), self.n_u[u], self.n_i[i])

    def fold_in(self, i, x):
        """Return the Predictor of one new user, number 0, who gave known movies i the ratings x."""
        return self._replace(fitted=self.fitted.fold_in(i, x), n_u=np.array([len(i)]))

    def shapes(self, n, d):
        return {"n_u": (n,), "n_i": (d,)}


class NewUsers:
    """The predictions of a Predictor for users whom it does not know, each folded in with the ratings `given` (n, d).
    """

    def __init__(self, predictor, given):
        self.scale, ends = predictor.scale, given.indptr
        self._of = {u: predictor.fold_in(given.indices[ends[u]:ends[u + 1]], given.data[ends[u]:ends[u + 1]])
                    for u in np.flatnonzero(np.diff(ends)).tolist()}

    def predict(self, u, i):
        return self._each("predict", u, i)

    def half_width(self, u, i):
        return self._each("half_width", u, i)

    interval, holds = Predictor.interval, Predictor.holds

    def _each(self, what, u, i):
        found, order = np.empty(len(u)), np.argsort(u, kind="stable")
        users, starts = np.unique(u[order], return_index=True)
        parts = np.split(order, starts[1:]) if len(users) else []
        for user, of_user in zip(users.tolist(), parts, strict=True):
            found[of_user] = getattr(self._of[user], what)(np.zeros(len(of_user), int), i[of_user])
        return found


def train(model, X, scale, report=lambda text: None, done=None, asked=None, times=None, content=None):
    """Return the choosing.Fit of a Model to ratings X (n, d), and its Predictor; see catalogue.fit.

    The intervals come from the validation split that chose the model's hyper-parameters. A cold.Content predicts items
    without ratings; it may have more items than X, which follow those of X.
    """
    fit = catalogue.fit(model, X, report, done, asked, times)
    calibrated = from_held_out(fit.validation, fit.validation_sd, *hold_out(X, VALIDATION_SEED), scale)
    (n_u, n_i), fitted = counts(X), fit.fitted
    if content:
        fitted = WithContent(fitted, content.fitted, X.shape[1], content.rated)
        n_i = np.append(n_i, np.zeros(len(content.rated) - len(n_i), int))
        if content.errors is not None:
            calibrated = intervals.with_items(calibrated, content.errors)
    return fit, Predictor(fitted, n_u, n_i, calibrated, scale)


def from_held_out(predicted, sd, train, held_out, scale):
    """Return the Intervals of a model fitted to `train`, from its predictions and sd (m,) of held-out ratings."""
    (u, i, x), (n_u, n_i), known = pairs(held_out), counts(train), effects(train)
    cold = known.mean + np.stack([known.c[i], known.b[u], np.zeros(len(x))])  # had the user been new, the movie, both
    errors = x - np.clip(np.vstack([predicted, cold]), scale.low, scale.high)
    share = train.nnz / (train.nnz + held_out.nnz)
    moved = (1 - share) * abs(float(x.mean()) - known.mean)  # the mean of all ratings, since the model was tried
    slack = moved + intervals.ROUNDING * (scale.high - scale.low)
    return intervals.calibrate(errors[0], sd, n_u[u], n_i[i], errors[1:], share, scale.step, slack)
