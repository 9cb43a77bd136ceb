"""How the cost of em.run grows with n, d, K and the share of ratings that are known, each doubled, dense and sparse.

    python -m benchmarks.growth

CPU time of an iteration, with one BLAS thread, and the memory that a run takes beyond the ratings given. The slope is
the exponent a of cost = c size^a: 1 is linear.
"""

import contextlib
import statistics
import sys
import time
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import em
from benchmarks.processes import in_process
from benchmarks.timing import Table, in_turn, peak_bytes, short, slope
from common import init
from console import Parser, run_program, whole_number
from data import sample

ITERATIONS = 8  # that are timed; fewer where a run ends before


class Case(NamedTuple):
    """One size."""

    n: int = 2000
    d: int = 1000
    K: int = 8
    known: float = 0.8  # share of the ratings


class Axis(NamedTuple):
    """What is doubled."""

    name: str
    sizes: tuple
    time: str  # the formula's slopes: time is of n d K multiplications, memory of n (d + K) numbers; where sparse, n d
    memory: str  # counts known ratings only


DENSE = [Axis("n", (1000, 2000, 4000, 8000), "1", "1"), Axis("d", (500, 1000, 2000, 4000), "1", "1"),
         Axis("K", (8, 16, 32, 64), "1", "0 to 1"), Axis("known", (0.1, 0.2, 0.4, 0.8), "0", "0")]
SPARSE = [*DENSE[:3], Axis("known", (0.05, 0.1, 0.2, 0.4), "1", "1")]
STORAGES = {"dense": (DENSE, Case(), np.asarray), "sparse": (SPARSE, Case(known=0.1), csr_array)}


class Enough(Exception):
    """As many iterations as are timed are done."""


def iterations(X, start, count):
    """Return the CPU seconds of up to `count` iterations of em.run, the first one, in which set-up is, left out."""
    stamps = []

    def stamp(*_):
        stamps.append(time.process_time())
        if len(stamps) > count:
            raise Enough

    with contextlib.suppress(Enough):
        em.run(X, start, callback=stamp)
    return np.diff(stamps)


def measure(axis, base, stored, repeat):
    """Return for each of an axis' sizes the CPU seconds of an iteration, and the bytes of memory that a run takes."""
    prepared = [_prepared(base._replace(**{axis.name: size}), stored) for size in axis.sizes]
    times = in_turn(prepared, repeat, lambda given: statistics.median(iterations(*given, ITERATIONS)))
    memory = [peak_bytes(partial(iterations, *given, 1)) for given in prepared]
    return [statistics.median(each) for each in times], memory


def _prepared(case, stored):
    X, _ = sample.ratings(case.n, case.d, observed=case.known)
    return stored(X), init(X, case.K)[0]


def _listed(numbers):
    return ", ".join(map(short, numbers))


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=whole_number(1, 1000), default=5, metavar="N",
                        help="times each size is measured (default: 5)")
    args = parser.parse_args(argv)
    for name, (_, base, _) in STORAGES.items():
        print(f"{name}: n = {base.n}, d = {base.d}, K = {base.K}, {base.known:.0%} known, but for what is doubled")
    print()
    table = Table("", "doubled".ljust(26), "CPU ms an iteration", "slope", "formula", "MB", "slope", "formula", first=6)
    for name, (axes, base, stored) in STORAGES.items():
        for axis in axes:
            seconds, memory = in_process(1, measure, axis, base, stored, args.repeat)
            table.row(name, f"{axis.name} = {', '.join(map(str, axis.sizes))}",
                      _listed(np.multiply(seconds, 1e3)), f"{slope(axis.sizes, seconds):.2f}", axis.time,
                      _listed(np.divide(memory, 1e6)), f"{slope(axis.sizes, memory):.2f}", axis.memory)
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
