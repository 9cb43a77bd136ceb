"""Checks of the arguments of the course's modules: a ValueError says what was expected.

    data, mixture = points(X), components(mixture, X)

is the first line of a function. A run prepares its data once; its steps take prepared data without another check.
"""

import numbers
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse

LARGEST = 1e100  # size of a coordinate: squares and their sums stay far from overflow
SMALLEST = 1e-100  # size of a difference that is not 0: its square stays far from underflow
VARIANCES = 1e-250, 1e250


class Components(NamedTuple):
    """A mixture that was checked."""

    mu: np.ndarray  # (K, d)
    var: np.ndarray  # (K,)
    p: np.ndarray  # (K,)


class Prepared:
    """Data that were prepared and checked. Functions do not check them, or other arguments beside them, again."""


def real(value, name):
    """Return a value as a float64 array; ValueError unless it is dense, of real numbers, without masked entries."""
    if issparse(value):
        raise ValueError(f"expected {name} to be a dense array, got a sparse one; {name}.toarray() makes it dense")
    if np.ma.is_masked(value):
        raise ValueError(f"expected {name} without masked entries: fill them, as with {name}.filled(0)")
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":
            array = array.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"expected {name} to be an array of numbers, in rows of one length") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"expected {name} to be made of real numbers, got {array.dtype}")
    return array.astype(float, copy=False)


def finite(value, name, low=-LARGEST, high=LARGEST):
    """Return a value as a float64 array; ValueError if an entry is out of the range, or NaN."""
    array = real(value, name)
    if array.size and not low <= array.min() <= array.max() <= high:
        outside = array[~((array >= low) & (array <= high))].flat[0]
        raise ValueError(f"expected {name} to be finite and from {low:g} to {high:g}, got {outside:g}")
    return array


def matrix(value, name="X"):
    """Return a value as a float64 array (n, d), n and d at least 1; NaN and infinity pass."""
    array = real(value, name)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"expected {name} to be a 2-D array with at least one row and one column, got shape"
                         f" {array.shape}")
    return array


def sparse_matrix(value):
    """Return a scipy.sparse matrix (n, d), n and d at least 1, as a float64 csr_array of its own, each entry once."""
    if value.ndim != 2 or 0 in value.shape or value.dtype.kind not in "biuf":
        raise ValueError(f"expected X to be a 2-D matrix of real numbers, got {value.dtype} of shape {value.shape}")
    X = csr_array(value, dtype=float, copy=True)  # a copy, because the next line changes it
    X.sum_duplicates()
    return X


def shaped(value):
    """Return a dense or sparse matrix as it is; ValueError unless its shape is (n, d)."""
    return value if issparse(value) and value.ndim == 2 and 0 not in value.shape else matrix(value)


def plane(value):
    """Return a value as (n, 2) finite points; ValueError if it is not."""
    X = finite(matrix(value), "X")
    if X.shape[1] != 2:
        raise ValueError(f"expected points of two coordinates to plot, got shape {X.shape}")
    return X


def whole(value, name, low, high, what=""):
    """Return an int from low to high; ValueError for anything else."""
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, (bool, np.bool_))
    if not is_whole or not low <= value <= high:
        raise ValueError(f"expected {name} to be a whole number from {low} to {what}{high}, got {value!r}")
    return int(value)


def number(value, name, low=-1e300, high=1e300):
    """Return a float from low to high; ValueError for anything else."""
    array = real(value, name)
    if array.size != 1 or not low <= array.item() <= high:
        raise ValueError(f"expected {name} to be a number from {low:g} to {high:g}, got {value!r}")
    return array.item()


def components(mixture, X):
    """Return anything with mu, var and p as Components of float64 arrays; if X is Prepared, return it as it is.

    Raises ValueError if a field is missing, of the wrong shape for X (n, d), or out of range.
    """
    if isinstance(X, Prepared):
        return mixture
    if mixture is None or not all(hasattr(mixture, name) for name in Components._fields):
        raise ValueError(f"expected a GaussianMixture with mu, var and p, got {type(mixture).__name__}")
    d = _shape(X)[1]
    mu = finite(mixture.mu, "mixture.mu")
    if mu.ndim != 2 or mu.size == 0 or mu.shape[1] != d:
        raise ValueError(f"expected mixture.mu to be of shape (K, {d}), as X has {d} columns; got {mu.shape}")
    K = len(mu)
    var, p = finite(mixture.var, "mixture.var", *VARIANCES), finite(mixture.p, "mixture.p", 0, 1 + 1e-3)
    for name, part in (("var", var), ("p", p)):
        if part.shape != (K,):
            raise ValueError(f"expected mixture.{name} to be of shape ({K},), as mixture.mu has {K} rows; got"
                             f" {part.shape}")
    if abs(p.sum() - 1) > 1e-3:  # a mixture printed with a few digits passes
        raise ValueError(f"expected mixture.p to have the sum 1, got {p.sum():g}")
    return Components(mu, var, p)


def soft_counts(post, X, mixture=None):
    """Return post as a float64 array (n, K) of soft counts, 0 to 1; if X is Prepared, return it as it is.

    Raises ValueError unless it fits X (n, d) and the mixture's K components.
    """
    if isinstance(X, Prepared):
        return post
    post, n = finite(post, "post", 0, 1 + 1e-6), _shape(X)[0]
    if post.ndim != 2 or post.shape[1] == 0 or post.shape[0] != n:
        raise ValueError(f"expected post to be of shape ({n}, K), a row for each row of X; got {post.shape}")
    if mixture is not None and post.shape[1] != len(mixture.mu):
        raise ValueError(f"expected post to have a column for each of the mixture's {len(mixture.mu)} components; got"
                         f" shape {post.shape}")
    return post


def _shape(X):
    return X.shape if issparse(X) else np.shape(X)


def floor(min_variance):
    """Return min_variance as a float; ValueError if it is no positive number of a sensible size."""
    return number(min_variance, "min_variance", *VARIANCES)


def function(callback):
    """Return a callback, or None, as it is; ValueError if it cannot be called."""
    if callback is not None and not callable(callback):
        raise ValueError(f"expected callback to be a function of a number and a mixture, got {callback!r}")
    return callback
