"""Bayesian matrix factorization: Gibbs sampling of factors, effects, noise and what ties them together.

    x_ui ~ Normal(mean + b_u + c_i + p_u . q_i,  1 / (noise a_u g_i))

Where least squares keeps the one best set of factors, this averages the predictions of many plausible ones, so it
needs no regularisation to be tuned, and a higher rank does little harm (BPMF: Salakhutdinov, Mnih 2008). Every
conditional distribution is a known one, and a sweep draws from each in turn:

    theta_u = (p_u, b_u) ~ Normal(s_u B, L^-1)      users have their own B and L, movies theirs
    B, L ~ matrix-normal and Wishart                BPMF's Gaussian-Wishart, with a row of B for each side feature s_u
    a_u, g_i ~ Gamma(5, 5)                          some users are fickle, some movies divide; their ratings count less

That side features move the mean of the factors is in Macau (Simm et al. 2017), noise by row and column in robust
Bayesian matrix factorisation (Lakshminarayanan, Bouchard, Archambeau 2011).
"""

import numpy as np
from scipy.stats import wishart

from recommender.holdout import check_ratings, check_whole
from recommender.models.factorization import gram, pack, predict, solve
from recommender.models.side import side_features

SPREAD = 5.0  # of the Gamma priors on the precisions a_u and g_i: shape and rate
PULL = 20.0  # of B's rows towards 0, in users or movies


def draw_prior(random, theta, S):
    """Draw what ties the rows together, given their parameters.

    With M = S'S + D, the posterior of (B, L) is (BPMF's, with features in place of the one mean)

        L ~ Wishart(N + k, (I + E'E + B0' D B0)^-1),   B | L ~ MatrixNormal(B0, M^-1, L^-1),
        B0 = M^-1 S' theta,   E = theta - S B0.

    Args:
        theta: (N, k) parameters of users or movies.
        S: (N, s) features, of which the first is 1.

    Returns:
        prior_mean: (N, k), S B.
        L: (k, k), the precision around it.
    """
    N, k = theta.shape
    D = np.diag([1.0] + [PULL] * (S.shape[1] - 1))
    M = S.T @ S + D
    B = np.linalg.solve(M, S.T @ theta)
    E = theta - S @ B
    scale = np.linalg.inv(np.eye(k) + E.T @ E + B.T @ D @ B)
    L = np.atleast_2d(wishart.rvs(N + k, (scale + scale.T) / 2, random_state=random))
    z = random.normal(size=B.shape)
    left = np.linalg.solve(np.linalg.cholesky(M).T, z)
    return S @ (B + np.linalg.solve(np.linalg.cholesky(L).T, left.T).T), L


def draw_rows(random, R, weights, other, prior_mean, L):
    """Draw the parameters of all rows at once, given the other side, as BPMF does.

    Each row's posterior has the precision G = L + sum_i weights_ui a_i a_i^T and the mean G^-1 h. The solution x of
    G x = h + noise is a draw from it when the noise has covariance G.

    Args:
        R: (N, m) ratings less their mean, 0 where missing.
        weights: (N, m) precision of each rating, 0 where missing.
        other: (m, k) factors and effects of the other side.
        prior_mean, L: of draw_prior.
    """
    A = np.column_stack([other[:, :-1], np.ones(len(other))])
    h = (weights * (R - other[:, -1])) @ A + prior_mean @ L
    return solve(gram(weights, A) + pack(L), h, random.normal(size=h.shape))


def draw_precision(random, counts, errors, prior=SPREAD):
    """Draw precisions from Gamma(prior + counts / 2, prior + errors / 2), errors the weighted sums of squares."""
    return random.gamma(prior + counts / 2) / (prior + errors / 2)


def run(X, rank, samples=100, burn_in=20, sides=None, seed=0, callback=None):
    """Return the mean prediction of the samples for every entry, (n, d).

    Args:
        X: (n, d) ratings, 0 where missing.
        rank: number of factors, 1 to the smaller side of X.
        samples: how many to average, at least 1.
        burn_in: sweeps before the first one.
        sides: (n, s) features of users and (d, t) of movies; none where None.
        seed: of np.random.RandomState(seed), from which everything is drawn.
        callback: called with (sweep, sweeps, error) after each sweep, where given: the sample's RMSE on the ratings.

    Raises:
        ValueError: rank, samples or burn_in is out of range, there are no ratings, or sides do not fit X.
    """
    X = np.asarray(X, dtype=float)
    check_ratings(X)
    check_whole("rank", rank, 1, min(X.shape))
    check_whole("samples", samples, 1, np.inf)
    check_whole("burn_in", burn_in, 0, np.inf)
    n, d = X.shape
    random = np.random.RandomState(seed)
    S, T = (np.column_stack([np.ones(len(side)), side]) for side in side_features(sides, X.shape))
    mask = (X != 0).astype(float)
    mean = X.sum() / mask.sum()
    R = (X - mean) * mask
    P, Q = (random.normal(0, 0.1, (size, rank + 1)) for size in (n, d))
    a, g, noise = np.ones(n), np.ones(d), 1.0
    total = np.zeros((n, d))
    for sweep in range(1, burn_in + samples + 1):
        weights = mask * np.outer(noise * a, g)
        P = draw_rows(random, R, weights, Q, *draw_prior(random, P, S))
        Q = draw_rows(random, R.T, weights.T, P, *draw_prior(random, Q, T))
        left = predict((0.0, P, Q))
        if sweep > burn_in:
            total += left
        squares = mask * (R - left) ** 2
        a = draw_precision(random, mask.sum(axis=1), noise * squares @ g)
        g = draw_precision(random, mask.sum(axis=0), noise * a @ squares)
        noise = draw_precision(random, mask.sum(), a @ squares @ g, prior=1.0)
        if callback:
            callback(sweep, burn_in + samples, float(np.sqrt(squares.sum() / mask.sum())))
    return mean + total / samples
