"""Fits one model to all ratings and writes it to a file: `recommender fit RATINGS --out MODEL`.

Held-out ratings choose its hyper-parameters and calibrate its intervals. Then it is fitted to all ratings. With
--implicit, held-out choices choose a list model.
"""

import math
from pathlib import Path

from console import HTML, Parser, Progress, check_outputs, digits, escaped, noun, program_name
from data.course import CHECKSUMS
from recommender import api, catalogue, features, formats, implicit, model_file, sources
from recommender.choosing import describe
from recommender.commands import page
from recommender.lists.choosing import LENGTH, described
from recommender.taste import page as taste
from recommender.verdict import FEW


def parse(argv):
    parser = Parser("fit", description="Fit one model to all ratings and write it to a file.",
                    epilog=f"`{program_name()} evaluate RATINGS` finds the model that predicts your ratings best, and"
                           " `evaluate --help` lists all models. Example: %(prog)s ratings.csv --out mine.npz")
    sources.add_options(parser)
    features.add_options(parser)
    sources.add_implicit(parser)
    parser.add_argument("--model", metavar="NAME", help=f"the model to fit (default: {catalogue.FEW}, or"
                        f" {catalogue.MANY} from {catalogue.ENOUGH:,} ratings on; with --implicit, the list model that"
                        " is best on held-out choices)")
    parser.add_argument("--out", metavar="MODEL", required=True,
                        help="the model file to write; it also holds the ratings")
    parser.add_argument("--page", metavar="FILE", help="also write a page to recommend from; see `page --help`")
    parser.add_argument("--titles", metavar="FILE", help="a file of the items' titles, for the page")
    options = parser.parse_args(argv)
    if options.titles and not options.page:
        parser.error("--titles goes with --page")
    choices = sources.told(options).implicit
    if options.items and choices:
        parser.error("--items predicts ratings, and these are choices")
    if options.page and choices:
        parser.error("--page needs ratings; `suggest` recommends from choices")
    return options


def main(argv=None):
    options = parse(argv)
    told = sources.told(options)
    if told.implicit:
        implicit.select(options.model)
    elif options.model is not None:
        catalogue.select([options.model])
    read = [path for path in (options.ratings, options.titles, options.items) if path]
    inputs = [each for path in read for each in sources.may_read(path)]
    check_outputs([("--out", options.out, model_file.KIND), ("--page", options.page, HTML)], inputs, CHECKSUMS)
    with Progress() as progress:
        source = sources.read(options.ratings, progress, told)
    table, titles = source.table, formats.titles(options.titles) if options.titles else None
    items = features.asked(options, table.items)
    if options.page:
        taste.chosen(table, titles)
    print(f"Data: {source.description}")
    sizes = {"user": len(table.users), "item": len(table.items), "choice" if told.implicit else "rating": table.X.nnz}
    print(", ".join(f"{number} {noun(number, one)}" for one, number in sizes.items()), flush=True)
    model = of_choices(table, options.model) if told.implicit else of_ratings(table, options, items)
    model.save(options.out)
    print(f"model: {escaped(options.out)}, {Path(options.out).stat().st_size / 1000:,.0f} kB")
    if options.page:
        with Progress("als") as progress:
            about = model.page(options.page, titles, report=progress)
        page.show(options.page, about)
    return 0


def of_choices(table, name):
    """Return the model of a Table of choices, and print what was chosen."""
    for model in implicit.select():
        if name is None and not model.candidates(*table.X.shape):
            print(f"{model.name}: left out, as it takes a number for each pair of items")
    with Progress(name or "list models") as progress:
        model = api.fit(table, name, progress)
    chosen = "these settings" if name else "this model"
    print(f"{model.name}: {described(model.lists)}; NDCG@{LENGTH} {model.ndcg:.4f} on held-out choices, which also"
          f" chose {chosen}")
    if not model.personal and name is None:
        print("No model is clearly better than the most popular items, so everybody gets the same list")
    return model


def of_ratings(table, options, items):
    """Return the model of a Table of ratings, of the name in the options or the default, and print what was chosen."""
    name = options.model or catalogue.default(table.X.nnz)
    if options.model is None:
        sizes = f"{catalogue.ENOUGH:,} ratings or more" if name == catalogue.MANY else "few ratings"
        print(f"Model: {name}, the default for {sizes} (--model NAME overrides). `evaluate` finds the best model")
    with Progress(name) as progress:
        model = api.fit(table, name, progress, items=items)
    rmse, number = model.validation
    chosen = ", which also chose these settings" if model.params else ""
    print(f"{name}: {describe(model.params) or 'nothing to choose'}; RMSE {rmse:{digits(rmse)}} on {number} held-out"
          f" {noun(number, 'rating')}{chosen}")
    if items:
        more = len(model.table.items) - len(table.items)
        print(escaped(features.said(options, items, table.items)))
        print(f"{more:,} {noun(more, 'item')} that nobody has rated. {model.content.about()}")
    print(f"{model.list_model.name}: the list model, by which suggest --for top orders; {described(model.list_model)}")
    if number < FEW:
        whole = ", and every interval is the whole scale" if math.isinf(model.predictor.intervals.q) else ""
        print(f"With fewer than {FEW} held-out ratings the RMSE and the intervals are rough{whole}. `evaluate` tells"
              " whether a simpler model does as well")
    return model
