"""The words in a file: numbers, times, IDs. These rules hold for all formats."""

import re
from collections import defaultdict
from datetime import datetime, timezone
from functools import lru_cache, partial
from itertools import count

import numpy as np

from recommender.ratings import Chunk, Words

SIZES = 1e-100, 1e100  # of ratings; the squares of others vanish or overflow
_LONGEST_ID = 200  # characters
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)
_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)  # fits an int64, and is written as numbers are: "007" is a name
_POINT_ZERO = re.compile(r"(0|-?[1-9]\d{0,17})(\.0+)?", re.ASCII)
_CONTROL = re.compile(r"[\0-\x1f\x7f]")
_BLANK = {"", "nan", "na", "n/a", "null", "none", "\\n"}  # a rating or a time that is not there, in lower case
_CLOCK = r"(?:[T ]+(\d\d?)(?::(\d\d)(?::(\d\d)(\.\d+)?)?)?)? ?(?:Z|UTC|([+-]\d\d):?(\d\d))?"
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d\d?)\2(\d\d?)" + _CLOCK, re.ASCII)
_YEAR_LAST = re.compile(r"(\d\d?)([-/.])(\d\d?)\2(\d{4})" + _CLOCK, re.ASCII)
ROLES = "user", "item", "rating", "time"
TIMES = 1e7  # times, in seconds or as 20050906, are above


def coded(words):
    """Return the Words of a list."""
    numbers = defaultdict(count().__next__)  # a new word gets the next number
    codes = np.fromiter(map(numbers.__getitem__, words), np.int32, len(words))
    return Words(list(numbers), codes)


def rating(word):
    """Return a word as a rating, NaN if it is empty; ValueError if it is no number, or too small or too large."""
    if word.lower() in _BLANK:
        return np.nan
    pointed = word.replace(",", ".", 1) if "." not in word else word
    if not NUMBER.fullmatch(pointed):
        raise ValueError(f"{word[:20]!r} is no rating or count; expected a finite number")
    number = float(pointed)
    if number and not SIZES[0] <= abs(number) <= SIZES[1]:
        raise ValueError(f"{word[:20]!r} is too small or too large for a rating")
    return number


@lru_cache(2**16)  # many ratings are of few days
def moment(word, day_first=None):
    """Return a time as a number: dates become Unix seconds, a number stays as it is, nothing becomes NaN.

    A date is 2005-09-06, 2005/09/06 12:30, 2005-09-06T12:30:00+02:00, 06.09.2005, 9/6/2005 and the like. `day_first`:
    whether 9/6/2005 is in June; None if nobody knows. Raises ValueError.
    """
    if NUMBER.fullmatch(word) and abs(float(word)) <= SIZES[1]:
        return float(word)
    found, last = _YEAR_FIRST.fullmatch(word), _YEAR_LAST.fullmatch(word)
    try:
        if found:
            date = map(int, found.group(1, 3, 4))
        elif last and (day_first is not None or last[2] == "."):
            date = map(int, last.group(*((4, 3, 1) if day_first or last[2] == "." else (4, 1, 3))))
        elif word.lower() in _BLANK:
            return np.nan
        hour, minute, second, fraction, east, more = (found or last).groups()[4:]
        clock = [int(part or 0) for part in (hour, minute, second)]
        offset = 3600 * int(east or 0) + 60 * int((east or "+")[0] + (more or "0"))
        return datetime(*date, *clock, tzinfo=timezone.utc).timestamp() + float(fraction or 0) - offset
    except (AttributeError, ValueError, OverflowError, UnboundLocalError):
        raise ValueError(f"{word[:20]!r} is no time; expected a number or a date like 2005-09-06") from None


def is_time(word):
    """Return whether a word is a date, or a number so large that it may be a time."""
    try:
        return moment(word, True) > TIMES
    except ValueError:
        return False


def day_first(words):
    """Return whether 09/06/2005 is the ninth of June, as other dates among the words show; None if they do not."""
    found = [match for match in map(_YEAR_LAST.fullmatch, words) if match and match[2] != "."]
    first, second = (max((int(match[k]) for match in found), default=0) > 12 for k in (1, 3))
    return first if first != second else None


def identifiers(words):
    """Return the IDs in a list of words: int64 if all are whole numbers, else str.

    A word with leading zeros or more than 18 digits is a name, because a number would not give the same word back.
    """
    if all(map(_WHOLE.fullmatch, words)):
        return np.array(list(map(int, words)), dtype=np.int64)
    return np.array(words)


def without_point(words):
    """Return {word: whole number} if all words are whole numbers, some perhaps written as 40.0; else None."""
    found = {word: _POINT_ZERO.fullmatch(word) for word in words}
    return {word: int(match[1]) for word, match in found.items()} if all(found.values()) else None


def identifier(word):
    """Return a word that can be an ID, or is empty; ValueError if it is too long, or no text."""
    if len(word) > _LONGEST_ID:
        raise ValueError(f"{word[:20]!r}... is an ID of {len(word)} characters; expected {_LONGEST_ID} at most")
    if _CONTROL.search(word):
        raise ValueError(f"not text: {word[:20]!r}; is it a binary file, or packed in an unknown way?")
    return word


def chunk(columns, place, tally, day_first=None):
    """Return the Chunk of columns of user, item, rating and perhaps time, without the lines that give no rating.

    The columns are Words or numbers (m,). place(rows) returns where each is in the file, in words; `tally` counts what
    is left out.
    """
    readers = identifier, identifier, rating, partial(moment, day_first=day_first)
    size = len(columns[0].codes if isinstance(columns[0], Words) else columns[0])
    kept, found = np.ones(size, bool), []
    tally.lines += size
    for role, column, read in zip(ROLES, columns, readers, strict=False):
        if isinstance(column, Words):
            values, wrong = _values(column.words, read)
            bad = np.flatnonzero(kept & np.isin(column.codes, list(wrong))) if wrong else np.empty(0, int)
            for row in bad[:3]:  # no more are shown
                tally.bad(*place([row]), wrong[column.codes[row]])
            if len(bad) > 3:
                tally.bad("", "", len(bad) - 3)
            kept[bad] = False
            blank = np.array([value == "" or value != value for value in values])
            blank = np.flatnonzero(kept & blank[column.codes]) if blank.any() and role != "time" else ()
            if len(blank):
                kept[blank] = False
                which = f"an {role}" if role == "item" else f"a {role}"
                tally.note(f"without {which} left out, the first is {{}}", place(blank[:1])[0], len(blank))
            column = (column._replace(words=values) if read is identifier
                      else np.nan_to_num(np.array(values, float), nan=-np.inf)[column.codes])
        found.append(column)
    return Chunk(*found) if kept.all() else Chunk(*found).only(kept)


def _values(words, read):
    """Return what is read of each word, and a dict from the places of those that cannot be read to the reason."""
    words, wrong = list(map(str.strip, words)), {}
    longest = max(map(len, words), default=0)
    if read not in (identifier, rating) and longest < 20 and all(words) and re.fullmatch("[0-9]+", "".join(words)):
        return list(map(int, words)), wrong  # times; quicker than one by one
    if read is identifier and all(map(str.isprintable, words)) and longest <= _LONGEST_ID:
        return words, wrong
    values = []
    for number, word in enumerate(words):
        try:
            values.append(read(word))
        except ValueError as error:
            wrong[number] = str(error)
            values.append("" if read is identifier else np.nan)
    return values, wrong
