"""A Table from Chunks: IDs numbered, duplicates dropped, the scale found."""

import numpy as np
from scipy.sparse import csr_array

from recommender.formats.numbering import Numbering
from recommender.ratings import Levels, Table

_AT_ONCE = 2**20  # ratings that are sorted at a time, more where one user has more


class Collected:
    """Ratings that come in Chunks, kept in few bytes each until all of them are there."""

    def __init__(self):
        self._users, self._items, self._levels = Numbering(), Numbering(), Levels()
        self._columns = [], [], [], []  # codes of users and items, ratings, times: arrays of a chunk each
        self._count, self._timed = 0, True

    def __len__(self):
        return self._count

    def add(self, chunk):
        """Take the ratings of a Chunk."""
        for numbering, unrated in zip((self._users, self._items), chunk.unrated, strict=True):
            if len(unrated):
                numbering.codes(unrated)
        if not len(chunk.x):
            return
        self._count += len(chunk.x)
        self._levels.add(chunk.x)
        self._timed &= chunk.time is not None
        time = _narrow(chunk.time, np.int32) if self._timed else ()
        parts = self._users.codes(chunk.users), self._items.codes(chunk.items), _narrow(chunk.x, np.float32), time
        for column, part in zip(self._columns, parts, strict=True):
            column.append(part)

    def table(self, note):
        """Return the Table of all that was added, its first note being `note`; nothing can be added any more."""
        users, u = self._users.rising()
        items, i = self._items.rising()
        u, i, x, time = u[self._whole(0)], i[self._whole(1)], self._whole(2), self._whole(3) if self._timed else None
        X = without_duplicates(u, i, x, time, (len(users), len(items)))
        scale, dropped = self._levels.scale(), len(x) - X.nnz
        which = "by time" if self._timed else "in the file"
        duplicates = [f"{dropped:,} ratings dropped: of several of an item by a user, the last {which} counts"]
        notes = (note, f"ratings from {scale}, as found", *(duplicates if dropped else ()))
        return Table(X, users, items, scale, notes)

    def _whole(self, number):
        column = np.concatenate(self._columns[number])
        self._columns[number].clear()
        return column


def _narrow(numbers, kind):
    """Return numbers in a narrower kind where this holds them exactly."""
    with np.errstate(all="ignore"):
        narrow = numbers.astype(kind)
    return narrow if (narrow == numbers).all() else numbers


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
    if time is not None and (np.diff(pairs[order]) == 0).any():
        order = np.lexsort((time, pairs))
    rising = pairs[order]
    return order[np.append(rising[1:] != rising[:-1], True)]
