"""Ratings from any file, whole as a Table or chunk by chunk; and the titles of what was rated."""

import os
from contextlib import ExitStack

import numpy as np

from console import InputError, escaped, noun
from recommender.formats.catalogue import ITEMS, RATINGS, TITLES, recognised, why_not
from recommender.formats.choices import check_events
from recommender.formats.format import MATRIX, NOTHING, Tally, listed
from recommender.formats.opening import ENDINGS, files
from recommender.formats.table import Collected
from recommender.formats.text import head
from recommender.formats.words import identifiers


def read(path, report=None, told=NOTHING):
    """Return the Table of the ratings in a file of any format. The arguments and errors are those of chunks.

    If a user has rated an item several times, the last rating by time counts, or the last in the file if some ratings
    have no time. The order of lines has no other effect.
    """
    collected, notes = Collected(), []
    for chunk in chunks(path, report, notes.append, told):
        collected.add(chunk)
    return collected.table(notes, told)


def chunks(path, report=None, note=lambda line: None, told=NOTHING):
    """Yield the ratings in a file as Chunks, in memory that does not grow with their number.

    Args:
        path: a file, packed by gzip and the like or not; a folder or a .zip that holds one with ratings, or the Netflix
            Prize's many; a file in a .zip as if this were a folder, "ml-100k.zip/ml-100k/u1.base"; or a list of paths.
        report: called with a line of text whenever another tenth is read.
        note: called before the first Chunk with a line that names the files and their format; and at the end with lines
            about the ratings that were left out.
        told: Told, what the user says of the files.

    Raises:
        InputError: the file does not exist, is damaged, or holds no rating, or more than one line in 100 cannot be
            read: one line with file and line number, what came, and what was expected.
    """
    with ExitStack() as stack:
        found = _chosen(path, RATINGS, told, stack)
        (file, format), more = found[0], f", and {len(found) - 1} files more" if len(found) > 1 else ""
        note(f"{escaped(file.name)}{more}: {escaped(format.about)}")
        count, left_out, already, tally = 0, 0, 0, Tally()
        unwanted = (*(told.missing or ()), *([0.0] if told.implicit else []))
        for chunk, name, share in _parts(found, tally):
            kept = chunk.only(~np.isin(chunk.x, unwanted)) if unwanted else chunk
            yield kept
            count, left_out = count + len(kept.x), left_out + len(chunk.x) - len(kept.x)
            tenths = int(10 * share)
            if report and already < tenths < 10:
                report(f"{escaped(name)}: {count:,} ratings, {tenths}0 % read")
                already = tenths
    tally.check(format.about)
    check_events(file.name, tally.events, told.events)
    lost = [escaped(line) for line in tally.notes()]
    if not count:
        what = "choice" if told.implicit else "rating"
        raise InputError("; ".join([f"{file.name} holds no {what} ({format.about}); expected at least one", *lost]))
    for line in lost:
        note(line)
    if told.implicit:
        what = "of other events" if tally.events else f"with {listed(unwanted, ' or ')}"
        if left_out:
            note(f"{left_out:,} {noun(left_out, 'line')} {what} left out")
    elif left_out:
        note(f"{left_out:,} {noun(left_out, 'rating')} left out: {listed(told.missing)} = missing")
    elif told.missing is not None:
        zeros = f", and 0 is a rating; --missing {listed((*told.missing, 0), ' ')} leaves out both"
        note(f"warning: no rating is {listed(told.missing, ' or ')}, so --missing leaves out nothing"
             + (zeros if format.kind == MATRIX and 0 not in told.missing else ""))


def titles(path):
    """Return the titles in a file, a folder or a .zip, as a dict from the IDs of items, int or str as in a Table.

    Raises InputError as chunks.
    """
    ids, found, _ = _described(path, TITLES, "title")
    return dict(zip(ids.tolist(), found, strict=True))


def items(path):
    """Return the IDs of the items in a file, an array as in a Table, and a dict of columns' names to lists of text.

    The columns are the title, the year, genres, and whatever else a header names. The errors are those of chunks.
    """
    ids, _, rows = _described(path, ITEMS, "item")
    return ids, {name: [row[name] for row in rows] for name in rows[0]}


def _described(path, catalogue, what):
    """Return the IDs, titles and columns of the items in a file, see titling.py; `what` they are is for messages."""
    with ExitStack() as stack:
        [(file, format)] = _chosen(path, catalogue, NOTHING, stack)
        found = list(format.parts(stack.enter_context(file.open()), Tally()))
    if not found:
        raise InputError(f"{file.name} holds no {what}; expected at least one")
    ids, titles, rows = zip(*found, strict=True)
    return identifiers(ids), titles, rows


def _chosen(path, catalogue, told, stack):
    """Return the files of a catalogue's formats at a path, or at several, a list of (File, Format)."""
    paths = path if isinstance(path, (list, tuple)) else [path]
    return [found for each in paths for found in _choice(files(each, catalogue.places, stack), each, catalogue, told)]


def _choice(files, path, catalogue, told):
    """Return (File, Format) of the Files meant by a path: the only one, the one of a usual name, or several."""
    found = []
    for file in files:
        with file.open() as stream:
            try:
                format = recognised(head(stream), catalogue, told)
            except InputError as error:
                raise error if str(error).startswith(file.name) else InputError(f"{file.name}: {error}") from None
        found += [(file, format)] if format else []
    if not found:
        raise InputError(why_not(files, path, catalogue, told))
    together = [each for each in found if each[1].several]
    usual = [each for each in found if _plain(os.path.basename(each[0].name)) in catalogue.usual]
    if together and len(together) == len(found):
        return together
    for meant in (found, [] if together else usual):
        if len(meant) == 1:
            return meant
    names = ", ".join(file.name for file, _ in found[:5])
    raise InputError(f"{path} holds several files that could be meant ({names}); expected one of them")


def _plain(name):
    """Return the name of a file without the ending that says how it is packed."""
    return next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), name)


def _parts(found, tally):
    """Yield the Chunks of files in their order, with the file's name and the share of all that is read, 0 to 1."""
    for number, (file, format) in enumerate(found):
        with file.open() as stream:
            for chunk in format.parts(stream, tally):
                yield chunk, file.name, (number + stream.share()) / len(found)
