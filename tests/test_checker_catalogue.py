"""Wrong solutions, made from a right one by one edit each: the checker finds where and what. Right ones pass."""

import itertools

import numpy as np
import pytest

import plain_loops
from checker import formulas, mistakes, stages
from checker.check import check, passed
from checker.compare import agree
from checker.probes import ordinary, rare_movies, slow, small_variance, user_without_ratings
from checker.solution import open_solution
from data import sample
from tests.checker_in_process import TICK, InProcess
from tests.checker_solutions import EDITS, KEYWORDS, LOOP, OTHER_EDITS, RIGHT, SOURCES


def write(folder, files):
    for module, text in files.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    return open_solution(folder)


def without_runs(plan):
    """Return the plan less its loops, which take the longest; for mistakes that are found before."""
    return plan._replace(stages=[stage for stage in plan.stages if stage.step.function != "run"])


def around(edit, plan):
    """Return the plan with the stages that have to do with an edit: its function's, or a loop's whole module."""
    function = edit.stage.partition(":")[0]
    module = function.partition(".")[0]
    whole = function == module or function.endswith(".run")
    return plan._replace(stages=[stage for stage in plan.stages if stage.step.name == function or
                                 (whole and stage.step.module == module and not stage.large)])


def first_wrong(results):
    return next((result for result in results if result.wrong), None)


def assert_found(edit, results):
    wrong = first_wrong(results) or next((result for result in results if result.status == "warn"), None)
    assert wrong is not None
    assert (wrong.name, wrong.status) == (edit.stage, edit.status), wrong
    assert wrong.detail
    assert (wrong.diagnosis or "").startswith(edit.diagnosis) if edit.diagnosis else wrong.diagnosis is None, wrong


@pytest.mark.parametrize("name", EDITS)
def test_wrong_em(name, plan, tmp_path):
    edit = EDITS[name]
    assert edit.old in LOOP
    solution = write(tmp_path, {"em": LOOP.replace(edit.old, edit.new)})
    assert_found(edit, check(solution, around(edit, plan), run_in=InProcess))


@pytest.mark.parametrize("module, name", [(module, name) for module in OTHER_EDITS for name in OTHER_EDITS[module]])
def test_wrong_other_module(module, name, plan, tmp_path):
    edit = OTHER_EDITS[module][name]
    assert edit.old in SOURCES[module]
    solution = write(tmp_path, {**SOURCES, module: SOURCES[module].replace(edit.old, edit.new)})
    results = check(solution, around(edit, plan), run_in=InProcess)
    assert_found(edit, results)


@pytest.mark.parametrize("style", ["noisy", "products"])
def test_right_solution_alone(style, plan, tmp_path):
    results = check(write(tmp_path, {"em": RIGHT[style]}), plan)
    assert passed(results), first_wrong(results)
    status = {result.name: result.status for result in results}
    assert status["kmeans.run: toy cost"] == status["naive_em: import"] == "missing"
    assert all(word == "pass" for name, word in status.items() if name.startswith("em"))


def test_right_solution_of_all_modules(plan, tmp_path):
    results = check(write(tmp_path, SOURCES), plan)
    assert [result for result in results if result.status != "pass"] == []


def test_one_mistake_does_not_hide_the_next(plan, tmp_path):
    names = ["full_d", "no_floor", "p_for_post", "loose_stop"]
    text = LOOP
    for name in names:
        text = text.replace(EDITS[name].old, EDITS[name].new)
    results = {result.name: result for result in check(write(tmp_path, {"em": text}), plan, run_in=InProcess)}
    for name in names:
        assert_found(EDITS[name], [results[EDITS[name].stage]])
    assert results["em.mstep: test case"].status == "pass"


def test_two_mistakes_in_one_function(plan, tmp_path):
    by_part = LOOP.replace("np.exp(f - total)", "f - total").replace("return post, ll\n", "return post, ll / n\n")
    results = check(write(tmp_path, {"em": by_part}), without_runs(plan), run_in=InProcess)
    assert "log-posterior returned." in first_wrong(results).diagnosis
    assert " And: log-likelihood averaged." in first_wrong(results).diagnosis
    text = LOOP
    for name in ("all_soft_counts", "p_not_normalised"):
        text = text.replace(EDITS[name].old, EDITS[name].new)
    said = first_wrong(check(write(tmp_path, {"em": text}), without_runs(plan), run_in=InProcess)).diagnosis
    assert said.startswith("p not normalised.") and " And: means divided by all soft counts." in said


def test_a_mistake_that_is_in_no_catalogue_is_not_named(plan, tmp_path):
    for old, new in [("ll += total", "ll += 1.001 * total"), ("size / 2", "size / 2.1"), ("max(sse", "1.01 * max(sse")]:
        results = check(write(tmp_path, {"em": LOOP.replace(old, new)}), without_runs(plan), run_in=InProcess)
        assert first_wrong(results).diagnosis is None, first_wrong(results)


def test_a_run_that_never_ends_over_a_wrong_step_blames_the_step(plan, tmp_path):
    edit = EDITS["log_post"]
    solution = write(tmp_path, {"em": LOOP.replace(edit.old, edit.new)})
    results = {result.name: result for result in check(solution, plan, run_in=InProcess)}
    run = results["em.run: test case"]
    assert run.status == "fail" and run.detail.startswith("em.run goes on after ")
    assert run.diagnosis.startswith("follows from em.estep. ")
    assert results["em.run: slow convergence"].status == results["em.fill_matrix: test case"].status == "pass"


def test_a_loop_that_never_ends_is_blamed_itself(plan, tmp_path):
    solution = write(tmp_path, {"em": LOOP.replace("1e-6 * abs(ll)", "1e-6 * ll")})
    results = {result.name: result for result in check(solution, plan, run_in=InProcess)}
    run = results["em.run: slow convergence"]
    assert run.status == "fail" and run.detail == "em.run goes on after 245 iterations; the right rule stops after 29"
    assert "abs" in run.diagnosis and "the loop that does not end" in run.diagnosis


def test_a_right_loop_over_slow_steps_is_not_blamed(plan, tmp_path):
    solution = write(tmp_path, {"em": TICK + LOOP.replace("    ll = 0\n", "    ll = 0\n    clock.tick(0.25)\n")})
    results = {result.name: result for result in check(solution, plan._replace(timeout=3.0), run_in=InProcess)}
    run = results["em.run: slow convergence"]
    assert run.status == "timeout" and run.diagnosis.startswith("the loop is right: ")
    assert "estep took up to 0.25 s" in run.diagnosis


@pytest.fixture(scope="module")
def small_netflix(plan, small_netflix_stages):
    return plan._replace(stages=plan.stages + small_netflix_stages.stages, netflix=small_netflix_stages)


def test_a_run_that_is_too_slow_for_netflix_is_told_how_much(small_netflix, tmp_path):
    text = TICK + LOOP.replace("    ll = 0\n", "    ll = 0\n    clock.tick(0.5 * (n > 50))\n")
    results = {result.name: result for result in check(write(tmp_path, {"em": text}),
                                                       small_netflix._replace(timeout=1.2), run_in=InProcess)}
    run = results["em.run: Netflix, K = 12"]
    assert run.status == "timeout" and run.diagnosis.startswith("One E-step and one M-step take 0.5 s, and ")
    assert "Use NumPy on whole arrays" in run.diagnosis


def test_an_overwritten_argument_is_said_to_be_the_cause(plan, tmp_path):
    solution = write(tmp_path, {"em": LOOP.replace(EDITS["post_in_place"].old, EDITS["post_in_place"].new)})
    results = {result.name: result for result in check(solution, plan, run_in=InProcess)}
    assert results["em.run: test case"].diagnosis.startswith("mstep overwrites post. run goes on with what is left")
    nan = LOOP.replace("    ll = 0\n", "    ll = 0\n    X[X == 0] = np.nan\n").replace("C = X[u] != 0\n        f",
                                                                                       "C = X[u] > 0\n        f")
    results = {result.name: result for result in check(write(tmp_path, {"em": nan}), plan, run_in=InProcess)}
    unchanged = results["em: arguments unchanged"]
    assert unchanged.status == "warn" and unchanged.detail.startswith("estep changes X")
    run = results["em.run: slow convergence"]
    assert run.status == "pass"  # with our steps
    run = results["em.run: test case"]
    assert run.status == "fail" and run.diagnosis.startswith("estep overwrites X. run goes on with what is left"), run


def test_ours_can_be_called_by_the_names_of_their_parameters(plan, tmp_path):
    for edit in ("no_floor", "no_half_in_norm"):
        old, new = (text.replace("mixture", "mix") for text in EDITS[edit][:2])
        assert old in KEYWORDS
        results = {result.name: result
                   for result in check(write(tmp_path, {"em": KEYWORDS.replace(old, new)}), plan, run_in=InProcess)}
        assert results["em.run: slow convergence"].status == "pass"


def test_a_loop_that_leaves_out_an_argument_is_told_in_its_own_terms(plan, tmp_path):
    text = LOOP.replace("        mixture = mstep(X, post, mixture)\n",
                        "        mixture = mstep(X, post)\n").replace("post, mixture, min", "post, mixture=None, min")
    results = {result.name: result for result in check(write(tmp_path, {"em": text}), plan, run_in=InProcess)}
    said = " ".join(result.detail for result in results.values() if result.wrong)
    assert "em.run" in said and "<locals>" not in said


def test_how_far_a_run_went_is_said_only_where_it_is_known(plan, tmp_path):
    edit = EDITS["fixed_iterations"]
    results = check(write(tmp_path, {"em": LOOP.replace(edit.old, edit.new)}), plan, run_in=InProcess)
    said = next(result for result in results if result.name == "em.run: test case").diagnosis
    assert said.startswith("stopping rule") and " iterations or more; " in said


def test_a_right_loop_over_a_step_that_is_wrong_in_unknown_ways_is_not_blamed(plan, tmp_path):
    results = {result.name: result
               for result in check(write(tmp_path, {"em": LOOP.replace("max(sse", "1.00001 * max(sse")}), plan,
                                   run_in=InProcess)}
    assert results["em.run: slow convergence"].status == "pass"
    said = "follows from em.mstep. With our mstep in its place run is right: mend that first."
    assert results["em.run: test case"].diagnosis == said


@pytest.mark.parametrize("name, function", [("unwritten", "mstep"), ("no_function", "fill_matrix")])
def test_a_function_that_is_not_there_is_said_once(name, function, plan, tmp_path):
    results = check(write(tmp_path, {"em": LOOP.replace(EDITS[name].old, EDITS[name].new)}), plan, run_in=InProcess)
    own = [result.status for result in results if result.name.startswith(f"em.{function}: ")]
    assert own == ["error"] + ["skipped"] * (len(own) - 1)


def test_what_follows_from_a_wrong_step_is_said_to(plan, tmp_path):
    edit = EDITS["old_means"]
    results = {result.name: result
               for result in check(write(tmp_path, {"em": LOOP.replace(edit.old, edit.new)}), plan, run_in=InProcess)}
    assert results["em.run: slow convergence"].status == "pass"  # the loop is right: ours stood in for mstep
    assert results["em.run: test case"].diagnosis.startswith("follows from em.mstep")


# The catalogue itself


@pytest.mark.parametrize("name", [name for name, step in stages.STEPS.items() if step.mistakes])
def test_every_mistake_shows_and_differs_from_every_other(name, plan):
    step = stages.STEPS[name]
    mine = [stage for stage in plan.stages if stage.step is step]
    with np.errstate(all="ignore"):
        answers = {(mistake.name, number): [step.expect(case.arguments, **spelling.pieces) for stage in mine
                                            for case in stage.cases]
                   for mistake in step.mistakes for number, spelling in enumerate(mistake.spellings())}
    assert len({name for name, _ in answers}) == len(step.mistakes)
    right = [case.expected for stage in mine for case in stage.cases]

    def differ(some, others):
        return any(not agree(one[part], other[part], 1e-4, nan=True) for one,
                   other in zip(some, others, strict=False) for part in one)

    for mistake, answer in answers.items():
        assert differ(answer, right), mistake
    for one, other in itertools.combinations(answers, 2):
        assert differ(answers[one], answers[other]), (one, other)


def test_rule_of_single_precision_stops_where_its_digits_end():
    new, old = -1000.0, -1000.001005
    assert not formulas.small_improvement(new, old)
    assert next(rule for rule in mistakes.STOPPING if rule.name == "single precision").stop(new, old)


def test_every_advice_ends_as_a_sentence():
    for step in stages.STEPS.values():
        for mistake in step.mistakes:
            assert mistake.advice.endswith((".", "?")) and not mistake.name.endswith("."), mistake.name


# The right formulas, held against the plain loops


@pytest.mark.parametrize("probe", [ordinary, user_without_ratings, rare_movies, small_variance])
def test_right_steps_agree_with_the_oracle(probe):
    X, post, mixture = probe()
    for ours, plain in zip(formulas.estep(X, mixture), plain_loops.em_estep(X, mixture), strict=False):
        np.testing.assert_allclose(ours, plain, rtol=1e-10)
    for ours, plain in zip(formulas.mstep(X, post, mixture), plain_loops.em_mstep(X, post, mixture), strict=False):
        np.testing.assert_allclose(ours, plain, rtol=1e-10)
    np.testing.assert_allclose(formulas.fill(X, mixture), plain_loops.em_fill(X, mixture), rtol=1e-10)


def test_right_run_agrees_with_the_oracle():
    X, _, mixture = slow()
    mixture_o, post_o, log_likelihood_o = plain_loops.em_run(X, mixture)
    (mu, var, p), post, log_likelihood = stages.LOOPS["em"].path(X, mixture)[-1]
    for ours, plain in [(mu, mixture_o.mu), (var, mixture_o.var), (p, mixture_o.p), (post, post_o)]:
        np.testing.assert_allclose(ours, plain, atol=1e-9)
    assert log_likelihood == pytest.approx(log_likelihood_o, rel=1e-12)


def test_right_steps_on_complete_data_agree_with_the_oracle():
    X = sample.toy()[:40]
    mixture = plain_loops.init(X, 3, 0)
    post, log_likelihood = formulas.naive_estep(X, mixture)
    plain_post, plain = plain_loops.naive_estep(X, mixture)
    np.testing.assert_allclose(post, plain_post, rtol=1e-8, atol=1e-14)
    assert log_likelihood == pytest.approx(plain)
    for ours, theirs in zip(formulas.naive_mstep(X, post), plain_loops.naive_mstep(X, post), strict=False):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    hard = formulas.kmeans_estep(X, mixture)
    np.testing.assert_array_equal(hard, plain_loops.kmeans_estep(X, mixture))
    (mu, _, _), cost = formulas.kmeans_mstep(X, hard)
    assert cost == pytest.approx(plain_loops.kmeans_cost(X, hard, mu))


def test_probes_have_what_they_are_named_for():
    X, post, _ = rare_movies()
    support = post.T @ (X != 0)
    assert (support[:, 1] < 1).all() and (support[:2, 2] == 1).all() and (support[2] < 1).all()
    assert (np.delete(support[:2], [1, 2], axis=1) > 1).all()
    X, post, mixture = ordinary()
    assert (post.T @ (X != 0) > 1.05).all() and (X != 0).any(axis=1).all()
    assert len(set(mixture.p)) == len(set(mixture.var)) == 3
    X, post, mixture = small_variance()
    var = formulas.mstep(X, post, mixture, floor=formulas.no_floor)[1]
    assert var[0] < 0.2 and var[1] > 0.3
