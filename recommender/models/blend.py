"""A blend of models: the weighted sum of their predictions that is best on ratings none of them was fitted to.

    x_ui ~ mean + sum_m w_m (prediction_m - mean),      w >= 0

The weights are the non-negative least squares fit (stacking: Breiman 1996) to the validation split's held-out ratings,
from models fitted without them. They are then applied to the same models, fitted to all training ratings. The same
held-out ratings chose the parts' hyper-parameters, which flatters a part with more choices more. The test split has no
part in it.
"""

import time
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from recommender.choosing import Fit
from recommender.holdout import VALIDATION_SEED, hold_out
from recommender.models.fitted import Fitted, item_vectors

PARTS = ("regularized-em-effects", "als", "autoencoder", "neural", "neural-which", "neural-side", "bayesian",
         "bayesian-side", "bayesian-time")  # names of models


class Blend(NamedTuple):
    """Fitted models and their weights."""

    mean: float
    weights: np.ndarray  # (m,), above 0
    parts: tuple[Fitted, ...]  # m

    def predict(self, u, i):
        return sum((w * (part.predict(u, i) - self.mean) for w, part in zip(self.weights, self.parts, strict=True)),
                   np.full(len(u), self.mean))

    def sd(self, u, i):
        """Return the weighted mean of the parts' standard deviations, (m,); None if no part gives any."""
        return _mean(self.weights, [part.sd(u, i) for part in self.parts])

    def fold_in(self, i, x):
        return self._replace(parts=tuple(part.fold_in(i, x) for part in self.parts))

    def item_vectors(self):
        """Return those of the part with the largest weight that has any."""
        by_weight = (item_vectors(self.parts[each]) for each in np.argsort(-self.weights))
        return next((vectors for vectors in by_weight if vectors is not None), None)

    def shapes(self, n, d):
        return {"weights": (len(self.parts),)}


def _mean(weights, sds):
    """Return the weighted mean of the standard deviations that are not None, (m,); None if all are None."""
    known = [(w, sd) for w, sd in zip(weights, sds, strict=True) if sd is not None]
    return sum(w * sd for w, sd in known) / sum(w for w, _ in known) if known else None


def run(train, fits):
    """Return the Fit of the blend of {name: choosing.Fit}; its params are the weights.

    `train` is the csr_array (n, d) of training ratings. The seconds include those of the parts' fits. Raises ValueError
    if there is nothing to blend.
    """
    if not fits:
        raise ValueError("expected at least 1 model to blend, got 0")
    start = time.process_time()
    known, held_out = hold_out(train, VALIDATION_SEED)
    mean = float(known.data.mean())
    unseen = np.column_stack([fit.validation - mean for fit in fits.values()])
    unit = known.data.std() or 1.0  # nnls takes what is small for 0
    unseen[np.abs(unseen) < 1e-9 * unit] = 0  # rounding errors of models that know only the mean
    weights, _ = nnls(unseen / unit, (held_out.data - mean) / unit)
    of_use = [fit for w, fit in zip(weights, fits.values(), strict=True) if w > 0]
    fitted = Blend(mean, weights[weights > 0], tuple(fit.fitted for fit in of_use))
    return Fit({name: round(float(w), 3) for name, w in zip(fits, weights, strict=True) if w >= 0.0005}, fitted,
               mean + unseen @ weights, sum(fit.seconds for fit in fits.values()) + time.process_time() - start,
               _mean(fitted.weights, [fit.validation_sd for fit in of_use]))
