"""Experiments, on the side of somebody's code: something of theirs is exchanged for the right thing while it is called.

    ours       names of steps in whose place the right ones stand
    copies     whether their steps get copies of their arguments, so that nothing is overwritten
    loop       whether the right loop runs over their steps
    spherical  whether densities and inverses of a d x d covariance are computed from its one variance
    most       how often a step may be called before the loop is taken for endless
"""

import contextlib
import functools
import inspect
import os
import sys
import types

import numpy as np

from checker import failures
from checker.formulas import LOOPS, Mixture


class LoopGoesOn(BaseException):
    """A loop has called a step more often than any rule asks for."""


@contextlib.contextmanager
def exchanged(module, request, mixture_type, calls):
    """Exchange what the request asks for; yield the function to call.

    In `calls`, a Counter, the calls of each step are counted.
    """
    name, loop = request["function"], LOOPS.get(request["module"])
    changes = {}
    for step in {"estep", "mstep"} - {name} if loop else ():
        if callable(theirs := getattr(module, step, None)):
            right = _for_theirs(step, theirs, getattr(loop, step), mixture_type) if step in request["ours"] else theirs
            changes[step] = _watched(step, theirs, right, request, calls)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_attributes(module, changes))
        if request["spherical"]:
            _compute_from_one_variance(module, stack)
        if request["loop"]:
            yield lambda X, mixture, post: loop.path(X, mixture, **changes, most=request["most"] or 10_000)[-1]
        else:
            yield getattr(module, name)


@contextlib.contextmanager
def _attributes(place, changes):
    """Set attributes for a while."""
    before = {name: getattr(place, name) for name in changes}
    try:
        for name, value in changes.items():
            setattr(place, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(place, name, value)


def _watched(name, theirs, function, request, calls):
    """Return a function to stand in the place of their step: it counts the calls, and copies arguments if asked."""
    @functools.wraps(theirs)
    def called(*given, **named):
        calls[name] += 1
        if calls[name] > request["most"] > 0:
            raise LoopGoesOn(str(request["most"]))
        if request["copies"]:
            given, named = [_copy(value) for value in given], {key: _copy(value) for key, value in named.items()}
        return function(*given, **named)
    return called


def _for_theirs(name, theirs, ours, mixture_type):
    """Return our step, to be called as theirs is, by position or by name, with mixtures of their type."""
    wanted = ours.__code__.co_argcount

    def called(*given, **named):
        # Less what only theirs takes, as min_variance.
        given = inspect.signature(theirs).bind(*given, **named).args[:wanted]
        if len(given) < wanted:
            raise TypeError(f"{name} is called with {len(given)} of its {wanted} arguments")
        with np.errstate(all="ignore"):
            return returned(ours(*(Mixture(value.mu, value.var, value.p) if is_mixture(value) else value
                                   for value in given)))

    def returned(value):
        if isinstance(value, Mixture):
            return mixture_type(**value._asdict())
        return tuple(map(returned, value)) if isinstance(value, tuple) else value

    return called


def is_mixture(value):
    return all(hasattr(value, field) for field in Mixture._fields)


def _copy(value):
    if is_mixture(value):
        return type(value)(**{field: _copy(getattr(value, field)) for field in Mixture._fields})
    return value.copy() if isinstance(value, np.ndarray) else value


# A covariance of one variance

_OF_DIAGONAL = {  # functions of numpy.linalg and scipy.linalg, of a diagonal matrix
    "inv": lambda a: np.diag(1 / np.diagonal(a)),
    "pinv": lambda a: np.diag(1 / np.diagonal(a)),
    "det": lambda a: np.prod(np.diagonal(a)),
    "slogdet": lambda a: (1.0, np.log(np.diagonal(a)).sum()),
    "solve": lambda a, b: (b.T / np.diagonal(a)).T,
}


def _compute_from_one_variance(module, stack):
    """Let what takes a covariance look whether it is one variance times the identity, and use that alone."""
    instead = {}
    for linalg in filter(None, map(sys.modules.get, ("numpy.linalg", "scipy.linalg"))):
        for name, quick in _OF_DIAGONAL.items():
            if hasattr(linalg, name):
                instead[id(getattr(linalg, name))] = _if_diagonal(getattr(linalg, name), quick)
    if "scipy.stats" in sys.modules:
        instead[id(sys.modules["scipy.stats"].multivariate_normal)] = _normal
    folder = os.path.dirname(module.__file__)
    for name, place in list(sys.modules.items()):
        if name in ("numpy.linalg", "scipy.linalg", "scipy.stats") \
                or failures.inside(getattr(place, "__file__", None) or "", folder):
            changes = {key: instead[id(value)] for key, value in vars(place).items() if id(value) in instead}
            stack.enter_context(_attributes(place, changes))


def _if_diagonal(theirs, quick):
    @functools.wraps(theirs)
    def called(a, *rest, **named):
        square = np.ndim(a) == 2 and len(a) == np.shape(a)[1]
        diagonal = square and np.count_nonzero(a) == np.count_nonzero(np.diagonal(a))
        return quick(np.asarray(a), *rest) if diagonal else theirs(a, *rest, **named)
    return called


def _log_normal(x, mean=None, cov=1, *_, **__):
    """log N(x; mean, var I) of points whose last axis is the coordinates, where var is the first of the covariance."""
    x = np.asarray(x, dtype=float)
    mean = np.zeros(x.shape[-1]) if mean is None else np.asarray(mean, dtype=float)
    var = np.ravel(cov)[0] if np.size(cov) else 1.0
    return -((x - mean) ** 2).sum(axis=-1) / (2 * var) - x.shape[-1] / 2 * np.log(2 * np.pi * var)


def _normal(mean=None, cov=1, *_, **__):
    """What stands in for scipy.stats.multivariate_normal."""
    return types.SimpleNamespace(logpdf=lambda x: _log_normal(x, mean, cov),
                                 pdf=lambda x: np.exp(_log_normal(x, mean, cov)))


_normal.logpdf = _log_normal
_normal.pdf = lambda *given, **named: np.exp(_log_normal(*given, **named))
