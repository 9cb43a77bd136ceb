"""A check's report, for people and for machines."""

import os
import shutil
import textwrap

from checker.check import passed, status

_COLOURS = {"pass": "32", "fail": "31", "error": "31", "timeout": "31", "missing": "33", "skipped": "33", "warn": "33"}


def wants_colour(stream, environ=os.environ):
    """Return whether to colour what is written to a stream: on a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def width(stream):
    """Return the columns to write to: a terminal's, 60 to 120, and 100 where there is none."""
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 120)) if stream.isatty() else 100


def full(results, colour=False, columns=100):
    """Return the report on one solution: a line a stage, what is likely wrong below it, and a verdict."""
    not_loaded = {result.name.split(":")[0] for result in results
                  if result.name.endswith(": import") and result.status != "pass"}
    shown = [result for result in results if result.name.split(".")[0] not in not_loaded]
    names = max(len(result.name) for result in shown) + 2
    lines, said = [], set()
    for result in shown:
        lines += _stage(result, names, colour, columns, said)
        said |= {result.diagnosis, result.detail}
    return "\n".join([*lines, verdict(results)])


def _stage(result, names, colour, columns, said):
    """Return the lines of one Result; what has been said before is not said again."""
    word = "ok" if result.status == "pass" else result.status.upper() if result.wrong else result.status
    repeated = result.wrong and result.detail in said
    line = f"{result.name:{names}}{'as above' if repeated else result.detail}"
    lines = textwrap.wrap(line, columns - 8, subsequent_indent=" " * 4) if len(line) > columns - 8 else [line.rstrip()]
    if result.diagnosis and not repeated:
        why = f"{result.diagnosis.split('. ')[0].rstrip('.')}, as above." if result.diagnosis in said else result.diagnosis
        lines += textwrap.wrap(why, columns - 12, initial_indent="--> ", subsequent_indent=" " * 4)
    return [_word(word, result.status, colour) + lines[0], *(" " * 8 + line for line in lines[1:])]


def _word(word, status, colour):
    return f"\033[{_COLOURS[status]}m{word:8}\033[0m" if colour else f"{word:8}"


def verdict(results):
    """Return the last line of a report: all right, or where to begin."""
    wrong = [result for result in results if result.wrong]
    count = {status: sum(result.status == status for result in results) for status in ("pass", "missing", "skipped")}
    words = {"missing": "not in the folder", "skipped": "skipped"}
    rest = "".join(f", {count[status]} {word}" for status, word in words.items() if count[status])
    if wrong:
        return f"{len(wrong)} of {len(wrong) + count['pass']} stages wrong{rest}. Begin with {wrong[0].name}."
    return f"All right: {count['pass']} stages passed{rest}."


def summary(path, results, colour=False):
    """Return one line for a solution among several: the first thing that is wrong."""
    first = next((result for result in results if result.wrong), None)
    if first is None:
        return f"{_word('ok', 'pass', colour)}{path}"
    what = first.diagnosis.split(". ")[0] if first.diagnosis and first.status == "fail" else first.detail
    return f"{_word(first.status.upper(), first.status, colour)}{path}: {first.name}: {what}"


def as_json(path, results):
    """Return a report as what JSON can hold."""
    return {"solution": str(path), "passed": passed(results),
            "stages": [{"name": r.name, "status": r.status, "detail": r.detail, "diagnosis": r.diagnosis,
                        "seconds": round(r.seconds, 3)} for r in results]}
