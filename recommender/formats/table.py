"""A Table of Chunks: IDs become numbers, duplicates are dropped, the scale is found."""

import numpy as np
from scipy.sparse import csr_array

from console import noun
from recommender.formats.format import NOTHING, listed
from recommender.formats.numbering import Numbering
from recommender.ratings import Levels, Table

_AT_ONCE = 2**20  # ratings that are sorted at a time, more if one user has more


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
        return Table(X, users, items, self._levels.scale(),
                     (*first, *notes(self._levels, len(x) - X.nnz, time is not None, told)))


def notes(levels, dropped, timed, told=NOTHING):
    """Return lines for the user: the scale, how many ratings were dropped, and which may mark missing ones.

    Args:
        levels: ratings.Levels.
        dropped: number of ratings.
        timed: whether the last of several counts by time, or by its place in the file.
        told: Told; a number that the user has said to mark missing ratings is named again.
    """
    found = [f"ratings from {levels.scale()}, as found"]
    if dropped:
        found.append(f"{dropped:,} {noun(dropped, 'rating')} dropped: of several of an item by a user, the last"
                     f" {'by time' if timed else 'in the file'} counts")
    codes = levels.codes()
    if codes:
        shares = ", ".join(f"{share:.0%} of the ratings are {listed([value])}" for value, share in codes)
        values = listed((*(told.missing or ()), *(value for value, _ in codes)), " ")
        found.append(f"warning: {shares}; if that marks missing ones, say --missing {values}")
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
        which = which[_lasts(u[which].astype(np.int64) * shape[1] + i[which], None if time is None else time[which])]
        part = slice(count, count + len(which))
        indices[part], data[part] = i[which], x[which]
        kept[begin:end] = np.bincount(u[which] - begin, minlength=end - begin)
        count, begin = part.stop, end
    X = csr_array((data[:count], indices[:count], np.concatenate([[0], np.cumsum(kept)])), shape=shape)
    X.has_canonical_format = True
    return X


def _lasts(pairs, time):
    """Return where the last rating of each pair (m,) stands, in rising order of the pairs."""
    order = np.argsort(pairs, kind="stable")
    rising = pairs[order]
    same = rising[1:] == rising[:-1]
    if time is not None:
        several = np.flatnonzero(np.append(same, False) | np.append(False, same))
        among = order[several]
        order[several] = among[np.lexsort((time[among], rising[several]))]
    return order[np.append(~same, True)]
