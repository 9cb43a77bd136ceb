"""Lists: a line a rating, with columns for user, item, rating and perhaps time, in any order among others."""

import re
from typing import NamedTuple

import numpy as np

from console import InputError
from recommender.formats import quick
from recommender.formats.chunk import Chunk
from recommender.formats.text import blocks, identifier, identifiers, lines, moment, rating, split

SEPARATORS = {"::": "two colons", "\t": "tabs", ",": "commas", ";": "semicolons", " ": "blanks"}
_ONE_PERSON = "whose ratings these are; one person's alone, as Letterboxd exports them, cannot be learnt from"

# What the columns are called, letters and digits only; the first name that a header has counts.
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
    columns: tuple  # where user, item, rating and time stand, counted from 0; time None where there is none
    width: int  # number of columns
    header: bool  # whether the first line that is not blank names the columns
    about: str  # all this in words

    def __str__(self):
        return self.about

    def guessed(self):
        """Return the same, that says that it is a guess."""
        return self._replace(about=f"{self.about} (a guess; --format matrix if it is a matrix)")


def with_header(head):
    """Return the Layout of a list whose first line names its columns, else None."""
    for separator, word in SEPARATORS.items():
        names = words(head[0], separator)
        columns = roles(names)
        if None not in columns[:3] and len(set(columns)) == 4:
            example = words(head[1], separator) if len(head) > 1 else []
            time = _if_understood(example, columns[3])
            used = ", ".join(names[column] for column in (*columns[:3], time) if column is not None)
            about = f"a header, columns separated by {word}; of them {used} are used"
            return Layout(separator, (*columns[:3], time), len(names), True, about)
    return None


def layout(first, separator):
    """Return the Layout of lines `user item rating` or `user item rating time` of which the first has these words.

    None where there is none. The lines might be those of a matrix.
    """
    if len(first) not in (3, 4) or not all(first[:2]) or not is_number(first[2]):
        return None
    time = _if_understood(first, 3)
    names = "user, item, rating" + ("" if time is None else ", time")
    about = f"no header, {names} separated by {SEPARATORS[separator]}"
    return Layout(separator, (0, 1, 2, time), len(first), False, about)


def lacking(head):
    """Return in words which columns a header with the names of some lacks; None where the first line is no header."""
    for separator in SEPARATORS:
        names = words(head[0], separator)
        lacks = [role for role, column in zip(NAMES, roles(names)[:3], strict=False) if column is None]
        if len(names) > 1 and 0 < len(lacks) < 3:
            what = f"its header {', '.join(names)!r} names no {' and no '.join(lacks)}"
            return what + (f", {_ONE_PERSON}" if lacks == ["user"] else "")
    return None


def roles(names):
    """Return which of a header's names are those of user, item, rating and time, each None where there is none.

    A "name" is that of an item where there is no other. It is a user's where ratings of items stand beside it, but not
    beside an item's ID: that and a rating are what tables of titles have, with everybody's mean.
    """
    user, item, rated, time = (column_named(names, wanted) for wanted in NAMES.values())
    name = column_named(names, ("name",))
    if item is None:
        item = name
    elif user is None and rated is not None and not _plain(names[item]).endswith(("id", "isbn", "asin")):
        user = name
    return [user, item, rated, time]


def column_named(names, wanted):
    """Return which of a header's names is the first of those wanted, or None; "User-ID", "user_id:token" are userid."""
    plain = [_plain(name) for name in names]
    return next((plain.index(name) for name in wanted if name in plain), None)


def _plain(name):
    return re.sub(r"[\W_]", "", name.partition(":")[0]).lower()


def is_number(word):
    """Return whether a word is any number of Python's."""
    try:
        float(word)  # also "nan": the column is that of ratings, and the line with it is then refused
    except ValueError:
        return False
    return True


def _if_understood(row, column):
    """Return the column of times, or None where the first time is written in a way that is not known."""
    try:
        moment(row[column])
    except (IndexError, TypeError, ValueError):
        return None
    return column


def words(line, separator):
    """Return the words of a line; none where it is not one of words with this separator."""
    try:
        return split(line, separator)
    except ValueError:  # said when the line is read
        return []


def chunks(stream, layout):
    """Yield the Chunks of the list in a Stream; InputError with the line where one is no rating."""
    header = layout.header
    for block in blocks(stream):
        chunk = None if header or b'"' in block.content else _quickly(block, layout)
        if chunk is None:
            chunk, header = _line_by_line(block, layout, stream.name, header)
        yield chunk


def _quickly(block, layout):
    """Return the Chunk of a Block of plain grammar, None if it is of another."""
    text = quick.padded(block.content)
    found = quick.words(text, *quick.line_ends(text), layout.separator, layout.width)
    if found is None:
        return None
    starts, ends = found
    read = quick.whole, quick.whole, quick.ratings, quick.moments
    parts = []
    for function, column in zip(read, layout.columns, strict=True):
        parts.append(None if column is None else function(text, starts[:, column], ends[:, column]))
        if column is not None and parts[-1] is None:
            return None
    return Chunk(*parts)


def _line_by_line(block, layout, name, header):
    """Return the Chunk of any Block, and whether the header is still to come."""
    user, item, score, time = layout.columns
    found = []
    for number, line in enumerate(lines(block, name), block.line):
        if header or not line.strip():
            header = header and not line.strip()
            continue
        try:
            row = split(line, layout.separator)
            if len(row) != layout.width:
                raise ValueError(f"{len(row)} columns, expected {layout.width} ({layout.about})")
            found.append((identifier(row[user]), identifier(row[item]), rating(row[score]),
                          None if time is None else moment(row[time])))
        except ValueError as error:
            raise InputError(f"{name}, line {number}: {error}") from None
    users, items, x, times = zip(*found, strict=True) if found else ((),) * 4
    times = None if time is None else np.array(times, dtype=float)
    return Chunk(identifiers(users), identifiers(items), np.array(x, dtype=float), times), header
