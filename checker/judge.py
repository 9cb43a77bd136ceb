"""What is wrong: each import, stage and module gets its status."""

import importlib.util
import re
from typing import NamedTuple

import numpy as np

from checker.complaints import complaint, line_of, not_installed


class Result(NamedTuple):
    """One line of the report."""

    name: str
    status: str  # pass, warn, fail, error, timeout, missing, skipped, not checked
    detail: str = ""
    diagnosis: str | None = None
    seconds: float = 0.0  # of CPU
    note: str = ""  # for the report, even if all is right
    remarks: tuple = ()  # on what is right but untidy
    kind: str = ""  # the class of an exception, unless something else explains it
    where: tuple = ()  # (file, line) of what is not right, as far as is known; line may be None

    @property
    def wrong(self):
        return self.status in ("fail", "error")

    @property
    def right(self):
        return self.status in ("pass", "warn", "missing")

    @property
    def stage(self):
        return self.name.partition(": ")[0]

    @property
    def module(self):
        return self.stage.partition(".")[0]


def conclude(stage, judged, last, evidence):
    """Return the Result of a stage from its Judged cases; `last` is the first that is not right, if there is one."""
    seconds, step = sum(one.answer.seconds for one in judged), stage.step
    if last.right:
        return _right(stage, judged, evidence.plan, seconds)
    if last.endless:
        return Result(stage.name, "fail", f"{step.name} does not stop after {last.answer.error['message']} iterations;"
                      f" the right rule stops after {last.case.iterations}", None, seconds)
    if last.verdict is None:
        said = complaint(last.answer, step.module, step.function, step.arguments, evidence.plan.limit(stage))
        return _raised(Result(stage.name, "error", *said, seconds), last.answer, evidence.solution)
    detail, where = f"{last.case.label}: {last.verdict.detail}" if last.case.label else last.verdict.detail, ()
    if last.answer.warning and last.got and not all(np.isfinite(last.got[name]).all() for name in last.verdict.wrong):
        file, line, message = last.answer.warning
        detail, where = f"{detail}; NumPy warned: {message} ({file}, line {line})", (file, line)
    return Result(stage.name, "fail", detail, None, seconds, remarks=last.verdict.remarks, where=where)


def _raised(result, answer, solution):
    """Return the Result of a call or an import that gave no answer, with what is known of its exception."""
    if answer.status == "timeout":
        return result._replace(status="timeout")
    error = answer.error or {"error": "", "where": None, "message": ""}
    result = result._replace(kind=error["error"], where=tuple(error["where"][:2]) if error["where"] else ())
    missing = re.match(r"No module named '(\w+)(.*)'", error["message"])
    if not missing:
        return result
    name, (file, line, *_) = missing[1], error["where"] or (f"{result.module}.py", None)
    if solution.has_beside(name):
        return result._replace(diagnosis=f"{name} is there, but not everything that is imported from it. Is a file"
                                         " missing, or a name misspelt?")
    if missing[2]:  # a part of a package that is installed
        return result
    detail = f"needs {name}, which is neither installed here nor a file of the folder ({file}{line_of(line)})"
    return result._replace(status="not checked", detail=detail, diagnosis=not_installed(name))


def _right(stage, judged, plan, seconds):
    """Return the Result of a stage whose cases are all right."""
    remarks = list(dict.fromkeys(remark for one in judged for remark in one.verdict.remarks))
    if remarks:
        return Result(stage.name, "warn", f"every number is right; {remarks[0].partition('. ')[0]}",
                      " ".join(remarks), seconds, remarks=tuple(remarks))
    ours = judged[-1].exchange.ours
    detail = (f"largest difference {max(one.verdict.largest for one in judged):.1e}"
              + (f", with our {' and '.join(ours)}" if ours else ""))
    if not stage.netflix:
        return Result(stage.name, "pass", detail, None, seconds)
    is_run = stage.step.function == "run"
    took = f"{seconds:.1f} s" + (f" ({plan.netflix.seconds:.1f} s with ours)" if is_run else "")
    return Result(stage.name, "pass", f"{detail}; {took}", None, seconds, f"{stage.title} in {took}" if is_run else "")


def imported(module, answer, evidence):
    """Return the Result of an import."""
    name = f"{module}: import"
    if answer is None:
        return Result(name, "missing",
                      f"no {module}.py in the folder" + ("; ours is used" if module == "common" else ""))
    if answer.status == "ok":
        solution = evidence.solution
        no_bar = "tqdm" in solution.text(module) and not importlib.util.find_spec("tqdm") \
            and not solution.has_beside("tqdm")  # see child.replace_progress_bar
        bar = "tqdm is not installed here: loops run without its progress bar" if no_bar else ""
        note = "; ".join(filter(None, (solution.notes.get(module), bar)))
        defines = ", ".join(answer.value) or f"none of {', '.join(evidence.wanted(module))}"
        return Result(name, "pass", f"defines {defines}{note and f'; {note}'}", None, answer.seconds, note)
    error = answer.error or {"where": None, "message": ""}
    named = re.search(r"cannot import name .* from '(\w+)'", error["message"])
    guilty = named[1] if named else error["where"] and error["where"][0].removesuffix(".py")
    if guilty != module and (other := evidence.results.get(f"{guilty}: import")) and not other.right:
        return Result(name, "skipped", f"it imports {guilty}.py, which cannot be imported: see {other.name}")
    detail, diagnosis = complaint(answer, module, limit=answer.seconds)
    if evidence.functions[module] is not None:
        diagnosis = (f"{diagnosis or ''} This code is outside of functions, so it runs when the module is imported."
                     " Put it under if __name__ == \"__main__\":. The functions are checked without it.").strip()
    return _raised(Result(name, "error", detail, diagnosis, answer.seconds), answer, evidence.solution)


def unchanged(module, evidence):
    """Return the Result on the arguments of a module's functions after all calls; None without a call."""
    name, functions = f"{module}: arguments unchanged", evidence.wanted(module)
    changed = {function: sorted(parts) for function in functions if (parts := evidence.writes(f"{module}.{function}"))}
    if changed:
        detail = "; ".join(f"{function} changes {', '.join(parts)}" for function, parts in changed.items())
        where = [f"{function} writes into {' and '.join(parts)}. An assignment like new = {parts[0]} makes no copy:"
                 f" write {parts[0]}.copy()." for function, parts in changed.items()]
        return Result(name, "warn", detail, " And: ".join(where), remarks=tuple(where))
    called = [function for function in functions if f"{module}.{function}" in evidence.answered]
    silent = [function for function in called if not evidence.answered[f"{module}.{function}"]]
    if not called:
        return None
    if len(silent) == len(called):
        return Result(name, "skipped", "no function gave an answer")
    but = f", as far as is known: {' and '.join(silent)} gave no answer" if silent else ""
    return Result(name, "pass", f"X, post and mixture do not change{but}")
