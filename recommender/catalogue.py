"""The models that are compared. Each is a module of recommender/models/, with its hyper-parameters to choose from.

Code chooses among these candidates in every comparison. Their ranges, and the numbers that are not among them (the
network's rank, width, rate and batch, the first temper of regularised EM, the priors of the sampler), were set by hand,
by trials on validation splits of the course's file and of MovieLens 100K's u1, and never on a test split.
"""

from console import InputError
from recommender import choosing
from recommender.choosing import Model, prefixed
from recommender.lists import catalogue as list_models
from recommender.models import (
    autoencoder,
    baselines,
    bayesian,
    blend,
    course_em,
    drift,
    factorization,
    neural,
    regularized_em,
)

MODELS = (  # the quick ones first, so that something is known soon
    *baselines.MODELS, *factorization.MODELS, *course_em.MODELS, *regularized_em.MODELS, *neural.MODELS,
    *autoencoder.MODELS, *bayesian.MODELS, *drift.MODELS,
    Model("blend", "blend", "a blend of several models", fit=None, choose=None),  # see `fit`
)

FEW, MANY = "als", "neural-which"  # what `fit` fits by default: below ENOUGH ratings, and from there on
ENOUGH = 50_000  # docs/lists.md says why


def default(number):
    """Return the name of the model that is fitted by default to so many ratings."""
    return MANY if number >= ENOUGH else FEW


def fit(model, train, report=lambda text: None, done=None, asked=None, times=None):
    """Return the choosing.Fit of a Model to training ratings (n, d).

    A blend weighs the Fits of other models: those of `done`, by name, and new ones of its other parts. `times` are the
    times of the training ratings and of the pairs asked for, as ratings.Table has them.
    """
    if model.family != "blend":
        return choosing.fit(model.given(times), train, report, asked)
    parts = {part.name: (done or {}).get(part.name)
             or choosing.fit(part.given(times), train, prefixed(report, part.name), asked)
             for part in usable(MODELS, asked and times) if part.name in blend.PARTS}
    return blend.run(train, parts)


def select(names):
    """Return the models of these names in the order of MODELS; all if names is None.

    Raises:
        InputError: there is no model of such a name.
    """
    known = [model.name for model in MODELS]
    unknown = [name for name in names or () if name not in known]
    if unknown:
        for_lists = unknown[0] in [model.name for model in list_models.MODELS]
        but = ", except for lists (evaluate --top, --implicit)" if for_lists else ""
        raise InputError(f"no model is called {unknown[0]}{but}; there are {', '.join(known)}")
    return [model for model in MODELS if names is None or model.name in names]


def usable(models, times, named=False):
    """Return the models that can be fitted to ratings with these times, or without, if they are None.

    Raises:
        InputError: one cannot, and it was named.
    """
    needy = [model.name for model in models if model.timed and times is None]
    if needy and named:
        raise InputError(f"{needy[0]} needs the time of each rating, held-out ones too; expected a column such as"
                         " timestamp or date")
    return [model for model in models if model.name not in needy]


def listed(models=MODELS):
    """Return the models' names and descriptions, a line each."""
    return "\n".join(f"  {model.name:<25}{model.about}" for model in models)


JSON_NAMES = {  # family -> name of a hyper-parameter -> its name in JSON files, where that is another one
    "baseline": {"regularization": "shrink"},
    "mixture": {"regularization": "strength"},
    "factors": {"regularization": "strength", "per_rating": "weighted"},
    "network": {"regularization": "penalty"},
}


def for_json(result):
    """Return the result of a comparison with the names that hyper-parameters have in JSON files."""
    names = {model.name: JSON_NAMES.get(model.family, {}) for model in MODELS}

    def renamed(row):
        params = {names[row["name"]].get(name, name): value for name, value in row["params"].items()}
        return row | {"params": params} | ({"folds": list(map(renamed, row["folds"]))} if "folds" in row else {})

    return result | {"models": list(map(renamed, result["models"]))}
