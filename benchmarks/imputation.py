"""How well gapmix fills gaps, beside scikit-learn's imputers, on the tables that scikit-learn ships with.

    pip install -r gapmix/requirements.txt
    python -m benchmarks.imputation

10, 30 and 50 % of a table are hidden: at random, or not at random, where large entries are hidden more often. gapmix is
what `gapmix.select` chooses by its defaults. Three figures:

- RMSE of the hidden entries, in standard deviations of their columns.
- The mean log density of a hidden entry given its row's other entries, columns standardised, under a mixture fitted to
  the table with gaps. Imputers have no density: scikit-learn's GaussianMixture is fitted to what they have filled, its
  number of components (1 to 6) and kind of covariance by BIC.
- CPU seconds to fit and fill.
"""

if __name__ == "__main__":
    from console import interrupts

    interrupts.end_at_once()

import sys
import time
import warnings

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

import gapmix
from benchmarks.processes import in_process
from benchmarks.timing import Table, short
from console import InputError, Parser, run_program, whole_number
from console.outputs import check_outputs, write_json

TABLES = ("iris", "wine", "breast_cancer", "diabetes", "digits")
SHARES = (0.1, 0.3, 0.5)
MECHANISMS = ("at random", "not at random")
METHODS = ("gapmix", "KNNImputer", "IterativeImputer", "column mean")


def standardised(name):
    """Return a table of scikit-learn's, columns standardised; those that are constant are left out."""
    from sklearn import datasets

    X = getattr(datasets, f"load_{name}")().data
    X = X[:, X.std(axis=0) > 0]
    return (X - X.mean(axis=0)) / X.std(axis=0)


def hidden(X, share, mechanism, random):
    """Return which entries of X (n, d) are hidden; not at random, each with odds that rise by e^2 a unit of it."""
    if mechanism == "at random":
        return random.random(X.shape) < share
    offset = [brentq(lambda b, x=x: expit(2 * x + b).mean() - share, -100, 100) for x in X.T]
    return random.random(X.shape) < expit(2 * X + offset)


def filled(method, X, seed):
    """Return X with its gaps filled by a method, and the mixture that says how sure they are, or None."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

    if method == "gapmix":
        chosen = gapmix.select(X, random_state=seed, keep_empty_features=True)
        return chosen.transform(X), chosen
    make = {"KNNImputer": KNNImputer, "IterativeImputer": lambda **more: IterativeImputer(random_state=seed, **more),
            "column mean": SimpleImputer}[method]
    return make(keep_empty_features=True).fit_transform(X), None


def by_bic(X, seed):
    """Return scikit-learn's GaussianMixture of complete data that BIC finds best."""
    from sklearn.mixture import GaussianMixture

    tried = [GaussianMixture(K, covariance_type=kind, random_state=seed).fit(X)
             for kind in ("full", "tied", "diag", "spherical") for K in range(1, 7)]
    return min(tried, key=lambda one: one.bic(X))


def log_density(X, gaps, fitted):
    """Return the mean log density of a hidden entry given its row's others: log p(row) - log p(its known entries)."""
    mixture = gapmix.Mixture(fitted.weights_, fitted.means_, fitted.covariances_, fitted.covariance_type)
    whole, known = (gapmix.responsibilities(Y, mixture)[1].sum() for Y in (X, np.where(gaps, np.nan, X)))
    return (whole - known) / gaps.sum()


def measure(name, share, mechanism, seed):
    """Return {method: (RMSE, log density, seconds)}."""
    warnings.simplefilter("ignore")  # of iterations that were not enough: the defaults are compared
    X, results = standardised(name), {}
    gaps = hidden(X, share, mechanism, np.random.default_rng(seed))
    for method in METHODS:
        start = time.process_time()
        Y, mixture = filled(method, np.where(gaps, np.nan, X), seed)
        seconds = time.process_time() - start
        rmse = np.sqrt(np.mean((Y - X)[gaps] ** 2))
        results[method] = float(rmse), float(log_density(X, gaps, mixture or by_bic(Y, seed))), seconds
    return results


def best(values, sign):
    """Return whether the first method of (seeds, methods) is best, or within a standard error of the one that is.

    The standard error is of the difference, seed by seed. sign is 1 where larger is better, or -1.
    """
    other = 1 + np.argmax(sign * values[:, 1:].mean(axis=0))
    behind = sign * (values[:, other] - values[:, 0])
    return bool(behind.mean() <= behind.std(ddof=1) / np.sqrt(len(behind)) if len(behind) > 1 else behind.mean() <= 0)


def cells(values):
    return [f"{short(mean)} ± {short(sd)}" for mean, sd in zip(values.mean(axis=0), values.std(axis=0), strict=True)]


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=whole_number(1, 1000), default=10, metavar="N",
                        help="times each case is drawn (default: 10)")
    parser.add_argument("--only", choices=TABLES, nargs="+", default=TABLES, metavar="TABLE",
                        help=f"some of the tables: {', '.join(TABLES)}")
    parser.add_argument("--json", metavar="FILE", help="write every figure of every seed to FILE")
    args = parser.parse_args(argv)
    check_outputs(args.json)
    try:
        import sklearn
    except ImportError:
        raise InputError("scikit-learn is not installed: pip install -r gapmix/requirements.txt") from None
    print(f"scikit-learn {sklearn.__version__}; means ± standard deviations of {args.seeds} seeds\n", flush=True)
    rows = []
    heading = "table".ljust(14), "hidden".ljust(18), "", *(method.rjust(15) for method in METHODS), "gapmix best"
    shown, wins = Table(*heading, first=14), np.zeros((2, 2), int)
    for name in args.only:
        for m, mechanism in enumerate(MECHANISMS):
            for share in SHARES:
                found = [in_process(1, measure, name, share, mechanism, seed) for seed in range(args.seeds)]
                values = np.array([[each[method] for method in METHODS] for each in found])
                leads = best(values[:, :, 0], -1), best(values[:, :, 1], 1)
                wins[m] += leads
                what = name, f"{share:.0%} {mechanism}"
                shown.row(*what, "RMSE", *cells(values[:, :, 0]), "yes" if leads[0] else "no")
                shown.row(*what, "log density", *cells(values[:, :, 1]), "yes" if leads[1] else "no")
                shown.row(*what, "seconds", *(f"{each:.2g}" for each in values[:, :, 2].mean(axis=0)), "")
                rows += [{"table": name, "share": share, "mechanism": mechanism, "seed": seed, **each}
                         for seed, each in enumerate(found)]
    cases = len(args.only) * len(SHARES)
    print("\ngapmix is best, or within a standard error of the best:")
    for mechanism, (rmse, density) in zip(MECHANISMS, wins, strict=True):
        print(f"{mechanism}: RMSE in {rmse} of {cases} cases, log density in {density}")
    if args.json:
        write_json(args.json, rows)
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
