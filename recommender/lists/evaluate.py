"""Compares the lists of models on held-out items: `recommender evaluate RATINGS --top N`.

List models, and models of ratings, which order items by the predicted rating. Every model gets the training ratings
alone. List models choose their hyper-parameters by NDCG@10 on a validation split of these, of the same kind as the
split; models of ratings choose theirs by RMSE, as always.
"""

import math
import time
from contextlib import closing
from typing import NamedTuple

import numpy as np

from console import InputError, Progress, noun
from console.cores import each_in_a_process
from recommender import catalogue as of_ratings
from recommender import splits, tables
from recommender.lists import catalogue, choosing, metrics, top, verdict
from recommender.lists.signal import ABOVE_0, least_liked, liked
from recommender.measure import told
from recommender.sparse import counts
from recommender.verdict import standard_error

QUICK = ("effects", "als", "neural-side", "neural-which")  # models of ratings that are compared by default
COLUMNS = {"ndcg": ("NDCG", 8, ".4f"), "ndcg_se": ("+-", 8, ".4f"), "recall": ("recall", 8, ".4f"),
           "precision": ("precis.", 8, ".4f"), "map": ("MAP", 8, ".4f"), "mrr": ("MRR", 8, ".4f"),
           "hit_rate": ("hits", 8, ".1%"), "coverage": ("cover", 8, ".1%"), "novelty": ("novelty", 8, ".2f"),
           "rated_share": ("rated", 8, ".1%"), "rated_mean": ("rating", 8, ".3f"), "seconds": ("s", 8, ".1f")}


class Job(NamedTuple):
    """Lists to be judged."""

    part: splits.Part
    inner: splits.Part  # of part.train, to choose hyper-parameters
    n: int  # the length of the lists
    least: float  # the lowest held-out rating that makes an item relevant
    implicit: bool

    def relevant(self):
        """Return the relevant held-out ratings (n, d), and the users (m,) who have some."""
        found = liked(self.part.held_out, self.least)
        return found, np.flatnonzero(counts(found)[0])


def select(names, implicit=False):
    """Return the names of the models to compare, list models first; InputError if there is no such model."""
    others = of_ratings.usable(of_ratings.MODELS, None)  # lists are for now
    own, others = ([model.name for model in models] for models in (catalogue.MODELS, others))
    known = own if implicit else own + others
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise InputError(f"no model that makes lists is called {unknown[0]}; there are {', '.join(known)}")
    return [name for name in known if name in (names or (*own, *QUICK))]


def jobs(split, n, least=None, implicit=False):
    """Return the Jobs of a splits.Split; `least` is the lowest rating of a relevant item, None: the mean rating."""
    return [Job(part, splits.inner(split, part), n, ABOVE_0 if implicit else (
        least_liked(part.train) if least is None else least), implicit) for part in split.parts]


def lists(name, job, users, report):
    """Return the hyper-parameters of a fitted model, for the table, and its lists (m, n) for users (m,).

    Both are None if the data are too large for the model.
    """
    part, known = job.part, job.part.known[users]
    if name not in [model.name for model in catalogue.MODELS]:
        found = of_ratings.fit(*of_ratings.select([name]), part.train, report)
        items = np.arange(part.train.shape[1])
        best, _ = top.best(lambda rows: predicted(found.fitted, part, users[rows]), known, items, job.n)
        return found.params, best
    model = catalogue.named(name)
    tried = choosing.trials(model, job.inner, job.implicit, report)
    if not tried:
        return None, None
    found = choosing.fitted(model, max(tried, key=choosing.mean), part.train)
    return {"from": found.signal.kind} | found.params, found.best(known, part.train, job.n)[0]


def predicted(fitted, part, users):
    """Return the ratings (m, d) that a fitted model predicts of users (m,), whom it folds in if they are new."""
    d = part.train.shape[1]
    if part.given is None:
        return fitted.predict(np.repeat(users, d), np.tile(np.arange(d), len(users))).reshape(len(users), d)
    rows = part.given[users]
    folded_in = (fitted.fold_in(rows.indices[of], rows.data[of]) for of in map(slice, rows.indptr, rows.indptr[1:]))
    return np.stack([one.predict(np.zeros(d, int), np.arange(d)) for one in folded_in])


def measure(work, report=lambda text: None):
    """Return the row of (a Job, a model's name), and {metric: (m,)} of its users; None if the data are too large.

    `report` is called with lines about the progress.
    """
    job, name = work
    start = time.process_time()
    relevant, users = job.relevant()
    params, found = lists(name, job, users, report)
    if params is None:
        return None
    row = {"name": name, "params": params, **metrics.of_catalogue(found, job.part.train),
           **({} if job.implicit else metrics.of_ratings(found, job.part.held_out[users])),
           "seconds": round(time.process_time() - start, 3)}
    return row, metrics.per_user(found, relevant[users])


def joined(measured):
    """Return the row of a model, and the NDCG (m,), of all users of all folds, from those of `measure`, one a fold."""
    rows, of_users = zip(*measured, strict=True)
    values = {key: np.concatenate([each[key] for each in of_users]) for key in metrics.PER_USER}
    means = {key: float(value.mean()) for key, value in values.items()}
    return tables.means(rows) | means | {"ndcg_se": standard_error(values["ndcg"])}, values["ndcg"]


def compare(work, names, report=lambda *texts: None):
    """Yield each model's name, its row and the NDCG (m,) of all users; None and None if the data are too large for it.

    `work` is a list of Jobs; those in which no user has a relevant item are left out. `report` is called with texts
    about the progress: all that runs at a time.
    """
    work = [job for job in work if len(job.relevant()[1])]
    pairs = [(job, name) for name in names for job in work]
    with closing(each_in_a_process(measure, pairs, told(report, pairs))) as found:
        for name in names:
            measured = [next(found) for _ in work]
            yield name, *((None, None) if None in measured else joined(measured))


def run(work, names, result, save=lambda result: None):
    """Compare the lists of models, print the table as it grows, and return the result for JSON.

    Args:
        work: list of Jobs.
        names: of models, see `select`.
        result: what stands before the table in the JSON file, a dict.
        save: called with the result after each model.

    Raises:
        InputError: the data are too large for all of the models.
    """
    ndcg, result, progress = {}, result | {"models": []}, Progress(every=math.inf)  # on a terminal alone
    for name, row, of_users in compare(work, names, progress):
        progress.clear()
        if row is None:
            print(f"{name}: left out, as it takes a number for each pair of items")
            continue
        if not result["models"]:
            print("", tables.heading([row], COLUMNS), sep="\n")
        print(tables.line(row, COLUMNS), flush=True)
        ndcg[name] = of_users
        result["models"].append(row)
        result["best"] = verdict.best(ndcg)
        save(result)
    if not ndcg:
        raise InputError("no model is left; expected others with --only, such as item-knn")
    print("", *verdict.in_words(ndcg), sep="\n")
    return result


def about(jobs):
    """Return what the table is about, for the JSON file; the numbers of users are those of all folds together.

    Raises InputError if no user has a relevant held-out item.
    """
    judged = sum(len(job.relevant()[1]) for job in jobs)
    held_out = sum(int(np.count_nonzero(counts(job.part.held_out)[0])) for job in jobs)
    if not judged:
        raise InputError("no user has a relevant held-out item; expected some, so that lists can be judged (--liked X"
                         " says from which rating on)")
    return {"length": jobs[0].n, "liked": None if jobs[0].implicit else [job.least for job in jobs], "users": judged,
            "without_relevant": held_out - judged, "folds": len(jobs)}


def say(about, least=None):
    """Print what is judged; `least` is the option --liked."""
    if about["liked"]:
        print(f"Relevant: held-out items rated {np.mean(about['liked']):.4g} or more"
              + (", the mean rating (--liked X overrides)" if least is None else ""))
    users, without = about["users"], about["without_relevant"]
    more = f" ({without} more have held-out items, but no relevant one)" if without else ""
    print(f"Lists of {about['length']} items, of all that a user has not chosen in training, for {users}"
          f" {noun(users, 'user')}" + (f" in {about['folds']} folds" if about["folds"] > 1 else "") + more)
