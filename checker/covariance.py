"""Quick stand-ins for functions of d x d matrices: they use that the matrix is a number times the identity.

With them in place of the originals, an experiment tells whether such matrices are what takes long or fails.
"""

import contextlib
import sys

import numpy as np

_QUICK = {  # for c times the identity of n rows
    "inv": lambda c, n: np.eye(n) / c, "pinv": lambda c, n: np.eye(n) / c, "det": lambda c, n: c**n,
    "slogdet": lambda c, n: (np.sign(c), n * np.log(abs(c))), "solve": lambda c, n, b: np.asarray(b) / c,
}


@contextlib.contextmanager
def quick(modules, called):
    """Let modules use the stand-ins; add the names of those that are used to the list `called`."""
    with contextlib.suppress(ImportError):
        import scipy.linalg
        import scipy.stats  # noqa: F401
    libraries = [sys.modules[name] for name in ("numpy.linalg", "scipy.linalg", "scipy.stats") if name in sys.modules]
    stand_ins = {id(original): _matrix(name, original, called) for library in libraries for name in _QUICK
                 if (original := getattr(library, name, None))}
    if (stats := sys.modules.get("scipy.stats")) is not None:
        stand_ins[id(stats.multivariate_normal)] = Normal(stats.multivariate_normal, called)
    found = [(vars(module), name, value) for module in [*libraries, *modules]
             for name, value in list(vars(module).items()) if id(value) in stand_ins]
    try:
        for names, name, value in found:
            names[name] = stand_ins[id(value)]
        yield
    finally:
        for names, name, value in found:
            names[name] = value


def _matrix(name, original, called):
    def function(matrix, *rest, **named):
        number, rows = _multiple(matrix)
        if number is None or named or len(rest) != (name == "solve"):
            return original(matrix, *rest, **named)
        called.append(name)
        return _QUICK[name](number, rows, *rest)
    return function


def _multiple(matrix):
    """Return (c, n) of c times the identity of n rows; (None, None) of another matrix."""
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or len(set(matrix.shape)) != 1:
        return None, None
    diagonal = matrix.diagonal()
    if np.count_nonzero(matrix) != len(matrix) or (diagonal != diagonal[:1]).any():
        return None, None
    return (diagonal[0] if len(matrix) else 1.0), len(matrix)


class Normal:
    """The stand-in for scipy.stats.multivariate_normal."""

    def __init__(self, original, called, fixed=()):
        self._original, self._called, self._fixed = original, called, fixed

    def __getattr__(self, name):
        return getattr(self._original(*self._fixed) if self._fixed else self._original, name)

    def __call__(self, mean=None, cov=1, *_, **__):
        return Normal(self._original, self._called, (mean, cov))

    def pdf(self, *given, **named):
        return np.exp(self.logpdf(*given, **named))

    def logpdf(self, x, mean=None, cov=1, allow_singular=False):
        mean, cov = self._fixed or (mean, cov)
        number, d = (cov, np.size(mean)) if np.ndim(cov) == 0 else _multiple(cov)
        x = np.asarray(x, dtype=float)
        if number is None or (x.ndim and d != 1 and x.shape[-1] != d):
            return self._original.logpdf(x, mean, cov, allow_singular)
        self._called.append("multivariate_normal")
        difference = x.reshape(*x.shape[: x.ndim - (d != 1)], d) - (0 if mean is None else mean)
        return -d / 2 * np.log(2 * np.pi * number) - (difference**2).sum(axis=-1) / (2 * number)
