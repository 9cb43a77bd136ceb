"""What the arrays of a fitted model look like: a model file in which they are otherwise is no fit's, and is refused.

Checksums tell accidents alone. A prediction looks at a few numbers of many, so that arrays are compared as wholes.
"""

from typing import Any

import numpy as np

from recommender.intervals import Intervals
from recommender.models.autoencoder import Autoencoder
from recommender.models.baselines import Effects
from recommender.models.bayesian import Samples
from recommender.models.blend import Blend
from recommender.models.factorization import Factors
from recommender.models.mixture import Mixture
from recommender.models.neural import Network
from recommender.models.side import Components, Features
from recommender.predictor import Predictor

KINDS = "biuf"  # of numbers, as NumPy calls them: truth values, whole and real ones


def _mixture(it, n, d):
    K = max(len(it.p), 1)
    return {"mu": (K, d), "var": (K,), "p": (K,), "post": (n, K)}


def _factors(it, n, d):
    k = it.Q.shape[1]
    return {"P": (n, k), "Q": (d, k)}


def _samples(it, n, d):
    S, _, k = it.Q.shape
    return {"P": (S, n, k), "Q": (S, d, k), "a": (S, n), "g": (S, d), "noise": (S,), "L": (S, k, k),
            "B": (S, 1 + it.features.values.shape[1], k)}


def _components(it, n, d):
    return {"weight": (d,), "share": (d,), "vectors": (d, it.vectors.shape[1])}


def _features(it, n, d):
    made = it.count + sum(part.vectors.shape[1] for part in it.components)
    return {"values": (n, made or it.values.shape[1]), "centre": (made,), "scale": (made,)}  # or given, and not made


def _network(it, n, d):
    (s, t), (_, k), width = (it.users.values.shape[1], it.T.shape[1]), it.weights["V"].shape, len(it.weights["w"])
    return {"S": (n, s), "T": (d, t), "weights": {"U": (n + s, k), "V": (d + t, k), "W": (3 * (k - 1), width),
                                                  "w0": (width,), "w": (width,)}}


def _autoencoder(it, n, d):
    width = it.H.shape[1]
    return {"H": (d, width), "W": (n, width), "w": (n,)}


SHAPES = {  # named tuple -> function of one, and of the numbers of users n and movies d: its arrays' shapes
    Predictor: lambda it, n, d: {"n_u": (n,), "n_i": (d,)},
    Intervals: lambda it, n, d: {"coefficients": (3,), "cold": (3,)},
    Effects: lambda it, n, d: {"b": (n,), "c": (d,), "users": (n,), "movies": (d,)},
    Blend: lambda it, n, d: {"weights": (len(it.parts),)},
    Mixture: _mixture, Factors: _factors, Samples: _samples, Components: _components, Features: _features,
    Network: _network, Autoencoder: _autoencoder,
}


def check_parts(it, n, d):
    """Raise ValueError, or what comes of parts of another kind, unless a named tuple is made of what it should be.

    Args:
        it: a Predictor, or a part of one; all that it is made of is looked at. Of a kind that SHAPES does not know,
            arrays may have any shape.
        n, d: numbers of users and movies.
    """
    shapes = SHAPES.get(type(it), lambda *_: {})(it, n, d)
    for name, kind in type(it).__annotations__.items():
        part = getattr(it, name)
        if kind is not Any and isinstance(kind, type) and not isinstance(part, (float, int) if kind is float else kind):
            raise ValueError(f"its {name} is of another kind")
        if hasattr(part, "_fields"):
            check_parts(part, n, d)
        elif isinstance(part, tuple):
            for each in part:
                if hasattr(each, "_fields"):
                    check_parts(each, n, d)
        elif kind in (float, int, dict, np.ndarray):
            _check_numbers(part, name, shapes, endless=isinstance(it, Intervals))


def _check_numbers(part, name, shapes, endless):
    """Raise ValueError unless an array, or a dict of them, is as it should be; `endless`: infinity is a number, too."""
    several = isinstance(part, dict)
    shape = {key: np.shape(value) for key, value in part.items()} if several else np.shape(part)
    if shape != shapes.get(name, shape):
        raise ValueError(f"its {name} has another shape")
    for values in map(np.asarray, part.values() if several else [part]):
        if values.dtype.kind not in KINDS or np.isnan(values).any() or not (endless or np.isfinite(values).all()):
            raise ValueError(f"its {name} holds what is no number")
