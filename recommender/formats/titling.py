"""Titles of what was rated, in each format that people have."""

import re
from functools import partial

from recommender.formats.format import Format
from recommender.formats.lists import ITEMS, TITLES, column_named, roles, words
from recommender.formats.text import identifier, parsed, pieces, split

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


def with_header(head, _):
    """Return the Format of a table whose header names items and titles, else None."""
    for separator in ",\t;":
        names = words(head.lines[0], separator)
        item, title = column_named(names, ITEMS), column_named(names, (*TITLES, "name"))
        if item is not None and title is not None and title != roles(names)[0]:
            read = partial(split, separator=separator)
            return _format("titles with a header", read, item, title, len(names), header=True)
    return None


def with_years(head, _):
    """Return the Format of the Netflix Prize's movie_titles.csv, `item,year,title`, else None."""
    rows = [line.split(",", 2) for line in head.lines]
    if len(rows[0]) < 3 or not rows[0][0].isdecimal() or not _YEAR.fullmatch(rows[0][1]):
        return None
    found = any(_is_name(row[-1]) for row in rows)
    return _format("movie_titles.csv", lambda line: line.split(",", 2), 0, 2, 3) if found else None


def _format(about, read, item, title, width, header=False):
    """Return the Format of lines that `read` splits into `width` words, with ID and title in these columns, from 0."""
    return Format(about, partial(_pairs, read, item, title, width, header))


def _pairs(read, item, title, width, header, stream):
    def parse(line):
        row = read(line)
        if len(row) != width:
            raise ValueError(f"{len(row)} columns, expected {width} as in the first line")
        return identifier(row[item].strip()), row[title].strip()

    for piece in pieces(stream, header):
        yield from parsed(piece, stream.name, parse)


def _is_name(word):
    return re.search(r"[^\W\d_]", word) is not None
