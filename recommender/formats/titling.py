"""Titles of what was rated, in each format that people have."""

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
    return _format("u.item", "|", 1, len(row)) if found else None


def with_colons(head, _):
    """Return the Format of MovieLens 1M's movies.dat, `item::title::genres`, else None."""
    row = head.lines[0].split("::")
    return _format("movies.dat", "::", 1, 3) if len(row) == 3 and all(map(_is_name, row[1:])) else None


def with_years(head, _):
    """Return the Format of the Netflix Prize's movie_titles.csv, `item,year,title`, else None."""
    rows = [line.split(",", 2) for line in head.lines]
    found = len(rows[0]) == 3 and rows[0][0].isdecimal() and _YEAR.fullmatch(rows[0][1])
    return _format("movie_titles.csv", ",", 2, 3) if found and any(_is_name(row[-1]) for row in rows) else None


def with_header(head, _):
    """Return the Format of a table whose header names items and titles, else None."""
    for separator in ",\t;":
        names = table(head.lines[:1], separator)[0]
        item, title = column_named(names, (*ITEMS, "id")), column_named(names, (*TITLES, "name"))
        user, _, rated, time = roles(names, [])
        if None not in (item, title) and user is None and None in (rated, time):
            return Format("titles with a header", partial(_pairs, partial(_quoted, separator), item, title, len(names)))
    return None


def _format(about, separator, title, width):
    """Return the Format of lines of `width` words, the first an ID; after commas, the last word may hold more."""
    return Format(about, partial(_pairs, partial(_plain, separator, width), 0, title, width))


def _plain(separator, width, stream):
    for piece in pieces(stream):
        for number, line in enumerate(decoded(piece.content).split("\n"), piece.line):
            yield number, line.split(separator, width - 1 if separator == "," else -1) if line.strip() else []


def _quoted(separator, stream):
    for piece in pieces(stream, header=True, quotes=True):
        reader = csv.reader(io.StringIO(decoded(piece.content)), delimiter=separator, skipinitialspace=True)
        yield from ((piece.line + reader.line_num - 1, row) for row in reader)


def _pairs(rows, item, title, width, stream, tally):
    """Yield (ID, title) from `rows`, a function of a Stream that yields the number of a line and its words."""
    for line, row in filter(lambda each: each[1], rows(stream)):
        if len(row) != width:
            raise InputError(f"{stream.name}, line {line}: {len(row)} columns, expected {width} as in the first line")
        if not row[item].strip():
            raise InputError(f"{stream.name}, line {line}: an ID is empty")
        yield row[item].strip(), row[title].strip()


def _is_name(word):
    return re.search(r"[^\W\d_]", word) is not None
