"""Ways to hold ratings out from all models: a random share, one fold after the other, the ratings of a file, the last
ratings of each user, or part of the ratings of new users.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from console import InputError, noun
from recommender.holdout import FRACTION, TEST_SEED, VALIDATION_SEED, TooFew, hold_out, where
from recommender.ratings import Table
from recommender.sparse import counts, pairs, rows
from recommender.verdict import FEW

FOLDS = 5  # if there are too few ratings to hold out one in ten
TIME, LEAVE_ONE_OUT, USERS = KINDS = "time", "leave-one-out", "users"  # what --split may be


class Part(NamedTuple):
    """Ratings in two."""

    train: csr_array  # (n, d), to fit models to
    held_out: csr_array  # (n, d), to judge them by
    given: csr_array | None = None  # (n, d): ratings of new users, who have none in `train`, to fold in

    @property
    def known(self):
        """The ratings (n, d) that are known of those who are judged."""
        return self.train if self.given is None else self.given


class Split(NamedTuple):
    """A table's ratings, split once or in folds."""

    table: Table
    parts: list  # of Part: one, or one a fold
    how: dict  # the split in words and numbers, for the JSON file
    notes: tuple = ()  # lines for the user


def split(table, seed=0, test=None, name="the test ratings", folds=None, fraction=None, kind=None, given=None):
    """Return the Split of a Table: of a kind of KINDS, by the Table `test`, in folds, or by a share; the first of these
    that is given.

    With none of them, one rating in ten is held out, or, if these are too few to compare models, all in FOLDS folds.

    Raises:
        InputError: there are too few ratings, or all are equal, or the kind needs times and there are none.
    """
    check_differ(table)
    if kind == USERS:
        found = by_users(table, folds or FOLDS, seed, given)
    elif kind is not None:
        found = by_time(table, seed, (fraction or FRACTION) if kind == TIME else None)
    elif test is not None:
        found = by_file(table, test, name)
    elif folds is not None:
        found = in_folds(table, folds, seed)
    elif fraction is not None or FRACTION * table.X.nnz >= FEW:
        found = by_share(table, fraction or FRACTION, seed)
    else:
        folds, one = min(FOLDS, table.X.nnz), "choice" if table.implicit else "rating"
        found = in_folds(table, folds, seed)._replace(notes=(
            f"One {one} in ten is only {round(FRACTION * table.X.nnz)}, too few to compare models. So each {one} is"
            f" held out once, in {folds} folds (--hide {FRACTION} overrides)",))
    for part in found.parts:
        held_out(part.train, VALIDATION_SEED, to="choose hyper-parameters")
    return found


def inner(split, part):
    """Return the Part of a Part's training ratings that chooses hyper-parameters, of the same kind as the Split.

    Raises InputError if there are too few ratings.
    """
    kind, times = split.how["kind"], split.table.times
    table = split.table._replace(X=part.train, times=None if times is None else _at(times, part.train))
    if kind == USERS:
        return by_users(table, FOLDS, VALIDATION_SEED, split.how["given"]).parts[0]
    if kind in KINDS:
        return by_time(table, VALIDATION_SEED, split.how.get("fraction")).parts[0]
    return held_out(part.train, VALIDATION_SEED, to="choose hyper-parameters")


def _at(values, X):
    """Return the csr_array of those of `values` (n, d) that stand where X (n, d) has entries."""
    return where(values, np.isin(*(rows(one).astype(np.int64) * X.shape[1] + one.indices for one in (values, X))))


def check_differ(table):
    """Raise InputError if all ratings of a Table are equal; choices may be."""
    number, low = table.X.nnz, table.scale.low
    if not table.implicit and low == table.scale.high:
        raise InputError(f"all ratings ({number}) are {low:.10g}, so there is nothing to predict; expected ratings that"
                         " differ, or --implicit (implicit=True) for clicks, purchases and plays")


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


def by_time(table, seed, fraction=None):
    """Return the Split of a Table with the last ratings of each user held out: this share, at least one; None: one.

    A user keeps at least one. Ratings of the same time are in an order drawn with the seed, as are all if the last one
    is asked for and there are no times. Raises InputError if there are no times, or no user has two ratings.
    """
    X, times = table.X, table.times
    if times is None and fraction:
        raise InputError("--split time needs the time of each rating, but these ratings have no times; expected a"
                         f" column such as timestamp (--columns time=NAME), or --split {LEAVE_ONE_OUT}")
    u, (count, _) = rows(X), counts(X)
    when = np.zeros(X.nnz) if times is None else times.data
    order = np.lexsort((np.random.RandomState(seed).permutation(X.nnz), when, u))
    to_end = np.empty(X.nnz, int)  # how many ratings of the user are later
    to_end[order] = X.indptr[u + 1] - 1 - np.arange(X.nnz)
    number = np.minimum(np.maximum(np.rint((fraction or 0) * count), 1), count - 1)
    last = to_end < number[u]
    if not last.any():
        raise InputError("too few ratings to hold out the last ones: no user has two")
    how = {"kind": TIME, "fraction": fraction} if fraction else {"kind": LEAVE_ONE_OUT, "by_time": times is not None}
    which = "one rating, drawn, as there are no times" if times is None else "the last rating by time" if (
        not fraction) else f"the last {fraction:.0%} by time, at least one"
    return Split(table, [Part(where(X, ~last), where(X, last))], how | {"seed": seed},
                 (f"Held out: of each user with two ratings or more, {which}",))


def by_users(table, number, seed, given=None):
    """Return the Split of a Table in folds of users, of whom no model sees a rating before they are folded in.

    Of each such user, `given` ratings are folded in, and the others held out; None: half of them. The seed draws the
    folds and the ratings. Users with fewer ratings than that, and one more, are in no fold.

    Raises InputError if there are fewer such users than folds.
    """
    X, random = table.X, np.random.RandomState(seed)
    u, (count, _) = rows(X), counts(X)
    first = count // 2 if given is None else np.full(len(count), given)
    enough = np.flatnonzero((first > 0) & (first < count))
    if len(enough) < number:
        raise InputError(f"too few users to hold some out: {len(enough)} have {1 + (given or 1)} ratings or more, in"
                         f" {number} folds")
    fold = np.full(len(count), -1)
    fold[enough] = random.permutation(len(enough)) % number
    order = np.lexsort((random.permutation(X.nnz), u))
    rank = np.empty(X.nnz, int)
    rank[order] = np.arange(X.nnz) - X.indptr[u]
    folded_in = rank < first[u]
    parts = [Part(where(X, ~new), where(X, new & ~folded_in), where(X, new & folded_in))
             for new in (fold[u] == each for each in range(number))]
    return Split(table, parts, {"kind": USERS, "folds": number, "given": given, "seed": seed},
                 (f"Held out: {number} folds of users; of each user, {given or 'half of the'} ratings are folded in",))


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
    whole = Table(X, users, items, table.scale, table.notes, times, table.implicit)
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
        (u, i, _), (n_u, _), (_, n_i) = pairs(part.held_out), counts(part.known), counts(part.train)
        number["users"] += len(np.unique(u[n_u[u] == 0]))
        number["items"] += len(np.unique(i[n_i[i] == 0]))
        number["ratings"] += int(((n_u[u] == 0) | (n_i[i] == 0)).sum())
    return number
