"""A Table of Chunks: IDs get numbers, duplicates are dropped, the scale is found."""

import re

import numpy as np
from scipy.sparse import csr_array

from console import InputError, noun
from recommender.formats.format import NOTHING, listed
from recommender.formats.words import identifiers
from recommender.ratings import Levels, Table, Words

_AT_ONCE = 2**20  # ratings that are sorted at a time, more if one user has more
_POINT_ZERO = re.compile(r"(0|-?[1-9]\d{0,17})(\.0+)?", re.ASCII)


class Numbering:
    """Gives IDs codes in the order in which they come, array by array, in memory that grows with the different ones.

    When all have come, `rising` gives the IDs and the final number of each code. So ratings larger than memory can be
    written with codes, and numbered later.
    """

    def __init__(self):
        self._ids, self._codes = np.empty(0, np.int64), np.empty(0, np.int32)  # rising numbers, and the code of each
        self._names = None  # dict of words to codes, from the first name on

    def __len__(self):
        return len(self._ids if self._names is None else self._names)

    def codes(self, ids):
        """Return the codes (m,) int32 of IDs as in a Chunk, counted from 0; new IDs get the next ones."""
        words, which = _different(ids)
        numbers = words if isinstance(words, np.ndarray) or self._names is not None else identifiers(words)
        if self._names is None and isinstance(numbers, np.ndarray) and numbers.dtype.kind == "i":
            return self._of_numbers(numbers)[which]
        if self._names is None:  # numbers until now
            self._names = dict(zip(map(str, self._ids.tolist()), self._codes.tolist(), strict=True))
        words = list(map(str, words.tolist() if isinstance(words, np.ndarray) else words))
        codes = list(map(self._names.get, words))
        if None in codes:
            for word in words:
                self._names.setdefault(word, len(self._names))
            codes = list(map(self._names.get, words))
        return np.array(codes, dtype=np.int32)[which]

    def _of_numbers(self, different):
        """Return the codes of different whole numbers, rising or not."""
        place = np.searchsorted(self._ids, different)
        new = np.unique(different[place == np.searchsorted(self._ids, different, side="right")])
        if len(new):
            ids = np.concatenate([self._ids, new])
            order = np.argsort(ids, kind="stable")  # quick, as these are two rising runs
            codes = np.concatenate([self._codes, np.arange(len(self), len(ids), dtype=np.int32)])
            self._ids, self._codes = ids[order], codes[order]
            place = np.searchsorted(self._ids, different)
        return self._codes[place]

    def rising(self):
        """Return the different IDs (n,), rising, int64 or str as in Table, and (m,) where among them each code is.

        If all are whole numbers, some of them written as 40.0, then 40.0 is 40.
        """
        ids, codes = self._ids, self._codes
        if self._names is not None:
            words, codes = list(self._names), np.fromiter(self._names.values(), np.int32)
            whole = list(map(_POINT_ZERO.fullmatch, words))
            ids = np.array([int(match[1]) for match in whole]) if all(whole) else np.array(words)
        ids, places = np.unique(ids, return_inverse=True)
        place = np.empty(len(self), dtype=np.int32)
        place[codes] = places
        return ids, place


def _different(ids):
    """Return the different IDs among those of a Chunk, a list of words or (k,), and (m,) where among them each is."""
    if isinstance(ids, Words):
        used = np.bincount(ids.codes, minlength=len(ids.words)) > 0
        if used.all():
            return ids
        return [ids.words[k] for k in np.flatnonzero(used)], (np.cumsum(used) - 1)[ids.codes]
    ids = np.asarray(ids)
    low, high = (ids.min(), ids.max()) if ids.dtype.kind == "i" and len(ids) else (0, 0)
    if not 0 < high - low < 4 * len(ids):
        return np.unique(ids, return_inverse=True)
    used = np.zeros(high - low + 1, bool)  # quicker than sorting
    used[ids - low] = True
    return np.flatnonzero(used) + low, (np.cumsum(used) - 1)[ids - low]


class Collected:
    """The ratings of Chunks, kept in few bytes each until all of them are there."""

    def __init__(self):
        self._users, self._items, self._levels = Numbering(), Numbering(), Levels()
        self._u, self._i = _Column(np.int32, np.int32), _Column(np.int32, np.int32)
        self._x, self._time = _Column(np.float32, np.float64), _Column(np.int32, np.float64)

    def __len__(self):
        return len(self._x)

    def add(self, chunk):
        """Take the ratings of a Chunk."""
        for numbering, unrated in zip((self._users, self._items), chunk.unrated, strict=True):
            if len(unrated):
                numbering.codes(unrated)
        if not len(chunk.x):
            return
        self._levels.add(chunk.x)
        self._u.add(self._users.codes(chunk.users))
        self._i.add(self._items.codes(chunk.items))
        self._x.add(chunk.x)
        if chunk.time is None:
            self._time = None
        elif self._time is not None:
            self._time.add(chunk.time)

    def table(self, first=(), told=NOTHING):
        """Return the Table of all ratings, with the notes `first` before its own; nothing can be added any more."""
        users, u = _placed(self._users, self._u.whole())
        items, i = _placed(self._items, self._i.whole())
        x, time = self._x.whole(), None if self._time is None else self._time.whole()
        X = without_duplicates(u, i, x, time, (len(users), len(items)))
        return Table(X, users, items, scale(self._levels, told),
                     (*first, *notes(self._levels, len(x) - X.nnz, time is not None, told)))


def notes(levels, dropped, timed, told=NOTHING, matrix=False):
    """Return lines for the user: the scale, how many ratings were dropped, and which may mark missing ones.

    Args:
        levels: ratings.Levels.
        dropped: number of ratings.
        timed: whether the last of several counts by time, or by its place in the file.
        told: Told; a number that the user has said to mark missing ratings is named again.
    """
    found = [f"ratings from {scale(levels, told)}, as " + ("found" if told.scale is None else "--scale says")]
    if dropped:
        found.append(f"{dropped:,} {noun(dropped, 'rating')} dropped: of several of an item by a user, the last"
                     f" {'by time' if timed else 'in the file'} counts")
    codes = levels.codes()
    if codes:
        shares = ", ".join(f"{share:.0%} of the ratings are {listed([value])}" for value, share in codes)
        values = listed((*(told.missing or ()), *(value for value, _ in codes)), " ")
        found.append(f"warning: {shares}; if that marks missing ones, say --missing {values}")
    return found


def scale(levels, told=NOTHING):
    """Return the Scale of ratings; InputError if some are not on the one that the user has Told."""
    found = levels.scale(told.scale or ())
    if told.scale is not None and (found.low, found.high) != tuple(told.scale):
        odd = found.low if found.low < told.scale[0] else found.high
        raise InputError(f"--scale {listed(told.scale, ' ')}: there are ratings from {found.low:.10g} to"
                         f" {found.high:.10g}; expected --missing {listed([odd])} if that is none, or another scale")
    return found


class _Column:
    """Numbers that come array by array, in a narrow kind as long as that holds all of them exactly.

    They are in one piece of memory that grows. Many small pieces would leave holes when they are joined.
    """

    def __init__(self, narrow, wide):
        self._content, self._kind, self._wide = bytearray(), np.dtype(narrow), np.dtype(wide)

    def __len__(self):
        return len(self._content) // self._kind.itemsize

    def add(self, part):
        with np.errstate(all="ignore"):
            narrow = part.astype(self._kind)
        if (narrow != part).any():
            self._content, self._kind = bytearray(self.whole().astype(self._wide)), self._wide
            narrow = part.astype(self._kind)
        self._content += narrow.data

    def whole(self):
        return np.frombuffer(self._content, self._kind)


def _placed(numbering, codes):
    """Return the IDs, rising, and the place among them of each code (m,); the codes are overwritten."""
    ids, place = numbering.rising()
    codes[:] = place[codes]
    return ids, codes


def without_duplicates(u, i, x, time, shape):
    """Return the matrix (n, d) of ratings x (m,) by users u (m,) of items i (m,), of each pair the last.

    The last by time (m,), and of equal times by place; by place alone if `time` is None. Some users are sorted at a
    time, so that this needs little more memory than the result.
    """
    starts = np.concatenate([[0], np.cumsum(np.bincount(u, minlength=shape[0]))])
    indices, data, kept = np.empty(len(u), np.int32), np.empty(len(u)), np.zeros(shape[0], np.int64)
    count = begin = 0
    while begin < shape[0]:
        end = max(begin + 1, np.searchsorted(starts, starts[begin] + _AT_ONCE, side="right") - 1)
        which = np.flatnonzero((u >= begin) & (u < end))
        which = which[lasts(u[which].astype(np.int64) * shape[1] + i[which], None if time is None else time[which])]
        part = slice(count, count + len(which))
        indices[part], data[part] = i[which], x[which]
        kept[begin:end] = np.bincount(u[which] - begin, minlength=end - begin)
        count, begin = part.stop, end
    X = csr_array((data[:count], indices[:count], np.concatenate([[0], np.cumsum(kept)])), shape=shape)
    X.has_canonical_format = True
    return X


def lasts(pairs, time):
    """Return where the last rating of each pair (m,) stands, in rising order of the pairs."""
    bits = len(pairs).bit_length()
    if int(pairs.max(initial=0)) >> (62 - bits):
        order = np.argsort(pairs, kind="stable")
        rising = pairs[order]
    else:  # pair and place in one number: quicker
        order = np.sort((pairs << bits) + np.arange(len(pairs)))
        rising, order = order >> bits, order & ((1 << bits) - 1)
    same = rising[1:] == rising[:-1]
    if time is not None and same.any():
        several = np.flatnonzero(np.append(same, False) | np.append(False, same))
        among = order[several]
        order[several] = among[np.lexsort((time[among], rising[several]))]
    return order[np.append(~same, True)] if len(order) else order
