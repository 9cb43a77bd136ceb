"""Models of choices (clicks, purchases, plays), which order items and predict no ratings.

Each is one of the list models. Its scores have no unit: only their order counts.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from console import InputError
from recommender import model_file, ranking, reasons
from recommender.in_memory import frame, places, several
from recommender.lists import catalogue, choosing
from recommender.lists.verdict import SIMPLE

FEW_ITEMS = 4000  # up to so many, EASE stands beside a model of ratings: its fit takes 3 s
FIXED = {"alpha": 2.0, "regularization": 30.0}  # of implicit-als beside a model of more items


class Suggestion(NamedTuple):
    """An item for a user."""

    item: int | str
    score: float  # the higher the better
    chosen: float | None  # how often the user has chosen it
    because: int | str | None  # a similar item that the user has chosen


class Ranked(NamedTuple):
    """An item for one of all users."""

    user: int | str
    rank: int  # from 1
    item: int | str
    score: float


def beside(X, report=lambda text: None):
    """Return the Lists that a model of ratings X (n, d) keeps, by which `top` orders; see choosing.chosen.

    It is EASE, or implicit-als if there are many items; or `popular`, if that does as well. EASE is not fitted yet, as
    its matrix would be most of a model file and is quickly found when it is needed, see choosing.again.
    """
    popular, _, ease, als = catalogue.MODELS
    fixed = als._replace(candidates=lambda n, d: [{"rank": min(n, d, 32), **FIXED}])
    found, _ = choosing.chosen(X, False, report, [popular, ease if X.shape[1] <= FEW_ITEMS else fixed])
    return found if found.name == ease.name else _narrow(choosing.again(found, X))


def fit(table, name=None, report=lambda text: None):
    """Return the ImplicitModel of a Table of choices: of this name, or the best on the validation split.

    Raises InputError: there is no such list model, or too few choices, or too many items for it.
    """
    models = [each for each in select(name) if each.candidates(*table.X.shape)]
    if not models:
        raise InputError(f"{name} takes a number for each pair of items, too many for {len(table.items)} items;"
                         " expected another model")
    lists, ndcg = choosing.best(table.X, True, report, models)
    lists = _narrow(lists)
    return ImplicitModel(model_file.Saved(lists.name, lists.params, table, None, lists), ndcg)


def select(name=None):
    """Return the list models of a name, or all; InputError if there is none."""
    found = [each for each in catalogue.MODELS if name in (None, each.name)]
    if not found:
        names = ", ".join(each.name for each in catalogue.MODELS)
        raise InputError(f"no list model is called {name!r}; expected {names}")
    return found


def _narrow(lists):
    """Return Lists whose arrays take half the memory."""
    arrays = {name: part.astype(np.float32) for name, part in lists.fitted._asdict().items()
              if isinstance(part, np.ndarray) and part.dtype == float}
    return lists._replace(fitted=lists.fitted._replace(**arrays))


class ImplicitModel:
    """A fitted list model: name, params, table (the choices), lists, ndcg on the validation split (None: loaded).

    Methods raise InputError, a ValueError, for a user or an item that the model does not know.
    """

    def __init__(self, saved, ndcg=None):
        self.name, self.params, self.table, _, self.lists = self._saved = saved
        self.ndcg = ndcg

    def __repr__(self):
        n, d = self.table.X.shape
        return f"<recommender.ImplicitModel {self.name}: {n} users, {d} items, {self.table.X.nnz} choices>"

    @property
    def personal(self):
        """Whether lists depend on what a user has chosen."""
        return self.name != SIMPLE

    def save(self, path):
        """Write the model, with the choices, to a file; only another model file is replaced."""
        model_file.write(path, self._saved)

    def user(self, user):
        """Return the ImplicitUser with this ID."""
        u = int(places(self.table.users, user, "user"))
        return ImplicitUser(self, self.table.X[[u]])

    def fold_in(self, items):
        """Return the ImplicitUser of somebody new, from the items chosen, or a dict of item to count."""
        i = places(self.table.items, several(items), "item")
        x = np.array(list(items.values()) if isinstance(items, dict) else [1] * len(i), dtype=float)
        if not len(i) or len(np.unique(i)) < len(i) or not (np.isfinite(x) & (x > 0)).all():
            raise InputError("expected different items, each with a count above 0 or none")
        order = np.argsort(i)
        return ImplicitUser(self, csr_array((x[order], i[order], [0, len(i)]), shape=(1, len(self.table.items))))

    def recommend(self, user, n=10, exclude_rated=True, among=None):
        """Return the n best items for a user; see ImplicitUser.recommend."""
        return self.user(user).recommend(n, exclude_rated, among)

    def recommend_all(self, n=10, exclude_rated=True, among=None):
        """Return the n best items for each user, as a DataFrame or a list with the fields of Ranked."""
        u, rank, i, score = self.all_lists(n, exclude_rated, among)
        columns = self.table.users[u], rank, self.table.items[i], score
        return frame(Ranked, [Ranked(*row) for row in zip(*(column.tolist() for column in columns), strict=True)])

    def all_lists(self, n, exclude_rated, among):
        """Return the same as columns, with the numbers of users and of items: arrays (m,), user by user."""
        return self.best(self.table.X, n, exclude_rated, among)

    def best(self, X, n, exclude_rated, among):
        """Return ranking.best of users with the counts X (m, d)."""
        return ranking.best(self.table, None, self.lists, ranking.TOP, X, n, exclude_rated, among)

    def similar(self, item, n=10):
        """Return the n items most like an item, by the cosine of who chose them; see Model.similar."""
        of = places(self.table.items, [item], "item")
        everything = np.arange(len(self.table.items))
        return ranking.similar(self.table.items, reasons.cosines_of_choices(self.table.X, everything, of)[:, 0], of, n)


class ImplicitUser:
    """A user of an ImplicitModel, known or folded in."""

    def __init__(self, model, X):
        self.model, self.X = model, X  # (1, d)

    @property
    def rated(self):
        """The numbers of the items that the user has chosen, (r,)."""
        return self.X.indices

    def recommend(self, n=10, exclude_rated=True, among=None):
        """Return the n best items, as a DataFrame or a list with the fields of Suggestion.

        Args:
            exclude_rated: leave out the items that the user has chosen.
            among: the items from which to choose; None: all.
        """
        return frame(Suggestion, self.recommendations(n, exclude_rated, among))

    def recommendations(self, n=10, exclude_rated=True, among=None):
        """Return the same as a list of Suggestions."""
        table = self.model.table
        _, _, i, score = self.model.best(self.X, n, exclude_rated, among)
        why = reasons.nearest_chosen(table.X, i, self.rated) if self.model.personal else [None] * len(i)
        count = dict(zip(self.rated.tolist(), self.X.data.tolist(), strict=True))
        return [Suggestion(table.items[each].item(), float(score[row]), count.get(each),
                           None if why[row] is None else table.items[why[row]].item())
                for row, each in enumerate(i.tolist())]
