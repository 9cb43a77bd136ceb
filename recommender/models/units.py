"""Ratings in any unit: models get them as stars, and predictions go back into the ratings' unit.

    z = MEAN + SD (x - mean of the ratings) / (standard deviation of the ratings)

Stars have the mean and the standard deviation of the course's ratings. The models' numbers suit stars: regularization,
priors, rates of learning, the least variance of the course's EM, and the 0 that its start takes for a gap. In stars
they also suit ratings of 0 to 100 or millionths. The unit comes from the standard deviation, not from the length of the
scale, because one rating far off would stretch the scale.
"""

from typing import NamedTuple

import numpy as np

from recommender.models.fitted import Fitted
from recommender.sparse import with_values

MEAN, SD = 3.5605495031337475, 1.041925035148366  # of the 1,111,768 ratings of the course's matrix
GRID = 2**30  # parts of a star to which z is rounded: the same ratings in two units become exactly the same numbers


class Unit(NamedTuple):
    """The unit of some ratings."""

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

    def sd_back(self, sd):
        """Return standard deviations (m,) of stars in the ratings' unit; None if there are none."""
        return None if sd is None else self.size * sd


class Rescaled(NamedTuple):
    """A model that was fitted to stars, for ratings in their own unit."""

    model: Fitted
    unit: Unit

    def predict(self, u, i):
        return self.unit.back(self.model.predict(u, i))

    def sd(self, u, i):
        return self.unit.sd_back(self.model.sd(u, i))

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
