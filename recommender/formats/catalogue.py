"""The formats of ratings and of titles, and what other files are."""

import re
from typing import NamedTuple

from recommender.formats import kinds, lists, matrices, netflix, titling
from recommender.formats.format import NOTHING
from recommender.formats.text import head as head_of

# What else people have, by the first bytes that are not blank.
_OTHERS = {b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture", b"%PDF": "a PDF",
           b"PK": "an archive or an office document", b"\x93NUMPY": "an array of NumPy", b"{": "JSON", b"[": "JSON",
           b"<": "HTML or XML", b"BZh": "packed by bzip2", b"\xfd7zXZ": "packed by xz",
           b"7z\xbc\xaf": "a 7-Zip archive", b"(\xb5/\xfd": "packed by Zstandard", b"\xff\xfe": "UTF-16 text",
           b"\xfe\xff": "UTF-16 text",
           b"SQLite": "a database of SQLite", b"PAR1": "a Parquet file", b"\x7fELF": "a program"}
_OURS = re.compile(rb'\{"format": "([\w ]+)"')  # this project's other files say so what they are


class Catalogue(NamedTuple):
    """The formats of what a file may hold."""

    formats: list  # functions (Head, Told) -> Format or None; the first that recognises a file reads it
    expected: str  # for messages
    usual: tuple  # names of files, preferred if several could be meant
    places: str  # where such files may be, for messages


RATINGS = Catalogue(
    [matrices.npz, netflix.recognised, lists.with_header, kinds.recognised],
    "ratings: lines user TAB item TAB rating TAB time, or user::item::rating::time, or CSV with a header such as"
    " userId,movieId,rating,timestamp, or the Netflix Prize's lists, or a matrix in which 0 is missing, or a sparse one"
    " of scipy (.npz)",
    ("ratings.csv", "ratings.dat", "u.data"), "ratings: a file, a folder or a .zip with them")
TITLES = Catalogue(
    [titling.with_bars, titling.with_colons, titling.with_header, titling.with_years],
    "titles as in u.item, movies.dat, movie_titles.csv, or CSV with a header such as movieId,title",
    ("movies.csv", "movies.dat", "u.item", "movie_titles.csv"), "titles: a file, a folder or a .zip with them")


def recognised(head, catalogue, told=NOTHING):
    """Return the Format of a file that begins with `head`; None if the catalogue has none that the user's words allow.
    """
    found = (recognise(head, told) for recognise in catalogue.formats)
    return next((format for format in found if format and told.format in (None, format.kind)), None)


def why_not(files, path, catalogue, told=NOTHING):
    """Return in words why none of the Files at a path can be read."""
    if len(files) == 1:
        with files[0].open() as stream:
            return _why_not_one(head_of(stream), stream.name, catalogue, told)
    for file in files:
        with file.open() as stream:
            ours = _OURS.match(stream.read(100))
        if ours:
            return (f"{path} has this project's format {ours[1].decode()!r}, which other commands read; expected"
                    f" {catalogue.expected}")
    what = f"{len(files)} files, but not what was expected:" if files else "no files; expected"
    return f"{path} holds {what} {catalogue.expected}"


def _why_not_one(head, name, catalogue, told):
    begins = head.content.lstrip()
    if not begins:
        return f"{name} is empty; expected {catalogue.expected}"
    other = told.format and recognised(head, catalogue, told._replace(format=None))
    if other:
        return f"{name} is {other.about}; expected a {told.format}, as --format says"
    what = next((what for magic, what in _OTHERS.items() if begins.startswith(magic)), None)
    for other, word in ((TITLES, "titles, no ratings"), (RATINGS, "ratings, no titles")):
        if catalogue is not other and recognised(head, other):
            what = what or f"a file of {word}"
    if what or not head.lines[0]:
        return f"{name} is {what or 'no text'}; expected {catalogue.expected}"
    lacks = lists.lacking(head.lines[0]) if catalogue is RATINGS else None
    return (f"{name}, line 1: {lacks or f'{head.lines[0][:40]!r} is of no format known here'}; expected"
            f" {catalogue.expected}")
