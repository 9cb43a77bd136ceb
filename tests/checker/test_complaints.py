"""Calls without an answer, in one clear line."""

import io

import numpy as np
import pytest

from checker import complaints, failures
from checker.isolated import Answer


def said(kind="E", message="", where=("em.py", 3, "", "estep"), kinds=None, function="estep", arguments=()):
    """Return what is said of a call, or an import, that raised an exception."""
    error = {"error": kind, "kinds": kinds or [kind], "message": message, "where": where, "fact": None}
    return complaints.complaint(Answer("error", 0.0, error=error), "em", function, arguments)


@pytest.mark.parametrize("name, replacement",
                         [("float", "float"), ("product", "np.prod"), ("Inf", "np.inf"), ("in1d", "np.isin")])
def test_removed_numpy_names(name, replacement):
    detail, advice = said("AttributeError", f"module 'numpy' has no attribute '{name}'")
    assert detail == f"em.estep raises AttributeError: module 'numpy' has no attribute '{name}' (em.py, line 3)"
    assert advice == f"np.{name} was removed from NumPy. Write {replacement} instead."


def test_line_0_is_no_line():
    message = "source code string cannot contain null bytes"
    assert said("SyntaxError", message, ("em.py", 0, "", None), function=None)[0].endswith("null bytes (em.py)")


def test_what_no_line_of_theirs_raised_is_not_said_to_be_theirs():
    detail = "em.run cannot be called like the course's run(X, mixture, post): TypeError: not to be read"
    assert said("TypeError", "not to be read", None, function="run", arguments=("X", "mixture", "post"))[0] == detail


def test_what_is_not_written_yet_is_named():
    kinds = ["NotImplementedError", "RuntimeError"]
    assert said(kinds=kinds, where=("em.py", 3, "", "helper"))[0].startswith("helper is not written yet")
    assert said(kinds=kinds, where=None, function=None)[0].startswith("importing em.py is not written yet")


@pytest.mark.parametrize("answer, detail", [
    (Answer("timeout", 2.0), "em.run did not end within 2 s"),
    (Answer("garbled", 0.0), "em.run wrote into the checker's own stream, so its answer cannot be read"),
    (Answer("died", 0.0), "em.run ended the whole process"),
    (Answer("died", 0.0, exit=3), "em.run ended the whole process (exit status 3)"),
    (Answer("died", 0.0, exit=-9), "em.run ended the whole process (signal 9)")])
def test_lost_processes(answer, detail):
    assert complaints.complaint(answer, "em", "run", (), 2.0) == (detail, None)


REAL = {  # code that raises, and what the advice speaks of
    "import sys; sys.exit()": "exit and quit",
    "input()": "keyboard",
    "np.loadtxt('/absent/netflix.txt')": "data as arguments",
    "from scipy.misc import logsumexp": "from scipy.special import",
    "from ..common import GaussianMixture": "without dots",
    "f = lambda: f(); f()": "one another",
    "np.ones(3) + np.ones(2)": "Print the shapes",
    "np.ones((2, 3)) @ [1]": "Print the shapes",
    "if np.ones(2) > 0: pass": "summed over the users",
    "a = np.zeros(2); a[0] = [1, 2]": "one number belongs",
    "float(np.ones(2))": "one number belongs",
    "np.linalg.inv(np.zeros((2, 2)))": "1 / var[j]",
    "def f(): a += 1\nf()": "before the loop",
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("code", REAL)
def test_real_exceptions_have_their_advice(code, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(BaseException) as raised:
        exec(code, {"np": np, "__package__": "src", "__name__": "src.em"})
    error = failures.describe(raised.value, str(tmp_path))
    detail, advice = complaints.complaint(Answer("error", 0.0, error=error), "em")
    assert detail.startswith("importing em.py raises ") and REAL[code] in advice, detail


@pytest.mark.parametrize("kind, message, part", [
    ("ValueError", "matmul: shapes (2,) and (3,) not aligned: 2 != 3", "Print the shapes"),
    ("TypeError", "only size-1 arrays can be converted to Python scalars", "one number belongs"),
    ("TypeError", "shapes (2,) and (3,) not aligned", None), ("KeyError", "'x'", None)])
def test_advice_is_found_by_class_and_message(kind, message, part):
    advice = said(kind, message)[1]
    assert part in advice if part else advice is None
