"""Recommends items, with intervals and reasons: `python -m recommender suggest MODEL --user ID`."""

import math
from typing import NamedTuple

import numpy as np

from console import JSON, InputError, Parser, check_outputs, escaped, whole_number, write_json
from data.course import CHECKSUMS
from recommender import formats, model_file, reasons, sources
from recommender.models.fitted import type_of_user
from recommender.predictor import Predictor
from recommender.titles import Names


class Person(NamedTuple):
    """The user who gets recommendations."""

    u: int  # the user's number in the predictor
    predictor: Predictor
    rated: np.ndarray  # (r,) numbers of the items rated
    x: np.ndarray  # (r,) the ratings


def known_user(saved, text, path):
    """Return the Person of a user of the data, by ID; InputError if there is none."""
    (found,) = np.nonzero(saved.table.users.astype(str) == text)
    if not len(found):
        some = ", ".join(map(repr, saved.table.users[:3].tolist()))
        raise InputError(f"{path} knows no user {text!r}; IDs look like {some}; for a new user give --ratings")
    u, X = int(found[0]), saved.table.X
    of = slice(*X.indptr[u : u + 2])
    return Person(u, saved.predictor, X.indices[of], X.data[of])


def new_user(saved, words, names):
    """Return the Person of a new user, from words like "Toy Story (1995)=5".

    Raises:
        InputError: a word has another form, its rating is off the scale, or its item is unknown or named twice.
    """
    given = {}
    for word in words:
        title, sign, text = word.rpartition("=")
        x = on_scale(text, saved.table.scale)
        if not sign or x is None:
            raise InputError(f"--ratings {word!r}: expected ITEM=RATING, the rating a number from"
                             f" {saved.table.scale.low:.10g} to {saved.table.scale.high:.10g}")
        number = names.find(title.strip())
        if number in given:
            raise InputError(f"--ratings: {names.shown[number]!r} is rated twice; expected one rating of an item")
        given[number] = x
    rated = np.array(sorted(given))
    x = np.array([given[number] for number in rated.tolist()])
    return Person(0, saved.predictor.fold_in(rated, x), rated, x)


def on_scale(text, scale):
    """Return the number in a text, or None if it is no number on the scale."""
    try:
        x = float(text)
    except ValueError:
        return None
    return x if math.isfinite(x) and scale.low <= x <= scale.high else None


def best(person, candidates, top, sure):
    """Return the numbers of the `top` best candidates, the best first; `sure`: by the low end of the interval.

    Predictions are not cut to the scale here, because many would be equal at its end.
    """
    users = np.full(len(candidates), person.u)
    worth = person.predictor.fitted.predict(users, candidates)
    if sure:
        worth = worth - person.predictor.half_width(users, candidates)
    return candidates[np.argsort(-worth, kind="stable")[:top]]


def suggestions(person, saved, names, items):
    """Return the items as dicts: id, title, predicted, low, high, rated, because."""
    users = np.full(len(items), person.u)
    predicted, (low, high) = person.predictor.predict(users, items), person.predictor.interval(users, items)
    if not np.isfinite([predicted, low, high]).all():
        raise FloatingPointError("its predictions are not finite numbers")
    why = reasons.nearest(person.predictor.fitted, saved.table.X, items, person.rated, person.x)
    rating = dict(zip(person.rated.tolist(), person.x.tolist(), strict=True))

    def named(number):
        return {"id": saved.table.items[number].item(), "title": names.shown[number]}

    return [{**named(item), "predicted": float(predicted[row]), "low": float(low[row]), "high": float(high[row]),
             "rated": rating.get(item),
             "because": None if why[row] is None else {**named(why[row]), "rating": rating[why[row]]}}
            for row, item in enumerate(items.tolist())]


def show(rows, level, scale):
    """Print the suggestions as a table."""
    reasoned, digits = any(row["because"] for row in rows), decimals(scale)
    predicted = column("predicted", [f"{row['predicted']:.{digits}f}" for row in rows], str.rjust)
    ends = column(f"{100 * level:g} % interval", [shown(row["low"], row["high"], scale) for row in rows])
    titles = column("item", [escaped(row["title"]) for row in rows])
    why = ["because" if reasoned else "", *map(reason, rows)]
    print()
    for line in zip(predicted, ends, titles, why, strict=True):
        print("  ".join(line).rstrip())


def column(head, texts, pad=str.ljust):
    """Return a head and texts, padded to one length."""
    width = max(map(len, [head, *texts]))
    return [pad(text, width) for text in [head, *texts]]


def reason(row):
    """Return the user's rating of an item, and of the similar item, as text."""
    seen = f"(rated {row['rated']:.10g}) " if row["rated"] is not None else ""
    because = row["because"]
    return seen + (f"you rated {escaped(because['title'])} {because['rating']:.10g}" if because else "")


def decimals(scale):
    """Return the number of decimals of a prediction: two, or more if the scale is shorter than 1."""
    length = scale.high - scale.low
    return 2 - min(math.floor(math.log10(length)), 0) if length else 2


def shown(low, high, scale):
    """Return an interval as text; its ends are rounded outwards, so that it holds the same ratings."""
    if scale.step:
        return f"{low:.10g} to {high:.10g}"
    unit = 10 ** decimals(scale)
    low, high = math.floor(round(low * unit, 6)) / unit, math.ceil(round(high * unit, 6)) / unit  # 2.3 stays 2.30
    return f"{low:.{decimals(scale)}f} to {high:.{decimals(scale)}f}"


def parse(argv):
    parser = Parser("suggest", description="Recommend items to a user, with intervals and reasons.")
    parser.add_argument("model", metavar="MODEL", help="a model file from fit")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", metavar="ID", help="a user of the data")
    who.add_argument("--ratings", metavar="ITEM=RATING", nargs="+",
                     help='ratings of a new user, as "Toy Story (1995)=5": an ID or a title, and the rating')
    parser.add_argument("--top", metavar="N", type=whole_number(1, 10**6), default=10,
                        help="number of items (%(default)s)")
    parser.add_argument("--titles", metavar="FILE", help="the items' titles (u.item, movies.dat, movies.csv, ...)")
    parser.add_argument("--sure", action="store_true",
                        help="sort by the low end of the interval, not by the prediction: fewer bad surprises")
    parser.add_argument("--exclude-rated", action="store_true", help="leave out items that the user has rated")
    parser.add_argument("--json", metavar="FILE", help="also write the suggestions to FILE")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    inputs = [options.model, *(sources.may_read(options.titles) if options.titles else [])]
    check_outputs([("--json", options.json, JSON)], inputs, CHECKSUMS)
    saved = model_file.read(options.model)
    names = Names(saved.table, formats.titles(options.titles) if options.titles else None)
    if options.titles and not names.known:
        raise InputError(f"{options.titles} has no title for any item of {options.model}; expected titles by the items'"
                         " IDs")
    person = (known_user(saved, options.user, options.model) if options.user is not None
              else new_user(saved, options.ratings, names))
    candidates = np.setdiff1d(np.arange(len(names.ids)), person.rated if options.exclude_rated else [])
    rows = suggestions(person, saved, names, best(person, candidates, options.top, options.sure))
    who = f"user {escaped(options.user)}" if options.user is not None else "a new user"
    print(f"For {who}, from {len(person.rated)} rating{'s' * (len(person.rated) != 1)}, by {escaped(saved.model)}")
    kind = type_of_user(person.predictor.fitted, person.u)
    if kind:
        print(f"Mostly of type {kind.number} of {kind.of} ({100 * kind.sure:.0f} % of this user,"
              f" {100 * kind.share:.0f} % of all)")
    if not rows:
        print("There is nothing to suggest: this user has rated all items.")
    else:
        show(rows, saved.predictor.intervals.level, saved.table.scale)
    if options.json is not None:
        write_json(options.json, {"model": saved.model, "user": options.user, "ratings": options.ratings,
                                  "type": kind and kind._asdict(), "items": rows})
    return 0
