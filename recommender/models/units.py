"""Models of ratings in any unit: every model is given stars, and its predictions are given back in the ratings' unit.

    z = MEAN + SD (x - mean of the ratings) / (standard deviation of the ratings)

Stars have the mean and the standard deviation of the course's ratings, which are thus their own stars. The models' own
numbers suit these: the strengths of penalties and priors, rates of learning, and of the course's EM the 0 for a gap in
its start, and the least variance of 0.25. Given stars, they suit ratings of 0 to 100 as well. The unit is the standard
deviation, not the length of the scale: all models go by squared errors, and one rating far off would stretch the scale.
"""

from typing import NamedTuple

import numpy as np

from console.text import digits
from recommender.sparse import with_values

MEAN, SD = 3.5605495031337475, 1.041925035148366  # of the 1,111,768 ratings of the course's matrix
GRID = 2**30  # parts of a star to which z is rounded: the same ratings in two units become exactly the same numbers


class Unit(NamedTuple):
    """Where ratings lie, and how far they spread."""

    origin: float  # the lowest rating: subtracted first, so that a large constant in all ratings costs no digits
    mean: float  # of the ratings less the origin
    sd: float  # their standard deviation; 1 where all are equal

    @property
    def size(self):
        """What a star is, in the ratings' unit."""
        return self.sd / SD

    def stars(self, x):
        """Return ratings x (m,) as stars."""
        return np.rint((MEAN + (x - self.origin - self.mean) / self.size) * GRID) / GRID

    def back(self, z):
        """Return stars z (m,) in the ratings' unit; not rounded."""
        return self.origin + (self.mean + (z - MEAN) * self.size)


class Rescaled(NamedTuple):
    """A model that was fitted to stars, for ratings in their own unit."""

    model: tuple  # its state
    unit: Unit

    def predict(self, u, i):
        return self.unit.back(self.model.predict(u, i))

    def spread(self, u, i):
        return in_unit(self.model.spread(u, i), self.unit)

    def fold_in(self, i, x):
        return self._replace(model=self.model.fold_in(i, self.unit.stars(x)))


def unit_of(x):
    """Return the Unit of ratings x, (m,), at least one."""
    origin = x.min()
    return Unit(float(origin), float(np.mean(x - origin)), float(np.std(x - origin)) or 1.0)


def in_stars(X):
    """Return ratings (n, d), a csr_array, as stars, and their Unit."""
    unit = unit_of(X.data)
    return with_values(X, unit.stars(X.data)), unit


def in_unit(spread, unit):
    """Return standard deviations (m,) of stars in a Unit; None where there are none."""
    return None if spread is None else unit.size * spread


def in_any_unit(fit):
    """Return the fit of a catalogue.Model for ratings in any unit, from one for stars.

    What that reports is a text and, where it says an RMSE, the RMSE.
    """
    def fitted(train, report, done, asked=None):
        stars, unit = in_stars(train)

        def say(text, rmse=None):
            report(text if rmse is None else f"{text} {unit.size * rmse:{digits(unit.size * rmse)}}")

        found = fit(stars, say, done, asked)
        return found._replace(state=Rescaled(found.state, unit), inner=unit.back(found.inner),
                              inner_spread=in_unit(found.inner_spread, unit))
    return fitted
