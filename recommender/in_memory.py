"""Ratings that are in memory already, as columns, a DataFrame or a matrix; and IDs as people give them in Python."""

import numpy as np
from scipy.sparse import csr_array

from console import InputError, noun
from recommender.formats.columns import TITLES, YEARS, column_named, roles
from recommender.formats.table import lasts, notes, scale
from recommender.formats.text import with_year
from recommender.formats.words import day_first, moment
from recommender.ratings import Levels, Table
from recommender.sparse import as_ratings


def of_columns(*columns):
    """Return the Table of users, items, ratings and perhaps times, (m,) each."""
    if len(columns) not in (3, 4):
        raise InputError("expected (users, items, ratings) or (users, items, ratings, times), got"
                         f" {len(columns)} {noun(len(columns), 'part')}")
    users, items, x, *time = columns = [np.asarray(column) for column in columns]
    if x.ndim != 1 or any(column.shape != x.shape for column in columns):
        raise InputError(f"expected columns of one length, got shapes {', '.join(str(each.shape) for each in columns)}")
    x, *time = numbers(x, "ratings"), *(numbers(each, "times") for each in time)
    kept = ~np.isnan(x)
    if np.isinf(x).any() or not kept.any():
        raise InputError("expected finite ratings, at least one")
    (users, u), (items, i) = (np.unique(whole_or_text(ids[kept]), return_inverse=True) for ids in (users, items))
    time = np.nan_to_num(time[0][kept], nan=-np.inf) if time else None  # without a time, a rating is the oldest
    last = lasts(u.astype(np.int64) * len(items) + i, time)
    X, times = (values if values is None else csr_array((values[last], (u[last], i[last])),
                                                        shape=(len(users), len(items))) for values in (x[kept], time))
    empty, repeated = len(x) - kept.sum(), kept.sum() - X.nnz
    first = [f"{empty:,} {noun(empty, 'rating')} dropped: NaN"] if empty else []
    return _table(X, users, items, first, repeated, times)


def of_frame(frame):
    """Return the Table of a DataFrame, whose columns are found by their names as in a file with a header."""
    names = list(map(str, frame.columns))
    found = roles(names, frame.head(1000).astype(str).to_numpy().tolist())
    if None in found[:3]:
        raise InputError(f"expected columns such as user, item and rating, got {', '.join(names)[:200]}; rename them,"
                         " or give (users, items, ratings)")
    used = [column for column in found if column is not None]
    columns, note = [frame.iloc[:, column].to_numpy() for column in used], ""
    year = column_named(names, YEARS) if column_named([names[found[1]]], (*TITLES, "name")) is not None else None
    if year is not None:
        columns[1] = list(map(with_year, _words(columns[1]), _words(frame.iloc[:, year])))
        note = f"; {names[year]} tells items of the same {names[found[1]]} apart"
    table = of_columns(*columns)
    return table._replace(notes=(f"columns {', '.join(names[column] for column in used)}{note}", *table.notes))


def of_matrix(X):
    """Return the Table of a matrix (n, d): every stored number of a sparse one, and all but 0 of a dense one."""
    try:
        X = as_ratings(X)
    except ValueError as error:
        raise InputError(str(error)) from None
    if not X.nnz:
        raise InputError("expected at least 1 rating, got none")
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
        words = _words(values)
        first = day_first(words)
        values = np.array([_moment(word, first) for word in words])
    try:
        return np.where(np.isnat(values), np.nan, values.astype("M8[ns]").astype(np.int64)) if (
            values.dtype.kind == "M") else values.astype(float)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected {what} as numbers: {error}") from None


def _words(values):
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
