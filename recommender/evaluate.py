"""Compares models on ratings hidden from them, of anybody's data: `python -m recommender evaluate RATINGS`.

Every model is given the training ratings alone, chooses its hyper-parameters on an inner split of them, is refitted to
all of them, and only then meets the hidden ratings. Predictions are clipped to the scale that is found in the ratings.
Where there is a complete matrix (the course's, the sample's) the course's RMSE stands beside: the prediction filled
into the gaps, against the complete matrix; and, where that holds true ratings, the RMSE over all gaps.
"""

from pathlib import Path

import numpy as np

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
    real_number,
    whole_number,
    write_json,
)
from data.course import CHECKSUMS
from pages.comparison import comparison
from recommender import catalogue, figures, formats, sources, splits
from recommender.holdout import FRACTION, INNER_SEED, describe
from recommender.measure import DENSITIES, Job, compare
from recommender.models import baselines, predictive
from recommender.sparse import pairs

PICTURES = ("comparison.png", "calibration.png")
MEASURES = {"rmse": ("RMSE", 10, ""), "rmse_sd": ("+-", 10, ""), "mae": ("MAE", 10, ""),
            "coverage_90": ("in 90 %", 9, ".1%"), "gaps_rmse": ("all gaps", 10, ""), "course_rmse": ("course", 10, ""),
            "seconds": ("fit s", 8, ".1f"), "choosing_seconds": ("choose s", 9, ".1f"),
            "peak_mb": ("peak MB", 8, ".0f")}  # of a row, and their columns: head, width, format; "": as the RMSE's


def heading(rows):
    """Return the table's head; columns only of what the rows have."""
    columns = "".join(f"{head:>{width}}" for key, (head, width, _) in MEASURES.items() if key in rows[0])
    return f"{'model':<24}{columns}  hyper-parameters"


def line(row):
    """Return a row of the table as text."""
    columns = "".join(f"{row[key]:{width}{form or digits(row['rmse'])}}"
                      for key, (_, width, form) in MEASURES.items() if key in row)
    return f"{row['name']:<24}{columns}  {describe(row['params'])}"


def over_folds(rows):
    """Return one row of a model's rows, one a fold: means, the RMSE's standard deviation, and all of them."""
    params = {name: [row["params"].get(name) for row in rows] for row in rows for name in row["params"]}
    same = {name: values[0] if values.count(values[0]) == len(values) else values for name, values in params.items()}
    numbers = [key for key, value in rows[0].items() if isinstance(value, float)]
    means = {key: float(np.mean([row[key] for row in rows])) for key in numbers}
    spread = {"rmse_sd": float(np.std([row["rmse"] for row in rows], ddof=1))} if len(rows) > 1 else {}
    return {"name": rows[0]["name"], "params": same, **means, **spread, "folds": rows}


def about(split):
    """Return what the JSON file says of the ratings and how they were split; of folds the first one's sizes."""
    table, first = split.table, split.parts[0]
    return {"ratings": {"users": len(table.users), "items": len(table.items), "train": int(first.train.nnz),
                        "hidden": int(first.hidden.nnz), "scale": [table.scale.low, table.scale.high],
                        "step": table.scale.step},
            "split": split.how | {"inner_seed": INNER_SEED, "inner_fraction": FRACTION},
            "cold": splits.count_cold(split.parts), "models": []}


def run(source, split, chosen, folder=None, save=lambda result: None):
    """Compare the models on all parts of a split, and return the result for JSON; print the table as it grows.

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
        splits.held_out(part.train, INNER_SEED, to="choose hyper-parameters")
    complete = None if split.how["kind"] == "file" else source.complete  # a file may ask for others than it has
    result, rows = about(split), {model.name: [] for model in chosen}
    for number, part in enumerate(split.parts, 1):
        print(f"\nFold {number} of {len(split.parts)}" if len(split.parts) > 1 else "")
        for row in compare(Job(part.train, part.hidden, split.table.scale, complete), chosen):
            rows[row["name"]].append(row)
            if row["name"] == chosen[0].name:
                print(heading([row]))
            print(line(row), flush=True)
            result["models"] = [over_folds(of) if len(split.parts) > 1 else of[0] for of in rows.values() if of]
            save(result)
    close(result, split.parts[0], folder)
    return result


def say(source, split):
    """Print what the data are and how they are split."""
    table, parts = split.table, split.parts
    print(f"Data: {source.description}")
    users, items, train, cold = len(table.users), len(table.items), parts[0].train.nnz, splits.count_cold(parts)
    print(f"{users} {noun(users, 'user')}, {items} {noun(items, 'item')}")
    for note in split.notes:
        print(escaped(note))
    print(f"{train} {noun(train, 'rating')} to train on, {parts[0].hidden.nnz} hidden"
          + (f", in each of {len(parts)} folds" if len(parts) > 1 else ""))
    if cold["ratings"]:
        are = "rating is" if cold["ratings"] == 1 else "ratings are"
        print(f"Cold: {cold['ratings']} hidden {are} of users ({cold['users']}) or items ({cold['items']}) without a"
              " rating to train on; user and item means predict these, with a wide interval")


def close(result, part, folder):
    """Print the table sorted, and draw the pictures of the part in `folder`, where there is one."""
    rows = sorted(result["models"], key=lambda row: row["rmse"])
    folds = f", mean of {len(rows[0]['folds'])} folds and its standard deviation" if "folds" in rows[0] else ""
    print(f"\nSorted by RMSE on the hidden ratings{folds}:\n" + heading(rows))
    print("\n".join(map(line, rows)))
    own = next((row["coverage_of_densities"] for row in rows if "coverage_of_densities" in row), {})
    if own:
        print(f"\n{DENSITIES} alone, its own intervals not calibrated, holds of the hidden ratings: " + ", ".join(
            f"{share:.1%} in {float(level):.0%}" for level, share in own.items()))
    if folder:
        for path in draw(folder, rows, part):
            print(f"picture: {escaped(path)}")


def draw(folder, rows, part):
    """Draw the pictures of a finished comparison and return their paths."""
    families = {model.name: model.family for model in catalogue.MODELS}
    paths = [figures.bars(folder / PICTURES[0], rows, families)]
    params = next((row["params"] for row in rows if row["name"] == DENSITIES and "folds" not in row), None)
    if params:
        u, i, x = pairs(part.hidden)
        params = {name: value for name, value in params.items() if name != "effects"}
        changes = {"tempered": {}, "not tempered": {"temper": 1.0, "fill_temper": 1.0}}
        states = {label: catalogue.groups(part.train, **params | change, effects=baselines.effects)
                  for label, change in changes.items()}
        distributions = {label: predictive.entries(state, u, i) for label, state in states.items()}
        paths.append(figures.calibration(folder / PICTURES[1], DENSITIES, distributions, x))
    return paths


def parse(argv):
    parser = Parser("evaluate", description="Compare models on ratings hidden from them.",
                    epilog=catalogue.in_words())
    sources.add_options(parser)
    parser.add_argument("--data", metavar="PATH", help=f"with {sources.COURSE}: folder with the course's files, or"
                                                       " netflix.tar.gz")
    share = real_number(lambda value: 0 < value < 1, "a share above 0 and below 1")
    split = parser.add_mutually_exclusive_group()
    split.add_argument("--test", metavar="FILE", help="the ratings to hide; where RATINGS has them, too, they are taken"
                                                      " out of the training part")
    split.add_argument("--hide", metavar="SHARE", type=share, help=f"hide so many of the ratings ({FRACTION})")
    split.add_argument("--folds", metavar="N", type=whole_number(2, 100),
                       help="hide one N-th of the ratings after the other; means, and spread")
    parser.add_argument("--seed", metavar="S", type=whole_number(0, 2**31), help="of --hide or --folds (0)")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="these models alone")
    parser.add_argument("--json", metavar="FILE", help="write the table to FILE, anew after each model")
    parser.add_argument("--page", metavar="FILE", help="write the table as a page (HTML) of one file")
    parser.add_argument("--figures", metavar="DIR", help="draw the table as a picture in this folder")
    options = parser.parse_args(argv)
    if options.test is not None and options.seed is not None:
        parser.error("--seed has no use with --test, where nothing is drawn")
    if options.data is not None and options.ratings != sources.COURSE:
        parser.error(f"--data says where the course's files are; it goes with {sources.COURSE} alone")
    return options


def split_of(options, table, report):
    """Return the splits.Split of a table that the options ask for."""
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
    result = run(source, split, chosen, folder, lambda result: options.json and write_json(options.json, result))
    if options.json is not None:
        print(f"table: {escaped(options.json)}")
    if options.page is not None:
        shown = [row | {"params": describe(row["params"])} for row in result["models"]]
        pages.write(options.page, comparison(result | {"models": shown}, f"Which model predicts {options.ratings}"))
        print(f"page: {escaped(options.page)}")
    return 0
