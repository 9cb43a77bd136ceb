"""Check a solution of the course project, stage by stage, and say what is likely wrong.

    python test.py                  this project's own modules
    python test.py FOLDER           the em.py of a folder, and its kmeans.py, naive_em.py and common.py where present
    python test.py FOLDER FOLDER    several solutions, one line each
"""

if __name__ == "__main__":
    from console import interrupts

    interrupts.end_at_once()

import json
import sys
import time
from contextlib import suppress
from pathlib import Path

import data
from checker import report
from checker.check import Plan, check
from checker.solution import PROJECT, open_solution
from checker.stages import em_stages, netflix_stages, toy_stages
from console import InputError, Parser, check_outputs, escaped, read_file, run_program, write_json
from data.course import CHECKSUMS


def parse(argv):
    parser = Parser(description="Check solutions of the course project, stage by stage, and say what is"
                                                " likely wrong. Exit status: 0 all right, 1 something wrong, 2 could"
                                                " not check.")
    parser.add_argument("solutions", metavar="FOLDER", nargs="*", help="folder with an em.py, or the em.py itself;"
                        " without one, this project's own modules are checked")
    parser.add_argument("--data", metavar="PATH", help="folder or archive with the course's files")
    parser.add_argument("--no-netflix", action="store_true", help="leave out the Netflix matrix")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=120,
                        help="limit of a stage on the Netflix matrix (default 120); other stages have 20 s at most")
    parser.add_argument("--json", metavar="FILE", help="write the report to a file as well, for machines")
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
    netflix = netflix_stages(matrix, time.perf_counter)
    return Plan(stages + netflix.stages, netflix, arguments.timeout), said


def files_read(arguments, paths):
    """Return the paths of the files that are read: the data, and every file of the solutions but reports of ours."""
    read, report = data.may_read(data.TEST_CASE + data.TOY + data.NETFLIX, arguments.data), Path(arguments.json)
    if is_report(report):
        return read
    for path in paths:
        with suppress(InputError):  # said when it is this solution's turn
            solution = open_solution(path)
            inside = report.exists() and report.resolve().is_relative_to(solution.folder)
            read += [*solution.files(), *([report] if inside else [])]
    return read


def is_report(path):
    """Return whether there is a file that write_json may have written for this program."""
    try:
        found = json.loads(read_file(path))
    except (InputError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and ("solutions" in found or {"solution", "passed", "stages"} <= set(found))


def show_progress(stage):
    """Tell a waiting person what is being run, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{stage}" if stage else "\r\033[K", end="", file=sys.stderr, flush=True)


def run_check(path, plan):
    """Return the results for the solution at `path`."""
    try:
        return check(open_solution(path), plan, lambda stage: show_progress(f"{escaped(path)}: {stage} ..."))
    finally:
        show_progress(None)


def check_one(path, plan):
    """Check one solution, print its report, and return it for JSON."""
    results = run_check(path, plan)
    print(report.full(results, report.wants_colour(sys.stdout), report.width(sys.stdout)))
    return report.as_json(path, results)


def check_several(paths, plan):
    """Check several solutions, print a line for each and a summary, and return them for JSON."""
    reports = []
    for path in paths:
        try:
            results = run_check(path, plan)
        except InputError as error:
            print(f"{'-':8}{escaped(error)}", flush=True)
            reports.append({"solution": str(path), "passed": False, "stages": [], "error": str(error)})
            continue
        print(report.summary(path, results, report.wants_colour(sys.stdout)), flush=True)
        reports.append(report.as_json(path, results))
    right, unchecked = sum(one["passed"] for one in reports), sum("error" in one for one in reports)
    print(f"{right} of {len(reports)} all right" + (f", {unchecked} could not be checked" if unchecked else ""))
    return reports


def main(argv=None):
    arguments = parse(argv)
    paths = arguments.solutions or [PROJECT]
    if len(paths) == 1:
        open_solution(paths[0])  # before the data are read: a wrong path is said at once
    if arguments.json is not None:
        check_outputs(arguments.json, inputs=files_read(arguments, paths), reserved=CHECKSUMS)
    plan, about_data = make_plan(arguments)
    if len(paths) == 1:
        print(f"Solution: {escaped(paths[0]) if arguments.solutions else 'this project'}")
    print(about_data, flush=True)
    reports = [check_one(paths[0], plan)] if len(paths) == 1 else check_several(paths, plan)
    if arguments.json is not None:
        write_json(arguments.json, reports[0] if len(paths) == 1 else {"solutions": reports})
    return max(2 if "error" in one else 0 if one["passed"] else 1 for one in reports)


if __name__ == "__main__":
    sys.exit(run_program(main))
