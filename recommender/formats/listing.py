"""Small text files that name items, or pairs of user and item: a line each, perhaps under a header."""

import csv

from console import InputError, read_file
from recommender.formats.columns import ITEMS, TITLES, YEARS, column_named
from recommender.formats.text import CONTROL, decoded, with_year

SEPARATORS = "\t", ";", ",", " "
LARGEST = 2**30  # bytes


def rows_in(path, what, separators=SEPARATORS):
    """Return the rows of a text file that are not blank, pairs of line number and list of words, and the separator.

    Raises InputError: the file cannot be read, is no text, or holds nothing; `what` says what it should hold.
    """
    lines = decoded(read_file(path, LARGEST, what).removeprefix(b"\xef\xbb\xbf")).splitlines()
    if lines and CONTROL.search(lines[0]):
        raise InputError(f"{path} is no text; expected {what}")
    separator = next((each for each in separators if lines and each in lines[0]), ",")
    rows = [(number, row) for number, row in enumerate(csv.reader(lines, delimiter=separator), 1) if any(row)]
    if not rows:
        raise InputError(f"{path} is empty; expected {what}")
    return rows, separator


def items_in(path):
    """Return the items that a file names, as lists of IDs or titles: one, or if a header names both, the two.

    Without a header such as item, movieId or title, each line is an item. A year beside a title belongs to it.

    Raises InputError: as rows_in, or a line is too short, or columns separated by tabs have no header.
    """
    rows, separator = rows_in(path, "lines with an ID or a title each", SEPARATORS[:3])
    names = rows[0][1]
    found = [column_named(names, ITEMS), column_named(names, (*TITLES, "name"))]
    if found == [None, None]:
        if separator == "\t":
            raise InputError(f"{path} has columns without a header that names the item; expected an ID or a title a"
                             " line, or a header such as item or title")
        return [[(row[0] if len(row) == 1 else separator.join(row)).strip() for _, row in rows]]
    year = column_named(names, YEARS)
    widest = max(column for column in (*found, year) if column is not None)
    short = next((number for number, row in rows if len(row) <= widest), None)
    if short:
        raise InputError(f"{path}, line {short}: expected the columns {', '.join(names)[:200]}")
    number, title = ([row[column].strip() for _, row in rows[1:]] if column is not None else None for column in found)
    if title and year is not None:
        title = [with_year(text, row[year]) for text, (_, row) in zip(title, rows[1:], strict=True)]
    return [[text for text in texts if text] for texts in (number, title) if texts is not None]
