"""Predicts the ratings of given pairs of user and item: `recommender predict MODEL PAIRS --out FILE`."""

import numpy as np

from console import CSV, InputError, Parser, check_outputs, escaped, noun, write_csv
from data.course import CHECKSUMS
from recommender import api
from recommender.formats.columns import roles
from recommender.formats.listing import rows_in
from recommender.formats.words import without_point


def pairs(path):
    """Return the users and the items of a file, two lists of text.

    The first line names the columns, as in files of ratings; otherwise the first two columns are used.

    Raises:
        InputError: the file cannot be read, or a line has no such columns.
    """
    rows, separator = rows_in(path, "lines of user and item")
    user, item = roles(rows[0][1], [row for _, row in rows[1:]])[:2]
    if user is None and item is None:
        user, item = 0, 1
    elif user is None or item is None:
        raise InputError(f"{path}, line 1: {', '.join(rows[0][1])!r} names no {'item' if item is None else 'user'};"
                         " expected a header such as user,item")
    else:
        del rows[0]
    for number, row in rows:
        if len(row) <= max(user, item):
            raise InputError(f"{path}, line {number}: expected user and item, separated by {separator!r}")
    if not rows:
        raise InputError(f"{path} holds no pair; expected lines of user and item")
    return [row[user].strip() for _, row in rows], [row[item].strip() for _, row in rows]


def known_as(ids, known):
    """Return IDs, but 40.0 as 40 if these and all known ones are whole numbers, as in files of ratings."""
    whole = without_point(ids) if known.dtype.kind == "i" else None
    return list(map(whole.get, ids)) if whole else ids


def parse(argv):
    parser = Parser("predict", description="Predict the ratings of given pairs of user and item, with 90 % intervals.",
                    epilog="Unknown users and items are predicted from the means of all others, with wide"
                           " intervals. Example: %(prog)s mine.npz pairs.csv --out predicted.csv")
    parser.add_argument("model", metavar="MODEL", help="a model file from fit")
    parser.add_argument("pairs", metavar="PAIRS", help="a CSV file of user and item, with or without a header")
    parser.add_argument("--out", metavar="FILE", required=True,
                        help="the CSV file to write, with the columns user, item, predicted, low, high")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    check_outputs([("--out", options.out, CSV)], [options.model, options.pairs], CHECKSUMS)
    model = api.load_of_ratings(options.model)
    users, items = pairs(options.pairs)
    known = known_as(users, model.table.users), known_as(items, model.table.items)
    unknown = np.count_nonzero(~model.knows(*known))
    if unknown:
        have = "has" if unknown == 1 else "have"
        print(f"{unknown} of {len(users)} pairs {have} a user or an item that the model does not know. The means of all"
              " others predict these")
    columns = model.predict(*known, cold=True), *model.interval(*known, cold=True)
    numbers = ([f"{x:.10g}" for x in column] for column in columns)
    write_csv(options.out, [("user", "item", "predicted", "low", "high"), *zip(users, items, *numbers, strict=True)])
    print(f"predictions: {escaped(options.out)}, {len(users)} {noun(len(users), 'pair')}")
    return 0
