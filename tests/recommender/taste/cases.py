"""Small models for the pages, and what Python computes from the same rounded factors."""

import numpy as np

from recommender import api
from recommender.models.fitted import learner
from recommender.taste import page
from tests.ratings import ratings

UNITS = {"stars": lambda x: x, "hundreds": lambda x: 20 * x, "halves": lambda x: (x + 1) / 2 - 0.5,
         "likes": lambda x: (x > 3) * 1.0, "any": lambda x: np.where(x, 5.1234 * (x - 3) + 0.001 * x**2, 0)}


def fitted(unit="stars", name="als", users="u"):
    """Return an api.Model of ratings by two groups of users in a unit."""
    X, _ = ratings(n=60, d=30)
    u, i = np.nonzero(X)
    x = UNITS[unit](X[u, i])
    return api.fit(([f"{users}{each:02}" for each in u], [f"i{each:02}" for each in i], x), name)


def reference(model):
    """Return the predictor.Predictor of a model with the factors that the page holds, in half precision."""
    fitted = model.predictor.fitted
    factors = learner(fitted)
    rounded = factors._replace(Q=factors.Q.astype(np.float16).astype(float))
    return model.predictor._replace(fitted=fitted._replace(model=fitted.model._replace(model=rounded)))


def written(path, model, titles=None, fewest=10):
    """Write a model's page; return the numbers of its items."""
    model.page(path, titles, fewest)
    return page.chosen(model.table, titles, fewest)[1]
