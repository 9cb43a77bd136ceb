"""Causes: two mistakes at once are both named, what is no cause is not, and no right solution is called wrong."""

import bdb
import itertools
import random
import warnings

import numpy as np
import pytest

from checker.check import check, passed, status
from checker.mistakes import MSTEP
from checker.report import row
from checker.solution import open_solution
from tests.checker_in_process import TICK, InProcess
from tests.checker_solutions import BROADCAST, COMMON, EDITS, KMEANS, LOOP, NAIVE, SOURCES
from tests.checker_styles import REMARKED, RIGHT


@pytest.fixture(scope="module")
def em_plan(plan):
    return plan._replace(stages=[stage for stage in plan.stages if stage.step.module == "em"])


@pytest.fixture(scope="module")
def small_netflix(em_plan, small_netflix_stages):
    return em_plan._replace(stages=em_plan.stages + small_netflix_stages.stages, netflix=small_netflix_stages)


def write(folder, files):
    for name, text in files.items():
        file = (folder / f"{name}.py").resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return open_solution(folder)


def results_of(folder, files, plan):
    """Return {name: Result} of a solution, an em.py or {module: text}, that behaves."""
    folder = folder / "src"
    folder.mkdir()
    files = {"em": files} if isinstance(files, str) else files
    return {result.name: result for result in check(write(folder, files), plan, run_in=InProcess)}


def edited(*edits, text=LOOP):
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


# Right ones


@pytest.mark.parametrize("style", RIGHT)
def test_no_right_solution_is_called_wrong(style, plan, tmp_path):
    results = results_of(tmp_path, RIGHT[style], plan)
    assert passed(results.values()) and status(results.values()) == 0, [result for result in results.values()
                                                                        if not result.right]
    assert {result.status
            for result in results.values()} == {"pass", "missing"} | ({"warn"} if style in REMARKED else set()) or \
        len(RIGHT[style]) == 4


def test_right_ones_are_many():
    assert len(RIGHT) >= 20


# Two mistakes at once


def _named(edit):
    return edit.status == "fail" and edit.diagnosis and edit.diagnosis not in ("underflow", "a user without ratings")


# Of these one hides the other wholly, or undoes it, or both together are a third: nothing could tell them apart.
_ONE_HIDES_THE_OTHER = [
    {"zeros_in_means", "zeros_in_mstep"}, {"zeros_in_variance", "zeros_in_mstep"},
    {"all_soft_counts", "zeros_in_means"},
    {"zeros_in_means", "zeros_in_variance"}, {"zeros_in_variance", "var_over_n"}, {"zeros_in_variance", "var_over_d"},
    {"no_log_p", "ll_without_prior"},
    {"zeros_in_distance", "full_d"}, {"zeros_as_ratings", "full_d"}, {"zeros_in_mstep", "threshold_on_all"},
    {"zeros_in_means", "threshold_on_all"}, {"zeros_in_means", "strict_threshold"},
    {"missing_mstep", "extra_iteration"},
    {"no_2_pi", "maximum_not_added"}, {"sd_for_var", "var_squared_in_exponent"}, {"strict_stop", "figure_anew"},
    {"rounded", "integers"},
    {"zeros_as_ratings", "zeros_in_distance"}, {"missing_mstep", "extra_mstep"}, {"log_post", "ll_expected"},
    {"full_d", "no_norm"},
    {"all_soft_counts", "threshold_on_all"}, {"zeros_in_mstep", "var_over_d"}, {"strict_stop", "extra_estep"},
    {"absolute_stop", "figure_anew"},
    {"absolute_stop", "extra_estep"}, {"absolute_stop", "extra_iteration"}, {"strict_stop", "extra_iteration"},
    {"all_soft_counts", "zeros_in_mstep"}, {"zeros_in_mstep", "strict_threshold"}, {"missing_mstep", "figure_anew"},
    {"missing_mstep", "extra_estep"},
]
_ALONE = {"mstep_first", "fixed_iterations", "odd_stop", "one_step", "single_precision", "remembers",
          "epsilon_for_logs"}


def pairs():
    """Return edits of LOOP, two at a time, that touch different lines; of one function, and of two."""
    names = [name for name, edit in EDITS.items() if (_named(edit) or edit.status == "warn") and name not in _ALONE]
    found = []
    for one, other in itertools.combinations(names, 2):
        (a, b), (c, d) = EDITS[one][:2], EDITS[other][:2]
        both = LOOP.replace(a, b).replace(c, d)
        if c in LOOP.replace(a, b) and a in LOOP.replace(c, d) and both == LOOP.replace(c, d).replace(a, b) \
                and {one, other} not in _ONE_HIDES_THE_OTHER:
            found.append((one, other, both))
    random.Random(0).shuffle(found)
    alike = [pair for pair in found if EDITS[pair[0]].stage.partition(":")[0] == EDITS[pair[1]].stage.partition(":")[0]]
    return alike[:44] + [pair for pair in found if pair not in alike][:22]


PAIRS = pairs()


def test_pairs_are_many():
    assert len(PAIRS) == 66


@pytest.mark.parametrize("one, other, text", PAIRS, ids=[f"{one}-{other}" for one, other, _ in PAIRS])
def test_two_mistakes_are_both_named(one, other, text, em_plan, tmp_path):
    functions = {EDITS[name].stage.partition(":")[0] for name in (one, other)}
    chosen = [stage for stage in em_plan.stages if stage.step.name in functions or
               (functions & {"em", "em.run"} and not stage.large)]
    results = results_of(tmp_path, text, em_plan._replace(stages=chosen))
    said = " ".join(result.diagnosis for result in results.values() if result.diagnosis)
    if "overwrites" not in said:  # with ours in the place of a wrong mstep, nothing is overwritten
        said = said.replace("writes into post", "overwrites post. run goes on")
    assert [name for name in (one, other) if EDITS[name].diagnosis not in said] == [], said


def test_three_mistakes_in_one_function(em_plan, tmp_path):
    names = ["all_soft_counts", "no_floor", "p_not_normalised"]
    results = results_of(tmp_path, edited(*(EDITS[name][:2] for name in names)), em_plan)
    said = results["em.mstep: variance floor"].diagnosis
    assert all(EDITS[name].diagnosis in said for name in names), said


def test_a_floor_that_is_hidden_by_another_mistake_is_named_where_it_matters(em_plan, tmp_path):
    results = results_of(tmp_path, edited(EDITS["all_soft_counts"][:2], EDITS["no_floor"][:2]), em_plan)
    assert "floor" not in results["em.mstep: test case"].diagnosis
    assert "no variance floor." in results["em.mstep: variance floor"].diagnosis


# 0 / 0, where nobody's soft count supports a mean

THRESHOLD = "np.where(support >= 1, (weight * X[:, None, :]).sum(0) / support, mixture.mu)"
UNCHECKED = THRESHOLD, "(weight * X[:, None, :]).sum(0) / support"
DISTANCE = "(weight * (X[:, None, :] - mu[None]) ** 2).sum((0, 2))"
FLOOR = "np.maximum(sse / weight.sum((0, 2)), min_variance)"
IN_THE_DISTANCE = {
    "product": DISTANCE,
    "squares": "post.T @ (X ** 2).sum(1) - 2 * (mu * (post.T @ X)).sum(1) + (mu ** 2 * support).sum(1)",
    "user by user": "sum(post[u] * ((X[u] - mu)[:, X[u] != 0] ** 2).sum(1) for u in range(len(X)))",
    "nansum": "np.nansum(weight * (X[:, None, :] - mu[None]) ** 2, axis=(0, 2))",
    "where": "np.where(weight > 0, (X[:, None, :] - mu[None]) ** 2 * weight, 0).sum((0, 2))",
}
AT_THE_FLOOR = {
    "maximum": FLOOR,
    "fmax": FLOOR.replace("maximum", "fmax"),
    "max": "np.array([max(min_variance, v) for v in sse / weight.sum((0, 2))])",
    "where": "np.where(sse > min_variance * weight.sum((0, 2)), sse / weight.sum((0, 2)), min_variance)",
    "nan_to_num": "np.maximum(np.nan_to_num(sse / weight.sum((0, 2))), min_variance)",
}
AFTERWARDS = {
    "nan_to_num": f"np.nan_to_num({UNCHECKED[1]})",
    "old": f"(lambda mu: np.where(np.isnan(mu), mixture.mu, mu))({UNCHECKED[1]})",
    "inf": "(lambda mu: np.where(np.isfinite(mu), mu, 0))((weight * X[:, None, :]).sum(0) * (1 / support))",
    "epsilon": UNCHECKED[1].replace("support", "np.maximum(support, 1e-16)"),
}
RARE, UNRATED = "em.mstep: rare movies", "em.mstep: movie without ratings"


def of_mstep(plan):
    return plan._replace(stages=[stage for stage in plan.stages if stage.step.name == "em.mstep"])


@pytest.mark.parametrize("distance, floor", list(itertools.product(IN_THE_DISTANCE, AT_THE_FLOOR)))
def test_no_threshold_is_one_mistake_however_far_its_nan_goes(distance, floor, em_plan, tmp_path):
    text = edited(UNCHECKED, (DISTANCE, IN_THE_DISTANCE[distance]), (FLOOR, AT_THE_FLOOR[floor]), text=BROADCAST)
    results = results_of(tmp_path, text, of_mstep(em_plan))
    assert {name for name, result in results.items() if result.wrong} == {RARE, UNRATED}
    assert "got nan" in results[UNRATED].detail
    said = f"no threshold. {next(one.advice for one in MSTEP if one.name == 'no threshold')}"
    assert results[RARE].diagnosis == results[UNRATED].diagnosis == said
    assert row("em.py", results.values())["mistake"] == "no threshold"


@pytest.mark.parametrize("name", AFTERWARDS)
def test_no_threshold_is_the_same_mistake_where_something_mends_its_nan(name, em_plan, tmp_path):
    results = results_of(tmp_path, edited((THRESHOLD, AFTERWARDS[name]), text=BROADCAST), of_mstep(em_plan))
    assert row("em.py", results.values())["mistake"] == "no threshold"


@pytest.mark.parametrize("distance", IN_THE_DISTANCE)
def test_no_threshold_is_named_beside_another_mistake(distance, em_plan, tmp_path):
    text = edited(UNCHECKED, (DISTANCE, IN_THE_DISTANCE[distance]), ("p=post.sum(0) / X.shape[0]", "p=post.sum(0)"),
                  text=BROADCAST)
    said = results_of(tmp_path, text, of_mstep(em_plan))[RARE].diagnosis
    assert "no threshold." in said and "p not normalised." in said, said


@pytest.mark.parametrize("floor", AT_THE_FLOOR)
@pytest.mark.parametrize("mean", [
    f"np.where(support < 1, 1, 0) * mixture.mu + np.where(support < 1, 0, 1) * ({UNCHECKED[1]})",
    THRESHOLD.replace("mixture.mu", "np.nan"),
], ids=["product", "nan"])
def test_nan_alone_is_not_called_a_missing_threshold(mean, floor, em_plan, tmp_path):
    """With a threshold of 1 these are NaN, too, where nobody rated a movie."""
    text = edited((THRESHOLD, mean), (FLOOR, AT_THE_FLOOR[floor]), text=BROADCAST)
    results = results_of(tmp_path, text, of_mstep(em_plan))
    assert results[UNRATED].diagnosis.startswith("division by 0. ")
    assert "threshold" not in results[RARE].diagnosis


# Causes that are none


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
    assert run.status == "timeout" and run.diagnosis.startswith("the loop is right")


def test_a_wrong_step_is_not_blamed_for_slowness(small_netflix, tmp_path):
    text = TICK + edited(EDITS["no_threshold"][:2], ("    ll = 0\n", "    ll = 0\n    clock.tick(0.5 * (n > 50))\n"))
    run = results_of(tmp_path, text, small_netflix._replace(timeout=3))["em.run: Netflix, K = 12"]
    assert run.status == "timeout" and "no threshold" not in (run.diagnosis
                                                              or "") and "follows" not in (run.diagnosis or "")


def test_overwriting_is_named_where_copies_make_the_run_right(em_plan, tmp_path):
    results = results_of(tmp_path, edited(EDITS["post_in_place"][:2]), em_plan)
    assert results["em.run: test case"].diagnosis.startswith("mstep overwrites post. run goes on with what is left:"
                                                             " given copies")


def test_steps_of_kmeans_and_naive_em_are_exchanged_too(plan, tmp_path):
    wrong = NAIVE.replace("/ (d * count[j])", "/ count[j]"), KMEANS.replace("argmin", "argmax")
    results = results_of(tmp_path, {**SOURCES, "naive_em": wrong[0], "kmeans": wrong[1]}, plan)
    assert results["naive_em.run: toy log-likelihood"].diagnosis.startswith("follows from naive_em.mstep. With our"
                                                                            " mstep in its place")
    assert results["kmeans.run: mixture and post"].diagnosis.startswith("follows from kmeans.estep.")


def test_a_masked_warning_is_not_quoted(em_plan, tmp_path):
    text = edited(("support >= 1, (weight", "support > 1, (weight"),
                  ("    with np.errstate(divide=\"ignore\", invalid=\"ignore\"):\n        mu",
                   "    if True:\n        mu"), text=BROADCAST)
    results = results_of(tmp_path, text, em_plan)
    assert results["em.mstep: rare movies"].diagnosis.startswith("> for >=")
    assert "NumPy" not in " ".join(result.detail for result in results.values())


def test_a_warning_that_may_matter_is_quoted(em_plan, tmp_path):
    text = edited(("where(support >= 1, ", "where(support >= 0, "),
                  ("    with np.errstate(divide=\"ignore\", invalid=\"ignore\"):\n        mu",
                   "    if True:\n        mu"), text=BROADCAST)
    assert "; NumPy warned of " in results_of(tmp_path, text, em_plan)["em.mstep: movie without ratings"].detail


# Time


def test_a_right_run_that_needs_longer_is_not_wrong(small_netflix, tmp_path):
    text = TICK + edited(("    ll = 0\n", "    ll = 0\n    clock.tick(0.5 * (n > 50))\n"))
    results = results_of(tmp_path, text, small_netflix._replace(timeout=5))
    run = results["em.run: Netflix, K = 12"]
    assert run.status == "timeout" and run.detail == "not finished: about 8 s needed, --timeout 20"
    assert status(results.values()) == 2 and not any(result.wrong for result in results.values())
    begun = results_of(tmp_path / "src", text, small_netflix._replace(timeout=2))["em.run: Netflix, K = 12"]
    assert begun.status == "timeout" and begun.detail.endswith("; not begun")


def test_a_time_out_on_thousands_of_ratings_leaves_the_test_case(em_plan, tmp_path):
    text = TICK + edited(("    ll = 0\n", "    ll = 0\n    clock.tick(50 * (d > 1000))\n"))
    results = results_of(tmp_path, text, em_plan)
    assert [result.name for result in results.values() if result.status != "pass"
            and result.name.startswith("em")] == ["em.estep: thousands of ratings"]
    assert status(results.values()) == 2


# Frequent errors


COVARIANCE = edited(("            f[j] -= size / 2 * np.log(2 * np.pi * mixture.var[j])\n            f[j] -= (diff **"
                     " 2).sum() / (2 * mixture.var[j])\n",
                     "            f[j] += multivariate_normal.logpdf(X[u, C], mixture.mu[j, C], mixture.var[j] *"
                     " np.eye(size))\n"),
                    ("import numpy as np\n", "import numpy as np\nfrom scipy.stats import multivariate_normal\n"))


def test_a_covariance_matrix_is_explained_where_it_fails(em_plan, tmp_path):
    fast = em_plan._replace(stages=[stage for stage in em_plan.stages if not stage.large
                                    and stage.step.function == "estep"])
    silent = results_of(tmp_path, COVARIANCE, fast)["em.estep: user without ratings"]
    assert not silent.right and silent.diagnosis.startswith("a d x d covariance. multivariate_normal is wrong here:"
                                                            " without ratings"), silent


def test_a_covariance_matrix_is_explained_where_it_is_slow(em_plan, tmp_path):
    slow = TICK + edited(("            diff = X[u, C] - mixture.mu[j, C]\n", "            diff = X[u, C] -"
                          " mixture.mu[j, C]\n            inverse = invert(mixture.var[j] * np.eye(C.sum()))\n"),
                         ("f[j] -= (diff ** 2).sum() / (2 * mixture.var[j])", "f[j] -= diff @ inverse @ diff / 2"),
                         ("def estep",
                          "def _inv(matrix):\n    clock.tick(len(matrix) / 100)\n    return np.diag(1 /"
                          " matrix.diagonal())\n\n\nnp.linalg.inv, invert = _inv, lambda a: np.linalg.inv(a)\n\n\ndef"
                          " estep"))
    few = em_plan._replace(stages=[stage for stage in em_plan.stages if stage.step.function == "estep"])
    import numpy as np

    before = np.linalg.inv
    try:
        late = results_of(tmp_path, slow, few)["em.estep: thousands of ratings"]
    finally:
        np.linalg.inv = before
    assert late.status == "timeout" and late.diagnosis.startswith("a d x d covariance. linalg.inv is slow, since it"
                                                                  " works on d x d numbers"), late


# Of each: edits of LOOP, the stage, its status, and what is said of it.
SAID = {
    "np.math": ([("np.log(mixture.p[j] + 1e-16)", "np.math.log(mixture.p[j] + 1e-16)")], "em.estep: test case",
                "error", "np.math was removed from NumPy. Write math (and import math) instead."),
    "array for a number": ([("f[j] -= size / 2", "f[j] = f[[j]] - size / 2")], "em.estep: test case", "error",
                           "An array is put where one number belongs."),
    "float of an array": ([("ll += total", "ll += float(np.array([total]))")], "em.estep: test case", "error",
                          "An array is put where one number belongs."),
    "debugger": ([("    ll = 0\n", "    ll = 0\n    import pdb; pdb.set_trace()\n")], "em.estep: test case", "error",
                 "A debugger was left in."),
    "breakpoint": ([("    ll = 0\n", "    ll = 0\n    breakpoint()\n")], "em.estep: test case", "error",
                   "A debugger was left in."),
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


def test_a_statement_over_several_lines_is_shown_whole(em_plan, tmp_path):
    text = edited(("            f[j] -= (diff ** 2).sum() / (2 * mixture.var[j])\n",
                   "            f[j] -= np.dot(diff,\n                           X[u]) / (\n                2 *"
                   " mixture.var[j])\n"))
    result = results_of(tmp_path, text, em_plan)["em.estep: test case"]
    assert "(em.py, line " in result.detail and result.detail.endswith(": f[j] -= np.dot(diff, X[u]) / ( 2 *"
                                                                       " mixture.var[j]))")


# What is known of arguments and imports


def test_arguments_of_a_call_that_raised(em_plan, tmp_path):
    text = edited(("    n, d = X.shape\n    K = post.shape[1]\n",
                   "    post[0] = 0\n    raise KeyError('later')\n    n, d = X.shape\n    K = post.shape[1]\n"))
    unchanged = results_of(tmp_path, text, em_plan)["em: arguments unchanged"]
    assert unchanged.status == "warn" and unchanged.detail == "mstep changes post"


def test_arguments_where_little_was_written_yet(em_plan, tmp_path):
    unwritten = ("    n, d = X.shape\n    K = post.shape[1]\n",
                 "    raise NotImplementedError\n    n, d = X.shape\n    K = post.shape[1]\n")
    results = results_of(tmp_path, edited(unwritten), em_plan)
    said = "X, post and mixture stay as they are, as far as is known: mstep gave no answer"
    assert results["em: arguments unchanged"].detail == said
    nothing = "".join(f"def {name}:\n    raise NotImplementedError\n\n\n"
                      for name in ("estep(X, mixture)", "mstep(X, post, mixture)", "run(X, mixture, post)",
                                   "fill_matrix(X, mixture)"))
    unchanged = results_of(tmp_path / "src", nothing, em_plan)["em: arguments unchanged"]
    assert (unchanged.status, unchanged.detail) == ("skipped", "no function gave an answer")


def test_a_broken_common_is_said_once_and_to_be_begun_with(plan, tmp_path):
    from checker import report

    results = results_of(tmp_path, {**SOURCES, "common": "import numpy as np\nx = 1 / 0\n"}, plan)
    assert [result.name for result in results.values() if result.wrong] == ["common: import"]
    assert report.verdict(list(results.values())).endswith("Begin with common: import.")


@pytest.mark.parametrize("beside, imported", [("utils.py", "utils"), ("../helpers/__init__.py", "helpers.tools")])
def test_what_lies_beside_is_not_to_be_installed(beside, imported, plan, tmp_path):
    folder = tmp_path / "src"
    file = (folder / beside).resolve()
    file.parent.mkdir(parents=True)
    file.write_text("import not_there_at_all\n" if beside == "utils.py" else "")
    files = {"em": f"import {imported}\n{LOOP}"}
    result = next(one for one in check(write(folder, files), plan._replace(stages=[]), run_in=InProcess)
                  if one.name == "em: import")
    assert result.status == "error"
    assert "pip install" not in (result.diagnosis or "") or (beside == "utils.py"
                                                             and "not_there_at_all" in result.diagnosis)


def test_common_of_the_folder_above(plan, tmp_path):
    write(tmp_path / "src", {"em": LOOP, "../common": COMMON})
    results = {one.name: one for one in check(open_solution(tmp_path / "src"), plan._replace(stages=plan.stages[:1]),
                                              run_in=InProcess)}
    assert results["em.estep: test case"].status == "pass"


def test_what_is_wrong_on_less_input_too_is_not_said_to_be_a_matter_of_size(small_netflix, tmp_path):
    """A mistake in no catalogue, which ordinary input does not show."""
    text = edited(("support >= 1:", "support > 0:"), ("/ support", "/ max(support, 0.3)"))
    results = results_of(tmp_path, text, small_netflix)
    netflix, first = results["em.mstep: Netflix"], next(result for result in results.values() if result.wrong)
    assert netflix.wrong and first.name == "em.mstep: rare movies" and first.diagnosis != netflix.diagnosis
    assert "as large as" not in (netflix.diagnosis or "")
