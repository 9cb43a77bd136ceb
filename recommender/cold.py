"""Items that nobody has rated: whether their features help, and how much, found out by items left out.

One rated item in five is left out with all its ratings. Each candidate of models/content.py is fitted to the others and
predicts these ratings. The best one is used, or, if it is no better, the means of users. Its errors also calibrate the
intervals.
"""

from typing import NamedTuple

import numpy as np

from console import InputError, digits, noun
from recommender import splits
from recommender.choosing import describe, grid
from recommender.holdout import FRACTION, VALIDATION_SEED, TooFew, hold_out_items, limits
from recommender.models import content
from recommender.models.effects import effects
from recommender.models.fitted import Fitted
from recommender.models.units import Rescaled, in_stars
from recommender.sparse import counts, pairs

ITEMS = "items"  # the kind of a split that holds out whole items
ALIKE = "All models predict items without ratings in the same way. So this split does not tell which model is best."
SHARE, FEW = 0.2, 20  # of the rated items is left out; fewer items than these tell nothing
CANDIDATES = grid(regularization=[10.0, 20.0], of_features=[3.0, 30.0, 300.0])


class Content(NamedTuple):
    """A model of items without ratings, and how well it did on items left out."""

    fitted: Fitted  # to all training ratings, of all items
    rated: np.ndarray  # (d,) bool: which items have ratings
    params: dict | None  # hyper-parameters of content.run; None: the means of users predict
    items: int  # how many were left out
    rmse: float | None = None  # of features on the ratings of these; None: they were too few
    rmse_of_means: float | None = None  # of users
    errors: np.ndarray | None = None  # (2, m): with the user known, and with the user unknown, too

    def about(self):
        """Return lines for the user."""
        used = "These features predict" if self.params else "The mean of each user predicts"
        if self.rmse is None:
            return (f"One rated item in {1 / SHARE:g} is left out to try features, but {self.items} are too few. {used}"
                    " items without ratings")
        form = digits(self.rmse_of_means)
        return (f"{used} items without ratings. RMSE on {self.items} rated items that were left out:"
                f" {self.rmse:{form}} by features, {self.rmse_of_means:{form}} by the mean of each user")


def fit(X, F, report=lambda text: None):
    """Return the Content of ratings (n, d) in any unit, of which some items may have none, and of features (d, m).

    `report` is called with lines about the progress.
    """
    (stars, unit), rated = in_stars(X), counts(X)[1] > 0
    simple = Content(Rescaled(effects(stars), unit), rated, None, int(SHARE * rated.sum()))
    if simple.items < FEW:
        return simple
    train, held_out = hold_out_items(stars, VALIDATION_SEED, SHARE)
    u, i, x = pairs(held_out)

    def tried(params, fitted):
        predicted = np.stack([fitted.predict(u, i), content.unknown_user(fitted, i)])
        errors = unit.size * (x - np.clip(predicted, *limits(stars)))
        return params, errors

    def rmse(trial):
        return float(np.sqrt(np.mean(trial[1][0] ** 2)))

    means = tried(None, effects(train))
    trials = []
    for params in CANDIDATES:
        trials.append(tried(params, content.run(train, F, **params)))
        report(f"features of items: {describe(params)}: RMSE {rmse(trials[-1]):{digits(rmse(means))}}")
    best = min(trials, key=rmse)
    params, errors = min(means, best, key=rmse)
    fitted = content.run(stars, F, **params) if params else effects(stars)
    return Content(Rescaled(fitted, unit), rated, params, len(np.unique(i)), rmse(best), rmse(means), errors)


def judge(jobs):
    """Return a dict of the RMSE on held-out ratings of items without ratings, of features and of the means of users.

    `jobs` are measure.Jobs with a Content. Returns None if there are no such ratings.
    """
    squared = []
    for job in jobs:
        u, i, x = (part[~job.content.rated[job.held_out.indices]] for part in pairs(job.held_out))
        both = np.stack([fitted.predict(u, i) for fitted in (job.content.fitted, effects(job.train))])
        squared.append((x - np.clip(both, *job.scale[:2])) ** 2)
    squared = np.hstack(squared)
    if not squared.size:
        return None
    rmse, of_means = np.sqrt(squared.mean(axis=1)).tolist()
    return {"rmse": rmse, "rmse_of_means": of_means}


def split(table, seed=0, fraction=None):
    """Return the splits.Split of a Table with all ratings of some items held out, a share; InputError if it has one."""
    splits.check_differ(table)
    fraction, own = fraction or FRACTION, seed + (seed >= VALIDATION_SEED)  # the items that `fit` draws are others
    try:
        part = splits.Part(*hold_out_items(table.X, own, fraction))
    except TooFew as error:
        raise InputError(f"too few items to hold some out: {error}") from None
    splits.held_out(part.train, VALIDATION_SEED, to="choose hyper-parameters")
    number = len(np.unique(part.held_out.indices))
    return splits.Split(table, [part], {"kind": ITEMS, "fraction": fraction, "seed": seed},
                        (f"Held out: all ratings of {number} {noun(number, 'item')}",))
