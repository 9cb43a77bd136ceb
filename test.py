"""Check a solution of the course project, stage by stage, and name its mistakes.

    python test.py                  this project's own modules
    python test.py SOLUTION         a folder with an em.py, the em.py itself, a notebook, or a .zip or .tgz archive
    python test.py students/*       several solutions, one line each
"""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product, as in the solutions that it checks

import math
import re
import sys
import time
from collections import Counter
from pathlib import Path

import data
import pages
from checker import report, show
from checker.check import check_all
from checker.overview import overview
from checker.solution import MODULES, PROJECT, expanded, open_solution
from checker.stages import Plan, em_stages, netflix_stages, toy_stages
from console import (
    InputError,
    Parser,
    Progress,
    check_outputs,
    escaped,
    make_folder,
    real_number,
    run_program,
    whole_number,
    write_csv,
    write_file,
    write_json,
)
from data.course import CHECKSUMS


def parse(argv):
    parser = Parser(description="Check solutions of the course project, stage by stage, and name their mistakes."
                                " Exit status: 0 if everything is right, 1 if something is wrong, 2 if something could"
                                " not be checked or did not finish.")
    parser.add_argument("solutions", metavar="SOLUTION", nargs="*",
                        help="folder with an em.py, the em.py itself (or another .py file), a notebook, or a .zip or"
                             " .tgz archive; default: this project's own modules")
    parser.add_argument("--data", metavar="PATH", help="folder or archive with the course's files")
    parser.add_argument("--no-netflix", action="store_true", help="do not use the Netflix matrix")
    parser.add_argument("--quick", action="store_true",
                        help="for repeated checks: leave out the Netflix matrix, and begin with the module that was"
                             " changed last")
    parser.add_argument("--show", metavar="STAGE",
                        help="instead of the report, print the input of one stage, the right result and yours as"
                             " Python")
    parser.add_argument("--timeout", metavar="SECONDS", default=120,
                        type=real_number(lambda seconds: 0 < seconds < 1e6, "a positive number of seconds"),
                        help="CPU seconds for a stage on the Netflix matrix (default: 120); other stages get 20, or a"
                             " sixth of SECONDS if that is more")
    parser.add_argument("--verbose", action="store_true", help="show every stage")
    parser.add_argument("--jobs", metavar="N", type=whole_number(1, 64), default=1,
                        help="check N solutions at the same time (default: 1)")
    parser.add_argument("--json", metavar="FILE", help="also write the report as JSON, for other programs")
    parser.add_argument("--csv", metavar="FILE", help="also write one line per solution, for a spreadsheet")
    parser.add_argument("--page", metavar="FILE", help="also write the reports as a page for a browser")
    parser.add_argument("--out-dir", metavar="FOLDER", help="also write the report on each solution into a file")
    return parser.parse_args(argv)


def check_files(arguments, paths):
    """Raise InputError where a report cannot be written, or would replace anything but an earlier report."""
    read = data.may_read(data.TEST_CASE + data.TOY + data.NETFLIX, arguments.data)
    read += [*paths, *(os.path.join(path, f"{module}.py") for path in paths for module in MODULES)]
    if arguments.out_dir is not None:
        make_folder(arguments.out_dir)
    check_outputs([("--json", arguments.json, report.JSON_REPORT), ("--csv", arguments.csv, report.CSV_REPORT),
                   ("--page", arguments.page, report.PAGE_REPORT),
                   *(("--out-dir", file, report.TEXT_REPORT) for file in report_files(arguments.out_dir, paths))],
                  read, CHECKSUMS)


def report_files(folder, paths):
    """Return a file in the folder for the report on each path; none where there is no folder."""
    if folder is None:
        return []
    short = [re.sub(r"[^\w.-]+", "_", Path(path).resolve().stem) for path in paths]
    long = [re.sub(r"[^\w.-]+", "_", str(path)).strip("_.") for path in paths]
    names = [one if short.count(one) == 1 else other for one, other in zip(short, long, strict=True)]
    before = Counter()
    files = []
    for name in names:
        before[name] += 1
        files.append(Path(folder, f"{name}{f'-{before[name]}' if before[name] > 1 else ''}.txt"))
    return files


def make_plan(arguments):
    """Return the Plan and what to say about the data."""
    source = data.find(data.TEST_CASE + data.TOY, arguments.data)
    stages, said = em_stages(source) + toy_stages(source), f"Data: {source.description}"
    if arguments.no_netflix or arguments.quick:
        return Plan(stages, timeout=arguments.timeout), said
    matrix = data.find(data.NETFLIX, arguments.data)
    if matrix.description != source.description:
        said += f"\nNetflix: {matrix.description}"
    netflix = netflix_stages(matrix, time.process_time)
    said += netflix.left_out
    return Plan(stages + netflix.stages, netflix, arguments.timeout), said


def newest_first(plan, solution):
    """Return the Plan with the stages of the module whose file was changed last before those of the others."""
    return plan._replace(stages=sorted(plan.stages, key=lambda stage: -solution.changed(stage.step.module)))


def head(solution, about_data, arguments):
    """Return the lines above the report on one solution."""
    name = escaped(solution.path) if arguments.solutions else "this project"
    lines = [f"Solution: {name}", *(f"  {module}.py: {escaped(note)}" for module, note in solution.notes.items())]
    if ".ipynb" in "".join(solution.notes.values()):
        lines.append("  The checker runs these functions of the notebook and what they need, and nothing else of it.")
    lines.append(about_data)
    if arguments.quick:
        lines.append("Quick: without the Netflix matrix; the module that was changed last comes first")
    return "\n".join(lines)


def check_paths(paths, plan, arguments, lines=None):
    """Return (path, results, error) of each path; print the `lines` (report.Lines) on the results as they arrive."""
    def progress(path, stage, said):
        if lines and said:
            shown.clear()
            print("\n".join(lines.line("...", stage, said)), flush=True)
        shown(f"{path}: {stage} ...")

    def tell(result):
        if lines and (said := lines.of(result)):
            shown.clear()
            print("\n".join(said), flush=True)

    def plan_of(solution):
        return newest_first(plan, solution) if arguments.quick else plan

    with Progress(every=math.inf) as shown:  # on a terminal alone
        return list(check_all(paths, plan_of, arguments.jobs, progress, tell))


def hint(results, plan):
    """Return how to see the input of the first wrong stage that can be printed; nothing where there is none."""
    small = {stage.name for stage in plan.stages if show.largest(stage) <= show.LARGEST}
    name = next((one.name for one in results if one.status == "fail" and one.name in small), None)
    return f'--show "{name}" prints its input, the right result and yours.' if name else ""


def show_several(checked, plan, columns, colour):
    """Print a table of several solutions, and how many made each mistake."""
    rows = [report.row(*one) for one in checked]
    print(report.table(rows, [stage.name for stage in plan.stages], colour, columns))
    if counted := report.counted([results for _, results, _ in checked if results], columns):
        print(f"\n{counted}\n")
    right = sum(one["verdict"].startswith("right") for one in rows)
    unchecked = sum(one["verdict"] == "not checked" for one in rows)
    print(f"{right} of {len(rows)} solutions right" + (f", {unchecked} could not be checked" if unchecked else ""))


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
    files = report_files(arguments.out_dir, [path for path, *_ in checked])
    for file, (path, results, error) in zip(files, checked, strict=bool(files)):
        said = f"Not checked: {escaped(error)}" if error else report.full(results)
        write_file(file, f"Solution: {escaped(path)}\n{about_data}\n{said}\n".encode())


def main(argv=None):
    arguments = parse(argv)
    paths = expanded(arguments.solutions) or [PROJECT]
    one = open_solution(paths[0]) if len(paths) == 1 else None  # before the data are read: a wrong path is said at once
    check_files(arguments, paths)
    plan, about_data = make_plan(arguments)
    if arguments.show is not None:
        if not one:
            raise InputError(f"--show: expected one solution, got {len(paths)}")
        text, code = show.show(one, plan, show.find(arguments.show, plan))
        print(text)
        return code
    print(head(one, about_data, arguments) if one else about_data, flush=True)
    colour, columns = report.wants_colour(sys.stdout), report.width(sys.stdout)
    lines = report.Lines([stage.name for stage in plan.stages], colour, columns, arguments.verbose) if one else None
    checked = check_paths(paths, plan, arguments, lines)
    if one and checked[0][2]:
        raise InputError(checked[0][2])
    if one:
        print("\n".join(lines.end(checked[0][1], hint(checked[0][1], plan))))
    else:
        show_several(checked, plan, columns, colour)
    write(checked, about_data, arguments)
    return max(2 if error else report.status(results) for _, results, error in checked)


if __name__ == "__main__":
    sys.exit(run_program(main))
