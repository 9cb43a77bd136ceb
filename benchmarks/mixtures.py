"""An iteration of gapmix on tables with gaps, beside scikit-learn's on complete ones, tgmm's and pomegranate's.

    pip install -r gapmix/requirements.txt
    pip install -r benchmarks/requirements_torch.txt    # tgmm and pomegranate, which need PyTorch
    python -m benchmarks.mixtures

Times are CPU seconds of whole fits, set-up included, divided by their iterations. scikit-learn gets the table before
its entries were hidden. pomegranate has diagonal covariances only.
"""

import statistics
import sys
import time
import warnings
from typing import NamedTuple
from unittest import mock

import numpy as np

from benchmarks.processes import in_process
from benchmarks.timing import Table, in_turn, installed, need_scikit_learn, parser, ratios, short
from console import JSON, check_outputs, run_program, whole_number, write_json
from console.memory import memory_beyond

K = 5


class Case(NamedTuple):
    """A table, and how many iterations are done on it."""

    n: int
    d: int
    share: float  # of the entries that are hidden
    iterations: int = 10
    peers: tuple = ()  # contenders that are too slow for every case
    kind: str = "full"  # of covariances

    def __str__(self):
        return f"{self.n:,} x {self.d}, {self.share:.0%} gaps{', diagonal' * (self.kind == 'diag')}"


CASES = [Case(10_000, 30, 0.2, peers=("tgmm",)), Case(10_000, 30, 0.2, peers=("pomegranate",), kind="diag"),
         Case(100_000, 10, 0.2), Case(100_000, 30, 0.5, iterations=3), Case(10_000, 30, 0), Case(100_000, 10, 0)]
LARGE = Case(1_000_000, 10, 0.2, iterations=2)


def table(case, seed=0):
    """Return rows (n, d) of K overlapping correlated components, with gaps and without."""
    random = np.random.default_rng(seed)
    roots = np.eye(case.d) + random.normal(size=(K, case.d, case.d)) / np.sqrt(case.d)
    component = random.integers(K, size=case.n)
    X = random.normal(size=(case.n, case.d))
    for k in range(K):
        X[component == k] = X[component == k] @ roots[k] + random.normal(size=case.d)
    return np.where(random.random(X.shape) < case.share, np.nan, X), X


def common(case, complete):
    """Return the arguments that gapmix and scikit-learn share."""
    unit = np.ones((K, case.d)) if case.kind == "diag" else np.tile(np.eye(case.d), (K, 1, 1))
    return {"n_components": K, "covariance_type": case.kind, "weights_init": np.full(K, 1 / K), "tol": 0,
            "means_init": complete[:K], "precisions_init": unit, "max_iter": case.iterations}


def ours(case, X, complete):
    import gapmix

    return gapmix.GaussianMixture(**common(case, complete)).fit(X)


def without_numba(case, X, complete):
    from gapmix import kernels

    with mock.patch.object(kernels, "LARGE", np.inf):  # no table is large enough to compile for
        return ours(case, X, complete)


def scikit_learn(case, X, complete):
    from sklearn.mixture import GaussianMixture

    return GaussianMixture(init_params="random_from_data", random_state=0, **common(case, complete)).fit(complete)


def tgmm(case, X, complete):
    import torch
    from tgmm import GaussianMixture

    return GaussianMixture(K, case.d, case.kind, max_iter=case.iterations, tol=1e-12, missing="em", device="cpu",
                           init_means=torch.tensor(complete[:K]), init_covariances="eye").fit(torch.tensor(X))


def pomegranate(case, X, complete):
    import torch
    from pomegranate.distributions import Normal
    from pomegranate.gmm import GeneralMixtureModel

    parts = [Normal(mu, np.ones(case.d), covariance_type="diag") for mu in complete[:K].astype(np.float32)]
    given = torch.masked.MaskedTensor(torch.tensor(X, dtype=torch.float32), mask=torch.tensor(~np.isnan(X)))
    return GeneralMixtureModel(parts, max_iter=case.iterations, tol=-np.inf).fit(given)


def contenders(case):
    """Return {name: (function, its case)} of those that take part and are installed; gapmix comes first."""
    found = {"gapmix": (ours, case)}
    if case.share > 0 and case.kind == "full" and installed("numba"):
        found["gapmix without numba"] = without_numba, case
    found["scikit-learn, complete"] = scikit_learn, case
    if "tgmm" in case.peers and installed("tgmm"):
        found["tgmm"] = tgmm, case._replace(iterations=3)
    if "pomegranate" in case.peers and installed("pomegranate"):
        found["pomegranate"] = pomegranate, case
    return found


def measure(case, repeat):
    """Return {name: (median seconds an iteration, Quartiles of its time over gapmix's)}."""
    def seconds(contender):
        function, own = contender
        begin = time.process_time()
        function(own, X, complete)
        return (time.process_time() - begin) / own.iterations

    warnings.simplefilter("ignore")  # that iterations were not enough, and PyTorch's that masks are a prototype
    X, complete = table(case)
    found = contenders(case)
    times = in_turn(list(found.values()), repeat, seconds)
    return {name: (statistics.median(each), ratios(each, times[0])) for name, each in zip(found, times, strict=True)}


def memory(case):
    """Return the peak memory of a fit, its start by K-means included, beyond its table, in tables."""
    import gapmix

    warnings.simplefilter("ignore")
    X = table(case)[0]
    mixture = gapmix.GaussianMixture(K, max_iter=case.iterations, random_state=0)
    mixture.fit(X[:50_000])  # so that what is loaded once is not counted
    with memory_beyond() as beyond:
        mixture.fit(X)
        return beyond() / X.nbytes


def main(argv=None):
    cases = dict(enumerate([*CASES, LARGE], 1))
    options = parser(__doc__, repeat=5)
    options.add_argument("--only", type=whole_number(1, len(cases)), nargs="+", default=cases, metavar="N",
                         help="some of the cases, by number: "
                              + "; ".join(f"{i} {case}" for i, case in cases.items()).replace("%", "%%"))
    options.add_argument("--json", metavar="FILE", help="write the figures to FILE")
    args = options.parse_args(argv)
    check_outputs([("--json", args.json, JSON)])
    need_scikit_learn("gapmix/requirements.txt")
    for name in ("numba", "tgmm", "pomegranate"):
        if not installed(name):
            print(f"{name} is not installed: its rows are left out")
    print(f"K = {K}; medians of up to {args.repeat}, with quartiles\n")
    shown, rows = Table("", "".ljust(22), "s an iteration", "x as long as gapmix", first=36), []
    for case in [case for i, case in cases.items() if i in args.only and i < len(cases)]:
        for name, (median, beside) in in_process(1, measure, case, args.repeat).items():
            shown.row(case, name, median, "" if name == "gapmix" else beside)
            rows.append({"case": str(case), "name": name, "seconds": median, "times": beside})
    if len(cases) in args.only:
        beyond = in_process(1, memory, LARGE)
        print(f"\n{LARGE}: a fit takes {short(beyond)} x the memory of the table besides it")
        rows.append({"case": str(LARGE), "name": "gapmix", "memory": beyond})
    if args.json:
        write_json(args.json, rows)
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
