"""A file of ratings into a store, of any size: `python -m recommender convert RATINGS STORE`."""

from console import Parser, Progress, escaped
from recommender import formats, sources
from recommender.scale.converting import convert
from recommender.scale.store import check_new


def main(argv=None):
    parser = Parser("convert", description="Write a file of ratings as a store, in which em works on any number of"
                                           " them.")
    sources.add_options(parser, "a file or folder of ratings, as evaluate takes it")
    parser.add_argument("store", metavar="STORE", help="the folder to be made")
    options = parser.parse_args(argv)
    check_new(options.store)
    lines, told = [], sources.told(options)
    with Progress() as progress:
        chunks = formats.chunks(options.ratings, progress, lines.append, told)
        made = convert(chunks, options.store, progress)
    lines += formats.notes(made.levels, made.repeated, made.timed, told)
    print("Data: " + "\n  ".join(lines))
    print(f"{escaped(options.store)}: {made.users:,} users, {made.items:,} items, {made.ratings:,} ratings")
    return 0
