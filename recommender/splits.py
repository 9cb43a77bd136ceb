"""Ways to hold ratings out from all models: a random share, one fold after the other, or the ratings of a file."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from console import InputError, noun
from recommender.holdout import FRACTION, TEST_SEED, VALIDATION_SEED, TooFew, hold_out, where
from recommender.ratings import Table
from recommender.sparse import counts, pairs
from recommender.verdict import FEW

FOLDS = 5  # if there are too few ratings to hold out one in ten


class Part(NamedTuple):
    """Ratings in two."""

    train: csr_array  # (n, d), to fit models to
    held_out: csr_array  # (n, d), to judge them by


class Split(NamedTuple):
    """A table's ratings, split once or in folds."""

    table: Table
    parts: list  # of Part: one, or one a fold
    how: dict  # the split in words and numbers, for the JSON file
    notes: tuple = ()  # lines for the user


def split(table, seed=0, test=None, name="the test ratings", folds=None, fraction=None):
    """Return the Split of a Table: by the Table `test`, in folds, or by a share; the first of these that is given.

    With none of them, one rating in ten is held out, or, if these are too few to compare models, all in FOLDS folds.

    Raises:
        InputError: there are too few ratings, or all are equal.
    """
    check_differ(table)
    if test is not None:
        found = by_file(table, test, name)
    elif folds is not None:
        found = in_folds(table, folds, seed)
    elif fraction is not None or FRACTION * table.X.nnz >= FEW:
        found = by_share(table, fraction or FRACTION, seed)
    else:
        folds = min(FOLDS, table.X.nnz)
        found = in_folds(table, folds, seed)._replace(notes=(
            f"One rating in ten is only {round(FRACTION * table.X.nnz)}, too few to compare models. So each rating is"
            f" held out once, in {folds} folds (--hide {FRACTION} overrides)",))
    for part in found.parts:
        held_out(part.train, VALIDATION_SEED, to="choose hyper-parameters")
    return found


def check_differ(table):
    """Raise InputError if all ratings of a Table are equal."""
    number, low = table.X.nnz, table.scale.low
    if low == table.scale.high:
        raise InputError(f"all ratings ({number}) are {low:.10g}, so there is nothing to predict; expected ratings that"
                         " differ (clicks and purchases are no ratings)")


def held_out(X, seed=TEST_SEED, fraction=FRACTION, to="hold some out"):
    """Return the Part that holdout.hold_out makes; InputError if there are too few ratings `to` do that."""
    try:
        return Part(*hold_out(X, seed, fraction))
    except TooFew as error:
        raise InputError(f"too few ratings to {to}: {error}") from None


def by_share(table, fraction, seed):
    """Return the Split of a Table with a random share held out; InputError if there are too few ratings."""
    own = seed + (seed >= VALIDATION_SEED)  # the validation split's seed would draw the same ratings again
    part = held_out(table.X, own, fraction, to="compare models")
    return Split(table, [part], {"kind": "hide", "fraction": fraction, "seed": seed})


def in_folds(table, number, seed):
    """Return the Split of a Table in folds, drawn with the seed; InputError if there are fewer ratings than folds."""
    X = table.X
    if X.nnz < number:
        raise InputError(f"too few ratings to compare models: {X.nnz}, in {number} folds")
    fold = np.random.RandomState(seed).permutation(X.nnz) % number
    parts = [Part(where(X, fold != each), where(X, fold == each)) for each in range(number)]
    return Split(table, parts, {"kind": "folds", "folds": number, "seed": seed})


def by_file(table, test, name):
    """Return the Split of all users and items of two Tables, with the ratings of `test` held out.

    `name` is that of the test file, for messages. Raises InputError if no rating is left to train on.
    """
    users, items = _union(table.users, test.users), _union(table.items, test.items)
    X, out = (_laid_out(one, one.X, users, items) for one in (table, test))
    both = np.isin(*(u.astype(np.int64) * len(items) + i for u, i, _ in map(pairs, (X, out))))
    if both.all():
        raise InputError(f"{name} holds all the ratings; none is left to train on")
    notes = [f"Held out: the {out.nnz} {noun(out.nnz, 'rating')} of {name}; {both.sum()} of them are also among the"
             " ratings, but no model is fitted to these", *(f"  {note}" for note in test.notes)]
    notes += [_unknown(name, one, known, tested) for one, known, tested in
              (("user", table.users, test.users), ("item", table.items, test.items)) if not _meet(known, tested)]
    if test.scale.low < table.scale.low or test.scale.high > table.scale.high:
        notes.append(f"{name} has ratings from {test.scale.low:.10g} to {test.scale.high:.10g}; predictions stay within"
                     f" {table.scale.low:.10g} to {table.scale.high:.10g}, as in the ratings to train on")
    times = None
    if table.times is not None and test.times is not None:
        times = _joined(where(_laid_out(table, table.times, users, items), ~both),
                        _laid_out(test, test.times, users, items))
    whole = Table(X, users, items, table.scale, table.notes, times)
    return Split(whole, [Part(where(X, ~both), out)], {"kind": "file", "test": str(name)}, tuple(notes))


def _meet(one, other):
    return len(_union(one, other)) < len(one) + len(other)


def _unknown(name, one, known, tested):
    """Return a warning that all users or items of a test file are cold."""
    here, there = (", ".join(map(repr, ids[:3].tolist())) for ids in (tested, known))
    return (f"warning: no {one} of {name} is among the ratings, so all its ratings are cold: its {one}s look like"
            f" {here}, and those to train on look like {there}")


def _union(one, other):
    """Return the IDs of both, rising; as text if those of one are text."""
    if one.dtype.kind != other.dtype.kind:
        one, other = one.astype(str), other.astype(str)
    return np.union1d(one, other)


def _laid_out(table, values, users, items):
    """Return a Table's ratings or times as a csr_array of more users and items."""
    u, i, x = pairs(values)
    rows, columns = (np.searchsorted(into, ids.astype(into.dtype, copy=False))
                     for into, ids in ((users, table.users), (items, table.items)))
    X = csr_array((x, (rows[u], columns[i])), shape=(len(users), len(items)))
    X.sort_indices()
    return X


def _joined(one, other):
    """Return the csr_array of all entries of two without a common place."""
    u, i, values = map(np.concatenate, zip(pairs(one), pairs(other), strict=True))
    both = csr_array((values, (u, i)), shape=one.shape)
    both.sort_indices()
    return both


def count_cold(parts):
    """Return how many users and items have held-out ratings, but none to train on, and how many ratings these are."""
    number = {"users": 0, "items": 0, "ratings": 0}
    for part in parts:
        (u, i, _), (n_u, n_i) = pairs(part.held_out), counts(part.train)
        number["users"] += len(np.unique(u[n_u[u] == 0]))
        number["items"] += len(np.unique(i[n_i[i] == 0]))
        number["ratings"] += int(((n_u[u] == 0) | (n_i[i] == 0)).sum())
    return number
