"""Compares models on held-out ratings of anybody's data: `python -m recommender evaluate RATINGS`.

Every model gets the training ratings alone. It chooses its hyper-parameters on a validation split of them and is fitted
again to all of them. Only then it predicts the held-out ratings. Predictions are clipped to the scale of the ratings.
With a complete matrix (the course's, the sample's) the table has the course's RMSE, too: predictions fill the gaps, and
the filled matrix is compared with the complete one. If that holds true ratings, it also has the RMSE over all gaps.
"""

from pathlib import Path

import pages
from console import (
    HTML,
    JSON,
    Parser,
    Progress,
    check_outputs,
    escaped,
    noun,
    pictures_in,
    real_number,
    whole_number,
    write_json,
)
from data.course import CHECKSUMS
from recommender import catalogue, figures, formats, sources, splits, tables
from recommender.holdout import FRACTION, VALIDATION_SEED
from recommender.measure import DENSITIES, Job, compare
from recommender.models import predictive, regularized_em
from recommender.page import comparison
from recommender.sparse import pairs

PICTURES = ("comparison.png", "calibration.png")


def about(split):
    """Return the JSON file's description of the ratings and their split; the sizes are those of the first fold."""
    table, first = split.table, split.parts[0]
    return {"ratings": {"users": len(table.users), "items": len(table.items), "train": int(first.train.nnz),
                        "hidden": int(first.held_out.nnz), "scale": [table.scale.low, table.scale.high],
                        "step": table.scale.step},
            "split": split.how | {"inner_seed": VALIDATION_SEED, "inner_fraction": FRACTION},
            "cold": splits.count_cold(split.parts), "models": []}


def run(source, split, chosen, folder=None, save=lambda result: None):
    """Compare the models on all parts of a split, print the table as it grows, and return the result for JSON.

    Args:
        source: sources.Source.
        split: splits.Split of its ratings.
        chosen: catalogue.Models.
        folder: Path for the pictures, or None.
        save: called with the result after each model.

    Raises:
        InputError: there are too few ratings to choose hyper-parameters.
    """
    say(source, split)
    for part in split.parts:
        splits.held_out(part.train, VALIDATION_SEED, to="choose hyper-parameters")
    complete = None if split.how["kind"] == "file" else source.complete  # a file may have other users
    result, rows = about(split), {model.name: [] for model in chosen}
    for number, part in enumerate(split.parts, 1):
        print(f"\nFold {number} of {len(split.parts)}" if len(split.parts) > 1 else "")
        for row in compare(Job(part.train, part.held_out, split.table.scale, complete), chosen):
            rows[row["name"]].append(row)
            if row["name"] == chosen[0].name:
                print(tables.heading([row]))
            print(tables.line(row), flush=True)
            result["models"] = [tables.over_folds(of) if len(split.parts) > 1 else of[0] for of in rows.values() if of]
            save(result)
    close(result, split.parts[0], folder)
    return result


def say(source, split):
    """Print a description of the data and their split."""
    table, parts = split.table, split.parts
    print(f"Data: {source.description}")
    users, items, train, cold = len(table.users), len(table.items), parts[0].train.nnz, splits.count_cold(parts)
    print(f"{users} {noun(users, 'user')}, {items} {noun(items, 'item')}")
    for note in split.notes:
        print(escaped(note))
    print(f"{train} {noun(train, 'rating')} to train on, {parts[0].held_out.nnz} held out"
          + (f", in each of {len(parts)} folds" if len(parts) > 1 else ""))
    if cold["ratings"]:
        are = "rating is" if cold["ratings"] == 1 else "ratings are"
        print(f"Cold: {cold['ratings']} held-out {are} of users ({cold['users']}) or items ({cold['items']}) without a"
              " rating to train on; user and item means predict these, with wide intervals")


def close(result, part, folder):
    """Print the sorted table, and draw the pictures of the part in `folder`, if there is one."""
    rows = sorted(result["models"], key=lambda row: row["rmse"])
    print("", *tables.finished(rows), sep="\n")
    if folder:
        for path in draw(folder, rows, part):
            print(f"picture: {escaped(path)}")


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
    parser = Parser("evaluate", description="Compare models on held-out ratings.",
                    epilog=catalogue.in_words())
    sources.add_options(parser)
    parser.add_argument("--data", metavar="PATH", help=f"with {sources.COURSE}: folder with the course's files, or"
                                                       " netflix.tar.gz")
    share = real_number(lambda value: 0 < value < 1, "a share above 0 and below 1")
    split = parser.add_mutually_exclusive_group()
    split.add_argument("--test", metavar="FILE", help="hold out the ratings of this file; models do not train on"
                                                      " those that RATINGS has, too")
    split.add_argument("--hide", metavar="SHARE", type=share, help=f"hold out this share of the ratings ({FRACTION})")
    split.add_argument("--folds", metavar="N", type=whole_number(2, 100),
                       help="hold out one N-th of the ratings after the other; print means and standard deviations")
    parser.add_argument("--seed", metavar="S", type=whole_number(0, 2**31), help="seed of --hide or --folds (0)")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="compare these models alone")
    parser.add_argument("--json", metavar="FILE", help="write the table to FILE after each model")
    parser.add_argument("--page", metavar="FILE", help="write the table as one page (HTML)")
    parser.add_argument("--figures", metavar="DIR", help="draw the table in this folder")
    options = parser.parse_args(argv)
    if options.test is not None and options.seed is not None:
        parser.error("--seed has no use with --test, which draws nothing")
    if options.data is not None and options.ratings != sources.COURSE:
        parser.error(f"--data is the place of the course's files; use it with {sources.COURSE} alone")
    return options


def split_of(options, table, report):
    """Return the splits.Split of a table, as the options say."""
    seed = options.seed or 0
    if options.test is not None:
        return splits.by_file(table, formats.read(options.test, report, sources.told(options)), options.test)
    if options.folds is not None:
        return splits.in_folds(table, options.folds, seed)
    fraction = FRACTION if options.hide is None else options.hide
    larger = "--hide 0.3, or " if fraction < 0.3 else ""
    return splits.by_share(table, fraction, seed, f"{larger}--folds 3, or more ratings")


def main(argv=None):
    options = parse(argv)
    chosen = catalogue.select(options.only)
    inputs = sources.may_read(options.ratings, options.data)
    inputs += sources.may_read(options.test) if options.test else []
    folder = options.figures and Path(options.figures)
    check_outputs([*pictures_in(folder, PICTURES), ("--json", options.json, JSON), ("--page", options.page, HTML)],
                  inputs, CHECKSUMS)
    with Progress() as progress:
        source = sources.read(options.ratings, progress, sources.told(options), options.data)
        split = split_of(options, source.table, progress)
    result = run(source, split, chosen, folder,
                 lambda result: options.json and write_json(options.json, catalogue.for_json(result)))
    if options.json is not None:
        print(f"table: {escaped(options.json)}")
    if options.page is not None:
        pages.write(options.page, comparison(result, f"Which model predicts {options.ratings}"))
        print(f"page: {escaped(options.page)}")
    return 0
