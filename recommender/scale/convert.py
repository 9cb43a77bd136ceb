"""A file of ratings, however large, as a store: `recommender convert RATINGS STORE`.

The memory that this takes does not grow with the ratings. They are read once and written to a temporary file. Once all
users' numbers of ratings are known, the ratings are moved to one file for each chunk. A chunk fits into memory, where
it is sorted.
"""

import numpy as np

from console import InputError, Parser, Progress, escaped, noun
from recommender import formats, sources
from recommender.formats import NOTHING, Coder
from recommender.scale.store import VALUES, arrangement, check_new, open_store, writing

RATING = np.dtype([("user", "<i4"), ("item", "<i4"), ("x", "<f8"), ("time", "<f8")])
SLAB = 2**21  # ratings that are moved at a time


def main(argv=None):
    parser = Parser("convert", description="Write ratings to a store on disk, in little memory. The commands em and als"
                                           " fit models to a store.")
    sources.add_options(parser, "a file or folder of ratings, as evaluate takes it")
    parser.add_argument("store", metavar="STORE", help="the folder to write; it must not exist")
    options = parser.parse_args(argv)
    check_new(options.store)
    lines, told = [], sources.told(options)
    with Progress() as progress:
        chunks = formats.chunks(options.ratings, progress, lines.append, told)
        lines += convert(chunks, options.store, progress, told)
    print("Data: " + "\n  ".join(lines))
    made = open_store(options.store)
    sizes = zip((*made.shape, made.ratings), ("user", "item", "rating"), strict=True)
    print(f"{escaped(options.store)}: " + ", ".join(f"{number:,} {noun(number, one)}" for number, one in sizes))
    return 0


def convert(chunks, path, report=lambda text: None, told=NOTHING):
    """Write chunks of ratings as a store, and return lines for the user. Of ratings of one pair, the last counts.

    `told` is formats.Told. Raises InputError if there is no rating, or one off the scale that is told, or the store
    cannot be made; or an error of the reader.
    """
    with writing(path) as writer:
        spool, count, coder = writer.folder / "all", 0, Coder()
        counts = _spooled(chunks, coder, spool, report)
        (users, user_place), (items, item_place) = coder.users.rising(), coder.items.rising()
        arranged = arrangement(np.bincount(user_place, counts, len(users)).astype(int))
        first, values = np.cumsum([0, *map(sum, arranged)]), coder.levels.values(VALUES)
        parts = [writer.folder / f"part{number}" for number in range(len(arranged))]
        _move(spool, parts, user_place, item_place, first, report)
        for number, (part, sizes) in enumerate(zip(parts, arranged, strict=True)):
            report(f"chunk {number + 1} of {len(parts)}")
            rows = np.fromfile(part, RATING)
            part.unlink()
            pairs = rows["user"].astype(np.int64) * len(items) + rows["item"]
            kept = formats.lasts(pairs, rows["time"] if coder.timed else None)
            user, item = np.divmod(pairs[kept], len(items))
            writer.chunk(sizes, len(items), user - first[number], item, rows["x"][kept], values)
            count += len(kept)
        writer.finish(users, items, formats.scale(coder.levels, told), values)
    return coder.notes() + formats.notes(coder.levels, int(counts.sum()) - count, coder.timed, told)


def _spooled(chunks, coder, spool, report):
    """Write all ratings to a file, with users and items by their codes, and return how many each user has, (n,)."""
    counts = np.zeros(0, int)
    for chunk in chunks:
        rows = np.zeros(len(chunk.x), RATING)
        rows["user"], rows["item"] = coder.codes(chunk)
        rows["x"] = chunk.x
        if coder.timed and len(rows):
            rows["time"] = chunk.time
        _append(spool, rows)
        counts = np.pad(counts, (0, len(coder.users) - len(counts)))
        counts += np.bincount(rows["user"], minlength=len(counts))
        report(f"{counts.sum():,} ratings read")
    if not counts.any():
        raise InputError("there is no rating to convert; expected at least one")
    return counts


def _move(spool, parts, user_place, item_place, first, report):
    """Move the ratings, in their order, to a file for each chunk; codes become places among the IDs."""
    chunk_of, moved = np.repeat(np.arange(len(parts), dtype=np.uint16), np.diff(first)), 0
    with open(spool, "rb") as file:
        while len(rows := np.fromfile(file, RATING, SLAB)):
            rows["user"], rows["item"] = user_place[rows["user"]], item_place[rows["item"]]
            chunk = chunk_of[rows["user"]]
            rows = rows[np.argsort(chunk, kind="stable")]
            ends = np.cumsum(np.bincount(chunk, minlength=len(parts)))
            for part, own in zip(parts, np.split(rows, ends[:-1]), strict=True):
                _append(part, own)
            moved += len(rows)
            report(f"{moved:,} ratings sorted into chunks")
    spool.unlink()


def _append(path, rows):
    with open(path, "ab") as file:
        rows.tofile(file)
