"""Which columns of a table hold users, items, ratings and times: by their names, or by what the user says."""

import re
from typing import NamedTuple

from console import InputError
from recommender.formats import choices
from recommender.formats.words import ROLES, day_first, moment

_MOST = 12  # names of columns that a message lists

# The names of columns, in letters and digits only; of several in a header the first in these lists counts.
ITEMS = ("itemid", "item", "iid", "items", "movieid", "movie", "mid", "filmid", "film", "bookid", "book", "isbn",
         "productid", "product", "asin", "parentasin", "songid", "song", "trackid", "track", "artistid", "artist",
         "albumid", "album", "animeid", "anime", "mangaid", "gameid", "game", "appid", "recipeid", "recipe",
         "businessid", "restaurantid", "jokeid", "joke", "showid", "show", "const", "i")
TITLES = ("title", "movietitle", "filmtitle", "booktitle", "itemtitle", "producttitle", "gametitle", "originaltitle",
          "moviename", "filmname", "bookname", "itemname", "productname", "gamename")
YEARS = "year", "releaseyear", "movieyear", "filmyear"
NAMES = {
    "user": ("userid", "user", "uid", "users", "username", "customerid", "customer", "custid", "customername",
             "reviewerid", "reviewer", "reviewername", "raterid", "rater", "personid", "person", "memberid", "member",
             "readerid", "accountid", "visitorid", "friend", "viewer", "u"),
    "item": ITEMS + TITLES,
    "rating": ("rating", "ratings", "userrating", "yourrating", "myrating", "ratingvalue", "bookrating", "movierating",
               "score", "scores", "myscore", "reviewscore", "stars", "star", "starrating", "overall", "value", "rate",
               "r"),
    "time": ("timestamp", "time", "unixtime", "unixreviewtime", "ratingtimestamp", "datetime", "date", "ratedat",
             "ratingdate", "daterated", "createdat", "reviewtime", "dateadded", "dateread", "eventtime", "ts", "t"),
}
COUNTS = ("plays", "playcount", "count", "counts", "listens", "listencount", "weight", "clicks", "clickcount", "views",
          "viewcount", "purchases", "quantity", "qty", "hours", "playtime", "playtimeforever", "frequency")
EVENTS = ("event", "eventtype", "eventname", "action", "actiontype", "behavior", "behaviour", "behaviortype",
          "behaviorname", "interaction", "interactiontype", "activity", "activitytype", "type")


class Layout(NamedTuple):
    """Which columns of a table are used; all are counted from 0."""

    columns: tuple  # of user (None: see `person`), item, rating (None: each line is a choice) and, if any, time
    width: int  # number of columns
    about: str  # in words
    separator: str = None  # of text
    header: bool = False  # whether the first line that is not blank names the columns
    person: str = None  # whose ratings these are
    year: int = None  # the column of years that tell items of the same title apart
    day_first: bool = None  # as in words.moment
    event: bool = False  # whether the column of ratings holds events of choices
    events: tuple = None  # those that count; None: all

    @property
    def used(self):
        """All columns that are read."""
        return [column for column in (*self.columns, self.year) if column is not None]


def by_names(names, rows, told):
    """Return the Layout of a table with these names of columns, or None; `rows` are some rows, as lists of words.

    Raises:
        InputError: the names can be meant in several ways, or the user has Told a column that is not there.
    """
    rows = [row for row in rows if len(row) == len(names)]
    columns = dict(zip(ROLES, roles(names, rows, told.user, told.implicit), strict=True))
    by_word = any(column is not None for column in columns.values())
    title = column_named(names, (*TITLES, "name"))
    columns |= ({"item": title} if told.by_title and title is not None else {}) | told_columns(names, told)
    event = find_choices(names, columns, told)
    if told.user is not None and None not in (columns["user"], columns["item"], columns["rating"]):
        raise InputError(f"the column {names[columns['user']]!r} says whose ratings these are; expected one person's"
                         " ratings without such a column")
    rating, used = columns["rating"], [column for column in map(columns.get, ROLES) if column is not None]
    if _lack(columns, told) or len(set(used)) != len(used) or not (by_word or _by_word(names, told)) or (
            rating is not None and is_number(names[rating])):
        return None
    time, said, first = _time(names, rows, columns["time"])
    titled = column_name(names[columns["item"]]) in (*TITLES, "name") and "item" not in (told.columns or {})
    year = column_named(names, YEARS) if titled else None
    used = [columns["user"], columns["item"], rating, *time]
    shown = [names[column] for column in used if column is not None]
    about = f"used are {', '.join(shown)}{said} (--columns overrides)"
    about += _counted(rating is not None and names[rating], event) if told.implicit else ""
    if rating is not None and not event and any("," in row[rating] for row in rows):
        about += "; a comma is the decimal point of ratings"
    if year is not None:
        item = names[columns["item"]]
        about += f"; {names[year]} tells items of the same {item} apart (--columns item={item} overrides)"
    return Layout(tuple(used), len(names), about, None, True, told.user, year, first, event, told.events)


def find_choices(names, columns, told):
    """Set the rating of a dict of columns to the column that tells choices; return whether it holds events."""
    if not told.implicit or "rating" in (told.columns or {}):
        return False
    event = columns["event"] if "event" in columns else column_named(names, EVENTS)
    count = column_named(names, COUNTS)
    columns["rating"] = event if event is not None else count if count is not None else columns["rating"]
    return event is not None


def _lack(columns, told):
    """Return whether columns are missing that the ratings need or the user has Told."""
    needed = {"user": told.user is None, "item": True, "rating": not told.implicit}
    return any(columns.get(role) is None for role in needed if needed[role]) or any(
        columns[role] is None and name != choices.NO_COLUMN for role, name in (told.columns or {}).items())


def _by_word(names, told):
    """Return whether the user has Told a name that is in the header."""
    return bool({name.lower() for name in (told.columns or {}).values()} & set(map(str.lower, names)))


def _counted(name, event):
    """Return in words what counts as a choice, with the name of the column that tells, if any."""
    if not name:
        return "; each line counts once"
    if event:
        return f"; each {name} counts once"
    looks = ", though they look like ratings" if column_name(name) in NAMES["rating"] else ""
    return f"; the numbers of {name} count choices{looks} (--columns rating={choices.NO_COLUMN} counts each line once)"


def without_names(first, rows, told, separated):
    """Return the Layout of rows `user item rating` or `user item rating time`, or as the user has Told, or None.

    They may also be the rows of a matrix. `separated` says by what, in words.
    """
    if told.implicit and {*(told.columns or {}).values()} <= {choices.NO_COLUMN}:
        named = told.header is not False and roles(first, [])[:2] != [None, None]
        columns = {} if named else choices.unnamed(rows) or {}
    else:
        columns = dict(zip(ROLES, range(len(first)), strict=False)) if len(first) in (3, 4) and not told.columns else {}
    columns |= told_columns([""] * len(first), told)
    names = [f"column {column + 1}" for column in range(len(first))]
    event = columns.get("event") is not None
    columns["rating"] = rating = columns["event"] if event else columns.get("rating")
    needed = [columns.get("user") if told.user is None else None, columns.get("item"), rating]
    if _lack(columns, told) or not all(first[column] for column in needed if column is not None) or not (
            rating is None or event or is_number(first[rating])):
        return None
    time, said, day = _time(names, [row for row in rows if len(row) == len(first)], columns.get("time"))
    used = [None if told.user is not None else columns["user"], columns["item"], rating, *time]
    called = ("user", "item", "event" if event else "count", "time") if told.implicit else ROLES
    named = [(role, column) for role, column in zip(called, used, strict=False) if column is not None]
    numbers = " ".join(f"{'rating' if role == 'count' else role}={column + 1}" for role, column in named)
    shown = ", ".join(role for role, _ in named)
    about = f"no header, {shown} separated by {separated}{said} (--columns overrides, as in {numbers})"
    about += _counted(rating is not None and names[rating], event) if told.implicit else ""
    return Layout(tuple(used), len(first), about, person=told.user, day_first=day, event=event, events=told.events)


def told_columns(names, told):
    """Return the columns that the user has Told, a dict by role; None for one that is not among the names."""
    found = {}
    for role, name in (told.columns or {}).items():
        plain = [other.lower() for other in names]
        number = int(name) if name.isdecimal() else 0
        found[role] = (plain.index(name.lower()) if name.lower() in plain
                       else number - 1 if 0 < number <= len(names) else None)
    return found


def is_number(word):
    """Return whether Python reads a word as a number, "nan" too; a comma may be the decimal point."""
    return _can(float, word.replace(",", ".", 1))


def _can(function, *given):
    try:
        function(*given)
    except ValueError:
        return False
    return True


def _time(names, rows, column):
    """Return [the column of times], or [] if it cannot be used; words that say so; and whether days come first."""
    words = [] if column is None else [word for row in rows if (word := row[column].strip())]
    first = day_first(words)
    unknown = [word for word in words if not _can(moment, word, first)]
    if words and len(unknown) <= len(words) / 2:
        return [column], "", first
    why = f"{unknown[0][:20]!r} is no time that is known here" if unknown else "it is empty in the first lines"
    if unknown and _can(moment, unknown[0], True):
        why = f"no date in the first lines says which number of {unknown[0][:20]!r} is the day"
    return [], f"; {names[column]} is not, because {why}" if column is not None and rows else "", None


def lacking(names, told):
    """Return in words which columns a header lacks that names some; None if these are no names of columns."""
    if len(names) < 2:
        return None
    shown = (", ".join(names[:_MOST]) + ", ..." * (len(names) > _MOST))[:200]
    for role, column in told_columns(names, told).items():
        if column is None and told.columns[role] != choices.NO_COLUMN:
            return f"--columns {role}={told.columns[role]}: there is no such column; there are {shown}"
    found = dict(zip(ROLES, roles(names, [], told.user), strict=True)) | told_columns(names, told)
    lacks = [role for role in ROLES[:3] if found[role] is None and (role != "user" or told.user is None)
             and (role != "rating" or not told.implicit)]
    if not 0 < len(lacks) < 3:
        return None
    said = (f"its header {shown!r} names no {' and no '.join(lacks)}; say which: --columns"
            f" {' '.join(f'{role}=NAME' for role in lacks)}")
    if len(lacks) == 2 and "rating" in lacks and len(names) > 3:
        said += "; if each user has a column, write a line for each rating instead: user,item,rating"
    if lacks == ["rating"]:
        said += "; or, if there are no ratings, as with clicks, purchases and plays, --implicit"
    if lacks == ["user"]:
        said += "; or, if all ratings are one person's, --user NAME, or give them to suggest --ratings-from"
    return said


def roles(names, rows, person=None, implicit=False):
    """Return the columns of user, item, rating and time by a header's names, each None if there is none.

    A "name" is the item's if nothing else is. It is the user's beside ratings of items, but not beside an item's ID:
    tables of titles have an ID, a name, and a rating that is everybody's mean.

    Raises:
        InputError: an "id" may number the items or the lines.
    """
    user, item, rating, time = (column_named(names, wanted) for wanted in NAMES.values())
    rated = implicit or rating is not None
    name, number = column_named(names, ("name",)), column_named(names, ("id",))
    if item is None or (column_name(names[item]) in TITLES and number is not None):
        titles, rated_by = name if item is None else item, user if person is None else person
        item = _by_number(names, rows, number, titles, rated and rated_by is not None)
    elif user is None and rated and not column_name(names[item]).endswith(("id", "isbn", "asin", "const")):
        user = name
    return [user, item, rating, time]


def _by_number(names, rows, number, title, rated):
    """Return the item's column: the one called "id", or that of titles if the IDs number the lines, or None.

    `rated` says whether these are ratings; in a table of titles nothing comes twice.
    """
    if number is None or not rated or not rows:
        return title if number is None else number
    if len({row[number] for row in rows}) < len(rows):
        return number
    if title is None or len({row[title] for row in rows}) < len(rows):
        return title
    raise InputError(f"{names[number]!r} may number the items or the lines; say which: --columns"
                     f" item={names[number]} or --columns item={names[title]}")


def column_named(names, wanted):
    """Return the column with the first of the wanted names, or None; "User-ID" and "user_id:token" are userid."""
    plain = [column_name(name) for name in names]
    return next((plain.index(name) for name in wanted if name in plain), None)


def column_name(name):
    """Return the name of a column as it is compared: letters and digits, "User-ID" as userid."""
    return re.sub(r"[\W_]", "", name.partition(":")[0]).lower()
