"""The page of the checker's reports: a table of solutions, with a report to unfold for each."""

from pathlib import Path

import pages
from checker import report
from pages import paragraph, tag

SCRIPT = Path(pages.__file__).with_name("table.js")
_VERDICTS = {"right": "good", "right, with remarks": "warn", "not finished": "warn", "wrong": "bad",
             "not checked": "bad"}
_HEAD = ("solution", "verdict", "begin with", "wrong", "not finished", "right", "seconds")
_WORDS = 0, 1, 2
_STATUSES = {"pass": "good", "warn": "warn", "fail": "bad", "error": "bad", "timeout": "warn"}


def overview(checked, about_data):
    """Return the page.

    Args:
        checked: (path, results, error) of each solution; results are None if it could not be checked.
        about_data: lines on the data that were used.
    """
    rows = [(report.row(*one), one[1]) for one in checked]
    right = sum(row["verdict"].startswith("right") for row, _ in rows)
    bodies = [_solution(row, results, open_=len(rows) == 1) for row, results in rows]
    table = pages.table("Solutions. Click a heading to sort.", _HEAD, bodies, _WORDS,
                        data_sorted=True, data_filter="Mistake" if len(rows) > 1 else None)
    return pages.page("Reports of the checker", *map(paragraph, about_data.splitlines()),
                      paragraph(f"{right} of {len(rows)} all right."), table, scripts=[pages.source(SCRIPT)])


def _solution(row, results, open_):
    """Return the rows of a solution: its line, and below it the report to unfold."""
    verdict = tag("span", row["verdict"], class_=_VERDICTS[row["verdict"]])
    cells = [tag("span", row["solution"], class_="words"), verdict, row["begin_with"], row["wrong"],
             row["not_finished"], row["right"], row["seconds"]]
    said = [paragraph(row["detail"])] if results is None else _stages(results)
    summary = tag("summary", row["mistake"] or row["detail"] or "report")
    folded = tag("tr", tag("td", tag("details", summary, *said, open=open_), colspan=len(_HEAD)))
    return tag("tbody", pages.row(cells, _WORDS), folded, data_kind=row["mistake"] or row["verdict"])


def _stages(results):
    """Return the stages of a report: what is not right as a list, and the rest as a table to unfold."""
    rest = [result for result in results if result.status in ("pass", "missing", "skipped")]
    open_ = [_with_cause(result) for result in results if result not in rest]
    parts = [paragraph(report.verdict(results)), *([tag("ul", *open_)] if open_ else [])]
    if rest:
        rows = [[one.name, _status(one), f"{one.seconds:.2f}"] for one in rest]
        parts.append(tag("details", tag("summary", f"{len(rest)} stages that are right, missing or skipped"),
                         pages.table("Right, missing or skipped", ("stage", "", "seconds"), rows, words=(0, 1))))
    return parts


def _with_cause(result):
    return tag("li", tag("strong", result.name), " ", _status(result), paragraph(result.detail),
               paragraph(result.diagnosis or ""))


def _status(result):
    return tag("span", result.status, class_=_STATUSES.get(result.status))
