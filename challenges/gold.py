"""What the course's RMSE measures: `python -m challenges.gold`.

The course compares a filled matrix with netflix_complete.txt. There, all missing entries of a user carry one same
value, so no filling that differs from movie to movie can come near it, and the better one that predicts ratings is
not the one that wins: filling every gap with one constant does "better" than EM with K = 12. Ratings hidden from both
tell them apart the right way round.
"""

import sys

import numpy as np

import data
import em
from common import init, rmse
from console import Parser, run_program
from data import course, is_truth
from recommender.holdout import limits, score
from recommender.models import baselines
from recommender.sparse import pairs
from recommender.splits import held_out


def spread_of_gaps(X, complete):
    """Return how many different values the gaps of each user hold in the complete matrix, (n,) int.

    Args:
        X: (n, d) ratings, 0 where missing.
        complete: (n, d), the matrix that the course calls complete.
    """
    return np.array([len(np.unique(filled[gaps])) for filled, gaps in zip(complete, X == 0, strict=True)])


def describe(X, complete):
    """Return two lines of text on what the complete matrix holds in the gaps."""
    missing = X == 0
    gaps, one_value = missing.any(axis=1), spread_of_gaps(X, complete) == 1
    left = gaps & ~(missing & (complete != 0)).any(axis=1)
    found = (f"\n{gaps.sum()} users have gaps. In the complete matrix, {one_value.sum()} of them hold one same value in"
             f" all their gaps; {left.sum()} of these hold 0.")
    if is_truth(X, complete):
        return found + "\nThe gaps hold different values: RMSE against this matrix measures prediction."
    return found + "\nSo RMSE against it measures agreement with that filling, and not prediction."


def main(argv=None):
    parser = Parser(description="Show what the course's RMSE measures.")
    parser.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz")
    source = data.find(data.NETFLIX, parser.parse_args(argv).data)
    print(f"Data: {source.description}")
    X, complete = data.netflix(source)

    print(describe(X, complete))

    K = min(course.NETFLIX_K, len(X))
    train, hidden = held_out(X)
    mixture, _, _ = em.run(X, *init(X, K, course.NETFLIX_SEED))

    def on_hidden(state):
        u, i, x = pairs(hidden)
        return score(state.predict(u, i), x, limits(train))

    table = [("", "complete matrix", "hidden ratings"),
             ("one constant", rmse(complete, np.where(X == 0, baselines.constant(X).mean, X)),
              on_hidden(baselines.constant(train))),
             (f"EM, K = {K}", rmse(complete, em.fill_matrix(X, mixture)),
              on_hidden(baselines.mixture(train, K, seeds=[course.NETFLIX_SEED])))]
    print(f"\nRMSE against the complete matrix, and on {hidden.nnz} ratings hidden from training:")
    for name, *values in table:
        print(f"{name:<14}" + "".join(f"{v:>17}" if isinstance(v, str) else f"{v:17.4f}" for v in values))
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
