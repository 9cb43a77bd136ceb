"""Predicts the ratings of given pairs of user and item: `recommender predict MODEL PAIRS --out FILE`."""

import csv

import numpy as np

from console import CSV, InputError, Parser, check_outputs, escaped, noun, read_file, write_csv
from data.course import CHECKSUMS
from recommender import api
from recommender.formats.columns import roles

SEPARATORS = "\t", ";", ",", " "
LARGEST = 2**30  # bytes


def pairs(path):
    """Return the users and the items of a file, two lists of text.

    The first line names the columns, as in files of ratings; otherwise the first two columns are used.

    Raises:
        InputError: the file cannot be read, or a line has no such columns.
    """
    try:
        lines = read_file(path, LARGEST, "pairs of user and item").decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text; expected lines of user and item") from None
    separator = next((each for each in SEPARATORS if lines and each in lines[0]), ",")
    rows = [(number, row) for number, row in enumerate(csv.reader(lines, delimiter=separator), 1) if row]
    user, item = roles(rows[0][1], [row for _, row in rows[1:]])[:2] if rows else (None, None)
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
    model = api.load(options.model)
    users, items = pairs(options.pairs)
    unknown = np.count_nonzero(~model.knows(users, items))
    if unknown:
        have = "has" if unknown == 1 else "have"
        print(f"{unknown} of {len(users)} pairs {have} a user or an item that the model does not know. The means of all"
              " others predict these")
    low, high = model.interval(users, items, cold=True)
    columns = model.predict(users, items, cold=True), low, high
    numbers = ([f"{x:.10g}" for x in column] for column in columns)
    write_csv(options.out, [("user", "item", "predicted", "low", "high"), *zip(users, items, *numbers, strict=True)])
    print(f"predictions: {escaped(options.out)}, {len(users)} {noun(len(users), 'pair')}")
    return 0
