"""Fits one model to all ratings and writes it to a file: `python -m recommender fit RATINGS --out MODEL`.

Its hyper-parameters are chosen, and its intervals calibrated, on ratings hidden from it; then it is fitted to all.
"""

from pathlib import Path

from console import Parser, Progress, check_outputs, digits, escaped, noun
from data.course import CHECKSUMS
from recommender import catalogue, model_file, predictor, sources, splits
from recommender.holdout import INNER_SEED, describe, score

DEFAULT = "als"  # in seconds, in a small file, and a new user's fold-in is exact: what a refit would have found


def parse(argv):
    parser = Parser("fit", description="Fit one model to all ratings and write it to a file.",
                    epilog="evaluate says which model predicts your ratings best, and lists them with --help."
                           f" {DEFAULT} takes seconds, makes a small file, and learns new users exactly; bayesian-side"
                           " predicts better, and takes minutes.")
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
    _, hidden = splits.held_out(table.X, INNER_SEED, to="choose hyper-parameters")
    with Progress(model.name) as progress:
        fit, fitted = predictor.train(model, table.X, table.scale, progress)
    rmse = score(fit.inner, hidden.data, table.scale)
    print(f"{model.name}: {describe(fit.params) or 'nothing to choose'}; RMSE"
          f" {rmse:{digits(rmse)}} on {hidden.nnz} hidden"
          f" {noun(hidden.nnz, 'rating')}, by which this was chosen")
    model_file.write(options.out, model_file.Saved(model.name, fit.params, table, fitted))
    print(f"model: {escaped(options.out)}, {Path(options.out).stat().st_size / 1000:,.0f} kB")
    return 0
