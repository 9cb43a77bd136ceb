"""Titles and other columns of what was rated, in each format that people have.

The parts of these Formats are (ID, title, columns): a dict of names to the words of the row, the title among them.
"""

import csv
import io
import re
from functools import partial

from console import InputError
from recommender.formats.columns import ITEMS, TITLES, column_named, roles
from recommender.formats.format import Format
from recommender.formats.text import decoded, pieces, table

_YEAR = re.compile(r"\d{4}|NULL", re.ASCII)


def with_bars(head, _):
    """Return the Format of MovieLens 100K's u.item, `item|title|...`, else None; u.user has an age for a title."""
    row = head.lines[0].split("|")
    found = len(row) > 2 and row[0].isdecimal() and _is_name(row[1])
    return _format("u.item", "|", 1, len(row), _of_flags) if found else None


def with_colons(head, _):
    """Return the Format of MovieLens 1M's movies.dat, `item::title::genres`, else None."""
    row = head.lines[0].split("::")
    found = len(row) == 3 and all(map(_is_name, row[1:]))
    return _format("movies.dat", "::", 1, 3, lambda row: {"title": row[1], "genres": row[2]}) if found else None


def with_years(head, _):
    """Return the Format of the Netflix Prize's movie_titles.csv, `item,year,title`, else None."""
    rows = [line.split(",", 2) for line in head.lines]
    found = len(rows[0]) == 3 and rows[0][0].isdecimal() and _YEAR.fullmatch(rows[0][1])
    if not found or not any(_is_name(row[-1]) for row in rows):
        return None
    return _format("movie_titles.csv", ",", 2, 3, lambda row: {"year": row[1], "title": row[2]})


def with_header(head, _, titled=True):
    """Return the Format of a table whose header names items and, if they must be `titled`, titles; else None."""
    for separator in ",\t;" if head.lines[0].lstrip()[:1] not in ("{", "[") else "":  # JSON names its columns, too
        names = table(head.lines[:1], separator)[0]
        item, title = column_named(names, (*ITEMS, "id")), column_named(names, (*TITLES, "name"))
        user, _, rated, time = roles(names, [])
        named = title is not None if titled else len(names) > 1
        if item is not None and named and user is None and None in (rated, time):
            def of_row(row, names=names):
                return {name: word for name, word in zip(names, row, strict=True) if name}
            return Format("titles with a header",
                          partial(_rows, partial(_quoted, separator), item, title, len(names), of_row))
    return None


def _format(about, separator, title, width, of_row):
    """Return the Format of lines of `width` words, the first an ID; after commas, the last word may hold more."""
    return Format(about, partial(_rows, partial(_plain, separator, width), 0, title, width, of_row))


def _of_flags(row):
    """Return the columns of a row of u.item: title, date, and genres by the numbers of their flags."""
    flags = row[5:]
    genres = "|".join(str(number) for number, flag in enumerate(flags) if flag == "1")
    return {"title": row[1], "year": row[2]} | ({"genres": genres} if flags else {})


def _plain(separator, width, stream):
    for piece in pieces(stream):
        for number, line in enumerate(decoded(piece.content).split("\n"), piece.line):
            yield number, line.split(separator, width - 1 if separator == "," else -1) if line.strip() else []


def _quoted(separator, stream):
    for piece in pieces(stream, header=True, quotes=True):
        reader = csv.reader(io.StringIO(decoded(piece.content)), delimiter=separator, skipinitialspace=True)
        yield from ((piece.line + reader.line_num - 1, row) for row in reader)


def _rows(rows, item, title, width, of_row, stream, tally):
    """Yield (ID, title, columns) from `rows`, a function of a Stream that yields the number of a line and its words."""
    for line, row in filter(lambda each: each[1], rows(stream)):
        if len(row) != width:
            raise InputError(f"{stream.name}, line {line}: {len(row)} columns, expected {width} as in the first line")
        if not row[item].strip():
            raise InputError(f"{stream.name}, line {line}: an ID is empty")
        row = list(map(str.strip, row))
        yield row[item], None if title is None else row[title], of_row(row)


def _is_name(word):
    return re.search(r"[^\W\d_]", word) is not None
