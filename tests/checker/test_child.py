"""What the process of a solution makes of arguments and results."""

import sys
from dataclasses import dataclass

import numpy as np
import pytest

from checker import child
from checker.formulas import Mixture


@dataclass
class Own:
    mu: object
    var: object
    p: object


@pytest.mark.parametrize("value, what", [
    (None, "NoneType"), ("done", "str"), (np.array([None]), "an array of object"), ({"a": 1}, "dict"),
    ((1.0, np.ones(2)), "a tuple of 2"), ([np.ones(2), np.ones(3)], "a list of 2"), ([[1.0], [2.0]], "a list")])
def test_what_is_no_array_is_described(value, what):
    described = child.describe(value)
    assert described["other"] == what


@pytest.mark.parametrize("value, dtype", [(np.ones(2, int), float), (np.ones(2, np.float32), np.float32), (True, float),
                                          (np.longdouble(1), float), (3, float)])
def test_arrays_keep_only_a_lower_precision(value, dtype):
    described = child.describe(value)
    assert described.dtype == dtype and described.shape == np.shape(value)


def test_any_mixture_is_a_mixture():
    described = child.describe((Own(np.ones((2, 3)), [1.0, 2.0], (0.5, 0.5)), np.ones(2), 1.5))
    mixture = described["parts"][0]
    assert isinstance(mixture, Mixture)
    np.testing.assert_array_equal(mixture.mu, np.ones((2, 3)))


def test_changed_arguments_are_named():
    X, mixture = np.array([1.0, np.nan]), Mixture(np.ones((1, 2)), np.ones(1), np.ones(1))
    same = [X.copy(), Own(*(part.copy() for part in mixture))]
    assert child.changed_parts(["X", "mixture"], [X, mixture], same) == []
    same[0][0], same[1].var[0] = 5, 2
    assert child.changed_parts(["X", "mixture"], [X, mixture], same) == ["X", "mixture.var"]


def test_their_modules_are_forgotten_and_others_are_not(tmp_path, monkeypatch):
    (tmp_path / "helper_of_theirs.py").write_text("x = 1")
    monkeypatch.syspath_prepend(tmp_path)
    child.load("helper_of_theirs", str(tmp_path))
    child.forget(str(tmp_path))
    assert "helper_of_theirs" not in sys.modules and "numpy" in sys.modules
