"""Times em.run of any solutions of the course beside this project's: the Netflix-sized matrix, K = 12, the same start.

    python -m benchmarks.peers FOLDER ... [--data PATH]

Each solution's answer is checked first. Then it, this project and a solution that does nothing run in turn, in
processes of their own. The time of the last one, the cost of a call, is subtracted.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

import data
from benchmarks.em import K, matrix
from benchmarks.timing import Quartiles, Table, in_turn, parser, ratios
from checker.complaints import complaint
from checker.evidence import Evidence
from checker.isolated import Isolated
from checker.solution import PROJECT, open_solution
from checker.stages import Plan, netflix_stages
from console import run_program, whole_number

NOTHING = "def run(X, mixture, post):\n    return mixture, post, 0.0\n"
LEAST = 0.02  # CPU seconds: if they are limited, their clock advances by some milliseconds at a time


class Row(NamedTuple):
    """The result of one solution."""

    answer: str  # "right", or what is wrong
    seconds: float | None = None  # CPU seconds of em.run
    beside: Quartiles | None = None  # how many times as long as this project's it takes


class Lost(Exception):
    """A solution did not answer; the message says why."""


def caller(solution, process, stage, limit):
    """Return a function that calls em.run in the solution's process, for a Judged. Both raise Lost."""
    step, evidence = stage.step, Evidence(solution, Plan([stage], timeout=limit), process)

    def check(answer, function):
        if answer.status != "ok":
            raise Lost(complaint(answer, "em", function, step.arguments, evidence.plan.limit(stage))[0])

    def run():
        judged = evidence.call(stage, stage.cases[0])
        check(judged.answer, step.function)
        return judged

    check(evidence.load("em"), None)
    if step.function not in evidence.functions["em"]:
        raise Lost(f"em.py has no function {step.function}")
    return run


def timed(theirs, ours, nothing, repeat, limit):
    """Return the Row of their run, in as many rounds as fit into the limit of CPU seconds. Raises Lost."""
    first = theirs()
    rounds = max(1, min(repeat, int(limit / max(first.answer.seconds, LEAST)) - 1))
    taken, own, call = in_turn([theirs, ours, nothing], rounds, lambda run: run().answer.seconds)
    answer = first.verdict.detail if first.verdict.wrong else "right"
    net, net_own = np.subtract(taken, call), np.subtract(own, call)
    if min(net.min(), net_own.min()) < LEAST:
        return Row(f"{answer}; too quick on these data to be timed")
    return Row(answer, statistics.median(net), ratios(net, net_own))


def row(solution, stage, repeat, limit):
    """Return the Row of a solution, measured in fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "em.py").write_text(NOTHING)
        nothing, project = open_solution(folder), open_solution(PROJECT)
        with Isolated(solution) as first, Isolated(project) as second, Isolated(nothing) as third:
            pairs = (solution, first), (project, second), (nothing, third)
            try:
                return timed(*(caller(*pair, stage, limit) for pair in pairs), repeat, limit)
            except Lost as lost:
                return Row(str(lost))


def main(argv=None):
    options = parser(__doc__, repeat=7)
    options.add_argument("solutions", metavar="FOLDER", nargs="+", help="folder with an em.py, or the em.py itself")
    options.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz itself")
    options.add_argument("--timeout", type=whole_number(1, 10**5), default=300, metavar="SECONDS",
                         help="CPU seconds that one run of a solution may take (default: 300)")
    args = options.parse_args(argv)
    solutions = [open_solution(path) for path in args.solutions]  # all of them, before anything is measured
    source = data.find(data.NETFLIX, args.data)
    n, d = matrix(source).shape
    netflix = netflix_stages(source, time.perf_counter)
    stage = next(stage for stage in netflix.stages if stage.step.name == "em.run")
    print(f"Data: {source.description}\n{n} x {d}, K = {K}, {netflix.iterations} iterations;"
          " CPU seconds, one BLAS thread; medians, with quartiles\n")
    table = Table("solution", "em.run, s", "... x as long as this project's", "answer",
                  first=max(len(path) for path in args.solutions))
    for solution in solutions:
        answer, seconds, beside = row(solution, stage, args.repeat, args.timeout)
        table.row(solution.path, "-" if seconds is None else seconds, beside or "-", answer)
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
