"""The report of a check, for people, spreadsheets and programs."""

import os
import shutil
import textwrap
from collections import Counter

import pages
from checker.check import passed, status
from checker.distinct import Mistakes, how_many, remarks
from checker.solution import MODULES
from console import Kind, begins_with, escaped, noun

_COLOURS = {"pass": "32", "fail": "31", "error": "31", "timeout": "35", "missing": "33", "skipped": "33", "warn": "33",
            "not checked": "35"}
_WIDEST = 34  # columns for the name of a stage
_WORDS = {"pass": "ok", "fail": "FAIL", "error": "ERROR", "timeout": "TIMEOUT", "not checked": "UNKNOWN"}
COLUMNS = ("solution", "verdict", "begin_with", "mistakes", "detail", "wrong", "not_finished", "remarks", "right",
           "missing", "seconds")


def wants_colour(stream, environ=os.environ):
    """Return whether to write colours to a stream: on a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def width(stream):
    """Return the width of the report: the terminal's, from 40 to 120 columns; without a terminal, 100."""
    return max(40, min(shutil.get_terminal_size((100, 24)).columns, 120)) if stream.isatty() else 100


def _by_urgency(results):
    """Return what is not right: what is wrong, what could not be checked, what did not finish, then the remarks."""
    order = {"fail": 0, "error": 0, "not checked": 1, "timeout": 2, "warn": 3}
    return sorted((one for one in results if one.status in order), key=lambda one: order[one.status])


class Lines:
    """Makes the lines of a report, Result by Result as they arrive, and those at its end."""

    def __init__(self, names, colour=False, columns=100, verbose=False):
        """`names` are those of the stages, so that their details stand below each other."""
        self.width = min(max(map(len, names), default=0) + 2, _WIDEST, columns // 2)
        self.colour, self.columns, self.verbose = colour, columns, verbose
        self.mistakes, self.said, self.absent = Mistakes(), set(), set()

    def of(self, result):
        """Return the lines on a Result; none where nothing need be said yet."""
        causes = self.mistakes.add(result)
        imports = result.name.endswith(": import")
        if imports and result.status != "pass":
            self.absent.add(result.module)
        needless = result.module in self.absent and result.status in ("skipped", "missing") and not imports
        shown = self.verbose and not needless
        if not shown and not result.wrong and result.status not in ("timeout", "not checked"):
            return []
        repeated = (result.detail, result.diagnosis) in self.said and result.status != "pass"
        detail = "as above" if repeated else escaped(result.detail)  # an exception, mostly
        lines = self.line(result.status, result.name, detail)
        for number, cause in () if repeated else causes:
            known = f"{cause.partition('. ')[0]}, as above." if cause in self.said else cause
            text = f"mistake {number}: {cause}" if number else known
            lines += textwrap.wrap(escaped(text), self.columns, initial_indent=" " * 8 + "--> ",
                                   subsequent_indent=" " * 12)
        self.said |= {result.diagnosis, (result.detail, result.diagnosis)}
        return lines

    def line(self, status, name, text):
        return _wrapped(status, f"{name:{self.width - 2}}  {text}", self.colour, self.columns)

    def end(self, results, hint=""):
        """Return the lines after the last Result: what is right, the distinct mistakes, the remarks and the verdict."""
        modules = [] if self.verbose else [(module, *line) for module in MODULES if (line := _module(module, results))]
        lines = [line for module, word, text in modules
                 for line in _wrapped(word, f"{module:10}{text}", self.colour, self.columns)]
        if self.mistakes:
            lines += ["", f"{len(self.mistakes)} {noun(len(self.mistakes), 'mistake')}:"]
        for number, one in enumerate(self.mistakes, 1):
            lines += self._item(f"{number}.", f"{one.place} ({one.function}): {one.fix}")
        lines += textwrap.wrap(escaped(hint), self.columns)
        if found := remarks(results):
            lines += ["", f"{len(found)} {noun(len(found), 'remark')} on code that is right but untidy:"]
        for remark, places in found.items():
            lines += self._item("-", f"{remark} ({', '.join(places)})")
        return [*lines, *([""] if self.mistakes or found else []), *textwrap.wrap(verdict(results), self.columns)]

    def _item(self, mark, text):
        return textwrap.wrap(escaped(text), self.columns, initial_indent=f"{mark:3} ", subsequent_indent=" " * 4)


def full(results, colour=False, columns=100, verbose=False):
    """Return the report on one solution; if `verbose`, with every stage."""
    shown = [one.name for one in (results if verbose else _by_urgency(results))]
    lines = Lines([*shown, *MODULES], colour, columns, verbose)
    return "\n".join([line for result in results for line in lines.of(result)] + lines.end(results))


def _module(module, results):
    """Return the status and the text of the line on a module; None if nothing in it is right."""
    own = [result for result in results if result.module == module]
    absent = next((result for result in own if result.name.endswith(": import") and result.status == "missing"), None)
    if absent:
        return "missing", absent.detail
    right = [result for result in own if result.status in ("pass", "warn")]
    functions = dict.fromkeys(result.stage.partition(".")[2] for result in right)
    whole = [name for name in functions if name and all(one.right for one in own if one.stage == f"{module}.{name}")]
    lacks = sorted({result.stage.partition(".")[2] for result in own if result.status == "missing"})
    said = {"entirely right": whole, "has no": lacks}
    more = [f"{words}: {', '.join(names)}" for words, names in said.items() if names]
    more += [result.note for result in right if result.note]
    there = sum(one.status != "missing" for one in own)
    return ("pass", f"{len(right)} of {there} stages right; {'; '.join(more)}") if more else None


def _wrapped(status, text, colour, columns):
    lines = textwrap.wrap(text, columns - 8, subsequent_indent=" " * 4) if len(text) > columns - 8 else [text.rstrip()]
    word = f"{_WORDS.get(status, status):8}"
    word = f"\033[{_COLOURS.get(status, '2')}m{word}\033[0m" if colour else word
    return [word + lines[0], *(" " * 8 + line for line in lines[1:])]


def count(results):
    """Return {status: number of results}; "wrong" counts fail and error."""
    counts = Counter(result.status for result in results)
    counts["wrong"] = counts["fail"] + counts["error"]
    return counts


def first(results):
    """Return the Result to begin with: the most urgent one that is not right, else a skipped one, else None."""
    return next(iter([*_by_urgency(results), *(one for one in results if one.status == "skipped")]), None)


def verdict(results):
    """Return the last line of a report: all right, or where to begin."""
    number, begin, mistakes, untidy = count(results), first(results), len(Mistakes(results)), len(remarks(results))
    rest = "".join(f", {number[name]} {name}" for name in ("not checked", "missing", "skipped") if number[name])
    passing = number["pass"] + number["warn"]
    right = f"{passing} {noun(passing, 'stage')} passed{rest}."
    if number["wrong"]:
        unfinished = f", {number['timeout']} not finished" if number["timeout"] else ""
        looked_at = number["wrong"] + passing + number["timeout"]
        shown = f"{mistakes} {noun(mistakes, 'mistake')} in" if mistakes else "Something is wrong in"
        return (f"{shown} {number['wrong']} of {looked_at} {noun(looked_at, 'stage')}{unfinished}{rest}."
                f" Begin with {begin.name}.")
    if number["not checked"]:
        return f"{begin.stage} could not be checked: {right}"
    if not passed(results):
        return f"Nothing is wrong, but {begin.name} did not finish: {right}"
    return f"All right{f', with {untidy} ' + noun(untidy, 'remark') if untidy else ''}: {right}"


# Several solutions


def row(path, results, error=None):
    """Return {column: value} of a solution; `error` says why it could not be checked. "mistakes" is a list."""
    if error:
        return {**dict.fromkeys(COLUMNS, ""), "solution": str(path), "verdict": "not checked", "mistakes": [],
                "detail": error}
    number, begin = count(results), first(results)
    return {"solution": str(path), "verdict": _word(results), "begin_with": begin.name if begin else "",
            "mistakes": [one.label for one in Mistakes(results)], "detail": begin.detail if begin else "",
            "wrong": number["wrong"], "not_finished": number["timeout"], "remarks": len(remarks(results)),
            "right": number["pass"] + number["warn"], "missing": number["missing"],
            "seconds": round(sum(result.seconds for result in results), 2)}


def _word(results):
    code = status(results)
    if code == 2:
        return "not checked" if any(one.status == "not checked" for one in results) else "not finished"
    return "wrong" if code else "right, with remarks" if remarks(results) else "right"


def table(rows, stages, colour=False, columns=100):
    """Return lines on several solutions, sorted by where each should begin; `stages` are names in their order."""
    order = {name: place for place, name in enumerate(stages)}
    statuses = {"not checked": "not checked", "wrong": "fail", "not finished": "timeout", "right, with remarks": "warn",
                "right": "pass"}  # the most urgent first
    ranks = list(statuses)

    def urgency(one):
        return ranks.index(one["verdict"]), order.get(one["begin_with"], -1), one["mistakes"], one["solution"]

    lines = []
    for one in sorted(rows, key=urgency):
        said = "; ".join(one["mistakes"]) or ": ".join(filter(None, (one["begin_with"], one["detail"])))
        known = "" if said.startswith(one["solution"]) else f"{one['solution']}: "
        lines += _wrapped(statuses[one["verdict"]], escaped(f"{known}{said}").removesuffix(": "), colour, columns)
    return "\n".join(lines)


def counted(all_results, columns=100):
    """Return lines on how many solutions made each mistake; nothing where there is none."""
    found = how_many(all_results)
    lines = [line for label, number in found for line in textwrap.wrap(
        escaped(label), columns, initial_indent=f"{number:4}  ", subsequent_indent=" " * 6)]
    return "\n".join(["How many made each mistake:", *lines]) if found else ""


# Files


def cell(value):
    """Return a value for a spreadsheet: text from others is never a formula."""
    value = "; ".join(value) if isinstance(value, list) else value
    text = escaped(str(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@")) else text


def as_json(path, results, error=None):
    """Return a report as values of JSON."""
    if error:
        return {"solution": str(path), "passed": False, "verdict": "not checked", "begin_with": None, "mistakes": [],
                "stages": [], "error": error}
    begin = first(results)
    return {"solution": str(path), "passed": passed(results), "verdict": _word(results),
            "begin_with": begin.name if begin else None,
            "mistakes": [{"function": one.function, "mistake": one.name, "place": one.place,
                          "fix": one.fix, "stages": one.stages} for one in Mistakes(results)],
            "stages": [{"name": r.name, "status": r.status, "detail": r.detail, "diagnosis": r.diagnosis,
                        "seconds": round(r.seconds, 3)} for r in results]}


# A report replaces only an earlier report, so that no file of a solution is lost.
JSON_REPORT = Kind("JSON report", begins_with(b'{\n  "solution'))
CSV_REPORT = Kind("CSV report", begins_with(",".join(COLUMNS[:3]).encode()))
TEXT_REPORT = Kind("report", begins_with(b"Solution: "))
PAGE_REPORT = Kind("HTML report", begins_with(pages.BEGINNING.encode()))
