"""How long EM with gaps takes on the Netflix-sized matrix, K = 12, and how far that is from what it must take.

    python -m benchmarks.em [--data PATH]

Any exact iteration on dense arrays needs four matrix products: X mu^T and mask (mu^2)^T in the E-step, X^T post and
mask^T post in the M-step. They alone, in the layout that is the fastest here, are the yardstick from below; a loop over
users is the one from above. All is measured with one BLAS thread and with one a core, on cores that are free and beside
processes that keep them busy, each time in a process of its own.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import softmax

import data
import em
import plain_loops
from arithmetic.bayes import NEGLIGIBLE
from arithmetic.gaps import ratings
from benchmarks.processes import busy, in_process
from benchmarks.timing import Spread, Table, in_turn, peak_bytes, ratios, short
from common import init
from console import InputError, Parser, run_program, whole_number
from console.cores import cores
from console.memory import resident_peak
from data.course import NETFLIX_K, NETFLIX_SEED, SEEDS

K, SEED = NETFLIX_K, NETFLIX_SEED


class Measured(NamedTuple):
    """What one process has measured."""

    run: float  # ms an iteration of em.run, set-up included
    products: dict  # layout -> ms of the four products
    yardstick: str  # the fastest layout
    beside: Spread  # em.run's time / the yardstick's
    loop: float  # ms an iteration in plain loops
    faster: Spread  # the loop's time / em.run's
    sweep: float  # seconds of a sweep over SEEDS
    sweep_beside: Spread  # its time / that of as many em.runs by themselves
    memory: float  # MB that em.run takes at most beyond the ratings given


def matrix(source):
    """Return the ratings (n, d) of a data.Source. Raises InputError where they are of fewer users than K."""
    X, _ = data.netflix(source)
    if len(X) < K:
        raise InputError(f"{data.NETFLIX[0]}: expected at least {K} users for K = {K}, got {len(X)}")
    return X


def layouts(X, mixture):
    """Return {layout: function that does the four products of one iteration in it, and nothing else}."""
    mask, mu, square = (X != 0).astype(float), mixture.mu, mixture.mu**2
    log_joint = np.log(mixture.p + 1e-16) + em.log_normal(ratings(X), mixture)
    post = np.ascontiguousarray(softmax(log_joint, axis=1))  # as exp gives it: em.run's own is cleared already
    cleared = np.where(post < NEGLIGIBLE, 0, post)
    rows = np.ascontiguousarray(cleared.T)
    stacked, means = np.hstack([X, mask]), np.hstack([-2 * mu, square])
    return {
        "n x K and d x K: `X @ mu.T`, `X.T @ post`": lambda: (X @ mu.T, mask @ square.T, X.T @ post, mask.T @ post),
        "the same, post below 1e-200 set to 0": lambda: (X @ mu.T, mask @ square.T, X.T @ cleared, mask.T @ cleared),
        "n x K and K x d: `X @ mu.T`, `post.T @ X`": lambda: (X @ mu.T, mask @ square.T, rows @ X, rows @ mask),
        "K x n and K x d: `mu @ X.T`, `post.T @ X`": lambda: (mu @ X.T, square @ mask.T, rows @ X, rows @ mask),
        "the same, X and mask side by side": lambda: (means @ stacked.T, rows @ stacked),
    }


def measure(path, repeat):
    """Return what is Measured in this process, with the BLAS threads that it has, on the data at `path`."""
    X = matrix(data.find(data.NETFLIX, path))
    start, post = init(X, K, SEED)
    history = []
    mixture, _, _ = em.run(X, start, post, callback=lambda value, _: history.append(value))
    iterations = len(history)
    products = layouts(X, mixture)

    def run():
        em.run(X, start, post)

    def repeated(function):
        return lambda: [function() for _ in range(iterations)]

    def one_loop():
        plain_loops.em_mstep(X, plain_loops.em_estep(X, start)[0], start)

    times, *bare = in_turn([run, *map(repeated, products.values())], repeat)
    medians = {layout: _per_iteration(of_layout, iterations) for layout, of_layout in zip(products, bare, strict=True)}
    yardstick, fastest = min(zip(medians, bare, strict=True), key=lambda pair: medians[pair[0]])
    loop, run_beside = in_turn([one_loop, run], min(repeat, 3))
    sweep, apart = five_seeds(X, min(repeat, 5))
    return Measured(_per_iteration(times, iterations), medians, yardstick, ratios(times, fastest),
                    _per_iteration(loop, 1), ratios(np.multiply(loop, iterations), run_beside),
                    statistics.median(sweep), ratios(sweep, apart), peak_bytes(run) / 1e6)


def _per_iteration(times, iterations):
    return 1e3 * statistics.median(times) / iterations


def five_seeds(X, repeat):
    """Return the seconds of the sweep over the course's seeds, and of as many em.runs from starts made beforehand."""
    starts = [init(X, K, seed) for seed in SEEDS]
    return in_turn([lambda: [em.run(X, *init(X, K, seed)) for seed in SEEDS],
                    lambda: [em.run(X, *start) for start in starts]], repeat)


def whole_program(path, repeat):
    """Run main.py with figures in processes of its own; return the median of its seconds, and its peak memory in MB."""
    main = Path(__file__).resolve().parent.parent / "main.py"
    times = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, str(main), "--figures", folder] + (["--data", path] if path else [])
            start = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                try:
                    status = process.wait()
                finally:
                    process.terminate()  # where we are interrupted: it has processes of its own to end
            if status:
                raise InputError("main.py does not end well on these data; run it by itself to see why")
            times.append(time.perf_counter() - start)
    return statistics.median(times), resident_peak("RUSAGE_CHILDREN") / 1e6


def report(conditions):
    """Print what was Measured under each of the conditions, {what it is: Measured}."""
    every = list(conditions.values())
    table = Table("ms an iteration, medians", *conditions, first=48)
    table.row("`em.run`, set-up included", *(each.run for each in every))
    for layout in every[0].products:
        table.row(layout, *(f"**{short(each.products[layout])}**" if layout == each.yardstick else each.products[layout]
                            for each in every))
    table.row("a loop over users and components", *(each.loop for each in every))
    print("\nBetween the first row and the last: the four bare products, by the shapes of their results. The fastest"
          "\nlayout of a column, in bold, is its yardstick: no exact iteration on dense arrays can do without them."
          "\nRatios, with quartiles:\n")
    table = Table("", *conditions, first=48)
    table.row("`em.run` takes ... x the yardstick", *(each.beside for each in every))
    table.row("`em.run` is ... x as fast as the loop", *(each.faster for each in every))
    table.row("seeds 0 to 4 in one sweep, seconds", *(each.sweep for each in every))
    table.row("the sweep takes ... x five `em.run`s", *(each.sweep_beside for each in every))
    print(f"\n`em.run` takes {short(every[0].memory)} MB beyond the ratings given.", flush=True)


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz itself")
    parser.add_argument("--repeat", type=whole_number(1, 1000), default=21, metavar="N",
                        help="times each pair is measured (default: 21)")
    parser.add_argument("--busy", type=whole_number(0, 1000), default=cores(), metavar="N",
                        help="processes that spin beside half of the measurements (default: one a core,"
                             f" {cores()}; 0 leaves that half out)")
    parser.add_argument("--no-main", action="store_true", help="leave out main.py as a whole")
    args = parser.parse_args(argv)
    source = data.find(data.NETFLIX, args.data)
    n, d = matrix(source).shape
    print(f"Data: {source.description}\n{n} x {d}, K = {K}, measured {args.repeat} times in turn, or as often as a"
          " minute allows\n", flush=True)
    if not args.no_main:  # first, while no larger process has been waited for
        whole, memory = whole_program(args.data, min(args.repeat, 3))
        peak = f", {memory:.0f} MB at its peak" if memory else ""
        print(f"`python main.py`, whole, with figures: {short(whole)} s{peak}")
    conditions = {}
    for others in sorted({0, args.busy}):
        for threads in sorted({1, cores()}):
            what = f"{threads} thread{'s' * (threads > 1)}" + (f", {others} busy" if others else "")
            print(f"measuring: {what} ...", flush=True)
            with busy(others):
                conditions[what] = in_process(threads, measure, args.data, args.repeat)
    print()
    report(conditions)
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
