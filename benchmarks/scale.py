"""What an iteration on a store takes, from a million ratings to a hundred million: `python -m benchmarks.scale`.

The ratings are made: 209 a user, long-tailed users and movies, 12 planted types; the store lies in a temporary folder.
Each way is measured in a process of its own, beside em.run on the same ratings as a sparse matrix where these are not
too many for that. The slope is the exponent a of cost = c ratings^a: 1 is linear.
"""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product: blocks run side by side

import contextlib
import statistics
import sys
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

import em
from benchmarks import planted
from benchmarks.processes import in_process
from benchmarks.timing import Table, slope
from console import Parser, run_program, whole_number
from console.memory import resident_peak
from recommender.scale import als, factors, mixtures
from recommender.scale.passes import Local
from recommender.scale.store import blocks, matrix, open_store

TYPES, RANK = 12, 20
PEER = 2 * 10**7  # ratings above which em.run is left out: it takes 40 bytes of memory for each


class Measured(NamedTuple):
    """What an iteration takes."""

    wall: float  # s
    cpu: float  # s, of all threads; nan where they are other processes'
    peak: float  # bytes: the most that the process, or a worker, has had, with Python and its packages


class Enough(Exception):
    """As many iterations as are timed are done."""


class Stamps:
    """A callback that keeps the times, and ends what calls it after so many; the first one is not counted."""

    def __init__(self, count):
        self._count, self._times = count, []

    def __call__(self, *_):
        self._times.append((time.perf_counter(), time.process_time()))
        if len(self._times) > self._count:
            raise Enough

    def medians(self):
        return map(statistics.median, np.diff(self._times, axis=0).T)


def timed(run, count):
    """Return the Measured of run(callback=...), which makes iterations until the callback raises."""
    stamps = Stamps(count)
    with contextlib.suppress(Enough):
        run(callback=stamps)
    return Measured(*stamps.medians(), resident_peak())


def peer(path, count):
    """Measure em.run on the store's ratings as a sparse matrix."""
    store = open_store(path)
    start = mixtures.init(Local(store, "scipy", 0), TYPES)
    return timed(partial(em.run, matrix(store.shape, blocks(store)), start), count)


def local(kernel, memory, path, count):
    """Measure EM on the store in this process' threads."""
    where = Local(open_store(path), kernel, memory)
    return timed(partial(mixtures.run, where, mixtures.init(where, TYPES)), count)


def least_squares(path, count):
    """Measure alternating least squares."""
    where = Local(open_store(path), "scipy", 0)
    return timed(partial(factors.run, where, RANK, als.REGULARIZATION, sweeps=count + 1), count)


def dask(workers, path, count):
    """Measure EM on the store by workers of Dask."""
    from recommender.scale.cluster import Cluster, client

    with client(workers) as found:
        where = Cluster(found, open_store(path), "numba" if find_spec("numba") else "scipy", 10**11)
        of_program = timed(partial(mixtures.run, where, mixtures.init(where, TYPES)), count)
        return Measured(of_program.wall, np.nan, where.peak_bytes())


def recovered(path, kind, seeds):
    """Return the share of users whose planted type EM finds, types matched to components, and its iterations."""
    where = Local(open_store(path), "numba" if find_spec("numba") else "scipy", 10**11)
    runs = [mixtures.run(where, mixtures.init_around_means(where, TYPES, seed)) for seed in range(seeds)]
    best = max(runs, key=lambda run: run.log_likelihoods[-1])
    table = np.zeros((TYPES, TYPES))
    np.add.at(table, (kind, mixtures.posts(where, best.mixture).argmax(axis=1)), 1)
    return table[linear_sum_assignment(-table)].sum() / len(kind), len(best.seconds)


def ways():
    """Return {name: (function of a path and a number of iterations, whether in a process of its own)}."""
    found = {"em.run": (peer, True)}
    for kernel in [*(["numba"] if find_spec("numba") else []), "scipy"]:
        found[kernel] = partial(local, kernel, 10**11), True
        found[f"{kernel}, out of core"] = partial(local, kernel, 0), True
    if find_spec("distributed"):
        found["Dask, 2 workers"] = partial(dask, 2), False
    return found | {f"ALS, rank {RANK}": (least_squares, True)}


def measure(sizes, count, table, folder):
    """Print a row for each size and way; return {name: [Measured of each size]} and the planted types of the last."""
    found, ratings = {}, []
    for size in sizes:
        path = Path(folder) / f"{size}"
        truth = planted.write(path, size, types=TYPES)
        ratings.append(open_store(path).ratings)
        for name, (function, apart) in ways().items():
            if name == "em.run" and size > PEER:
                continue
            result = in_process(1, function, path, count) if apart else function(path, count)
            found.setdefault(name, []).append(result)
            base = found["em.run"][-1].wall if size <= PEER else np.nan
            table.row(name, f"{ratings[-1]:,}", result.wall, result.cpu, 1e9 * result.wall / ratings[-1],
                      result.wall / base, f"{result.peak / 1e6:.0f}")
    return found, ratings, (path, truth.kind)


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("--ratings", type=whole_number(10**4, 10**9), nargs="+", default=[10**6, 4 * 10**6],
                        metavar="N", help="how many, one size or several (default: 1000000 4000000)")
    parser.add_argument("--iterations", type=whole_number(1, 1000), default=5, metavar="N",
                        help="that are timed (default: 5)")
    parser.add_argument("--seeds", type=whole_number(0, 100), default=3, metavar="N",
                        help="starts of the run that looks for the planted types (default: 3; 0: no such run)")
    args = parser.parse_args(argv)
    table = Table("", "ratings".rjust(11), "s", "CPU s", "ns a rating", "x em.run", "peak MB", first=22)
    with TemporaryDirectory() as folder:
        found, ratings, (path, kind) = measure(sorted(args.ratings), args.iterations, table, folder)
        for name, results in found.items():
            if len(results) > 1:
                print(f"{name}: slope {slope(ratings[:len(results)], [each.wall for each in results]):.2f}")
        if args.seeds:
            share, iterations = recovered(path, kind, args.seeds)
            print(f"planted types: {share:.1%} of the users of {ratings[-1]:,} ratings are told right, after"
                  f" {iterations} iterations")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
