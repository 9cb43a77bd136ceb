"""A Table from Chunks: IDs numbered, duplicates dropped, the scale found."""

import numpy as np
from scipy.sparse import csr_array

from console import noun
from recommender.formats.numbering import Numbering
from recommender.formats.told import NOTHING
from recommender.ratings import Levels, Table

_AT_ONCE = 2**20  # ratings that are sorted at a time, more where one user has more


class Collected:
    """Ratings that come in Chunks, kept in few bytes each until all of them are there."""

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
        """Return the Table of all that was added, with a list of notes before its own; nothing can be added any more.

        What the user says of the ratings is Told.
        """
        users, u = _sorted(self._users, self._u)
        items, i = _sorted(self._items, self._i)
        x, time = self._x.whole(), None if self._time is None else self._time.whole()
        X = without_duplicates(u, i, x, time, (len(users), len(items)))
        return Table(X, users, items, self._levels.scale(),
                     (*first, *notes(self._levels, len(x) - X.nnz, time is not None, told)))


def notes(levels, dropped, timed, told=NOTHING):
    """Return lines for the user: the scale, and how many ratings were dropped, by their times or by their places.

    And which of the Levels may be meant as missing ratings, beside those of which the user has Told.
    """
    which = "by time" if timed else "in the file"
    duplicates = [f"{dropped:,} {noun(dropped, 'rating')} dropped: of several of an item by a user, the last {which}"
                  " counts"]
    codes, said = levels.codes(), []
    if codes:
        shares = ", ".join(f"{share:.0%} of the ratings are {value:g}" for value, share in codes)
        values = " ".join(f"{value:g}" for value in (*(told.missing or ()), *(value for value, _ in codes)))
        said = [f"warning: {shares}; if that marks missing ones, say --missing {values}"]
    return [f"ratings from {levels.scale()}, as found", *(duplicates if dropped else []), *said]


class _Column:
    """Numbers that come array by array, kept in a narrow kind as long as that holds all of them exactly.

    In one piece of memory that grows: many small ones would leave holes when they are joined.
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


def _sorted(numbering, column):
    """Return the IDs, rising, and for all in a column of codes which of them it is; the column ends with that."""
    ids, place = numbering.rising()
    numbers = column.whole()
    for begin in range(0, len(numbers), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        numbers[part] = place[numbers[part]]
    return ids, numbers


def without_duplicates(u, i, x, time, shape):
    """Return the matrix (n, d) of ratings x (m,) by users u (m,) of items i (m,), of each pair the last.

    The last by time (m,), and of equal times by place; by place alone where `time` is None. A block of users is sorted
    at a time, so that little more is needed than what is returned.
    """
    starts = np.concatenate([[0], np.cumsum(np.bincount(u, minlength=shape[0]))])
    indices, data, kept = np.empty(len(u), np.int32), np.empty(len(u)), np.zeros(shape[0], np.int64)
    count = 0
    for begin, end in _ranges(starts):
        which = np.flatnonzero((u >= begin) & (u < end))
        which = which[_lasts(u[which].astype(np.int64) * shape[1] + i[which], None if time is None else time[which])]
        part = slice(count, count + len(which))
        indices[part], data[part] = i[which], x[which]
        kept[begin:end] = np.bincount(u[which] - begin, minlength=end - begin)
        count = part.stop
    X = csr_array((data[:count], indices[:count], np.concatenate([[0], np.cumsum(kept)])), shape=shape)
    X.has_canonical_format = True
    return X


def _ranges(starts):
    """Yield the first user and the one after the last of blocks of users with some ratings, which begin at `starts`."""
    begin, n = 0, len(starts) - 1
    while begin < n:
        end = max(begin + 1, np.searchsorted(starts, starts[begin] + _AT_ONCE, side="right") - 1)
        yield begin, end
        begin = end


def _lasts(pairs, time):
    """Return where, in rising order of the pairs (m,), the last rating of each stands."""
    order = np.argsort(pairs, kind="stable")
    rising = pairs[order]
    same = rising[1:] == rising[:-1]
    if time is not None:
        several = np.flatnonzero(np.append(same, False) | np.append(False, same))
        among = order[several]
        order[several] = among[np.lexsort((time[among], rising[several]))]
    return order[np.append(~same, True)]
