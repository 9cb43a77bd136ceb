"""One stage as Python: what is printed, run again, gives the same numbers."""

import subprocess
import sys

import numpy as np
import pytest

from checker import show
from checker.formulas import Mixture
from checker.stages import STEPS
from console import InputError
from tests.checker.in_process import InProcess, write
from tests.checker.solutions import BROADCAST, EDITS, LOOP, SOURCES, edited


def executed(text, folder):
    """Return the names that a text of Python defines, and what it prints, in a fresh Python beside the solution."""
    code = text + "\nimport json\nprint(json.dumps({name: part.tolist() for name, part in got.items()}))\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    names = {"GaussianMixture": Mixture}
    exec(text.rpartition("\nprint(")[0].replace("from common import GaussianMixture\nimport em\n", ""), names)
    return names, done.stdout


def test_what_is_printed_gives_the_same_numbers(plan, tmp_path):
    solution = write(tmp_path, {"em": edited(EDITS["no_threshold"][:2]), "common": SOURCES["common"]})
    stage = show.find("em.mstep: rare movies", plan)
    text, status = show.show(solution, plan, stage, InProcess)
    assert status == 1 and text.splitlines()[:2] == ["# em.mstep: rare movies",
                                                      "# Mu[0, 1]: expected 3.72166, got 5 (Var too)"]
    names, printed = executed(text, tmp_path)
    X, post, mixture = stage.cases[0].arguments
    np.testing.assert_array_equal(names["X"], X)
    np.testing.assert_array_equal(names["post"], post)
    np.testing.assert_array_equal(names["mixture"].mu, mixture.mu)
    for name, value in STEPS["em.mstep"].expect((X, post, mixture)).items():
        np.testing.assert_array_equal(names["expected"][name], value)
    assert names["got"]["Mu"][0, 1] == 5 and "GaussianMixture(mu=array" in printed


@pytest.mark.parametrize("text, status, said", [
    (BROADCAST, 0, "# right"), (LOOP.replace("    K = post.shape[1]", "    K = post.shap"), 1, "raises AttributeError"),
    (edited(("support >= 1", "support > -1")), 1, '"Mu": np.array(')])
def test_right_results_exceptions_and_nan(text, status, said, plan, tmp_path):
    solution = write(tmp_path, {"em": text})
    shown, code = show.show(solution, plan, show.find("em.mstep: movie without", plan), InProcess)
    assert code == status and said in shown
    assert ("np.nan" in shown) == ("> -1" in text)
    compile(shown, "shown", "exec")


def test_a_run_with_several_cases(plan, tmp_path):
    text = SOURCES["kmeans"].replace("1e-4", "1e3")
    solution = write(tmp_path, {"kmeans": text})
    shown, status = show.show(solution, plan, show.find("kmeans.run: toy cost", plan), InProcess)
    assert status == 1 and shown.startswith("# kmeans.run: toy cost, K = ")
    assert shown.endswith("print(kmeans.run(X, mixture, post))")


@pytest.mark.parametrize("name, message", [
    ("em.mstep: rare movie without", "is called 'em.mstep: rare movie without'; expected one like 'em.mstep: "),
    ("em.mstep", "expected one like 'em.mstep: test case', 'em.mstep: unequal soft counts'"),
    ("nothing of the kind", "expected one like 'em.estep: test case'"),
    ("em.estep: Netflix", "too large to be printed; expected a smaller one: 'em.estep: test case'")])
def test_what_cannot_be_shown(name, message, small_netflix):
    with pytest.raises(InputError, match=message):
        show.find(name, small_netflix)


@pytest.mark.parametrize("files, message", [
    ({"em": LOOP}, "there is no kmeans.estep in "), ({"kmeans": "import nothing"}, "raises ModuleNotFoundError")])
def test_a_function_that_is_not_there(files, message, plan, tmp_path):
    with pytest.raises(InputError, match=message):
        show.show(write(tmp_path, files), plan, show.find("kmeans.estep: toy data", plan), InProcess)
