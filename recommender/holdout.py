"""Held-out ratings, by which models are compared and their hyper-parameters chosen.

    train, held_out = hold_out(X)                             # the test split: looked at once, at the end
    train, held_out = hold_out(train, VALIDATION_SEED)        # the validation split: it chooses hyper-parameters

Ratings are scipy.sparse csr_arrays (n, d): a stored 0 is a rating, what is not stored is missing.
"""

import numpy as np

from recommender.sparse import as_ratings

TEST_SEED, VALIDATION_SEED = 0, 1  # of the test split and of the validation split
FRACTION = 0.1
LARGEST_DRAW = 10**8  # entries of a matrix, of which each gets a number drawn


class TooFew(ValueError):
    """There are too few ratings to hold some out and keep some."""


def hold_out(X, seed=TEST_SEED, fraction=FRACTION):
    """Return (n, d) ratings without a random part, and this part, as csr_arrays (n, d) with at least 1 rating each.

    The part is np.random.RandomState(seed).rand(n, d) < fraction at the ratings; with more than 10^8 entries, rand(m) <
    fraction for the m ratings in row order. Raises ValueError if the fraction is not above 0 and below 1; or TooFew:
    there are fewer than 2 ratings.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"expected a fraction to hold out above 0 and below 1, got {fraction}")
    X = as_ratings(X)
    if X.nnz < 2:
        raise TooFew(f"expected at least 2 ratings, to hold out 1 and keep 1, got {X.nnz}")
    number = _drawn(X, np.random.RandomState(seed))
    drawn = number < fraction
    drawn[number.argmin()], drawn[number.argmax()] = True, False
    return where(X, ~drawn), where(X, drawn)


def hold_out_items(X, seed=TEST_SEED, fraction=FRACTION):
    """Return (n, d) ratings without those of a random part of the rated items, at least 1, and theirs, as csr_arrays.

    Raises TooFew if fewer than 2 items have ratings.
    """
    items = np.unique(X.indices)
    if len(items) < 2:
        raise TooFew(f"expected at least 2 rated items, to hold out 1 and keep 1, got {len(items)}")
    number = min(max(round(fraction * len(items)), 1), len(items) - 1)
    drawn = np.isin(X.indices, np.random.RandomState(seed).permutation(items)[:number])
    return where(X, ~drawn), where(X, drawn)


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
    """Return the csr_array of the ratings where `kept`, (nnz,) bool, is true."""
    before = np.concatenate([[0], np.cumsum(kept)])
    return type(X)((X.data[kept], X.indices[kept], before[X.indptr]), shape=X.shape)


def limits(X):
    """Return the lowest and the highest rating."""
    return float(X.data.min()), float(X.data.max())


def score(prediction, x, limits):
    """Return the RMSE of predictions (m,) of ratings x (m,), clipped to limits, which begin with low and high."""
    low, high = limits[:2]
    return float(np.sqrt(np.mean((np.clip(prediction, low, high) - x) ** 2)))
