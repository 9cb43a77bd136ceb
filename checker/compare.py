"""An answer beside what was expected: its parts by name, their form, and the first entry that differs."""

from itertools import chain, permutations
from typing import NamedTuple

import numpy as np

from checker.formulas import Mixture

FIELDS = {"mixture": ("Mu", "Var", "P")}  # the parts of a mixture, named as in test_solutions.txt
EXACT = 1e-7  # relative tolerance of results; a mistake is larger, another order of summation smaller


class Misfit(Exception):
    """A result is not made of the parts that were expected; the message says what came."""


class Verdict(NamedTuple):
    """How an answer compares with what was expected."""

    largest: float = 0.0  # difference over all entries
    wrong: tuple = ()  # names of the parts that are wrong
    differing: tuple = ()  # of these, the ones whose numbers differ, their form put right
    detail: str = ""  # the first difference, for people
    form: str | None = None  # what is wrong with the form
    remarks: tuple = ()  # what is right and yet to be mended


def flatten(result, layout):
    """Return {part: array} of a result of one value, or of a tuple of several, as `layout` names them, and remarks.

    Raises:
        Misfit: the result has another form.
    """
    values = [result]
    if len(layout) > 1:
        values = result.get("parts") if isinstance(result, dict) else result
        if not isinstance(values, (list, tuple)) or isinstance(values, Mixture) or len(values) != len(layout):
            raise Misfit(f"returns {_kind(result)}; expected {len(layout)} values: {', '.join(layout)}")
    parts, remarks = {}, []
    for name, value in zip(layout, values, strict=False):
        if name not in FIELDS:
            parts[name] = value
        elif isinstance(value, Mixture):
            parts.update(zip(FIELDS[name], value, strict=False))
        else:
            raise Misfit(f"returns {_kind(value)} where a GaussianMixture(mu, var, p) was expected")
    for name, value in parts.items():
        if isinstance(value, dict) and "array" in value:
            parts[name] = value["array"]
            remarks.append(f"{name} is {value['other']}. Make it an array: np.array(...).")
        elif not isinstance(value, (np.ndarray, float, int, np.generic)):
            raise Misfit(f"returns {_kind(value)} where {name} was expected")
    return {name: np.asarray(value, dtype=float) for name, value in parts.items()}, tuple(remarks)


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
    with np.errstate(invalid="ignore", over="ignore"):
        return (np.abs(got - expected) <= absolute + relative * (1 + np.abs(expected))) | (got == expected)


def agree(got, expected, relative, absolute=0.0, nan=False):
    """Return whether two arrays have one shape and agree everywhere; NaN with NaN only where `nan` says so."""
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        return False
    if got.size:  # most that differ do so in the first entry, and thousands of variants are compared
        one, other = got.item(0), expected.item(0)
        if not (abs(one - other) <= absolute + relative * (1 + abs(other)) or one == other
                or (nan and np.isnan(one) and np.isnan(other))):
            return False
    alike = close(got, expected, relative, absolute)
    return bool(np.all(alike | (np.isnan(got) & np.isnan(expected)) if nan else alike))


def compare(got, expected, relative, absolute=0.0):
    """Return {part: array}, the forms put right where that can be, and the Verdict; only the expected parts count."""
    def agrees(a, b):
        return agree(a, b, relative, absolute)

    wrong = tuple(name for name, value in expected.items() if not agrees(got[name], value))
    mended, form, remarks = _mend(got, expected, wrong, agrees)
    differing = tuple(name for name in wrong if not agrees(mended[name], expected[name]))
    wrong = tuple(name for name in wrong if name in differing or name not in remarks)
    shaped = [name for name in expected if mended[name].shape == expected[name].shape]
    largest = max((_largest(mended[name], expected[name]) for name in shaped), default=np.inf)
    detail = _difference(got, mended, expected, wrong, differing, relative, absolute) if wrong else ""
    return mended, Verdict(largest, wrong, differing, detail, form if wrong else None, tuple(remarks.values()))


def _difference(got, mended, expected, wrong, differing, relative, absolute):
    """Return what differs first: a shape, or an entry."""
    shapes = [name for name in wrong if got[name].shape != expected[name].shape and got[name].size != 1]
    if shapes:
        return f"{shapes[0]} has shape {got[shapes[0]].shape}, expected {expected[shapes[0]].shape}"
    name = (differing or wrong)[0]
    value = mended[name] if differing else got[name]
    at = tuple(np.argwhere(~close(value, expected[name], relative, absolute))[0]) if np.ndim(value) else ()
    index = f"[{', '.join(map(str, at))}]" if at else ""
    others = f" ({', '.join(part for part in wrong if part != name)} too)" if wrong[1:] else ""
    want, came = numbers(expected[name][at], value[at])
    return f"{name}{index}: expected {want}, got {came}{others}"


def _mend(got, expected, wrong, agrees):
    """Return the parts with their forms put right where that can be, what was wrong with them, and {part: remark}."""
    if order := _order(got, expected, wrong, agrees):
        right = {**got, **{name: got[came] for name, came in zip(wrong, order, strict=True)}}
        return right, f"wrong order: {', '.join(wrong)} are returned as {', '.join(order)}.", {}
    mended, said, remarks = dict(got), [], {}
    for name in wrong:
        value, want = got[name], expected[name]
        if want.ndim == 0 and value.size == 1 and value.ndim:
            mended[name] = value.reshape(())
            remarks[name] = (f"{name} is an array of shape {value.shape}. Return a number: with .item(), or by leaving"
                             " out what makes it an array, as keepdims or an index like [0:1].")
        elif value.shape != want.shape:
            mended[name], what = _turned(name, value, want, agrees)
            said.append(what)
    return mended, " ".join(said) or None, remarks


def _order(got, expected, wrong, agrees):
    """Return the wrong parts as they came, told by their numbers or else by their shapes; None in no other order."""
    others = [order for order in permutations(wrong) if order != wrong] if len(wrong) <= 3 else []
    shapes = [expected[name].shape for name in wrong]
    by_numbers = (order for order in others
                  if all(agrees(got[came], expected[name]) for name, came in zip(wrong, order, strict=True)))
    by_shape = (order for order in others
                if len(set(shapes)) == len(shapes) and [got[came].shape for came in order] == shapes)
    return next(chain(by_numbers, by_shape), None)


def _turned(name, value, want, agrees):
    """Return a part of another shape in the wanted one, where it can be, and what was wrong with it."""
    if value.ndim == 2 and value.T.shape == want.shape:
        too = "" if agrees(value.T, want) else " Its numbers differ too."
        return value.T, (f"transposed: {name} has its rows and columns exchanged; it should be of shape"
                         f" {want.shape}.{too}")
    if value.size != want.size:
        return value, f"wrong shape: {name} should have the shape {want.shape}, not {value.shape}."
    turned = value.reshape(want.shape)
    whose = f"the numbers of {name} are right, but their" if agrees(turned, want) else f"{name}'s"
    return turned, (f"wrong shape: {whose} shape is {value.shape}; it should be {want.shape}. Look at keepdims, reshape"
                    " or an index that keeps an axis.")


def numbers(expected, got):
    """Return two numbers as texts, with as many digits as tell them apart."""
    for digits in range(10 if abs(expected) >= 1000 else 6, 18):
        texts = f"{expected:.{digits}g}", f"{got:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _largest(got, expected):
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.where(got == expected, 0.0, np.abs(got - expected))
    return float(np.nan_to_num(difference, nan=np.inf).max()) if difference.size else 0.0
