"""Users and movies without training ratings: the effects predict them, in the place of any model.

A user without ratings gets the movies' effects. A movie without ratings gets the users' effects.
"""

from typing import NamedTuple

import numpy as np

from recommender.models import fitted
from recommender.models.effects import Effects, effects
from recommender.models.fitted import Fitted


class Covered(NamedTuple):
    """A fitted model, and the effects for users and movies without ratings."""

    model: Fitted
    effects: Effects

    def cold(self, u, i):
        """Return which pairs have a user or a movie without any training rating, (m,) bool."""
        return (self.effects.users[u] == 0) | (self.effects.movies[i] == 0)

    def predict(self, u, i):
        return np.where(self.cold(u, i), self.effects.predict(u, i), self.model.predict(u, i))

    def sd(self, u, i):
        sd = self.model.sd(u, i)
        return sd if sd is None else np.where(self.cold(u, i), self.effects.sd(u, i), sd)

    def fold_in(self, i, x):
        return Covered(self.model.fold_in(i, x), self.effects.fold_in(i, x))

    def item_vectors(self):
        return fitted.item_vectors(self.model)

    def type_of_user(self, u):
        return fitted.type_of_user(self.model, u)


def cover(model, X):
    """Return a model fitted to ratings (n, d) as Covered."""
    return Covered(model, effects(X))
