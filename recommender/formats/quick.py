"""Blocks of a plain grammar read with NumPy: IDs of digits, short ratings, times of digits or dates, one separator.

Every function returns None where anything else stands in the block, which is then read line by line; what is returned
is what that would give. Positions are of bytes; a word is given by where it begins and where the byte after it is.
"""

from datetime import date

import numpy as np

from recommender.formats.text import moment, rating

_PAD = 18  # bytes before the block, so that looking back from the end of any word stays inside
_MOST_DIGITS = 18  # that an int64 holds in any case
_EXACT_DIGITS = 15  # that a float64 holds in any case
_DAY = len("2005-09-06")


def padded(content):
    """Return the bytes of a block as an array, for the functions below."""
    return np.frombuffer(b"\0" * _PAD + content, dtype=np.uint8)


def line_ends(text):
    """Return where the lines of padded text begin and end: (l,) and (l,) positions, the ends those of \\n."""
    ends = np.flatnonzero(text == ord("\n"))
    return np.concatenate([[_PAD], ends[:-1] + 1]), ends


def words(text, starts, ends, separator, width):
    """Return where the words of the lines begin and end, (l, width) each; None if a line has not `width` of them."""
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


def whole(text, starts, ends, most=_MOST_DIGITS, named=True):
    """Return the whole numbers (m,) that words of at most `most` digits are, int64; with `named` none begins with 0."""
    length = ends - starts
    if not len(length) or length.min() < 1 or length.max() > most:
        return None
    if named and ((text[starts] == ord("0")) & (length > 1)).any():
        return None
    number = np.zeros(len(length), dtype=np.int64)
    for place in range(length.max()):
        digit = np.where(place < length, text[ends - 1 - place] - np.uint8(ord("0")), np.uint8(0))  # no digit: above 9
        if digit.max() > 9:
            return None
        number += digit.astype(np.int64) * 10**place  # NumPy 1 would multiply in the digit's one byte
    return number


def ratings(text, starts, ends):
    """Return the ratings (m,) that words of at most eight bytes are: there are few different ones, each read once."""
    length = ends - starts
    if not len(length) or length.min() < 1 or length.max() > 8 or not text[_PAD:].all():  # 0 is what fills words up
        return None
    packed = np.zeros(len(length), dtype=np.uint64)
    for place in range(length.max()):
        byte = np.where(place < length, text[ends - 1 - place], np.uint8(0))
        packed |= byte.astype(np.uint64) << np.uint64(8 * place)
    return _each(packed, lambda one: rating(one.to_bytes(8, "big").lstrip(b"\0").decode("ascii")))


def moments(text, starts, ends):
    """Return the times (m,) that words are, all of them digits or all of them dates."""
    number = whole(text, starts, ends, _EXACT_DIGITS, named=False)
    return _days(text, starts, ends) if number is None else number


def _days(text, starts, ends):
    if (ends - starts != _DAY).any() or (text[[starts + 4, starts + 7]] != ord("-")).any():
        return None
    parts = [whole(text, starts + begin, starts + end, named=False) for begin, end in ((0, 4), (5, 7), (8, 10))]
    if any(part is None for part in parts):
        return None
    year, month, day = parts
    packed = (year * 100 + month) * 100 + day
    return _each(packed, lambda one: moment(date(one // 10000, one // 100 % 100, one % 100).isoformat()))


def _each(packed, function):
    """Return function(number) for all of (m,) whole numbers, computed once for each that occurs."""
    different, which = np.unique(packed, return_inverse=True)
    try:
        return np.array([function(one) for one in different.tolist()])[which]
    except ValueError:  # said by the way line by line, with its number
        return None
