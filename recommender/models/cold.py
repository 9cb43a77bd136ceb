"""Users and movies that nothing is known of: a model's predictions with those of the effects in their place.

Who has rated nothing gets what movies' effects say, a movie that nobody has rated what users' effects say.
"""

from typing import NamedTuple

import numpy as np

from recommender.models.baselines import Effects, effects
from recommender.sparse import as_ratings


class Covered(NamedTuple):
    """A fitted model, and the effects for where it knows nothing."""

    model: tuple  # its state
    effects: Effects

    def cold(self, u, i):
        """Return which pairs have a user or a movie without any training rating, (m,) bool."""
        return (self.effects.users[u] == 0) | (self.effects.movies[i] == 0)

    def predict(self, u, i):
        return np.where(self.cold(u, i), self.effects.predict(u, i), self.model.predict(u, i))

    def spread(self, u, i):
        spread = self.model.spread(u, i)
        return spread if spread is None else np.where(self.cold(u, i), self.effects.spread(u, i), spread)

    def fold_in(self, i, x):
        return Covered(self.model.fold_in(i, x), self.effects.fold_in(i, x))


def cover(state, X):
    """Return the state of a model fitted to ratings (n, d) as Covered."""
    return Covered(state, effects(as_ratings(X)))
