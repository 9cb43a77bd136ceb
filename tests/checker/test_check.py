"""Wrong solutions, made from a right one by one edit each: the checker finds where and what. Right ones pass."""

import importlib.util

import pytest

from checker import report
from checker.check import check, check_all, passed, status
from tests.checker.in_process import TICK, InProcess, first_wrong, results_of, write
from tests.checker.solutions import (
    BROADCAST,
    COMMON,
    EDITS,
    LOOP,
    NOISY,
    OTHER_EDITS,
    PRODUCTS,
    SOURCES,
    edited,
)
from tests.checker.styles import REMARKED, RIGHT


def around(edit, plan):
    """Return the plan with the stages that have to do with an edit: its function's, or a loop's whole module."""
    function = edit.stage.partition(":")[0]
    module = function.partition(".")[0]
    whole = function == module or function.endswith(".run")
    return plan._replace(stages=[stage for stage in plan.stages if stage.step.name == function or
                                 (whole and stage.step.module == module and not stage.large)])


def assert_found(edit, results):
    wrong = first_wrong(results) or next((one for one in results.values() if one.status == "warn"), None)
    assert wrong is not None
    assert (wrong.name, wrong.status) == (edit.stage, edit.status), wrong
    assert wrong.detail
    assert (wrong.diagnosis or "").startswith(edit.diagnosis) if edit.diagnosis else wrong.diagnosis is None, wrong


@pytest.mark.parametrize("name", EDITS)
def test_wrong_em(name, plan, tmp_path):
    edit = EDITS[name]
    assert_found(edit, results_of(tmp_path, edited(edit[:2]), around(edit, plan)))


@pytest.mark.parametrize("module, name", [(module, name) for module in OTHER_EDITS for name in OTHER_EDITS[module]])
def test_wrong_other_module(module, name, plan, tmp_path):
    edit = OTHER_EDITS[module][name]
    files = {**SOURCES, module: edited(edit[:2], text=SOURCES[module])}
    assert_found(edit, results_of(tmp_path, files, around(edit, plan)))


@pytest.mark.parametrize("text", [NOISY, PRODUCTS], ids=["noisy", "products"])
def test_right_solution_alone(text, plan, tmp_path):
    results = check(write(tmp_path, {"em": text}), plan)
    status = {result.name: result.status for result in results}
    assert passed(results), status
    assert status["kmeans.run: toy cost"] == status["naive_em: import"] == "missing"
    assert all(word == "pass" for name, word in status.items() if name.startswith("em"))


def test_right_solution_of_all_modules(plan, tmp_path):
    results = check(write(tmp_path, SOURCES), plan)
    assert [result for result in results if result.status != "pass"] == []


def test_one_mistake_does_not_hide_the_next(plan, tmp_path):
    names = ["full_d", "no_floor", "p_for_post", "loose_stop"]
    results = results_of(tmp_path, edited(*(EDITS[name][:2] for name in names)), plan)
    for name in names:
        assert_found(EDITS[name], {name: results[EDITS[name].stage]})
    assert results["em.mstep: test case"].status == "pass"


@pytest.mark.parametrize("style", RIGHT)
def test_no_right_solution_is_called_wrong(style, plan, tmp_path):
    results = results_of(tmp_path, RIGHT[style], plan)
    assert passed(results.values()) and status(results.values()) == 0, first_wrong(results)
    expected = {"pass", "missing"} | ({"warn"} if style in REMARKED else set())
    assert {result.status for result in results.values()} == expected or len(RIGHT[style]) == 4


def test_right_ones_are_many():
    assert len(RIGHT) >= 30


@pytest.mark.parametrize("name, function", [("unwritten", "mstep"), ("no_function", "fill_matrix")])
def test_a_function_that_is_not_there_is_said_once(name, function, plan, tmp_path):
    results = results_of(tmp_path, edited(EDITS[name][:2]), plan)
    own = [result.status for name, result in results.items() if name.startswith(f"em.{function}: ")]
    assert own == ["error"] + ["skipped"] * (len(own) - 1)


def test_a_time_out_on_hundreds_of_ratings_leaves_the_test_case(em_plan, tmp_path):
    text = TICK + edited(("    ll = 0\n", "    ll = 0\n    clock.tick(50 * (d > 500))\n"))
    results = results_of(tmp_path, text, em_plan)
    assert [result.name for result in results.values() if result.status != "pass"
            and result.name.startswith("em")] == ["em.estep: hundreds of ratings"]
    assert status(results.values()) == 2


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
    assert "; NumPy warned: " in results_of(tmp_path, text, em_plan)["em.mstep: movie without ratings"].detail


def test_arguments_of_a_call_that_raised(em_plan, tmp_path):
    text = edited(("    n, d = X.shape\n    K = post.shape[1]\n",
                   "    post[0] = 0\n    raise KeyError('later')\n    n, d = X.shape\n    K = post.shape[1]\n"))
    unchanged = results_of(tmp_path, text, em_plan)["em: arguments unchanged"]
    assert unchanged.status == "warn" and unchanged.detail == "mstep changes post"


def test_arguments_where_little_was_written_yet(em_plan, tmp_path):
    unwritten = ("    n, d = X.shape\n    K = post.shape[1]\n",
                 "    raise NotImplementedError\n    n, d = X.shape\n    K = post.shape[1]\n")
    results = results_of(tmp_path, edited(unwritten), em_plan)
    said = "X, post and mixture do not change, as far as is known: mstep gave no answer"
    assert results["em: arguments unchanged"].detail == said
    nothing = "".join(f"def {name}:\n    raise NotImplementedError\n\n\n"
                      for name in ("estep(X, mixture)", "mstep(X, post, mixture)", "run(X, mixture, post)",
                                   "fill_matrix(X, mixture)"))
    unchanged = results_of(tmp_path / "src", nothing, em_plan)["em: arguments unchanged"]
    assert (unchanged.status, unchanged.detail) == ("skipped", "no function gave an answer")


def test_a_broken_common_is_said_once_and_to_be_begun_with(plan, tmp_path):
    results = results_of(tmp_path, {**SOURCES, "common": "import numpy as np\nx = 1 / 0\n"}, plan)
    assert [result.name for result in results.values() if result.wrong] == ["common: import"]
    assert report.verdict(list(results.values())).endswith("Begin with common: import.")


@pytest.mark.parametrize("beside, imported", [("utils", "utils"), ("../helpers/__init__", "helpers.tools")])
def test_what_lies_beside_is_not_to_be_installed(beside, imported, plan, tmp_path):
    files = {"em": f"import {imported}\n{LOOP}", beside: "import not_there_at_all\n" if beside == "utils" else ""}
    result = results_of(tmp_path, files, plan._replace(stages=[]))["em: import"]
    assert result.status == ("error" if beside != "utils" else "not checked")
    assert "pip" not in result.diagnosis
    assert beside != "utils" or (result.where == ("utils.py", 1) and "Add not_there_at_all.py" in result.diagnosis)


PACKAGES = {"cv2.ml": "pip install opencv-python", "utils": "Add utils.py to the folder", "nunpy": "misspelt"}


@pytest.mark.parametrize("name", PACKAGES)
@pytest.mark.parametrize("inside", [False, True])
def test_a_package_that_is_not_installed_is_not_a_mistake(name, inside, em_plan, tmp_path):
    text = LOOP.replace("    K = post.shape[1]\n", f"    K = post.shape[1]\n    import {name}\n") if inside \
        else f"import {name}\n{LOOP}"
    results = results_of(tmp_path, text, em_plan)
    wrong = [one for one in results.values() if one.status == "not checked"]
    assert wrong and not any(one.wrong for one in results.values()) and status(results.values()) == 2
    assert PACKAGES[name] in wrong[0].diagnosis and f"needs {name.split('.')[0]}, which is" in wrong[0].detail
    assert ("pip" in wrong[0].diagnosis) == (name == "cv2.ml")
    assert report.verdict(list(results.values())).startswith(f"{wrong[0].stage} could not be checked")
    assert report.row("", list(results.values()))["verdict"] == "not checked"


@pytest.mark.skipif(importlib.util.find_spec("tqdm") is not None, reason="tqdm is installed")
def test_a_progress_bar_that_is_not_installed_hides_nothing(em_plan, tmp_path):
    text = LOOP.replace("for u in range(n)", "for u in tqdm(range(n), desc='users')").replace(
        "    while True:\n", "    bar = trange(3)\n    while True:\n        bar.set_description('run')\n")
    text = f"from tqdm.auto import tqdm, trange\nimport tqdm as bars\n{text}"
    plan = em_plan._replace(stages=[stage for stage in em_plan.stages if not stage.large])
    results = {one.name: one for one in check(write(tmp_path / "right", {"em": text}), plan)}
    assert passed(results.values()) and "tqdm is not installed" in results["em: import"].note
    wrong = write(tmp_path / "wrong", {"em": edited(EDITS["no_threshold"][:2], text=text)})
    assert first_wrong({one.name: one for one in check(wrong, plan)}).diagnosis.startswith("no threshold")


def test_common_of_the_folder_above(plan, tmp_path):
    results = results_of(tmp_path, {"em": LOOP, "../common": COMMON}, plan._replace(stages=plan.stages[:1]))
    assert results["em.estep: test case"].status == "pass"


def test_results_are_told_once_and_as_soon_as_they_are_final(small_netflix, tmp_path):
    text = edited(*(EDITS[name][:2] for name in ("no_threshold", "p_for_post", "mixture_in_place")))
    told, events = [], []

    def tell(result):
        told.append(result)
        events.append(result.name)

    results = check(write(tmp_path, {"em": text}), small_netflix, lambda *stage: events.append(stage), InProcess, tell)
    assert sorted(told) == sorted(results) and len(told) == len({one.name for one in told})
    begun = events.index(("em.estep: Netflix", "and 4 more stages on the Netflix matrix: up to 120 s each"))
    small = [one for one in results if "Netflix" not in one.name and "unchanged" not in one.name]
    assert {one.name for one in small} == {event for event in events[:begun] if isinstance(event, str)}
    assert events.index("em.mstep: rare movies") < events.index(("em.fill_matrix: test case", ""))
    assert next(one for one in told if one.name == "em.mstep: rare movies").diagnosis.startswith("no threshold")


def test_how_long_a_slow_run_will_take_is_said_before(small_netflix, tmp_path):
    text = TICK + edited(("    ll = 0\n", "    ll = 0\n    clock.tick(3.5 * (n == 60))\n"))
    said = {}
    check(write(tmp_path, {"em": text}), small_netflix._replace(timeout=1e5),
          lambda name, words: said.update({name: words}), InProcess)
    iterations = small_netflix.netflix.iterations
    assert said["em.run: Netflix, K = 12"] == f"about {3.5 * iterations:.0f} s" and said["em.mstep: Netflix"] == ""


def test_nothing_is_said_of_the_netflix_matrix_where_it_is_not_used(small_netflix, tmp_path):
    said = []
    check(write(tmp_path, {"kmeans": SOURCES["kmeans"]}), small_netflix, lambda _, words: said.append(words), InProcess)
    assert set(said) == {""}


def test_who_writes_into_arguments_is_told_from_who_calls_it(em_plan, tmp_path):
    def remarks(*edits):
        return results_of(tmp_path, edited(*edits), em_plan)["em: arguments unchanged"].remarks

    in_mstep = (("mu = mixture.mu.copy()", "mu = mixture.mu"), ("var = np.zeros(K)", "var = mixture.var"))
    by_mstep = "mstep writes into mixture.mu and mixture.var. An assignment"
    (only,) = remarks(*in_mstep)
    assert only.startswith(by_mstep)
    in_run = "    old = None\n    post[:] = 0\n    mixture.mu[0] = mixture.mu[1]\n"
    both = remarks(*in_mstep, ("    old = None\n", in_run))
    assert [said.split(". ")[0] for said in both] == ["mstep writes into mixture.mu and mixture.var",
                                                      "run writes into mixture.mu and post"]


def test_results_and_errors_keep_the_order(plan, tmp_path, monkeypatch):
    monkeypatch.setattr("checker.check.Isolated", InProcess)
    write(tmp_path / "right", {"em": BROADCAST})
    write(tmp_path / "wrong", {"em": LOOP.replace("/ n\n", "/ n / 2\n")})
    (tmp_path / "notes.txt").write_text("")
    paths = [tmp_path / name for name in ("absent", "wrong", "notes.txt", "right")]
    said, plan = [], plan._replace(stages=plan.stages[:9])
    found = list(check_all(paths, lambda solution: plan, 1, lambda path, stage, _: said.append((path, stage))))
    assert [path for path, _, _ in found] == paths
    assert "does not exist" in found[0][2] and "is not an em.py" in found[2][2] and found[0][1] is found[2][1] is None
    assert any(one.wrong for one in found[1][1]) and not any(one.wrong for one in found[3][1])
    names = [stage.name for stage in plan.stages]
    assert said == [(path, name) for path in (paths[1], paths[3]) for name in names]
