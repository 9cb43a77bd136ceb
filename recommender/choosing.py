"""How every model is fitted: in stars, its hyper-parameters chosen on the validation split.

A Model says how it is fitted and which hyper-parameters may be chosen. `fit` does the rest, the same for all models
but the blend (see catalogue.py):

1. The ratings become stars (units.py), so that hyper-parameters suit ratings in any unit.
2. The model chooses its hyper-parameters on the validation split of the training ratings.
3. It is fitted again to all training ratings.
4. Where a user or a movie has no rating, the effects predict (effects.py).
"""

import itertools
import time
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from console import Pace, about, digits
from recommender.holdout import VALIDATION_SEED, hold_out, limits, score
from recommender.models.effects import Covered, Effects, effects
from recommender.models.fitted import Fitted
from recommender.models.units import Rescaled, in_stars
from recommender.sparse import pairs


class Model(NamedTuple):
    """A way to predict ratings."""

    name: str  # as --only takes it
    family: str  # for colours
    about: str
    fit: Callable  # fit(train, report, asked, **hyper-parameters) -> fitted model
    choose: Callable  # choose(model, split, report, asked) -> Trial; see best_of
    covered: bool = True  # whether the effects predict users and movies without ratings
    timed: bool = False  # whether fit and choose also take the times of ratings, as ratings.Table has them

    def given(self, times):
        """Return the Model whose fit and choose have the times that they need."""
        bound = {name: partial(getattr(self, name), times=times) for name in ("fit", "choose")}
        return self._replace(**bound, timed=False) if self.timed else self


class Fit(NamedTuple):
    """A model fitted to the training ratings, and what it predicted before of the validation split's ratings."""

    params: dict  # the hyper-parameters chosen, by name
    fitted: Fitted  # to all training ratings
    validation: np.ndarray  # (m,): predictions of the validation split's m held-out ratings, in row order
    seconds: float  # of processor time that the last fit took
    validation_sd: np.ndarray | None = None  # (m,): their standard deviations; None: the model gives none


class Trial(NamedTuple):
    """What a model with some hyper-parameters predicts of the validation split's held-out ratings."""

    params: dict
    prediction: np.ndarray  # (m,)
    sd: np.ndarray | None  # (m,)
    error: float  # RMSE


class Split(NamedTuple):
    """The validation split of training ratings."""

    train: csr_array  # (n, d)
    held_out: csr_array  # (n, d)
    limits: tuple  # lowest and highest of all training ratings
    effects: Effects | None  # of train, to cover models with

    def error(self, prediction):
        """Return the RMSE of predictions (m,) of the held-out ratings."""
        return score(prediction, self.held_out.data, self.limits)

    def trial(self, params, fitted):
        """Return the Trial of a model fitted to `train`."""
        fitted = Covered(fitted, self.effects) if self.effects else fitted
        u, i, _ = pairs(self.held_out)
        prediction = fitted.predict(u, i)
        return Trial(params, prediction, fitted.sd(u, i), self.error(prediction))


def fit(model, train, report=lambda text: None, asked=None):
    """Return the Fit of a Model.

    Args:
        train: csr_array (n, d) of training ratings in any unit, without held-out ratings.
        report: called with lines about the progress.
        asked: pairs (u, i), the only ones that the fitted model must predict; None: all. The sampler uses it.

    Raises:
        holdout.TooFew: there are too few ratings for a validation split.
    """
    (stars, unit), pace = in_stars(train), Pace()

    def say(text, rmse=None, step=None, of=0, more=0):
        """Report a text, an RMSE in stars, and how long the rest takes if each of `more` fits has `of` steps, too."""
        seconds = None if step is None else pace.left(of - step + more * of)
        report(("" if seconds is None else f"{about(seconds)} left, ")
               + (text if rmse is None else f"{text} {unit.size * rmse:{digits(unit.size * rmse)}}"))

    known, held_out = hold_out(stars, VALIDATION_SEED)
    split = Split(known, held_out, limits(stars), effects(known) if model.covered else None)
    params, prediction, sd, _ = model.choose(model, split, say, asked)
    start = time.process_time()
    fitted = model.fit(stars, say, asked, **params)
    fitted = Covered(fitted, effects(stars)) if model.covered else fitted
    seconds = time.process_time() - start
    return Fit(params, Rescaled(fitted, unit), unit.back(prediction), seconds, unit.sd_back(sd))


def quiet(fit):
    """Return the `fit` of a Model from fit(train, **hyper-parameters), which reports nothing."""
    return lambda train, report, asked, **params: fit(train, **params)


def best_of(candidates, refine=lambda best, n, d: ()):
    """Return the `choose` of a Model: the hyper-parameters with the least RMSE on the validation split.

    Args:
        candidates: candidates(n, d) -> list of dicts of hyper-parameters, at least one.
        refine: refine(best, n, d) -> further candidates, from the best of those.
    """
    def choose(model, split, report, asked):
        def tried(candidates):
            later = range(len(candidates), 0, -1)  # fits that follow: of the other candidates, and of the best
            return best_trial(split, ((params, model.fit(split.train, partial(report, more=more), None, **params))
                                      for params, more in zip(candidates, later, strict=True)), report)

        n, d = split.train.shape
        first = tried(candidates(n, d))
        further = refine(first.params, n, d)
        return min(first, tried(further), key=attrgetter("error")) if further else first
    return choose


def best_trial(split, fits, report):
    """Return the Trial with the least RMSE of models fitted to split.train, an iterable of (params, fitted model)."""
    def trial(params, fitted):
        found = split.trial(params, fitted)
        report(f"{describe(params)}: RMSE", found.error)
        return found

    return min(itertools.starmap(trial, fits), key=attrgetter("error"))


def grid(**values):
    """Return every combination of the values as a list of dicts: grid(K=(2, 3)) is [{"K": 2}, {"K": 3}]."""
    return [dict(zip(values, combination, strict=True)) for combination in itertools.product(*values.values())]


def at_most(limit, *values):
    """Return the values in rising order, each once; the limit in the place of larger ones."""
    return sorted({min(value, limit) for value in values})


def prefixed(report, name):
    """Return `report` for lines that begin with a name."""
    return lambda text: report(f"{name}: {text}")


def describe(params):
    """Return hyper-parameters as one line: "K 12, fill soft"; those of several folds as "K 12/12/30"."""
    return ", ".join(f"{name} {_shown(value)}" for name, value in params.items())


def _shown(value):
    if isinstance(value, list):
        return "/".join(map(_shown, value))
    if value is None:  # a fold's blend that does without this part
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)
