"""Files of choices instead of ratings: clicks, purchases, plays. A line is a choice, a count of choices, or an event.

Several lines of a user and an item are added up. A count of 0 is no choice.
"""

import numpy as np

from console import InputError, noun
from recommender.formats.words import NUMBER, is_time
from recommender.ratings import Levels, Table

NO_COLUMN = "none"  # as in --columns rating=none
_SHOWN = 6  # kinds of events in a message
_MOST = 50  # kinds of events; more are names of something else


def check_told(told):
    """Return a Told; InputError if it says of ratings what only choices have, or the other way round."""
    if not told.implicit and (told.events or "event" in (told.columns or {})):
        raise InputError("events are choices, not ratings; expected --implicit (implicit=True), too")
    if told.implicit and told.scale:
        raise InputError("choices have no scale; expected --implicit or --scale, not both")
    return told


def unnamed(rows):
    """Return the columns of rows without a header by role: a dict; None if they are too wide to tell.

    They are user, item, then a count or an event, then a time; the last two may be missing.
    """
    width, item = len(rows[0]), rows[0][1:2]
    if width not in (2, 3, 4) or (is_time(*item) and not NUMBER.fullmatch(*item)):  # an item is no date
        return None
    columns, third = {"user": 0, "item": 1}, [row[2] for row in rows if len(row) == width > 2]
    if width == 3 and all(map(is_time, third)):
        return columns | {"time": 2}
    numbers = [bool(NUMBER.fullmatch(word.replace(",", ".", 1))) for word in third]
    if width > 2:
        columns["rating" if numbers[-1] else "event"] = 2
    if len(set(numbers[:2])) > 1:  # the first line names the columns
        return None
    return columns | ({"time": 3} if width == 4 else {})


def of_events(column, chosen, seen):
    """Return a column of events, Words, as Words of counts: 1 for a chosen one (None: for all), else 0.

    `seen`, a Counter, counts the events.
    """
    kinds = list(map(str.strip, column.words))
    for kind, count in zip(kinds, np.bincount(column.codes, minlength=len(kinds)).tolist(), strict=True):
        seen[kind] += count
    return column._replace(words=[kind and str(int(chosen is None or kind in chosen)) for kind in kinds])


def check_events(name, seen, chosen):
    """Raise InputError if it is unclear which events to count, or the file has none of those `chosen`."""
    kinds = [f"{kind} ({count:,})" for kind, count in seen.most_common() if kind and count]
    listed = ", ".join(kinds[:_SHOWN]) + (", ..." if len(kinds) > _SHOWN else "")
    if chosen is None and len(kinds) > _MOST:
        raise InputError(f"{name} has {len(kinds):,} different events: {listed}; if they are none, say --columns"
                         f" event={NO_COLUMN}, or which columns to use, as in --columns user=1 item=2 rating=4")
    if chosen is None and len(kinds) > 1:
        raise InputError(f"{name} has several kinds of events: {listed}; say which to count, as in --events"
                         f" {seen.most_common(1)[0][0]}, or --columns event={NO_COLUMN} to leave this column out")
    unknown = [kind for kind in chosen or () if not seen[kind]]
    if unknown:
        raise InputError(f"{name} has no event {unknown[0]!r}; it has {listed or 'no events'}")


def check_counts(x):
    """Raise InputError if one of the counts x (m,) is below 0."""
    low = x.min(initial=0)
    if low < 0:
        raise InputError(f"a count of choices is {low:.10g}; expected 0 or more (--missing {low:.10g} leaves it out)")


def added(pairs, kept, x):
    """Return the sums of counts x (m,) of equal pairs (m,); `kept` (k,) are places of the different pairs, rising."""
    check_counts(x)
    return np.bincount(np.searchsorted(pairs[kept], pairs), weights=x, minlength=len(kept))


def of_choices(X, users, items, first, times, lines):
    """Return the Table of counts of choices X (n, d) from so many lines, with the notes `first` before its own."""
    levels = Levels()
    levels.add(X.data)
    low, high, _ = scale = levels.scale()
    more = lines - X.nnz
    counted = f"counted {low:.10g} to {high:.10g} times each" if low < high else f"each counted {low:.10g}"
    note = f"choices: {X.nnz:,} {noun(X.nnz, 'pair')} of user and item, {counted}"
    note += f"; {more:,} more {noun(more, 'line')} of the same pairs added" if more else ""
    return Table(X, users, items, scale, (*first, note), times, implicit=True)
