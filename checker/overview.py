"""The page of the checker's reports: a table of solutions, with a report to unfold for each."""

from pathlib import Path

import pages
from checker import report
from checker.distinct import Mistakes, how_many, remarks
from console import noun
from pages import Html, paragraph, tag

SCRIPT = Path(pages.__file__).with_name("table.js")
_VERDICTS = {"right": "good", "right, with remarks": "warn", "not finished": "warn", "wrong": "bad",
             "not checked": "bad"}
_HEAD = ("solution", "verdict", "mistakes", "wrong", "not finished", "right", "seconds")
_WORDS = 0, 1, 2
_STATUSES = {"pass": "good", "warn": "warn", "fail": "bad", "error": "bad", "timeout": "warn", "not checked": "warn"}


def overview(checked, about_data):
    """Return the page on (path, results, error) of each solution; results are None if it could not be checked."""
    rows = [(report.row(*one), one[1]) for one in checked]
    several = len(rows) > 1
    right = sum(row["verdict"].startswith("right") for row, _ in rows)
    bodies = [_solution(row, results, open_=not several) for row, results in rows]
    table = pages.table("Solutions. Click a heading to sort.", _HEAD, bodies, _WORDS, class_="cards",
                        data_sorted=True, data_filter="Mistake" if several else None)
    return pages.page("Reports of the checker", *map(paragraph, about_data.splitlines()),
                      paragraph(f"{right} of {len(rows)} solutions right."), *(_counts(rows) if several else []), table,
                      scripts=[pages.source(SCRIPT)])


def _counts(rows):
    found = how_many([results for _, results in rows if results])
    cells = [[label, number, pages.bar(number, len(rows))] for label, number in found]
    caption = f"How many of {len(rows)} made each mistake"
    return [pages.table(caption, ("mistake", "solutions", ""), cells, (0, 2), class_="counts")] if found else []


def _solution(row, results, open_):
    verdict = tag("span", row["verdict"], class_=_VERDICTS[row["verdict"]])
    mistakes = tag("ul", *(tag("li", label) for label in row["mistakes"])) if row["mistakes"] else \
        row["detail"] if row["verdict"].startswith("not") else ""
    numbers = {name: row[name.replace(" ", "_")] for name in _HEAD[3:]}
    line = tag("tr", tag("th", tag("span", row["solution"], class_="words"), scope="row"), tag("td", verdict),
               tag("td", mistakes, class_="whole"),
               *(tag("td", number, class_="number", data_label=name) for name, number in numbers.items()))
    said = [paragraph(row["detail"])] if results is None else _report(results)
    folded = tag("tr", tag("td", tag("details", tag("summary", "report"), *said, open=open_), class_="whole",
                           colspan=len(_HEAD)))
    kinds = row["mistakes"] + [word for word in (row["verdict"],) if word.startswith("not")]
    return tag("tbody", line, folded, data_kinds=Html("&#10;".join(map(pages.text, kinds))))


def _report(results):
    """Return the distinct mistakes and the remarks of a report, and its stages to unfold."""
    found, said = Mistakes(results), remarks(results)
    mistakes = [tag("li", tag("strong", f"{one.place} ({one.function}): "), one.fix) for one in found]
    untidy = [tag("li", remark, " (", ", ".join(places), ")") for remark, places in said.items()]
    return [paragraph(report.verdict(results)), *([tag("ol", *mistakes)] if mistakes else []),
            *([paragraph("Right, but untidy:"), tag("ul", *untidy)] if untidy else []), *_stages(results)]


def _stages(results):
    """Return the stages, each group to unfold: what is not right, and the rest as a table."""
    rest = [one for one in results if one.status in ("pass", "missing", "skipped")]
    open_ = [tag("li", tag("strong", one.name), " ", _status(one), paragraph(one.detail),
                 paragraph(one.diagnosis or "")) for one in results if one not in rest]
    rows = [[one.name, _status(one), f"{one.seconds:.2f}"] for one in rest]
    parts = [(f"{len(open_)} {noun(len(open_), 'stage')} to look at", tag("ul", *open_))] if open_ else []
    parts += [(f"{len(rest)} {noun(len(rest), 'stage')} right, missing or skipped",
               pages.table("Right, missing or skipped", ("stage", "", "seconds"), rows, words=(0, 1)))] if rest else []
    return [tag("details", tag("summary", title), content) for title, content in parts]


def _status(result):
    return tag("span", result.status, class_=_STATUSES.get(result.status))
