"""Checks of arguments, with scikit-learn's messages where it has them."""

import numpy as np


def one_of(name, value, allowed):
    """Raise ValueError unless a value is one of those allowed."""
    if value not in allowed:
        raise ValueError(f"expected {name} to be one of {', '.join(map(repr, allowed))}; got {value!r}")


def at_least(name, value, least):
    """Raise ValueError unless a number is at least as large as said, and finite."""
    if not least <= value < np.inf:
        raise ValueError(f"expected {name} to be a finite number of at least {least}; got {value!r}")


def data(X, sample_weight, n_components):
    """Return X (n, d) and the weights (n,) as float64 arrays, without the rows of weight 0.

    Raises:
        ValueError: X is not a table of real numbers and NaN, the weights do not fit it, or there are more components
            than rows with an entry.
    """
    X = matrix(X)
    weight = np.broadcast_to(1.0, len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    if weight.shape != X.shape[:1] or not (weight >= 0).all() or not np.isfinite(weight.sum()):
        raise ValueError(f"expected sample_weight to be {len(X)} finite numbers, none below 0; got shape {weight.shape}"
                         f" from {weight.min(initial=np.inf)} to {weight.max(initial=-np.inf)}")
    if not weight.all():
        X, weight = X[weight > 0], weight[weight > 0]
    rows = len(X) - int(np.isnan(X).all(axis=1).sum())
    if rows < n_components:
        raise ValueError(f"Expected n_samples >= n_components but got n_components = {n_components}, n_samples = {rows}"
                         " with an entry")
    return X, weight


def matrix(X):
    """Return X as a float64 array (n, d); ValueError unless it is a table of real numbers and NaN."""
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"expected X to be a 2-D array with a row and a column at least, got shape {X.shape}")
    if np.isinf(X).any():
        raise ValueError("expected X to have finite numbers, and NaN where an entry is missing; it contains infinity")
    return X


def widths(scale):
    """Raise ValueError if the square of a column's width would underflow or overflow."""
    for j, width in enumerate(scale.width):
        if not 1e-150 < width < 1e150:
            raise ValueError(f"expected columns of a size between 1e-150 and 1e150; column {j} has {width:.3g}")


def shape(value, wanted, name):
    """Return a value as a float64 array; ValueError unless it has the shape."""
    value = np.asarray(value, dtype=float)
    if value.shape != wanted:
        raise ValueError(f"The parameter '{name}' should have the shape of {wanted}, but got {value.shape}")
    if not np.isfinite(value).all():
        raise ValueError(f"The parameter '{name}' should have finite numbers")
    return value


def weights(p, K):
    """Return weights_init as an array (K,); ValueError unless it is a distribution."""
    p = shape(p, (K,), "weights")
    if (p < 0).any() or (p > 1).any():
        raise ValueError("The parameter 'weights' should be in the range [0, 1], but got max value"
                         f" {p.min():.5f}, min value {p.max():.5f}")  # as scikit-learn has it, and its tests
    if abs(1 - p.sum()) > 1e-8:
        raise ValueError(f"The parameter 'weights' should be normalized, but got sum(weights) = {p.sum():.5f}")
    return p


def covariances(precisions, kind, K, d):
    """Return the inverses of precisions_init; ValueError if their shape is wrong or they are not positive definite."""
    wanted = {"full": (K, d, d), "tied": (d, d), "diag": (K, d), "spherical": (K,)}[kind]
    precisions = shape(precisions, wanted, f"{kind} precision")
    if kind in ("diag", "spherical"):
        if (precisions <= 0).any():
            raise ValueError(f"'{kind} precision' should be positive")
        return 1 / precisions
    mirrored = np.swapaxes(precisions, -1, -2)
    if not np.allclose(precisions, mirrored) or (np.linalg.eigvalsh(precisions) <= 0).any():
        raise ValueError(f"'{kind} precision' should be symmetric, positive-definite")
    inverse = np.linalg.inv((precisions + mirrored) / 2)
    return (inverse + np.swapaxes(inverse, -1, -2)) / 2
