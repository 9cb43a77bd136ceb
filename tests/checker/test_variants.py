"""Which mistakes are in a step: two or three at once are all named, and what is in no catalogue is not."""

import contextlib
import itertools
import random

import numpy as np
import pytest

from checker import stages
from checker.evidence import Exchange, Judged, judge
from checker.isolated import Answer
from checker.mistakes import MSTEP
from checker.report import row
from checker.variants import Variants, pieces_of
from tests.checker.in_process import first_wrong, results_of
from tests.checker.solutions import BROADCAST, EDITS, LOOP, edited


def planted(plan, step, pieces):
    """Return the Judged answers of the right step with some pieces, to the small stages of a plan."""
    answers = []
    for stage in plan.stages:
        for case in stage.cases if stage.step is step and not stage.large else ():
            with np.errstate(all="ignore"), contextlib.suppress(ValueError):  # a mask of movies that K does not fit
                answers.append((stage, case, step.right(*case.arguments, **pieces)))
    return [judge(Judged(stage, case, Exchange(), Answer("ok", 0.0, _described(value))))
            for stage, case, value in answers]


def _described(value):
    return {"other": "a tuple", "parts": list(map(np.asarray, value))} if type(value) is tuple and not isinstance(
        value[0], stages.Mixture) else value


STEPS_WITH_MISTAKES = [name for name, step in stages.STEPS.items() if step.mistakes]


@pytest.mark.parametrize("name", STEPS_WITH_MISTAKES)
def test_every_mistake_is_recognised_by_its_numbers(name, plan):
    step = stages.STEPS[name]
    variants = Variants(step)
    for mistake in step.mistakes:
        for spelling in mistake.spellings():
            answers = planted(plan, step, spelling.pieces)
            if not any(one.verdict.form for one in answers):  # as of var and p exchanged, which is put right before
                found = variants.recognise(answers)
                assert [[one.name for one in chosen] for chosen in found] == [[mistake.name]]


@pytest.mark.parametrize("name", ["em.estep", "em.mstep"])
def test_pairs_are_recognised_by_their_numbers(name, plan):
    step, chance = stages.STEPS[name], random.Random(2)
    variants = Variants(step)
    pairs = [pair for pair in itertools.combinations(step.mistakes, 2)
             if not set(pair[0].pieces) & set(pair[1].pieces) and "wrong order" not in (pair[0].name, pair[1].name)]
    for pair in chance.sample(pairs, 20):
        found = variants.recognise(planted(plan, step, pieces_of(pair)))
        names = [{one.name for one in chosen} for chosen in found]
        assert {one.name for one in pair} in names or len(names[0]) == 1, pair  # one alone may give the same numbers


def test_right_answers_have_no_mistakes(plan):
    variants = Variants(stages.STEPS["em.mstep"])
    assert variants.fitting((), planted(plan, variants.step, {}), {"Mu", "Var", "P"}) == {"Mu", "Var", "P"}


def without_runs(plan):
    """Return the plan less its loops, which take the longest; for mistakes that are found before."""
    return plan._replace(stages=[stage for stage in plan.stages if stage.step.function != "run"])


def test_two_mistakes_in_one_function(plan, tmp_path):
    by_part = edited(EDITS["log_post"][:2], EDITS["mean_ll"][:2])
    said = first_wrong(results_of(tmp_path, by_part, without_runs(plan))).diagnosis
    assert "log-posterior returned." in said and " And: log-likelihood averaged." in said
    both = edited(EDITS["all_soft_counts"][:2], EDITS["p_not_normalised"][:2])
    said = first_wrong(results_of(tmp_path, both, without_runs(plan))).diagnosis
    assert said.startswith("p not normalised.") and " And: means divided by all soft counts." in said


def test_a_mistake_that_is_in_no_catalogue_is_not_named(plan, tmp_path):
    for old, new in [("ll += total", "ll += 1.001 * total"), ("size / 2", "size / 2.1"), ("max(sse", "1.01 * max(sse")]:
        results = results_of(tmp_path, edited((old, new)), without_runs(plan))
        assert first_wrong(results).diagnosis is None, first_wrong(results)


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
    {"missing_mstep", "extra_estep"}, {"no_threshold", "zero_for_old_mean"},
    {"zeros_in_mstep", "no_threshold"},  # the M-step of naive EM
]


_ALONE = {"mstep_first", "fixed_iterations", "odd_stop", "one_step", "single_precision", "remembers",
          "epsilon_for_logs", "plain_tuple", "nothing_returned"}  # without values, nothing can be named beside these


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
    said = " ".join(text for result in results.values() for text in (result.diagnosis, *result.remarks) if text)
    if "overwrites" not in said:  # with ours in the place of a wrong mstep, nothing is overwritten
        said = said.replace("writes into post", "overwrites post. run then uses")
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

RARE, UNRATED, SIZES = "em.mstep: rare movies", "em.mstep: movie without ratings", "em.mstep: other sizes"


def of_mstep(plan):
    return plan._replace(stages=[stage for stage in plan.stages if stage.step.name == "em.mstep"])


@pytest.mark.parametrize("distance, floor", list(itertools.product(IN_THE_DISTANCE, AT_THE_FLOOR)))
def test_no_threshold_is_one_mistake_however_far_its_nan_goes(distance, floor, em_plan, tmp_path):
    text = edited(UNCHECKED, (DISTANCE, IN_THE_DISTANCE[distance]), (FLOOR, AT_THE_FLOOR[floor]), text=BROADCAST)
    results = results_of(tmp_path, text, of_mstep(em_plan))
    assert {name for name, result in results.items() if result.wrong} == {RARE, UNRATED, SIZES}
    assert "got nan" in results[UNRATED].detail
    said = f"no threshold. {next(one.advice for one in MSTEP if one.name == 'no threshold')}"
    assert results[RARE].diagnosis == results[UNRATED].diagnosis == results[SIZES].diagnosis == said
    assert row("em.py", results.values())["mistakes"] == ["em.mstep: no threshold"]


@pytest.mark.parametrize("name", AFTERWARDS)
def test_no_threshold_is_the_same_mistake_where_something_mends_its_nan(name, em_plan, tmp_path):
    results = results_of(tmp_path, edited((THRESHOLD, AFTERWARDS[name]), text=BROADCAST), of_mstep(em_plan))
    assert row("em.py", results.values())["mistakes"] == ["em.mstep: no threshold"]


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
    assert results[UNRATED].diagnosis.startswith("a movie that nobody rated makes")
    assert "threshold" not in results[RARE].diagnosis
