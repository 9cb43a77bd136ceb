"""A fitted model: a NamedTuple of numbers, arrays, and further fitted models.

It has the methods of Fitted. Where they apply, it may have these, too:

    item_vectors()    what it has learnt of the items, (d, k), by which suggest finds reasons; or None
    type_of_user(u)   the mixture.Type of user number u
    shapes(n, d)      {field: shape} of its arrays, for n users and d items. A letter is a length that the arrays share.
    POSITIVE          names of the fields whose numbers are all above 0
    ITEMS             names of the fields whose numbers are those of items

The shapes and numbers are checked when a model file is read. Names of NamedTuples differ: files name them.
"""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Fitted(Protocol):
    """What every fitted model can do."""

    def predict(self, u, i):
        """Return predictions of pairs of users u (m,) and items i (m,), (m,); not clipped to the scale."""

    def sd(self, u, i):
        """Return numbers in proportion to the standard deviations of the pairs' ratings, (m,); or None."""

    def fold_in(self, i, x):
        """Return the fitted model of one new user, number 0, who gave items i (m,) the ratings x (m,)."""


def of_ratings(fitted):
    """Return a fitted model without the one that predicts items without ratings, see content.WithContent."""
    return fitted.model if hasattr(fitted, "content") else fitted


def learner(fitted):
    """Return the model that learnt from the ratings: the one inside of Rescaled and Covered."""
    return learner(fitted.model) if hasattr(fitted, "model") else fitted


def item_vectors(fitted):
    """Return what a fitted model has learnt of the items, (d, k); None if it has learnt nothing of single items."""
    if hasattr(fitted, "item_vectors"):
        return fitted.item_vectors()
    return item_vectors(fitted.model) if hasattr(fitted, "model") else None


def type_of_user(fitted, u):
    """Return the mixture.Type of user number u; None if the model knows no types."""
    model = learner(fitted)
    return model.type_of_user(u) if hasattr(model, "type_of_user") else None
