"""Lines without a header: a list of ratings or a matrix of them, whichever they are; or nobody knows."""

from typing import NamedTuple

import numpy as np

from console import InputError
from recommender.formats import lists, matrices
from recommender.formats.kinds import LIST, MATRIX, kind_of, odd_column
from recommender.formats.lists import SEPARATORS, is_number, words
from recommender.formats.text import NUMBER


class Unclear(NamedTuple):
    """Lines that are not read, because they might be read wrongly."""

    about: str  # what they are, and what helps, in words

    def __str__(self):
        return self.about


def recognised(head, told):
    """Return the Layout of a list or a matrix that begins with these lines, or Unclear; None where it is neither.

    Args:
        head: list of lines.
        told: Told; where it names a format, that is the answer.
    """
    for separator in SEPARATORS:
        first = words(head[0], separator)
        possible = {LIST: lists.layout(first, separator), MATRIX: matrices.layout(first, separator, told.missing)}
        if told.format and possible[told.format]:
            return possible[told.format]
        if not told.format and any(possible.values()):
            return _decided(possible, [words(line, separator) for line in head], told.missing or (0.0,))
    return None


def _decided(possible, rows, missing):
    """Return the Layout that fits the first lines of a file, in words, or Unclear.

    Args:
        possible: dict of LIST and MATRIX to the Layout that each would have, or None.
        rows: of words.
        missing: numbers that mark a missing rating in a matrix.
    """
    a_list, a_matrix = possible[LIST], possible[MATRIX]
    if not a_matrix or (a_list and not all(is_number(word) for row in rows for word in row[:2])):
        return a_list if a_list.separator != " " or _are_no_prose(rows) else None
    V = _numbers(rows)
    if not len(V):
        return a_list or a_matrix  # that says what is wrong
    kind = kind_of(V, missing) if V.shape[1] < 5 else MATRIX
    if kind == LIST and a_list:
        return a_list.guessed()
    odd = odd_column(V, missing)
    if kind == MATRIX and odd is None:
        return a_matrix.guessed() if a_list else a_matrix
    return Unclear(_why(a_list, V.shape[1], odd))


def _are_no_prose(rows):
    """Return whether lines of words with blanks between them are all alike."""
    return len(rows) > 1 and all(len(row) == len(rows[0]) and is_number(row[2]) for row in rows)


def _numbers(rows):
    """Return the rows that are as long as the first, and all finite numbers, (m, w)."""
    width = len(rows[0])
    found = [row for row in rows if len(row) == width and all(map(NUMBER.fullmatch, row))]
    V = np.array(found, dtype=float).reshape(-1, width)
    return V[np.isfinite(V).all(axis=1)]


def _why(could_be_a_list, width, odd):
    if could_be_a_list:
        return (f"lines of {width} numbers could be user, item, rating{', time' * (width == 4)}, or rows of a matrix;"
                f" say which: --format {LIST} or --format {MATRIX}")
    if odd is None:
        return (f"lines of {width} numbers could be rows of a matrix, or user and item without a rating; say --format"
                f" {MATRIX} if they are rows")
    return (f"column {odd + 1} of {width} is no rating on the scale of the others; leave it out, or say --format"
            f" {MATRIX} if it is one; a list of more than 4 columns needs a header")


def chunks(stream, layout):
    """Yield the Chunks in a Stream; InputError with the line where one is not as the layout, or where that is Unclear.
    """
    if isinstance(layout, Unclear):
        raise InputError(f"{stream.name}: {layout}")
    yield from (lists if isinstance(layout, lists.Layout) else matrices).chunks(stream, layout)
