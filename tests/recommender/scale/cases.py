"""What the tests of recommender.scale share: small stores of many blocks, and packages that may be missing."""

import os
from importlib.util import find_spec

import numpy as np
import pytest
from scipy.sparse import csr_array

from console import run_program
from recommender import __main__ as recommender
from recommender.ratings import Levels
from recommender.scale import store

KINDS = {"five": lambda random, size: random.randint(1, 6, size) * 1.0,
         "many": lambda random, size: random.randint(1, 256, size) / 8,
         "floats": lambda random, size: random.uniform(1, 5, size)}
KERNELS = ("numba", "scipy by value", "scipy expanded", "dense")
every_kernel = pytest.mark.parametrize("kernel", KERNELS)


def needs(package):
    """Skip the test where an optional package is missing; fail where CI has installed it."""
    if not find_spec(package):
        if os.environ.get("SCALE_PACKAGES") == "required":
            pytest.fail(f"{package} is required, but not installed")
        pytest.skip(f"{package} is not installed (recommender/requirements.txt)")


def ratings(random, n, d, missing=0.5, kind="five"):
    """Ratings (n, d), 0 where missing, with users and a movie without any; the last user is one of them."""
    X = KINDS[kind](random, (n, d)) * (random.uniform(size=(n, d)) >= missing)
    X[[random.randint(n - 1), n - 1]] = 0
    X[:, random.randint(d)] = 0
    return X


def small(monkeypatch, users=7, ratings=60):
    """Let stores have blocks of so many users at most, and chunks of so many ratings at most, more or less."""
    monkeypatch.setattr(store, "BLOCK_USERS", users)
    monkeypatch.setattr(store, "SMALL_CHUNK", ratings)
    monkeypatch.setattr(store, "LARGE_CHUNK", ratings)


def stored(path, X, users=None, items=None):
    """Return the Store of ratings (n, d), 0 where missing, or of a csr_array; IDs are numbers where none are given."""
    X, first, levels = csr_array(X), 0, Levels()
    (n, d), values = X.shape, np.unique(X.data)
    values = values if len(values) <= store.VALUES else values[:0]
    levels.add(X.data)
    with store.writing(path) as writer:
        for sizes in store.arrangement(np.diff(X.indptr)):
            part = X[first:first + sum(sizes)].tocoo()
            writer.chunk(sizes, d, part.row.astype(int), part.col, part.data, values)
            first += sum(sizes)
        writer.finish(np.arange(n) if users is None else users, np.arange(d) if items is None else items,
                      levels.scale(), values)
    return store.open_store(path)


def matrix(found):
    """Return the ratings of a Store (n, d), 0 where missing."""
    X = np.zeros(found.shape)
    for block in store.blocks(found):
        X[block.first + block.user.astype(int), block.item] = block.x
    return X


def status(*words):
    """Return the exit status of `python -m recommender` with these words."""
    try:
        return run_program(recommender.main, list(map(str, words)))
    except SystemExit as stopped:
        return stopped.code or 0
