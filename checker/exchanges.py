"""Experiments with somebody's code: something is exchanged while one of their functions is called.

    ours       names of steps that our right steps replace
    copies     whether their steps get copies of their arguments, so that nothing is overwritten
    current    whether their mstep gets the mixture that their estep had, whatever their loop gives it
    quick      whether what works on d x d matrices is replaced with the formula for a number times the identity
    most       how often a step may be called before the loop counts as endless
"""

import contextlib
import functools
import inspect

import numpy as np

from checker.formulas import LOOPS, Mixture


class LoopGoesOn(BaseException):
    """A loop has called a step more often than any stopping rule needs."""


@contextlib.contextmanager
def exchanged(module, request, mixture_type, calls):
    """Exchange what the request asks for; yield the function to call. The Counter `calls` counts the steps' calls."""
    name, loop = request["function"], LOOPS.get(request["module"])
    changes = {}
    for step in {"estep", "mstep"} - {name} if loop else ():
        if callable(theirs := getattr(module, step, None)):
            right = _for_theirs(step, theirs, getattr(loop, step), mixture_type) if step in request["ours"] else theirs
            changes[step] = _watched(step, theirs, right, request, calls)
    if request["current"]:
        changes = _with_current(changes)
    before = {step: getattr(module, step) for step in changes}
    try:
        vars(module).update(changes)
        yield getattr(module, name)
    finally:
        vars(module).update(before)


def _watched(name, theirs, function, request, calls):
    """Return a function that counts its calls, and copies its arguments if asked, before it calls `function`."""
    @functools.wraps(theirs)
    def called(*given, **named):
        calls[name] += 1
        if calls[name] > request["most"] > 0:
            raise LoopGoesOn(str(request["most"]))
        if request["copies"]:
            given, named = [_copy(value) for value in given], {key: _copy(value) for key, value in named.items()}
        return function(*given, **named)
    return called


def _with_current(steps):
    """Return the steps so that mstep gets the mixture that estep had."""
    had = []

    def estep(*given, **named):
        had[:] = [value for value in (*given, *named.values()) if is_mixture(value)]
        return steps["estep"](*given, **named)

    def mstep(*given, **named):
        named = {name: had[0] if is_mixture(value) else value for name, value in named.items()}
        given = [had[0] if is_mixture(value) or value is None else value for value in given]
        if not any(map(is_mixture, (*given, *named.values()))):
            given = [*given[:2], *had, *given[3:]]
        return steps["mstep"](*given, **named)

    return {**steps, "estep": estep, "mstep": mstep} if {"estep", "mstep"} <= steps.keys() else steps


def _for_theirs(name, theirs, ours, mixture_type):
    """Return our step so that it can be called like theirs: by position or by name, with mixtures of their type."""
    wanted = ours.__code__.co_argcount

    def called(*given, **named):
        # Without arguments that only theirs has, like min_variance.
        with contextlib.suppress(TypeError):  # theirs take fewer
            given = inspect.signature(theirs).bind(*given, **named).args
        given = given[:wanted]
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
