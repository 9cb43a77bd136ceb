"""The course's EM as a model of ratings."""

import em
from common import GaussianMixture, init
from recommender.choosing import Model, at_most, best_of, grid, quiet
from recommender.models.mixture import fitted, prepared
from recommender.sparse import as_ratings


def run(X, K, fill="soft", seeds=range(5)):
    """Return the Mixture of K components that the course's EM finds in (n, d) ratings, the best of all seeds (tab 4).

    The filling "soft" weights the components' means with the user's posterior (tab 8); "hard" takes the mean of the
    most likely component alone. Raises ValueError if K or fill is out of range, or there are no ratings.
    """
    if fill not in ("soft", "hard"):
        raise ValueError(f"expected fill to be soft or hard, got {fill!r}")
    X = as_ratings(X)
    data = prepared(X)
    runs = (em.run(data, *init(X, K, seed)) for seed in seeds)
    best, _, _ = max(runs, key=lambda run: run[2])
    return fitted(data, GaussianMixture(*best), hard=fill == "hard")


def _model(name, about, fill, *K):
    return Model(name, "mixture", about, quiet(run), best_of(lambda n, d: grid(K=at_most(n, *K), fill=[fill])))


MODELS = (
    _model("em-hard", "the course's EM, filled from the most likely component", "hard", 4, 8, 12, 16, 24, 32),
    _model("em", "the course's EM", "soft", 4, 8, 12, 16, 24, 32),
    _model("em-12", "the course's EM, K = 12", "soft", 12),
)
