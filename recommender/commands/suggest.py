"""Recommends items, with intervals and reasons: `recommender suggest MODEL --user ID`."""

import math

import numpy as np

from console import JSON, InputError, Parser, check_outputs, escaped, noun, whole_number, write_json
from data.course import CHECKSUMS
from recommender import api, formats, sources
from recommender.titles import Names, keys, matched, plain

_LISTED = 15  # titles that are listed


def known_user(model, text, path):
    """Return the api.User of the data with this ID; InputError if there is none."""
    try:
        return model.user(text)
    except InputError as error:
        raise InputError(f"{path}: {error}; for a new user give --ratings") from None


def new_user(model, pairs, names, strict=True):
    """Return the api.User with ratings in pairs of a title and a rating, and what titles.matched returns."""
    found, other = matched(pairs, names, strict)
    return model.fold_in({model.table.items[number]: x for number, (_, x) in found.items()}), found, other


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
        x = np.clip(scale.low + (x - low) * (scale.high - scale.low) / (high - low), *scale[:2])
        how = f"mapped to {scale.low:.10g} to {scale.high:.10g}, the model's scale"
    elif low < scale.low or high > scale.high:
        raise InputError(f"{path} has ratings from {low:.10g} to {high:.10g}, the model from {scale.low:.10g} to"
                         f" {scale.high:.10g}; give the file's scale to map its ratings to the model's: --scale"
                         f" {low:.10g} {high:.10g}")
    else:
        how = f"read on the model's scale, {scale} (--scale LOW HIGH overrides)"
    return list(zip(map(str, table.items[table.X.indices].tolist()), x.tolist(), strict=True)), [*table.notes, how]


def list_matches(found, other, names, whole):
    """Print which titles are items and which are not; of the items only guessed ones, unless the list is `whole`."""
    lines = []
    for number, (text, x) in found.items():
        title = names.shown[number]
        guessed = text != names.ids[number] and plain(text) not in keys(title)
        if whole or guessed:
            lines.append(f"{text} is read as {title}" if guessed else f"{title}: {x:.10g}")
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


def rows_of(user, found, names):
    """Return api.Recommendations as dicts for JSON: id, title, predicted, low, high, rated, because."""
    rating = dict(zip(user.model.table.items[user.rated].tolist(), user.ratings.tolist(), strict=True))
    title = dict(zip(user.model.table.items.tolist(), names.shown, strict=True))

    def named(item):
        return {"id": item, "title": title[item]}

    return [{**named(each.item), "predicted": each.predicted, "low": each.low, "high": each.high, "rated": each.rated,
             "because": None if each.because is None else {**named(each.because), "rating": rating[each.because]}}
            for each in found]


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
    parser = Parser("suggest",
                    description="Recommend items to a user of the data or to somebody new, with intervals and reasons.",
                    epilog='Example: %(prog)s mine.npz --titles movies.csv --ratings "Toy Story=5" "Heat=2"')
    parser.add_argument("model", metavar="MODEL", help="a model file from fit")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", metavar="ID", help="a user of the data")
    who.add_argument("--ratings", metavar="ITEM=RATING", nargs="+",
                     help='the ratings of somebody new; ITEM is an ID, a title, or a title without its year')
    who.add_argument("--ratings-from", metavar="FILE",
                     help="the ratings of somebody new in a file, such as an export of Letterboxd or IMDb")
    sources.add_reading(parser, "FILE")
    parser.add_argument("--top", metavar="N", type=whole_number(1, 10**6), default=10,
                        help="number of items (default: %(default)s)")
    parser.add_argument("--titles", metavar="FILE",
                        help="a file of the items' titles (u.item, movies.dat, movies.csv, ...)")
    parser.add_argument("--sure", action="store_true",
                        help="order by the low end of the interval: fewer bad surprises")
    parser.add_argument("--exclude-rated", action="store_true", help="leave out items that the user has rated")
    parser.add_argument("--json", metavar="FILE", help="also write the suggestions as JSON")
    options = parser.parse_args(argv)
    if not options.ratings_from and sources.told(options) != formats.NOTHING:
        parser.error("--columns, --no-header, --sep, --missing and --scale go with --ratings-from")
    return options


def asked_for(options, model, names):
    """Return the api.User that the options mean, and what titles.matched returns of somebody new, else None."""
    if options.user is not None:
        return known_user(model, options.user, options.model), None
    scale, notes = model.table.scale, []
    if options.ratings_from:
        pairs, notes = exported(options.ratings_from, sources.told(options), scale)
    else:
        pairs = given(options.ratings, scale)
    user, *matches = new_user(model, pairs, names, strict=not options.ratings_from)
    if notes:
        print("Ratings: " + "\n  ".join(map(escaped, notes)))
    list_matches(*matches, names, whole=options.ratings_from)
    return user, matches


def main(argv=None):
    options = parse(argv)
    read = [path for path in (options.titles, options.ratings_from) if path]
    inputs = [options.model, *(each for path in read for each in sources.may_read(path))]
    check_outputs([("--json", options.json, JSON)], inputs, CHECKSUMS)
    model = api.load(options.model)
    names = Names(model.table, formats.titles(options.titles) if options.titles else None)
    if options.titles and not names.known:
        raise InputError(f"{options.titles} has no title for any item of {options.model}; expected titles by the items'"
                         " IDs")
    user, matches = asked_for(options, model, names)
    rows = rows_of(user, user.recommendations(options.top, options.exclude_rated, options.sure), names)
    who = f"user {escaped(options.user)}" if options.user is not None else "a new user"
    number = len(user.rated)
    print(f"For {who}, from {number} {noun(number, 'rating')}, by {escaped(model.name)}")
    if not model.personal:
        print("This model does not use which items a user has rated, so it gives no reasons.")
    if user.type:
        print(f"Most likely component: {user.type.number} of {user.type.of} (probability {100 * user.type.sure:.0f} %;"
              f" its weight among all users is {100 * user.type.share:.0f} %)")
    if not rows:
        print("There is nothing to suggest: this user has rated all items.")
    else:
        show(rows, model.predictor.intervals.level, model.table.scale)
    if options.json is not None:
        write_json(options.json, {"model": model.name, "user": options.user, "ratings": options.ratings,
                                  "matched": matches and {text: names.ids[item] for item, (text, _) in
                                                          matches[0].items()},
                                  "not_matched": matches and list(matches[1]),
                                  "type": user.type and user.type._asdict(), "items": rows})
    return 0
