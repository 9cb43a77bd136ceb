"""Lines without a header: a list of ratings, or a matrix of them with a line a user.

Both may look the same, as `1 2 3` does. The numbers tell them apart. Those of a matrix are all ratings on one scale; in
few columns the same ones come again and again. The first two columns of a list are IDs, mostly larger than any rating,
and each pair of them comes once.
"""

from functools import partial

import numpy as np

from console import InputError
from recommender.formats import columns, matrices
from recommender.formats.format import LIST, MATRIX, Format
from recommender.formats.text import SEPARATORS, chunks, table
from recommender.formats.words import NUMBER, TIMES
from recommender.ratings import Levels

LEAST = 20  # lines, or numbers: fewer may be anything
FAR = 10  # times the largest rating; no rating on the same scale is larger
NEAR = 3  # the columns' largest ratings differ by this factor at most
RATINGS = 1e5  # ratings beside times are below
SOME = 0.1  # a share of a column that chance does not explain


def recognised(head, told):
    """Return the Format of a list or a matrix without a header, else None.

    Lines that could be both have a Format that refuses to read them, unless the user has Told which they are.
    """
    for separator in [told.separator] if told.separator else SEPARATORS:
        rows = table(head.lines, separator)
        possible = {LIST: _as_list(rows, separator, told), MATRIX: matrices.of_text(rows[0], separator, told.missing)}
        if told.format and possible[told.format]:
            return possible[told.format]
        if possible[LIST] and (told.columns or told.header is False):
            return possible[LIST]
        if told.implicit and possible[LIST]:
            return _of_choices(possible, rows)
        if not told.format and any(possible.values()):
            if not possible[MATRIX] or (possible[LIST] and not _have_numbers_for_ids(rows)):
                return possible[LIST] if separator != " " or _are_no_prose(rows) else None
            return _decided(possible, rows, separator, told)
    return None


def _of_choices(possible, rows):
    """Return the Format of choices that may be a list: only a matrix has no numbers but 0 and 1."""
    if not possible[MATRIX]:
        return possible[LIST] if len(rows) > 1 and len({len(row) for row in rows}) == 1 else None
    is_matrix = np.isin(_numbers(rows), (0, 1)).all()
    return _guessed(possible[MATRIX if is_matrix else LIST], LIST if is_matrix else MATRIX)


def _as_list(rows, separator, told):
    layout = columns.without_names(rows[0], rows, told, SEPARATORS.get(separator, repr(separator)))
    return layout and Format(layout.about, partial(chunks, layout._replace(separator=separator)), LIST)


def _have_numbers_for_ids(rows):
    return all(columns.is_number(word) for row in rows for word in row[:2])


def _are_no_prose(rows):
    """Return whether lines of words with blanks between them are all alike."""
    return len(rows) > 1 and all(len(row) == len(rows[0]) and columns.is_number(row[2]) for row in rows)


def _numbers(rows):
    """Return the rows that are as long as the first and hold finite numbers only, (m, w)."""
    width = len(rows[0])
    rows = [[word.replace(",", ".", 1) for word in row] for row in rows]
    found = [row for row in rows if len(row) == width and all(map(NUMBER.fullmatch, row))]
    V = np.array(found, dtype=float).reshape(-1, width)
    return V[np.isfinite(V).all(axis=1)]


def _decided(possible, rows, separator, told):
    """Return the Format of `rows` of numbers that may be a list or a matrix, from a dict of the possible Formats."""
    a_list, a_matrix, V, missing = possible[LIST], possible[MATRIX], _numbers(rows), told.missing or (0.0,)
    width = V.shape[1]
    if not len(V):
        return a_list or a_matrix  # reading it says what is wrong
    if width > 4 and matrices.are_counted(V, told.missing or matrices.JESTER):
        jester = matrices.of_text(rows[0], separator, told.missing, jester=True)
        return jester._replace(about=f"{jester.about} (a guess; --format {MATRIX} if it is a rating)")
    kind, odd = kind_of(V, missing) if width < 5 else MATRIX, odd_column(V, missing)
    if kind == LIST and a_list:
        return _guessed(a_list, MATRIX)
    if kind == MATRIX and odd is None:
        return _guessed(a_matrix, LIST) if a_list else a_matrix
    why = f"lines of {width} numbers could be "
    if a_list:
        why += (f"user, item, rating{', time' * (width == 4)}, or rows of a matrix; say which: --format {LIST} or"
                f" --format {MATRIX}")
    elif odd is None:
        why += f"rows of a matrix (say --format {MATRIX}), or user and item without a rating (say --implicit)"
    else:
        why = (f"column {odd + 1} of {width} is no rating on the scale of the others; leave it out, or give --format"
               f" {MATRIX} if it is one; for a list of more than 4 columns say --columns user=1 item=2 rating=3")
        why += "; for a list of user and item say --implicit" if width == 2 else ""
    return Format(why, partial(_refused, why))


def _guessed(format, other):
    return format._replace(about=f"{format.about} (a guess; --format {other} if it is a {other})")


def _refused(why, stream, tally):
    raise InputError(f"{stream.name}: {why}")


def kind_of(V, missing=()):
    """Return whether numbers (m, w), w from 2 to 4, are a LIST or rows of a MATRIX; None if they could be either.

    `missing`: numbers that mark a missing rating.
    """
    ids, x = V[:, :2], V[:, 2:3]
    if ((ids < 0) | (ids % 1 != 0)).any():
        return MATRIX
    if V.shape[1] == 4 and np.median(V[:, 3]) > TIMES and 0 < np.abs(x).max() < RATINGS:
        return LIST
    if len(V) < LEAST:
        return None
    if len(np.unique(ids, axis=0)) < len(V) / 2:  # the same ratings of two items, again and again
        highest = np.abs(V).max(axis=0)
        return MATRIX if highest.max() <= NEAR * highest.min() else None
    largest = np.abs(x[~np.isin(x, _unrated(x, missing))]).max(initial=0)
    large = (ids > FAR * largest) & ~np.isin(ids, _unrated(V, missing))
    broken = x % 1 != 0  # as 3.5; no ID is broken
    found = largest > 0 and max(*large.mean(axis=0), broken.mean()) > SOME
    return LIST if found and _repeat(*ids.T) and _repeat(*ids.T[::-1]) else None


def _repeat(ids, others):
    """Return whether IDs come again, or the others are in order, so that none has to; else the IDs number the lines."""
    return len(np.unique(ids)) < len(ids) or (np.diff(others) >= 0).all()


def odd_column(V, missing):
    """Return a column of V (m, w) whose numbers are no ratings on the scale of all others, or None.

    It is the first column if that numbers the lines. Or more than half of a column is farther from the middle of the
    others' range than this range is wide: it holds counts, IDs or times.
    """
    if len(V) >= LEAST and (np.diff(V[:, 0]) == 1).all():
        return 0
    gaps = np.isin(V, _unrated(V, missing))
    highest, lowest = np.where(gaps, -np.inf, V).max(axis=0), np.where(gaps, np.inf, V).min(axis=0)
    likely = 0, int(highest.argmax()), int(lowest.argmin())
    return next((column for column in likely if _is_odd(V, column, missing)), None)


def _is_odd(V, column, missing):
    own, others = V[:, column], np.delete(V, column, axis=1)
    unrated = _unrated(others, missing)
    own, others = own[~np.isin(own, unrated)], others[~np.isin(others, unrated)]
    if len(own) < 3 or len(others) < LEAST:
        return False
    low, high = others.min(), others.max()
    return (np.abs(own - (low + high) / 2) > high - low).mean() > 0.5


def _unrated(V, missing):
    """Return the numbers that mark missing ratings, and those in V that may do so."""
    levels = Levels()
    levels.add(V[~np.isin(V, missing)])
    return [*missing, *(code for code, _ in levels.codes())]
