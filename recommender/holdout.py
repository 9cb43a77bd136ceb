"""Ratings hidden from training, by which models are compared and their hyper-parameters chosen.

    train, hidden = hold_out(X)            # the test split: its ratings are looked at once, at the end
    inner, inner_hidden = hold_out(train, INNER_SEED)   # the inner split: where hyper-parameters are chosen

A model is a function that takes training ratings (and hyper-parameters) and returns a prediction for every entry.
"""

import itertools
import time
from typing import NamedTuple

import numpy as np

TEST_SEED, INNER_SEED = 0, 1
FRACTION = 0.1


class Fit(NamedTuple):
    """A model fitted to the training ratings, its hyper-parameters chosen on the inner split."""

    params: dict  # the hyper-parameters chosen, by name
    prediction: np.ndarray  # (n, d): of the model refitted to all training ratings
    inner: np.ndarray  # (n, d): of the same model when the inner split's ratings were hidden
    seconds: float  # of processor time that the refit took


def hold_out(X, seed=TEST_SEED, fraction=FRACTION):
    """Return the ratings with a random part hidden, and which those are.

    Args:
        X: (n, d) ratings, 0 where missing.
        seed: of the draw, which is np.random.RandomState(seed).rand(n, d) < fraction on the observed entries.
        fraction: of the ratings to hide, above 0 and below 1.

    Returns:
        train: (n, d) ratings, 0 where missing or hidden.
        hidden: (n, d) bool.

    Raises:
        ValueError: the fraction is out of range, or the draw hides no rating or leaves none.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"expected a fraction to hide above 0 and below 1, got {fraction}")
    observed = np.asarray(X) != 0
    hidden = observed & (np.random.RandomState(seed).rand(*observed.shape) < fraction)
    if not 0 < hidden.sum() < observed.sum():
        raise ValueError(f"expected to hide at least 1 rating and leave 1, but {hidden.sum()} of {observed.sum()} were"
                         " drawn")
    return np.where(hidden, 0, X), hidden


def score(prediction, X, hidden):
    """Return the RMSE of predictions, clipped to 1-5, on the hidden ratings of X (all arrays (n, d))."""
    return float(np.sqrt(np.mean((np.clip(prediction[hidden], 1, 5) - X[hidden]) ** 2)))


def grid(**values):
    """Return every combination of the values as a list of dicts: grid(K=(2, 3)) is [{"K": 2}, {"K": 3}]."""
    return [dict(zip(values, combination, strict=True)) for combination in itertools.product(*values.values())]


def choose(train, candidates, predict, report=lambda text: None):
    """Return the Fit of the candidate with the least RMSE on the inner split, refitted to all of train.

    Args:
        train: (n, d) training ratings, 0 where missing or hidden.
        candidates: dicts of hyper-parameters.
        predict: predict(train, **candidate) -> (n, d) predictions.
        report: called with a line of text about each trial.

    Raises:
        ValueError: there are no candidates, or too few ratings to hide some.
    """
    if not candidates:
        raise ValueError("expected at least 1 candidate to choose from, got 0")
    inner, hidden = hold_out(train, INNER_SEED)
    best = np.inf
    for number, params in enumerate(candidates, 1):
        prediction = predict(inner, **params)
        trial = score(prediction, train, hidden)
        report(f"trial {number} of {len(candidates)}: {describe(params)}: {trial:.4f}")
        if trial < best:
            best, chosen, kept = trial, params, prediction
    start = time.process_time()
    prediction = predict(train, **chosen)
    return Fit(chosen, prediction, kept, time.process_time() - start)


def describe(params):
    """Return hyper-parameters as one line: "K 12, fill soft"."""
    return ", ".join(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in params.items())


def check_ratings(X):
    """Raise ValueError unless some entry of X, (n, d), is a rating."""
    if not np.any(X):
        raise ValueError("expected at least 1 rating, got none")


def check_whole(name, value, low, high):
    """Raise ValueError unless low <= value <= high and the value is a whole number."""
    if not isinstance(value, (int, np.integer)):
        raise ValueError(f"expected {name} to be a whole number, got {value!r}")
    check_range(name, value, low, high)


def check_range(name, value, low, high):
    """Raise ValueError unless low <= value <= high."""
    if not low <= value <= high:
        raise ValueError(f"expected {name} between {low:g} and {high:g}, got {value}")
