"""Writes a page to recommend from, for a browser: `recommender page MODEL --out taste.html`."""

from pathlib import Path

from console import HTML, Parser, Progress, check_outputs, escaped, whole_number
from data.course import CHECKSUMS
from recommender import api, formats, sources
from recommender.taste.page import FEWEST


def parse(argv):
    parser = Parser("page", description="Write a page for a browser in which anybody can rate items and get"
                                        " recommendations at once, also without a network.",
                    epilog="The page recommends by als. For another model it fits als to the model's ratings, which"
                           " takes seconds. Example: %(prog)s mine.npz --titles movies.csv --out taste.html")
    parser.add_argument("model", metavar="MODEL", help="a model file from fit")
    parser.add_argument("--out", metavar="FILE", required=True, help="the page to write")
    parser.add_argument("--titles", metavar="FILE",
                        help="a file of the items' titles (u.item, movies.dat, movies.csv, ...)")
    parser.add_argument("--fewest", metavar="N", type=whole_number(1, 10**9), default=FEWEST,
                        help="leave out items with fewer ratings, because the page could give somebody's rating away"
                             " (default: %(default)s)")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    inputs = [options.model, *(sources.may_read(options.titles) if options.titles else [])]
    check_outputs([("--out", options.out, HTML)], inputs, CHECKSUMS)
    model = api.load_of_ratings(options.model)
    with Progress("als") as progress:
        about = model.page(options.out, formats.titles(options.titles) if options.titles else None, options.fewest,
                           progress)
    show(options.out, about)
    return 0


def show(path, about):
    """Print lines about a page that has been written."""
    print(*map(escaped, about), f"page: {escaped(path)}, {Path(path).stat().st_size / 1000:,.0f} kB", sep="\n")
