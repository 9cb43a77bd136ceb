"""Check a solution of the course project, stage by stage, and say what is likely wrong.

    python test.py                  this project's own modules
    python test.py SOLUTION         a folder with an em.py, the em.py itself, or a .zip archive with one
    python test.py students/*       several solutions, one line each
"""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product, as in the solutions that it checks

import json
import math
import sys
import time
from contextlib import suppress
from pathlib import Path

import data
import pages
from checker import report
from checker.overview import overview
from checker.several import check_all
from checker.solution import PROJECT, open_solution
from checker.stages import Plan, em_stages, netflix_stages, toy_stages
from console import (
    CSV,
    HTML,
    JSON,
    InputError,
    Parser,
    Progress,
    check_outputs,
    escaped,
    read_file,
    run_program,
    whole_number,
    write_csv,
    write_json,
)
from data.course import CHECKSUMS


def parse(argv):
    parser = Parser(description="Check solutions of the course project, stage by stage, and say what is likely wrong."
                                " Exit status: 0 all right, 1 something wrong, 2 something could not be checked, or not"
                                " finished.")
    parser.add_argument("solutions", metavar="SOLUTION", nargs="*",
                        help="folder with an em.py, the em.py itself (or another .py that is one), or a .zip archive"
                             " with one; without any, this project's own modules are checked")
    parser.add_argument("--data", metavar="PATH", help="folder or archive with the course's files")
    parser.add_argument("--no-netflix", action="store_true", help="leave out the Netflix matrix")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=120,
                        help="limit of a stage on the Netflix matrix, in CPU seconds (default 120); other stages have"
                             " 20, or a sixth of it if that is more")
    parser.add_argument("--verbose", action="store_true", help="show every stage, not only what is to be mended")
    parser.add_argument("--jobs", metavar="N", type=whole_number(1, 64), default=1,
                        help="check so many solutions at a time")
    parser.add_argument("--json", metavar="FILE", help="write the report to a file as well, for machines")
    parser.add_argument("--csv", metavar="FILE", help="write a line a solution to a file as well, for spreadsheets")
    parser.add_argument("--page", metavar="FILE", help="write the reports to a file as well, as a page for a browser")
    arguments = parser.parse_args(argv)
    if not 0 < arguments.timeout < 1e6:
        parser.error("--timeout must be a positive number of seconds")
    return arguments


def make_plan(arguments):
    """Return the Plan and what to say about the data."""
    source = data.find(data.TEST_CASE + data.TOY, arguments.data)
    stages, said = em_stages(source) + toy_stages(source), f"Data: {source.description}"
    if arguments.no_netflix:
        return Plan(stages, timeout=arguments.timeout), said
    matrix = data.find(data.NETFLIX, arguments.data)
    if matrix.description != source.description:
        said += f"\nNetflix: {matrix.description}"
    netflix = netflix_stages(matrix, time.process_time)
    return Plan(stages + netflix.stages, netflix, arguments.timeout), said


def files_read(arguments, paths):
    """Return the paths of the files that are read: the data, and every file of the solutions but reports of ours."""
    read = data.may_read(data.TEST_CASE + data.TOY + data.NETFLIX, arguments.data)
    outputs = [Path(file) for file in (arguments.json, arguments.csv, arguments.page) if file is not None]
    if all(map(is_report, outputs)):
        return read
    for path in paths:
        with suppress(InputError):  # said when it is this solution's turn
            solution = open_solution(path)
            inside = [file for file in outputs if solution.folder and file.exists()
                      and file.resolve().is_relative_to(solution.folder)]
            read += [file for file in [*solution.files(), *inside] if not is_report(file)]
    return read


def is_report(path):
    """Return whether there is a file that this program may have written."""
    try:
        content = read_file(path)
        if content.startswith((",".join(report.COLUMNS).encode(), pages.BEGINNING.encode())):
            return True
        found = json.loads(content)
    except (InputError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and ("solutions" in found or {"solution", "passed", "stages"} <= set(found))


def check_solutions(paths, plan, jobs):
    """Return (path, results, error) of all solutions."""
    with Progress(every=math.inf) as progress:  # on a terminal alone
        return list(check_all(paths, plan, jobs, lambda path, stage: progress(f"{path}: {stage} ...")))


def show(checked, plan, verbose):
    """Print the report on one solution, or a table of several."""
    look = report.wants_colour(sys.stdout), report.width(sys.stdout)
    if len(checked) == 1:
        print(report.full(checked[0][1], *look, verbose))
        return
    rows = [report.row(*one) for one in checked]
    print(report.table(rows, [stage.name for stage in plan.stages], *look))
    right = sum(one["verdict"].startswith("right") for one in rows)
    unchecked = sum(error is not None for *_, error in checked)
    print(f"{right} of {len(rows)} all right" + (f", {unchecked} could not be checked" if unchecked else ""))


def as_json(path, results, error):
    """Return the report on a solution as what JSON can hold."""
    if error is None:
        return report.as_json(path, results)
    return {"solution": str(path), "passed": False, "verdict": "not checked", "begin_with": None, "stages": [],
            "error": error}


def main(argv=None):
    arguments = parse(argv)
    paths = arguments.solutions or [PROJECT]
    if len(paths) == 1:
        open_solution(paths[0])  # before the data are read: a wrong path is said at once
    check_outputs([("--json", arguments.json, JSON), ("--csv", arguments.csv, CSV), ("--page", arguments.page, HTML)],
                  files_read(arguments, paths), CHECKSUMS)
    plan, about_data = make_plan(arguments)
    if len(paths) == 1:
        print(f"Solution: {escaped(paths[0]) if arguments.solutions else 'this project'}")
    print(about_data, flush=True)
    checked = check_solutions(paths, plan, arguments.jobs)
    if len(paths) == 1 and checked[0][2]:
        raise InputError(checked[0][2])
    show(checked, plan, arguments.verbose)
    if arguments.json is not None:
        reports = [as_json(*one) for one in checked]
        write_json(arguments.json, reports[0] if len(paths) == 1 else {"solutions": reports})
    if arguments.csv is not None:
        rows = [report.row(*one).values() for one in checked]
        write_csv(arguments.csv, [report.COLUMNS, *([report.cell(value) for value in row] for row in rows)])
    if arguments.page is not None:
        pages.write(arguments.page, overview(checked, about_data))
    return max(2 if error else report.status(results) for _, results, error in checked)


if __name__ == "__main__":
    sys.exit(run_program(main))
