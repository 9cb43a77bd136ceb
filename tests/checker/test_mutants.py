"""What differs from a right solution on a random small matrix is called wrong: each of many small changes."""

import random
import signal
import types
import warnings

import numpy as np
import pytest

import common
from checker.compare import Misfit, compare, flatten
from checker.formulas import Mixture
from checker.stages import STEPS
from tests.checker.mutants import mutants
from tests.checker.solutions import BROADCAST, COMMON, KMEANS, LOOP, NAIVE, PRODUCTS

SOURCES = {"loop": ("em", LOOP), "broadcast": ("em", BROADCAST), "products": ("em", PRODUCTS),
           "naive_em": ("naive_em", NAIVE), "kmeans": ("kmeans", KMEANS), "common": ("common", COMMON)}
SAMPLE = 70  # of all mutants


class TooLong(Exception):
    """A call has used its CPU seconds."""


def all_mutants(name):
    """Return {text: name} of the mutants of a source, each text once."""
    return {one.text: one.name for one in mutants(SOURCES[name][1])}


def load(module, text):
    """Return the functions of a text as a module that imports our common.py."""
    made = types.ModuleType(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # a mutant may call a number, or index it
        exec(compile(text, module, "exec"), vars(made))
    return made


def answer(made, step, arguments, seconds=0.5):
    """Return {part: array} of a call with copies of the arguments, or the exception."""
    given = [common.GaussianMixture(*(part.copy() for part in value)) if isinstance(value, Mixture)
             else value.copy() if isinstance(value, np.ndarray) else value for value in arguments]
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        with np.errstate(all="ignore"):
            value = getattr(made, step.function)(*given)
        return flatten(described(value), step.layout)[0]
    except (Exception, Misfit) as error:
        return error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def described(value):
    if hasattr(value, "mu"):
        return Mixture(value.mu, value.var, value.p)
    return {"other": "a tuple", "parts": list(map(described, value))} if isinstance(value, tuple) else value


def differs(got, expected, relative=1e-6, absolute=0.0):
    """Return whether an answer is not the expected one."""
    if isinstance(got, Exception):
        return True
    try:
        return bool(compare(got, expected, relative, absolute)[1].differing)
    except (ValueError, TypeError):
        return True


def random_inputs(step):
    """Yield arguments on random 30 x 8 matrices, with gaps for em."""
    for seed in range(4):
        chance, K = np.random.RandomState(1000 + seed), (3, 1, 2, 5)[seed]
        X = chance.randint(1, 6, (30, 8)) + (chance.rand(30, 8) if seed % 2 else 0)
        if step.module == "em":
            X[chance.rand(30, 8) < 0.4] = 0
        X = X.astype(float)
        start = Mixture(X[chance.choice(30, K, replace=False)], chance.uniform(1, 3, K), chance.dirichlet(np.ones(K)))
        post = np.eye(K)[chance.permutation(30) % K] if step.module == "kmeans" else chance.dirichlet(np.ones(K), 30)
        named = {"X": X, "post": post, "mixture": start, "Y": X + chance.normal(size=X.shape), "log_likelihood": -70.0}
        yield tuple(named[name] for name in step.arguments)


def killed_by(made, module, plan):
    """Return the name of the first stage that a solution fails; None where none does."""
    for stage in plan.stages:
        if stage.step.module == module:
            for case in stage.cases:
                if differs(answer(made, stage.step, case.arguments, 4.0), case.expected, stage.relative,
                           stage.absolute):
                    return stage.name
    return None


def seen_on_random_input(made, right, module):
    """Return the function that differs from the right one on a random matrix; None where none does."""
    for step in STEPS.values():
        if step.module == module:
            for arguments in random_inputs(step):
                expected = answer(right, step, arguments, 4.0)
                if not isinstance(expected, Exception) and differs(answer(made, step, arguments, 4.0), expected):
                    return step.name
    return None


def survivors(texts, name, plan):
    """Return [(mutant, function)] of those that differ on a random matrix, yet pass every stage."""
    module, right = SOURCES[name][0], load(SOURCES[name][0], SOURCES[name][1])
    found = []
    for text, change in texts.items():
        made = load(module, text)
        if killed_by(made, module, plan) is None and (seen := seen_on_random_input(made, right, module)):
            found.append((change, seen))
    return found


@pytest.fixture
def watch():
    """Let calls that use too many CPU seconds end in TooLong."""
    def stop(*_):
        raise TooLong
    before = signal.signal(signal.SIGPROF, stop)
    yield
    signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("name", SOURCES)
def test_the_right_one_differs_nowhere(name, plan, watch):
    module, text = SOURCES[name]
    made = load(module, text)
    assert killed_by(made, module, plan) is seen_on_random_input(made, load(module, text), module) is None


@pytest.mark.parametrize("name", SOURCES)
def test_no_mutant_that_differs_survives(name, plan, watch):
    texts = all_mutants(name)
    share = max(6, SAMPLE * len(texts) // 2000)
    chosen = random.Random(name).sample(sorted(texts), share)
    assert survivors({text: texts[text] for text in chosen}, name, plan) == []
