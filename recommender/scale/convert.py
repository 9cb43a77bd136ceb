"""A file of ratings into a store, of any size: `python -m recommender convert RATINGS STORE`."""

from console import Parser, Progress, escaped
from recommender import formats
from recommender.scale.converting import convert
from recommender.scale.store import check_new


def main(argv=None):
    parser = Parser("convert", description="Write a file of ratings as a store, in which em works on any number of"
                                           " them.")
    parser.add_argument("ratings", metavar="RATINGS", help="a file or folder of ratings, as evaluate takes it")
    parser.add_argument("store", metavar="STORE", help="the folder to be made")
    options = parser.parse_args(argv)
    check_new(options.store)
    lines = []
    with Progress() as progress:
        made = convert(formats.chunks(options.ratings, progress, lines.append), options.store, progress)
    lines += formats.notes(made.scale, made.repeated, made.timed)
    print("Data: " + "\n  ".join(lines))
    print(f"{escaped(options.store)}: {made.users:,} users, {made.items:,} items, {made.ratings:,} ratings")
    return 0
