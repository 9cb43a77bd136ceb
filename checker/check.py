"""One check: every stage is run in the solution's own process, compared, and what is wrong is diagnosed."""

from collections import defaultdict
from typing import NamedTuple, Optional

import numpy as np

from checker import complaints, diagnosis, mistakes
from checker.compare import Misfit, Verdict, compare, flatten, leaves
from checker.isolated import Answer, Isolated
from checker.stages import STEPS

SMALL = 20.0  # seconds that a stage on small input may take
HOPELESS = 3.0  # seconds for a run over steps that are wrong
SINGLE = 1e-4  # relative tolerance of results in single precision
MODULES = ("em", "common", "kmeans", "naive_em")


class Result(NamedTuple):
    """One line of the report."""

    name: str
    status: str  # pass, fail, missing, error, timeout, skipped
    detail: str = ""
    diagnosis: Optional[str] = None
    seconds: float = 0.0

    @property
    def wrong(self):
        return self.status in ("fail", "error", "timeout")


class Plan(NamedTuple):
    """What is checked: the same for every solution."""

    stages: list
    netflix: object = None  # stages.Netflix, where it is among the stages
    timeout: float = 120.0  # seconds for a stage on the Netflix matrix

    def limit(self, stage=None):
        """Return the seconds that a stage, or an import, may take."""
        return self.timeout if stage and stage.netflix else min(SMALL, self.timeout)


class Outcome(NamedTuple):
    """What came of one call of a stage."""

    stage: object
    case: object
    answer: Answer
    verdict: Optional[Verdict]  # None where there was no result
    got: Optional[dict]  # part -> array; None where the result has another form
    ours: tuple = ()  # the steps that ours stood in for

    @property
    def right(self):
        return self.verdict is not None and not self.verdict.wrong

    @property
    def lost(self):
        return self.answer.status in ("timeout", "died", "garbled")

    @property
    def unwritten(self):
        return self.answer.status == "error" and "NotImplementedError" in self.answer.error["kinds"]


def check(solution, plan, progress=None, run_in=Isolated):
    """Return the list of Results for a Solution.

    Args:
        solution: Solution.
        plan: Plan.
        progress: called with each stage's name before it is run, where given.
        run_in: context manager of a solution whose `ask` answers as Isolated's does.
    """
    with run_in(solution) as process:
        checking = _Check(solution, plan, process)
        for module in MODULES:
            checking.load(module)
        for stage in plan.stages:
            if progress:
                progress(stage.name)
            checking.run(stage)
        if progress:
            progress("diagnosis")
        return checking.finish()


def passed(results):
    """Return whether nothing is wrong. What is missing or was skipped is not wrong by itself."""
    return not any(result.wrong for result in results)


class _Check:
    """The state of one check: what was answered so far."""

    def __init__(self, solution, plan, process):
        self.solution, self.plan, self.process = solution, plan, process
        self.functions = {}  # module -> names that it defines; None where it cannot be loaded
        self.results = {}  # name -> Result, in the order of the report
        self.failed = {}  # name -> Outcome, the first wrong one of a stage
        self.seen = defaultdict(list)  # step -> what it answered
        self.lost = set()  # steps that are missing or unwritten, timed out, or ended the process
        self.changed = defaultdict(set)  # step -> arguments that it changed in place

    # Asking

    def load(self, module):
        """Import a module, and note which functions it has."""
        name = f"{module}: import"
        if not self.solution.has(module):
            self.functions[module] = None
            self.results[name] = Result(name, "missing", self.absent(module))
            return
        wanted = [step.function for step in {**STEPS, **{stage.step.name: stage.step for stage in self.plan.stages}}.values()
                  if step.module == module]
        answer = self.process.ask({"module": module, "names": wanted}, self.plan.limit())
        self.functions[module] = set(answer.value) if answer.status == "ok" else None
        if answer.status == "ok":
            detail = f"defines {', '.join(answer.value) or 'none of ' + ', '.join(wanted)}"
            self.results[name] = Result(name, "pass", detail, None, answer.seconds)
        else:
            self.results[name] = _complaint(name, answer, module, None, self.plan.limit(), answer.seconds)

    def absent(self, module):
        return f"no {module}.py in the folder" + ("; ours serves" if module == "common" else "")

    def run(self, stage):
        """Run one stage and note its Result, as far as it can be known before the others have run."""
        obstacle = self.obstacle(stage)
        if obstacle:
            self.results[stage.name] = Result(stage.name, *obstacle)
            return
        outcomes = []
        for case in stage.cases:
            outcomes.append(self.attempt(stage, case))
            if outcomes[-1].verdict is None:
                break
        if outcomes[-1].lost or outcomes[-1].unwritten:
            self.lost.add(stage.step.name)
        self.conclude(stage, outcomes)

    def obstacle(self, stage):
        """Return (status, detail) where a stage cannot be run, else None."""
        step = stage.step
        if not self.solution.has(step.module):
            return "missing", self.absent(step.module)
        functions = self.functions[step.module]
        if functions is None:
            return "skipped", f"{step.module}.py cannot be imported"
        if step.function not in functions and step.name not in self.lost:
            if step.module != "em":
                return "missing", f"{step.module}.py has no function {step.function}"
            self.lost.add(step.name)
            return "error", f"{step.module}.py has no function {step.function}"
        called = [step.name] + ([f"{step.module}.{need}" for need in step.needs] if stage.end_to_end else [])
        lost = next((name for name in called if name in self.lost), None)
        if lost:
            return "skipped", f"{lost} gave no answer above"
        endless = stage.netflix and next((name for name in called[1:] if not self.finite_on_netflix(name)), None)
        return ("skipped", f"{endless} gives NaN or infinity on this matrix: see above") if endless else None

    def finite_on_netflix(self, name):
        """Return whether the step's answers on the Netflix matrix, as far as there are any, are finite."""
        return all(np.isfinite(value).all() for one in self.seen[name] if one.stage.netflix for value in one.got.values())

    def attempt(self, stage, case):
        """Return the Outcome of a call; with our steps in place of those that it calls, where these or it are wrong."""
        step = stage.step
        if not step.needs or stage.end_to_end or step.module != "em":
            return self.call(stage, case)
        if any(self.suspect(f"{step.module}.{need}") for need in step.needs):
            isolated = self.call(stage, case, step.needs)
            # Ours cannot stand in where theirs hand each other something of their own in place of X.
            return isolated if isolated.verdict or isolated.lost else self.call(stage, case)
        theirs = self.call(stage, case)
        if theirs.right or theirs.lost:
            return theirs
        isolated = self.call(stage, case, step.needs)
        return isolated if isolated.verdict else theirs

    def call(self, stage, case, ours=(), fresh=False, limit=None):
        """Return the Outcome of one call, of modules that are imported anew where it is to be a fresh one."""
        step = stage.step
        request = {"module": step.module, "function": step.function, "arguments": list(case.arguments),
                   "names": list(step.arguments), "ours": list(ours), "fresh": fresh}
        answer = self.process.ask(request, limit or self.limit(stage))
        self.changed[step.name].update(answer.changed)
        if answer.status != "ok":
            return Outcome(stage, case, answer, None, None, ours)
        try:
            got = flatten(answer.value, step.layout)
        except Misfit as misfit:
            verdict = Verdict(float("inf"), tuple(case.expected), f"{step.function} {misfit}")
            return Outcome(stage, case, answer, verdict, None, ours)
        return Outcome(stage, case, answer, compare(got, case.expected, stage.relative, stage.absolute), got, ours)

    # Concluding

    def conclude(self, stage, outcomes):
        """Note the Result of a stage from its Outcomes."""
        seconds = sum(outcome.answer.seconds for outcome in outcomes)
        bad = next((outcome for outcome in outcomes if not outcome.right), None)
        if bad is None:
            self.results[stage.name] = Result(stage.name, "pass", self.praise(stage, outcomes, seconds), None, seconds)
        elif self.remembers(bad):
            self.results[stage.name] = Result(stage.name, "fail", "wrong here, but right as the first call after the import",
                                              "something is remembered between calls. Look for global variables, and for"
                                              " values kept on the module or in default arguments.", seconds)
            return
        elif bad.verdict is None:
            self.results[stage.name] = self.explain(bad, seconds)
        else:
            detail = f"{bad.case.label}: {bad.verdict.detail}" if bad.case.label else bad.verdict.detail
            if bad.answer.warning:
                file, line, message = bad.answer.warning
                detail += f"; NumPy warned of {message} ({file}, line {line})"
            why = bad.verdict.diagnosis or _single_precision(bad)
            self.results[stage.name] = Result(stage.name, "fail", detail, why, seconds)
            self.failed[stage.name] = bad
        self.seen[stage.step.name] += [diagnosis.Seen(stage, outcome.case, outcome.got) for outcome in outcomes if outcome.got]

    def praise(self, stage, outcomes, seconds):
        """Return the detail of a stage that is right."""
        detail = f"largest difference {max(outcome.verdict.largest for outcome in outcomes):.1e}"
        if any(outcome.ours for outcome in outcomes):
            detail += f", with our {' and '.join(stage.step.needs)}"
        if not stage.netflix:
            return detail
        beside = f", ours {self.plan.netflix.seconds:.1f} s" if stage.step.function == "run" else ""
        return f"{detail}; {seconds:.1f} s{beside}"

    def remembers(self, bad):
        """Return whether the same call is right when the modules are imported anew."""
        calls_wrong_steps = not bad.ours and any(self.suspect(f"{bad.stage.step.module}.{need}") for need in bad.stage.step.needs)
        if bad.lost or bad.answer.seconds > 2 or calls_wrong_steps:
            return False
        return self.call(bad.stage, bad.case, bad.ours, fresh=True).right

    def explain(self, bad, seconds):
        """Return the Result of a call that did not answer."""
        step, stage = bad.stage.step, bad.stage
        result = _complaint(stage.name, bad.answer, step.module, step, self.limit(stage), seconds)
        if bad.answer.status != "timeout" or step.function != "run":
            return result
        guilty = [need for need in step.needs if self.suspect(f"{step.module}.{need}")]
        if guilty:
            return result._replace(diagnosis=f"{' and '.join(guilty)}, which run calls, is wrong: mend that first.")
        why = self.overwriting(bad) or (self.too_slow() if stage.netflix else self.endless(bad))
        return result._replace(diagnosis=why)

    def endless(self, bad):
        """Return why a run over right steps did not end: is it the loop, or are the steps slow?"""
        step, stage = bad.stage.step, bad.stage
        rule = mistakes.COST_RULE
        if step.module != "kmeans":
            rule = f"{mistakes.RULE} Is abs left out, though log-likelihoods are negative?"
        if step.module != "em":  # ours stand in for em's steps only
            return f"estep and mstep are right by themselves. Does the loop end? {rule}"
        limit = min(HOPELESS, self.limit(stage))
        isolated = self.call(stage, bad.case, step.needs, limit=limit)
        if isolated.answer.status == "timeout":
            return f"it is the loop that does not end: with our estep and mstep it takes more than {limit:g} s too. {rule}"
        if not isolated.right:
            return None
        slowest = [max(result.seconds for name, result in self.results.items() if name.startswith(f"{step.module}.{need}: "))
                   for need in step.needs]
        took = " and ".join(f"{need} took up to {seconds:.2g} s" for need, seconds in zip(step.needs, slowest))
        return f"the loop is right: with our estep and mstep it ends, and rightly. Of theirs, {took} on small input."

    def overwriting(self, bad):
        """Return which of the steps that a wrong function called overwrite their arguments; None where none does."""
        step = bad.stage.step
        said = [f"{need} overwrites {' and '.join(sorted(self.changed[f'{step.module}.{need}']))}"
                for need in step.needs if self.changed[f"{step.module}.{need}"]]
        if not said or bad.ours:
            return None
        return f"{', '.join(said)} (see {step.module}: arguments unchanged). {step.function} goes on with what is left."

    def suspect(self, name):
        """Return whether a stage of the step was wrong."""
        return any(result.wrong for key, result in self.results.items() if key.startswith(f"{name}: "))

    def limit(self, stage):
        """Return the seconds that a stage may take: a few, where wrong steps may have made its loop endless."""
        hopeless = not stage.netflix and any(self.suspect(f"{stage.step.module}.{need}") for need in stage.step.needs)
        return min(HOPELESS, self.plan.limit(stage)) if hopeless else self.plan.limit(stage)

    def too_slow(self):
        """Return why a run on the Netflix matrix may have taken too long."""
        steps = [self.results.get(f"em.{name}: Netflix") for name in ("estep", "mstep")]
        if not all(step and step.status in ("pass", "fail") for step in steps):
            return None
        one = sum(step.seconds for step in steps)
        whole = one * self.plan.netflix.iterations
        if whole < self.plan.timeout / 2:
            return (f"One E-step and one M-step take {one:.1f} s, and {self.plan.netflix.iterations} iterations are needed: is"
                    " it the stopping rule?")
        return (f"One E-step and one M-step take {one:.1f} s, and {self.plan.netflix.iterations} iterations are needed, about"
                f" {whole:.0f} s. Use NumPy on whole arrays in place of loops over ratings, or give a longer --timeout.")

    def finish(self):
        """Diagnose what failed, now that all the answers of each function are known, and return the Results."""
        for name, bad in self.failed.items():
            result = self.results[name]
            if result.diagnosis is None and bad.got:
                self.results[name] = result._replace(diagnosis=self.diagnose(bad))
        results = list(self.results.values())
        for module in ("em", "kmeans", "naive_em"):
            small = [stage for stage in self.plan.stages if stage.step.module == module and not stage.netflix]
            if self.functions[module] and small:
                changed = {step.function: sorted(self.changed[step.name]) for step in STEPS.values()
                           if step.module == module and self.changed[step.name]}
                # A cause stands above its consequences, which are in the functions that call others.
                above = next((stage for stage in small if changed and stage.step.needs), None)
                at = results.index(self.results[(above or small[-1]).name]) + (above is None)
                results.insert(at, _unchanged(f"{module}: arguments unchanged", changed))
        return results

    def diagnose(self, bad):
        """Return what is likely wrong where a stage failed."""
        step, seen = bad.stage.step, self.seen[bad.stage.step.name]
        others = [one for one in seen if one.stage is not bad.stage]
        if overwriting := self.overwriting(bad):
            return overwriting
        if step.function == "run":
            states = {need: self.state_of(f"{step.module}.{need}") for need in step.needs}
            here = next(one for one in seen if one.stage is bad.stage and one.case is bad.case)
            most = 2 * self.plan.netflix.iterations + 20 if bad.stage.netflix else 1000
            return diagnosis.diagnose_run(here, [one for one in others if not one.stage.netflix], states, most)
        return diagnosis.diagnose(bad.stage, [one for one in seen if one.stage is bad.stage], others, bad.verdict.wrong)

    def state_of(self, name):
        """Return None where a step is right throughout, its mistake where that is known, else "wrong"."""
        if not self.suspect(name):
            return None
        first = next((bad.stage for bad in self.failed.values() if bad.stage.step.name == name), None)
        own = [one for one in self.seen[name] if one.stage is first]
        others = [one for one in self.seen[name] if one.stage is not first and one.stage.core]
        found = diagnosis.recognise(STEPS[name], own, others) if own else []
        return found[0] if len(found) == 1 else "wrong"


def _complaint(name, answer, module, step, limit, seconds):
    """Return the Result of a call of a step, or of an import where step is None, that did not answer."""
    function, arguments = (step.function, step.arguments) if step else (None, ())
    if answer.status == "error":
        return Result(name, "error", *complaints.complaint(answer.error, module, function, arguments), seconds)
    status = "timeout" if answer.status == "timeout" else "error"
    return Result(name, status, *complaints.no_answer(answer, module, function, limit), seconds)


def _unchanged(name, changed):
    """Return the Result of looking at the arguments after all calls; `changed` is {function: arguments}."""
    if not changed:
        return Result(name, "pass", "X, post and mixture stay as they are")
    function, parts = next(iter(changed.items()))
    detail = "; ".join(f"{function} changes {', '.join(parts)}" for function, parts in changed.items())
    return Result(name, "fail", detail, f"{function} writes into {parts[0]}. An assignment such as new = {parts[0]} makes"
                                        f" no copy: write {parts[0]}.copy().")


def _single_precision(bad):
    """Say it where an answer is nearly right, and its arrays cannot hold it better."""
    if bad.got and any(array.dtype == np.float32 for array in leaves(bad.answer.value)) \
            and not compare(bad.got, bad.case.expected, SINGLE).wrong:
        return f"single precision: {bad.stage.step.function} returns float32. Work in float64."
    return None
