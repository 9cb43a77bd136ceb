"""The report of a check, for people, spreadsheets and programs."""

import json
import os
import shutil
import textwrap

import pages
from checker.check import passed, status
from checker.solution import MODULES
from console import InputError, Kind, begins_with, escaped, noun, read_file

_COLOURS = {"pass": "32", "fail": "31", "error": "31", "timeout": "35", "missing": "33", "skipped": "33", "warn": "33"}
_WORDS = {"pass": "ok", "fail": "FAIL", "error": "ERROR", "timeout": "TIMEOUT"}
_VERDICTS = {0: "right", 1: "wrong", 2: "not finished"}
COLUMNS = ("solution", "verdict", "begin_with", "mistake", "detail", "wrong", "not_finished", "remarks", "right",
           "missing", "seconds")


def wants_colour(stream, environ=os.environ):
    """Return whether to write colours to a stream: on a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def width(stream):
    """Return the width of the report: the terminal's, from 40 to 120 columns; without a terminal, 100."""
    return max(40, min(shutil.get_terminal_size((100, 24)).columns, 120)) if stream.isatty() else 100


def _by_urgency(results):
    """Return what is not right: first what is wrong, then what did not finish, then the remarks."""
    ranks = (lambda one: one.wrong, lambda one: one.status == "timeout", lambda one: one.status == "warn")
    return [result for rank in ranks for result in results if rank(result)]


def full(results, colour=False, columns=100, verbose=False):
    """Return the report on one solution.

    It shows what is not right, the most urgent first, with the causes, and one line per module on what is right. With
    `verbose` it shows every stage in its order.
    """
    if verbose:
        absent = {result.module for result in results if result.name.endswith(": import") and result.status != "pass"}
        shown = [one for one in results if one.name.endswith(": import") or one.module not in absent]
        modules = []
    else:
        shown = _by_urgency(results)
        modules = [(module, *line) for module in MODULES if (line := _module(module, results))]
    names = max([len(result.name) for result in shown] + [len(module) for module, *_ in modules], default=0) + 2
    names = min(names, columns // 2)
    lines, said = [], set()
    for result in shown:
        lines += _stage(result, names, colour, columns, said)
        said |= {result.diagnosis, result.detail}
    for module, word, text in modules:
        lines += _wrapped(word, f"{module:{names}}{text}", colour, columns)
    return "\n".join([*lines, *textwrap.wrap(verdict(results), columns)])


def _module(module, results):
    """Return the status and the text of the line on a module; None if nothing in it is right."""
    own = [result for result in results if result.module == module]
    absent = next((result for result in own if result.name.endswith(": import") and result.status == "missing"), None)
    if absent:
        return "missing", absent.detail
    right = [result for result in own if result.status == "pass"]
    functions = dict.fromkeys(result.stage.partition(".")[2] for result in right)
    whole = [name for name in functions if name and all(one.right for one in own if one.stage == f"{module}.{name}")]
    lacks = sorted({result.stage.partition(".")[2] for result in own if result.status == "missing"})
    said = {"entirely right": whole, "has no": lacks}
    more = [f"{words}: {', '.join(names)}" for words, names in said.items() if names]
    more += [result.note for result in right if result.note]
    there = sum(one.status != "missing" for one in own)
    return ("pass", f"{len(right)} of {there} stages right; {'; '.join(more)}") if more else None


def _stage(result, names, colour, columns, said):
    """Return the lines of one Result, without repeating what was said before."""
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
    word = f"{_WORDS.get(status, status):8}"
    word = f"\033[{_COLOURS[status]}m{word}\033[0m" if colour else word
    return [word + lines[0], *(" " * 8 + line for line in lines[1:])]


def count(results):
    """Return {status: number of results}; "wrong" counts fail and error."""
    counts = {name: sum(result.status == name for result in results)
              for name in ("pass", "warn", "timeout", "missing", "skipped")}
    return {**counts, "wrong": sum(result.wrong for result in results)}


def first(results):
    """Return the Result to begin with: the most urgent one that is not right, else a skipped one, else None."""
    skipped = [result for result in results if result.status == "skipped"]
    return next(iter([*_by_urgency(results), *skipped]), None)


def verdict(results):
    """Return the last line of a report: all right, or where to begin."""
    number, begin = count(results), first(results)
    rest = "".join(f", {number[name]} {name}" for name in ("missing", "skipped") if number[name])
    remarks = f"{number['warn']} {noun(number['warn'], 'remark')}"
    right = f"{number['pass']} {noun(number['pass'], 'stage')} passed{rest}."
    if number["wrong"]:
        unfinished = f", {number['timeout']} not finished" if number["timeout"] else ""
        also = f", {remarks}" if number["warn"] else ""
        looked_at = sum(number[name] for name in ("wrong", "pass", "warn", "timeout"))
        return (f"{number['wrong']} of {looked_at} {noun(looked_at, 'stage')} wrong{unfinished}{also}{rest}."
                f" Begin with {begin.name}.")
    if not passed(results):
        return f"Nothing is wrong, but {begin.name} did not finish: {right}"
    return f"All right{f', with {remarks}' if number['warn'] else ''}: {right}"


# Several solutions


def row(path, results, error=None):
    """Return {column: value} of a solution; `error` says why it could not be checked."""
    if error:
        return {**dict.fromkeys(COLUMNS, ""), "solution": str(path), "verdict": "not checked", "detail": error}
    number, begin = count(results), first(results)
    word = "right, with remarks" if passed(results) and number["warn"] else _VERDICTS[status(results)]
    return {"solution": str(path), "verdict": word, "begin_with": begin.name if begin else "",
            "mistake": _mistake(begin), "detail": begin.detail if begin else "", "wrong": number["wrong"],
            "not_finished": number["timeout"], "remarks": number["warn"], "right": number["pass"],
            "missing": number["missing"], "seconds": round(sum(result.seconds for result in results), 2)}


def _mistake(result):
    """Return in a few words what is wrong in a Result."""
    if result is None:
        return ""
    said = result.diagnosis and result.status in ("fail", "warn")
    return result.diagnosis.split(". ")[0].rstrip(".") if said else result.detail


def table(rows, stages, colour=False, columns=100):
    """Return lines on several solutions, sorted by where each should begin; `stages` are names in their order."""
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


# Files


def cell(value):
    """Return a value for a spreadsheet: text from others is never a formula."""
    text = escaped(str(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@")) else text


def as_json(path, results, error=None):
    """Return a report as values of JSON."""
    if error:
        return {"solution": str(path), "passed": False, "verdict": "not checked", "begin_with": None, "stages": [],
                "error": error}
    begin = first(results)
    return {"solution": str(path), "passed": passed(results), "verdict": row(path, results)["verdict"],
            "begin_with": begin.name if begin else None,
            "stages": [{"name": r.name, "status": r.status, "detail": r.detail, "diagnosis": r.diagnosis,
                        "seconds": round(r.seconds, 3)} for r in results]}


def _is_json_report(path):
    try:
        found = json.loads(read_file(path) or b'{"solutions": []}')
    except (InputError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and ("solutions" in found or {"solution", "passed", "stages"} <= set(found))


# A report replaces only an earlier report, so that no file of a solution is lost.
JSON_REPORT = Kind("JSON report", _is_json_report)
CSV_REPORT = Kind("CSV report", begins_with(",".join(COLUMNS).encode()))
PAGE_REPORT = Kind("HTML report", begins_with(pages.BEGINNING.encode()))
