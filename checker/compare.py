"""An answer beside the right result: its parts by name, their form, and the first entry that differs."""

from itertools import permutations
from typing import NamedTuple

import numpy as np

from checker.formulas import Mixture

FIELDS = {"mixture": ("Mu", "Var", "P")}  # the parts of a mixture, named as in test_solutions.txt
EXACT = 1e-7  # relative tolerance of results: mistakes are larger, other orders of summation smaller


class Misfit(Exception):
    """A result does not have the expected parts; the message says what came."""


class Verdict(NamedTuple):
    """How an answer compares with the right result."""

    largest: float = 0.0  # difference over all entries
    wrong: tuple = ()  # names of the parts that are wrong
    differing: tuple = ()  # those of them whose numbers differ, in whatever form
    detail: str = ""  # the first difference, for people
    form: str | None = None  # what is wrong with the form
    remarks: tuple = ()  # what is right but untidy


def flatten(result, layout):
    """Return {part: array} and the remarks on a result: one value, or a tuple of those that `layout` names.

    Raises Misfit if the result has other parts.
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
        elif any(isinstance(one, Mixture) for one in values):
            raise Misfit(f"returns its values in another order; expected {', '.join(layout)}")
        else:
            raise Misfit(f"returns {_kind(value)} where a GaussianMixture(mu, var, p) was expected")
    for name, value in parts.items():
        if isinstance(value, dict) and "array" in value:
            parts[name] = value["array"]
            remarks.append(f"{name} is {value['other']}. Return an array: np.array(...).")
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


def close(got, expected, relative, absolute=0.0, nan=False):
    """Return where `got` is within absolute + relative (1 + |expected|) of `expected`; if `nan`, NaN is near NaN."""
    with np.errstate(over="ignore"):
        return np.isclose(got, expected, relative, absolute + relative, equal_nan=nan)


def agree(got, expected, relative, absolute=0.0, nan=False):
    """Return whether two arrays have one shape and are close everywhere."""
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        return False
    if got.size:  # quick: most variants already differ in the first entry, and there are thousands
        one, other = got.item(0), expected.item(0)
        if abs(one - other) > absolute + relative * (1 + abs(other)):
            return False
    return bool(close(got, expected, relative, absolute, nan).all())


def compare(got, expected, relative, absolute=0.0):
    """Return {part: array}, in the right form if possible, and the Verdict; only the expected parts count."""
    def agrees(a, b):
        return agree(a, b, relative, absolute)

    mended, forms, remarks = _put_right(got, expected, agrees)
    differing = tuple(name for name, value in expected.items() if not agrees(mended[name], value))
    wrong = tuple(name for name in expected if name in differing or name in forms)
    shaped = [name for name in expected if mended[name].shape == expected[name].shape]
    largest = max((_largest(mended[name], expected[name]) for name in shaped), default=np.inf)
    form = " ".join(dict.fromkeys(forms.values())) or None
    detail = next((_shapes(name, got[name], expected[name]) for name in wrong
                   if got[name].shape != expected[name].shape and (got[name].size != 1 or expected[name].ndim)), "")
    if wrong and not detail:
        name = (differing or wrong)[0]
        value = mended[name] if differing else got[name]
        at = tuple(np.argwhere(~close(value, expected[name], relative, absolute))[0]) if np.ndim(value) else ()
        index = f"[{', '.join(map(str, at))}]" if at else ""
        others = f" ({', '.join(part for part in wrong if part != name)} too)" if wrong[1:] else ""
        want, came = numbers(expected[name][at], value[at])
        detail = f"{name}{index}: expected {want}, got {came}{others}"
    return mended, Verdict(largest, wrong, differing, detail, form, tuple(remarks.values()))


def _shapes(name, value, want):
    return f"{name} has shape {value.shape}, expected {want.shape}"


def _put_right(got, expected, agrees):
    """Return the parts in the right form if possible, {part: what is wrong with its form} and {part: remark}."""
    wrong = tuple(name for name, want in expected.items() if not agrees(got[name], want))
    if order := _order(got, expected, wrong, agrees):
        said = f"wrong order. {', '.join(wrong)} are returned as {', '.join(order)}."
        return {**got, **dict(zip(wrong, map(got.get, order), strict=True))}, dict.fromkeys(wrong, said), {}
    mended, forms, remarks = dict(got), {}, {}
    for name in wrong:
        value, want = got[name], expected[name]
        if want.ndim == 0 and value.size == 1 and value.ndim:
            mended[name] = value.reshape(())
            remarks[name] = (f"{name} is an array of shape {value.shape}. Return a number: use .item(), or remove what"
                             " makes it an array, such as keepdims or an index [0:1].")
        elif value.shape != want.shape:
            mended[name], forms[name] = _turned(name, value, want, agrees)
    return mended, forms, remarks


def _order(got, expected, wrong, agrees):
    """Return in which order the wrong parts came, by their numbers or else by their shapes, or None."""
    orders = [order for order in permutations(wrong) if order != wrong] if len(wrong) <= 3 else []
    shapes = [expected[name].shape for name in wrong]
    by_numbers = [order for order in orders if all(map(agrees, map(got.get, order), map(expected.get, wrong)))]
    by_shape = [order for order in orders
                if len(set(shapes)) == len(shapes) and [got[came].shape for came in order] == shapes]
    return next(iter(by_numbers + by_shape), None)


def _turned(name, value, want, agrees):
    """Return a part in the wanted shape, if possible, and what was wrong with it."""
    shapes = _shapes(name, value, want)
    if value.ndim == 2 and value.T.shape == want.shape:
        turned, said = value.T, f"transposed. {shapes}."
    elif value.size == want.size:
        turned = value.reshape(want.shape)
        said = f"wrong shape. {shapes}. Look at keepdims, reshape, or an index that keeps an axis."
    else:
        return value, f"wrong shape. {shapes}."
    return turned, said if agrees(turned, want) else f"{said} Its numbers differ too."


def numbers(expected, got):
    """Return two numbers as texts, with enough digits to tell them apart."""
    for digits in range(10 if abs(expected) >= 1000 else 6, 18):
        texts = f"{expected:.{digits}g}", f"{got:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _largest(got, expected):
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.where(got == expected, 0.0, np.abs(got - expected))
    return float(np.nan_to_num(difference, nan=np.inf).max()) if difference.size else 0.0
