"""An answer beside what was expected: the parts of a result by name, and the first entry that differs."""

from itertools import permutations
from typing import NamedTuple, Optional

import numpy as np

from checker.messages import Mixture

FIELDS = {"mixture": ("Mu", "Var", "P")}  # the parts of a mixture, named as in test_solutions.txt


class Verdict(NamedTuple):
    """How an answer compares with what was expected."""

    largest: float = 0.0  # difference over all entries
    wrong: tuple = ()  # names of the parts that differ
    detail: str = ""  # the first difference, for people
    diagnosis: Optional[str] = None  # where the form alone says what is wrong


class Misfit(Exception):
    """A result is not made of the parts that were expected; the message says what came."""


def flatten(result, layout):
    """Return {part: array} of a result of one value, or of a tuple of several, as `layout` names them.

    Raises:
        Misfit: the result has another form.
    """
    if len(layout) > 1:
        values = result.get("parts") if isinstance(result, dict) else result
        if not isinstance(values, (list, tuple)) or isinstance(values, Mixture) or len(values) != len(layout):
            raise Misfit(f"returns {_kind(result)}; expected {len(layout)} values: {', '.join(layout)}")
    else:
        values = [result]
    parts = {}
    for name, value in zip(layout, values):
        if name in FIELDS:
            if not isinstance(value, Mixture):
                raise Misfit(f"returns {_kind(value)} where a GaussianMixture(mu, var, p) was expected")
            parts.update(zip(FIELDS[name], value))
        else:
            parts[name] = value
    for name, value in parts.items():
        if not isinstance(value, (np.ndarray, float, int, np.generic)):
            raise Misfit(f"returns {_kind(value)} where {name} was expected")
    return {name: np.asarray(value, dtype=float) for name, value in parts.items()}


def leaves(value):
    """Yield the arrays of a described result."""
    if isinstance(value, np.ndarray):
        yield value
        return
    for part in value.get("parts", ()) if isinstance(value, dict) else value:
        yield from leaves(part)


def _kind(value):
    """Return what a described result is, for people."""
    if isinstance(value, dict):
        return {"NoneType": "nothing (None)"}.get(value["other"], value["other"])
    if isinstance(value, Mixture):
        return "a mixture"
    return f"an array of shape {np.shape(value)}" if np.ndim(value) else "a number"


def close(got, expected, relative, absolute=0.0):
    """Return where `got` is as good as `expected`, which is of the same shape. NaN never is."""
    with np.errstate(invalid="ignore"):
        return (np.abs(got - expected) <= absolute + relative * (1 + np.abs(expected))) | (got == expected)


def agree(got, expected, relative, absolute=0.0):
    """Return whether two arrays have one shape and agree everywhere."""
    return np.shape(got) == np.shape(expected) and bool(np.all(close(got, expected, relative, absolute)))


def compare(got, expected, relative, absolute=0.0):
    """Return the Verdict on {part: array}, of which only the expected parts count."""
    wrong = tuple(name for name, value in expected.items() if not agree(got[name], value, relative, absolute))
    if not wrong:
        return Verdict(max(_largest(got[name], value) for name, value in expected.items()))
    shapes = [name for name in wrong if got[name].shape != expected[name].shape]
    largest = max((_largest(got[name], expected[name]) for name in wrong if name not in shapes), default=np.inf)
    form = _form(got, expected, wrong, lambda a, b: agree(a, b, relative, absolute))
    if shapes:
        name = shapes[0]
        detail = f"{name} has shape {got[name].shape}, expected {expected[name].shape}"
        return Verdict(largest, wrong, detail, form or _shape_hint(name, got[name], expected[name]))
    name = wrong[0]
    at = tuple(np.argwhere(~close(got[name], expected[name], relative, absolute))[0]) if np.ndim(got[name]) else ()
    index = f"[{', '.join(map(str, at))}]" if at else ""
    others = f" ({', '.join(wrong[1:])} too)" if wrong[1:] else ""
    want, came = numbers(expected[name][at], got[name][at])
    detail = f"{name}{index}: expected {want}, got {came}{others}"
    return Verdict(largest, wrong, detail, form)


def numbers(expected, got):
    """Return two numbers as texts, with as many digits as tell them apart."""
    for digits in range(10 if abs(expected) >= 1000 else 6, 18):
        texts = f"{expected:.{digits}g}", f"{got:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _largest(got, expected):
    with np.errstate(invalid="ignore"):
        difference = np.abs(got - expected)
    return float(np.nan_to_num(difference, nan=np.inf).max()) if difference.size else 0.0


def _form(got, expected, wrong, agrees):
    """Say it where the right numbers came in a wrong arrangement."""
    for name in wrong:
        value, want = got[name], expected[name]
        if value.ndim == 2 and value.shape != want.shape and agrees(value.T, want):
            return f"transposed: {name} has its rows and columns exchanged; it should be {_shape_words(want)}."
        if value.shape != want.shape and value.size == want.size and agrees(value.reshape(want.shape), want):
            return (f"wrong shape: the numbers of {name} are right, but their shape is {value.shape}; it should be"
                    f" {want.shape}. Look at keepdims, reshape or an index that keeps an axis.")
    names = list(expected)
    if 1 < len(wrong) <= 3 and all(name in got for name in names):
        for order in permutations(wrong):
            if order != wrong and all(agrees(got[a], expected[b]) for a, b in zip(order, wrong)):
                return f"wrong order: {', '.join(wrong)} are returned as {', '.join(order)}."
    return None


def _shape_words(want):
    return f"of shape {want.shape}"


def _shape_hint(name, got, want):
    if got.ndim == 2 and got.T.shape == want.shape and want.ndim == 2 and want.shape[0] != want.shape[1]:
        return f"wrong shape: {name} looks transposed, and its numbers differ too. It should have the shape {want.shape}."
    return f"wrong shape: {name} should have the shape {want.shape}, not {got.shape}."
