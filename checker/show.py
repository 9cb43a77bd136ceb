"""One stage as Python to paste: its input, the right result and somebody's."""

import difflib
import re

import numpy as np

from checker.check import attempt
from checker.complaints import complaint
from checker.evidence import Evidence
from checker.formulas import Mixture
from checker.isolated import Isolated
from console import InputError, escaped

LARGEST = 1000  # numbers of an array that is printed


def find(name, plan):
    """Return the Stage of this name, which need not be written out to its end.

    Raises InputError if there is none, or its input is too large to be printed.
    """
    wanted = name.strip().lower()
    names = {stage.name.lower(): stage for stage in plan.stages}
    found = [stage for key, stage in names.items() if key.startswith(wanted)]
    if wanted not in names and len(found) != 1:
        near = found or [names[one] for one in difflib.get_close_matches(wanted, names, 3)] or plan.stages
        expected = ", ".join(repr(stage.name) for stage in near[:5])
        raise InputError(f"--show: no stage is called {name!r}; expected one like {expected}")
    stage = names.get(wanted) or found[0]
    if largest(stage) > LARGEST:
        smaller = [one.name for one in plan.stages if one.step.name == stage.step.name and largest(one) <= LARGEST]
        instead = f"; expected a smaller one: {', '.join(map(repr, smaller))}" if smaller else ""
        raise InputError(f"--show: the input of {stage.name!r} is too large to be printed{instead}")
    return stage


def largest(stage):
    """Return how many numbers the largest array of a stage has."""
    case = stage.cases[0]
    return max(np.size(part) for value in [*case.arguments, *case.expected.values()]
               for part in (value if isinstance(value, Mixture) else [value]))


def show(solution, plan, stage, run_in=Isolated):
    """Return the Python of a stage, and its exit status: 0 right, 1 wrong, 2 not finished.

    Raises InputError if the solution does not have the function.
    """
    step = stage.step
    with run_in(solution) as process:
        evidence = Evidence(solution, plan, process)
        answer = evidence.load(step.module)
        functions = evidence.functions[step.module]
        if functions is None and answer:
            raise InputError(f"--show: {complaint(answer, step.module, limit=answer.seconds)[0]}")
        if step.function not in (functions or ()):
            raise InputError(f"--show: there is no {step.name} in {solution.path}")
        for case in stage.cases:
            judged = attempt(stage, case, evidence)
            if not judged.right:
                break
    return text(judged, evidence), 0 if judged.right else 2 if judged.answer.status == "timeout" else 1


def text(judged, evidence):
    """Return a Judged call as Python."""
    step, case = judged.stage.step, judged.case
    if judged.verdict is None:
        limit = evidence.plan.limit(judged.stage)
        said = complaint(judged.answer, step.module, step.function, step.arguments, limit)[0]
    else:
        said = "right" if judged.right else judged.verdict.detail
    ours = f" (with our {' and '.join(judged.exchange.ours)})" if judged.exchange.ours else ""
    title = f"{judged.stage.name}{f', {case.label}' if case.label else ''}{ours}"
    got = [] if judged.got is None else ["", *_dict("got", {name: judged.got[name] for name in case.expected})]
    return "\n".join([
        f"# {title}", f"# {escaped(said)}", "import numpy as np", "from common import GaussianMixture",
        f"import {step.module}", "",
        *(f"{name} = {_python(value)}" for name, value in zip(step.arguments, case.arguments, strict=True)), "",
        *_dict("expected", case.expected), *got, "", f"print({step.name}({', '.join(step.arguments)}))"])


def _dict(name, parts):
    return [f"{name} = {{", *(f'    "{key}": {_python(value)},' for key, value in parts.items()), "}"]


def _python(value):
    """Return a number, an array or a Mixture as Python that gives exactly the same."""
    if isinstance(value, Mixture):
        parts = ",\n    ".join(f"{name}={_python(part)}" for name, part in value._asdict().items())
        return f"GaussianMixture(\n    {parts})"
    value = np.asarray(value, dtype=float)
    numbers = re.sub("nan|inf", r"np.\g<0>", repr(value.tolist())).replace("], [", "],\n    [")
    return f"np.array({numbers})" if value.ndim else numbers
