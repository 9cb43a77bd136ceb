"""Titles of what was rated: how each way to write them is recognised, and how its lines are read."""

import re
from typing import NamedTuple

from console import InputError
from recommender.formats.lists import ITEMS, TITLES, column_named, roles
from recommender.formats.text import blocks, identifier, lines, split

_YEAR = re.compile(r"\d{4}|NULL", re.ASCII)


class Layout(NamedTuple):
    """How titles are written."""

    separator: str
    item: int  # the column of IDs, counted from 0
    title: int
    width: int  # number of columns
    header: bool = False
    last_is_all: bool = False  # whether the last column may hold separators


def with_bars(head):
    """Return the Layout of MovieLens 100K's u.item, `item|title|...`, else None; u.user has an age for a title."""
    words = head[0].split("|")
    return Layout("|", 0, 1, len(words)) if len(words) > 2 and words[0].isdecimal() and _is_name(words[1]) else None


def with_colons(head):
    """Return the Layout of MovieLens 1M's movies.dat, `item::title::kinds`, else None."""
    words = head[0].split("::")
    return Layout("::", 0, 1, 3) if len(words) == 3 and _is_name(words[1]) and _is_name(words[2]) else None


def with_header(head):
    """Return the Layout of a table whose header names items and titles, else None."""
    for separator in ",\t;":
        try:
            names = split(head[0], separator)
        except ValueError:
            continue
        item, title = column_named(names, ITEMS), column_named(names, (*TITLES, "name"))
        if item is not None and title is not None and title != roles(names)[0]:
            return Layout(separator, item, title, len(names), header=True)
    return None


def with_years(head):
    """Return the Layout of the Netflix Prize's movie_titles.csv, `item,year,title`, else None."""
    rows = [line.split(",", 2) for line in head]
    if len(rows[0]) < 3 or not rows[0][0].isdecimal() or not _YEAR.fullmatch(rows[0][1]):
        return None
    return Layout(",", 0, 2, 3, last_is_all=True) if any(_is_name(row[-1]) for row in rows) else None


def pairs(stream, layout):
    """Yield the ID and the title of every line, both as text; InputError with the line where one is none."""
    header = layout.header
    for block in blocks(stream):
        for number, line in enumerate(lines(block, stream.name), block.line):
            if header or not line.strip():
                header = header and not line.strip()
                continue
            try:
                words = line.split(layout.separator, layout.width - 1) if layout.last_is_all else _words(line, layout)
                if len(words) != layout.width:
                    raise ValueError(f"{len(words)} columns, expected {layout.width} as in the first line")
                yield identifier(words[layout.item].strip()), words[layout.title].strip()
            except ValueError as error:
                raise InputError(f"{stream.name}, line {number}: {error}") from None


def _words(line, layout):
    return line.split("|") if layout.separator == "|" else split(line, layout.separator)


def _is_name(word):
    return re.search(r"[^\W\d_]", word) is not None
