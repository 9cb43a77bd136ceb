"""Recommends items, with intervals and reasons: `python -m recommender suggest MODEL --user ID`."""

import math
from typing import NamedTuple

import numpy as np

from console import JSON, InputError, Parser, check_outputs, escaped, whole_number, write_json
from data.course import CHECKSUMS
from recommender import formats, model_file, reasons, sources
from recommender.models.fitted import type_of_user
from recommender.predictor import Predictor
from recommender.titles import Names, keys, matched, plain

_LISTED = 15  # titles that are listed


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


def new_user(saved, pairs, names, strict=True):
    """Return the Person of a new user from pairs of a title and a rating, and what titles.matched returns."""
    found, other = matched(pairs, names, strict)
    rated = np.array(sorted(found))
    x = np.array([found[number][1] for number in rated.tolist()])
    return Person(0, saved.predictor.fold_in(rated, x), rated, x), found, other


def given(words, scale):
    """Return pairs of words like "Toy Story (1995)=5"; InputError for one of another form, or a rating off the scale.
    """
    pairs = []
    for word in words:
        title, sign, text = word.rpartition("=")
        x = on_scale(text, scale)
        if not sign or x is None:
            raise InputError(f"--ratings {word!r}: expected ITEM=RATING, the rating a number from {scale.low:.10g} to"
                             f" {scale.high:.10g}")
        pairs.append((title.strip(), x))
    return pairs


def exported(path, told, scale):
    """Return pairs of one person's ratings in a file, on a model's scale, and lines about them.

    Raises:
        InputError: the file cannot be read, or its ratings are on another scale.
    """
    table = formats.read(path, told=told._replace(user="you", by_title=True))
    x, (low, high, _) = table.X.data, table.scale
    if told.scale is not None:
        x = scale.low + (x - low) * (scale.high - scale.low) / (high - low)
        how = f"mapped to {scale.low:.10g} to {scale.high:.10g}, the model's scale"
    elif low < scale.low or high > scale.high:
        raise InputError(f"{path} has ratings from {low:.10g} to {high:.10g}, the model from {scale.low:.10g} to"
                         f" {scale.high:.10g}; say on which scale the file's are, and they are mapped: --scale"
                         f" {low:.10g} {high:.10g}")
    else:
        how = f"taken as on the model's scale, {scale} (--scale LOW HIGH if the file has another)"
    return list(zip(map(str, table.items[table.X.indices].tolist()), x.tolist(), strict=True)), [*table.notes, how]


def list_matches(found, other, names, whole):
    """Print which titles are items and which are not; of the items only guessed ones, unless the list is `whole`."""
    lines = []
    for number, (text, x) in found.items():
        title = names.shown[number]
        guessed = text != names.ids[number] and plain(text) not in keys(title)
        if whole or guessed:
            lines.append(f"{text} is taken for {title}" if guessed else f"{title}: {x:.10g}")
    for head, shown in ((f"{len(found)} of {len(found) + len(other)} titles found", lines),
                        (f"{len(other)} not found, and left out", list(other.values()))):
        if shown:
            more = [f"and {len(shown) - _LISTED} more"] if len(shown) > _LISTED else []
            print(f"{head}:", *map(escaped, shown[:_LISTED]), *more, sep="\n  ")


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
    who.add_argument("--ratings-from", metavar="FILE",
                     help="the ratings of a new user in a file, such as an export of Letterboxd or IMDb")
    sources.add_reading(parser, "FILE")
    parser.add_argument("--top", metavar="N", type=whole_number(1, 10**6), default=10,
                        help="number of items (%(default)s)")
    parser.add_argument("--titles", metavar="FILE", help="the items' titles (u.item, movies.dat, movies.csv, ...)")
    parser.add_argument("--sure", action="store_true",
                        help="sort by the low end of the interval, not by the prediction: fewer bad surprises")
    parser.add_argument("--exclude-rated", action="store_true", help="leave out items that the user has rated")
    parser.add_argument("--json", metavar="FILE", help="also write the suggestions to FILE")
    options = parser.parse_args(argv)
    if not options.ratings_from and sources.told(options) != formats.NOTHING:
        parser.error("--columns, --no-header, --sep, --missing and --scale go with --ratings-from")
    return options


def main(argv=None):
    options = parse(argv)
    read = [path for path in (options.titles, options.ratings_from) if path]
    inputs = [options.model, *(each for path in read for each in sources.may_read(path))]
    check_outputs([("--json", options.json, JSON)], inputs, CHECKSUMS)
    saved = model_file.read(options.model)
    names = Names(saved.table, formats.titles(options.titles) if options.titles else None)
    if options.titles and not names.known:
        raise InputError(f"{options.titles} has no title for any item of {options.model}; expected titles by the items'"
                         " IDs")
    matches = None
    if options.user is not None:
        person = known_user(saved, options.user, options.model)
    else:
        scale, notes = saved.table.scale, []
        if options.ratings_from:
            pairs, notes = exported(options.ratings_from, sources.told(options), scale)
        else:
            pairs = given(options.ratings, scale)
        person, *matches = new_user(saved, pairs, names, strict=not options.ratings_from)
        if notes:
            print("Ratings: " + "\n  ".join(map(escaped, notes)))
        list_matches(*matches, names, whole=options.ratings_from)
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
                                  "matched": matches and {text: names.ids[item] for item, (text, _) in
                                                          matches[0].items()},
                                  "not_matched": matches and list(matches[1]),
                                  "type": kind and kind._asdict(), "items": rows})
    return 0
