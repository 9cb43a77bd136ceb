"""The models that are compared, each with the hyper-parameters among which the inner split chooses.

A Model's fit(train, report, done, asked) returns a holdout.Fit: `train`, a csr_array (n, d), holds no hidden rating,
`report` takes a line about the progress, and `done` are the Fits of the models before, of which only the blend makes
use. `asked`, of use to the sampler, are the pairs (u, i) that the state need predict; where None, it predicts any. The
ratings may be in any unit: in_any_unit gives all models but the blend stars, and hyper-parameters are for these.

Code that runs with every comparison chooses among these candidates. Their ranges, and what is not among them (the
network's rank, width, rate and batch, the first temper of regularised EM, the priors of the Gibbs sampler), were set by
hand, by trials on inner splits of the course's file and of MovieLens 100K's u1, and never on a test split.
"""

import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np

from console import InputError
from recommender.holdout import INNER_SEED, Fit, choose, describe, grid, hold_out, limits, score
from recommender.models import (
    autoencoder,
    baselines,
    bayesian,
    blend,
    cold,
    factorization,
    mixture,
    neural,
    regularized_em,
    side,
    units,
)
from recommender.models.units import in_any_unit
from recommender.sparse import as_ratings, pairs

SAMPLES, TRIAL = 200, 20  # of the sampler, and those after which its rank is chosen
PENALTIES = (0.2,)  # of the networks; 0.1 and 0.15 were behind or level wherever they were tried, up to 0.3 level
PATIENCE = 3  # epochs without improvement after which a network's training stops


class Model(NamedTuple):
    """A way to predict ratings."""

    name: str  # as --only takes it
    family: str  # for colours
    about: str
    fit: Callable  # fit(train, report, done, asked=None) -> Fit


def at_most(limit, *values):
    """Return the values, those above the limit replaced by it, each once, in rising order."""
    return sorted({min(value, limit) for value in values})


def chosen(fit, candidates, refine=lambda best, n, d: ()):
    """Return a Model's fit that chooses among candidates(n, d), hyper-parameters of fit(train, report, ...).

    Among refine(best, n, d), too, `best` being the best of these.
    """
    @in_any_unit
    def choosing(train, report, done, asked=None):
        n, d = train.shape
        return choose(train, candidates(n, d), partial(fit, report=report), report, lambda best: refine(best, n, d))
    return choosing


def quiet(fit):
    """Return fit(train, ...) as one that also takes a `report`, for models too quick to say anything."""
    return lambda train, report, **params: fit(train, **params)


def covered(fit):
    """Return fit(train, report, ...) with the effects' prediction where a user or movie has no training ratings."""
    return lambda train, report, **params: cold.cover(fit(train, report=report, **params), train)


def course_em(fill, K=(4, 8, 12, 16, 24, 32)):
    """Return the fit of the course's EM, the number of groups chosen on the inner split."""
    return chosen(covered(quiet(baselines.mixture)), lambda n, d: grid(K=at_most(n, *K), fill=[fill]))


def groups(X, K, strength, temper, fill_temper, effects=lambda stars: ()):
    """Return what regularised EM finds in ratings (n, d): a Mixture, Rescaled.

    effects(stars) is the state of the Effects that are taken off the ratings first, as stars; nothing where not given.
    """
    stars, unit = units.in_stars(as_ratings(X))
    offset = effects(stars)
    data = mixture.prepared(stars, offset)
    found = mixture.state(data, _mixture(data, K, strength, temper), fill_temper, offset=offset)
    return units.Rescaled(found, unit)


def _mixture(data, K, strength, temper, callback=None):
    start = regularized_em.init(data, K)
    return regularized_em.run(data, *start, strength=strength, temper=temper, callback=callback)[0]


def regularized(effects, tempered):
    """Return the fit of regularised EM: tempered or not, on ratings with the effects removed or not.

    Groups are told apart at one temper, and blended at a lower one.
    """
    tempers = {"temper": [0.06], "fill_temper": [0.02, 0.03]} if tempered else {"temper": [1.0], "fill_temper": [1.0]}

    @in_any_unit
    def choosing(train, report, done, asked=None):
        latest = {}  # of candidates that differ in fill_temper alone, the mixture is found once

        def fit(matrix, report, effects, fill_temper, **params):
            offset = baselines.effects(matrix) if effects else ()
            data = mixture.prepared(matrix, offset)
            if latest.get("of") != (matrix is train, params):
                say = partial(_objective, report, describe(params))
                latest.update(of=(matrix is train, params), mixture=_mixture(data, **params, callback=say))
            return mixture.state(data, latest["mixture"], fill_temper, offset=offset)

        candidates = grid(effects=[effects], K=at_most(train.shape[0], 30, 60), strength=[0.5, 1.0, 2.0], **tempers)
        return choose(train, candidates, partial(covered(fit), report=report), report)
    return choosing


def _objective(report, params, objective):
    report(f"{params}: objective {objective:.1f}")


def least_squares_candidates(n, d):
    rank = at_most(min(n, d), 20)
    return (grid(rank=rank, strength=[0.015, 0.03, 0.06, 0.12], weighted=[True])
            + grid(rank=rank, strength=[10.0, 14.0, 20.0, 28.0], weighted=[False]))


def least_squares_of_more_factors(best, n, d):
    """Return candidates of twice the rank, which bears a stronger penalty."""
    strengths = [round(factor * best["strength"], 4) for factor in (1.0, 1.4, 2.0)]
    return grid(rank=at_most(min(n, d), 40), strength=strengths, weighted=[best["weighted"]])


def sides(X, features):
    """Return the side features of users and of movies; None where no group of features is asked for."""
    return side.sides(X, features) if features else None


def _prefixed(report, name, text, *rmse):
    report(f"{name}: {text}", *rmse)


def early_stopping(networks, hidden, limits, report):
    """Return the least RMSE on the hidden ratings, its epoch, and that epoch's network.

    Args:
        networks: what neural.train yields; no more is asked for once PATIENCE epochs have brought nothing.
        hidden: csr_array (n, d).
        limits: of the ratings.
    """
    best = np.inf, 0, None
    u, i, x = pairs(hidden)
    for epoch, network in enumerate(networks, 1):
        trial = score(network.predict(u, i), x, limits)
        report(f"epoch {epoch}: RMSE", trial)
        if trial < best[0]:
            best = trial, epoch, network
        elif epoch - best[1] >= PATIENCE:
            break
    return best


def network(features):
    """Return the fit of the neural network: penalty and, by early stopping, epochs chosen on the inner split."""
    @in_any_unit
    def fit(train, report, done, asked=None):
        inner, hidden = hold_out(train, INNER_SEED)
        rank, inner_sides = min(24, *train.shape), sides(inner, features)

        def epochs_of(penalty):
            networks = neural.train(inner, inner_sides, rank, penalty=penalty)
            return (neural.solved(each, inner) for each in networks)

        trials = {penalty: early_stopping(epochs_of(penalty), hidden, limits(train),
                                          partial(_prefixed, report, f"penalty {penalty}")) for penalty in PENALTIES}
        penalty = min(trials, key=lambda penalty: trials[penalty][0])
        _, epochs, kept = trials[penalty]
        start = time.process_time()
        networks = islice(neural.train(train, sides(train, features), rank, penalty=penalty), epochs)
        for epoch, last in enumerate(networks, 1):  # noqa: B007 - the last network is what the epochs are for
            report(f"refit, epoch {epoch} of {epochs}")
        state, seconds = cold.cover(neural.solved(last, train), train), time.process_time() - start
        return Fit({"rank": rank, "penalty": penalty, "epochs": epochs}, state,
                   cold.cover(kept, inner).predict(*pairs(hidden)[:2]), seconds)
    return fit


def gibbs(features, *ranks):
    """Return the fit of Bayesian matrix factorization: of its ranks that which is ahead after TRIAL samples.

    What is asked for is averaged over all samples. A state that predicts any pair has those that are kept, and so has
    what its intervals are made from.
    """
    @in_any_unit
    def fit(train, report, done, asked=None):
        def begun(matrix, rank, stage, asked_here):
            def progress(sweep, sweeps, error):
                report(f"{stage}rank {rank}, sweep {sweep} of {sweeps}, RMSE on the training ratings", error)
            return bayesian.Chain(matrix, rank, SAMPLES, sides=sides(matrix, features), asked=asked_here,
                                  keep=asked is None, callback=progress)

        inner, hidden = hold_out(train, INNER_SEED)
        u, i, x = pairs(hidden)
        chains = {rank: begun(inner, rank, "trial, ", (u, i)) for rank in at_most(min(train.shape), *ranks)}
        trials = {rank: score(chain.go_on(TRIAL).averages().predict(u, i), x, limits(train))
                  for rank, chain in chains.items()}
        rank = min(trials, key=trials.get)
        tried = cold.cover(chains[rank].go_on(SAMPLES).state(), inner)
        start = time.process_time()
        state = cold.cover(begun(train, rank, "", asked).go_on(SAMPLES).state(), train)
        return Fit({"rank": rank}, state, tried.predict(u, i), time.process_time() - start, tried.spread(u, i))
    return fit


def encoded(train, report, penalty):
    """Return the Autoencoder of ratings (n, d)."""
    def progress(epoch, loss):
        report(f"penalty {penalty:g}, epoch {epoch}: loss {loss:.4f}")
    return autoencoder.run(train, penalty, callback=progress)


PARTS = ("regularized-em-effects", "als", "autoencoder", "neural", "neural-which", "neural-side", "bayesian",
         "bayesian-side")


def blended(train, report, done, asked=None):
    """Return the Fit of the blend of those PARTS that are done; the others are fitted first."""
    fits = {}
    for model in MODELS:
        if model.name in PARTS:
            say = partial(_prefixed, report, model.name)
            fits[model.name] = done.get(model.name) or model.fit(train, say, done, asked)
    return blend.run(train, fits)


MODELS = (  # as they are begun: the longest first, so that the cores end together, but for what is done at once
    Model("constant", "baseline", "the mean of all ratings", chosen(quiet(baselines.constant), lambda n, d: [{}])),
    Model("effects", "baseline", "user and movie means, shrunk",
          chosen(quiet(baselines.effects), lambda n, d: grid(shrink=[1.0, 2.0, 5.0, 10.0, 20.0]))),
    Model("bayesian-side", "factors", "Bayesian matrix factorization + side features", gibbs(side.GROUPS, 30, 60, 100)),
    Model("bayesian", "factors", "Bayesian matrix factorization", gibbs((), 30, 60)),
    Model("neural-side", "network", "neural network + all side features", network(side.GROUPS)),
    Model("neural-which", "network", "neural network + count, which were rated", network(("count", "which"))),
    Model("neural", "network", "neural network", network(())),
    Model("autoencoder", "network", "denoising autoencoder of movies",
          chosen(covered(encoded), lambda n, d: grid(penalty=[8.0, 16.0]))),
    Model("als", "factors", "matrix factorization by least squares",
          chosen(covered(quiet(factorization.run)), least_squares_candidates, least_squares_of_more_factors)),
    Model("em-hard", "mixture", "the course's EM, filled from the most likely group", course_em("hard")),
    Model("em", "mixture", "the course's EM", course_em("soft")),
    Model("regularized-em-tempered", "mixture", "EM with priors, tempered",
          regularized(effects=False, tempered=True)),
    Model("regularized-em-effects", "mixture", "EM with priors, tempered, effects removed",
          regularized(effects=True, tempered=True)),
    Model("em-12", "mixture", "the course's EM, K = 12", course_em("soft", K=(12,))),
    Model("regularized-em", "mixture", "EM with priors",
          regularized(effects=False, tempered=False)),
    Model("blend", "blend", "a blend of the above", blended),
)


def select(names):
    """Return the models called so, in the order in which they are fitted; all where names is None.

    Raises:
        InputError: there is no model of such a name.
    """
    known = [model.name for model in MODELS]
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise InputError(f"no model is called {unknown[0]}; there are {', '.join(known)}")
    return [model for model in MODELS if names is None or model.name in names]


def in_words():
    """Return the names of the models, and what they are, in a sentence."""
    return "Models: " + "; ".join(f"{model.name} ({model.about})" for model in MODELS) + "."
