"""A mixture of spherical Gaussians as a model of ratings: what EM has found, course's or regularised.

A user's rating of a movie is the groups' means there, weighted with the user's posterior:

    x_ui ~ offset_ui + sum_j post_uj mu_ji,    post_u ~ (p_j N(ratings of u | mu_j, var_j))^temper
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from arithmetic.bayes import posterior
from arithmetic.gaps import observed, stored
from common import GaussianMixture
from em import log_normal
from recommender.models import predictive
from recommender.sparse import FEW, in_blocks, pairs, products, rated, with_values


class Mixture(NamedTuple):
    """Groups, and the users' posteriors."""

    mu: np.ndarray  # (K, d)
    var: np.ndarray  # (K,)
    p: np.ndarray  # (K,)
    post: np.ndarray  # (n, K): soft counts by which gaps are filled
    temper: float  # what each rating counts for in them
    hard: bool  # whether only the likeliest group counts
    offset: tuple  # state of what was taken off the ratings before, Effects; () where nothing was

    def predict(self, u, i):
        return _at(self.offset, u, i) + products(self.post, self.mu.T, u, i)

    def spread(self, u, i):
        def blocks(u, i):
            _, within, between = predictive.moments(predictive.entries(self, u, i))
            return np.hypot(within, between)
        return in_blocks(blocks, u, i, 2**14)

    def fold_in(self, i, x):
        offset = self.offset and self.offset.fold_in(i, x)
        one = csr_array((x - _at(offset, np.zeros_like(i), i), i, [0, len(i)]), shape=(1, self.mu.shape[1]))
        return state(stored(one), GaussianMixture(self.mu, self.var, self.p), self.temper, self.hard, offset)


def _at(offset, u, i):
    return offset.predict(u, i) if offset else 0.0


def state(data, mixture, temper=1.0, hard=False, offset=()):
    """Return the Mixture of a GaussianMixture and the users of gaps.Ratings, the offset taken off already."""
    post, _ = posterior(temper * (np.log(mixture.p + 1e-16) + log_normal(data, mixture)))
    if hard:
        post = np.eye(len(mixture.p))[post.argmax(axis=1)]
    return Mixture(*mixture, post, temper, hard, offset)


def prepared(X, offset=()):
    """Return ratings (n, d), a csr_array, less what an offset predicts, as gaps.Ratings.

    Where many entries are rated, dense arrays serve: they take no more memory, and less time.
    """
    u, i, x = pairs(X)
    X = with_values(X, x - _at(offset, u, i))
    if X.nnz < FEW * X.shape[0] * X.shape[1]:
        return stored(X)
    return observed(X.toarray(), rated(X).toarray())
