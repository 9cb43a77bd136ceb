"""Made ratings for measuring, any number of them: long-tailed users and movies, and planted types of users."""

from typing import NamedTuple

import numpy as np

from recommender.ratings import Scale
from recommender.scale.store import arrangement, writing

MOVIES, MEAN = 17_770, 209  # of the Netflix Prize: movies, and ratings a user
VALUES = np.arange(1.0, 6)


class Planted(NamedTuple):
    """The truth from which the ratings were made."""

    means: np.ndarray  # (K, d): what each type thinks of each movie
    types: np.ndarray  # (n,): the type of each user


def write(path, ratings, d=MOVIES, types=12, seed=0):
    """Write a store of about this number of ratings, 209 a user, and return the Planted. Only one chunk is in memory.

    The j-th most popular movie is rated in proportion to (j + 50)^-1; the users' numbers of ratings are log-normal.
    A rating is the type's mean of the movie plus normal noise of standard deviation 1, rounded and clipped to 1-5.
    """
    random = np.random.default_rng(seed)
    n = max(ratings // MEAN, types)
    wanted = np.clip(random.lognormal(np.log(MEAN) - 0.72, 1.2, n), 1, d / 8).astype(int)
    popular = random.permutation(1 / (np.arange(d) + 50))
    means = np.clip(random.normal(3.6, 0.5, d) + random.normal(0, 0.6, (types, d)), 1, 5)
    planted = Planted(means, random.integers(types, size=n))
    first = 0
    with writing(path) as writer:
        for sizes in arrangement(wanted):
            users = slice(first, first := first + sum(sizes))
            user, item = _pairs(random, wanted[users], np.cumsum(popular) / popular.sum())
            x = means[planted.types[users][user], item] + random.normal(size=len(user))
            writer.chunk(sizes, d, user, item, np.clip(np.rint(x), 1, 5), VALUES)
        writer.finish(np.arange(n), np.arange(d), Scale(1.0, 5.0, 1.0), VALUES)
    return planted


def _pairs(random, wanted, reach):
    """Return users and the movies that they rate, (m,) each. A pair drawn twice is drawn once more, then left out."""
    user, item = np.zeros((2, 0), int)
    for _ in range(2):
        missing = np.maximum(wanted - np.bincount(user, minlength=len(wanted)), 0)
        more = np.repeat(np.arange(len(wanted)), missing)
        drawn = np.minimum(np.searchsorted(reach, random.random(len(more))), len(reach) - 1)
        both = np.unique(np.concatenate([user * len(reach) + item, more * len(reach) + drawn]))
        user, item = np.divmod(both, len(reach))
    return user, item
