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

from recommender.holdout import check_ratings, check_whole


class Factors(NamedTuple):
    """What a factorization has learnt."""

    mean: float  # of all ratings
    P: np.ndarray  # (n, rank + 1): p_u, and b_u in the last column
    Q: np.ndarray  # (d, rank + 1): q_i, and c_i in the last column


def predict(factors):
    """Return the prediction for every entry, (n, d)."""
    mean, P, Q = factors
    return mean + P[:, :-1] @ Q[:, :-1].T + P[:, -1:] + Q[:, -1]


def gram(mask, A):
    """Return sum_i mask[u, i] a_i a_i^T for every u, packed, from mask (n, d), any weights, and A (d, k).

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


def ridge(R, mask, other, penalty):
    """Return the best (factors, effect) of each row given the other side's, (n, rank + 1).

    Args:
        R: (n, d) ratings less their mean, 0 where missing.
        mask: (n, d), 1 where observed.
        other: (d, rank + 1) factors and effects of the other side.
        penalty: (n,), above 0.
    """
    A = np.column_stack([other[:, :-1], np.ones(len(other))])
    right = (R - mask * other[:, -1]) @ A
    return solve(gram(mask, A) + np.outer(penalty, pack(np.eye(A.shape[1]))), right)


def run(X, rank, strength, weighted=True, sweeps=12, seed=0, callback=None):
    """Return the Factors of (n, d) ratings, 0 where missing, after alternating least squares.

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
    X = np.asarray(X, dtype=float)
    check_ratings(X)
    check_whole("rank", rank, 1, min(X.shape))
    check_whole("sweeps", sweeps, 1, np.inf)
    if not strength > 0:
        raise ValueError(f"expected strength above 0, got {strength}")
    mask = (X != 0).astype(float)
    mean = X.sum() / mask.sum()
    R = (X - mean) * mask
    # A row without ratings still needs some penalty: its parameters are then exactly 0.
    user_penalty, movie_penalty = (strength * np.maximum(mask.sum(axis), 1) ** bool(weighted) for axis in (1, 0))
    Q = np.random.RandomState(seed).normal(0, 0.1, (X.shape[1], rank + 1))
    Q[:, -1] = 0
    for _ in range(sweeps):
        P = ridge(R, mask, Q, user_penalty)
        Q = ridge(R.T, mask.T, P, movie_penalty)
        if callback:
            error = ((R - mask * predict((0.0, P, Q))) ** 2).sum()
            callback(float(error + user_penalty @ (P**2).sum(axis=1) + movie_penalty @ (Q**2).sum(axis=1)))
    return Factors(mean, P, Q)
