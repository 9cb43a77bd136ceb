"""The formats of ratings and of titles, and what other files are."""

import re
from functools import partial
from typing import NamedTuple

from recommender.formats import columns, kinds, matrices, records, text, titling
from recommender.formats.format import LIST, MATRIX, NOTHING, Format
from recommender.formats.text import head as head_of

# What else people have, by the first bytes that are not blank.
_OTHERS = {b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture", b"%PDF": "a PDF",
           b"PK": "an archive or an office document", b"\x93NUMPY": "an array of NumPy", b"{": "JSON", b"[": "JSON",
           b"<": "HTML or XML", b"7z\xbc\xaf": "a 7-Zip archive",
           b"\xff\xfe": "UTF-16 text; save it as UTF-8", b"\xfe\xff": "UTF-16 text; save it as UTF-8",
           b"\xd0\xcf\x11\xe0": "an old Excel file or an office document; save it as .xlsx or .csv",
           b"SQLite": "a database of SQLite", b"\x7fELF": "a program"}
_OURS = re.compile(rb'\{"format": "([\w ]+)"')  # this project's other files say so what they are


class Catalogue(NamedTuple):
    """The formats of what a file may hold."""

    formats: list  # functions (Head, Told) -> Format or None; the first that recognises a file reads it
    expected: str  # for messages
    usual: tuple  # names of files, preferred if several could be meant
    places: str  # where such files may be, for messages


def with_header(head, told):
    """Return the Format of a text whose first line names its columns, else None."""
    for separator in separators(told) if told.header is not False else ():
        names, *rows = text.table(head.lines, separator)
        layout = len(names) > 1 and columns.by_names(names, rows, told)
        if layout:
            about = (f"a header, columns separated by {text.SEPARATORS.get(separator, repr(separator))}"
                     f" (--sep overrides); {layout.about}")
            return Format(about, partial(text.chunks, layout._replace(separator=separator)), LIST)
    return None


def separators(told):
    """Return the separators that a text may have."""
    return [told.separator] if told.separator else text.SEPARATORS


RATINGS = Catalogue(
    [matrices.npz, records.of_arrow, records.of_json, records.netflix, with_header, kinds.recognised],
    "ratings: CSV with a header such as userId,movieId,rating,timestamp, or lines user TAB item TAB rating TAB time, or"
    " user::item::rating::time, or JSON, Parquet, Excel, the Netflix Prize's lists, or a matrix in which 0 is missing,"
    " or a sparse one of scipy (.npz)",
    ("ratings.csv", "ratings.dat", "u.data"), "ratings: a file, a folder or a .zip with them")
TITLES = Catalogue(
    [titling.with_bars, titling.with_colons, titling.with_header, titling.with_years],
    "titles as in u.item, movies.dat, movie_titles.csv, or CSV with a header such as movieId,title",
    ("movies.csv", "movies.dat", "u.item", "movie_titles.csv"), "titles: a file, a folder or a .zip with them")
ITEMS = TITLES._replace(
    formats=[titling.with_bars, titling.with_colons, partial(titling.with_header, titled=False), titling.with_years],
    expected="items as in u.item, movies.dat, movie_titles.csv, or CSV with a header such as movieId,title,genres")


def recognised(head, catalogue, told=NOTHING):
    """Return the catalogue's Format of a file that begins with `head`, as far as the user's words allow, or None."""
    sheet = records.as_text(head)
    if sheet:
        format = recognised(head_of(sheet), catalogue, told)
        about = format and format.about.replace(", columns separated by commas (--sep overrides)", "")
        return format and format._replace(about=f"the first sheet of an Excel workbook; {about}",
                                          parts=partial(_of_sheet, format))
    if _OURS.match(head.content) or (text.is_binary(head) and not head.content.startswith((b"PK", b"PAR1", b"ARRO"))):
        return None
    found = (recognise(head, told) for recognise in catalogue.formats)
    return next((format for format in found if format and _is_allowed(format, told)), None)


def _is_allowed(format, told):
    has_columns = format.kind != MATRIX and not format.several
    return told.format in (None, format.kind) and (has_columns or (told.columns is None and told.user is None))


def _of_sheet(format, stream, tally):
    yield from format.parts(records.as_text(head_of(stream)), tally)


def why_not(files, path, catalogue, told=NOTHING):
    """Return in words why none of the Files at a path can be read."""
    if len(files) == 1:
        with files[0].open() as stream:
            head = head_of(stream)
            sheet = records.as_text(head)
            return stream.name + _why_not_one(head_of(sheet) if sheet else head, catalogue, told)
    for file in files:
        with file.open() as stream:
            ours = _OURS.match(stream.read(100))
        if ours:
            return (f"{path} has this project's format {ours[1].decode()!r}, which other commands read; expected"
                    f" {catalogue.expected}")
    what = f"{len(files)} files, but not what was expected:" if files else "no files; expected"
    return f"{path} holds {what} {catalogue.expected}"


def _why_not_one(head, catalogue, told):
    begins, expected = head.content.lstrip(), f"expected {catalogue.expected}"
    if not begins:
        return f" is empty; {expected}"
    other = recognised(head, catalogue, told._replace(format=None, columns=None, user=None))
    if other and (told.format or other.kind == MATRIX or other.several):
        option = "--format" if told.format else "--columns" if told.columns else "--user"
        return f" is {other.about}; expected a {told.format or 'list with columns'}, as {option} says"
    if recognised(head, TITLES if catalogue is RATINGS else RATINGS):
        return f" is a file of {'titles, no ratings' if catalogue is RATINGS else 'ratings, no titles'}; {expected}"
    binary = text.is_binary(head)
    lacks = _lacking(head, told) if catalogue is RATINGS and not binary else None
    what = next((what for magic, what in _OTHERS.items() if begins.startswith(magic)), "no text" if binary else None)
    if what and not lacks:
        return f" is {what}; {expected}"
    if catalogue is RATINGS and not lacks and recognised(head, RATINGS, told._replace(implicit=True)):
        expected = f"if a line is a click, a purchase or a play, say --implicit; {expected}"
    return f", line 1: {lacks or f'{head.lines[0][:40]!r} is of no format known here; {expected}'}"


def _lacking(head, told):
    """Return in words which columns a header lacks, or None; the separator is the one that makes most columns."""
    names = records.json_records(head)[1] or max((text.table(head.lines[:1], each)[0] for each in separators(told)),
                                                 key=len)
    if told.format == MATRIX and len(names) > 1:
        return f"{head.lines[0][:40]!r}; a matrix has numbers only, without a header and without names"
    return columns.lacking(names, told)
