"""A blend of models: the weighted sum of their predictions that is best on ratings none of them was fitted to.

    x_ui ~ mean + sum_m w_m (prediction_m - mean),      w >= 0

The weights are the non-negative least squares fit (stacking: Breiman 1996) on the inner split, from models fitted
without its ratings; they are then applied to the same models refitted to all training ratings. The parts' own
hyper-parameters and early stopping were chosen on exactly these ratings, so they flatter all parts a little, and one
with more to choose from more than others; the test split has no part in it.
"""

import time
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from recommender.holdout import INNER_SEED, Fit, hold_out


class Blend(NamedTuple):
    """Fitted models, and what each counts for."""

    mean: float
    weights: np.ndarray  # (m,), above 0
    parts: tuple  # m states

    def predict(self, u, i):
        return self.mean + sum(w * (part.predict(u, i) - self.mean)
                               for w, part in zip(self.weights, self.parts, strict=True))

    def spread(self, u, i):
        """Return the weighted mean of what the parts say that have an opinion, (m,); None where none has."""
        return _mean(self.weights, [part.spread(u, i) for part in self.parts])

    def fold_in(self, i, x):
        return self._replace(parts=tuple(part.fold_in(i, x) for part in self.parts))


def _mean(weights, spreads):
    """Return the weighted mean of the spreads that there are, (m,); None where all are None."""
    said = [(w, spread) for w, spread in zip(weights, spreads, strict=True) if spread is not None]
    return sum(w * spread for w, spread in said) / sum(w for w, _ in said) if said else None


def run(train, fits):
    """Return the Fit of the blend; its params are each part's weight, its seconds include the parts' own.

    Args:
        train: csr_array (n, d) of training ratings.
        fits: dict of name to holdout.Fit, at least one.

    Raises:
        ValueError: there is nothing to blend.
    """
    if not fits:
        raise ValueError("expected at least 1 model to blend, got 0")
    start = time.process_time()
    inner, hidden = hold_out(train, INNER_SEED)
    mean = float(inner.data.mean())
    unseen = np.column_stack([fit.inner - mean for fit in fits.values()])
    unit = inner.data.std() or 1.0  # nnls takes what is small for 0
    weights, _ = nnls(unseen / unit, (hidden.data - mean) / unit)
    of_use = [fit for w, fit in zip(weights, fits.values(), strict=True) if w > 0]
    state = Blend(mean, weights[weights > 0], tuple(fit.state for fit in of_use))
    return Fit({name: round(float(w), 3) for name, w in zip(fits, weights, strict=True)}, state,
               mean + unseen @ weights, sum(fit.seconds for fit in fits.values()) + time.process_time() - start,
               _mean(state.weights, [fit.inner_spread for fit in of_use]))
