"""What a solution has answered: its functions are called, as they are or with something exchanged, and judged."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from checker.compare import EXACT, Misfit, Verdict, agree, compare, flatten
from checker.isolated import Answer
from checker.stages import SMALL, STEPS, Case, Stage
from checker.variants import Variants

EXPERIMENT = 3.0  # CPU seconds for an experiment on small input


class Exchange(NamedTuple):
    """What is exchanged in a call; see exchanges.py."""

    ours: tuple = ()
    copies: bool = False
    current: str = ""
    quick: bool = False
    fresh: bool = False  # their modules imported anew


class Judged(NamedTuple):
    """One call of a stage, its answer, and how the answer compares with the right result."""

    stage: Stage
    case: Case
    exchange: Exchange
    answer: Answer
    verdict: Verdict | None = None  # None where there was no result
    got: dict | None = None  # part -> array, in the right form if possible; None where these parts did not come

    @property
    def right(self):
        return self.verdict is not None and not self.verdict.wrong

    @property
    def lost(self):
        """Whether the process was lost. A new one takes time."""
        return self.answer.status in ("timeout", "died", "garbled")

    @property
    def unwritten(self):
        return self._failed_with("NotImplementedError")

    @property
    def endless(self):
        """Whether the loop does not end, though its steps do."""
        return self._failed_with("LoopGoesOn")

    def _failed_with(self, kind):
        return self.answer.status == "error" and kind in self.answer.error["kinds"]

    def agrees(self, name, value, nan=False):
        """Return whether a part of the answer is `value`, within the tolerance of the stage; for `nan`, see agree."""
        if name in self.case.expected:
            return agree(self.got[name], value, self.stage.relative, self.stage.absolute, nan)
        return agree(self.got[name], value, EXACT, nan=nan)


class Evidence:
    """All answers of a solution, and the way to ask for more."""

    def __init__(self, solution, plan, process):
        self.solution, self.plan, self._process = solution, plan, process
        self.functions = {}  # module -> names that it defines; None where it cannot be loaded
        self.results = {}  # name -> Result, in the order of the plan
        self.answers = defaultdict(list)  # step -> Judged of its stages' cases that came back
        self.bad = {}  # name -> Judged, the wrong one of a stage
        self.changed = defaultdict(set)  # step -> arguments that it changed in place
        self.answered = defaultdict(bool)  # step -> whether any call came back
        self.scripts = {}  # file -> the line from which on its script is left out (see child.leave_out)
        self._known = {}

    def load(self, module):
        """Import a module and note which functions it has; return the Answer, None where there is no such file."""
        self.functions[module] = None
        if not self.solution.has(module):
            return None
        request, first, before = {"module": module, "names": self.wanted(module)}, None, None
        while before != self.scripts:
            before, answer = dict(self.scripts), self._ask(request, SMALL)
            first = first or answer
            if answer.status == "timeout" or (answer.error and answer.error["script"]):
                file, line = answer.error["script"] if answer.error else (f"{module}.py", 0)
                self.scripts[file] = line
        if answer.status == "ok":
            self.functions[module] = set(answer.value)
        return first

    def _ask(self, request, limit):
        """Return the Answer to a request; files and lines in it are those that the user knows."""
        answer = self._process.ask({**request, "until": self.scripts}, limit)
        for place in (answer.error and answer.error["where"], answer.warning):
            if place:
                place[:2] = self.solution.located(*place[:2])
        return answer

    def wanted(self, module):
        """Return the names of the functions of a module that are checked."""
        steps = [*STEPS.values(), *(stage.step for stage in self.plan.stages)]
        return list(dict.fromkeys(step.function for step in steps if step.module == module))

    def call(self, stage, case, limit=None, **exchange):
        """Return Judged of a call; note which arguments it changed."""
        step, exchange = stage.step, Exchange(**exchange)
        request = {"module": step.module, "function": step.function, "arguments": list(case.arguments),
                   "names": list(step.arguments), "most": 5 * case.iterations + 100 if case.iterations else 0,
                   **exchange._asdict()}
        answer = self._ask(request, limit or self.plan.limit(stage))
        self.changed[step.name].update(answer.changed)
        self.answered[step.name] |= answer.status == "ok"
        return judge(Judged(stage, case, exchange, answer))

    def again(self, bad, **exchange):
        """Return Judged of the same call with more exchanged."""
        limit = self.plan.limit(bad.stage)
        limit = limit if bad.stage.netflix and not exchange.get("quick") else min(EXPERIMENT, limit)
        return self.call(bad.stage, bad.case, limit, **{**bad.exchange._asdict(), **exchange})

    def writes(self, name):
        """Return the arguments that a function changes by itself: also when the steps that it calls get copies."""
        changed = self.changed[name]
        one = next((one for one in self.answers[name] if not one.stage.large), None)
        if one is None or not any(self.changed[f"{one.stage.step.module}.{need}"] & changed
                                  for need in one.stage.step.needs):
            return changed
        return changed & set(self.again(one, copies=True).answer.changed)

    def wrong_steps(self, step):
        """Return the functions that a step calls and that are wrong by themselves, or did not finish."""
        wrong = {result.stage for result in self.results.values() if result.wrong or result.status == "timeout"}
        return tuple(need for need in step.needs if f"{step.module}.{need}" in wrong)

    def known(self, name):
        """Return Variants of a step, and a list of the sets of mistakes that give its answers.

        They give the answers to all small input. If only users with many ratings show a mistake, they give these
        answers and all others. The list is empty if nothing is wrong or if the catalogue does not have the mistake.
        """
        if name not in self._known:
            answers = [one for one in self.answers[name] if one.got and not one.stage.netflix]
            variants, found = Variants(next(stage.step for stage in self.plan.stages if stage.step.name == name)), []
            if not all(one.right for one in self.small(name)):
                found = variants.recognise(self.small(name))
            elif not all(one.right for one in answers):
                found = variants.recognise_alone(answers)
            self._known[name] = variants, found
        return self._known[name]

    def small(self, name):
        """Return the answers of a function to small input."""
        return [one for one in self.answers[name] if one.got and not one.stage.large and not one.stage.netflix]

    def right_on_ordinary(self, bad):
        """Return whether the other answers of a function to ordinary input are right, and there are some."""
        ordinary = [one for one in self.answers[bad.stage.step.name] if one.got and one.stage.core and one is not bad]
        return bool(ordinary) and all(one.right for one in ordinary)


def judge(one):
    """Return a Judged call with its answer compared with the right result."""
    if one.answer.status != "ok":
        return one
    stage, expected = one.stage, one.case.expected
    try:
        got, remarks = flatten(one.answer.value, stage.step.layout)
    except Misfit as misfit:
        verdict = Verdict(np.inf, tuple(expected), tuple(expected), f"{stage.step.function} {misfit}")
        return one._replace(verdict=verdict)
    got, verdict = compare(got, expected, stage.relative, stage.absolute)
    form = _handed_back(one, got, verdict.wrong) or verdict.form
    return one._replace(verdict=verdict._replace(remarks=remarks + verdict.remarks, form=form), got=got)


def _handed_back(one, got, wrong):
    """Return what is wrong if a part of the result is an argument of the call, and so has a wrong shape."""
    step, expected = one.stage.step, one.case.expected
    for name in wrong:
        for argument, value in zip(step.arguments, one.case.arguments, strict=False):
            if isinstance(value, np.ndarray) and value.shape != expected[name].shape \
                    and np.array_equal(got[name], value):
                return f"{argument} for {name}. {name} is the {argument} that {step.function} was given."
    return None
