"""What is exchanged in somebody's code: our steps for theirs, copies for arguments."""

import types
from collections import Counter, namedtuple

import numpy as np
import pytest

from checker import exchanges, formulas
from checker.probes import ordinary
from tests.checker.in_process import results_of
from tests.checker.solutions import EDITS, KEYWORDS, edited


@pytest.mark.parametrize("name", ["no_floor", "no_half_in_norm"])
def test_ours_can_be_called_by_the_names_of_their_parameters(name, em_plan, tmp_path):
    old, new = (text.replace("mixture", "mix") for text in EDITS[name][:2])
    results = results_of(tmp_path, edited((old, new), text=KEYWORDS), em_plan)
    assert results["em.run: slow convergence"].status == "pass"


def test_a_loop_that_leaves_out_an_argument_is_told_in_its_own_terms(em_plan, tmp_path):
    text = edited(("        mixture = mstep(X, post, mixture)\n", "        mixture = mstep(X, post)\n"),
                  ("post, mixture, min", "post, mixture=None, min"))
    results = results_of(tmp_path, text, em_plan)
    said = " ".join(result.detail for result in results.values() if result.wrong)
    assert "em.run" in said and "<locals>" not in said


Theirs = namedtuple("Theirs", "mu var p")


@pytest.fixture
def module():
    """A module whose mstep is wrong, writes into post, and is called by run."""
    module = types.ModuleType("em")
    exec("""
def estep(X, mixture):
    return X * 0 + 7, 0.0

def mstep(X, post, mixture, min_variance=.25):
    post += 1
    return mixture

def run(X, mixture, post):
    mstep(X, post, mixture=mixture)
    return mstep(X, post, mixture), post
""", vars(module))
    return module


def call(module, calls, ours=(), copies=False, most=0, current="", function="run"):
    X, post, mixture = ordinary()
    request = {"module": "em", "function": function, "ours": ours, "copies": copies, "most": most,
               "current": current}
    with exchanges.exchanged(module, request, Theirs, calls) as called:
        return called(X, Theirs(*mixture), post), post


def test_our_step_takes_and_returns_their_mixture(module):
    X, post, mixture = ordinary()
    (got, _), after = call(module, Counter(), ours=("mstep",))
    assert isinstance(got, Theirs)
    for part, right in zip(got, formulas.mstep(X, post, mixture), strict=True):
        np.testing.assert_array_equal(part, right)
    np.testing.assert_array_equal(after, post)


def test_copies_keep_the_arguments(module):
    assert np.array_equal(call(module, Counter(), copies=True)[1], ordinary()[1])
    np.testing.assert_allclose(call(module, Counter())[1], ordinary()[1] + 2)


def test_calls_are_counted_and_the_module_is_as_before(module):
    before, calls = dict(vars(module)), Counter()
    call(module, calls)
    assert calls == {"mstep": 2} and vars(module) == before
    with pytest.raises(exchanges.LoopGoesOn, match="1"):
        call(module, Counter(), most=1)
    assert vars(module) == before


def test_the_called_step_itself_is_theirs(module):
    X, _, mixture = ordinary()
    request = {"module": "em", "function": "estep", "ours": ("estep",), "copies": False, "most": 0,
               "current": ""}
    with exchanges.exchanged(module, request, Theirs, Counter()) as estep:
        assert (estep(X, mixture)[0] == 7).all()
