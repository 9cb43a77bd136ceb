"""A blend of models: the weighted sum of their predictions that is best on ratings none of them was fitted to.

    x_ui ~ mean + sum_m w_m (prediction_m - mean),      w >= 0

The weights are the non-negative least squares fit (stacking: Breiman 1996) on the inner split, from models fitted
without its ratings; they are then applied to the same models refitted to all training ratings. The parts' own
hyper-parameters and early stopping were chosen on exactly these ratings, so they flatter all parts a little, and one
with more to choose from more than others; the test split has no part in it.
"""

import time

import numpy as np
from scipy.optimize import nnls

from recommender.holdout import INNER_SEED, Fit, hold_out


def run(train, fits):
    """Return the Fit of the blend; its params are each part's weight, its seconds include the parts' own.

    Args:
        train: (n, d) training ratings, 0 where missing or hidden.
        fits: dict of name to holdout.Fit, at least one.

    Raises:
        ValueError: there is nothing to blend.
    """
    if not fits:
        raise ValueError("expected at least 1 model to blend, got 0")
    start = time.process_time()
    inner, hidden = hold_out(train, INNER_SEED)
    mean = inner.sum() / np.count_nonzero(inner)
    unseen = np.column_stack([fit.inner[hidden] - mean for fit in fits.values()])
    weights, _ = nnls(unseen, train[hidden] - mean)

    def weigh(predictions):
        return mean + sum(w * (prediction - mean) for w, prediction in zip(weights, predictions, strict=True))

    return Fit({name: round(float(w), 3) for name, w in zip(fits, weights, strict=True)},
               weigh(fit.prediction for fit in fits.values()), weigh(fit.inner for fit in fits.values()),
               sum(fit.seconds for fit in fits.values()) + time.process_time() - start)
