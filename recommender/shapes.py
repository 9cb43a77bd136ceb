"""Checks the parts of a fitted model: a file whose numbers or arrays no fit has made is refused when it is read.

Checksums find accidents alone. A prediction uses few of many numbers, so whole arrays are checked.
"""

from typing import get_args, get_origin

import numpy as np

from recommender.damaged import check
from recommender.intervals import Intervals

LARGEST = 1e150  # the square of such a number is finite


def check_parts(it, n, d):
    """Raise Damaged unless the parts of a named tuple have the kinds, shapes and numbers that they should.

    Args:
        it: a Predictor, or a part of one. Its kinds are its annotations; shapes and POSITIVE are in models/fitted.py.
        n, d: numbers of users and movies.
    """
    fields = {name: (getattr(it, name), kind) for name, kind in type(it).__annotations__.items()}
    for name, (part, kind) in fields.items():
        check(_is(part, kind), f"its {name} is of another kind")
        for each in part if type(part) is tuple else (part,):
            if hasattr(each, "_fields"):
                check_parts(each, n, d)
    shapes, lengths = it.shapes(n, d) if hasattr(it, "shapes") else {}, {}
    for name, (part, kind) in fields.items():
        if kind in (float, int, dict, np.ndarray):
            check(name not in shapes or _has_shape(part, shapes[name], lengths), f"its {name} has another shape")
            for values in map(np.asarray, part.values() if kind is dict else [part]):
                check(values.dtype.kind in "biuf" and not np.isnan(values).any()
                      and (isinstance(it, Intervals) or float(np.abs(values).max(initial=0)) <= LARGEST),
                      f"its {name} holds what is no number")  # an interval may be infinite
    for name in getattr(it, "POSITIVE", ()):
        check(np.all(np.asarray(getattr(it, name)) > 0), f"its {name} is not above 0")


def _is(part, kind):
    """Return whether a part is of the kind of its annotation; a dict holds arrays."""
    if get_origin(kind) is tuple:
        return isinstance(part, tuple) and all(_is(each, get_args(kind)[0]) for each in part)
    if kind is dict:
        return isinstance(part, dict) and all(isinstance(value, np.ndarray) for value in part.values())
    return isinstance(part, (float, int) if kind is float else kind)


def _has_shape(part, shape, lengths):
    """Return whether an array, or each array of a dict, has a shape; a letter is one of the `lengths`, found here."""
    if isinstance(part, dict):
        return part.keys() == shape.keys() and all(_has_shape(part[name], shape[name], lengths) for name in shape)
    found = np.shape(part)
    return len(found) == len(shape) and all(
        size == (lengths.setdefault(length, size) if isinstance(length, str) else length)
        for size, length in zip(found, shape, strict=True))
