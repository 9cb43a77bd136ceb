"""A check's report, for people and for machines."""

import os
import shutil
import textwrap

from checker.check import passed

_COLOURS = {"pass": "32", "fail": "31", "error": "31", "timeout": "31", "missing": "33", "skipped": "33"}


def wants_colour(stream, environ=os.environ):
    """Return whether to colour what is written to a stream: on a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def width(stream):
    """Return the columns of a terminal, 100 where there is none; never less than 60."""
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 120)) if stream.isatty() else 100


def line(result, colour=False, columns=100):
    """Return a Result as text: status, stage and detail, and below it what is likely wrong."""
    status = f"{'ok' if result.status == 'pass' else result.status.upper() if result.wrong else result.status:8}"
    if colour:
        status = f"\033[{_COLOURS[result.status]}m{status}\033[0m"
    lines = [f"{status}{result.name:38} {result.detail}".rstrip()]
    if result.diagnosis:
        lines += textwrap.wrap(result.diagnosis, columns - 8, initial_indent=" " * 8, subsequent_indent=" " * 8)
    return "\n".join(lines)


def verdict(results):
    """Return the last line of a report: right, or where to begin."""
    wrong = [result for result in results if result.wrong]
    if wrong:
        return f"{len(wrong)} of {len(results)} stages wrong. Begin with {wrong[0].name}."
    gone = sum(result.status in ("missing", "skipped") for result in results)
    return "All right." + (f" {gone} stages were not checked: see above." if gone else "")


def summary(path, results, colour=False):
    """Return one line for a solution among several."""
    wrong = next((result for result in results if result.wrong), None)
    if wrong is None:
        what = "all right"
    else:
        what = f"{wrong.name}: {(wrong.diagnosis or wrong.detail).split('. ')[0]}"
    word = "ok" if wrong is None else "WRONG"
    if colour:
        word = f"\033[{'32' if wrong is None else '31'}m{word:8}\033[0m"
    return f"{word:8}{path}  {what}"


def as_json(path, results):
    """Return a report as what JSON can hold."""
    return {"solution": str(path), "passed": passed(results),
            "stages": [{"name": r.name, "status": r.status, "detail": r.detail, "diagnosis": r.diagnosis,
                        "seconds": round(r.seconds, 3)} for r in results]}
