"""K-means and naive EM on complete data beside scikit-learn, per iteration and from the same start.

    pip install -r benchmarks/requirements.txt
    python -m benchmarks.complete

Times are of whole runs, set-up included, divided by the number of iterations. scikit-learn may do as many as ours did.
"""

import math
import statistics
import sys
import warnings
from functools import partial

import numpy as np

import kmeans
import naive_em
from benchmarks.timing import Table, each_iteration, in_turn, need_scikit_learn, parser, ratios
from common import init
from console import run_program

SIZES = [(250, 2, 4), (200_000, 10, 4), (200_000, 10, 12), (1_000_000, 2, 4), (1_000_000, 2, 12)]


def points(n, d, K, seed=0):
    """Return (n, d) points of K overlapping spherical components."""
    random = np.random.RandomState(seed)
    centres = random.normal(0, 3, (K, d))
    return centres[random.randint(K, size=n)] + random.normal(size=(n, d))


def their_kmeans(X, start, count):
    from sklearn.cluster import KMeans

    return KMeans(len(start.p), init=start.mu, n_init=1, max_iter=count, tol=0, algorithm="lloyd").fit(X)


def their_mixture(X, start, count):
    from sklearn.mixture import GaussianMixture

    return GaussianMixture(len(start.p), covariance_type="spherical", max_iter=count, tol=0, reg_covar=0,
                           init_params="random_from_data", random_state=0, means_init=start.mu, weights_init=start.p,
                           precisions_init=1 / start.var).fit(X)


def compare(ours, theirs, X, start, repeat):
    """Return our iterations, ms an iteration of ours and theirs, and the Quartiles of their time over ours."""
    mine = 1 + len(each_iteration(partial(ours, X, start), math.inf))
    other = theirs(X, start, mine).n_iter_
    our_times, their_times = in_turn([lambda: ours(X, start), lambda: theirs(X, start, mine)], repeat)
    ours_each, theirs_each = np.multiply(our_times, 1e3 / mine), np.multiply(their_times, 1e3 / other)
    return mine, statistics.median(ours_each), statistics.median(theirs_each), ratios(theirs_each, ours_each)


def main(argv=None):
    args = parser(__doc__, repeat=5).parse_args(argv)
    need_scikit_learn("benchmarks/requirements.txt")
    import sklearn

    print(f"scikit-learn {sklearn.__version__}; medians of {args.repeat}, with quartiles\n")
    table = Table("", "n x d".rjust(13), "K", "iterations", "ours, ms", "scikit-learn, ms", "ours is ... x as fast",
                  first=8)
    warnings.simplefilter("ignore")  # scikit-learn says that it stopped before it converged
    for name, ours, theirs in (("K-means", kmeans.run, their_kmeans), ("naive EM", naive_em.run, their_mixture)):
        for n, d, K in SIZES:
            X = points(n, d, K)
            table.row(name, f"{n:,} x {d}", K, *compare(ours, theirs, X, init(X, K)[0], args.repeat))
    print("\nBelow 1 x scikit-learn is faster. For K-means with many clusters on many points, use it.")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
