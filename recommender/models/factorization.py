"""Matrix factorization with user and movie effects, by alternating least squares.

    x_ui ~ mean + b_u + c_i + p_u . q_i

minimises the squared error over the observed ratings plus a penalty on each user's and each movie's parameters, either
weighted with the number of its ratings (ALS-WR: Zhou, Wilkinson, Schreiber, Pan 2008) or not:

    loss = sum (x_ui - prediction_ui)^2 + strength [ sum_u w_u (b_u^2 + |p_u|^2) + sum_i w_i (c_i^2 + |q_i|^2) ]

With the movies fixed, each user's (p_u, b_u) is a ridge regression on the rows a_i = (q_i, 1), so the loss never rises.
The normal matrices sum_i mask_ui a_i a_i^T of all users u are one product of the mask with the d outer products laid
out as rows; what is left is a small Cholesky factorization a user.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg.blas import dtpsv
from scipy.linalg.lapack import dpptrf
from scipy.sparse import csr_array

from recommender.holdout import check_ratings, check_whole
from recommender.sparse import as_ratings, pairs, products, rated, with_values


class Factors(NamedTuple):
    """What a factorization has learnt."""

    mean: float  # of all ratings
    P: np.ndarray  # (n, rank + 1): p_u, and b_u in the last column
    Q: np.ndarray  # (d, rank + 1): q_i, and c_i in the last column
    strength: float
    weighted: bool

    def predict(self, u, i):
        return self.mean + at(self.P, self.Q, u, i)

    def spread(self, u, i):
        return None

    def fold_in(self, i, x):
        one = csr_array((x - self.mean, i, [0, len(i)]), shape=(1, len(self.Q)))
        return self._replace(P=ridge(one, self.Q, penalties(one, self.strength, self.weighted)))


def at(P, Q, u, i):
    """Return p_u . q_i + b_u + c_i of the pairs of user u (m,) and movie i (m,), (m,)."""
    return products(P[:, :-1], Q[:, :-1], u, i) + P[u, -1] + Q[i, -1]


def gram(mask, A):
    """Return sum_i mask[u, i] a_i a_i^T for every u, packed, from mask (n, d), any weights, sparse, and A (d, k).

    Packed, (n, k (k + 1) / 2), are the rows of the upper triangle one after the other: one product gives them all.
    """
    rows, columns = np.triu_indices(A.shape[1])
    A = np.ascontiguousarray(A.T)
    return mask @ (A[rows] * A[columns]).T


def pack(G):
    """Return a symmetric matrix (k, k) packed, (k (k + 1) / 2,)."""
    return G[np.triu_indices(len(G))]


def solve(G, h, noise=0.0):
    """Return the x_u of G_u x_u = h_u + L_u noise_u for every u, (n, k), L_u being G_u's Cholesky factor.

    Args:
        G: (n, k (k + 1) / 2) packed matrices; the factors take their place.
        h: (n, k).
        noise: (n, k) or a number.

    Raises:
        numpy.linalg.LinAlgError: some matrix is not positive definite.
    """
    x, k = h.copy(), h.shape[1]
    for L, row, z in zip(G, x, np.broadcast_to(noise, h.shape), strict=True):
        # What LAPACK takes for the columns of a lower triangle are our rows of the upper one.
        if dpptrf(k, L, lower=1, overwrite_ap=1)[1]:
            raise np.linalg.LinAlgError("a matrix is not positive definite")
        dtpsv(k, L, row, lower=1, overwrite_x=1)
        row += z
        dtpsv(k, L, row, lower=1, trans=1, overwrite_x=1)
    return x


def penalties(R, strength, weighted):
    """Return what each row's parameters are penalised with, (n,); even a row without ratings, whose are then 0."""
    return strength * np.maximum(np.diff(R.indptr), 1.0) ** bool(weighted)


def ridge(R, other, penalty):
    """Return the best (factors, effect) of each row given the other side's, (n, rank + 1).

    Args:
        R: (n, d) ratings less their mean.
        other: (d, rank + 1) factors and effects of the other side.
        penalty: (n,), above 0.
    """
    A = np.column_stack([other[:, :-1], np.ones(len(other))])
    right = with_values(R, R.data - other[R.indices, -1]) @ A
    return solve(gram(rated(R), A) + np.outer(penalty, pack(np.eye(A.shape[1]))), right)


def run(X, rank, strength, weighted=True, sweeps=12, seed=0, callback=None):
    """Return the Factors of (n, d) ratings after alternating least squares.

    Args:
        rank: number of factors, 1 to the smaller side of X.
        strength: of the penalty, above 0.
        weighted: whether the penalty counts once for each rating.
        sweeps: over users and movies, at least 1.
        seed: of the factors' random start, of standard deviation 0.1.
        callback: called with the loss after each sweep, where given.

    Raises:
        ValueError: rank, strength or sweeps is out of range, or there are no ratings.
    """
    X = as_ratings(X)
    check_ratings(X)
    check_whole("rank", rank, 1, min(X.shape))
    check_whole("sweeps", sweeps, 1, np.inf)
    if not strength > 0:
        raise ValueError(f"expected strength above 0, got {strength}")
    u, i, x = pairs(X)
    mean = float(x.mean())
    R = with_values(X, x - mean)
    C = R.T.tocsr()
    user_penalty, movie_penalty = (penalties(side, strength, weighted) for side in (R, C))
    Q = np.random.RandomState(seed).normal(0, 0.1, (X.shape[1], rank + 1))
    Q[:, -1] = 0
    for _ in range(sweeps):
        P = ridge(R, Q, user_penalty)
        Q = ridge(C, P, movie_penalty)
        if callback:
            error = ((R.data - at(P, Q, u, i)) ** 2).sum()
            callback(float(error + user_penalty @ (P**2).sum(axis=1) + movie_penalty @ (Q**2).sum(axis=1)))
    return Factors(mean, P, Q, strength, weighted)
