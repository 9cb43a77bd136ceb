"""EM with priors in place of the course's thresholds, and with tempered posteriors.

em.py keeps a mean's coordinate if its soft count is below 1, and floors the variances at 0.25. Priors do the same
smoothly (tab 7: "better dealt with through regularization"; Murphy 2012, chapter 11, on MAP estimation of mixtures):

    p ~ Dirichlet(1 + weight)                      every component starts with `weight` users
    mu_ji ~ Normal(m_i, var_j / regularization)    and with `regularization` ratings at the mean m_i of each movie
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
from recommender.models.effects import effects as effects_of
from recommender.models.mixture import fitted, prepared
from recommender.models.units import Rescaled, in_stars
from recommender.sparse import as_ratings

REGULARIZATION, WEIGHT = 2.0, 0.5
SHAPE = SCALE = 1.0  # of the inverse-gamma prior on the variances


def movie_means(X):
    """Return each movie's mean rating, (d,), or the mean of all if it has none; raise ValueError without ratings."""
    data = ratings(X)
    rated = data.mask.sum(axis=0)
    if not rated.any():
        raise ValueError("expected at least 1 rating, got none")
    total = data.X.sum(axis=0) + data.centre * rated
    return np.where(rated > 0, total / np.maximum(rated, 1), total.sum() / rated.sum())


def init(X, K, seed=0):
    """Return a GaussianMixture to start from, and post (n, K), all 1 / K.

    K of the n users are drawn as in common.init. Their means include 4 more ratings at each movie's mean. Raises
    ValueError if K is out of range, or there are no ratings.
    """
    data = ratings(X)
    n = len(data.counts)
    whole(K, "K", 1, n)
    drawn = np.random.RandomState(seed).choice(n, K, replace=False)
    means = movie_means(data)
    left = data.X - (means - data.centre) * data.mask
    own, var = left[drawn], (left**2).sum() / data.counts.sum()
    mu = means + (own.toarray() if issparse(own) else own) / 5
    return GaussianMixture(mu, np.full(K, var or 1.0), np.full(K, 1 / K)), np.full((n, K), 1 / K)


def log_joint(X, mixture):
    """Return log p_j N(x_u | mu_j, var_j) over the observed ratings, (n, K)."""
    return np.log(mixture.p) + log_normal(ratings(X), mixture)


def estep(X, mixture, temper=1.0):
    """E-step: return the soft counts post (n, K), and the free energy: the objective without the prior.

    Raises ValueError if temper is not above 0 and at most 1.
    """
    if not 0 < temper <= 1:
        raise ValueError(f"expected temper above 0 and at most 1, got {temper}")
    post, total = posterior(temper * log_joint(X, mixture))
    return post, total / temper


def log_prior(X, mixture, regularization=REGULARIZATION, weight=WEIGHT, means=None):
    """Return the logarithm of the mixture's prior density, up to a constant; `means` are the movie_means of X."""
    mu, var, p = mixture
    d = mu.shape[1]
    distance = ((mu - (movie_means(X) if means is None else means)) ** 2).sum(axis=1)
    of_mu = -0.5 * d * np.log(2 * np.pi * var / regularization) - regularization * distance / (2 * var)
    of_var = SHAPE * np.log(SCALE) - gammaln(SHAPE) - (SHAPE + 1) * np.log(var) - SCALE / var
    return float((of_mu + of_var + weight * np.log(p)).sum())


def check_prior(regularization, weight):
    """Raise ValueError unless both are above 0."""
    if not (regularization > 0 and weight > 0):
        raise ValueError(f"expected regularization and weight above 0, got {regularization} and {weight}")


def mstep(X, post, mixture=None, regularization=REGULARIZATION, weight=WEIGHT, means=None):
    """M-step: return the GaussianMixture of the highest objective, given the soft counts post (n, K).

    The priors determine every parameter, so the old mixture is not used. `means` are the movie_means of X. Raises
    ValueError if regularization or weight is not above 0.
    """
    check_prior(regularization, weight)
    data = ratings(X)
    d, means = data.shape[1], movie_means(data) if means is None else means
    support, total, square = sums(data, post)
    mu = (total + regularization * (means - data.centre)) / (support + regularization) + data.centre
    distance = within(data, post, mu, (support, total, square), least=2 * SCALE)
    distance += regularization * ((mu - means) ** 2).sum(axis=1)
    var = (distance + 2 * SCALE) / (support.sum(axis=1) + d + 2 * (SHAPE + 1))
    p = post.sum(axis=0) + weight
    return GaussianMixture(mu, var, p / p.sum())


def run(X, mixture, post=None, regularization=REGULARIZATION, weight=WEIGHT, temper=1.0, callback=None):
    """Repeat E-step and M-step until the objective improves by at most 1e-6 of its size.

    Return the GaussianMixture after the last M-step, and post and objective of the E-step before it. `post` is not
    used. `callback` gets the objective of each iteration. Raises ValueError if regularization, weight or temper is
    out of range, or there are no ratings.
    """
    check_prior(regularization, weight)
    X = ratings(X)
    means, old = movie_means(X), -np.inf
    while True:
        post, free_energy = estep(X, mixture, temper)
        objective = free_energy + log_prior(X, mixture, regularization, weight, means)
        mixture = mstep(X, post, mixture, regularization, weight, means)
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


def found(train, report, effects, K, regularization, temper):
    """Return a function of fill_temper that returns the Mixture of ratings (n, d); EM runs once.

    `effects`: whether user and movie effects are subtracted from the ratings first.
    """
    params = {"K": K, "regularization": regularization, "temper": temper}
    offset = effects_of(train) if effects else None
    data = prepared(train, offset)
    mixture, _, _ = run(data, *init(data, K), regularization=regularization, temper=temper,
                        callback=lambda objective: report(f"{describe(params)}: objective {objective:.1f}"))
    return lambda fill_temper: fitted(data, mixture, fill_temper, offset=offset)


def rescaled(X, **params):
    """Return the Mixture of ratings (n, d) in any unit, Rescaled, with the hyper-parameters of fit."""
    stars, unit = in_stars(as_ratings(X))
    return Rescaled(fit(stars, lambda text: None, None, **params), unit)


def _choose(model, split, report, asked, effects, tempers, fill_tempers):
    """Choose a Model's hyper-parameters; EM runs once for all fill_tempers."""
    K = at_most(split.train.shape[0], 30, 60)

    def fits():
        for params in grid(effects=[effects], K=K, regularization=[0.5, 1.0, 2.0], temper=tempers):
            at = found(split.train, report, **params)
            yield from (({**params, "fill_temper": fill_temper}, at(fill_temper)) for fill_temper in fill_tempers)

    return best_trial(split, fits(), report)


def _model(name, about, **settings):
    return Model(name, "mixture", about, fit, partial(_choose, **settings))


TEMPERED = {"tempers": [0.06], "fill_tempers": [0.02, 0.03]}
MODELS = (
    _model("regularized-em-tempered", "EM with priors, tempered", effects=False, **TEMPERED),
    _model("regularized-em-effects", "EM with priors, tempered, effects removed", effects=True, **TEMPERED),
    _model("regularized-em", "EM with priors", effects=False, tempers=[1.0], fill_tempers=[1.0]),
)
