"""A run beside the right path of iterations: planted answers are named by what was planted."""

import pytest

from checker import loops, mistakes
from checker.compare import flatten
from checker.evidence import Exchange, Judged, judge
from checker.formulas import LOOPS
from checker.isolated import Answer
from tests.checker.in_process import results_of
from tests.checker.solutions import EDITS, edited


@pytest.fixture(scope="module")
def run(plan):
    """The stage whose iterations can all be told apart, the mixture that it starts from, and its iterations."""
    stage = next(stage for stage in plan.stages if stage.name == "em.run: slow convergence")
    X, mixture, _ = stage.cases[0].arguments
    path = LOOPS["em"]._replace(stop=lambda new, old: False).path(X, mixture, most=120)
    return stage, [mixture, *(state[0] for state in path)], path


def answer(run, mixture, post, figure):
    """Return the Placed answer of a loop that returns these of the right iterations."""
    stage, mixtures, path = run
    value = mixtures[mixture], path[post - 1][1], path[figure - 1][2]
    judged = judge(Judged(stage, stage.cases[0], Exchange(), Answer("ok", 0.0, {"other": "a tuple", "parts": value})))
    return loops.place(judged)


def test_an_answer_is_placed_where_it_comes_from(run):
    placed = answer(run, 4, 7, 9)
    assert (placed.mixture, placed.post, placed.figure, placed.right_end) == ({4}, {7}, {9}, 29)


# Of a loop that stops at iteration 29: the iterations of its mixture, post and figure, and what is wrong.
RETURNED = [((28, 29, 29), "last M-step missing. The mixture is one M-step too old."),
            ((30, 29, 29), "extra M-step. The mixture is one M-step too new."),
            ((29, 30, 30), "extra E-step. post and the log-likelihood are computed once more"),
            ((29, 29, 30), "extra E-step. The log-likelihood is computed once more"),
            ((28, 29, 28), "last M-step missing. The mixture is one M-step too old. Leave the loop after the M-step,"
             " not between the two steps. And: log-likelihood of the iteration before."),
            ((29, 28, 29), "post of the iteration before.")]


@pytest.mark.parametrize("iterations, said", RETURNED)
def test_what_a_loop_returns_is_named(iterations, said, run):
    assert loops.misplaced(answer(run, *iterations), []).startswith(said)


def test_the_right_answer_is_not_blamed(run):
    assert loops.misplaced(answer(run, 29, 29, 29), []) is None


@pytest.mark.parametrize("place", [one for one in mistakes.PLACES if len(one.causes) < 2])
@pytest.mark.parametrize("rule", [mistakes.STOPPING[2], mistakes.STOPPING[4]], ids=lambda rule: rule.name)
def test_rule_and_place_are_both_named(rule, place, run):
    figures = [state[2] for state in run[2]]
    end = next(t for t in range(2, len(figures) + 1) if rule.stop(figures[t - 1], figures[t - 2]))
    said = loops.misplaced(answer(run, end + place.mixture, end + place.post, end + place.figure), [])
    assert all(cause in said for cause in place.causes) and f"{rule.name}. {rule.advice}" in said
    assert f"It stops after {end} iterations; the right rule stops after 29." in said


@pytest.mark.parametrize("end, said", [(1, "stops after one step. "), (24, "stopping rule. "),
                                       (28, "one iteration too few. "), (30, "an extra iteration. ")])
def test_ends_without_a_usual_rule(end, said, run):
    assert loops.misplaced(answer(run, end, end, end), []).startswith(said)


def test_a_rule_must_fit_the_other_runs(run):
    """The rule that stops one run at its end does not explain another that ends elsewhere."""
    rule = mistakes.STOPPING[4]
    figures = [state[2] for state in run[2]]
    end = next(t for t in range(2, len(figures) + 1) if rule.stop(figures[t - 1], figures[t - 2]))
    alone, other = answer(run, end, end, end), answer(run, end + 3, end + 3, end + 3)
    assert rule.name in loops.misplaced(alone, [])
    assert rule.name not in loops.misplaced(alone, [other])


def test_parts_of_different_iterations(run):
    said = "different iterations. The mixture is of iteration 20, the log-likelihood (or cost) of 29."
    assert loops.misplaced(answer(run, 20, 29, 29), []) == said
    assert loops.misplaced(answer(run, 29, 12, 29), []) == "wrong post. It is not the post of the last E-step."


def test_a_loop_that_begins_with_mstep(run):
    stage, _, _ = run
    X, mixture, post = stage.cases[0].arguments
    estep, mstep, old = LOOPS["em"].estep, LOOPS["em"].mstep, None
    while True:
        mixture = mstep(X, post, mixture)
        post, new = estep(X, mixture)
        if old is not None and new - old <= 1e-6 * abs(new):
            break
        old = new
    judged = Judged(stage, stage.cases[0], Exchange(), Answer("ok", 0.0),
                    got=flatten((mixture, post, new), stage.step.layout)[0])
    assert loops.begins_with_mstep(judged, 1000)
    assert not loops.begins_with_mstep(judged._replace(got=stage.cases[0].expected), 1000)


def test_how_far_a_run_went_is_said_only_where_it_is_known(em_plan, tmp_path):
    said = results_of(tmp_path, edited(EDITS["fixed_iterations"][:2]), em_plan)["em.run: test case"].diagnosis
    assert said.startswith("stopping rule") and " iterations or more; " in said
