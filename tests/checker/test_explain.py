"""Causes: each is named where it is one, and where it is none it is not."""

import bdb
import itertools
import warnings

import numpy as np
import pytest

import data
from checker import stages
from checker.check import status
from data import Source, sample
from tests.checker.in_process import TICK, results_of
from tests.checker.solutions import EDITS, KMEANS, NAIVE, SOURCES, edited

SLOW = TICK + edited(("    ll = 0\n", "    ll = 0\n    clock.tick(0.5 * (n > 50))\n"))  # on many users


def test_a_run_that_never_ends_over_a_wrong_step_blames_the_step(em_plan, tmp_path):
    results = results_of(tmp_path, edited(EDITS["log_post"][:2]), em_plan)
    run = results["em.run: test case"]
    assert run.status == "fail" and run.detail.startswith("em.run does not stop after ")
    assert run.diagnosis.startswith("follows from em.estep. ")
    assert results["em.run: slow convergence"].status == results["em.fill_matrix: test case"].status == "pass"


def test_a_loop_that_never_ends_is_blamed_itself(em_plan, tmp_path):
    results = results_of(tmp_path, edited(("1e-6 * abs(ll)", "1e-6 * ll")), em_plan)
    run = results["em.run: slow convergence"]
    assert run.status == "fail" and run.detail.startswith("em.run does not stop after 245 iterations; the right")
    assert run.diagnosis.startswith("the loop does not end. ") and "abs" in run.diagnosis


def test_a_right_loop_over_slow_steps_is_not_blamed(em_plan, tmp_path):
    text = TICK + edited(("    ll = 0\n", "    ll = 0\n    clock.tick(0.25)\n"))
    run = results_of(tmp_path, text, em_plan._replace(timeout=3.0))["em.run: slow convergence"]
    assert run.status == "timeout" and run.diagnosis is None


def test_a_right_loop_over_a_step_that_is_wrong_in_unknown_ways_is_not_blamed(em_plan, tmp_path):
    results = results_of(tmp_path, edited(("max(sse", "1.00001 * max(sse")), em_plan)
    assert results["em.run: slow convergence"].status == "pass"
    said = "follows from em.mstep. With ours in its place, run is right. Fix it first."
    assert results["em.run: test case"].diagnosis == said


def test_what_follows_from_a_wrong_step_is_said_to(em_plan, tmp_path):
    results = results_of(tmp_path, edited(EDITS["old_means"][:2]), em_plan)
    assert results["em.run: slow convergence"].status == "pass"  # the loop is right: ours stood in for mstep
    assert results["em.run: test case"].diagnosis.startswith("follows from em.mstep")


def test_an_overwritten_argument_is_said_to_be_the_cause(em_plan, tmp_path):
    nan = edited(("    ll = 0\n", "    ll = 0\n    X[X == 0] = np.nan\n"),
                 ("C = X[u] != 0\n        f", "C = X[u] > 0\n        f"))
    results = results_of(tmp_path, nan, em_plan)
    unchanged = results["em: arguments unchanged"]
    assert unchanged.status == "warn" and unchanged.detail.startswith("estep changes X")
    assert results["em.run: slow convergence"].status == "pass"  # with our steps
    run = results["em.run: test case"]
    assert run.status == "fail" and run.diagnosis.startswith("estep overwrites X. run then uses the changed values")


OVERWRITES = EDITS["mixture_in_place"][:2]


@pytest.mark.parametrize("name", ["strict_threshold", "missing_mstep", "loose_stop", "absolute_stop"])
def test_harmless_overwriting_is_not_blamed_for_another_mistake(name, em_plan, tmp_path):
    results = results_of(tmp_path, edited(EDITS[name][:2], OVERWRITES), em_plan)
    assert results["em: arguments unchanged"].status == "warn"
    said = " ".join(result.diagnosis or "" for result in results.values() if result.name.startswith("em.run"))
    assert "overwrites" not in said
    assert EDITS[name].diagnosis in said or results[EDITS[name].stage].diagnosis.startswith(EDITS[name].diagnosis)


def test_harmless_overwriting_is_not_blamed_for_slowness(em_plan, tmp_path):
    text = TICK + edited(OVERWRITES, ("    ll = 0\n", "    ll = 0\n    clock.tick(1)\n"))
    run = results_of(tmp_path, text, em_plan._replace(timeout=12))["em.run: slow convergence"]
    assert run.status == "timeout" and run.diagnosis is None


def test_a_wrong_step_is_not_blamed_for_slowness(small_netflix, tmp_path):
    text = edited(EDITS["no_threshold"][:2], text=SLOW)
    run = results_of(tmp_path, text, small_netflix._replace(timeout=3))["em.run: Netflix, K = 12"]
    said = run.diagnosis or ""
    assert run.status == "timeout" and "no threshold" not in said and "follows" not in said


def test_overwriting_is_named_where_copies_make_the_run_right(em_plan, tmp_path):
    results = results_of(tmp_path, edited(EDITS["post_in_place"][:2]), em_plan)
    said = "mstep overwrites post. run then uses the changed values. With copies, run is right."
    assert results["em.run: test case"].diagnosis == said


def test_steps_of_kmeans_and_naive_em_are_exchanged_too(plan, tmp_path):
    wrong = NAIVE.replace("/ (d * count[j])", "/ count[j]"), KMEANS.replace("argmin", "argmax")
    results = results_of(tmp_path, {**SOURCES, "naive_em": wrong[0], "kmeans": wrong[1]}, plan)
    assert results["naive_em.run: toy log-likelihood"].diagnosis.startswith("follows from naive_em.mstep. With ours")
    assert results["kmeans.run: mixture and post"].diagnosis.startswith("follows from kmeans.estep.")


def test_what_is_wrong_on_less_input_too_is_not_said_to_be_a_matter_of_size(small_netflix, tmp_path):
    """A mistake in no catalogue, which ordinary input does not show."""
    text = edited(("support >= 1:", "support > 0:"), ("/ support", "/ max(support, 0.3)"))
    results = results_of(tmp_path, text, small_netflix)
    netflix, first = results["em.mstep: Netflix"], next(result for result in results.values() if result.wrong)
    assert netflix.wrong and first.name == "em.mstep: rare movies" and first.diagnosis != netflix.diagnosis
    assert "as large as" not in (netflix.diagnosis or "")


def test_a_run_that_is_too_slow_for_netflix_is_told_how_much(small_netflix, tmp_path):
    run = results_of(tmp_path, SLOW, small_netflix._replace(timeout=1.2))["em.run: Netflix, K = 12"]
    assert run.status == "timeout" and run.diagnosis.startswith("One E-step and one M-step take 0.5 s, and ")
    assert "Use NumPy on whole arrays" in run.diagnosis


def test_a_right_run_that_needs_longer_is_not_wrong(small_netflix, tmp_path):
    results = results_of(tmp_path, SLOW, small_netflix._replace(timeout=5))
    run = results["em.run: Netflix, K = 12"]
    assert run.status == "timeout" and run.detail == "not finished: about 8 s needed, so use --timeout 16"
    assert status(results.values()) == 2 and not any(result.wrong for result in results.values())
    begun = results_of(tmp_path / "src", SLOW, small_netflix._replace(timeout=2))["em.run: Netflix, K = 12"]
    assert begun.status == "timeout" and begun.detail.endswith("; not started")


COVARIANCE = edited(("            f[j] -= size / 2 * np.log(2 * np.pi * mixture.var[j])\n            f[j] -= (diff **"
                     " 2).sum() / (2 * mixture.var[j])\n",
                     "            f[j] += multivariate_normal.logpdf(X[u, C], mixture.mu[j, C], mixture.var[j] *"
                     " np.eye(size))\n"),
                    ("import numpy as np\n", "import numpy as np\nfrom scipy.stats import multivariate_normal\n"))


def test_a_covariance_matrix_is_explained_where_it_fails(em_plan, tmp_path):
    fast = em_plan._replace(stages=[stage for stage in em_plan.stages if not stage.large
                                    and stage.step.function == "estep"])
    silent = results_of(tmp_path, COVARIANCE, fast)["em.estep: user without ratings"]
    assert not silent.right and silent.diagnosis.startswith("a d x d covariance: multivariate_normal. With"), silent


def test_a_covariance_matrix_is_explained_where_it_is_slow(em_plan, tmp_path):
    slow = TICK + edited(("            diff = X[u, C] - mixture.mu[j, C]\n", "            diff = X[u, C] -"
                          " mixture.mu[j, C]\n            inverse = invert(mixture.var[j] * np.eye(C.sum()))\n"),
                         ("f[j] -= (diff ** 2).sum() / (2 * mixture.var[j])", "f[j] -= diff @ inverse @ diff / 2"),
                         ("def estep",
                          "def _inv(matrix):\n    clock.tick(9 * (len(matrix) > 400))\n    return np.diag(1 /"
                          " matrix.diagonal())\n\n\nnp.linalg.inv, invert = _inv, lambda a: np.linalg.inv(a)\n\n\ndef"
                          " estep"))
    few = em_plan._replace(stages=[stage for stage in em_plan.stages if stage.step.function == "estep"])
    before = np.linalg.inv
    try:
        late = results_of(tmp_path, slow, few)["em.estep: hundreds of ratings"]
    finally:
        np.linalg.inv = before
    assert late.status == "timeout" and late.diagnosis.startswith("a d x d covariance: inv. With the"), late


# Of each: edits of LOOP, the stage, its status, and what is said of it.
SAID = {
    "np.math": ([("np.log(mixture.p[j] + 1e-16)", "np.math.log(mixture.p[j] + 1e-16)")], "em.estep: test case",
                "error", "np.math was removed from NumPy. Write math (and import math) instead."),
    "array for a number": ([("f[j] -= size / 2", "f[j] = f[[j]] - size / 2")], "em.estep: test case", "error",
                           "The code puts an array of shape (1,) where one number belongs."),
    "float of an array": ([("ll += total", "ll += float(np.array([total]))")], "em.estep: test case", "error",
                          "The code puts an array of shape (1,) where one number belongs."),
    "debugger": ([("    ll = 0\n", "    ll = 0\n    import pdb; pdb.set_trace()\n")], "em.estep: test case", "error",
                 "The code starts a debugger."),
    "breakpoint": ([("    ll = 0\n", "    ll = 0\n    breakpoint()\n")], "em.estep: test case", "error",
                   "The code starts a debugger."),
    "post for p": ([("GaussianMixture(mu, var, p)", "GaussianMixture(mu, var, post)")], "em.mstep: test case", "fail",
                   "post for P."),
    "p for post": ([("    p = post.sum(axis=0) / n\n", "    p = post.sum(axis=0) / n\n    post = np.tile(mixture.p,"
                     " (n, 1))\n")], "em.mstep: test case", "fail", "p in place of post."),
    "mask of a movie": ([("            C = X[:, i] != 0\n            support = post[C, j].sum()",
                          "            C = (X[:, i] != 0) & (X[:, j] != 0)\n            support = post[C, j].sum()"),
                         ("            C = X[u] != 0\n            sse",
                          "            C = (X[u] != 0) & (X[u, j] != 0)\n            sse")], "em.mstep: test case",
                        "fail", "the mask of a movie for a component."),
    "mask of a movie in the means": ([("/ support\n", "/ post[X[:, j] != 0, j].sum()\n"),
                                      ("if support >= 1", "if post[X[:, j] != 0, j].sum() >= 1")],
                                     "em.mstep: test case", "fail",
                                     "the mask of a movie for a component in the means."),
}


def quit_debugger():
    raise bdb.BdbQuit


# What older versions of NumPy take, so that with them it is right.
ONCE_TAKEN = {"np.math": lambda: np.math, "array for a number": lambda: np.zeros(1).__setitem__(0, np.zeros(1)),
              "float of an array": lambda: float(np.zeros(1))}


def is_taken(attempt):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            attempt()
        except (AttributeError, TypeError, ValueError):
            return False
    return True


@pytest.mark.parametrize("name", SAID)
def test_what_is_frequent_is_explained(name, em_plan, tmp_path, monkeypatch):
    monkeypatch.setattr("pdb.set_trace", quit_debugger)  # as it does where nobody types; pytest has put its own there
    monkeypatch.setattr("sys.breakpointhook", quit_debugger)
    edits, stage, status_, said = SAID[name]
    if name in ONCE_TAKEN and is_taken(ONCE_TAKEN[name]):
        status_, said = "pass", ""
    result = results_of(tmp_path, edited(*edits), em_plan)[stage]
    assert result.status == status_ and (result.diagnosis or "").startswith(said), result


@pytest.fixture
def many_users(em_plan):
    """A plan with the E-step on a matrix of 420 users."""
    files = {name: b"".join(b" ".join(row.split()[:12]) + b"\n" for row in content.splitlines()[:420])
             for name, content in sample.contents(data.NETFLIX).items()}
    netflix = stages.netflix_stages(Source(files, "sample", False, ""), itertools.count().__next__)
    return em_plan._replace(stages=[*em_plan.stages[:2], *netflix.stages[:1]], netflix=netflix, timeout=3.0)


@pytest.mark.parametrize("seconds, said", [
    (0.02, "not finished: the first 40 users alone take more than 1 s; not started"),
    (0.01, "em.estep did not end within 3 s"),
    (0.001, "largest difference")])
def test_what_is_too_slow_on_a_few_users_is_not_started_on_all(seconds, said, many_users, tmp_path):
    text = TICK + edited(("    ll = 0\n", f"    ll = 0\n    clock.tick({seconds} * n * (n > 30))\n"))
    result = results_of(tmp_path, text, many_users)["em.estep: Netflix"]
    assert result.status == ("pass" if seconds < 0.01 else "timeout") and result.detail.startswith(said), result
