"""The course's files: found, verified, loaded; or the built-in sample in their place.

    source = data.find(data.TOY)          # where from, and whether verified
    X = data.toy(source)
"""

import numpy as np

from console import InputError
from data.course import NETFLIX, TEST_CASE, TOY
from data.source import Source, find, may_read
from data.text import parse_matrix, parse_solutions

__all__ = ["NETFLIX", "TEST_CASE", "TOY", "InputError", "Source", "find", "is_truth", "may_read", "netflix",
           "test_case", "toy"]


def toy(source):
    """Return the toy data, (250, 2) in the course's file. Raises InputError if they are no matrix of numbers."""
    (name,) = TOY
    return parse_matrix(source.files[name], name)


def netflix(source):
    """Return the ratings with gaps (0) and the complete matrix, both (n, d).

    Raises InputError if a file is no matrix of ratings, the shapes differ, or there are no ratings.
    """
    return _pair(source, *NETFLIX)


def is_truth(X, complete):
    """Return whether some user's gaps (0) in X hold different values in `complete`, as true ratings do; both (n, d).

    In the course's complete matrix all gaps of a user hold the same value.
    """
    gap = X == 0
    lowest = np.where(gap, complete, np.inf).min(axis=1)
    highest = np.where(gap, complete, -np.inf).max(axis=1)
    return bool((lowest < highest).any())


def test_case(source):
    """Return the 20 x 5 test case with gaps, the complete one, and the staff's results for it (text.Solutions).

    Raises InputError if a file cannot be read, or the three do not fit together.
    """
    X, complete = _pair(source, *TEST_CASE[:2])
    solutions = parse_solutions(source.files[TEST_CASE[2]], TEST_CASE[2])
    if solutions.X.shape != X.shape:
        raise InputError(f"{TEST_CASE[2]}: X has shape {solutions.X.shape}, but {TEST_CASE[0]} has {X.shape}")
    return X, complete, solutions


def _pair(source, incomplete_name, complete_name):
    incomplete = parse_matrix(source.files[incomplete_name], incomplete_name, ratings=True)
    complete = parse_matrix(source.files[complete_name], complete_name, ratings=True)
    if incomplete.shape != complete.shape:
        raise InputError(f"{incomplete_name} is {incomplete.shape[0]} x {incomplete.shape[1]}, but {complete_name} is"
                         f" {complete.shape[0]} x {complete.shape[1]}; expected one shape")
    if not incomplete.any():
        raise InputError(f"{incomplete_name} holds no rating, only zeros")
    return incomplete, complete
