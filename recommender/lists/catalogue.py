"""The list models, the quick ones first. Their ranges were set by hand, by trials on validation splits alone."""

from collections.abc import Callable
from typing import NamedTuple

from recommender.lists.models import ease, implicit_als, item_knn, popular


class ListModel(NamedTuple):
    """A way to order the items for a user."""

    name: str
    about: str
    fit: Callable  # fit(R, **hyper-parameters) -> fitted; R csr_array (n, d): weights above 0 of what users chose
    candidates: Callable  # candidates(n, d) -> list of dicts of hyper-parameters; none: the data are too large for it


# A fitted list model is a NamedTuple of arrays that knows items alone. It has `shapes` as models/fitted.py says, and
# scores(R) -> (m, d), the larger the better, for the rows R (m, d) of any users, known or new.
MODELS = (
    ListModel("popular", "the items that most users chose", popular.fit, popular.candidates),
    ListModel("item-knn", "items like those that the user chose", item_knn.fit, item_knn.candidates),
    ListModel("ease", "each item predicted from the others by a ridge regression (EASE^R)", ease.fit, ease.candidates),
    ListModel("implicit-als", "matrix factorization of choices with confidences", implicit_als.fit,
              implicit_als.candidates),
)


def named(name):
    """Return the ListModel of this name, which is known to exist."""
    return next(model for model in MODELS if model.name == name)
