"""Tab 8: prints, draws and writes the answers on the ratings."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

import data
from answers import drawings
from answers.runs import best
from answers.sheet import say
from data import course


class Netflix(NamedTuple):
    """The answers on the ratings; every dict has a key for each K."""

    X: np.ndarray  # (n, d): ratings, 0 where missing
    complete: np.ndarray  # (n, d): the course's complete matrix
    runs: dict  # the Run of each seed
    rmse: dict  # of the best run's filling against the complete matrix
    mean: float  # of the ratings
    mean_rmse: float  # RMSE if every gap is filled with the mean


def print_run(K, run):
    """Print a line about a finished run."""
    say(f"  {K:>4}{run.seed:>7}{run.value:>18.6f}{len(run.history):>13}{run.seconds:>10.2f}")


def print_answers(netflix, sheet):
    """Print the answers with the answer sheet, and what they mean."""
    for K, runs in netflix.runs.items():
        top = best(runs)
        sheet.answer(f"K = {K}", top.value, course.NETFLIX_LOG_LIKELIHOOD.get(K), note=f"   seed {top.seed}")
        sheet.answer("  RMSE", netflix.rmse[K], course.NETFLIX_RMSE.get(K), ".16f", ".16f", tolerance=1e-12)
    say(f"  For comparison, every gap filled with the mean rating, {netflix.mean:.3f}: RMSE {netflix.mean_rmse:.4f}")
    say(f"  {what_rmse_measures(netflix.X, netflix.complete)}")


def what_rmse_measures(X, complete):
    """Return sentences on what the RMSE of a filling means: it depends on the complete matrix in the gaps of X."""
    gap = X == 0
    over = (f"The RMSE is over all {X.size} entries. The {X.size - np.count_nonzero(gap)} known ones stay as they are,"
            " with an error of 0.")
    if gap.any() and not data.is_truth(X, complete):
        return (f"{over}\n  In the complete matrix all gaps of a user hold the same value. So the RMSE measures"
                " agreement with that filling,\n  not how well ratings are predicted.")
    return f"{over}\n  In the gaps the complete matrix holds different ratings. The RMSE measures the distance to them."


def draw(netflix, options, submit):
    """Submit the picture if the options ask for it: submit(function, *arguments)."""
    if options.figures is not None:
        curves = {K: [run._replace(mixture=None, post=None) for run in runs] for K, runs in netflix.runs.items()}
        submit(drawings.write, Path(options.figures, drawings.NETFLIX), drawings.draw_log_likelihood, curves)


def as_json(netflix):
    """Return the answers as the JSON file holds them."""
    answers = {}
    for K, runs in netflix.runs.items():
        top = best(runs)
        answers[str(K)] = {"log_likelihood": top.value, "seed": top.seed, "rmse": netflix.rmse[K],
                           "runs": [{"seed": run.seed, "log_likelihood": run.value, "iterations": len(run.history),
                                     "seconds": run.seconds} for run in runs]}
    return {"netflix": answers, "mean_rating": {"value": netflix.mean, "rmse": netflix.mean_rmse}}
