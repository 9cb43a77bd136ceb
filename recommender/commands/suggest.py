"""Recommends items, with intervals and reasons: `recommender suggest MODEL --user ID`.

A model of choices has scores in the place of predictions and intervals.
"""

import argparse
import math

import numpy as np

from console import CSV, JSON, InputError, Parser, check_outputs, escaped, noun, whole_number, write_json
from data.course import CHECKSUMS
from recommender import api, formats, ranking, sources
from recommender.commands import chosen, everyone
from recommender.formats.listing import items_in
from recommender.tables import column
from recommender.titles import LISTED, Names, keys, matched, plain


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


def looked_up(path, names):
    """Return the items that a file names: a dict of number to (text, None), and of texts that are no item to why.

    Raises InputError: the file cannot be read, or names no item.
    """
    columns = items_in(path)
    known = set(names.ids)
    texts = next((texts for texts in columns if known.intersection(texts)), columns[-1])  # IDs of other sites are none
    return found_among(texts, names, path)


def found_among(texts, names, where):
    """Return the same of texts; the message begins with `where` if none is an item."""
    try:
        return matched([(text, None) for text in texts], names)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def chooser(options, model, names):
    """Return the implicit.ImplicitUser of somebody new, and what titles.matched returns of their choices."""
    rated = f"{options.model} is a model of choices, which takes items without ratings"
    found, other = (looked_up(options.ratings_from, names) if options.ratings_from
                    else found_among(options.ratings, names, rated))
    return model.fold_in([model.table.items[number].item() for number in found]), (found, other)


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
        zero = "; or --missing 0 if 0 marks a book or film without a rating" if low == 0 else ""
        raise InputError(f"{path} has ratings from {low:.10g} to {high:.10g}, the model from {scale.low:.10g} to"
                         f" {scale.high:.10g}; give the file's scale to map its ratings to the model's:"
                         f" --scale 1 10 for IMDb, --scale 0.5 5 for Letterboxd{zero}")
    else:
        how = f"read on the model's scale, {scale} (--scale LOW HIGH overrides)"
    return list(zip(map(str, table.items[table.X.indices].tolist()), x.tolist(), strict=True)), [*table.notes, how]


def list_matches(found, other, names, whole, scale):
    """Print which titles are items and which are not; of the items only guessed ones, unless the list is `whole`."""
    guesses, plainly = [], []
    for number, (text, x) in found.items():
        title = names.shown[number]
        guessed = text != names.ids[number] and plain(text) not in keys(title)
        if guessed:
            guesses.append(f"{text} is read as {title}")
        elif whole:
            plainly.append(title if x is None else f"{title}: {rounded(x, scale)}")
    for head, shown in ((f"{len(found)} of {len(found) + len(other)} titles found", guesses + plainly),
                        (f"{len(other)} not found, and left out", list(other.values()))):
        if shown:
            more = [f"and {len(shown) - LISTED} more"] if len(shown) > LISTED else []
            print(f"{head}:", *map(escaped, shown[:LISTED]), *more, sep="\n  ")


def on_scale(text, scale):
    """Return the number in a text, or None if it is no number on the scale."""
    try:
        x = float(text)
    except ValueError:
        return None
    return x if math.isfinite(x) and scale.low <= x <= scale.high else None


def rows_of(user, found, title):
    """Return api.Recommendations as dicts for JSON: id, title, predicted, low, high, rated, because."""
    rating = dict(zip(user.model.table.items[user.rated].tolist(), user.ratings.tolist(), strict=True))

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
    why = ["because" if reasoned else "", *(reason(row, scale) for row in rows)]
    print()
    for line in zip(predicted, ends, titles, why, strict=True):
        print("  ".join(line).rstrip())


def reason(row, scale):
    """Return the user's rating of an item, and of the similar item, as text."""
    seen = f"(rated {rounded(row['rated'], scale)}) " if row["rated"] is not None else ""
    because = row["because"]
    return seen + (f"you rated {escaped(because['title'])} {rounded(because['rating'], scale)}" if because else "")


def rounded(x, scale):
    """Return a rating as text; one that was mapped from another scale has many decimals."""
    return f"{round(x, decimals(scale)):.10g}"


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
                     help="the ratings of somebody new; ITEM is an ID, a title, or a title without its year (of a model"
                          " of choices: ITEM alone)")
    who.add_argument("--ratings-from", metavar="FILE",
                     help="the ratings of somebody new in a file, such as an export of Letterboxd or IMDb (of a model"
                          " of choices: a file of items)")
    who.add_argument("--all", action="store_true", help="all users of the data; --out says where their lists go")
    sources.add_reading(parser, "FILE")
    parser.add_argument("--top", metavar="N", type=whole_number(1, 10**6), default=10,
                        help="number of items (default: %(default)s)")
    parser.add_argument("--titles", metavar="FILE",
                        help="a file of the items' titles (u.item, movies.dat, movies.csv, ...)")
    order = parser.add_mutually_exclusive_group()
    order.add_argument("--for", dest="by", choices=ranking.WAYS,
                       help="the order: by the predicted rating (the default), by the low end of its interval (sure:"
                            " fewer bad surprises), or by the list model that is best on held-out ratings (top)")
    order.add_argument("--sure", dest="by", action="store_const", const=ranking.SURE, help="the same as --for sure")
    rated = parser.add_mutually_exclusive_group()
    rated.add_argument("--include-rated", action="store_true", help="also items that the user has rated or chosen")
    rated.add_argument("--exclude-rated", action="store_true", help=argparse.SUPPRESS)  # the default
    parser.add_argument("--among", metavar="FILE",
                        help="only the items that a file names: an ID or title a line, or a CSV with such a column")
    parser.add_argument("--out", metavar="FILE", help="with --all: the CSV file to write")
    parser.add_argument("--json", metavar="FILE", help="also write the suggestions as JSON")
    options = parser.parse_args(argv)
    if options.all != (options.out is not None):
        parser.error("--all and --out go together: the lists of all users go into a CSV file")
    if options.all and options.json is not None:
        parser.error("--json is for the list of one user; --all writes a CSV file")
    if not options.ratings_from and sources.told(options) != formats.NOTHING:
        parser.error("--columns, --no-header, --sep, --missing and --scale go with --ratings-from")
    return options


def asked_for(options, model, names):
    """Return the api.User that the options mean, and what titles.matched returns of somebody new, else None."""
    if options.user is not None:
        return known_user(model, options.user, options.model), None
    scale, notes = model.table.scale, []
    if model.table.implicit:
        user, matches = chooser(options, model, names)
        list_matches(*matches, names, options.ratings_from, scale)
        return user, matches
    if options.ratings_from:
        pairs, notes = exported(options.ratings_from, sources.told(options), scale)
    else:
        pairs = given(options.ratings, scale)
    user, *matches = new_user(model, pairs, names, strict=not options.ratings_from)
    if notes:
        print("Ratings: " + "\n  ".join(map(escaped, notes)))
    list_matches(*matches, names, options.ratings_from, scale)
    return user, matches


def main(argv=None):
    options = parse(argv)
    read = [path for path in (options.titles, options.ratings_from, options.among) if path]
    inputs = [options.model, *(each for path in read for each in sources.may_read(path))]
    check_outputs([("--json", options.json, JSON), ("--out", options.out, CSV)], inputs, CHECKSUMS)
    model = api.load(options.model)
    check_way(options, model)
    names = Names(model.table, formats.titles(options.titles) if options.titles else None)
    if options.titles and not names.known:
        raise InputError(f"{options.titles} has no title for any item of {options.model}; expected titles by the items'"
                         " IDs")
    among = options.among and among_items(options.among, names, model)
    order = {} if model.table.implicit else {"by": options.by or ranking.RATING}
    asked = {"n": options.top, "exclude_rated": not options.include_rated, "among": among, **order}
    if options.all:
        everyone.write(options.out, model, names, model.all_lists(**asked), options.titles)
        return 0
    user, matches = asked_for(options, model, names)
    title = dict(zip(model.table.items.tolist(), names.shown, strict=True))
    found = user.recommendations(**asked)
    rows = chosen.rows_of(found, title) if model.table.implicit else rows_of(user, found, title)
    say(options, model, user, rows)
    if options.titles and names.known < len(names.ids):
        print(f"{escaped(options.titles)} has titles for {names.known} of {len(names.ids)} items; the IDs of the others"
              " are shown")
    if options.json is not None:
        write_json(options.json, {"model": model.name, "user": options.user, "ratings": options.ratings,
                                  "matched": matches and {text: names.ids[item] for item, (text, _) in
                                                          matches[0].items()},
                                  "not_matched": matches and list(matches[1]), "items": rows}
                   | ({} if model.table.implicit else {"type": user.type and user.type._asdict()}))
    return 0


def check_way(options, model):
    """Raise InputError if a model cannot order as --for says."""
    if model.table.implicit and options.by in (ranking.RATING, ranking.SURE):
        raise InputError(f"{options.model} is a model of choices, which predicts no ratings; expected --for top")
    if model.table.implicit and sources.told(options) != formats.NOTHING:
        raise InputError(f"{options.model} is a model of choices; expected --ratings-from without options for ratings")
    if options.by == ranking.TOP and not model.table.implicit and model.list_model is None:
        raise InputError(f"{options.model} has no list model for --for top, because an earlier version or em or als has"
                         " written it; expected a file that `fit` writes now")


def among_items(path, names, model):
    """Return the IDs of the items that the file of --among names, and print how many, and which are unknown."""
    found, other = looked_up(path, names)
    print(f"Among {len(found)} {noun(len(found), 'item')} of {escaped(path)}")
    list_matches(found, other, names, False, model.table.scale)
    return model.table.items[list(found)].tolist()


def say(options, model, user, rows):
    """Print for whom the suggestions are, and the suggestions."""
    implicit = model.table.implicit
    who = f"user {escaped(options.user)}" if options.user is not None else "a new user"
    number = len(user.rated)
    by = f"by {escaped(model.name)}"
    if options.by == ranking.TOP and not implicit:
        by = f"ordered by the list model {escaped(model.lists.name)}, predicted {by}"
    print(f"For {who}, from {number} {noun(number, 'choice' if implicit else 'rating')}, {by}")
    if not model.personal and not implicit:
        print("This model does not use which items a user has rated, so it gives no reasons.")
    if not implicit and user.type:
        print(f"Most likely component: {user.type.number} of {user.type.of} (probability {100 * user.type.sure:.0f} %;"
              f" its weight among all users is {100 * user.type.share:.0f} %)")
    if (implicit or options.by == ranking.TOP) and not model.lists.signal.weights(user.X).nnz:
        print("The list model learns nothing from what this user has chosen or rated, so popular items come first.")
    if not rows:
        print(f"There is nothing to suggest: this user has {'chosen' if implicit else 'rated'} all these items"
              " (--include-rated suggests them, too)")
    elif implicit:
        chosen.show(rows, model.personal)
    else:
        show(rows, model.predictor.intervals.level, model.table.scale)
