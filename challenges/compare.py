"""Compares all models on ratings hidden from training: `python -m challenges.compare`.

Every model is given the training ratings alone, chooses its hyper-parameters on an inner split of them, is refitted to
all of them, and only then meets the hidden ratings. Beside this held-out RMSE stands the course's: the same prediction
filled into the gaps of the incomplete matrix, against the complete one (python -m challenges.gold says what that
measures). Where the complete matrix holds true ratings, as the sample's does, the RMSE over all gaps is a third.
"""

if __name__ == "__main__":
    from console import interrupts

    interrupts.end_at_once()
    from console.cores import one_blas_thread

    one_blas_thread()  # each core has a model of its own to work on

import os
import sys
import time
import tracemalloc
from contextlib import closing
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

import data
from common import rmse
from console import InputError, Parser, check_outputs, escaped, run_program, write_json
from console.processes import in_processes
from data.course import CHECKSUMS
from recommender import catalogue, figures
from recommender.holdout import FRACTION, INNER_SEED, TEST_SEED, describe, hold_out, limits, score
from recommender.models import baselines, predictive
from recommender.sparse import pairs

INTERVALS = "regularized-em-effects"  # the model whose predictive intervals are reported
PICTURES = ("comparison.png", "calibration.png")


class Task(NamedTuple):
    """Ratings, the complete matrix, and what is hidden from the models."""

    X: np.ndarray  # (n, d): ratings, 0 where missing
    complete: np.ndarray  # (n, d)
    train: csr_array  # (n, d): X without the hidden ratings
    hidden: csr_array  # (n, d)


class Progress:
    """One line on stderr that is written over and over; a line every 20 seconds where stderr is no terminal.

    Nothing where the caller has closed stderr.
    """

    def __init__(self, name):
        self.name, self.stream = name, sys.stderr
        self.live = self.stream is not None and self.stream.isatty()
        self.last = time.monotonic()

    def __call__(self, text):
        if self.live:
            width = os.get_terminal_size(self.stream.fileno()).columns or 80
            print("\r\033[K" + f"{self.name}: {text}"[:width - 1], end="", file=self.stream, flush=True)
        elif self.stream and time.monotonic() - self.last > 20:
            self.last = time.monotonic()
            print(f"  {self.name}: {text}", file=self.stream, flush=True)

    def clear(self):
        """Remove the line."""
        if self.live:
            print("\r\033[K", end="", file=self.stream, flush=True)


def task(X, complete):
    """Return the Task of two (n, d) matrices; raise InputError where there are too few ratings to split twice."""
    try:
        train, hidden = hold_out(X)
        hold_out(train, INNER_SEED)
    except ValueError as error:
        raise InputError(f"too few ratings to compare models: {error}") from None
    return Task(X, complete, train, hidden)


def measure(task, model, done):
    """Return a model's Fit and its row of the table, a dict.

    Memory is the peak of what Python and NumPy allocated during the fit beyond what was there before, by tracemalloc;
    work space inside LAPACK is not in it. Seconds are of processor time, which other programs' work leaves alone. Parts
    of a blend that were fitted before count among its fit's seconds; the choosing of their hyper-parameters counts in
    their own rows.
    """
    progress = Progress(model.name)
    tracemalloc.start()
    start = time.process_time()
    try:
        fit = model.fit(task.train, progress, done)
        seconds = time.process_time() - start
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        progress.clear()
    gaps, (u, i, x), (low, high) = task.X == 0, pairs(task.hidden), limits(task.train)
    filled = task.X.copy()
    filled[gaps] = np.clip(fit.state.predict(*np.nonzero(gaps)), low, high)
    row = {"name": model.name, "params": fit.params, "heldout_rmse": score(fit.state.predict(u, i), x, (low, high)),
           "course_rmse": rmse(task.complete, filled), "seconds": round(fit.seconds, 3),
           "choosing_seconds": round(max(seconds - fit.seconds, 0.0), 3), "peak_mb": round(peak / 2**20, 1)}
    if gaps.any() and data.is_truth(task.X, task.complete):
        row["gaps_rmse"] = rmse(task.complete[gaps], filled[gaps])
    return fit, row


def predictives(task, params, **changes):
    """Return the Predictive of the hidden ratings under the mixture that regularised EM has chosen."""
    params = {**params, **changes}
    offset = baselines.effects(task.train) if params.pop("effects") else ()
    return predictive.entries(catalogue.groups(task.train, **params, offset=offset), *pairs(task.hidden)[:2])


def coverages(task, params):
    """Return the share of the hidden ratings that lie in their interval, by nominal level as text."""
    distribution, x = predictives(task, params), task.hidden.data
    return {f"{level:g}": round(predictive.coverage(distribution, x, level), 4) for level in predictive.LEVELS}


def heading(rows):
    """Return the table's head; the RMSE over all gaps only where the rows have it."""
    truth = f"{'all gaps':>9}" if "gaps_rmse" in rows[0] else ""
    columns = f"{'course':>9}{'fit s':>8}{'choose s':>9}{'peak MB':>8}"
    return f"{'model':<24}{'held-out':>9}{truth}{columns}  hyper-parameters"


def line(row):
    """Return a row of the table as text."""
    truth = f"{row['gaps_rmse']:9.4f}" if "gaps_rmse" in row else ""
    return (f"{row['name']:<24}{row['heldout_rmse']:9.4f}{truth}{row['course_rmse']:9.4f}{row['seconds']:8.1f}"
            f"{row['choosing_seconds']:9.1f}{row['peak_mb']:8.0f}  {describe(row['params'])}")


def select(names):
    """Return the models called so, in the order in which they are fitted; all where names is None.

    Raises:
        InputError: there is no model of such a name.
    """
    known = [model.name for model in catalogue.MODELS]
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise InputError(f"no model is called {unknown[0]}; there are {', '.join(known)}")
    return [model for model in catalogue.MODELS if names is None or model.name in names]


def compare(task, chosen, save=lambda result: None):
    """Fit the models and return the result as a dict for JSON; save is called with it after each model.

    As many as there are cores are fitted at a time, each in a process of its own; then the blend, here, of their fits.
    """
    result = {"split": {"test_seed": TEST_SEED, "inner_seed": INNER_SEED, "fraction": FRACTION,
                        "train": task.train.nnz, "hidden": task.hidden.nnz},
              "models": [], "intervals": {}}
    done, alone = {}, [model for model in chosen if model.family != "blend"]
    with closing(in_processes(lambda model: measure(task, model, {}), alone)) as fitted:
        for model in chosen:
            done[model.name], row = measure(task, model, done) if model.family == "blend" else next(fitted)
            result["models"].append(row)
            if model.name == INTERVALS:
                result["intervals"] = coverages(task, row["params"])
            if len(done) == 1:
                print(heading(result["models"]))
            print(line(row), flush=True)
            save(result)
    return result


def main(argv=None):
    parser = Parser(description="Compare models on ratings hidden from training.",
                    epilog="Models: " + "; ".join(f"{m.name} ({m.about})" for m in catalogue.MODELS) + ".")
    parser.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz")
    parser.add_argument("--json", metavar="FILE", help="write the table to FILE, anew after each model")
    parser.add_argument("--figures", metavar="DIR", default="figures/challenges",
                        help="folder for pictures (%(default)s)")
    parser.add_argument("--no-figures", action="store_true", help="draw no pictures")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="fit these models alone")
    options = parser.parse_args(argv)

    chosen = select(options.only)
    folder = check_outputs(options.json, None if options.no_figures else options.figures, PICTURES,
                           data.may_read(data.NETFLIX, options.data), CHECKSUMS)
    source = data.find(data.NETFLIX, options.data)
    job = task(*data.netflix(source))
    print(f"Data: {source.description}")
    print(f"{job.train.nnz} ratings to train on, {job.hidden.nnz} hidden\n")

    result = compare(job, chosen, lambda result: options.json and write_json(options.json, result))
    rows = sorted(result["models"], key=lambda row: row["heldout_rmse"])
    print("\nSorted by RMSE on the hidden ratings:\n" + heading(rows))
    print("\n".join(map(line, rows)))
    if result["intervals"]:
        print(f"\nHidden ratings inside their interval ({INTERVALS}): " + ", ".join(
            f"{share:.1%} in {float(level):.0%}" for level, share in result["intervals"].items()))
    if folder:
        for path in draw(folder, job, rows):
            print(f"picture: {escaped(path)}")
    return 0


def draw(folder, task, rows):
    """Draw the pictures of a finished comparison and return their paths."""
    families = {model.name: model.family for model in catalogue.MODELS}
    paths = [figures.bars(folder / PICTURES[0], rows, families)]
    params = next((row["params"] for row in rows if row["name"] == INTERVALS), None)
    if params:
        distributions = {"tempered": predictives(task, params),
                         "not tempered": predictives(task, params, temper=1.0, fill_temper=1.0)}
        paths.append(figures.calibration(folder / PICTURES[1], distributions, task.hidden.data))
    return paths


if __name__ == "__main__":
    sys.exit(run_program(main))
