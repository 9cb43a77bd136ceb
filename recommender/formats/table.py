"""A Table of Chunks: IDs get numbers, duplicates are dropped, the scale is found."""

import numpy as np
from scipy.sparse import csr_array

from console import InputError, noun
from recommender.formats.choices import added, of_choices
from recommender.formats.format import NOTHING, listed
from recommender.formats.words import identifiers, without_point
from recommender.ratings import Levels, Table, Words


class Numbering:
    """Gives IDs codes in the order in which they come; when all have come, `rising` gives the number of each code.

    Memory grows with the different IDs. So ratings larger than memory can be written with codes, and numbered later.
    """

    def __init__(self):
        self._ids, self._codes = np.empty(0, np.int64), np.empty(0, np.int32)  # rising numbers, and the code of each
        self._names = None  # dict of words to codes, from the first name on
        self.pointed = None  # an ID like 40.0 that is the number 40; known when all have come

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
        words = list(map(str, words.tolist())) if isinstance(words, np.ndarray) else words
        codes = list(map(self._names.get, words))
        for place in [place for place, code in enumerate(codes) if code is None]:
            codes[place] = self._names.setdefault(words[place], len(self._names))
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
            whole = without_point(words)
            ids = np.array(list(whole.values()) if whole else words)
            self.pointed = next((word for word in words if whole and "." in word), None)
        ids, places = np.unique(ids, return_inverse=True)
        place = np.empty(len(self), dtype=np.int32)
        place[codes] = places
        return ids, place

    def notes(self, role):
        """Return lines for the user, after `rising`."""
        if self.pointed is None:
            return []
        return [f"{role} {self.pointed} is {self.pointed.partition('.')[0]}, as all IDs of {role}s are whole numbers"]


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


class Coder:
    """Gives the users and items of Chunks codes, and finds what the Chunks have in common."""

    def __init__(self):
        self.users, self.items, self.levels = Numbering(), Numbering(), Levels()
        self.timed = True  # whether all ratings have times

    def codes(self, chunk):
        """Return the codes of the users and of the items of a Chunk, (m,) each."""
        self.timed &= chunk.time is not None or not len(chunk.x)
        self.levels.add(chunk.x)
        for numbering, unrated in zip((self.users, self.items), chunk.unrated, strict=True):
            if len(unrated):
                numbering.codes(np.asarray(unrated))
        return self.users.codes(chunk.users), self.items.codes(chunk.items)

    def notes(self):
        """Return lines for the user about the IDs, after both are `rising`."""
        return [*self.users.notes("user"), *self.items.notes("item")]


class Collected(Coder):
    """The ratings of Chunks, until all of them are there."""

    def __init__(self):
        super().__init__()
        self._columns = [], [], [], []

    def add(self, chunk):
        """Take the ratings of a Chunk."""
        codes = self.codes(chunk)
        time = chunk.time if self.timed and len(chunk.x) else np.empty(0)
        for column, part in zip(self._columns, (*codes, _narrow(chunk.x, np.float32), _narrow(time, np.int32)),
                                strict=True):
            column.append(part)

    def table(self, first=(), told=NOTHING):
        """Return the Table of all ratings, with the notes `first` before its own; nothing can be added any more."""
        (users, user_place), (items, item_place) = self.users.rising(), self.items.rising()
        d = max(len(items), 1)
        pairs = user_place[self._whole(0)].astype(np.int64) * d  # NumPy 1 keeps int32 beside a number
        pairs += item_place[self._whole(1)]
        x, time = self._whole(2), self._whole(3) if self.timed else None
        kept, lines = lasts(pairs, time), len(x)
        x = added(pairs, kept, x) if told.implicit else x[kept]
        pairs = pairs[kept]
        starts = np.searchsorted(pairs, np.arange(len(users) + 1) * d)
        X = csr_array((x.astype(float), (pairs % d).astype(np.int32), starts), shape=(len(users), len(items)))
        X.has_canonical_format = True
        times = None if time is None else csr_array((time[kept].astype(float), X.indices, X.indptr), shape=X.shape)
        first = *first, *self.notes()
        if told.implicit:
            return of_choices(X, users, items, first, times, lines)
        more = notes(self.levels, lines - X.nnz, time is not None, told)
        return Table(X, users, items, scale(self.levels, told), (*first, *more), times)

    def _whole(self, column):
        parts = self._columns[column]
        whole = np.concatenate(parts) if parts else np.empty(0, int)
        parts.clear()
        return whole


def _narrow(column, kind):
    """Return numbers in a kind of half the size, if that holds all of them exactly."""
    with np.errstate(all="ignore"):
        narrow = column.astype(kind)
    return narrow if (narrow == column).all() else np.asarray(column, float)


def notes(levels, dropped, timed, told=NOTHING):
    """Return lines for the user: the scale, how many ratings were dropped, and which may mark missing ones.

    `timed`: whether the last of several ratings counts by time, or by its place in the file.
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


def lasts(pairs, time):
    """Return where the last rating of each pair (m,) stands, in rising order of the pairs."""
    bits = len(pairs).bit_length()
    if int(pairs.max(initial=0)) >> (62 - bits):
        order = np.argsort(pairs, kind="stable")
    else:  # pair and place in one number: quicker
        order = np.sort((pairs << bits) | np.arange(len(pairs))) & ((1 << bits) - 1)
    rising = pairs[order]
    same = rising[1:] == rising[:-1]
    if time is not None and same.any():
        several = np.flatnonzero(np.append(same, False) | np.append(False, same))
        among = order[several]
        order[several] = among[np.lexsort((time[among], rising[several]))]
    return order[np.append(~same, True)] if len(order) else order
