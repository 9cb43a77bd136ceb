"""Fits one model to all ratings and writes it to a file: `python -m recommender fit RATINGS --out MODEL`.

Held-out ratings choose its hyper-parameters and calibrate its intervals. Then it is fitted to all ratings.
"""

from pathlib import Path

from console import Parser, Progress, check_outputs, digits, escaped, noun
from data.course import CHECKSUMS
from recommender import catalogue, model_file, predictor, sources, splits
from recommender.choosing import describe
from recommender.holdout import VALIDATION_SEED, score

DEFAULT = "als"  # takes seconds, the file is small, and fold_in finds what a refit would


def parse(argv):
    parser = Parser("fit", description="Fit one model to all ratings and write it to a file.",
                    epilog="evaluate finds the model that predicts your ratings best; its --help lists all models."
                           f" {DEFAULT} takes seconds, writes a small file, and adds new users exactly; bayesian-side"
                           " predicts better and takes minutes.")
    sources.add_options(parser)
    parser.add_argument("--model", metavar="NAME", default=DEFAULT, help="one of evaluate's models (%(default)s)")
    parser.add_argument("--out", metavar="MODEL", required=True, help="the model file to write")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    (model,) = catalogue.select([options.model])
    check_outputs([("--out", options.out, model_file.KIND)], sources.may_read(options.ratings), CHECKSUMS)
    with Progress() as progress:
        source = sources.read(options.ratings, progress, sources.told(options))
    table = source.table
    print(f"Data: {source.description}")
    sizes = {"user": len(table.users), "item": len(table.items), "rating": table.X.nnz}
    print(", ".join(f"{number} {noun(number, one)}" for one, number in sizes.items()), flush=True)
    _, held_out = splits.held_out(table.X, VALIDATION_SEED, to="choose hyper-parameters")
    with Progress(model.name) as progress:
        fit, fitted = predictor.train(model, table.X, table.scale, progress)
    rmse = score(fit.validation, held_out.data, table.scale)
    chosen = ", the same that chose these settings" if fit.params else ""
    print(f"{model.name}: {describe(fit.params) or 'nothing to choose'}; RMSE"
          f" {rmse:{digits(rmse)}} on {held_out.nnz} held-out {noun(held_out.nnz, 'rating')}{chosen}")
    model_file.write(options.out, model_file.Saved(model.name, fit.params, table, fitted))
    print(f"model: {escaped(options.out)}, {Path(options.out).stat().st_size / 1000:,.0f} kB")
    return 0
