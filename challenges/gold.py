"""What the course's RMSE measures: `python -m challenges.gold`.

The course compares a filled matrix with netflix_complete.txt. There, all missing entries of a user carry one same
value, so no filling that differs from movie to movie can come near it, and the better one that predicts ratings is
not the one that wins: filling every gap with one constant does "better" than EM with K = 12. The last two lines hide
ratings from both and ask again.
"""

import sys

import numpy as np

import data
import em
from challenges import baselines
from challenges.holdout import hold_out, score
from common import init, rmse
from data.console import Parser, run_program


def spread_of_gaps(X, complete):
    """Return how many different values the gaps of each user hold in the complete matrix, (n,) int.

    Args:
        X: (n, d) ratings, 0 where missing.
        complete: (n, d), the matrix that the course calls complete.
    """
    return np.array([len(np.unique(filled[gaps])) for filled, gaps in zip(complete, X == 0)])


def is_truth(X, complete):
    """Return whether the complete matrix can be true ratings: the gaps of some user hold different values."""
    return bool((spread_of_gaps(X, complete) > 1).any())


def main(argv=None):
    parser = Parser(prog="python -m challenges.gold", description="Show what the course's RMSE measures.")
    parser.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz")
    source = data.find(data.NETFLIX, parser.parse_args(argv).data)
    print(f"data: {source.description}")
    X, complete = data.netflix(source)

    values, gaps = spread_of_gaps(X, complete), (X == 0).any(axis=1)
    print(f"\nusers with gaps: {gaps.sum()}, of whom {(values == 1).sum()} have one same value in all of them in the"
          " complete matrix")
    print(f"users whose gaps stay 0: {(gaps & ~((X == 0) & (complete != 0)).any(axis=1)).sum()}")

    K = min(12, len(X))
    print(f"\nRMSE against the complete matrix:\n  one constant  {rmse(complete, np.where(X == 0, baselines.constant(X), X)):.4f}")
    print(f"  EM, K = {K}    {rmse(complete, em.fill_matrix(X, em.run(X, *init(X, K, seed=1))[0])):.4f}")

    train, hidden = hold_out(X)
    print(f"\nRMSE on {hidden.sum()} ratings hidden from both:\n  one constant  {score(baselines.constant(train), X, hidden):.4f}")
    print(f"  EM, K = {K}    {score(baselines.mixture(train, K, seeds=[1]), X, hidden):.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
