"""Reads pieces of text of the usual form with NumPy: IDs of digits, short ratings, times of digits or dates.

Every function returns None if the text holds anything else; that piece is then read line by line. The result is the
same in both ways. Positions count bytes; a word is given by its first byte and the byte after its last.
"""

from datetime import date

import numpy as np

from recommender.formats.text import moment, rating

_PAD = 18  # bytes before the piece, so that looking back from the end of any word stays inside
_MOST_DIGITS = 18  # that an int64 holds
_EXACT_DIGITS = 15  # that a float64 holds
_DAY = len("2005-09-06")


def lines(content):
    """Return the bytes of a piece as an array, and where its lines begin and end, (l,) and (l,), the ends at \\n."""
    text = np.frombuffer(b"\0" * _PAD + content, dtype=np.uint8)
    ends = np.flatnonzero(text == ord("\n"))
    return text, np.concatenate([[_PAD], ends[:-1] + 1]), ends


def columns(text, starts, ends, separator, columns, width):
    """Return the users, items, ratings and times of lines of `width` words each, a list of (l,) arrays.

    `columns` says where they stand; of those that are None or left out there is no array.
    """
    found = _words(text, starts, ends, separator, width)
    if found is None:
        return None
    readers = identifiers, identifiers, ratings, moments
    read = [reader(text, found[0][:, column], found[1][:, column])
            for reader, column in zip(readers, columns, strict=False) if column is not None]
    return None if any(part is None for part in read) else read


def _words(text, starts, ends, separator, width):
    """Return where the words of the lines begin and end, (l, width) each."""
    marks = np.flatnonzero(text == ord(separator[0]))
    each = (width - 1) * len(separator)
    if len(marks) != each * len(ends) or width < 2:
        return None
    marks = marks.reshape(-1, each)
    if (marks[:, 0] < starts).any() or (marks[:, -1] >= ends).any():
        return None
    first, last = marks[:, :: len(separator)], marks[:, len(separator) - 1 :: len(separator)]
    if (last - first != len(separator) - 1).any():
        return None
    return np.column_stack([starts, last + 1]), np.column_stack([first, ends])


def identifiers(text, starts, ends):
    """Return the IDs (m,) int64 that words are: whole numbers that do not begin with 0."""
    zero = (text[starts] == ord("0")) & (ends - starts > 1)
    return None if zero.any() else _whole(text, starts, ends, _MOST_DIGITS)


def _whole(text, starts, ends, most):
    """Return the numbers (m,) int64 that words of at most `most` digits are."""
    length = ends - starts
    if not len(length) or length.min() < 1 or length.max() > most:
        return None
    number = np.zeros(len(length), dtype=np.int64)
    for place in range(length.max()):
        digit = np.where(place < length, text[ends - 1 - place] - np.uint8(ord("0")), np.uint8(0))  # no digit: above 9
        if digit.max() > 9:
            return None
        number += digit.astype(np.int64) * 10**place  # NumPy 1 would multiply in the digit's one byte
    return number


def ratings(text, starts, ends):
    """Return the ratings (m,) that words of at most eight bytes are: few are different, and each is read once."""
    length = ends - starts
    if not len(length) or length.min() < 1 or length.max() > 8 or not text[_PAD:].all():  # 0 fills words up
        return None
    packed = np.zeros(len(length), dtype=np.uint64)
    for place in range(length.max()):
        byte = np.where(place < length, text[ends - 1 - place], np.uint8(0))
        packed |= byte.astype(np.uint64) << np.uint64(8 * place)
    return _each(packed, lambda one: rating(one.to_bytes(8, "big").lstrip(b"\0").decode("ascii")))


def moments(text, starts, ends):
    """Return the times (m,) that words are, all of them digits or all of them dates."""
    number = _whole(text, starts, ends, _EXACT_DIGITS)
    return _days(text, starts, ends) if number is None else number


def _days(text, starts, ends):
    if (ends - starts != _DAY).any() or (text[[starts + 4, starts + 7]] != ord("-")).any():
        return None
    parts = [_whole(text, starts + begin, starts + end, 4) for begin, end in ((0, 4), (5, 7), (8, 10))]
    if any(part is None for part in parts):
        return None
    year, month, day = parts
    packed = (year * 100 + month) * 100 + day
    return _each(packed, lambda one: moment(date(one // 10000, one // 100 % 100, one % 100).isoformat()))


def _each(packed, function):
    """Return function(number) of (m,) whole numbers, computed once for each different one."""
    different, which = np.unique(packed, return_inverse=True)
    try:
        return np.array([function(one) for one in different.tolist()])[which]
    except ValueError:  # reading line by line finds the line, and says it
        return None
