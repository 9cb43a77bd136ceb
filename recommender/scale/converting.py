"""A file of ratings, however large, into a store, in memory that does not grow with it.

The ratings are read once, and written column by column to files beside the store to be; when the numbers of ratings of
all users are known, these are parted into files for each chunk, which fits into memory and is put in order there.
"""

from typing import NamedTuple

import numpy as np

from console import InputError
from recommender.formats import Numbering
from recommender.ratings import Levels
from recommender.scale.store import VALUES, arrangement, writing

COLUMNS = {"user": np.dtype("<i4"), "item": np.dtype("<i4"), "x": np.dtype("<f8"), "time": np.dtype("<f8")}
SLAB = 2**21  # ratings that are parted at a time


class Converted(NamedTuple):
    """What a conversion has found."""

    users: int
    items: int
    ratings: int
    repeated: int  # ratings left out because the same user rated the same movie again later
    levels: Levels
    timed: bool  # whether "later" is by the ratings' times, or by their places in the file


class Found(NamedTuple):
    """What is known once all ratings have come."""

    users: Numbering
    items: Numbering
    values: np.ndarray  # the distinct ratings, rising; none where they are too many for codes
    levels: Levels
    ratings: int
    timed: bool  # whether all of them have a time


def convert(chunks, path, report=lambda text: None):
    """Write ratings as a store, and return the Converted. Of a pair rated twice the last by time counts, as in `read`.

    Args:
        chunks: of ratings, as recommender.formats.chunks yields them.
        path: of the store.
        report: called with a line about the progress.

    Raises:
        InputError: something is already at `path`, or nothing can be put there, or there is no rating; and whatever
            reading raises.
    """
    with writing(path) as writer:
        spool, count = writer.folder / "all", 0
        found = _spooled(chunks, spool, report)
        (users, user_place), (items, item_place) = found.users.rising(), found.items.rising()
        arranged = arrangement(_counts(spool, found.ratings, user_place))
        first = np.cumsum([0, *map(sum, arranged)])
        parts = [writer.folder / f"part{number}" for number in range(len(arranged))]
        _parted(spool, found.ratings, parts, user_place, item_place, first, report)
        for number, (part, sizes) in enumerate(zip(parts, arranged, strict=True), 1):
            report(f"chunk {number} of {len(parts)}")
            user, item, x = _last(*(_taken(part, name) for name in COLUMNS), found.timed)
            writer.chunk(sizes, len(items), user - first[number - 1], item, x, found.values)
            count += len(x)
        writer.finish(users, items, found.levels.scale(), found.values)
    return Converted(len(users), len(items), count, found.ratings - count, found.levels, found.timed)


def _spooled(chunks, spool, report):
    """Write all ratings to the files `spool` as they come, and return what was Found."""
    users, items, levels = Numbering(), Numbering(), Levels()
    ratings, timed = 0, True
    for chunk in chunks:
        for numbering, ids in zip((users, items), chunk.unrated, strict=True):
            if len(ids):
                numbering.codes(np.asarray(ids))
        if not len(chunk.x):
            continue
        timed &= chunk.time is not None
        _append(spool, users.codes(chunk.users), items.codes(chunk.items), chunk.x,
                chunk.time if timed else np.zeros(len(chunk.x)))
        levels.add(chunk.x)
        ratings += len(chunk.x)
        report(f"{ratings:,} ratings read")
    if not ratings:
        raise InputError("there is no rating to convert; expected at least one")
    return Found(users, items, levels.values(VALUES), levels, ratings, timed)


def _counts(spool, ratings, user_place):
    """Return how many ratings each user has, by their places, (n,)."""
    counts = np.zeros(len(user_place), int)
    for start in range(0, ratings, SLAB):
        counts += np.bincount(user_place[_read(spool, "user", start)], minlength=len(counts))
    return counts


def _parted(spool, ratings, parts, user_place, item_place, first, report):
    """Move the ratings to files for each chunk, users and movies by their places; a chunk's users are from first on."""
    chunk_of = np.repeat(np.arange(len(parts), dtype=np.uint16), np.diff(first))
    for start in range(0, ratings, SLAB):
        columns = [_read(spool, name, start) for name in COLUMNS]
        columns[:2] = user_place[columns[0]], item_place[columns[1]]
        chunk = chunk_of[columns[0]]
        order = np.argsort(chunk, kind="stable")
        ends = np.cumsum(np.bincount(chunk, minlength=len(parts)))
        split = (np.split(column[order], ends[:-1]) for column in columns)
        for part, *of_part in zip(parts, *split, strict=True):
            _append(part, *of_part)
        report(f"{min(start + SLAB, ratings):,} ratings parted")
    for name in COLUMNS:
        _file(spool, name).unlink()


def _file(stem, name):
    return stem.with_name(f"{stem.name}.{name}")


def _append(stem, *columns):
    """Write columns behind those that the files have already."""
    for (name, dtype), column in zip(COLUMNS.items(), columns, strict=True):
        with open(_file(stem, name), "ab") as file:
            np.ascontiguousarray(column, dtype).tofile(file)


def _read(stem, name, start):
    return np.fromfile(_file(stem, name), COLUMNS[name], SLAB, offset=start * COLUMNS[name].itemsize)


def _taken(stem, name):
    """Return a column, and remove its file."""
    column = np.fromfile(_file(stem, name), COLUMNS[name])
    _file(stem, name).unlink()
    return column


def _last(user, item, x, time, timed):
    """Return users, movies and ratings (m,), but of each pair only the last: by time if all have one, then by place."""
    pair = user.astype(np.int64) * (int(item.max(initial=0)) + 1) + item
    ordered = np.sort(pair)
    if not (ordered[1:] == ordered[:-1]).any():
        return user, item, x
    order = np.lexsort((time, pair)) if timed else np.argsort(pair, kind="stable")
    pair = pair[order]
    kept = order[np.append(pair[1:] != pair[:-1], True)]
    return user[kept], item[kept], x[kept]
