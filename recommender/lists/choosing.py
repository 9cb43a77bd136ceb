"""How every list model is fitted: signal and hyper-parameters by NDCG@10 on a validation split of the training ratings.
"""

from typing import NamedTuple

import numpy as np

from recommender.choosing import describe, prefixed
from recommender.holdout import VALIDATION_SEED
from recommender.lists import top, verdict
from recommender.lists.catalogue import MODELS, named
from recommender.lists.metrics import per_user
from recommender.lists.signal import ABOVE_0, Signal, least_liked, liked, signals
from recommender.sparse import counts
from recommender.splits import held_out

LENGTH = 10  # of the lists that choose
MOST_USERS = 5000  # of these users, drawn if there are more


class Lists(NamedTuple):
    """A list model, fitted."""

    name: str
    params: dict  # hyper-parameters
    signal: Signal
    fitted: tuple | None  # None: see `again`

    def scores(self, X):
        """Return scores (m, d) of all items for users with the ratings or counts X, a csr_array (m, d)."""
        return self.fitted.scores(self.signal.weights(X))

    def best(self, X, train, n, exclude_known=True, among=None):
        """Return the n best items of users with the ratings or counts X (m, d), and their scores; see top.best.

        Of equal scores, as all are for a user who has chosen nothing that counts, the item comes first that more users
        chose in `train` (n_users, d). `among` are the numbers of the items from which to choose; None: all.
        """
        items = top.popular_first(self.signal.weights(train), among)
        return top.best(lambda users: self.scores(X[users])[:, items], X, items, n, exclude_known)


class Trial(NamedTuple):
    """What a list model with some signal and hyper-parameters is worth."""

    ndcg: np.ndarray  # (m,) of the lists of the validation split's users
    signal: Signal
    params: dict


def trials(model, part, implicit=False, report=lambda text: None):
    """Return the Trials of a ListModel on a splits.Part of the training ratings; none if it has no candidates."""
    relevant = liked(part.held_out, ABOVE_0 if implicit else least_liked(part.train))
    users = np.flatnonzero(counts(relevant)[0])
    if len(users) > MOST_USERS:
        users = np.sort(np.random.RandomState(VALIDATION_SEED).choice(users, MOST_USERS, replace=False))
    relevant, known = relevant[users], part.known[users]
    found = []
    for signal in signals(part.train, implicit):
        R = signal.weights(part.train)
        for params in model.candidates(*R.shape):
            one = Lists(model.name, params, signal, model.fit(R, **params))
            lists, _ = one.best(known, part.train, LENGTH)
            found.append(Trial(per_user(lists, relevant)["ndcg"], signal, params))
            report(f"{described(one)}: NDCG@{LENGTH} {mean(found[-1]):.4f}")
    return found


def mean(trial):
    """Return the mean NDCG of a Trial, 0 if the validation split has no relevant item."""
    return float(trial.ndcg.mean()) if len(trial.ndcg) else 0.0


def described(lists):
    """Return the signal and the hyper-parameters of Lists or a Trial in words."""
    return describe({"from": lists.signal.kind} | lists.params)


def fitted(model, trial, X):
    """Return the Lists of a ListModel with the signal and hyper-parameters of a Trial, or of Lists, fitted to X (n, d).
    """
    return Lists(model.name, trial.params, trial.signal, model.fit(trial.signal.weights(X), **trial.params))


def again(lists, X):
    """Return Lists, fitted to the ratings X (n, d) that chose them, if they are not fitted; None stays None."""
    return lists if lists is None or lists.fitted is not None else fitted(named(lists.name), lists, X)


def best(X, implicit=False, report=lambda text: None, models=MODELS):
    """Return the Lists that `chosen` returns, fitted to X, and their mean NDCG@10 on the validation split."""
    lists, ndcg = chosen(X, implicit, report, models)
    return again(lists, X), ndcg


def chosen(X, implicit=False, report=lambda text: None, models=MODELS):
    """Return the Lists, not fitted yet, of the model that wins on a validation split of X, and its mean NDCG@10 there.

    One rating in ten is held out. verdict.py says which model wins.

    Args:
        X: csr_array (n, d) of ratings, or of counts if `implicit`.
        report: called with lines about the progress.
        models: catalogue.ListModels, `popular` among them.

    Raises:
        InputError: there are too few ratings.
    """
    part = held_out(X, VALIDATION_SEED, to="choose hyper-parameters")
    tried = {model.name: trials(model, part, implicit, prefixed(report, model.name)) for model in models}
    found = {name: max(trials, key=mean) for name, trials in tried.items() if trials}
    name = verdict.best({name: trial.ndcg for name, trial in found.items()})
    return Lists(name, found[name].params, found[name].signal, None), mean(found[name])
