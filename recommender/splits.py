"""The ways to hide ratings from all models: a random share, one fold after the other, or what a file says."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from console import InputError, noun
from recommender.holdout import FRACTION, INNER_SEED, TEST_SEED, TooFew, hold_out, where
from recommender.ratings import Table
from recommender.sparse import counts, pairs


class Part(NamedTuple):
    """Ratings in two: what models are fitted to, and what they are judged by."""

    train: csr_array  # (n, d)
    hidden: csr_array  # (n, d)


class Split(NamedTuple):
    """A table's ratings, split once or in folds."""

    table: Table
    parts: list  # of Part; one, or as many as there are folds
    how: dict  # the split in words and numbers, for the JSON file
    notes: tuple = ()  # lines for the user


def held_out(X, seed=TEST_SEED, fraction=FRACTION, to="hide some", instead="more ratings"):
    """Return the Part that holdout.hold_out makes; InputError where there are too few ratings "to" do what."""
    try:
        return Part(*hold_out(X, seed, fraction))
    except TooFew as error:
        raise InputError(f"too few ratings to {to}: {error}; expected {instead}") from None


def by_share(table, fraction, seed, instead="more ratings"):
    """Return the Split of a Table with a random share hidden; InputError, with what helps "instead", of too few."""
    own = seed + (seed >= INNER_SEED)  # drawn like this one, the inner split would find its ratings hidden already
    part = held_out(table.X, own, fraction, to="compare models", instead=instead)
    return Split(table, [part], {"kind": "hide", "fraction": fraction, "seed": seed})


def in_folds(table, number, seed):
    """Return the Split of a Table in folds: each rating is hidden in one of them, drawn with the seed.

    Raises:
        InputError: there are fewer ratings than folds.
    """
    X = table.X
    if X.nnz < number:
        raise InputError(f"too few ratings to compare models: {X.nnz}, in {number} folds")
    fold = np.random.RandomState(seed).permutation(X.nnz) % number
    parts = [Part(where(X, fold != each), where(X, fold == each)) for each in range(number)]
    return Split(table, parts, {"kind": "folds", "folds": number, "seed": seed})


def by_file(table, test, name):
    """Return the Split of all users and items of two tables with the ratings of `test` hidden.

    Args:
        table, test: Tables; what both rate is hidden, and so not among the training ratings.
        name: of the test file, for messages.

    Raises:
        InputError: nothing is left to train on.
    """
    users, items = union(table.users, test.users), union(table.items, test.items)
    X, hidden = (laid_out(one, users, items) for one in (table, test))
    (u, i, _), (test_u, test_i, _) = pairs(X), pairs(hidden)
    both = np.isin(u.astype(np.int64) * len(items) + i, test_u.astype(np.int64) * len(items) + test_i)
    if both.all():
        raise InputError(f"{name} holds every one of the ratings; none is left to train on")
    notes = [f"Hidden: the {hidden.nnz} {noun(hidden.nnz, 'rating')} of {name}; {both.sum()} of them are among the"
             " ratings, and are taken out of the training part", *(f"  {note}" for note in test.notes)]
    if test.scale.low < table.scale.low or test.scale.high > table.scale.high:
        notes.append(f"{name} has ratings from {test.scale.low:.10g} to {test.scale.high:.10g}; predictions stay within"
                     f" {table.scale.low:.10g} to {table.scale.high:.10g}, as in the ratings to train on")
    whole = Table(X, users, items, table.scale, table.notes)
    return Split(whole, [Part(where(X, ~both), hidden)], {"kind": "file", "test": str(name)}, tuple(notes))


def union(one, other):
    """Return the IDs of both, rising; as text where one of them is."""
    if one.dtype.kind != other.dtype.kind:
        one, other = one.astype(str), other.astype(str)
    return np.union1d(one, other)


def laid_out(table, users, items):
    """Return a Table's ratings as a csr_array of these users and items, which are among them."""
    u, i, x = pairs(table.X)
    rows, columns = (np.searchsorted(into, ids.astype(into.dtype, copy=False))
                     for into, ids in ((users, table.users), (items, table.items)))
    X = csr_array((x, (rows[u], columns[i])), shape=(len(users), len(items)))
    X.sort_indices()
    return X


def cold(part):
    """Return which hidden ratings, in row order, are of a user or an item without training ratings: (m,) bool each."""
    (u, i, _), (n_u, n_i) = pairs(part.hidden), counts(part.train)
    return n_u[u] == 0, n_i[i] == 0


def count_cold(parts):
    """Return how many users and items without training ratings the parts ask for, and in how many hidden ratings."""
    number = {"users": 0, "items": 0, "ratings": 0}
    for part in parts:
        (u, i, _), (user, item) = pairs(part.hidden), cold(part)
        number["users"] += len(np.unique(u[user]))
        number["items"] += len(np.unique(i[item]))
        number["ratings"] += int((user | item).sum())
    return number
