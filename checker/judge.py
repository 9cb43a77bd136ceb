"""What is wrong: each answer judged, and each stage given its status."""

from typing import NamedTuple

import numpy as np

from checker import complaints
from checker.compare import EXACT, Misfit, Verdict, agree, compare, flatten
from checker.run import Reply


class Result(NamedTuple):
    """One line of the report."""

    name: str
    status: str  # pass, warn, fail, error, timeout, missing, skipped
    detail: str = ""
    diagnosis: str | None = None
    seconds: float = 0.0  # of CPU
    note: str = ""  # what is worth a word even where all is right

    @property
    def wrong(self):
        return self.status in ("fail", "error")

    @property
    def right(self):
        return self.status in ("pass", "warn", "missing")

    @property
    def stage(self):
        """The function, or the import, that it is about."""
        return self.name.partition(": ")[0]


class Judged(NamedTuple):
    """A Reply, and what was found in it."""

    reply: Reply
    verdict: Verdict | None = None  # None where there was no result
    got: dict | None = None  # part -> array, its form put right where that can be; None where the result is none

    stage = property(lambda self: self.reply.stage)
    case = property(lambda self: self.reply.case)
    answer = property(lambda self: self.reply.answer)

    @property
    def right(self):
        return self.verdict is not None and not self.verdict.wrong

    def agrees(self, name, value, nan=False):
        """Return whether a part of the answer is `value`, as exactly as the stage compares it; `nan` as of agree."""
        if name in self.case.expected:
            return agree(self.got[name], value, self.stage.relative, self.stage.absolute, nan)
        return agree(self.got[name], value, EXACT, nan=nan)


def judge(reply):
    """Return Judged of a Reply."""
    stage, expected = reply.stage, reply.case.expected
    if reply.answer.status != "ok":
        return Judged(reply)
    try:
        got, remarks = flatten(reply.answer.value, stage.step.layout)
    except Misfit as misfit:
        return Judged(reply, Verdict(np.inf, tuple(expected), tuple(expected), f"{stage.step.function} {misfit}"))
    got, verdict = compare(got, expected, stage.relative, stage.absolute)
    form = _handed_back(reply, got, verdict.wrong) or verdict.form
    return Judged(reply, verdict._replace(remarks=remarks + verdict.remarks, form=form), got)


def _handed_back(reply, got, wrong):
    """Return what is wrong where a part is the very argument, of another shape than the part's, that was given."""
    step, expected = reply.stage.step, reply.case.expected
    for name in wrong:
        for argument, value in zip(step.arguments, reply.case.arguments, strict=False):
            if isinstance(value, np.ndarray) and value.shape != expected[name].shape \
                    and np.array_equal(got[name], value):
                return f"{argument} for {name}. {name} is the {argument} that {step.function} was given."
    return None


def conclude(stage, judged, plan):
    """Return the Result of a stage from what was Judged of its cases, of which only the last may be wrong."""
    seconds, last = sum(one.answer.seconds for one in judged), judged[-1]
    if last.right:
        remarks = tuple(dict.fromkeys(remark for one in judged for remark in one.verdict.remarks))
        largest = f"largest difference {max(one.verdict.largest for one in judged):.1e}"
        used = f", with our {' and '.join(last.reply.exchange.ours)}" if last.reply.exchange.ours else ""
        if remarks:
            return Result(stage.name, "warn", f"every number is right; {remarks[0].partition('. ')[0]}",
                          " ".join(remarks), seconds)
        if not stage.netflix:
            return Result(stage.name, "pass", largest + used, None, seconds)
        beside = f" ({plan.netflix.seconds:.1f} s with ours)" if stage.step.function == "run" else ""
        took = f"{seconds:.1f} s{beside}"
        return Result(stage.name, "pass", f"{largest}{used}; {took}", None, seconds,
                      f"{stage.title} in {took}" if beside else "")
    if last.reply.endless:
        return Result(stage.name, "fail",
                      f"{stage.step.name} goes on after {last.answer.error['message']} iterations; the right rule"
                      f" stops after {last.case.iterations}", None, seconds)
    if last.verdict is None:
        return complaint(stage.name, last.answer, stage.step.module, stage.step, plan.limit(stage), seconds)
    detail = f"{last.case.label}: {last.verdict.detail}" if last.case.label else last.verdict.detail
    if last.answer.warning and last.got and not all(np.isfinite(last.got[name]).all() for name in last.verdict.wrong):
        file, line, message = last.answer.warning
        detail += f"; NumPy warned of {message} ({file}, line {line})"
    return Result(stage.name, "fail", detail, None, seconds)


def complaint(name, answer, module, step, limit, seconds):
    """Return the Result of a call of a step, or of an import where step is None, that did not answer."""
    function, arguments = (step.function, step.arguments) if step else (None, ())
    if answer.status == "error":
        return Result(name, "error", *complaints.complaint(answer.error, module, function, arguments), seconds)
    status = "timeout" if answer.status == "timeout" else "error"
    return Result(name, status, *complaints.no_answer(answer, module, function, limit), seconds)


def imported(module, answer, runner, results):
    """Return the Result of an import; `results` are those of the imports before."""
    name = f"{module}: import"
    if answer is None:
        return Result(name, "missing",
                      f"no {module}.py in the folder" + ("; ours serves" if module == "common" else ""))
    if answer.status == "ok":
        wanted = runner.wanted(module)
        return Result(name, "pass", f"defines {', '.join(answer.value) or 'none of ' + ', '.join(wanted)}", None,
                      answer.seconds)
    where = answer.error and answer.error["where"]
    other = next((one for one in results if where and one.wrong
                  and where[0].removesuffix(".py") == one.stage != module), None)
    if other:
        return Result(name, "skipped", f"{other.stage}.py, which it imports, cannot be imported: see {other.name}")
    result = complaint(name, answer, module, None, answer.seconds, answer.seconds)
    missing = (answer.error or {}).get("missing")
    if missing and runner.solution.has_beside(missing.partition(".")[0]):
        return result._replace(diagnosis=f"{missing.partition('.')[0]} lies beside the modules, but not all that is"
                                         " imported from it: is a file missing, or a name misspelt?")
    return result


def unchanged(module, changed, answered):
    """Return the Result of looking at the arguments after all calls.

    Args:
        module: name.
        changed: {function: names of the arguments that it changed}.
        answered: {function: whether any call of it came back}.
    """
    name = f"{module}: arguments unchanged"
    if changed:
        detail = "; ".join(f"{function} changes {', '.join(parts)}" for function, parts in changed.items())
        where = [f"{function} writes into {parts[0]}. An assignment such as new = {parts[0]} makes no copy: write"
                 f" {parts[0]}.copy()."
                 for function, parts in changed.items()]
        return Result(name, "warn", detail, " And: ".join(where))
    silent = [function for function, came in answered.items() if not came]
    if len(silent) == len(answered):
        return Result(name, "skipped", "no function gave an answer")
    but = f", as far as is known: {' and '.join(silent)} gave no answer" if silent else ""
    return Result(name, "pass", f"X, post and mixture stay as they are{but}")
