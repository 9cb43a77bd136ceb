"""The formats of ratings and of titles: how each is recognised by what stands in a file, and how it is read."""

import os
from collections.abc import Callable
from typing import NamedTuple

from recommender.formats import lists, matrices, netflix, plain, titling
from recommender.formats.kinds import LIST, MATRIX
from recommender.formats.told import NOTHING

# What else people have, by the first bytes that are not blank.
_OTHERS = {b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture", b"%PDF": "a PDF",
           b"PK": "an archive or an office document", b"\x93NUMPY": "an array of NumPy", b"{": "JSON", b"[": "JSON",
           b"<": "HTML or XML", b"BZh": "packed by bzip2", b"\xfd7zXZ": "packed by xz",
           b"7z\xbc\xaf": "a 7-Zip archive", b"(\xb5/\xfd": "packed by Zstandard", b"\xff\xfe": "UTF-16 text",
           b"\xfe\xff": "UTF-16 text",
           b"SQLite": "a database of SQLite", b"PAR1": "a Parquet file", b"\x7fELF": "a program"}
# What this project has written, by a file that stands among others.
_OURS = {"header.json": "a store, which em and als take", "recommender-model.json": "a model, which suggest takes"}


class Format(NamedTuple):
    """A way to write ratings or titles."""

    name: str
    recognise: Callable  # (Head, Told) -> layout of a file of this format, whatever `parts` is to know; else None
    parts: Callable  # (Stream, layout) -> iterator of Chunks, or of pairs of ID and title; InputError in other files
    kind: str = None  # LIST or MATRIX, where it can only be this


class Catalogue(NamedTuple):
    """The Formats of what a file may hold."""

    formats: list  # the first that recognises a file reads it
    expected: str  # for messages
    usual: tuple  # names of files to be preferred where several hold what is looked for
    places: str  # for messages, where there is nothing to be read


def _text(recognise):
    return lambda head, told: recognise(head.lines) if head.lines else None


NETFLIX = Format("the Netflix Prize's lists", _text(netflix.recognised), netflix.chunks, LIST)
RATINGS = Catalogue([
    Format("scipy's sparse matrix", lambda head, told: matrices.npz_recognised(head), matrices.npz_chunks, MATRIX),
    NETFLIX,
    Format("a list with a header", _text(lists.with_header), lists.chunks, LIST),
    Format("a list or a matrix without a header",
           lambda head, told: plain.recognised(head.lines, told) if head.lines else None, plain.chunks),
], "ratings: lines user TAB item TAB rating TAB time, or user::item::rating::time, or CSV with a header such as"
   " userId,movieId,rating,timestamp, or the Netflix Prize's lists, or a matrix in which 0 is missing, or a sparse one"
   " of scipy (.npz)", ("ratings.csv", "ratings.dat", "u.data"), "ratings: a file, a folder or a .zip with them")
TITLES = Catalogue([
    Format("u.item", _text(titling.with_bars), titling.pairs),
    Format("movies.dat", _text(titling.with_colons), titling.pairs),
    Format("titles with a header", _text(titling.with_header), titling.pairs),
    Format("movie_titles.csv", _text(titling.with_years), titling.pairs),
], "titles as in u.item, movies.dat, movie_titles.csv, or CSV with a header such as movieId,title",
    ("movies.csv", "movies.dat", "u.item", "movie_titles.csv"), "titles: a file, a folder or a .zip with them")


def recognised(head, catalogue, told=NOTHING):
    """Return the Format of a file that begins with `head`, and its layout; None if it is of none in the catalogue."""
    layouts = ((format, format.recognise(head, told)) for format in catalogue.formats
               if None in (format.kind, told.format) or format.kind == told.format)
    return next(((format, layout) for format, layout in layouts if layout is not None), None)


def why_not(head, name, catalogue, told=NOTHING):
    """Return in words what a file is that no Format in the catalogue recognises."""
    begins = head.content.lstrip()
    if not begins:
        return f"{name} is empty; expected {catalogue.expected}"
    other = told.format and recognised(head, catalogue, told._replace(format=None))
    if other:
        return f"{name} is {other[1]}; expected a {told.format}, as --format says"
    what = next((what for magic, what in _OTHERS.items() if begins.startswith(magic)), None)
    for other, word in ((TITLES, "titles, no ratings"), (RATINGS, "ratings, no titles")):
        if catalogue is not other and recognised(head, other):
            what = what or f"a file of {word}"
    if what or not head.lines:
        return f"{name} is {what or 'no text'}; expected {catalogue.expected}"
    lacks = lists.lacking(head.lines) if catalogue is RATINGS else None
    what = lacks or f"{head.lines[0][:40]!r} is of no format known here"
    return f"{name}, line 1: {what}; expected {catalogue.expected}"


def why_none(names, path, catalogue):
    """Return in words what a folder or an archive of files called so is, none of which a Format recognises."""
    what = next((_OURS[name] for name in map(os.path.basename, names) if name in _OURS), None)
    if what:
        return f"{path} is {what}; expected {catalogue.expected}"
    return f"{path} holds {len(names)} files, but not what was expected: {catalogue.expected}"
