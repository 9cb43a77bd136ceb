"""What a fitted model is made of: a model file in which it is otherwise is no fit's, and is refused when it is read.

Checksums tell accidents alone. A prediction looks at a few numbers of many, so that arrays are compared as wholes.
"""

from typing import Any

import numpy as np

from recommender.damaged import Damaged, check
from recommender.intervals import Intervals
from recommender.models.autoencoder import Autoencoder
from recommender.models.baselines import Effects
from recommender.models.bayesian import Samples
from recommender.models.blend import Blend
from recommender.models.cold import Covered
from recommender.models.factorization import Factors
from recommender.models.mixture import Mixture
from recommender.models.neural import Network
from recommender.models.side import Components, Features
from recommender.models.units import Rescaled
from recommender.predictor import Predictor

KINDS = "biuf"  # of numbers, as NumPy calls them: truth values, whole and real ones
LARGEST = 1e150  # size of a number whose square is one, too
STATE = ("predict", "spread", "fold_in")  # methods of a fitted model, see holdout


def _mixture(it, n, d):
    (K,) = _shape(it.p, 1)
    return {"mu": (K, d), "var": (K,), "p": (K,), "post": (n, K)}


def _factors(it, n, d):
    _, k = _shape(it.Q, 2)
    return {"P": (n, k), "Q": (d, k)}


def _samples(it, n, d):
    (S, _, k), (_, s) = _shape(it.Q, 3), _shape(it.features.values, 2)
    return {"P": (S, n, k), "Q": (S, d, k), "a": (S, n), "g": (S, d), "noise": (S,), "L": (S, k, k), "B": (S, 1 + s, k)}


def _components(it, n, d):
    _, c = _shape(it.vectors, 2)
    return {"weight": (d,), "share": (d,), "vectors": (d, c)}


def _features(it, n, d):
    made = it.count + sum(_shape(part.vectors, 2)[1] for part in it.components)
    _, s = _shape(it.values, 2)
    return {"values": (n, made or s), "centre": (made,), "scale": (made,)}  # or given, and not made


def _network(it, n, d):
    check({"U", "V", "W", "w0", "w"} == set(it.weights), "its weights are others")
    (_, s), (_, t), (_, k) = _shape(it.users.values, 2), _shape(it.T, 2), _shape(it.weights["V"], 2)
    (width,) = _shape(it.weights["w"], 1)
    return {"S": (n, s), "T": (d, t), "weights": {"U": (n + s, k), "V": (d + t, k), "W": (3 * (k - 1), width),
                                                  "w0": (width,), "w": (width,)}}


def _autoencoder(it, n, d):
    _, width = _shape(it.H, 2)
    return {"H": (d, width), "W": (n, width), "w": (n,)}


SHAPES = {  # named tuple -> function of one, and of the numbers of users n and movies d: its arrays' shapes
    Predictor: lambda it, n, d: {"n_u": (n,), "n_i": (d,)},
    Intervals: lambda it, n, d: {"coefficients": (3,), "cold": (3,)},
    Effects: lambda it, n, d: {"b": (n,), "c": (d,), "users": (n,), "movies": (d,)},
    Blend: lambda it, n, d: {"weights": (len(it.parts),)},
    Mixture: _mixture, Factors: _factors, Samples: _samples, Components: _components, Features: _features,
    Network: _network, Autoencoder: _autoencoder,
}
ABOVE_0 = {Effects: ("shrink",), Factors: ("strength",), Mixture: ("var", "temper"), Samples: ("a", "g", "noise"),
           Autoencoder: ("penalty",)}  # what is divided by, or keeps a matrix from being singular


def _state(part):
    return all(hasattr(part, name) for name in STATE)


MADE_OF = {  # (named tuple, field that may hold any tuple) -> whether it is what it should be
    (Predictor, "state"): _state, (Covered, "model"): _state, (Rescaled, "model"): _state,
    (Blend, "parts"): lambda parts: all(map(_state, parts)),
    (Mixture, "offset"): lambda offset: offset == () or _state(offset),
    (Features, "components"): lambda parts: all(isinstance(part, Components) for part in parts),
}


def check_parts(it, n, d):
    """Raise Damaged unless a named tuple is made of what it should be.

    Args:
        it: a Predictor, or a part of one; all that it is made of is looked at. Of a kind that SHAPES does not know,
            arrays may have any shape.
        n, d: numbers of users and movies.
    """
    fields = {name: (getattr(it, name), kind) for name, kind in type(it).__annotations__.items()}
    for name, (part, kind) in fields.items():
        _check_kind(part, name, kind)
        check(MADE_OF.get((type(it), name), lambda part: True)(part), f"its {name} is of another kind")
        for each in part if type(part) is tuple else (part,):
            if hasattr(each, "_fields"):
                check_parts(each, n, d)
    shapes = SHAPES.get(type(it), lambda *_: {})(it, n, d)
    for name, (part, kind) in fields.items():
        if kind in (float, int, dict, np.ndarray):
            _check_numbers(part, name, shapes, endless=isinstance(it, Intervals))
    for name in ABOVE_0.get(type(it), ()):
        check(np.all(np.asarray(getattr(it, name)) > 0), f"its {name} is not above 0")


def _check_kind(part, name, kind):
    """Raise Damaged unless a part of a named tuple is of the kind that its annotation says; a dict holds arrays."""
    if kind is not Any and isinstance(kind, type):
        check(isinstance(part, (float, int) if kind is float else kind), f"its {name} is of another kind")
    if kind is dict:
        check(all(isinstance(value, np.ndarray) for value in part.values()), f"its {name} is of another kind")


def _shape(array, dimensions):
    """Return the shape of an array; raise Damaged unless it has so many dimensions."""
    check(array.ndim == dimensions, f"an array of it has {array.ndim} dimensions, not {dimensions}")
    return array.shape


def _check_numbers(part, name, shapes, endless):
    """Raise Damaged unless an array, or a dict of them, is as it should be; `endless`: infinity is a number, too."""
    several = isinstance(part, dict)
    shape = {key: np.shape(value) for key, value in part.items()} if several else np.shape(part)
    check(shape == shapes.get(name, shape), f"its {name} has another shape")
    for values in map(np.asarray, part.values() if several else [part]):
        if values.dtype.kind not in KINDS or np.isnan(values).any() or not (endless or _fits(values)):
            raise Damaged(f"its {name} holds what is no number")


def _fits(values):
    return float(np.abs(values).max(initial=0)) <= LARGEST
