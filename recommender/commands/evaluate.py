"""Compares models on held-out ratings of anybody's data: `recommender evaluate RATINGS`.

Every model gets the training ratings alone. It chooses its hyper-parameters on a validation split of them and is fitted
again to all of them. Only then it predicts the held-out ratings. Predictions are clipped to the scale of the ratings.
With a complete matrix (the course's, the sample's) the table has the course's RMSE, too: predictions fill the gaps, and
the filled matrix is compared with the complete one. If that holds true ratings, it also has the RMSE over all gaps.
"""

import argparse
import math
import shlex
from pathlib import Path

import pages
from console import (
    HTML,
    JSON,
    Parser,
    Progress,
    check_outputs,
    digits,
    escaped,
    noun,
    pictures_in,
    program_name,
    real_number,
    whole_number,
    write_json,
)
from data.course import CHECKSUMS
from recommender import catalogue, cold, features, figures, formats, sources, splits, tables, verdict
from recommender.holdout import FRACTION, VALIDATION_SEED
from recommender.lists import evaluate as lists
from recommender.lists.catalogue import MODELS as LIST_MODELS
from recommender.lists.choosing import LENGTH
from recommender.lists.page import comparison as page_of_lists
from recommender.measure import DENSITIES, compare, jobs
from recommender.models import predictive, regularized_em
from recommender.page import comparison
from recommender.sparse import pairs
from recommender.splits import FOLDS
from recommender.verdict import FEW

PICTURES = ("comparison.png", "calibration.png")


def about(split):
    """Return the JSON file's description of the ratings and their split; the sizes are those of the first fold."""
    table, first = split.table, split.parts[0]
    return {"ratings": {"users": len(table.users), "items": len(table.items), "train": int(first.train.nnz),
                        "hidden": int(first.held_out.nnz), "scale": [table.scale.low, table.scale.high],
                        "step": table.scale.step},
            "split": split.how | {"inner_seed": VALIDATION_SEED, "inner_fraction": FRACTION},
            "cold": splits.count_cold(split.parts), "models": []}


def run(source, split, chosen, folder=None, save=lambda result: None, F=None):
    """Compare the models on all parts of a split, print the table as it grows, and return the result for JSON.

    Args:
        source: sources.Source.
        split: splits.Split of its ratings.
        chosen: catalogue.Models.
        folder: Path for the pictures, or None.
        save: called with the result after each model.
        F: features (d, m) of the items, a csr_array; or None.
    """
    say(source, split, F is not None)
    others = split.how["kind"] in ("file", splits.USERS)  # users who are not those of the complete matrix, or are new
    complete = None if others else source.complete
    progress = Progress(every=math.inf)  # on a terminal alone
    result, squared, work = about(split), {}, jobs(split, complete, F, progress)
    progress.clear()
    if F is not None:
        say_cold(result, work)
    for row, of_model in compare(work, chosen, progress):
        progress.clear()
        if not squared:
            print("", tables.heading([row]), sep="\n")
        print(tables.line(row), flush=True)
        squared[row["name"]] = of_model
        result["models"].append(row)
        result["best"] = verdict.best(squared)
        save(result)
    own = tables.densities(result["models"])
    best = [cold.ALIKE] if split.how["kind"] == cold.ITEMS else verdict.in_words(squared)
    print("", *([own, ""] if own else []), *best, sep="\n")
    if folder:
        for path in draw(folder, sorted(result["models"], key=lambda row: row["rmse"]), split.parts[0]):
            print(f"picture: {escaped(path)}")
    return result


def say(source, split, featured=False, lists=False):
    """Print a description of the data and their split, to compare `lists` or predictions, perhaps by features."""
    table, parts = split.table, split.parts
    print(f"Data: {source.description}")
    users, items, train, cold = len(table.users), len(table.items), parts[0].train.nnz, splits.count_cold(parts)
    print(f"{users} {noun(users, 'user')}, {items} {noun(items, 'item')}")
    for note in split.notes:
        print(escaped(note))
    rating = "choice" if table.implicit else "rating"
    print(f"{train} {noun(train, rating)} to train on, {parts[0].held_out.nnz} held out"
          + (f", in each of {len(parts)} folds" if len(parts) > 1 else ""))
    if cold["ratings"] and not table.implicit:
        are = "rating is" if cold["ratings"] == 1 else "ratings are"
        print(f"Cold: {cold['ratings']} held-out {are} of users ({cold['users']}) or items ({cold['items']}) without a"
              " rating to train on" + ("; these get wide intervals, and user and item means predict them"
                                       + " unless an item has features" * featured) * (not lists))


def say_cold(result, work):
    """Print how features predict the items without ratings of measure.Jobs, and keep it in the result."""
    print(work[0].content.about())
    found = cold.judge(work)
    if found:
        form = digits(found["rmse_of_means"])
        featured = any(job.content.params for job in work)  # else the means predict
        print("RMSE on held-out ratings of items without a rating to train on: "
              + f"{found['rmse']:{form}} by features, " * featured
              + f"{found['rmse_of_means']:{form}} by the mean of each user")
        result["cold"] |= found
    else:
        print("No held-out rating is of an item without a rating to train on (--split items holds out whole items)")


def draw(folder, rows, part):
    """Draw the pictures of a finished comparison and return their paths."""
    families = {model.name: model.family for model in catalogue.MODELS}
    paths = [figures.bars(folder / PICTURES[0], rows, families)]
    params = next((row["params"] for row in rows if row["name"] == DENSITIES and "folds" not in row), None)
    if params:
        u, i, x = pairs(part.held_out)
        changes = {"tempered": {}, "not tempered": {"temper": 1.0, "fill_temper": 1.0}}
        distributions = {label: predictive.entries(regularized_em.rescaled(part.train, **params | change), u, i)
                         for label, change in changes.items()}
        paths.append(figures.calibration(folder / PICTURES[1], DENSITIES, distributions, x))
    return paths


def parse(argv):
    parser = Parser("evaluate", formatter_class=argparse.RawDescriptionHelpFormatter,
                    description="Compare models on held-out ratings, or their lists (--top), and name the one to use.",
                    epilog=f"models, the quick ones first:\n{catalogue.listed()}\n\n"
                           f"models of lists, for --top and --implicit:\n{catalogue.listed(LIST_MODELS)}\n\n"
                           "example:\n  %(prog)s ratings.csv --only effects als neural-side")
    sources.add_options(parser)
    features.add_options(parser)
    sources.add_implicit(parser)
    parser.add_argument("--data", metavar="PATH", help=f"with {sources.COURSE}: the folder with the course's files,"
                                                       " or netflix.tar.gz")
    share = real_number(lambda value: 0 < value < 1, "a share above 0 and below 1")
    split = parser.add_mutually_exclusive_group()
    split.add_argument("--test", metavar="FILE", help="hold out the ratings of this file; no model is fitted to"
                                                      " them, even if RATINGS also has them")
    split.add_argument("--hide", metavar="SHARE", type=share,
                       help=f"hold out this share of the ratings (default: {FRACTION}, or {FOLDS} folds if that is less"
                            f" than {FEW} ratings)")
    split.add_argument("--folds", metavar="N", type=whole_number(2, 100),
                       help="split the ratings into N parts and hold out one after the other; the table has the means"
                            " over the N folds, and the standard deviation of the RMSE")
    parser.add_argument("--split", choices=(*splits.KINDS, cold.ITEMS),
                        help="hold out the last ratings of each user by time (the share is that of --hide); the last"
                             " rating of each user; folds of new users, who are unknown to the models, with part of"
                             " their ratings; or all ratings of some items (the share is that of --hide)")
    parser.add_argument("--given", metavar="N", type=whole_number(1, 10**6),
                        help="with --split users: how many ratings of a new user are known (default: half of them)")
    parser.add_argument("--seed", metavar="S", type=whole_number(0, 2**31), help="the seed of --hide, --folds or"
                                                                                 " --split (default: 0)")
    parser.add_argument("--top", metavar="N", type=whole_number(1, 1000),
                        help="compare lists of N items instead of predicted ratings (default with --implicit: 10)")
    parser.add_argument("--liked", metavar="X", type=real_number(math.isfinite, "a finite rating"),
                        help="with --top: an item is relevant if its held-out rating is X or higher (default: the mean"
                             " rating)")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="compare only these models")
    parser.add_argument("--json", metavar="FILE", help="also write the table as JSON, and update it after each model")
    parser.add_argument("--page", metavar="FILE", help="also write the table as a page that you can sort (HTML)")
    parser.add_argument("--figures", metavar="DIR", help="also draw pictures of the table in this folder")
    options = parser.parse_args(argv)
    options.top = options.top or (LENGTH if options.implicit else None)
    if options.test is not None and options.seed is not None:
        parser.error("--seed has no use with --test, which draws nothing")
    whole_items = cold.ITEMS if options.split == cold.ITEMS else None
    for given, needed, without in ((options.given, options.split == splits.USERS, "--given is for --split users"),
                                   (options.liked, options.top, "--liked is for --top"),
                                   (options.liked, not options.implicit, "--liked is for ratings, not for choices"),
                                   (options.test, options.split is None, "--test and --split are two splits"),
                                   (options.hide, options.split in (None, splits.TIME, cold.ITEMS), "--hide is no part"
                                    f" of --split {options.split}"),
                                   (options.folds, options.split in (None, splits.USERS), "--folds is no part of"
                                    f" --split {options.split}"),
                                   (options.items, options.split != splits.USERS, "--items is not for --split users"),
                                   (options.items or whole_items, not options.top, "--items and --split items are for"
                                    " predicted ratings, not for lists"),
                                   (options.figures, not options.top, "there are no pictures of lists; use --page")):
        if given is not None and not needed:
            parser.error(without)
    if options.data is not None and options.ratings != sources.COURSE:
        parser.error(f"--data is the place of the course's files; use it with {sources.COURSE} alone")
    return options


def split_of(options, table, report):
    """Return the splits.Split of a table, as the options say."""
    if options.split == cold.ITEMS:
        return cold.split(table, options.seed or 0, options.hide)
    test = formats.read(options.test, report, sources.told(options)) if options.test is not None else None
    return splits.split(table, options.seed or 0, test, options.test, options.folds, options.hide, options.split,
                        options.given)


def main(argv=None):
    options = parse(argv)
    chosen = lists.select(options.only, options.implicit) if options.top else catalogue.select(options.only)
    inputs = sources.may_read(options.ratings, options.data)
    inputs += [path for each in (options.test, options.items) if each for path in sources.may_read(each)]
    folder = options.figures and Path(options.figures)
    check_outputs([*pictures_in(folder, PICTURES), ("--json", options.json, JSON), ("--page", options.page, HTML)],
                  inputs, CHECKSUMS)
    with Progress() as progress:
        source = sources.read(options.ratings, progress, sources.told(options), options.data)
        split = split_of(options, source.table, progress)
    if options.top:
        return of_lists(options, source, split, chosen)
    chosen = catalogue.usable(chosen, split.table.times, options.only is not None)
    items = features.asked(options, split.table.items)
    if items:
        split = split._replace(notes=(*split.notes, features.said(options, items, split.table.items)))
    result = run(source, split, chosen, folder,
                 lambda result: options.json and write_json(options.json, catalogue.for_json(result)),
                 items and items.of(split.table.items))
    if options.json is not None:
        print(f"table: {escaped(options.json)}")
    if options.page is not None:
        pages.write(options.page, comparison(result, f"Which model predicts {options.ratings}"))
        print(f"page: {escaped(options.page)}")
    if options.data is None and options.split != cold.ITEMS and result["best"] != "constant":
        print(f"Fit {result['best']} to all ratings: {fit_command(options, result['best'])}")
        row = next(row for row in result["models"] if row["name"] == result["best"])
        if any(model.timed and model.name in (row["name"], *row["params"]) for model in catalogue.MODELS):
            print("Here it used the time of each held-out rating. A model file predicts for now, and less well")
    return 0


def of_lists(options, source, split, names):
    """Compare lists, and write what the options ask for."""
    work = lists.jobs(split, options.top, options.liked, options.implicit)
    described = lists.about(work)
    say(source, split, lists=True)
    lists.say(described, options.liked)
    result = lists.run(work, names, about(split) | {"lists": described},
                       lambda result: options.json and write_json(options.json, result))
    if options.json is not None:
        print(f"table: {escaped(options.json)}")
    if options.page is not None:
        pages.write(options.page, page_of_lists(result, f"Whose lists are good for {options.ratings}"))
        print(f"page: {escaped(options.page)}")
    if options.implicit:
        print(f"Fit {result['best']} to all choices: {fit_command(options, result['best'])}")
    elif result["best"] in [model.name for model in catalogue.MODELS]:
        print(f"Fit {result['best']} to all ratings: {fit_command(options, result['best'])}")
    else:
        print(f"`suggest --for top` orders by a list model, which fit chooses: {fit_command(options)}")
    return 0


def fit_command(options, model=None):
    """Return the command that fits a model to the same ratings; None: the default model."""
    words = [options.ratings, *(["--model", model] if model else []), "--out", "model.npz", *sources.words(options),
             *features.option_words(options)]
    return escaped(f"{program_name()} fit {shlex.join(words)}")
