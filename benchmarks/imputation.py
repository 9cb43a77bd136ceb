"""How well gapmix fills gaps, beside scikit-learn's imputers, on the tables that scikit-learn ships with.

    pip install -r gapmix/requirements.txt
    python -m benchmarks.imputation

docs/gapmix.md says what is hidden and measured. Imputers have no density: it comes from scikit-learn's GaussianMixture,
fitted to the table that they have filled, with 1 to 6 components by BIC.
"""

import itertools
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

import gapmix
from benchmarks import drawings
from benchmarks.processes import in_process
from benchmarks.timing import Table, need_scikit_learn
from console import JSON, Parser, check_outputs, pictures_in, run_program, whole_number, write_figure, write_json

TABLES = ("iris", "wine", "breast_cancer", "diabetes", "digits")
SHARES = (0.1, 0.3, 0.5)
MECHANISMS = ("at random", "not at random")
METHODS = ("gapmix", "KNNImputer", "IterativeImputer", "column mean")


def standardised(name):
    """Return a table of scikit-learn's with standardised columns, without the constant ones."""
    from sklearn import datasets

    X = getattr(datasets, f"load_{name}")().data
    X = X[:, X.std(axis=0) > 0]
    return (X - X.mean(axis=0)) / X.std(axis=0)


def hidden(X, share, mechanism, random):
    """Return which entries of X (n, d) are hidden. Not at random, the odds of being hidden rise by e^2 a unit."""
    if mechanism == "at random":
        return random.random(X.shape) < share
    offset = [brentq(lambda b, x=x: expit(2 * x + b).mean() - share, -100, 100) for x in X.T]
    return random.random(X.shape) < expit(2 * X + offset)


def filled(method, X, seed):
    """Return X with its gaps filled by a method, and gapmix's fitted mixture; None for the others."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

    if method == "gapmix":
        chosen = gapmix.select(X, random_state=seed, keep_empty_features=True)
        return chosen.transform(X), chosen
    make = {"KNNImputer": KNNImputer, "IterativeImputer": lambda **more: IterativeImputer(random_state=seed, **more),
            "column mean": SimpleImputer}[method]
    return make(keep_empty_features=True).fit_transform(X), None


def by_bic(X, seed):
    """Return the GaussianMixture of scikit-learn that BIC chooses for complete data."""
    from sklearn.mixture import GaussianMixture

    return min((GaussianMixture(K, random_state=seed).fit(X) for K in range(1, 7)), key=lambda one: one.bic(X))


def log_density(X, gaps, fitted):
    """Return the mean log density of a hidden entry given its row's others: log p(row) - log p(its known entries)."""
    mixture = gapmix.Mixture(fitted.weights_, fitted.means_, fitted.covariances_, fitted.covariance_type)
    whole, known = (gapmix.responsibilities(Y, mixture)[1].sum() for Y in (X, np.where(gaps, np.nan, X)))
    return (whole - known) / gaps.sum()


def measure(X, gaps, seed):
    """Return {method: (RMSE, log density, seconds)} of X (n, d), of which gaps (n, d) are hidden."""
    results = {}
    for method in METHODS:
        start = time.process_time()
        Y, mixture = filled(method, np.where(gaps, np.nan, X), seed)
        seconds = time.process_time() - start
        rmse = float(np.sqrt(np.mean((Y - X)[gaps] ** 2)))
        results[method] = rmse, float(log_density(X, gaps, mixture or by_bic(Y, seed))), seconds
    return results


def cases(name, share, mechanism, seeds):
    """Return a row for each seed: the case, and for each method what `measure` returns."""
    warnings.simplefilter("ignore")  # of too few iterations: the defaults are compared
    X = standardised(name)
    return [{"table": name, "share": share, "mechanism": mechanism, "seed": seed,
             **measure(X, hidden(X, share, mechanism, np.random.default_rng(seed)), seed)} for seed in range(seeds)]


def leads(values, sign):
    """Return whether the first method of (seeds, methods) is best, or within a standard error of the best.

    The standard error is of the difference, seed by seed. sign is 1 if larger is better, otherwise -1.
    """
    other = 1 + np.argmax(sign * values[:, 1:].mean(axis=0))
    behind = sign * (values[:, other] - values[:, 0])
    error = behind.std(ddof=1) / np.sqrt(len(behind)) if len(behind) > 1 else 0.0
    return bool(behind.mean() <= error)


def report(table, rows):
    """Print the rows of one case; return whether gapmix leads in RMSE and in log density."""
    values = np.array([[row[method] for method in METHODS] for row in rows])
    first = leads(values[:, :, 0], -1), leads(values[:, :, 1], 1)
    what = rows[0]["table"], f"{rows[0]['share']:.0%} {rows[0]['mechanism']}"
    for k, figure in enumerate(("RMSE", "log density")):
        cells = [f"{mean:.3g} ± {sd:.2g}" for mean, sd in
                 zip(values[:, :, k].mean(axis=0), values[:, :, k].std(axis=0), strict=True)]
        table.row(*what, figure, *cells, "yes" if first[k] else "no")
    table.row(*what, "seconds", *(f"{each:.2g}" for each in values[:, :, 2].mean(axis=0)), "")
    return first


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=whole_number(1, 1000), default=10, metavar="N",
                        help="how often each case is drawn (default: 10)")
    parser.add_argument("--only", choices=TABLES, nargs="+", default=TABLES, metavar="TABLE",
                        help=f"some of the tables: {', '.join(TABLES)}")
    parser.add_argument("--json", metavar="FILE", help="write every figure of every seed to FILE")
    parser.add_argument("--figures", metavar="DIR", help="draw the pictures of docs/gapmix.md")
    args = parser.parse_args(argv)
    folder = args.figures and Path(args.figures)
    check_outputs([*pictures_in(folder, (drawings.CONDITIONAL, drawings.IMPUTATION)), ("--json", args.json, JSON)])
    need_scikit_learn("gapmix/requirements.txt")
    print(f"means ± standard deviations of {args.seeds} seeds\n")
    heading = "hidden".ljust(18), "figure".ljust(11), *(name.rjust(15) for name in METHODS), "gapmix leads"
    table = Table("table", *heading, first=14)
    rows, first = [], {mechanism: [] for mechanism in MECHANISMS}
    for name, mechanism, share in itertools.product(args.only, MECHANISMS, SHARES):
        found = in_process(1, cases, name, share, mechanism, args.seeds)
        first[mechanism].append(report(table, found))
        rows += found
    print("\nCases in which gapmix is best, or within a standard error of the best:")
    for mechanism, each in first.items():
        rmse, density = np.sum(each, axis=0)
        print(f"hidden {mechanism}: RMSE {rmse} of {len(each)}, log density {density}")
    if args.json:
        write_json(args.json, rows)
    if folder:
        write_figure(folder / drawings.CONDITIONAL, drawings.draw_conditional(), dpi=90)
        write_figure(folder / drawings.IMPUTATION, drawings.draw_imputation(rows, METHODS), dpi=90)
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
