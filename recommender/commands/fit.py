"""Fits one model to all ratings and writes it to a file: `recommender fit RATINGS --out MODEL`.

Held-out ratings choose its hyper-parameters and calibrate its intervals. Then it is fitted to all ratings.
"""

import math
from pathlib import Path

from console import HTML, Parser, Progress, check_outputs, digits, escaped, noun, program_name
from data.course import CHECKSUMS
from recommender import api, catalogue, formats, model_file, sources
from recommender.choosing import describe
from recommender.commands import page
from recommender.taste import page as taste
from recommender.verdict import FEW

DEFAULT, WHY = "als", "takes seconds, and its file is small"


def parse(argv):
    parser = Parser("fit", description="Fit one model to all ratings and write it to a file.",
                    epilog=f"`{program_name()} evaluate RATINGS` finds the model that predicts your ratings best, and"
                           " `evaluate --help` lists all models. Example: %(prog)s ratings.csv --out mine.npz")
    sources.add_options(parser)
    parser.add_argument("--model", metavar="NAME", help=f"the model to fit (default: {DEFAULT}, which {WHY})")
    parser.add_argument("--out", metavar="MODEL", required=True,
                        help="the model file to write; it also holds the ratings")
    parser.add_argument("--page", metavar="FILE", help="also write a page to recommend from; see `page --help`")
    parser.add_argument("--titles", metavar="FILE", help="a file of the items' titles, for the page")
    options = parser.parse_args(argv)
    if options.titles and not options.page:
        parser.error("--titles goes with --page")
    return options


def main(argv=None):
    options = parse(argv)
    name = options.model or DEFAULT
    catalogue.select([name])
    inputs = [each for path in (options.ratings, options.titles) if path for each in sources.may_read(path)]
    check_outputs([("--out", options.out, model_file.KIND), ("--page", options.page, HTML)], inputs, CHECKSUMS)
    with Progress() as progress:
        source = sources.read(options.ratings, progress, sources.told(options))
    table, titles = source.table, formats.titles(options.titles) if options.titles else None
    if options.page:
        taste.chosen(table, titles)
    print(f"Data: {source.description}")
    sizes = {"user": len(table.users), "item": len(table.items), "rating": table.X.nnz}
    print(", ".join(f"{number} {noun(number, one)}" for one, number in sizes.items()), flush=True)
    if options.model is None:
        print(f"Model: {DEFAULT}, the default (--model NAME overrides). It {WHY}. `evaluate` finds the best model")
    with Progress(name) as progress:
        model = api.fit(table, name, progress)
    rmse, number = model.validation
    chosen = ", which also chose these settings" if model.params else ""
    print(f"{name}: {describe(model.params) or 'nothing to choose'}; RMSE {rmse:{digits(rmse)}} on {number} held-out"
          f" {noun(number, 'rating')}{chosen}")
    if number < FEW:
        whole = ", and every interval is the whole scale" if math.isinf(model.predictor.intervals.q) else ""
        print(f"With fewer than {FEW} held-out ratings the RMSE and the intervals are rough{whole}. `evaluate` tells"
              " whether a simpler model does as well")
    model.save(options.out)
    print(f"model: {escaped(options.out)}, {Path(options.out).stat().st_size / 1000:,.0f} kB")
    if options.page:
        with Progress("als") as progress:
            about = model.page(options.page, titles, report=progress)
        page.show(options.page, about)
    return 0
