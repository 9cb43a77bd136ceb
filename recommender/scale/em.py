"""The course's EM on a store of ratings: `python -m recommender em STORE --k 12`."""

import os
from functools import partial

import numpy as np

from console import InputError, Parser, Progress, about, whole_number
from recommender.scale import checkpoint, mixtures
from recommender.scale.options import add_options, check_files, finished, place
from recommender.scale.passes import rmse


def parse(argv):
    parser = Parser("em", description="Fit the course's Gaussian mixture to a store of ratings, written by convert.")
    parser.add_argument("--k", type=whole_number(1, 10**6), required=True, metavar="K", help="number of components")
    seeds = parser.add_mutually_exclusive_group()
    seed = whole_number(0, 2**32 - 1)
    seeds.add_argument("--seed", type=seed, default=0, metavar="N", help="the seed of the starting point (default: 0)")
    seeds.add_argument("--seeds", type=seed, nargs="+", metavar="N", help="several seeds; the best run counts")
    parser.add_argument("--start", choices=mixtures.STARTS, default="course",
                        help="course: the course's starting point, which counts gaps as zeros; means: the items' means"
                             " plus noise, better if nearly all ratings are missing (default: course)")
    add_options(parser)
    parser.add_argument("--checkpoint", metavar="FILE",
                        help="write this file after each iteration, and continue an interrupted run from it")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    check_files(options, [("--checkpoint", options.checkpoint, checkpoint.KIND)])
    with place(options) as where:
        if options.k > where.store.n:
            raise InputError(f"--k {options.k}: expected at most as many components as users, {where.store.n}")
        runs = fitted(where, options)
        seed = max(runs, key=lambda seed: runs[seed].log_likelihoods[-1])
        best = runs[seed]
        result = {"seed": seed, "log_likelihood": best.log_likelihoods, "seconds": best.seconds,
                  "rmse": rmse(where, mixtures.predictions, best.mixture)}
        finished(options, where, result, "em", {"K": options.k}, partial(mixtures.of_users, mixture=best.mixture))
    return 0


def fitted(where, options):
    """Return {seed: Run} of all seeds. Runs in a checkpoint are continued."""
    seeds = options.seeds or [options.seed]
    settings = {"store": where.store.identity, "k": options.k, "seeds": seeds, "start": options.start,
                "hide": options.hide, "kernel": where.kernel_name}
    runs = {}
    if options.checkpoint and os.path.exists(options.checkpoint):
        runs = checkpoint.read(options.checkpoint, settings)
    floor = mixtures.least_variance(where)
    for seed in seeds:
        with Progress(f"seed {seed}") as progress:
            def after(run, seed=seed, progress=progress):
                runs[seed] = run
                if options.checkpoint:
                    checkpoint.write(options.checkpoint, settings, runs)
                progress(report(run, where.store.ratings))

            start = None if seed in runs else mixtures.STARTS[options.start](where, options.k, seed)
            runs[seed] = mixtures.run(where, start, floor, callback=after, so_far=runs.get(seed))
        print(f"seed {seed}: log-likelihood {runs[seed].log_likelihoods[-1]:.4f} after"
              f" {len(runs[seed].log_likelihoods)} iterations of {np.median(runs[seed].seconds):.3g} s", flush=True)
    return runs


def report(run, ratings):
    """Return a line about a Run so far, given how many ratings the store has."""
    last, left = run.seconds[-1], iterations_left(run.log_likelihoods)
    time = "" if left is None else f", {about(left * last)} left"  # first: a terminal cuts off the end
    return (f"iteration {len(run.seconds)}{time}: log-likelihood {run.log_likelihoods[-1]:.4f},"
            f" {ratings / last / 1e6:.3g} million ratings/s")


def iterations_left(log_likelihoods):
    """Return how many iterations are left, if the improvements keep shrinking by the same factor; None if unknown."""
    if len(log_likelihoods) < 3:
        return None
    before, now = np.diff(log_likelihoods[-3:])
    enough = 1e-6 * abs(log_likelihoods[-1])
    if not 0 < now < before:
        return None
    return max(0.0, np.log(enough / now) / np.log(now / before))
