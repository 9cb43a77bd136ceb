"""The catalogue: every mistake shows on some input, and differs from every other."""

import itertools

import numpy as np
import pytest

from checker import formulas, mistakes, stages
from checker.compare import agree


@pytest.mark.parametrize("name", [name for name, step in stages.STEPS.items() if step.mistakes])
def test_every_mistake_shows_and_differs_from_every_other(name, plan):
    step = stages.STEPS[name]
    mine = [stage for stage in plan.stages if stage.step is step]
    with np.errstate(all="ignore"):
        answers = {(mistake.name, number): [step.expect(case.arguments, **spelling.pieces) for stage in mine
                                            for case in stage.cases if case.arguments[0].shape[1] > 2]
                   for mistake in step.mistakes for number, spelling in enumerate(mistake.spellings())}
    assert len({name for name, _ in answers}) == len(step.mistakes)
    right = [case.expected for stage in mine for case in stage.cases if case.arguments[0].shape[1] > 2]

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


def test_the_page_and_the_catalogue_have_the_same_mistakes():
    steps = {(one.section, one.name) for step in stages.STEPS.values() for one in (*step.mistakes, *step.alone)}
    assert steps == {(section, name) for section, entries in mistakes.sections().items() if ".py: " in section
                     for name in entries}
    others = [one for value in vars(mistakes).values()
              for one in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value])
              if isinstance(one, mistakes.Cause)]
    assert len(others) > 150
    for one in others:
        assert one.advice.endswith((".", "?"))
        assert one.words[0] == "|C_u|" or one.words[0] in mistakes.sections()[one.section][one.name], one
    assert f"{mistakes.RULE} {mistakes.COST_RULE}" in mistakes.PAGE.read_text(encoding="utf-8")
