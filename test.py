"""Check a solution of the course project, stage by stage, and say what is likely wrong.

    python test.py                  this project's own modules
    python test.py SOLUTION         a folder with an em.py, the em.py itself, or a .zip archive with one
    python test.py students/*       several solutions, one line each
"""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product, as in the solutions that it checks

import math
import sys
import time

import data
import pages
from checker import report
from checker.overview import overview
from checker.several import check_all
from checker.solution import MODULES, PROJECT, open_solution
from checker.stages import Plan, em_stages, netflix_stages, toy_stages
from console import (
    InputError,
    Parser,
    Progress,
    check_outputs,
    escaped,
    real_number,
    run_program,
    whole_number,
    write_csv,
    write_json,
)
from data.course import CHECKSUMS


def parse(argv):
    parser = Parser(description="Check solutions of the course project, stage by stage, and say what is likely wrong."
                                " Exit status: 0 if everything is right, 1 if something is wrong, 2 if something could"
                                " not be checked or did not finish.")
    parser.add_argument("solutions", metavar="SOLUTION", nargs="*",
                        help="folder with an em.py, the em.py itself (or another .py file), or a .zip archive with an"
                             " em.py; default: this project's own modules")
    parser.add_argument("--data", metavar="PATH", help="folder or archive with the course's files")
    parser.add_argument("--no-netflix", action="store_true", help="do not use the Netflix matrix")
    parser.add_argument("--timeout", metavar="SECONDS", default=120,
                        type=real_number(lambda seconds: 0 < seconds < 1e6, "a positive number of seconds"),
                        help="CPU seconds that a stage on the Netflix matrix may take (default: 120); other stages may"
                             " take 20, or a sixth of it if that is more")
    parser.add_argument("--verbose", action="store_true", help="show every stage")
    parser.add_argument("--jobs", metavar="N", type=whole_number(1, 64), default=1,
                        help="how many solutions are checked at the same time (default: 1)")
    parser.add_argument("--json", metavar="FILE", help="also write the report as JSON, for other programs")
    parser.add_argument("--csv", metavar="FILE", help="also write one line per solution, for a spreadsheet")
    parser.add_argument("--page", metavar="FILE", help="also write the reports as a page for a browser")
    return parser.parse_args(argv)


def check_files(arguments, paths):
    """Raise InputError where a report cannot be written, or would replace anything but an earlier report."""
    read = data.may_read(data.TEST_CASE + data.TOY + data.NETFLIX, arguments.data)
    read += [*paths, *(os.path.join(path, f"{module}.py") for path in paths for module in MODULES)]
    check_outputs([("--json", arguments.json, report.JSON_REPORT), ("--csv", arguments.csv, report.CSV_REPORT),
                   ("--page", arguments.page, report.PAGE_REPORT)], read, CHECKSUMS)


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


def write(checked, about_data, arguments):
    """Write the files that were asked for."""
    if arguments.json is not None:
        reports = [report.as_json(*one) for one in checked]
        write_json(arguments.json, reports[0] if len(checked) == 1 else {"solutions": reports})
    if arguments.csv is not None:
        rows = [report.row(*one).values() for one in checked]
        write_csv(arguments.csv, [report.COLUMNS, *([report.cell(value) for value in row] for row in rows)])
    if arguments.page is not None:
        pages.write(arguments.page, overview(checked, about_data))


def main(argv=None):
    arguments = parse(argv)
    paths = arguments.solutions or [PROJECT]
    if len(paths) == 1:
        open_solution(paths[0])  # before the data are read: a wrong path is said at once
    check_files(arguments, paths)
    plan, about_data = make_plan(arguments)
    if len(paths) == 1:
        print(f"Solution: {escaped(paths[0]) if arguments.solutions else 'this project'}")
    print(about_data, flush=True)
    with Progress(every=math.inf) as progress:  # on a terminal alone
        checked = list(check_all(paths, plan, arguments.jobs, lambda path, stage: progress(f"{path}: {stage} ...")))
    if len(paths) == 1 and checked[0][2]:
        raise InputError(checked[0][2])
    show(checked, plan, arguments.verbose)
    write(checked, about_data, arguments)
    return max(2 if error else report.status(results) for _, results, error in checked)


if __name__ == "__main__":
    sys.exit(run_program(main))
