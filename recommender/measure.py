"""What models are worth: each is fitted to the training ratings, timed, and judged on the hidden ones."""

import time
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import data
from common import rmse
from console import Progress
from console.cores import processes
from console.memory import memory_beyond
from recommender import catalogue, predictor
from recommender.models import predictive
from recommender.sparse import pairs

DENSITIES = "regularized-em-effects"  # the model whose predictive distributions are looked at for themselves


class Job(NamedTuple):
    """What all models are given, and what they are judged by."""

    train: csr_array  # (n, d)
    hidden: csr_array  # (n, d): ratings that no model sees
    scale: tuple  # ratings.Scale
    complete: np.ndarray | None = None  # (n, d)


def measure(job, model, done):
    """Return a model's Fit and its row of the table, a dict.

    Memory is what the process had at most, beyond what it had before. Seconds are of processor time, which other
    programs' work leaves alone. Parts of a blend that were fitted before count among its fit's seconds; the choosing of
    their hyper-parameters counts in their own rows.
    """
    start = time.process_time()
    with memory_beyond() as most, Progress(model.name) as progress:
        fit, predictor_ = predictor.train(model, job.train, job.scale, progress, done, asked(job))
        seconds, peak = time.process_time() - start, most()
    row = {"name": model.name, "params": fit.params, **judge(predictor_, job.hidden),
           "seconds": round(fit.seconds, 3), "choosing_seconds": round(max(seconds - fit.seconds, 0.0), 3),
           "peak_mb": round(peak / 1e6, 1)}
    if job.complete is not None:
        row |= judge_filling(predictor_, job)
    if model.name == DENSITIES:
        row["coverage_of_densities"] = coverages(fit.state._replace(model=fit.state.model.model), job.hidden)
    return fit, row


def asked(job):
    """Return the pairs (u, i) whose predictions are judged: the hidden ratings, and the gaps that are filled."""
    u, i, _ = pairs(job.hidden)
    return (u, i) if job.complete is None else tuple(map(np.concatenate, zip((u, i), gaps(job), strict=True)))


def gaps(job):
    """Return the pairs (u, i) that nobody has rated."""
    return np.nonzero((job.train + job.hidden).toarray() == 0)


def judge(predictor_, hidden):
    """Return what a Predictor's guesses of the hidden ratings are worth, as a dict."""
    u, i, x = pairs(hidden)
    error = predictor_.predict(u, i) - x
    low, high = predictor_.interval(u, i)
    return {"rmse": float(np.sqrt(np.mean(error**2))), "mae": float(np.mean(np.abs(error))),
            "coverage_90": float(np.mean(predictor_.holds(u, i, x))), "mean_width_90": float(np.mean(high - low))}


def judge_filling(predictor_, job):
    """Return the course's RMSE of a Predictor, and, where the complete matrix is true, the RMSE over all gaps."""
    X, places = (job.train + job.hidden).toarray(), gaps(job)
    filled = X.copy()
    filled[places] = predictor_.predict(*places)
    found = {"course_rmse": rmse(job.complete, filled)}
    if places[0].size and data.is_truth(X, job.complete):
        found["gaps_rmse"] = rmse(job.complete[places], filled[places])
    return found


def coverages(state, hidden):
    """Return the share of the hidden ratings in the quantiles of a Mixture's own densities, by level as text."""
    u, i, x = pairs(hidden)
    distribution = predictive.entries(state, u, i)
    return {f"{level:g}": round(predictive.coverage(distribution, x, level), 4) for level in predictive.LEVELS}


def compare(job, chosen):
    """Yield the row of each model, in their order.

    As many as there are cores are fitted at a time, in processes; then blends, here, of their fits.
    """
    done, alone = {}, [model.name for model in chosen if model.family != "blend"]
    with processes() as pool:
        fitted = pool.map(partial(_measured, job, len(alone) < len(chosen)), alone)
        for model in chosen:
            done[model.name], row = measure(job, model, done) if model.family == "blend" else next(fitted)
            yield row


def _measured(job, keep, name):
    """Return the Fit of the model called so, None unless it is to be kept for a blend, and its row."""
    fit, row = measure(job, *catalogue.select([name]), {})
    return fit if keep else None, row
