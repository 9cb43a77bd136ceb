"""Lists: one rating a line, with columns for user, item, rating and perhaps time, in any order among others."""

import re
from functools import partial
from typing import NamedTuple

import numpy as np

from recommender.formats import quick
from recommender.formats.format import LIST, Format
from recommender.formats.text import identifier, identifiers, moment, parsed, pieces, rating, split
from recommender.ratings import Chunk

SEPARATORS = {"::": "two colons", "\t": "tabs", ",": "commas", ";": "semicolons", " ": "blanks"}
_READERS = identifier, identifier, rating, moment  # of the columns of a Layout
_ONE_PERSON = "whose ratings these are; no model can learn from one person's alone, as Letterboxd exports them"

# The names of columns, in letters and digits only; of several in a header the first in these lists counts.
ITEMS = ("itemid", "item", "iid", "items", "movieid", "movie", "mid", "filmid", "film", "bookid", "book", "isbn",
         "productid", "product", "asin", "parentasin", "songid", "song", "trackid", "track", "artistid", "artist",
         "albumid", "album", "animeid", "anime", "mangaid", "gameid", "game", "appid", "recipeid", "recipe",
         "businessid", "restaurantid", "jokeid", "joke", "showid", "show", "i")
TITLES = ("title", "movietitle", "filmtitle", "booktitle", "itemtitle", "producttitle", "gametitle", "originaltitle",
          "moviename", "filmname", "bookname", "itemname", "productname", "gamename")
NAMES = {
    "user": ("userid", "user", "uid", "users", "username", "customerid", "customer", "custid", "customername",
             "reviewerid", "reviewer", "reviewername", "raterid", "rater", "personid", "person", "memberid", "member",
             "readerid", "accountid", "visitorid", "u"),
    "item": ITEMS + TITLES,
    "rating": ("rating", "ratings", "userrating", "ratingvalue", "bookrating", "movierating", "score", "scores",
               "reviewscore", "stars", "star", "starrating", "overall", "value", "rate", "r"),
    "time": ("timestamp", "time", "unixtime", "unixreviewtime", "ratingtimestamp", "datetime", "date", "ratedat",
             "ratingdate", "createdat", "reviewtime", "ts", "t"),
}


class Layout(NamedTuple):
    """How a list is written."""

    separator: str
    columns: tuple  # the columns of user, item, rating and, if there is one, time; counted from 0
    width: int  # number of columns
    header: bool  # whether the first line that is not blank names the columns
    about: str  # all this in words


def with_header(head, _):
    """Return the Format of a list whose first line names its columns, else None."""
    for separator, word in SEPARATORS.items():
        names = words(head.lines[0], separator)
        columns = roles(names)
        if None not in columns[:3] and len(set(columns)) == 4:
            example = words(head.lines[1], separator) if len(head.lines) > 1 else []
            columns = columns if _has_time(example, columns[3]) else columns[:3]
            about = (f"a header, columns separated by {word}; of them"
                     f" {', '.join(names[column] for column in columns)} are used")
            return _format(Layout(separator, tuple(columns), len(names), True, about))
    return None


def without_header(first, separator):
    """Return the Format of lines `user item rating` or `user item rating time`, the first split into these words.

    None if they are no such lines. They may also be the rows of a matrix.
    """
    if len(first) not in (3, 4) or not all(first[:2]) or not is_number(first[2]):
        return None
    names = list(NAMES)[: 3 + _has_time(first, 3)]
    about = f"no header, {', '.join(names)} separated by {SEPARATORS[separator]}"
    return _format(Layout(separator, tuple(range(len(names))), len(first), False, about))


def _format(layout):
    return Format(layout.about, partial(_chunks, layout), LIST)


def lacking(first):
    """Return in words which columns a header lacks that names some; None if the first line is no header."""
    for separator in SEPARATORS:
        names = words(first, separator)
        lacks = [role for role, column in zip(NAMES, roles(names)[:3], strict=False) if column is None]
        if len(names) > 1 and 0 < len(lacks) < 3:
            what = f"its header {', '.join(names)!r} names no {' and no '.join(lacks)}"
            return what + (f", {_ONE_PERSON}" if lacks == ["user"] else "")
    return None


def roles(names):
    """Return the columns of user, item, rating and time by a header's names, each None if there is none.

    A "name" is the item's if nothing else is. It is the user's beside ratings of items, but not beside an item's ID:
    tables of titles have an ID, a name, and a rating that is everybody's mean.
    """
    user, item, rated, time = (column_named(names, wanted) for wanted in NAMES.values())
    name = column_named(names, ("name",))
    if item is None:
        item = name
    elif user is None and rated is not None and not _plain(names[item]).endswith(("id", "isbn", "asin")):
        user = name
    return [user, item, rated, time]


def column_named(names, wanted):
    """Return the column with the first of the wanted names, or None; "User-ID" and "user_id:token" are userid."""
    plain = [_plain(name) for name in names]
    return next((plain.index(name) for name in wanted if name in plain), None)


def _plain(name):
    return re.sub(r"[\W_]", "", name.partition(":")[0]).lower()


def is_number(word):
    """Return whether Python reads a word as a number."""
    try:
        float(word)  # "nan" too: then this is the column of ratings, and its line is refused later
    except ValueError:
        return False
    return True


def _has_time(row, column):
    """Return whether a column of a row is a time that can be read; None stands for no column."""
    try:
        moment(row[column])
    except (IndexError, TypeError, ValueError):
        return False
    return True


def words(line, separator):
    """Return the words of a line; none if its quotes are wrong, which is said when the line is read."""
    try:
        return split(line, separator)
    except ValueError:
        return []


def _chunks(layout, stream):
    for piece in pieces(stream, layout.header):
        found = quick.columns(piece.content, layout.separator, layout.columns, layout.width)
        yield Chunk(*found) if found else _line_by_line(piece, layout, stream.name)


def _line_by_line(piece, layout, name):
    """Return the Chunk of any Piece; InputError with the number of a line that is no rating."""
    readers = list(zip(_READERS, layout.columns, strict=False))

    def parse(line):
        row = split(line, layout.separator)
        if len(row) != layout.width:
            raise ValueError(f"{len(row)} columns, expected {layout.width} ({layout.about})")
        return [read(row[column]) for read, column in readers]

    return as_chunk(parsed(piece, name, parse), len(layout.columns))


def as_chunk(rows, width):
    """Return the Chunk of rows of user, item, rating and, if the width is 4, time; the IDs are words."""
    users, items, *numbers = zip(*rows, strict=True) if rows else ((),) * width
    return Chunk(identifiers(users), identifiers(items), *(np.array(column, dtype=float) for column in numbers))
