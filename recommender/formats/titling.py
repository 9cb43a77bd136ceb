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
    return _format("u.item", lambda line: line.split("|"), 0, 1, len(row)) if found else None


def with_colons(head, _):
    """Return the Format of MovieLens 1M's movies.dat, `item::title::genres`, else None."""
    row = head.lines[0].split("::")
    found = len(row) == 3 and _is_name(row[1]) and _is_name(row[2])
    return _format("movies.dat", lambda line: line.split("::"), 0, 1, 3) if found else None


def with_header(head, told):
    """Return the Format of a table whose header names items and titles, else None."""
    for separator in ",\t;":
        names = table(head.lines[:1], separator)[0]
        item, title = column_named(names, (*ITEMS, "id")), column_named(names, (*TITLES, "name"))
        user, _, rated, time = roles(names, [])
        if None not in (item, title) and user is None and None in (rated, time):
            return Format("titles with a header", partial(_of_table, separator, item, title, len(names)))
    return None


def _of_table(separator, item, title, width, stream, tally):
    for piece in pieces(stream, header=True, quotes=True):
        reader = csv.reader(io.StringIO(decoded(piece.content)), delimiter=separator, skipinitialspace=True)
        for row in filter(None, reader):
            yield _pair(row, item, title, width, stream.name, piece.line + reader.line_num - 1)


def with_years(head, _):
    """Return the Format of the Netflix Prize's movie_titles.csv, `item,year,title`, else None."""
    rows = [line.split(",", 2) for line in head.lines]
    if len(rows[0]) < 3 or not rows[0][0].isdecimal() or not _YEAR.fullmatch(rows[0][1]):
        return None
    found = any(_is_name(row[-1]) for row in rows)
    return _format("movie_titles.csv", lambda line: line.split(",", 2), 0, 2, 3) if found else None


def _format(about, read, item, title, width):
    """Return the Format of lines that `read` splits into `width` words, with ID and title in these columns, from 0."""
    return Format(about, partial(_of_lines, read, item, title, width))


def _of_lines(read, item, title, width, stream, tally):
    for piece in pieces(stream):
        for number, line in enumerate(decoded(piece.content).split("\n"), piece.line):
            if line.strip():
                yield _pair(read(line), item, title, width, stream.name, number)


def _pair(row, item, title, width, name, line):
    if len(row) != width:
        raise InputError(f"{name}, line {line}: {len(row)} columns, expected {width} as in the first line")
    if not row[item].strip():
        raise InputError(f"{name}, line {line}: an ID is empty")
    return row[item].strip(), row[title].strip()


def _is_name(word):
    return re.search(r"[^\W\d_]", word) is not None
