"""How the cost of em.run grows with n, d, K and the share of ratings that are known, dense and sparse.

    python -m benchmarks.growth

CPU time is of an iteration, with one BLAS thread; memory is what a run takes beyond the ratings. The slope is the
exponent a of cost = c size^a.
"""

import statistics
import sys
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import em
from benchmarks.processes import in_process
from benchmarks.timing import Table, each_iteration, in_turn, parser, peak_bytes, short, slope
from common import init
from console import run_program
from data import sample

ITERATIONS = 8  # that are timed


class Case(NamedTuple):
    """One size."""

    n: int = 2000
    d: int = 1000
    K: int = 8
    known: float = 0.8  # share of the ratings


class Axis(NamedTuple):
    """What is doubled, and the formula's slopes.

    Time is of n d K multiplications, memory of n (d + K) numbers; where sparse, n d counts known ratings only.
    """

    name: str
    sizes: tuple
    time: str
    memory: str


DENSE = [Axis("n", (1000, 2000, 4000, 8000), "1", "1"), Axis("d", (500, 1000, 2000, 4000), "1", "1"),
         Axis("K", (8, 16, 32, 64), "1", "0 to 1"), Axis("known", (0.1, 0.2, 0.4, 0.8), "0", "0")]
SPARSE = [*DENSE[:3], Axis("known", (0.05, 0.1, 0.2, 0.4), "1", "1")]
STORAGES = {"dense": (DENSE, Case(), np.asarray), "sparse": (SPARSE, Case(known=0.1), csr_array)}


def measure(axis, base, stored, repeat):
    """Return the CPU seconds of an iteration, and the bytes of memory that a run takes, at each of an axis' sizes."""
    cases = [base._replace(**{axis.name: size}) for size in axis.sizes]
    ratings = [stored(sample.ratings(case.n, case.d, observed=case.known)[0]) for case in cases]
    runs = [partial(em.run, X, init(X, case.K)[0]) for X, case in zip(ratings, cases, strict=True)]
    times = in_turn(runs, repeat, lambda run: np.median(each_iteration(run, ITERATIONS)[:, 1]))
    return [*map(statistics.median, times)], [peak_bytes(partial(each_iteration, run, 1)) for run in runs]


def main(argv=None):
    args = parser(__doc__, repeat=5).parse_args(argv)
    for name, (_, base, _) in STORAGES.items():
        print(f"{name}: n = {base.n}, d = {base.d}, K = {base.K}, {base.known:.0%} known, if not doubled")
    print()
    table = Table("", "doubled".ljust(26), "CPU ms an iteration", "slope", "formula", "MB", "slope", "formula", first=6)
    for name, (axes, base, stored) in STORAGES.items():
        for axis in axes:
            seconds, memory = in_process(1, measure, axis, base, stored, args.repeat)
            table.row(name, f"{axis.name} = {', '.join(map(str, axis.sizes))}",
                      ", ".join(short(1e3 * each) for each in seconds), f"{slope(axis.sizes, seconds):.2f}", axis.time,
                      ", ".join(short(each / 1e6) for each in memory), f"{slope(axis.sizes, memory):.2f}", axis.memory)
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
