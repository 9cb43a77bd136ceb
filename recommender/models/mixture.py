"""A mixture of spherical Gaussians as a model of ratings, found by the course's EM or by EM with priors.

The prediction is the mean of the components' means, weighted with the user's posterior:

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
from recommender.models.effects import Effects
from recommender.sparse import FEW, in_blocks, pairs, products, rated, with_values


class Type(NamedTuple):
    """The type of a user: the component with the user's largest soft count."""

    number: int  # from 1
    of: int  # number of components
    sure: float  # the user's soft count
    share: float  # of all users


class Mixture(NamedTuple):
    """A mixture, and the users' posteriors."""

    mu: np.ndarray  # (K, d)
    var: np.ndarray  # (K,)
    p: np.ndarray  # (K,)
    post: np.ndarray  # (n, K): soft counts of the users
    temper: float  # what part of an observation each rating counts for
    hard: bool  # whether only the likeliest component counts
    offset: Effects | None  # were subtracted from the ratings before EM

    POSITIVE = ("var", "temper")

    def predict(self, u, i):
        return _at(self.offset, u, i) + products(self.post, self.mu.T, u, i)

    def sd(self, u, i):
        def blocks(u, i):
            _, within, between = predictive.moments(predictive.entries(self, u, i))
            return np.hypot(within, between)
        return in_blocks(blocks, u, i, 2**14)

    def fold_in(self, i, x):
        offset = self.offset and self.offset.fold_in(i, x)
        one = csr_array((x - _at(offset, np.zeros_like(i), i), i, [0, len(i)]), shape=(1, self.mu.shape[1]))
        return fitted(stored(one), GaussianMixture(self.mu, self.var, self.p), self.temper, self.hard, offset)

    def item_vectors(self):
        return (self.mu - self.mu.mean(axis=0)).T

    def type_of_user(self, u):
        number = int(self.post[u].argmax())
        return Type(number + 1, len(self.p), float(self.post[u, number]), float(self.p[number]))

    def shapes(self, n, d):
        return {"mu": ("K", d), "var": ("K",), "p": ("K",), "post": (n, "K")}


def _at(offset, u, i):
    return offset.predict(u, i) if offset else 0.0


def fitted(data, mixture, temper=1.0, hard=False, offset=None):
    """Return the Mixture of a GaussianMixture and the users of gaps.Ratings, without the offset."""
    post, _ = posterior(temper * (np.log(mixture.p + 1e-16) + log_normal(data, mixture)))
    if hard:
        post = np.eye(len(mixture.p))[post.argmax(axis=1)]
    return Mixture(*mixture, post, temper, hard, offset)


def prepared(X, offset=None):
    """Return ratings (n, d), a csr_array, less an offset, as gaps.Ratings, dense if that is quicker."""
    u, i, x = pairs(X)
    X = with_values(X, x - _at(offset, u, i))
    if X.nnz < FEW * X.shape[0] * X.shape[1]:
        return stored(X)
    return observed(X.toarray(), rated(X).toarray())
