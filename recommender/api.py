"""The recommender in Python: `recommender.read`, `fit`, `load` and `evaluate`, and the Model that these return.

IDs are yours: whole numbers or text. 7 and "7" are the same ID. The commands use the same functions.
"""

import os
import re
import warnings
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import pages
from console import InputError
from recommender import (
    catalogue,
    cold,
    features,
    formats,
    intervals,
    model_file,
    predictor,
    ranking,
    reasons,
    sources,
    splits,
    verdict,
)
from recommender import implicit as implicit_
from recommender.formats import Told, check_told
from recommender.holdout import VALIDATION_SEED, score
from recommender.in_memory import frame, of_columns, of_frame, of_matrix, places, whole
from recommender.lists import choosing
from recommender.lists import evaluate as lists
from recommender.lists import verdict as verdict_of_lists
from recommender.measure import compare, jobs
from recommender.models.content import WithContent
from recommender.models.effects import effects
from recommender.models.fitted import item_vectors, type_of_user
from recommender.models.units import in_stars
from recommender.ratings import Table
from recommender.taste import page


class Score(NamedTuple):
    """How well a model predicts held-out ratings."""

    model: str
    rmse: float
    mae: float
    coverage_90: float  # share of the held-out ratings inside their 90 % interval
    best: bool  # whether this is the model to use; see verdict.py
    params: dict  # hyper-parameters


class ListScore(NamedTuple):
    """How good a model's lists are; lists/metrics.py has the formulas."""

    model: str
    ndcg: float
    ndcg_se: float  # its standard error
    recall: float
    precision: float
    map: float
    mrr: float
    hit_rate: float
    coverage: float
    novelty: float  # bits
    rated_share: float | None  # of the recommended items; None of choices, as the next
    rated_mean: float | None  # held-out rating of these
    best: bool  # whether this is the model to use
    params: dict


class Recommendation(NamedTuple):
    """An item for a user."""

    item: int | str
    predicted: float
    low: float  # the interval's lowest and highest rating
    high: float
    rated: float | None  # the user's own rating
    because: int | str | None  # a similar item that the user has rated high


class Listed(NamedTuple):
    """An item for one of all users."""

    user: int | str
    rank: int  # from 1
    item: int | str
    predicted: float
    low: float
    high: float


class Validation(NamedTuple):
    """How well a model predicted the ratings that chose its hyper-parameters."""

    rmse: float
    ratings: int  # how many


def read(ratings, **told):
    """Return a Table of ratings, with its lines for the user in `notes`.

    Args:
        ratings: a path, as the commands take it; a pandas DataFrame with columns such as user, item, rating, and
            perhaps time; a list or tuple (users, items, ratings) or (users, items, ratings, times); or a scipy.sparse
            matrix, users x items, whose IDs are the numbers of rows and columns, from 0. NaN is no rating.
        told: the commands' options by their names in formats.Told, such as missing=(99,); all but implicit and events
            only with a path. With implicit=True these are choices: (users, items) is enough, and numbers are counts.

    Raises:
        InputError: a ValueError in one line.
    """
    is_file, others = isinstance(ratings, (str, os.PathLike)), told.keys() - {"implicit"}
    if hasattr(ratings, "columns"):
        others.discard("events")
    told = _told(told)
    if is_file:
        table = sources.read(os.fspath(ratings), told=told).table
    elif others:
        raise InputError(f"{', '.join(sorted(others))} can be told of files alone; expected a path")
    elif isinstance(ratings, Table):
        if told.implicit and not ratings.implicit:
            raise InputError("this Table holds ratings; expected read(..., implicit=True) for choices")
        return ratings
    elif hasattr(ratings, "columns"):
        table = of_frame(ratings, told)
    elif isinstance(ratings, list) and ratings and all(isinstance(each, tuple) for each in ratings):
        raise InputError("expected columns (users, items, ratings), got a list of tuples; if each is a rating, give"
                         " tuple(zip(*ratings))")
    elif isinstance(ratings, (list, tuple)):
        table = of_columns(*ratings, implicit=told.implicit)
    elif hasattr(ratings, "shape"):
        table = of_matrix(ratings, told.implicit)
    else:
        raise InputError("expected a path, a DataFrame, columns (users, items, ratings) or a matrix, got"
                         f" {type(ratings).__name__}")
    for note in table.notes:
        if note.startswith("warning: "):
            warnings.warn(_in_python(note.removeprefix("warning: "), is_file), stacklevel=2)
    return table


def _told(told):
    """Return the Told with these fields; InputError if it has no such field, or one of the wrong kind."""
    kinds = {"format": str, "missing": (list, tuple), "columns": dict, "header": bool, "separator": str, "user": str,
             "scale": (list, tuple), "implicit": bool, "events": (list, tuple)}
    for name, value in told.items():
        if name not in kinds or not isinstance(value, kinds[name]):
            raise InputError(f"{name}={value!r} says nothing of a file; expected format='list' or 'matrix',"
                             " missing=(99,), columns={'user': 'reviewer'}, header=False, separator=';', user='me',"
                             " scale=(1, 5), implicit=True or events=('purchase',)")
    return check_told(Told(**told))


def _in_python(note, is_file):
    """Return a note for the user that has the argument of read instead of the commands' option --missing."""
    return re.sub("say --missing (.*)", lambda found: f"say missing=({', '.join(found[1].split())},)" if is_file
                  else f"leave out {found[1]}", note)


def fit(ratings, model=None, report=lambda text: None, implicit=False, lists=True, items=None, item_columns=None):
    """Return the Model of a kind, fitted to ratings, which are as in `read`; of choices, the ImplicitModel.

    Args:
        model: a name; `evaluate` has all of them, and says which predicts best. None: that of catalogue.default, which
            takes seconds; of choices, the list model that is best on a validation split.
        implicit: the ratings are choices, as read(ratings, implicit=True) takes them.
        lists: also fit the list model by which recommend(by="top") orders.
        report: called with lines about the progress.
        items: a path or a DataFrame of items with genres, years and titles; the model then predicts those that nobody
            has rated, too.
        item_columns: names of the columns of `items` to use; None: those of usual names.

    Raises:
        InputError: there is no such model, or too few ratings, or they are all equal; or no feature of the items.
    """
    table = read(ratings, implicit=True) if implicit else read(ratings)
    if table.implicit:
        if items is not None:
            raise InputError("items predict ratings, and these are choices; leave items out")
        return implicit_.fit(table, model, report)
    name = model or catalogue.default(table.X.nnz)
    (kind,) = catalogue.usable(catalogue.select([name]), table.times, named=True)
    splits.check_differ(table)
    held_out = splits.held_out(table.X, VALIDATION_SEED, to="choose hyper-parameters").held_out
    all_items, content = table, None
    if items is not None:
        all_items, F = features.read(items, item_columns).joined(table)
        content = cold.fit(all_items.X, F, report)
    found, fitted = predictor.train(kind, table.X, table.scale, report, times=table.times, content=content)
    validation = Validation(score(found.validation, held_out.data, table.scale), held_out.nnz)
    beside = implicit_.beside(all_items.X, report) if lists else None
    return Model(model_file.Saved(name, found.params, all_items, fitted, beside), validation, content)


def load(path):
    """Return the Model or ImplicitModel in a file that `save` or the command fit has written; InputError if it is none.
    """
    saved = model_file.read(path)
    return Model(saved) if saved.predictor else implicit_.ImplicitModel(saved)


def load_of_ratings(path):
    """Return the Model in a file; InputError if it is one of choices, which predicts no ratings, or none."""
    model = load(path)
    if model.table.implicit:
        raise InputError(f"{path} is a model of choices, which predicts no ratings; expected a model of ratings, or"
                         " suggest")
    return model


def evaluate(ratings, models=None, *, test=None, folds=None, seed=0, split=None, top=None, liked=None):
    """Return the Scores of models on held-out ratings, the least RMSE first, as a table; or of their lists.

    One rating in ten is held out. If these are fewer than 200, all ratings are held out in turn, in folds.

    Args:
        ratings: as in `read`.
        models: names, or one name; None: all, which takes minutes, or of lists those that the command compares.
        test: ratings to hold out, as in `read`.
        folds: the number of folds.
        seed: of the draw of the ratings.
        split: "time", "leave-one-out" or "users", as the command's --split.
        top: compare lists of so many items, the largest NDCG first; choices are always compared so, with 10 by default.
        liked: with `top`, the lowest held-out rating that makes an item relevant; None: the mean of the ratings.

    Returns:
        A pandas.DataFrame with the fields of Score, or of ListScore, as columns; a list of them if pandas is not
        installed.

    Raises:
        InputError: as fit, or there is no such split, or it needs times.
    """
    table, names = read(ratings), [models] if isinstance(models, str) else models
    for wrong, said in ((split not in (None, *splits.KINDS), f"split={split!r}: expected {', '.join(splits.KINDS)}"),
                        (test is not None and (split, folds) != (None, None), "expected test alone, without split or"
                         " folds, which split the ratings in another way"),
                        (folds is not None and split not in (None, splits.USERS), f"split={split!r} has no folds"),
                        (liked is not None and (top is None or table.implicit), "expected liked with top, of ratings"),
                        (top is not None and whole(top) < 1, "expected top=1 or more")):
        if wrong:
            raise InputError(said)
    if test is not None:
        test = read(test, implicit=True) if table.implicit else read(test)
    split = splits.split(table, seed, test, folds=folds, kind=split)
    if top is not None or table.implicit:
        return _lists(split, names, choosing.LENGTH if top is None else top, liked)
    chosen = catalogue.select(names)
    found = list(compare(jobs(split), catalogue.usable(chosen, split.table.times, models is not None)))
    best = verdict.best({row["name"]: squared for row, squared in found})
    rows = sorted((row for row, _ in found), key=lambda row: row["rmse"])
    return frame(Score, [Score(row["name"], row["rmse"], row["mae"], row["coverage_90"], row["name"] == best,
                                row["params"]) for row in rows])


def _lists(split, names, n, liked):
    """Return the ListScores of models on a splits.Split, as `evaluate` does."""
    implicit = split.table.implicit
    work = lists.jobs(split, n, liked, implicit)
    lists.about(work)  # raises if there is nothing to judge
    rows, ndcg = [], {}
    for name, row, of_users in lists.compare(work, lists.select(names, implicit)):
        if row is not None:
            rows, ndcg[name] = [*rows, row], of_users
    if not rows:
        raise InputError(f"there are too many items for {', '.join(names)}; expected another model, such as item-knn")
    best, numbers = verdict_of_lists.best(ndcg), ListScore._fields[1:-2]
    return frame(ListScore, [ListScore(row["name"], *map(row.get, numbers), row["name"] == best, row["params"])
                             for row in sorted(rows, key=lambda row: -row["ndcg"])])


class Model:
    """A fitted model: name, params (hyper-parameters), table (the ratings), validation and content (a cold.Content).

    The last two are None of a loaded model. `list_model` is the choosing.Lists by which recommend(by="top") orders, or
    None; `lists` fits it again if need be. Methods raise InputError, a ValueError, for a user or an item that the
    model does not know.
    """

    def __init__(self, saved, validation=None, content=None):
        self.name, self.params, self.table, self.predictor, self.list_model = saved
        self.validation, self.content = validation, content
        self._saved = saved

    def __repr__(self):
        n, d = self.table.X.shape
        return f"<recommender.Model {self.name}: {n} users, {d} items, {self.table.X.nnz} ratings>"

    @cached_property
    def lists(self):
        """The list model, fitted."""
        return choosing.again(self.list_model, self.table.X)

    @property
    def personal(self):
        """Whether recommendations depend on which items a user has rated; not those of constant and effects."""
        return catalogue.select([self.name])[0].family != "baseline"

    def save(self, path):
        """Write the model, with the ratings, to a file; only another model file is replaced."""
        model_file.write(path, self._saved)

    def page(self, path, titles=None, fewest=page.FEWEST, report=lambda text: None):
        """Write a page to recommend from, for a browser; return lines about what it has. It replaces only a page.

        Args:
            titles: dict of item to title, or the path of a file of them.
            fewest: leave out items with fewer ratings, because the page could give somebody's rating away.
            report: called with lines about the progress. A model other than als is replaced by als, fitted to its
                ratings.

        Raises:
            InputError: no item has so many ratings, or no item has a title although there are titles.
        """
        titles = formats.titles(titles) if isinstance(titles, (str, os.PathLike)) else titles
        if not isinstance(titles, dict | None):
            raise InputError("expected titles as a dict of item to title, or the path of a file")
        chosen = page.chosen(self.table, titles, fewest)
        model = self if self.name == "als" else fit(self.table, "als", report, lists=False)
        content, about = page.made(model, *chosen, fewest, self.name)
        pages.write(path, content)
        return about

    def predict(self, users, items, cold=False):
        """Return the predicted ratings of pairs of users and items; a single ID goes with each of the others.

        cold: predict unknown users and items, too, from the means of all others.
        """
        return self._of_pairs(users, items, cold)[0]

    def interval(self, users, items, cold=False):
        """Return the lowest and the highest rating of the pairs' 90 % intervals, two arrays."""
        return self._of_pairs(users, items, cold)[1:]

    def knows(self, users, items):
        """Return of which pairs the model knows both the user and the item, bool."""
        u, i = self._numbers(users, items, cold=True)
        return (u >= 0) & (i >= 0)

    def _of_pairs(self, users, items, cold):
        u, i = self._numbers(users, items, cold)
        return [part.reshape(u.shape)[()] for part in self._known_or_cold(u.ravel(), i.ravel())]

    def _numbers(self, users, items, cold):
        """Return the numbers of pairs of users and items, -1 for the cold ones."""
        return np.broadcast_arrays(places(self.table.users, users, None if cold else "user"),
                                   places(self.table.items, items, None if cold else "item"))

    def _known_or_cold(self, u, i):
        """Return prediction, low and high of pairs of numbers, in which -1 is an unknown user or item."""
        predicted, half = np.empty(len(u)), np.empty(len(u))
        known, fitted = (u >= 0) & (i >= 0), self.predictor
        pair = u[known], i[known]
        predicted[known], half[known] = fitted.predict(*pair), fitted.half_width(*pair)
        u, i = u[~known], i[~known]
        if len(u):
            b, c, n_u, n_i = (np.append(part, 0) for part in (self._effects.b, self._effects.c, fitted.n_u, fitted.n_i))
            predicted[~known] = np.clip(self._effects.mean + b[u] + c[i], *self.table.scale[:2])
            half[~known] = intervals.half_width(fitted.intervals, np.zeros(len(u)), n_u[u], n_i[i])
        return predicted, *intervals.ends(predicted, half, self.table.scale)

    @cached_property
    def _effects(self):
        found, fitted = effects(self.table.X), self.predictor.fitted
        return fitted.completed(found) if isinstance(fitted, WithContent) else found

    def user(self, user):
        """Return the User with this ID."""
        u, X = int(places(self.table.users, user, "user")), self.table.X
        of = slice(*X.indptr[u : u + 2])
        return User(self, u, self.predictor, X.indices[of], X.data[of])

    def fold_in(self, ratings):
        """Return the User of somebody new, from a dict of item to rating; the model stays as it is."""
        if not isinstance(ratings, dict):
            raise InputError(f"expected a dict of item to rating, got {type(ratings).__name__}")
        i = places(self.table.items, list(ratings), "item")
        x = np.array(list(ratings.values()), dtype=float)
        low, high, _ = self.table.scale
        if not len(i) or len(np.unique(i)) < len(i) or not ((low <= x) & (x <= high)).all():
            raise InputError(f"expected ratings of different items, each from {low:.10g} to {high:.10g}")
        i, x = i[np.argsort(i)], x[np.argsort(i)]
        return User(self, 0, self.predictor.fold_in(i, x), i, x)

    def recommend(self, user, n=10, exclude_rated=True, sure=False, by=None, among=None):
        """Return the n best items for a user; see User.recommend."""
        return self.user(user).recommend(n, exclude_rated, sure, by, among)

    def recommend_all(self, n=10, exclude_rated=True, by="rating", among=None):
        """Return the n best items for each user, as a DataFrame or a list with the fields of Listed."""
        u, rank, i, *numbers = self.all_lists(n, exclude_rated, among, by)
        columns = self.table.users[u], rank, self.table.items[i], *numbers
        return frame(Listed, [Listed(*row) for row in zip(*(column.tolist() for column in columns), strict=True)])

    def all_lists(self, n, exclude_rated, among, by="rating"):
        """Return the same as columns, with the numbers of users and of items: arrays (m,), user by user."""
        X = self.table.X
        u, rank, i, _ = self.best(self.predictor, X, n, exclude_rated, among, by)
        return u, rank, i, self.predictor.predict(u, i), *self.predictor.interval(u, i)

    def best(self, predictor, X, n, exclude_rated, among, by, first=0):
        """Return ranking.best of users with the ratings X (m, d), of whom the predictor knows the first as `first`."""
        lists = self.lists if by == ranking.TOP else None  # they may have to be fitted again
        return ranking.best(self.table, predictor, lists, by, X, n, exclude_rated, among, first)

    def similar(self, item, n=10):
        """Return the n items most like an item, as a DataFrame or a list with the fields of Similar.

        The cosine is of what the model has learnt of the items, or of the ratings if it has learnt nothing of them.
        """
        of = places(self.table.items, [item], "item")
        everything, V = np.arange(len(self.table.items)), item_vectors(self.predictor.fitted)
        alike = (reasons.cosines(V, V[of]) if V is not None
                 else reasons.cosines_of_ratings(in_stars(self.table.X)[0], everything, of))[:, 0]
        return ranking.similar(self.table.items, alike, of, n)


class User:
    """A user of a Model, known or folded in."""

    def __init__(self, model, number, fitted, rated, x):
        self.model, self._u, self._predictor = model, number, fitted
        self.rated, self.ratings = rated, x  # (r,) numbers of the items rated, and the ratings

    @property
    def X(self):
        """The ratings, a csr_array (1, d)."""
        shape = 1, len(self.model.table.items)
        return csr_array((self.ratings, self.rated, [0, len(self.rated)]), shape=shape)

    @property
    def type(self):
        """The mixture.Type of the user; None if the model knows no types."""
        return type_of_user(self._predictor.fitted, self._u)

    def predict(self, items):
        """Return the predicted ratings of items."""
        return self._predictor.predict(*self._pairs(items))

    def interval(self, items):
        """Return the lowest and the highest rating of the items' 90 % intervals, two arrays."""
        return self._predictor.interval(*self._pairs(items))

    def _pairs(self, items):
        i = np.atleast_1d(places(self.model.table.items, items, "item"))
        return np.full(len(i), self._u), i

    def recommend(self, n=10, exclude_rated=True, sure=False, by=None, among=None):
        """Return the n best items, as a DataFrame or a list with the fields of Recommendation.

        Args:
            exclude_rated: leave out the items that the user has rated.
            sure: the same as by="sure".
            by: "rating", the prediction; "sure", the low end of the interval; or "top", the list model.
            among: the items from which to choose; None: all.
        """
        return frame(Recommendation, self.recommendations(n, exclude_rated, sure, by, among))

    def recommendations(self, n=10, exclude_rated=True, sure=False, by=None, among=None):
        """Return the same as a list of Recommendations."""
        table = self.model.table
        by = by or (ranking.SURE if sure else ranking.RATING)
        _, _, i, _ = self.model.best(self._predictor, self.X, n, exclude_rated, among, by, self._u)
        u = np.full(len(i), self._u)
        predicted, (low, high) = self._predictor.predict(u, i), self._predictor.interval(u, i)
        if not np.isfinite([predicted, low, high]).all():
            raise FloatingPointError("its predictions are not finite numbers")
        why = [None] * len(i)
        if self.model.personal:
            why = reasons.nearest(self._predictor.fitted, table.X, i, self.rated, self.ratings)
        rating = dict(zip(self.rated.tolist(), self.ratings.tolist(), strict=True))
        return [Recommendation(table.items[each].item(), float(predicted[row]), float(low[row]), float(high[row]),
                               rating.get(each), None if why[row] is None else table.items[why[row]].item())
                for row, each in enumerate(i.tolist())]
