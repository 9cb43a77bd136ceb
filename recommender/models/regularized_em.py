"""EM with priors in place of the course's thresholds, and with tempered posteriors.

em.py keeps a mean's coordinate if its soft count is below 1, and floors the variances at 0.25. Priors do the same
smoothly (tab 7: "better dealt with through regularization"; Murphy 2012, chapter 11, on MAP estimation of mixtures):

    p ~ Dirichlet(1 + weight)                      every component starts with `weight` users
    mu_ji ~ Normal(m_i, var_j / strength)          a component starts with `strength` ratings at each movie's mean m_i
    var_j ~ inverse-gamma(1, 1)

Why tempered. A user's density is a product over hundreds of ratings, as if these were independent. They are not: within
a component tastes still differ, so the residuals are correlated. The log-odds of two components grow with the number of
ratings, here about 800. Nearly every posterior ends near 0 or 1, and the user becomes a copy of one component's mean.
With `temper` < 1 each rating counts for a part of an observation. Then users become blends of components, and
predictions improve.

The E-step maximises one objective over q, and the M-step over the mixture. So it never falls:

    F = sum_u [ sum_j q_uj log p_j N(x_u | mu_j, var_j) + H(q_u) / temper ] + log prior(mixture)

(the free energy of Neal and Hinton 1998, at the temperature 1 / temper of Ueda and Nakano 1998). With temper = 1 it is
the log-posterior of the mixture.
"""

from functools import partial

import numpy as np
from scipy.sparse import issparse
from scipy.special import gammaln

from arithmetic.arguments import whole
from arithmetic.bayes import posterior
from arithmetic.gaps import ratings, sums, within
from common import GaussianMixture
from em import log_normal
from recommender.choosing import Model, at_most, best_trial, describe, grid
from recommender.holdout import check_ratings
from recommender.models.effects import effects as effects_of
from recommender.models.mixture import fitted, prepared
from recommender.models.units import Rescaled, in_stars
from recommender.sparse import as_ratings

STRENGTH, WEIGHT = 2.0, 0.5
SHAPE = SCALE = 1.0  # of the inverse-gamma prior on the variances


def movie_means(X):
    """Return the mean of each movie's ratings, (d,); for a movie without ratings the mean of all."""
    data = ratings(X)
    rated = data.mask.sum(axis=0)
    total = data.X.sum(axis=0) + data.centre * rated
    return np.where(rated > 0, total / np.maximum(rated, 1), total.sum() / rated.sum())


def init(X, K, seed=0):
    """Return a starting point: K users drawn; their means include 4 more ratings at each movie's mean.

    Args:
        X: (n, d) ratings as gaps.Ratings.
        K: number of components, 1 to n.
        seed: of np.random.RandomState(seed).choice(n, K, replace=False).

    Returns:
        mixture: GaussianMixture.
        post: (n, K), all 1 / K.

    Raises:
        ValueError: K is out of range, or there are no ratings.
    """
    data = ratings(X)
    check_ratings(data.counts)
    n = len(data.counts)
    whole(K, "K", 1, n)
    drawn = np.random.RandomState(seed).choice(n, K, replace=False)
    means = movie_means(data)
    left = data.X - (means - data.centre) * data.mask
    mu, var = means + _dense(left[drawn]) / 5, (left**2).sum() / data.counts.sum()
    return GaussianMixture(mu, np.full(K, var or 1.0), np.full(K, 1 / K)), np.full((n, K), 1 / K)


def _dense(A):
    return A.toarray() if issparse(A) else A


def log_joint(X, mixture):
    """Return log p_j N(x_u | mu_j, var_j) over the observed ratings, (n, K)."""
    return np.log(mixture.p) + log_normal(ratings(X), mixture)


def estep(X, mixture, temper=1.0):
    """E-step: soft counts of each user; every rating counts for `temper` of an observation.

    Args:
        X: (n, d) ratings as gaps.Ratings.
        mixture: GaussianMixture.
        temper: above 0, at most 1.

    Returns:
        post: (n, K) soft counts, rows of sum 1.
        free_energy: float, the objective without the prior; with temper = 1 the log-likelihood.

    Raises:
        ValueError: temper is out of range.
    """
    if not 0 < temper <= 1:
        raise ValueError(f"expected temper above 0 and at most 1, got {temper}")
    post, total = posterior(temper * log_joint(X, mixture))
    return post, total / temper


def log_prior(X, mixture, strength=STRENGTH, weight=WEIGHT, means=None):
    """Return the logarithm of the mixture's prior density, up to a constant.

    `means` are the movie_means of X, if they are known.
    """
    mu, var, p = mixture
    d = mu.shape[1]
    distance = ((mu - (movie_means(X) if means is None else means)) ** 2).sum(axis=1)
    of_mu = -0.5 * d * np.log(2 * np.pi * var / strength) - strength * distance / (2 * var)
    of_var = SHAPE * np.log(SCALE) - gammaln(SHAPE) - (SHAPE + 1) * np.log(var) - SCALE / var
    return float((of_mu + of_var + weight * np.log(p)).sum())


def check_prior(strength, weight):
    """Raise ValueError unless strength and weight are above 0."""
    if not (strength > 0 and weight > 0):
        raise ValueError(f"expected strength and weight above 0, got {strength} and {weight}")


def mstep(X, post, mixture, strength=STRENGTH, weight=WEIGHT, means=None):
    """M-step: the mixture of the highest objective, given the soft counts.

    Args:
        X: (n, d) ratings as gaps.Ratings.
        post: (n, K) soft counts.
        mixture: as in em.mstep; not used, because the priors determine every parameter.
        strength: ratings at the movie's mean with which each mean starts, above 0.
        weight: users with which each component starts, above 0.
        means: the movie_means of X, if they are known.

    Returns:
        The new GaussianMixture.

    Raises:
        ValueError: strength or weight is not above 0.
    """
    check_prior(strength, weight)
    data = ratings(X)
    d, means = data.shape[1], movie_means(data) if means is None else means
    support, total, square = sums(data, post)
    mu = (total + strength * (means - data.centre)) / (support + strength) + data.centre
    distance = within(data, post, mu, (support, total, square), least=2 * SCALE)
    distance += strength * ((mu - means) ** 2).sum(axis=1)
    var = (distance + 2 * SCALE) / (support.sum(axis=1) + d + 2 * (SHAPE + 1))
    p = post.sum(axis=0) + weight
    return GaussianMixture(mu, var, p / p.sum())


def run(X, mixture, post, strength=STRENGTH, weight=WEIGHT, temper=1.0, callback=None):
    """Repeat E-step and M-step until the objective improves by at most 1e-6 of its size.

    Args:
        X: (n, d) ratings as gaps.Ratings.
        mixture: GaussianMixture to start from.
        post: (n, K) soft counts; not used, the first E-step makes its own.
        strength, weight, temper: of the priors and the E-step.
        callback: called with the objective of each iteration, if given.

    Returns:
        mixture: GaussianMixture after the last M-step.
        post: (n, K) soft counts of the E-step before it.
        objective: float, of the same E-step.

    Raises:
        ValueError: strength, weight or temper is out of range, or there are no ratings.
    """
    check_prior(strength, weight)
    X = ratings(X)
    check_ratings(X.counts)
    means, old = movie_means(X), -np.inf
    while True:
        post, free_energy = estep(X, mixture, temper)
        objective = free_energy + log_prior(X, mixture, strength, weight, means)
        mixture = mstep(X, post, mixture, strength, weight, means)
        if callback:
            callback(objective)
        if not objective - old > 1e-6 * abs(objective):
            return mixture, post, objective
        old = objective


def fit(train, report, asked, fill_temper, **params):
    """Return the Mixture that regularised EM finds in ratings (n, d), as a choosing.Model's fit.

    The components are found at one temper, and the predictions use another, lower one.
    """
    return found(train, report, **params)(fill_temper)


def found(train, report, effects, K, strength, temper):
    """Return a function of fill_temper that returns the Mixture of ratings (n, d); EM runs once.

    Args:
        effects: whether user and movie effects are subtracted from the ratings first.
        K, strength, temper: of init and run.
    """
    def say(objective):
        report(f"{describe(params)}: objective {objective:.1f}")

    params = {"K": K, "strength": strength, "temper": temper}
    offset = effects_of(train) if effects else None
    data = prepared(train, offset)
    mixture = run(data, *init(data, K), strength=strength, temper=temper, callback=say)[0]
    return lambda fill_temper: fitted(data, mixture, fill_temper, offset=offset)


def rescaled(X, **params):
    """Return the Mixture of ratings (n, d) in any unit, Rescaled, with the hyper-parameters of fit."""
    stars, unit = in_stars(as_ratings(X))
    return Rescaled(fit(stars, lambda text: None, None, **params), unit)


def _choose(model, split, report, asked, effects, tempers, fill_tempers):
    """Choose a Model's hyper-parameters; EM runs once for all fill_tempers."""
    K = at_most(split.train.shape[0], 30, 60)

    def fits():
        for params in grid(effects=[effects], K=K, strength=[0.5, 1.0, 2.0], temper=tempers):
            at = found(split.train, report, **params)
            yield from (({**params, "fill_temper": fill_temper}, at(fill_temper)) for fill_temper in fill_tempers)

    return best_trial(split, fits(), report)


def _model(name, about, effects, tempers, fill_tempers):
    return Model(name, "mixture", about, fit,
                 partial(_choose, effects=effects, tempers=tempers, fill_tempers=fill_tempers))


MODELS = (
    _model("regularized-em-tempered", "EM with priors, tempered", False, [0.06], [0.02, 0.03]),
    _model("regularized-em-effects", "EM with priors, tempered, on what effects leave", True, [0.06], [0.02, 0.03]),
    _model("regularized-em", "EM with priors", False, [1.0], [1.0]),
)
