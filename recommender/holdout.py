"""Ratings hidden from training, by which models are compared and their hyper-parameters chosen.

    train, hidden = hold_out(X)            # the test split: its ratings are looked at once, at the end
    inner, inner_hidden = hold_out(train, INNER_SEED)   # the inner split: where hyper-parameters are chosen

Ratings are scipy.sparse csr_arrays (n, d): a stored 0 is a rating, what is not stored is missing.

A fitted model, a "state", is a NamedTuple of arrays and numbers with

    predict(u, i)     predictions of pairs of users u (m,) and movies i (m,), (m,); not clipped
    spread(u, i)      the standard deviations of their ratings as the model sees them, or what is in proportion to
                      them, (m,); None: it has no opinion
    fold_in(i, x)     the state of one new user, number 0, who gave movies i the ratings x; the movies stay as they are
"""

import itertools
import time
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from recommender.sparse import as_ratings, pairs

TEST_SEED, INNER_SEED = 0, 1
FRACTION = 0.1
LARGEST_DRAW = 10**8  # entries of a matrix for all of which a number is drawn


class TooFew(ValueError):
    """There are too few ratings to hide some and keep some."""


class Fit(NamedTuple):
    """A model fitted to the training ratings, its hyper-parameters chosen on the inner split."""

    params: dict  # the hyper-parameters chosen, by name
    state: tuple  # the model refitted to all training ratings
    inner: np.ndarray  # (m,): what it predicted, when the inner split's m ratings were hidden, for these, in row order
    seconds: float  # of processor time that the refit took
    inner_spread: np.ndarray | None = None  # (m,): as `inner`, how sure it was of them; None: it had no opinion


def hold_out(X, seed=TEST_SEED, fraction=FRACTION):
    """Return the ratings with a random part hidden, and this part.

    Args:
        X: (n, d) ratings; of a dense array the zeros are missing.
        seed: of the draw, which is np.random.RandomState(seed).rand(n, d) < fraction at the ratings; with more than
            10^8 entries, rand(m) < fraction for the m ratings in row order.
        fraction: of the ratings to hide, above 0 and below 1.

    Returns:
        train: csr_array (n, d).
        hidden: csr_array (n, d), of all other ratings.

    Raises:
        ValueError: the fraction is out of range; or TooFew: the draw hides no rating or leaves none.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"expected a fraction to hide above 0 and below 1, got {fraction}")
    X = as_ratings(X)
    hidden = _drawn(X, np.random.RandomState(seed)) < fraction
    if not 0 < hidden.sum() < X.nnz:
        raise TooFew(f"expected to hide at least 1 rating and leave 1, but {hidden.sum()} of {X.nnz} were drawn")
    return where(X, ~hidden), where(X, hidden)


def _drawn(X, random, block=10**6):
    """Return the number drawn for each rating, (nnz,)."""
    n, d = X.shape
    if n * d > LARGEST_DRAW:
        return random.rand(X.nnz)
    drawn, step = np.empty(X.nnz), max(block // d, 1)
    for start in range(0, n, step):
        ends = X.indptr[start:start + step + 1]
        users, part = np.repeat(np.arange(len(ends) - 1), np.diff(ends)), slice(ends[0], ends[-1])
        drawn[part] = random.rand(len(ends) - 1, d)[users, X.indices[part]]
    return drawn


def where(X, kept):
    """Return the csr_array of those ratings that are marked by `kept`, (nnz,) bool."""
    before = np.concatenate([[0], np.cumsum(kept)])
    return type(X)((X.data[kept], X.indices[kept], before[X.indptr]), shape=X.shape)


def limits(X):
    """Return the lowest and the highest rating, between which predictions of such ratings lie."""
    return float(X.data.min()), float(X.data.max())


def score(prediction, x, limits):
    """Return the RMSE of predictions (m,) of ratings x (m,), after clipping; limits begin with low, high."""
    low, high = limits[:2]
    return float(np.sqrt(np.mean((np.clip(prediction, low, high) - x) ** 2)))


def grid(**values):
    """Return every combination of the values as a list of dicts: grid(K=(2, 3)) is [{"K": 2}, {"K": 3}]."""
    return [dict(zip(values, combination, strict=True)) for combination in itertools.product(*values.values())]


def choose(train, candidates, fit, report=lambda text, rmse: None, refine=lambda best: ()):
    """Return the Fit of the candidate with the least RMSE on the inner split, refitted to all of train.

    Args:
        train: (n, d) training ratings.
        candidates: dicts of hyper-parameters.
        fit: fit(train, **candidate) -> state.
        report: called with a line of text about each trial, and its RMSE.
        refine: called with the best of the candidates; returns further ones.

    Raises:
        ValueError: there are no candidates, or too few ratings to hide some.
    """
    if not candidates:
        raise ValueError("expected at least 1 candidate to choose from, got 0")
    inner, hidden = hold_out(train, INNER_SEED)
    u, i, x = pairs(hidden)

    def tried(params):
        state = fit(inner, **params)
        prediction = state.predict(u, i)
        error = score(prediction, x, limits(train))
        report(f"{describe(params)}: RMSE", error)
        return error, params, prediction, state.spread(u, i)

    best = min(map(tried, candidates), key=itemgetter(0))
    _, params, prediction, spread = min(itertools.chain([best], map(tried, refine(best[1]))), key=itemgetter(0))
    start = time.process_time()
    state = fit(train, **params)
    return Fit(params, state, prediction, time.process_time() - start, spread)


def describe(params):
    """Return hyper-parameters as one line: "K 12, fill soft"; those of several folds as "K 12/12/30"."""
    return ", ".join(f"{name} {_shown(value)}" for name, value in params.items())


def _shown(value):
    if isinstance(value, list):
        return "/".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def check_ratings(X):
    """Raise ValueError unless a csr_array, or an array of counts, holds a rating."""
    if not (X.nnz if issparse(X) else np.any(X)):
        raise ValueError("expected at least 1 rating, got none")


def check_range(name, value, low, high):
    """Raise ValueError unless low <= value <= high."""
    if not low <= value <= high:
        raise ValueError(f"expected {name} between {low:g} and {high:g}, got {value}")
