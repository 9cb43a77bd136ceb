"""Ratings that are in memory already, as columns, a DataFrame or a matrix; and IDs and tables as people have them in
Python.
"""

from collections import Counter

import numpy as np
from scipy.sparse import csr_array

from console import InputError, noun
from recommender.formats.choices import added, check_counts, check_events, of_choices, of_events
from recommender.formats.columns import TITLES, YEARS, column_named, find_choices, roles
from recommender.formats.format import NOTHING
from recommender.formats.table import lasts, notes, scale
from recommender.formats.text import with_year
from recommender.formats.words import ROLES, coded, day_first, moment
from recommender.holdout import where
from recommender.ratings import Levels, Table
from recommender.sparse import as_ratings


def of_columns(*columns, implicit=False):
    """Return the Table of users, items, ratings and perhaps times, (m,) each; with `implicit`, perhaps of counts."""
    if len(columns) == 2 and implicit:
        columns = *columns, np.ones(np.shape(columns[0]))
    if len(columns) not in (3, 4):
        more = "; implicit=True takes (users, items), too" if len(columns) == 2 else ""
        raise InputError("expected (users, items, ratings) or (users, items, ratings, times), got"
                         f" {len(columns)} {noun(len(columns), 'part')}{more}")
    users, items, x, *time = columns = [np.asarray(column) for column in columns]
    if x.ndim != 1 or any(column.shape != x.shape for column in columns):
        raise InputError(f"expected columns of one length, got shapes {', '.join(str(each.shape) for each in columns)}")
    x, *time = numbers(x, "ratings"), *(numbers(each, "times") for each in time)
    kept = ~np.isnan(x) & ~(implicit & (x == 0))
    if np.isinf(x).any() or not kept.any():
        raise InputError("expected finite ratings, at least one")
    (users, u), (items, i) = (np.unique(whole_or_text(ids[kept]), return_inverse=True) for ids in (users, items))
    time = np.nan_to_num(time[0][kept], nan=-np.inf) if time else None  # without a time, a rating is the oldest
    pairs = u.astype(np.int64) * len(items) + i
    last = lasts(pairs, time)
    x_last = added(pairs, last, x[kept]) if implicit else x[kept][last]
    X, times = (values if values is None else csr_array((values, (u[last], i[last])), shape=(len(users), len(items)))
                for values in (x_last, None if time is None else time[last]))
    empty, lines = len(x) - kept.sum(), int(kept.sum())
    first = [f"{empty:,} {noun(empty, 'rating')} dropped: NaN{' or 0' * implicit}"] if empty else []
    if implicit:
        return of_choices(X, users, items, first, times, lines)
    return _table(X, users, items, first, lines - X.nnz, times)


def of_frame(frame, told=NOTHING):
    """Return the Table of a DataFrame, whose columns are found by their names as in a file with a header."""
    names = list(map(str, frame.columns))
    found = roles(names, frame.head(1000).astype(str).to_numpy().tolist(), implicit=told.implicit)
    columns = dict(zip(ROLES, found, strict=True))
    event = find_choices(names, columns, told)
    found = list(columns.values())
    if None in found[:2] or (found[2] is None and not told.implicit):
        choices = "" if None in found[:2] or told.implicit else "; or implicit=True if these are choices, not ratings"
        raise InputError(f"expected columns such as user, item and rating, got {', '.join(names)[:200]}; rename them,"
                         f" or give (users, items, ratings){choices}")
    used, note = [column for column in found if column is not None], ""
    columns = [None if column is None else frame.iloc[:, column].to_numpy() for column in found]
    if found[2] is None:
        columns[2] = np.ones(len(frame))
    if event:
        chosen = _chosen(columns[2], told)
        columns[2], frame = np.ones(len(frame)), frame[chosen]
        columns = [None if column is None else column[chosen] for column in columns]
        note = f"; {np.count_nonzero(~chosen)} lines of other events left out"
    columns = [column for column in columns if column is not None]
    year = column_named(names, YEARS) if column_named([names[found[1]]], (*TITLES, "name")) is not None else None
    if year is not None:
        columns[1] = list(map(with_year, words(columns[1]), words(frame.iloc[:, year])))
        note += f"; {names[year]} tells items of the same {names[found[1]]} apart"
    table = of_columns(*columns, implicit=told.implicit)
    return table._replace(notes=(f"columns {', '.join(names[column] for column in used)}{note}", *table.notes))


def _chosen(events, told):
    """Return which events (m,) are choices."""
    seen = Counter()
    found = of_events(coded(words(events)), told.events, seen)
    check_events("the DataFrame", seen, told.events)
    return np.array([float(word or 0) for word in found.words])[found.codes] > 0


def of_matrix(X, implicit=False):
    """Return the Table of a matrix (n, d): every stored number of a sparse one, and all but 0 of a dense one.

    `implicit`: of counts, of which a stored 0 is none.
    """
    try:
        X = as_ratings(X)
    except ValueError as error:
        raise InputError(str(error)) from None
    X = where(X, X.data != 0) if implicit else X
    if not X.nnz:
        raise InputError("expected at least 1 rating, got none")
    if implicit:
        check_counts(X.data)
        return of_choices(X, *map(np.arange, X.shape), (), None, X.nnz)
    return _table(X, *map(np.arange, X.shape))


def _table(X, users, items, first=(), repeated=0, times=None):
    """Return the Table of ratings X, of which `repeated` were dropped, with the notes `first` before its own."""
    levels = Levels()
    levels.add(X.data)
    return Table(X, users, items, scale(levels), (*first, *notes(levels, repeated, times is not None)), times)


def numbers(values, what):
    """Return values (m,) as floats; times may be datetimes, or dates as files have them."""
    values = np.asarray(values)
    if what == "times" and values.dtype.kind in "OUT":
        texts = words(values)
        first = day_first(texts)
        values = np.array([_moment(word, first) for word in texts])
    try:
        return np.where(np.isnat(values), np.nan, values.astype("M8[ns]").astype(np.int64)) if (
            values.dtype.kind == "M") else values.astype(float)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected {what} as numbers: {error}") from None


def words(values):
    """Return values as text; None, NaN and the like are empty."""
    return ["" if _is_missing(each) else str(each).strip() for each in values.tolist()]


def _is_missing(value):
    """Return whether a value is None, NaN, or one of pandas' NaT and NA; NA cannot be compared."""
    return value is None or type(value).__name__ == "NAType" or value != value


def _moment(word, first):
    try:
        return moment(word, first)
    except ValueError as error:
        raise InputError(str(error)) from None


def whole_or_text(ids):
    """Return IDs as an array: int64 if all are whole numbers, else str; InputError if one is missing."""
    ids = np.asarray(ids)
    if ids.dtype.kind == "f" and (ids % 1 == 0).all():  # as pandas has them beside NaN
        ids = ids.astype(np.int64)
    elif ids.dtype.kind not in "iuU":
        missing = [each for each in ids.ravel().tolist() if _is_missing(each)]
        if missing:
            raise InputError(f"expected IDs, got {missing[0]}")
        whole = all(isinstance(each, (int, np.integer)) for each in ids.ravel().tolist())
        ids = ids.astype(np.int64 if whole else str)
    if ids.dtype.kind == "U" and (ids == "").any():
        raise InputError("expected IDs, got an empty text")
    return ids.astype(np.int64) if ids.dtype.kind in "iu" else ids


def several(ids):
    """Return IDs as a list; a single one may stand alone."""
    return [ids] if np.isscalar(ids) else list(ids)


def places(known, ids, what=None):
    """Return where IDs stand among known ones (n,); 7 and "7" are one ID.

    An unknown one is -1, or, if `what` names what it is, raises InputError.
    """
    ids = whole_or_text(ids)
    some = ", ".join(map(repr, known[:3].tolist()))
    if known.dtype.kind != ids.dtype.kind:
        known, ids = known.astype(str), ids.astype(str)
    order = np.argsort(known, kind="stable")
    place = order[np.searchsorted(known, ids, sorter=order).clip(max=len(known) - 1)]
    unknown = known[place] != ids
    if what and unknown.any():
        more = f" (and {unknown.sum() - 1} more)" if unknown.sum() > 1 else ""
        raise InputError(f"no {what} is called {ids[unknown].ravel().tolist()[0]!r}{more}; IDs look like {some}")
    return np.where(unknown, -1, place)


def whole(n):
    """Return the number of items that somebody asks for; InputError if it is none."""
    if not isinstance(n, (int, np.integer)) or n < 0:
        raise InputError(f"n={n!r}: expected a whole number of items, 0 or more")
    return n


def frame(kind, rows):
    """Return named tuples of a kind as a pandas.DataFrame, or as they are if pandas is not installed."""
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows, columns=kind._fields)
