"""Experiments with somebody's code: something is exchanged while one of their functions is called.

    ours       names of steps that our right steps replace
    copies     whether their steps get copies of their arguments, so that nothing is overwritten
    current    what one step gets from the other, whatever their loop gives it: MIXTURE, POST or RESULT
    quick      whether what works on d x d matrices is replaced with the formula for a number times the identity
    most       how often a step may be called before the loop counts as endless
"""

import contextlib
import functools
import inspect

import numpy as np

from checker.formulas import LOOPS, Mixture

# mstep gets the mixture that estep had, or the post that it returned; estep gets the mixture that mstep returned
MIXTURE, POST, RESULT = "mixture", "post", "result"


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
        changes = _with_current(changes, request["current"])
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


def _with_current(steps, what):
    """Return the steps so that one of them gets what the other had or returned."""
    had = {}  # what -> value

    def estep(*given, **named):
        if RESULT == what in had:
            given = [had[what] if is_mixture(value) else value for value in given]
            named = {name: had[what] if is_mixture(value) else value for name, value in named.items()}
        had[MIXTURE] = next((value for value in (*given, *named.values()) if is_mixture(value)), None)
        value = steps["estep"](*given, **named)
        had[POST] = value[0] if isinstance(value, (tuple, list)) else value
        return value

    def mstep(*given, **named):
        at = {MIXTURE: 2, POST: 1}.get(what)
        if what in had and what in named:
            named = {**named, what: had[what]}
        elif what in had and at:
            given = [*given[:at], had[what], *given[at + 1:]]
        value = steps["mstep"](*given, **named)
        had[RESULT] = value[0] if isinstance(value, (tuple, list)) and not is_mixture(value) else value
        return value

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
