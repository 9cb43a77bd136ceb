"""Matrix factorization of a store of ratings: `python -m recommender als STORE`."""

import math
import time
from functools import partial

import numpy as np

from console import Parser, Progress, about, real_number, whole_number
from recommender.scale import factors
from recommender.scale.options import add_options, check_files, finished, place
from recommender.scale.passes import rmse

REGULARIZATION = 0.065


def parse(argv):
    parser = Parser("als", description="Fit matrix factorization by alternating least squares to a store of ratings,"
                                       " written by convert.")
    parser.add_argument("--rank", type=whole_number(1, 1000), default=20, metavar="N",
                        help="number of factors (default: 20)")
    above_0 = real_number(lambda value: 0 < value < math.inf, "a number above 0")
    parser.add_argument("--regularization", "--strength", type=above_0, default=REGULARIZATION, metavar="X",
                        help="regularization per rating; use more if users have few ratings (default:"
                             f" {REGULARIZATION}, from Zhou et al. 2008 for the Netflix Prize)")
    parser.add_argument("--sweeps", type=whole_number(1, 10**6), default=12, metavar="N",
                        help="number of sweeps over users and items (default: 12)")
    parser.add_argument("--seed", type=whole_number(0, 2**32 - 1), default=0, metavar="N",
                        help="the seed of the random start (default: 0)")
    add_options(parser)
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    check_files(options)
    with place(options) as where:
        losses, times = [], [time.perf_counter()]
        with Progress("als") as progress:
            def after(loss):
                losses.append(loss)
                times.append(time.perf_counter())
                left = (options.sweeps - len(losses)) * (times[-1] - times[-2])
                progress(f"{about(left)} left, sweep {len(losses)} of {options.sweeps}: loss {loss:.6g}")

            movies = factors.run(where, options.rank, options.regularization, sweeps=options.sweeps, seed=options.seed,
                                 callback=after)
        seconds = np.diff(times).tolist()
        print(f"loss {losses[-1]:.6g} after {len(losses)} sweeps, {np.mean(seconds):.3g} s each", flush=True)
        params = {"rank": options.rank, "strength": options.regularization, "weighted": True}
        result = {"loss": losses, "seconds": seconds, "rmse": rmse(where, factors.predictions, movies)}
        finished(options, where, result, "als", params, partial(factors.of_users, movies=movies))
    return 0
