"""Small stores of many blocks, and the place of passes over them."""

import os

import numpy as np
import pytest

from recommender.scale import kernels
from recommender.scale.passes import Local
from tests.recommender.scale import cases


@pytest.fixture(autouse=True)
def many_blocks(monkeypatch):
    cases.small(monkeypatch)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Returns the place of passes over ratings, 0 where missing or a csr_array, with one of KERNELS."""
    def made(X, kernel="scipy", memory=10**9, hide=0.0):
        if kernel == "numba":
            cases.needs("numba")
        kernel, _, how = kernel.partition(" ")
        if how:
            monkeypatch.setattr(kernels, "MANY", 1e-9 if how == "by value" else 1e9)
        found = Local(cases.stored(tmp_path / f"store{len(os.listdir(tmp_path))}", X), kernel, memory, hide)
        if how:
            by_value = how == "by value" and len(found.store.values) > 0
            assert isinstance(found.kernel, kernels.ByValue if by_value else kernels.Expanded)
        return found
    return made


@pytest.fixture
def example(tmp_path, monkeypatch):
    """A folder to work in, with a store in it."""
    X = cases.ratings(np.random.RandomState(10), 60, 9)
    cases.stored(tmp_path / "store", X, np.arange(60) + 5, np.arange(9) + 3)
    monkeypatch.chdir(tmp_path)
    return X
