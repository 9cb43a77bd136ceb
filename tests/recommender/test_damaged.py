"""The forms of JSON values, and the words for errors."""

import math

import pytest

from recommender.damaged import fits, reason


@pytest.mark.parametrize("value, form, fit", [
    (3, int, True), (0, int, True), (-1, int, False), (2**62, int, False), (3.0, int, False), (True, int, False),
    ("3", int, False), (3, float, True), (-2.5, float, True), (math.inf, float, False), (math.nan, float, False),
    (False, float, False), (-10**30, float, False), ([], [int], True), ([1, 2], [int], True), ([1, "2"], [int], False),
    ("12", [int], False), (None, [int], False), ([1, 2.5], (int, float), True), ([1], (int, float), False),
    ([1, 2, 3], (int, float), False), ([[1, 2], [3, 4]], [(int, int)], True), ([[1, 2], [3]], [(int, int)], False),
    ({"a": 1, "b": "x"}, {"a": int}, True), ({"b": 1}, {"a": int}, False), ([1], {"a": int}, False), ({}, {}, True),
    ([], {}, False),
])
def test_a_value_fits_its_form_or_not(value, form, fit):
    assert fits(value, form) is fit


def test_a_reason_is_one_short_line():
    assert reason(ValueError("one\ntwo")) == "one" and reason(KeyError()) == "KeyError"
    assert len(reason(OSError("x" * 500))) == 80
