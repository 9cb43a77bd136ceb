"""A check's report, for people, for tables and for machines."""

import os
import shutil
import textwrap

from checker.check import passed, status
from checker.solution import MODULES
from console import escaped

_COLOURS = {"pass": "32", "fail": "31", "error": "31", "timeout": "35", "missing": "33", "skipped": "33", "warn": "33"}
_WORDS = {"pass": "ok", "fail": "FAIL", "error": "ERROR", "timeout": "TIMEOUT"}
_VERDICTS = {0: "right", 1: "wrong", 2: "not finished"}
COLUMNS = ("solution", "verdict", "begin_with", "mistake", "detail", "wrong", "not_finished", "remarks", "right",
           "missing", "seconds")


def wants_colour(stream, environ=os.environ):
    """Return whether to colour what is written to a stream: on a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def width(stream):
    """Return the columns to write to: a terminal's, 40 to 120, and 100 where there is none."""
    return max(40, min(shutil.get_terminal_size((100, 24)).columns, 120)) if stream.isatty() else 100


def full(results, colour=False, columns=100, verbose=False):
    """Return the report on one solution.

    What is wrong comes first, with what is likely its cause, then what was not finished, then remarks; what is right is
    one line a module, or with `verbose` a line a stage, in the order of the stages.
    """
    if verbose:
        shown = [result for result in results if result.name.endswith(": import") or not _not_loaded(result, results)]
    else:
        ranks = (lambda one: one.wrong, lambda one: one.status == "timeout", lambda one: one.status == "warn")
        shown = [result for rank in ranks for result in results if rank(result)]
    modules = [] if verbose else [(module, *_module(module, results)) for module in MODULES]
    names = max([len(result.name) for result in shown] + [len(module) for module, _, text in modules if text],
                default=0) + 2
    lines, said = [], set()
    for result in shown:
        lines += _stage(result, min(names, columns // 2), colour, columns, said)
        said |= {result.diagnosis, result.detail}
    for module, word, text in modules:
        if text:
            lines += _wrapped(word, f"{module:{min(names, columns // 2)}}{text}", colour, columns)
    return "\n".join([*lines, *textwrap.wrap(verdict(results), columns)])


def _not_loaded(result, results):
    """Whether a stage is of a module that could not be imported, which is said there."""
    module = result.name.split(":")[0].split(".")[0]
    return any(one.name == f"{module}: import" and one.status != "pass" for one in results)


def _module(module, results):
    """Return the status and the text of the line of what is right in a module; no text where nothing is."""
    own = [result for result in results if result.name.split(":")[0].split(".")[0] == module]
    absent = next((result for result in own if result.name.endswith(": import") and result.status == "missing"), None)
    if absent:
        return "missing", absent.detail
    right = [result for result in own if result.status == "pass"]
    functions = dict.fromkeys(result.stage.partition(".")[2] for result in right)
    whole = [name for name in functions if name and all(one.right for one in own if one.stage == f"{module}.{name}")]
    lacks = sorted({result.stage.partition(".")[2] for result in own if result.status == "missing"})
    notes = [result.note for result in right if result.note]
    said = {"right throughout": whole, "has no": lacks}
    more = [f"{words}: {', '.join(names)}" for words, names in said.items() if names] + notes
    there = sum(one.status != "missing" for one in own)
    return "pass", f"{len(right)} of {there} stages right; {'; '.join(more)}" if more else ""


def _stage(result, names, colour, columns, said):
    """Return the lines of one Result; what has been said before is not said again."""
    repeated = (result.wrong or result.status == "timeout") and result.detail in said
    text = f"{result.name:{names}}{'as above' if repeated else escaped(result.detail)}"
    lines = _wrapped(result.status, text, colour, columns)
    if result.diagnosis and not repeated:
        why = f"{result.diagnosis.partition('. ')[0]}, as above." if result.diagnosis in said else result.diagnosis
        lines += textwrap.wrap(escaped(why), columns, initial_indent=" " * 8 + "--> ", subsequent_indent=" " * 12)
    return lines


def _wrapped(status, text, colour, columns):
    """Return the lines of a text behind its status."""
    lines = textwrap.wrap(text, columns - 8, subsequent_indent=" " * 4) if len(text) > columns - 8 else [text.rstrip()]
    return [_word(status, colour) + lines[0], *(" " * 8 + line for line in lines[1:])]


def _word(status, colour):
    word = f"{_WORDS.get(status, status):8}"
    return f"\033[{_COLOURS[status]}m{word}\033[0m" if colour else word


def count(results):
    """Return {status: number of results}, the wrong ones together."""
    counts = {name: sum(result.status == name for result in results)
              for name in ("pass", "warn", "timeout", "missing", "skipped")}
    return {**counts, "wrong": sum(result.wrong for result in results)}


def first(results):
    """Return the Result to begin with: the first that is wrong, else not finished, else a remark, else None."""
    ranks = (lambda one: one.wrong, lambda one: one.status == "timeout", lambda one: one.status in ("warn", "skipped"))
    return next((result for rank in ranks for result in results if rank(result)), None)


def verdict(results):
    """Return the last line of a report: all right, or where to begin."""
    number, begin = count(results), first(results)
    rest = "".join(f", {number[name]} {words}"
                   for name, words in (("missing", "not in the folder"), ("skipped", "skipped")) if number[name])
    remarks = f"{number['warn']} remark{'s' if number['warn'] > 1 else ''}"
    if number["wrong"]:
        open_ = f", {number['timeout']} not finished" if number["timeout"] else ""
        also = f", {remarks}" if number["warn"] else ""
        looked_at = sum(number[name] for name in ("wrong", "pass", "warn", "timeout"))
        return f"{number['wrong']} of {looked_at} stages wrong{open_}{also}{rest}. Begin with {begin.name}."
    if not passed(results):
        return f"Nothing wrong was found, but {begin.name} was not finished: {number['pass']} stages passed{rest}."
    return f"All right{f', with {remarks}' if number['warn'] else ''}: {number['pass']} stages passed{rest}."


# Several solutions


def mistake(result):
    """Return in few words what is wrong in a Result."""
    if result is None:
        return ""
    said = result.diagnosis and result.status in ("fail", "warn")
    return result.diagnosis.split(". ")[0].rstrip(".") if said else result.detail


def row(path, results, error=None):
    """Return {column: value} of a solution in a table; of one that could not be checked `error` says why."""
    if error:
        return {**dict.fromkeys(COLUMNS, ""), "solution": str(path), "verdict": "not checked", "detail": error}
    number, begin = count(results), first(results)
    word = "right, with remarks" if passed(results) and number["warn"] else _VERDICTS[status(results)]
    return {"solution": str(path), "verdict": word, "begin_with": begin.name if begin else "",
            "mistake": mistake(begin), "detail": begin.detail if begin else "", "wrong": number["wrong"],
            "not_finished": number["timeout"], "remarks": number["warn"], "right": number["pass"],
            "missing": number["missing"],
            "seconds": round(sum(result.seconds for result in results), 2)}


def table(rows, stages, colour=False, columns=100):
    """Return lines on several solutions, sorted by what each is to begin with; `stages` are names in their order."""
    order = {name: place for place, name in enumerate(stages)}
    statuses = {"not checked": "error", "wrong": "fail", "not finished": "timeout", "right, with remarks": "warn",
                "right": "pass"}
    ranks = list(statuses)

    def urgency(one):
        return ranks.index(one["verdict"]), order.get(one["begin_with"], -1), one["mistake"], one["solution"]

    lines = []
    for one in sorted(rows, key=urgency):
        what = one["detail"] if one["verdict"] == "not checked" else \
            ": ".join(filter(None, (one["solution"], one["begin_with"], one["mistake"])))
        lines += _wrapped(statuses[one["verdict"]], escaped(what), colour, columns)
    return "\n".join(lines)


def cell(value):
    """Return a value as a spreadsheet may read it: a name of somebody else's is never a formula."""
    text = escaped(str(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@")) else text


def as_json(path, results):
    """Return a report as what JSON can hold."""
    begin = first(results)
    return {"solution": str(path), "passed": passed(results), "verdict": row(path, results)["verdict"],
            "begin_with": begin.name if begin else None,
            "stages": [{"name": r.name, "status": r.status, "detail": r.detail, "diagnosis": r.diagnosis,
                        "seconds": round(r.seconds, 3)} for r in results]}
