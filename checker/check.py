"""A check: run every stage in the solution's own process, judge it, and explain what is wrong."""

import re

import numpy as np

from checker.evidence import Evidence
from checker.explain import explain, seconds_needed
from checker.isolated import Isolated
from checker.judge import Result, conclude, imported, unchanged
from checker.solution import MODULES, open_solution
from checker.stages import Case
from console import InputError
from console.cores import side_by_side

SAMPLE = 40  # users of the Netflix matrix on which slow code is seen to be too slow


def check_all(paths, plan, jobs=1, progress=lambda path, stage, said: None, tell=lambda result: None):
    """Yield (path, results, error) for each path, in their order; if it cannot be checked, results are None.

    `plan` is called with a Solution and returns its Plan; `jobs` solutions are checked at the same time, with the same
    results, because limits are CPU seconds. `progress` is called as in `check`, after the path, and `tell` as there.
    """
    processes, over = [], False

    def run_in(solution):
        processes.append(Isolated(solution))
        if over:
            processes[-1].abandon()
        return processes[-1]

    def checked(path):
        try:
            solution = open_solution(path)
            return path, check(solution, plan(solution), lambda *stage: progress(path, *stage), run_in, tell), None
        except InputError as error:
            return path, None, str(error)

    try:
        yield from side_by_side(checked, paths, jobs)
    finally:  # all are done, or Ctrl-C was pressed
        over = True
        for process in processes:
            process.abandon()


def check(solution, plan, progress=lambda name, said="": None, run_in=Isolated, tell=lambda result: None):
    """Return the list of Results for a Solution and a Plan.

    `progress` is called with each stage's name before it is run, and with how long it may take, if that is long; `tell`
    with each Result as soon as it is final. `run_in` is a context manager whose `ask` answers as Isolated's does.
    """
    with run_in(solution) as process:
        evidence = Evidence(solution, plan, process)
        for module in MODULES:
            result = imported(module, evidence.load(module), evidence)
            tell(keep(result, evidence))
        lost = set()  # steps that are not called again: they are missing, not written, or gave no answer
        for number, stage in enumerate(plan.stages):
            progress(stage.name, beforehand(stage, evidence))
            evidence.results[stage.name] = obstacle(stage, evidence, lost) or look_at(stage, evidence, lost)
            alike = [i for i, one in enumerate(plan.stages)
                     if (one.step.name, one.netflix) == (stage.step.name, stage.netflix)]
            if number == alike[-1]:  # each of them is evidence for the causes of the others
                for i in alike:
                    tell(keep(explained(plan.stages[i].name, evidence), evidence))
        results = list(evidence.results.values())
        for module in [module for module in ("em", "kmeans", "naive_em") if evidence.functions[module]]:
            if result := unchanged(module, evidence):
                tell(result)
                last = max(i for i, one in enumerate(results) if one.stage.startswith(f"{module}.")
                           and "Netflix" not in one.name)
                results.insert(last + 1, result)
    return results


def beforehand(stage, evidence):
    """Return how long a stage on the Netflix matrix, or all of them, may take; nothing where it is said or short."""
    plan = evidence.plan
    if not stage.netflix or not evidence.functions[stage.step.module]:
        return ""
    if stage is plan.netflix.stages[0]:
        return f"and {len(plan.netflix.stages) - 1} more stages on the Netflix matrix: up to {plan.timeout:g} s each"
    needed = seconds_needed(evidence) if stage.step.function == "run" else None
    return f"about {needed.seconds:.0f} s" if needed and needed.seconds > 5 else ""


def keep(result, evidence):
    """Note a final Result, and which of their lines it is about; return it."""
    if not result.right and not result.where and evidence.solution.has(result.module):
        guilty = re.match(r"(\w+) overwrites", result.diagnosis or "")
        function = guilty[1] if guilty else result.stage.partition(".")[2]
        result = result._replace(where=evidence.solution.where(result.module, function))
    evidence.results[result.name] = result
    return result


def passed(results):
    """Return whether nothing is wrong and everything was checked. A missing function is not wrong."""
    return all(result.right for result in results)


def status(results):
    """Return the exit status: 0 all right, 1 something is wrong, 2 something could not be checked."""
    return 1 if any(result.wrong for result in results) else 0 if passed(results) else 2


def obstacle(stage, evidence, lost):
    """Return the Result of a stage that cannot be run, else None."""
    step, functions = stage.step, evidence.functions[stage.step.module]
    if functions is None:
        absent = evidence.results[f"{step.module}: import"]
        if absent.status == "missing":
            return Result(stage.name, "missing", absent.detail)
        return Result(stage.name, "skipped", f"{step.module}.py cannot be imported")
    if step.function not in functions and step.name not in lost:
        if step.module == "em":
            lost.add(step.name)
        return Result(stage.name, "error" if step.module == "em" else "missing",
                      f"{step.module}.py has no function {step.function}")
    needs = [f"{step.module}.{need}" for need in step.needs] if stage.end_to_end else []
    if gone := next((name for name in [step.name, *needs] if name in lost), None):
        return Result(stage.name, "skipped", f"{gone} gave no answer: see above")
    return on_netflix(stage, needs, evidence) if stage.netflix and stage.end_to_end else None


def on_netflix(stage, needs, evidence):
    """Return the Result of a run on the Netflix matrix that cannot end well, because of its steps there; else None."""
    for name in needs:
        result = evidence.results.get(f"{name}: Netflix")
        if result and result.status in ("timeout", "error"):
            return Result(stage.name, "skipped", f"{name} gave no answer on this matrix: see above")
        if not all(np.isfinite(value).all() for one in evidence.answers[name] if one.stage.netflix
                   for value in one.got.values()):
            return Result(stage.name, "skipped", f"{name} gives NaN or infinity on this matrix: see above")
    needed = seconds_needed(evidence)
    if needed and needed.seconds > 2 * evidence.plan.timeout:
        return Result(stage.name, "timeout", f"{needed.detail}; not started", needed.text)
    return None


def look_at(stage, evidence, lost):
    """Run one stage; return its Result, without a cause for now."""
    if stage.netflix and (sample := first_users(stage)):
        limit = 2 * evidence.plan.timeout * SAMPLE / len(stage.cases[0].arguments[0])
        few = attempt(stage, sample, evidence, limit)
        if few.answer.status == "timeout":
            evidence.bad[stage.name] = few
            return Result(stage.name, "timeout", f"not finished: the first {SAMPLE} users alone take more than"
                          f" {limit:.0f} s; not started", None, limit)
    judged = []
    for case in stage.cases:
        judged.append(attempt(stage, case, evidence))
        if not judged[-1].got:
            break
    last = next((one for one in judged if not one.right), judged[-1])
    if last.unwritten or (last.lost and not (stage.large and last.answer.status == "timeout")):
        lost.add(stage.step.name)
    evidence.answers[stage.step.name] += [one for one in judged if one.got]
    if not last.right:
        evidence.bad[stage.name] = last
    return conclude(stage, judged, last, evidence)


def first_users(stage):
    """Return the Case of a step on the first users of the Netflix matrix; None of a run, or where there are few."""
    (X, *_), step = stage.cases[0].arguments, stage.step
    if step.right is None or step.module != "em" or len(X) < 10 * SAMPLE:
        return None
    arguments = tuple(value[:SAMPLE] if isinstance(value, np.ndarray) else value for value in stage.cases[0].arguments)
    return Case(arguments, step.expect(arguments))


def attempt(stage, case, evidence, limit=None):
    """Return Judged of a call. If it, or a step that it calls, is wrong, our steps take the place of theirs."""
    step = stage.step
    if not step.needs or stage.end_to_end:
        return evidence.call(stage, case, limit)
    first = None if evidence.wrong_steps(step) else evidence.call(stage, case, limit)
    if first and (first.right or first.lost):
        return first
    with_ours = evidence.call(stage, case, limit, ours=step.needs)
    # Ours cannot take their place if theirs pass each other something else than X.
    if with_ours.answer.calls and (with_ours.verdict or with_ours.endless or with_ours.lost):
        return with_ours
    return first or evidence.call(stage, case, limit)


def explained(name, evidence):
    """Return the Result of a stage with its cause, if it has none yet and one is confirmed."""
    result, bad = evidence.results[name], evidence.bad.get(name)
    found = explain(evidence, bad) if bad and not result.diagnosis else None
    if found is None:
        return result
    return result._replace(diagnosis=found.text, status=found.status or result.status,
                           detail=found.detail or result.detail, kind="")
