"""One check: every stage is run in the solution's own process, compared, and what is wrong is diagnosed."""

from typing import NamedTuple, Optional

from checker import complaints, diagnosis
from checker.compare import Misfit, Verdict, compare, flatten
from checker.isolated import Isolated
from checker.stages import STEPS

SMALL = 20.0  # seconds that a stage on small input may take
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
    own_seconds: float = 0.0  # of our own run on the Netflix matrix
    timeout: float = 120.0  # of a stage on the Netflix matrix


def check(solution, plan, progress=None):
    """Return the list of Results for a Solution. `progress` is called with each stage's name before it is run."""
    with Isolated(solution) as process:
        checking = _Check(solution, plan, process)
        for module in MODULES:
            checking.load(module)
        for stage in plan.stages:
            if progress:
                progress(stage.name)
            checking.run(stage)
    return checking.finish()


def passed(results):
    """Return whether nothing is wrong. What is missing or was skipped is not wrong by itself."""
    return not any(result.wrong for result in results)


class _Check:
    """The state of one check."""

    def __init__(self, solution, plan, process):
        self.solution, self.plan, self.process = solution, plan, process
        self.functions = {}  # module -> names that it defines; None where it cannot be loaded
        self.results = {}  # name -> Result, in the order of the report
        self.seen = {name: [] for name in STEPS}
        self.failed = {}  # name -> (stage, wrong parts)
        self.lost = set()  # steps that timed out, or ended the process
        self.changed = {}  # step -> names of arguments changed in place

    def load(self, module):
        """Import a module, and note which functions it has."""
        if not self.solution.has(module):
            if module != "common":
                self.results[module] = Result(f"{module}: import", "missing", f"no {module}.py in the folder")
            self.functions[module] = set() if module == "common" else None
            return
        wanted = [step for step in STEPS.values() if step.module == module]
        limit = min(SMALL, self.plan.timeout)
        answer = self.process.ask({"module": module, "names": [step.function for step in wanted]}, limit)
        name = f"{module}: import"
        if answer.status == "ok":
            self.functions[module] = set(answer.value)
            self.results[name] = Result(name, "pass", f"defines {', '.join(answer.value) or 'none of the functions'}",
                                        seconds=answer.seconds)
        else:
            self.functions[module] = None
            self.results[name] = _complaint(name, answer, module, None, limit)

    def run(self, stage):
        """Run one stage and note its Result, as far as it can be known before the others have run."""
        step = stage.step
        reason = self.obstacle(stage)
        if reason:
            self.results[stage.name] = Result(stage.name, *reason)
            return
        limit = self.plan.timeout if stage.netflix else min(SMALL, self.plan.timeout)
        verdicts, seconds, helped = [], 0.0, False
        for case in stage.cases:
            answer, verdict, got, with_ours = self.attempt(stage, case, limit)
            seconds += answer.seconds
            helped = helped or with_ours
            if answer.status != "ok":
                if answer.status != "error":
                    self.lost.add(step.name)
                self.results[stage.name] = _complaint(stage.name, answer, step.module, step.function, limit, seconds)
                return
            if got is not None:
                self.seen[step.name].append(diagnosis.Seen(stage, case, got))
            verdicts.append((case, verdict, answer))
        self.conclude(stage, verdicts, seconds, helped)

    def obstacle(self, stage):
        """Return (status, detail) where a stage cannot be run, else None."""
        step, functions = stage.step, self.functions[stage.step.module]
        if functions is None:
            absent = not self.solution.has(step.module)
            return ("missing", f"no {step.module}.py in the folder") if absent else ("skipped", f"{step.module}.py cannot be imported")
        if step.function not in functions:
            if step.module == "em":
                return "error", f"em.py has no function {step.function}"
            file = "no common.py in the folder" if step.module == "common" and not self.solution.has("common") else None
            return "missing", file or f"{step.module}.py has no function {step.function}"
        lost = [name for name in (step.name, *(f"{step.module}.{need}" for need in step.needs if stage.end_to_end))
                if name in self.lost]
        return ("skipped", f"{lost[0]} gave no answer above") if lost else None

    def attempt(self, stage, case, limit):
        """Call the function, and where it fails once more with ours in place of the steps that it calls.

        Returns:
            Answer, Verdict and {part: array} (both None where there are none), and whether ours stood in.
        """
        step = stage.step
        isolate = step.needs and not stage.end_to_end
        dead = any(f"{step.module}.{need}" in self.lost for need in step.needs)
        first = None if isolate and dead else self.call(stage, case, limit, ())
        if first and (first[0].status in ("timeout", "died") or first[1] and not first[1].wrong) or not isolate:
            return (*first, False)
        second = self.call(stage, case, limit, step.needs if step.module == "em" else ())
        if second[0].status != "ok" and first:
            return (*first, False)
        return (*second, second[1] is not None and not second[1].wrong)

    def call(self, stage, case, limit, ours):
        """Return the Answer, the Verdict on it, and its parts."""
        step = stage.step
        answer = self.process.ask({"module": step.module, "function": step.function, "arguments": list(case.arguments),
                                   "names": list(step.arguments), "ours": list(ours)}, limit)
        if answer.status != "ok":
            return answer, None, None
        if answer.changed:
            self.changed.setdefault(step.name, set()).update(answer.changed)
        try:
            got = flatten(answer.value, step.layout)
        except Misfit as misfit:
            return answer, Verdict(float("inf"), tuple(case.expected), f"{step.function} {misfit}"), None
        return answer, compare(got, case.expected, stage.relative, stage.absolute), got

    def conclude(self, stage, verdicts, seconds, helped):
        """Note the Result of a stage that answered."""
        wrong = [(case, verdict, answer) for case, verdict, answer in verdicts if verdict.wrong]
        if not wrong:
            detail = f"largest difference {max(verdict.largest for _, verdict, _ in verdicts):.1e}"
            if helped:
                detail += f", with our {' and '.join(stage.step.needs)}"
            if stage.netflix:
                detail += f"; {seconds:.1f} s"
                if stage.step.function == "run":
                    detail += f", ours {self.plan.own_seconds:.1f} s"
            self.results[stage.name] = Result(stage.name, "pass", detail, None, seconds)
            return
        case, verdict, answer = wrong[0]
        detail = f"{case.label}: {verdict.detail}" if case.label else verdict.detail
        if answer.warning:
            file, line, message = answer.warning
            detail += f"; NumPy warned of {message} in {file}, line {line}"
        self.results[stage.name] = Result(stage.name, "fail", detail, verdict.diagnosis, seconds)
        self.failed[stage.name] = stage, verdict.wrong

    def finish(self):
        """Diagnose what failed, now that all the answers of each function are known, and return the Results."""
        for name, (stage, wrong) in self.failed.items():
            result = self.results[name]
            if result.diagnosis is None:
                self.results[name] = result._replace(diagnosis=self.diagnose(stage, wrong))
        return list(self.results.values())

    def diagnose(self, stage, wrong):
        seen = self.seen[stage.step.name]
        own = [one for one in seen if one.stage is stage]
        if not own:
            return None
        if stage.step.function == "run":
            bad = next(one for one in own if not diagnosis.right(one))
            return diagnosis.diagnose_run(stage, bad, {need: self.state_of(f"{stage.step.module}.{need}")
                                                       for need in stage.step.needs})
        return diagnosis.diagnose(stage, own, [one for one in seen if one.stage is not stage], wrong)

    def state_of(self, name):
        """Return None where a step is right on ordinary input, its mistake where that is known, else "wrong"."""
        failed = [stage for stage, _ in self.failed.values() if stage.step.name == name]
        if not failed:
            return "wrong" if any(r.wrong for key, r in self.results.items() if key.startswith(f"{name}:")) else None
        seen = self.seen[name]
        own = [one for one in seen if one.stage is failed[0]]
        evidence = own + [one for one in seen if one.stage.core and one.stage is not failed[0]]
        return own and diagnosis.whole_mistake(STEPS[name], own, evidence) or "wrong"


def _complaint(name, answer, module, function, limit, seconds=None):
    """Return the Result of a call that did not answer."""
    seconds = answer.seconds if seconds is None else seconds
    if answer.status == "error":
        return Result(name, "error", *complaints.complaint(answer.error, module, function), seconds)
    status = "timeout" if answer.status == "timeout" else "error"
    return Result(name, status, *complaints.no_answer(answer, module, function, limit), seconds)
