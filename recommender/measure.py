"""Fits models to the training ratings, times them, and judges them on the held-out ratings."""

import time
from contextlib import closing
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import data
from common import rmse
from console.cores import each_in_a_process
from console.memory import memory_beyond
from recommender import catalogue, cold, predictor
from recommender.choosing import Fit
from recommender.cold import Content
from recommender.models import blend, predictive
from recommender.sparse import pairs
from recommender.tables import over_folds

DENSITIES = "regularized-em-effects"  # the model whose own predictive distributions are judged, too


class Job(NamedTuple):
    """The ratings of a comparison."""

    train: csr_array  # (n, d)
    held_out: csr_array  # (n, d): ratings that no model sees
    scale: tuple  # ratings.Scale
    complete: np.ndarray | None = None  # (n, d)
    given: csr_array | None = None  # (n, d): the ratings of new users that are folded in
    times: csr_array | None = None  # (n, d): of train and held_out
    content: Content | None = None  # to predict items without ratings


class Measured(NamedTuple):
    """What is known of a model after it was fitted to a job's ratings."""

    fit: Fit | None
    row: dict  # of the table
    squared: np.ndarray  # (m,) squared errors of the held-out ratings


def jobs(split, complete=None, F=None, report=lambda text: None):
    """Return the Jobs of a splits.Split; features F (d, m) of its items predict those without ratings.

    `report` is called with lines about the progress.
    """
    contents = [None if F is None else cold.fit(part.train, F, report) for part in split.parts]
    return [Job(part.train, part.held_out, split.table.scale, complete, part.given, split.table.times, content)
            for part, content in zip(split.parts, contents, strict=True)]


def measure(job, model, done, report=lambda text: None):
    """Return the Measured of a model; `report` is called with lines about the progress.

    Memory is the peak of the process, less its memory before. Seconds are processor time. A blend's include the fits of
    its parts, but not their choices of hyper-parameters.
    """
    start = time.process_time()
    with memory_beyond() as most:
        fit, predictor_ = predictor.train(model, job.train, job.scale, report, done, asked(job), job.times, job.content)
        predictor_ = predictor_ if job.given is None else predictor.NewUsers(predictor_, job.given)
        seconds, peak = time.process_time() - start, most()
    row = {"name": model.name, "params": fit.params, **judge(predictor_, job.held_out),
           "seconds": round(fit.seconds, 3), "choosing_seconds": round(max(seconds - fit.seconds, 0.0), 3),
           "peak_mb": round(peak / 1e6, 1)}
    if job.complete is not None:
        row |= judge_filling(predictor_, job)
    if model.name == DENSITIES and job.given is None:
        row["coverage_of_densities"] = coverages(fit.fitted._replace(model=fit.fitted.model.model), job.held_out)
    u, i, x = pairs(job.held_out)
    return Measured(fit, row, (predictor_.predict(u, i) - x) ** 2)


def asked(job):
    """Return the pairs (u, i) whose predictions are judged: the held-out ratings, and the gaps to fill.

    None: all pairs, for new users.
    """
    if job.given is not None:
        return None
    u, i, _ = pairs(job.held_out)
    return (u, i) if job.complete is None else tuple(map(np.concatenate, zip((u, i), gaps(job), strict=True)))


def gaps(job):
    """Return the pairs (u, i) that nobody has rated."""
    return np.nonzero((job.train + job.held_out).toarray() == 0)


def judge(predictor_, held_out):
    """Return the measures of a Predictor on held-out ratings, as a dict."""
    u, i, x = pairs(held_out)
    error = predictor_.predict(u, i) - x
    low, high = predictor_.interval(u, i)
    return {"rmse": float(np.sqrt(np.mean(error**2))), "mae": float(np.mean(np.abs(error))),
            "coverage_90": float(np.mean(predictor_.holds(u, i, x))), "mean_width_90": float(np.mean(high - low))}


def judge_filling(predictor_, job):
    """Return the course's RMSE of a Predictor, and if the complete matrix is true, the RMSE over all gaps."""
    X, places = (job.train + job.held_out).toarray(), gaps(job)
    filled = X.copy()
    filled[places] = predictor_.predict(*places)
    found = {"course_rmse": rmse(job.complete, filled)}
    if places[0].size and data.is_truth(X, job.complete):
        found["gaps_rmse"] = rmse(job.complete[places], filled[places])
    return found


def coverages(mixture, held_out):
    """Return the share of the held-out ratings in the intervals of a Mixture's own densities, by level as text."""
    u, i, x = pairs(held_out)
    distribution = predictive.entries(mixture, u, i)
    return {f"{level:g}": round(predictive.coverage(distribution, x, level), 4) for level in predictive.LEVELS}


def compare(jobs, chosen, report=lambda *texts: None):
    """Yield the row of each model, in their order, and its squared errors of all held-out ratings.

    With several jobs, the folds, the row is of their means. Processes fit as many models at a time as there are cores.
    Blends use their fits, in this process. `report` is called with texts about the progress: all that runs at a time.
    """
    blends = any(model.family == "blend" for model in chosen)
    needed = [model for model in catalogue.usable(catalogue.MODELS, jobs[0].times)
              if model in chosen or (blends and model.name in blend.PARTS)]
    work = [(job, model.name) for model in needed if model.family != "blend" for job in jobs]
    fits = [{} for _ in jobs]
    with closing(each_in_a_process(partial(_measured, blends), work, told(report, work))) as found:
        for model in needed:
            blended = (measure(job, model, done) for job, done in zip(jobs, fits, strict=True))
            measured = list(blended if model.family == "blend" else islice(found, len(jobs)))
            for done, one in zip(fits, measured, strict=True):
                done[model.name] = one.fit
            if model in chosen:
                yield over_folds([one.row for one in measured]), np.concatenate([one.squared for one in measured])


def told(report, work):
    """Return the `hear` of each_in_a_process that reports on its items `work`, pairs of a job and a model's name."""
    def hear(said, left):
        report(f"{len(work) - left - len(said)} of {len(work)} done",
               *(f"{work[number][1]}: {text or 'begins'}" for number, text in said.items()))
    return hear


def _measured(keep, work, say):
    """Return the Measured of a job and the name of a model, without the Fit if no blend needs it."""
    job, name = work
    found = measure(job, *catalogue.select([name]), {}, say)
    return found if keep else found._replace(fit=None)
