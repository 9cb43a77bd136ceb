"""What any model has to beat: one constant, and the effects of users and movies."""

from typing import NamedTuple

import numpy as np

from recommender.choosing import Model, best_of, grid, quiet
from recommender.models.effects import effects
from recommender.sparse import as_ratings


class Constant(NamedTuple):
    """The mean of all ratings."""

    mean: float

    def predict(self, u, i):
        return np.full(len(u), self.mean)

    def sd(self, u, i):
        """Return the same number for all pairs; the intervals learn its size from errors."""
        return np.ones(len(u))

    def fold_in(self, i, x):
        return self


def constant(X):
    """Return the Constant of (n, d) ratings; raise ValueError if there are no ratings."""
    return Constant(float(as_ratings(X).data.mean()))


MODELS = (
    Model("constant", "baseline", "the mean of all ratings", quiet(constant), best_of(lambda n, d: [{}]), False),
    Model("effects", "baseline", "how high each user rates, and how well each item is liked", quiet(effects),
          best_of(lambda n, d: grid(regularization=[1.0, 2.0, 5.0, 10.0, 20.0])), False),
)
