"""A file of ratings, however large, into a store, in memory that does not grow with it.

The ratings are read once, and written as records to a file beside the store to be; when the numbers of ratings of all
users are known, that is parted into a file for each chunk; each of these fits into memory, where it is put in order.
"""

from typing import NamedTuple

import numpy as np

from console import InputError
from recommender.formats import Numbering
from recommender.ratings import Levels
from recommender.scale.store import VALUES, arrangement, writing

RECORD = np.dtype([("user", "<i4"), ("item", "<i4"), ("x", "<f8"), ("time", "<f8")])
SLAB = 2**21  # records that are parted at a time


class Converted(NamedTuple):
    """What a conversion has found."""

    users: int
    items: int
    ratings: int
    repeated: int  # ratings left out because the same user rated the same movie again later


def convert(chunks, path, report=lambda text: None):
    """Write ratings as a store, and return the Converted. Of a pair rated twice the last by time counts, as in `read`.

    Args:
        chunks: of ratings, as recommender.formats.chunks yields them.
        path: of the store.
        report: called with a line about the progress.

    Raises:
        InputError: something is already at `path`, or nothing can be put there; and whatever reading raises.
    """
    with writing(path) as writer:
        spool = writer.folder / "spool"
        users, items, values, levels, counts, timed = _spooled(chunks, spool, report)
        if not counts.sum():
            raise InputError("there is no rating to convert; expected at least one")
        (users, user_place), (items, item_place) = users.rising(), items.rising()
        rising = np.empty_like(counts)
        rising[user_place] = counts
        chunks = arrangement(rising)
        edges = np.cumsum([0, *map(sum, chunks)])
        _parted(spool, user_place, item_place, edges, report)
        spool.unlink()
        ratings = 0
        for number, sizes in enumerate(chunks):
            report(f"chunk {number + 1} of {len(chunks)}")
            part = spool.with_suffix(f".{number}")
            kept = _last(np.fromfile(part, RECORD), timed)
            part.unlink()
            writer.chunk(sizes, len(items), kept["user"] - edges[number], kept["item"], kept["x"], values)
            ratings += len(kept)
        writer.finish(users, items, levels.scale(), values)
    return Converted(len(users), len(items), ratings, int(counts.sum()) - ratings)


def _spooled(chunks, spool, report):
    """Write all ratings to the file `spool` as they come; return what is known of them then.

    Returns:
        users, items: Numberings.
        values: the distinct ratings, rising; none where they are too many for codes.
        levels: Levels, for their scale.
        counts: how many ratings the user of each code has.
        timed: whether all of them have a time.
    """
    users, items, levels = Numbering(), Numbering(), Levels()
    values, counts, timed = np.zeros(0), np.zeros(0, int), True
    with open(spool, "xb") as file:
        for chunk in chunks:
            records = np.empty(len(chunk.x), RECORD)
            records["user"], records["item"] = users.codes(chunk.users), items.codes(chunk.items)
            records["x"], records["time"] = chunk.x, 0 if chunk.time is None else chunk.time
            timed &= chunk.time is not None or not len(chunk.x)
            for numbering, ids in zip((users, items), chunk.unrated, strict=True):
                if len(ids):
                    numbering.codes(np.asarray(ids))
            if values is not None:
                values = np.union1d(values, chunk.x)
                values = values if len(values) <= VALUES else None
            levels.add(chunk.x)
            counts = np.bincount(records["user"], minlength=len(users)) + np.pad(counts, (0, len(users) - len(counts)))
            records.tofile(file)
            report(f"{counts.sum():,} ratings read")
    return users, items, np.zeros(0) if values is None else values, levels, counts, timed


def _parted(spool, user_place, item_place, edges, report):
    """Write the records, users and movies by their places, to a file for each chunk, from user edge to edge."""
    files = [open(spool.with_suffix(f".{number}"), "xb") for number in range(len(edges) - 1)]  # noqa: SIM115
    try:
        start = 0
        while len(records := np.fromfile(spool, RECORD, SLAB, offset=start * RECORD.itemsize)):
            records["user"], records["item"] = user_place[records["user"]], item_place[records["item"]]
            chunk = np.searchsorted(edges, records["user"], side="right") - 1
            order = np.argsort(chunk, kind="stable")
            ends = np.cumsum(np.bincount(chunk, minlength=len(files)))
            for file, part in zip(files, np.split(records[order], ends[:-1]), strict=True):
                part.tofile(file)
            start += len(records)
            report(f"{start:,} ratings parted")
    finally:
        for file in files:
            file.close()


def _last(records, timed):
    """Return the records without those of a pair that has a later one: by time, if all have one, and then by place."""
    pair = records["user"] * np.int64(records["item"].max(initial=0) + 1) + records["item"]
    ordered = np.sort(pair)
    if not (ordered[1:] == ordered[:-1]).any():
        return records
    order = np.lexsort((records["time"], pair)) if timed else np.argsort(pair, kind="stable")
    pair = pair[order]
    return records[order[np.append(pair[1:] != pair[:-1], True)]]
