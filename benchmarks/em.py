"""How long EM with gaps takes on the Netflix-sized matrix, K = 12, beside bare matrix products and plain loops.

    python -m benchmarks.em [--data PATH]

Any exact iteration on dense arrays needs four matrix products: X mu^T and mask (mu^2)^T in the E-step, X^T post and
mask^T post in the M-step. They are measured in several layouts, with one BLAS thread and with one a core, on free and
on busy cores, each time in a process of its own.
"""

import statistics
import subprocess
import sys
import tempfile
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
from benchmarks.timing import Table, in_turn, parser, peak_bytes, ratios, seconds, short
from common import init
from console import InputError, run_program, whole_number
from console.cores import cores
from console.memory import resident_peak
from data.course import NETFLIX_K, NETFLIX_SEED, SEEDS

K, SEED = NETFLIX_K, NETFLIX_SEED


class Measured(NamedTuple):
    """What one process has measured."""

    times: dict  # row -> ms an iteration, median
    yardstick: str  # the row of the fastest bare products
    ratios: dict  # row -> Quartiles, or seconds
    memory: float  # MB that em.run takes at most beyond the ratings


def matrix(source):
    """Return the ratings (n, d) of a data.Source. Raises InputError if they are of fewer users than K."""
    X, _ = data.netflix(source)
    if len(X) < K:
        raise InputError(f"{data.NETFLIX[0]}: expected at least {K} users for K = {K}, got {len(X)}")
    return X


def layouts(X, mixture):
    """Return {layout: function that does the four products of one iteration in it, and nothing else}."""
    mask, mu, square = (X != 0).astype(float), mixture.mu, mixture.mu**2
    log_joint = np.log(mixture.p + 1e-16) + em.log_normal(ratings(X), mixture)
    post = np.ascontiguousarray(softmax(log_joint, axis=1))  # as exp gives it: em.run's own has no tiny numbers
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
    iterations, starts = len(history), [init(X, K, seed) for seed in SEEDS]

    def run():
        em.run(X, start, post)

    def repeated(function):
        return lambda: [function() for _ in range(iterations)]

    def one_loop():
        plain_loops.em_mstep(X, plain_loops.em_estep(X, start)[0], start)

    products = {layout: repeated(function) for layout, function in layouts(X, mixture).items()}
    times = dict(zip(["`em.run`, set-up included", *products], in_turn([run, *products.values()], repeat), strict=True))
    yardstick = min(products, key=lambda layout: statistics.median(times[layout]))
    loop, run_beside = in_turn([one_loop, run], min(repeat, 3))
    sweep, apart = in_turn([lambda: [em.run(X, *init(X, K, seed)) for seed in SEEDS],
                            lambda: [em.run(X, *start) for start in starts]], min(repeat, 5))
    found = {row: 1e3 * statistics.median(each) / iterations for row, each in times.items()}
    return Measured(found | {"a loop over users and components": 1e3 * statistics.median(loop)}, yardstick, {
        "`em.run` takes ... x the yardstick": ratios(times["`em.run`, set-up included"], times[yardstick]),
        "`em.run` is ... x as fast as the loop": ratios(np.multiply(loop, iterations), run_beside),
        "seeds 0 to 4 in one sweep, seconds": statistics.median(sweep),
        "the sweep takes ... x five `em.run`s": ratios(sweep, apart)}, peak_bytes(run) / 1e6)


def whole_program(path, repeat):
    """Return the median seconds of main.py with figures, in processes of its own, and its peak memory in MB."""
    def run():
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, str(main), "--figures", folder] + (["--data", path] if path else [])
            if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
                raise InputError("main.py fails on these data; run it by itself to see why")

    main = Path(__file__).resolve().parent.parent / "main.py"
    return statistics.median(seconds(run) for _ in range(repeat)), resident_peak("RUSAGE_CHILDREN") / 1e6


def report(conditions):
    """Print {condition: Measured}."""
    every = list(conditions.values())
    table = Table("ms an iteration, medians", *conditions, first=48)
    for row in every[0].times:
        table.row(row, *(f"**{short(each.times[row])}**" if row == each.yardstick else each.times[row]
                         for each in every))
    print("\nThe rows between `em.run` and the loop are the four bare products, by the shapes of their results. The"
          "\nfastest layout of a column, in bold, is its yardstick: every exact iteration on dense arrays needs them."
          "\nRatios, with quartiles:\n")
    table = Table("", *conditions, first=48)
    for row in every[0].ratios:
        table.row(row, *(each.ratios[row] for each in every))
    print(f"\n`em.run` takes {short(every[0].memory)} MB beyond the ratings.", flush=True)


def main(argv=None):
    options = parser(__doc__, repeat=21)
    options.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz itself")
    options.add_argument("--busy", type=whole_number(0, 1000), default=cores(), metavar="N",
                         help="processes that spin beside half of the measurements; 0 leaves that half out (default:"
                              f" one a core, {cores()})")
    options.add_argument("--no-main", action="store_true", help="leave out main.py as a whole")
    args = options.parse_args(argv)
    source = data.find(data.NETFLIX, args.data)
    n, d = matrix(source).shape
    print(f"Data: {source.description}\n{n} x {d}, K = {K}, measured {args.repeat} times in turn, or as often as a"
          " minute allows\n", flush=True)
    if not args.no_main:  # first: the peak memory is that of the largest child so far
        whole, memory = whole_program(args.data, min(args.repeat, 3))
        peak = f", {memory:.0f} MB at its peak" if memory else ""
        print(f"`python main.py`, whole, with figures: {short(whole)} s{peak}")
    conditions = {}
    for others in sorted({0, args.busy}):
        for threads in sorted({1, cores()}):
            name = f"{threads} thread{'s' * (threads > 1)}" + (f", {others} busy" if others else "")
            print(f"measuring: {name} ...", flush=True)
            with busy(others):
                conditions[name] = in_process(threads, measure, args.data, args.repeat)
    print()
    report(conditions)
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
