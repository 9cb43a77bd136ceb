"""Small models for the pages, and what Python computes from the same rounded factors."""

import numpy as np

from recommender import api, model_file
from recommender.models.fitted import learner
from recommender.taste import page
from tests.ratings import ratings

UNITS = {"stars": lambda x: x, "hundreds": lambda x: 20 * x, "halves": lambda x: (x + 1) / 2 - 0.5,
         "likes": lambda x: (x > 3) * 1.0, "any": lambda x: np.where(x, 5.1234 * (x - 3) + 0.001 * x**2, 0)}


def fitted(unit="stars", users="u"):
    """Return an api.Model of ratings by two groups of users in a unit; in halves, one with the other regularization."""
    X, _ = ratings(n=60, d=30)
    u, i = np.nonzero(X)
    x = UNITS[unit](X[u, i])
    model = api.fit(([f"{users}{each:02}" for each in u], [f"i{each:02}" for each in i], x))
    if unit == "halves":
        flipped = {"per_rating": not learner(model.predictor.fitted).per_rating, "regularization": 2.0}
        model = api.Model(model_file.Saved("als", {}, model.table, changed(model.predictor, **flipped)))
    return model


def changed(predictor, **parts):
    """Return a predictor.Predictor whose Factors have other parts."""
    outer = predictor.fitted
    factors = learner(outer)._replace(**parts)
    return predictor._replace(fitted=outer._replace(model=outer.model._replace(model=factors)))


def reference(model):
    """Return the predictor.Predictor of a model with the factors that the page holds, in half precision."""
    Q = learner(model.predictor.fitted).Q
    return changed(model.predictor, Q=Q.astype(np.float16).astype(float))


def written(path, model, titles=None, fewest=10):
    """Write a model's page; return the numbers of its items."""
    model.page(path, titles, fewest)
    return page.chosen(model.table, titles, fewest)[1]
