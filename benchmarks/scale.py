"""What an iteration on a store takes, from a million ratings to a hundred million.

    python -m benchmarks.scale

Each way is measured on the made ratings of `planted` in a process of its own, beside em.run on the same ratings as a
sparse matrix (up to 20 million). The slope is the exponent a of cost = c ratings^a.
"""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product: chunks run side by side

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

import em
from benchmarks import planted
from benchmarks.processes import in_process
from benchmarks.timing import Table, each_iteration, installed, slope
from console import Parser, run_program, whole_number
from console.memory import resident_peak
from recommender.scale import als, factors, mixtures
from recommender.scale.passes import Local
from recommender.scale.store import blocks, matrix, open_store

TYPES, RANK = 12, 20
PEER = 2 * 10**7  # ratings above which em.run is left out: it takes 40 bytes of memory for each
ALL_MEMORY = 10**11  # bytes: the whole store is kept in memory


class Measured(NamedTuple):
    """What an iteration takes."""

    wall: float  # s
    cpu: float  # s, of all threads; nan for Dask, whose work is in other processes
    peak: float  # bytes: peak memory of the process, or of a worker, with Python and its packages


def quickest_kernel():
    return "numba" if installed("numba") else "scipy"


def timed(run, count):
    """Return what is Measured of `count` iterations of run(callback=...)."""
    return Measured(*np.median(each_iteration(run, count), axis=0).tolist(), resident_peak())


def peer(path, count):
    """Measure em.run on the store's ratings as a sparse matrix."""
    store = open_store(path)
    start = mixtures.init(Local(store, "scipy", 0), TYPES)
    return timed(partial(em.run, matrix(blocks(store)), start), count)


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
        where = Cluster(found, open_store(path), quickest_kernel(), ALL_MEMORY)
        of_program = timed(partial(mixtures.run, where, mixtures.init(where, TYPES)), count)
        return Measured(of_program.wall, np.nan, where.peak_bytes())


def recovered(path, types, seeds):
    """Return the share of users whose planted type EM finds, types matched to components, and its iterations."""
    where = Local(open_store(path), quickest_kernel(), ALL_MEMORY)
    runs = [mixtures.run(where, mixtures.init_around_means(where, TYPES, seed)) for seed in range(seeds)]
    best = max(runs, key=lambda run: run.log_likelihoods[-1])
    table = np.zeros((TYPES, TYPES))
    np.add.at(table, (types, mixtures.posts(where, best.mixture).argmax(axis=1)), 1)
    return table[linear_sum_assignment(-table)].sum() / len(types), len(best.seconds)


def ways():
    """Return {name: function of a path and a number of iterations}."""
    found = {"em.run": peer}
    for kernel in dict.fromkeys([quickest_kernel(), "scipy"]):
        found |= {kernel: partial(local, kernel, ALL_MEMORY), f"{kernel}, out of core": partial(local, kernel, 0)}
    if installed("distributed"):
        found["Dask, 2 workers"] = partial(dask, 2)
    return found | {f"ALS, rank {RANK}": least_squares}


def measure(path, count, table):
    """Print a row for each way on the store at `path`; return {name: Measured}."""
    found, ratings = {}, open_store(path).ratings
    for name, function in ways().items():
        if name == "em.run" and ratings > PEER:
            continue
        result = found[name] = in_process(1, function, path, count)
        table.row(name, f"{ratings:,}", result.wall, result.cpu, 1e9 * result.wall / ratings,
                  result.wall / found["em.run"].wall if "em.run" in found else np.nan, f"{result.peak / 1e6:.0f}")
    return found


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("--ratings", type=whole_number(10**4, 10**9), nargs="+", default=[10**6, 4 * 10**6],
                        metavar="N", help="numbers of ratings (default: 1000000 4000000)")
    parser.add_argument("--iterations", type=whole_number(1, 1000), default=5, metavar="N",
                        help="how many are timed (default: 5)")
    parser.add_argument("--seeds", type=whole_number(0, 100), default=3, metavar="N",
                        help="starts of the run that looks for the planted types (default: 3; 0: no such run)")
    args = parser.parse_args(argv)
    table = Table("", "ratings".rjust(11), "s", "CPU s", "ns a rating", "x em.run", "peak MB", first=22)
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{size}" for size in sorted(args.ratings)]
        truths = [planted.write(path, int(path.name), types=TYPES) for path in paths]
        ratings = [open_store(path).ratings for path in paths]
        found = [measure(path, args.iterations, table) for path in paths]
        for name in found[0]:
            seconds = [each[name].wall for each in found if name in each]
            if len(seconds) > 1:
                print(f"{name}: slope {slope(ratings[:len(seconds)], seconds):.2f}")
        if args.seeds:
            share, iterations = recovered(paths[-1], truths[-1].types, args.seeds)
            print(f"planted types: EM finds those of {share:.1%} of the users of {ratings[-1]:,} ratings, after"
                  f" {iterations} iterations")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
