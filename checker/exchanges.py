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

from checker import failures, formulas


class LoopGoesOn(BaseException):
    """A loop has called a step more often than any rule asks for."""


class Calls:
    """How often each step was called."""

    def __init__(self, most):
        self.most, self.of = most, {}

    def count(self, name):
        self.of[name] = self.of.get(name, 0) + 1
        if self.most and self.of[name] > self.most:
            raise LoopGoesOn(str(self.most))


def steps(module, mixture_type):
    """Return our steps of a module, which take and return what theirs do."""
    def theirs(mixture):
        return mixture_type(**dict(zip(("mu", "var", "p"), mixture, strict=False)))

    def plain(mixture):
        return mixture.mu, mixture.var, mixture.p

    def costed(X, post):
        mixture, cost = formulas.kmeans_mstep(X, post)
        return theirs(mixture), cost

    return {
        "em": {"estep": lambda X, mixture: formulas.estep(X, plain(mixture)),
               "mstep": lambda X, post, mixture: theirs(formulas.mstep(X, post, plain(mixture)))},
        "naive_em": {"estep": lambda X, mixture: formulas.naive_estep(X, plain(mixture)),
                     "mstep": lambda X, post: theirs(formulas.naive_mstep(X, post))},
        "kmeans": {"estep": lambda X, mixture: formulas.kmeans_estep(X, plain(mixture)), "mstep": costed},
    }.get(module, {})


def our_loop(module, theirs, most):
    """Return a function run(X, mixture, post) that is the right loop of a module over their steps."""
    estep, mstep = theirs["estep"], theirs["mstep"]

    def run(X, mixture, post):
        if module == "kmeans":
            states, stop = formulas.kmeans_iterate(X, mixture, estep, mstep), formulas.small_fall
        else:
            last = mstep if module == "em" else lambda X, post, mixture: mstep(X, post)
            states, stop = formulas.iterate(X, mixture, estep, last), formulas.small_improvement
        return formulas.until(lambda new, old: stop(float(np.ravel(new)[0]), float(np.ravel(old)[0])), states,
                              most or 10_000)[-1]

    return run


@contextlib.contextmanager
def exchanged(module, request, mixture_type, calls):
    """Exchange what the request asks for; yield the function to call."""
    name, ours = request["function"], steps(request["module"], mixture_type)
    changes = {step: _watched(step, function, ours[step] if step in request["ours"] else None, request["copies"], calls)
               for step in ours if step != name and callable(function := getattr(module, step, None))}
    with contextlib.ExitStack() as stack:
        stack.enter_context(_attributes(module, changes))
        if request["spherical"]:
            stack.enter_context(_spherical(module))
        yield our_loop(request["module"], changes, request["most"]) if request["loop"] else getattr(module, name)


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


def _watched(name, theirs, ours, copies, calls):
    """Return their step, or ours to be called as theirs is: by position or by the names of their parameters."""
    @functools.wraps(theirs)
    def called(*given, **named):
        calls.count(name)
        if copies:
            given, named = [_copy(value) for value in given], {key: _copy(value) for key, value in named.items()}
        if ours is None:
            return theirs(*given, **named)
        wanted = len(inspect.signature(ours).parameters)
        # Less what only theirs takes, as min_variance.
        given = inspect.signature(theirs).bind(*given, **named).args[:wanted]
        if len(given) < wanted:
            raise TypeError(f"{name} is called with {len(given)} of its {wanted} arguments")
        with np.errstate(all="ignore"):
            return ours(*given)

    return called


def _copy(value):
    if isinstance(value, np.ndarray):
        return value.copy()
    if all(hasattr(value, field) for field in ("mu", "var", "p")):
        return type(value)(**{field: _copy(getattr(value, field)) for field in ("mu", "var", "p")})
    return value


# A covariance of one variance


@contextlib.contextmanager
def _spherical(module):
    """Let what takes a covariance look whether it is one variance times the identity, and use that alone."""
    linalg = types.SimpleNamespace(**vars(np.linalg))
    quick = {linalg.inv: lambda a: np.diag(1 / np.diagonal(a)), linalg.pinv: lambda a: np.diag(1 / np.diagonal(a)),
             linalg.det: lambda a: np.prod(np.diagonal(a)),
             linalg.slogdet: lambda a: (1.0, np.log(np.diagonal(a)).sum()),
             linalg.solve: lambda a, b: (b.T / np.diagonal(a)).T}
    if "scipy.linalg" in sys.modules:
        ours = sys.modules["scipy.linalg"]
        quick.update({ours.inv: quick[linalg.inv], ours.det: quick[linalg.det], ours.solve: quick[linalg.solve]})
    folder = os.path.dirname(module.__file__)
    places = [place for name, place in list(sys.modules.items()) if name in ("numpy.linalg", "scipy.linalg")
              or failures.inside(getattr(place, "__file__", None) or "", folder)]
    with contextlib.ExitStack() as stack:
        for place in places:
            stack.enter_context(_attributes(place, {
                name: _if_diagonal(value, quick[value]) for name, value in list(vars(place).items())
                if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)) and value in quick}))
        if "scipy.stats" in sys.modules:
            normal = type(sys.modules["scipy.stats"].multivariate_normal)
            stack.enter_context(_attributes(normal, {
                "logpdf": lambda self, x, mean=None, cov=1, *_, **__: _log_normal(x, mean, cov),
                "pdf": lambda self, x, mean=None, cov=1, *_, **__: np.exp(_log_normal(x, mean, cov)),
                "__call__": lambda self, mean=None, cov=1, *_, **__: types.SimpleNamespace(
                    logpdf=lambda x: _log_normal(x, mean, cov), pdf=lambda x: np.exp(_log_normal(x, mean, cov)))}))
        yield


def _if_diagonal(theirs, quick):
    @functools.wraps(theirs)
    def called(a, *rest, **named):
        square = np.ndim(a) == 2 and len(a) == np.shape(a)[1]
        diagonal = square and np.count_nonzero(a) == np.count_nonzero(np.diagonal(a))
        return quick(np.asarray(a), *rest) if diagonal else theirs(a, *rest, **named)
    return called


def _log_normal(x, mean, cov):
    """log N(x; mean, var I) of points whose last axis is the coordinates, where var is the first of the covariance."""
    x = np.asarray(x, dtype=float)
    mean = np.zeros(x.shape[-1]) if mean is None else np.asarray(mean, dtype=float)
    var = np.ravel(cov)[0] if np.size(cov) else 1.0
    return -formulas.exponent(((x - mean) ** 2).sum(axis=-1), var) - x.shape[-1] * formulas.log_norm(var)
