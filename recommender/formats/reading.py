"""Ratings from any file: chunk by chunk, or whole as a Table; and the titles of what was rated."""

import os
from contextlib import ExitStack, contextmanager

import numpy as np

from console import InputError, escaped, noun
from recommender.formats.catalogue import NETFLIX, RATINGS, TITLES, recognised, why_none, why_not
from recommender.formats.chunk import Chunk
from recommender.formats.matrices import listed
from recommender.formats.opening import opened
from recommender.formats.table import Collected
from recommender.formats.text import head, identifiers
from recommender.formats.told import NOTHING


def read(path, report=None, told=NOTHING):
    """Return the Table of the ratings that a file holds, whatever its format is.

    Where a user has rated an item several times, the last by time counts, or the last in the file where that knows no
    times; else the order of lines is of no consequence. The arguments are those of chunks.

    Raises:
        InputError: as chunks; or there is no rating at all.
    """
    with _chosen(path, RATINGS, told) as found:
        collected, notes = Collected(), [_taken_for(found)]
        for chunk in _parts(found, report, told.missing, notes.append):
            collected.add(chunk)
        if not len(collected):
            raise InputError(f"{found[0][0].name} holds no rating ({found[0][2]}); expected at least one")
    return collected.table(notes, told)


def _taken_for(found):
    """Return in a line which files were found, and what they were taken for."""
    more = f", and {len(found) - 1} files more" if len(found) > 1 else ""
    return f"{escaped(found[0][0].name)}{more}: {escaped(found[0][2])}"


def chunks(path, report=None, note=lambda line: None, told=NOTHING):
    """Yield the ratings that a file holds as Chunks, in memory that does not depend on how many there are.

    Numbering turns their IDs into numbers, Levels finds their scale, both without keeping what has passed.

    Args:
        path: a file, packed by gzip or not; a folder or a .zip that holds one with ratings, or the Netflix Prize's
            many; a file in a .zip as if this were a folder, "ml-100k.zip/ml-100k/u1.base"; or a list of such paths.
        report: called with a line of text when another tenth is read.
        note: called before the first Chunk with a line that says which files these are, and of what format; and at the
            end with one that says how many missing ratings were left out, where the user has said what marks them.
        told: Told, what the user says of the files.

    Raises:
        InputError: there is no such file, or it is damaged, or holds no ratings, or something else among them: one
            line with file and line number, what came, and what was expected.
    """
    with _chosen(path, RATINGS, told) as found:
        note(_taken_for(found))
        yield from _parts(found, report, told.missing, note)


def titles(path):
    """Return the titles in a file, a folder or a .zip, as a dict from the IDs of items, int or str as in a Table.

    Raises:
        InputError: as chunks.
    """
    with _chosen(path, TITLES, NOTHING) as [(file, format, layout)], file.open() as stream:
        found = list(format.parts(stream, layout))
    if not found:
        raise InputError(f"{file.name} holds no title; expected at least one")
    return dict(zip(identifiers([item for item, _ in found]).tolist(), [title for _, title in found], strict=True))


@contextmanager
def _chosen(path, catalogue, told):
    """Yield the files at a path, or several, that are in a catalogue's formats, each with its Format and layout."""
    with ExitStack() as stack:
        paths = path if isinstance(path, (list, tuple)) else [path]
        yield [found for each in paths
               for found in _choice(stack.enter_context(opened(each, catalogue.places)), each, catalogue, told)]


def _choice(files, path, catalogue, told):
    """Return what is meant of the Files at a path: the Netflix Prize's, the only one of its kind, or the usual one."""
    found, why = [], f"{path} holds no files; expected {catalogue.expected}"
    for file in files:
        with file.open() as stream:
            begin = head(stream)
        form = recognised(begin, catalogue, told)
        if form:
            found.append((file, *form))
        elif len(files) == 1:
            why = why_not(begin, file.name, catalogue, told)
        else:
            why = why_none([file.name for file in files], path, catalogue)
    if not found:
        raise InputError(why)
    of_netflix = [each for each in found if each[1] is NETFLIX]
    usual = [each for each in found if os.path.basename(each[0].name).removesuffix(".gz") in catalogue.usual]
    if of_netflix and not usual:
        return of_netflix
    for meant in (found, [] if of_netflix else usual):
        if len(meant) == 1:
            return meant
    names = ", ".join(each[0].name for each in found[:5])
    raise InputError(f"{path} holds several files that could be meant ({names}); expected one of them")


def _parts(found, report, missing, note):
    """Yield the Chunks of files in their order, without what is missing."""
    count, left_out, already = 0, 0, 0
    for number, (file, format, layout) in enumerate(found):
        with file.open() as stream:
            for chunk in format.parts(stream, layout):
                kept = chunk if missing is None else _rated(chunk, missing)
                yield kept
                count, left_out = count + len(kept.x), left_out + len(chunk.x) - len(kept.x)
                tenths = int(10 * (number + stream.share()) / len(found))
                if report and already < tenths < 10:
                    report(f"{escaped(file.name)}: {count:,} ratings, {tenths}0 % read")
                    already = tenths
    if missing is not None:
        note(f"{left_out:,} {noun(left_out, 'rating')} left out: {listed(missing)} = missing")


def _rated(chunk, missing):
    """Return a Chunk without the ratings that are one of the missing ones."""
    kept = ~np.isin(chunk.x, missing)
    time = None if chunk.time is None else chunk.time[kept]
    return Chunk(chunk.users[kept], chunk.items[kept], chunk.x[kept], time, chunk.unrated)
