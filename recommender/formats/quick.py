"""Reads pieces of text of the usual form with numpy.loadtxt: IDs of digits, and times that are numbers or days.

The result is that of reading line by line. Where it might differ, it is None.
"""

import io
import warnings

import numpy as np

from recommender.formats.text import SIZES, moment

_DAY = len("2005-09-06")
_USUAL = bytes({*b"\n\t", *range(32, 256)} - {*b'"+\x7f'})  # bytes
_LARGEST = 10**18  # the first ID with too many digits for a number


def columns(content, separator, columns, width):
    """Return the users, items, ratings and times in lines of `width` words each, a list of (m,) arrays, or None.

    `columns` says where they stand; those that are None or left out are not returned.
    """
    if len(separator) > 1:
        single = separator[:1].encode()
        if content.count(single) != len(separator) * content.count(separator.encode()):
            return None
        content, separator = content.replace(separator.encode(), single), separator[0]
    if not _is_usual(content, separator):
        return None
    for kind in ("f8", f"S{_DAY + 1}")[: len(columns) - 2]:
        found = _loaded(content, separator, columns, width, kind)
        if found is not None:
            return found
    return None


def _is_usual(content, separator):
    """Return whether there are no quotes, control bytes, or words such as 007 or +7, which are names."""
    if content.translate(None, _USUAL):
        return False
    text = np.frombuffer(content, np.uint8)
    zeros = np.flatnonzero(text[:-1] == ord("0"))
    leading = zeros[text[zeros + 1] - np.uint8(ord("0")) <= 9] - 1
    return not np.isin(text[leading[leading >= 0]], [*b"\n\t ", ord(separator)]).any() and leading.min(initial=0) >= 0


def _loaded(content, separator, columns, width, time):
    """Return the columns, the times being of a kind; None if a word is not what it should be."""
    used = {column: kind for column, kind in zip(columns, ("i8", "i8", "f8", time), strict=False) if column is not None}
    kinds = np.dtype([(str(column), used.get(column, "S1")) for column in range(width)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of no lines, and of 1.0 for an ID
            rows = np.loadtxt(io.BytesIO(content), kinds, comments=None, encoding="latin1", ndmin=1,
                              delimiter=None if separator == " " else separator)
    except (ValueError, Warning):
        return None
    found = [_checked(rows[str(column)], content) for column in used]
    return None if any(column is None for column in found) else found


def _checked(x, content):
    """Return IDs, ratings or times (m,), or None if they might be something else."""
    if x.dtype.kind == "S":
        return _days(x)
    if x.dtype.kind == "i":
        return None if np.abs(x).max() >= _LARGEST or (x.min() <= 0 and b"-0" in content) else np.ascontiguousarray(x)
    size = np.abs(x)
    return np.ascontiguousarray(x) if (((size >= SIZES[0]) & (size <= SIZES[1])) | (size == 0)).all() else None


def _days(words):
    """Return the times (m,) of days such as 2005-09-06; each different day is read once."""
    text = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), -1)
    digits = text[:, [0, 1, 2, 3, 5, 6, 8, 9]] - np.uint8(ord("0"))
    if (text[:, [4, 7]] != ord("-")).any() or text[:, _DAY].any() or (digits > 9).any():
        return None
    days, which = np.unique(digits @ 10 ** np.arange(7, -1, -1), return_inverse=True)
    try:
        return np.array([moment(f"{day // 10**4:04}-{day // 100 % 100:02}-{day % 100:02}") for day in days])[which]
    except ValueError:  # reading line by line finds the line
        return None
