"""The distinct mistakes: each once, however many stages show it, with its place."""

import pytest

from checker.check import check
from checker.distinct import Mistakes, how_many, remarks
from checker.judge import Result
from tests.checker.in_process import InProcess, write
from tests.checker.solutions import EDITS, LOOP, SOURCES, edited


def fail(name, diagnosis, **rest):
    return Result(name, "fail", "a: expected 1, got 2", diagnosis, **rest)


def labels(*results):
    return [one.label for one in Mistakes(results)]


def line_of(function, text=LOOP):
    return text[:text.index(f"def {function}(")].count("\n") + 1


def test_mistakes_that_were_planted_are_found_each_once_with_its_line(plan, tmp_path):
    planted = {"full_d": "em.estep: full d in the normalisation", "no_floor": "em.mstep: no variance floor",
               "p_for_post": "em.fill_matrix: p in place of the posterior",
               "loose_stop": "em.run: stopping rule too loose"}
    text = edited(*(EDITS[name][:2] for name in planted))
    results = check(write(tmp_path, {"em": text}), plan, run_in=InProcess)
    found = Mistakes(results)
    assert [one.label for one in found] == list(planted.values())
    assert [one.place for one in found] == [
        f"em.py, line {line_of(one.function.partition('.')[2], text)}" for one in found]
    shown = {name for one in found for name in one.stages}
    assert shown == {result.name for result in results if result.wrong} and len(shown) > 8


def test_what_follows_from_a_mistake_is_none(plan, tmp_path):
    files = {**SOURCES, "em": edited(EDITS["all_soft_counts"][:2])}
    results = check(write(tmp_path, files), plan, run_in=InProcess)
    assert sum(one.wrong for one in results) > 3
    assert labels(*results) == ["em.mstep: means divided by all soft counts"]


def test_arguments_that_are_overwritten_are_at_the_step_that_does_it(plan, tmp_path):
    text = edited(EDITS["post_in_place"][:2])
    results = check(write(tmp_path, {"em": text}), plan, run_in=InProcess)
    (found,) = Mistakes(results)
    assert found.label == "em.mstep: mstep overwrites post" and found.place == f"em.py, line {line_of('mstep', text)}"
    assert found.fix.endswith("Let mstep work on post.copy().")
    assert remarks(results) == {}  # it is no remark as well


@pytest.mark.parametrize("diagnosis, names", [
    ("A. Do a. And: B. Do b.", ["A", "B"]),
    ("A. Do a. Or: B. Do b. And: C. Do c.", ["A, or B and C"]),
    ("Mu and Var: A. Do a. And: P: B. Do b.", ["A", "B"]),
    ("estep is right on ordinary input. It is wrong only where X. There.", ["wrong where X"]),
    ("estep is right on other input, but not on this one: K = 2.", ["wrong where K = 2"]),
    ("follows from em.estep: A. This explains all.", []),
    ("mstep is also wrong on smaller input. Fix a first.", []),
    (None, ["wrong result, cause not found"])])
def test_names_of_a_diagnosis(diagnosis, names):
    assert labels(fail("em.mstep: a", diagnosis)) == [f"em.mstep: {name}" for name in names]


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_known_better_elsewhere_counts_once(order):
    results = [fail("em.mstep: a", "A. Do a. Or: B. Do b."), fail("em.mstep: b", "B. Do b.")][::order]
    (found,) = Mistakes(results)
    assert found.name == "B" and set(found.stages) == {"em.mstep: a", "em.mstep: b"}
    assert labels(*results, fail("kmeans.mstep: a", "B. Do b.")) == ["em.mstep: B", "kmeans.mstep: B"]


def test_a_function_has_one_mistake_of_unknown_cause():
    where = "mstep is right on other input, but not on this one: {}."
    results = [fail("em.mstep: a", where.format("K = 2")), fail("em.mstep: b", None), fail("em.estep: a", None),
               fail("em.mstep: c", "A. Do a."), fail("em.mstep: d", where.format("K = 12"))]
    assert labels(*results) == ["em.mstep: wrong where K = 2", "em.estep: wrong result, cause not found", "em.mstep: A"]
    assert Mistakes(results)[0].stages == ["em.mstep: a", "em.mstep: b", "em.mstep: d"]


def test_exceptions_are_named_by_their_kind():
    def raised(name, kind, line, detail="raises it, in many words"):
        return Result(name, "error", detail, kind=kind, where=("em.py", line))

    results = [raised("em.mstep: a", "ValueError", 3), raised("em.mstep: b", "ValueError", 3),
               raised("em.run: a", "ValueError", 3), raised("em.mstep: c", "ValueError", 9),
               raised("em.estep: a", "NotImplementedError", 1),
               Result("em.fill_matrix: a", "error", "em.py has no function fill_matrix", where=("em.py", None))]
    assert labels(*results) == ["em.mstep: raises ValueError", "em.mstep: raises ValueError",
                                "em.estep: not written yet", "em.fill_matrix: no function fill_matrix"]
    assert [one.place for one in Mistakes(results)][:2] == ["em.py, line 3", "em.py, line 9"]
    explained = Result("em.mstep: a", "error", "raises it", "no mixture. mstep takes X only.", where=("em.py", 3))
    assert labels(explained) == ["em.mstep: no mixture"]
    assert how_many([results, results[:1], []])[0] == ("em.mstep: raises ValueError", 2)


def test_numbers_stay_as_results_arrive():
    found = Mistakes()
    assert found.add(fail("em.estep: a", "A. Do a.")) == [(1, "A")]
    assert found.add(fail("em.mstep: a", "B. Do b. And: C. Do c.")) == [(2, "B"), (3, "C")]
    assert found.add(fail("em.estep: b", "A. Do a.")) == [(1, "A")]
    assert found.add(fail("em.run: b", "follows from em.estep: A.")) == [(None, "follows from em.estep: A.")]
    assert found.add(Result("em.run: c", "timeout", "", "Slow.")) == [(None, "Slow.")]
    assert found.add(Result("em.run: c", "pass")) == []
