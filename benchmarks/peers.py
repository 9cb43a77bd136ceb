"""Times em.run of any solutions of the course beside this project's: the Netflix-sized matrix, K = 12, the same start.

    python -m benchmarks.peers FOLDER ... [--data PATH]

Each solution runs in a process of its own, with one BLAS thread, and its answer is checked first. Then it, this project
and a solution that does nothing are run in turn; what the call itself takes, which the last one shows, is taken off.
"""

import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

import data
from benchmarks.em import K, matrix
from benchmarks.timing import Spread, Table, in_turn, ratios
from checker.complaints import complaint
from checker.evidence import Evidence
from checker.isolated import Isolated
from checker.solution import PROJECT, open_solution
from checker.stages import Plan, netflix_stages
from console import Parser, run_program, whole_number

NOTHING = "def run(X, mixture, post):\n    return mixture, post, 0.0\n"
LEAST = 0.02  # CPU seconds: where they are limited, as here, their clock goes on by some milliseconds at a time


class Row(NamedTuple):
    """What came of one solution."""

    said: str  # "right", or what is wrong
    seconds: float | None = None  # CPU seconds of em.run
    beside: Spread | None = None  # how many times as long as this project's it takes


class Lost(Exception):
    """A solution did not answer; the message says why."""


class Peer:
    """Calls em.run of a solution in its own process, always with the same arguments."""

    def __init__(self, solution, process, stage, limit):
        self._evidence, self._stage = Evidence(solution, Plan([stage], timeout=limit), process), stage

    def load(self):
        """Import their em.py. Raises Lost where that fails, or it has no run."""
        self._answered(self._evidence.load("em"), None)
        if self._stage.step.function not in self._evidence.functions["em"]:
            raise Lost(f"em.py has no function {self._stage.step.function}")

    def run(self):
        """Return Judged of one call. Raises Lost where it gave no answer."""
        judged = self._evidence.call(self._stage, self._stage.cases[0])
        self._answered(judged.answer, self._stage.step.function)
        return judged

    def _answered(self, answer, function):
        if answer.status != "ok":
            limit = self._evidence.plan.limit(self._stage)
            raise Lost(complaint(answer, "em", function, self._stage.step.arguments, limit)[0])


def timed(theirs, ours, nothing, repeat, limit):
    """Return the Row of a Peer, measured in turn with the Peers of this project and of what does nothing.

    As many rounds as fit into the limit of CPU seconds, at least one.
    """
    try:
        theirs.load()
        first = theirs.run()
        verdict = first.verdict
        rounds = max(1, min(repeat, int(limit / max(first.answer.seconds, LEAST)) - 1))
        taken, own, call = in_turn([theirs, ours, nothing], rounds, lambda peer: peer.run().answer.seconds)
    except Lost as lost:
        return Row(str(lost))
    said = verdict.detail if verdict.wrong else "right"
    net, net_own = np.subtract(taken, call), np.subtract(own, call)
    if min(net.min(), net_own.min()) < LEAST:
        return Row(f"{said}; too quick on these data to be timed")
    return Row(said, statistics.median(net), ratios(net, net_own))


@contextlib.contextmanager
def reference(stage, limit):
    """Yield the Peers of this project and of a solution that does nothing."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "em.py").write_text(NOTHING)
        solutions = open_solution(PROJECT), open_solution(folder)
        with Isolated(solutions[0]) as ours, Isolated(solutions[1]) as nothing:
            yield Peer(solutions[0], ours, stage, limit), Peer(solutions[1], nothing, stage, limit)


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("solutions", metavar="FOLDER", nargs="+", help="folder with an em.py, or the em.py itself")
    parser.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz itself")
    parser.add_argument("--repeat", type=whole_number(1, 1000), default=7, metavar="N",
                        help="times each pair is measured (default: 7)")
    parser.add_argument("--timeout", type=whole_number(1, 10**5), default=300, metavar="SECONDS",
                        help="CPU seconds that one run of a solution may take (default: 300)")
    args = parser.parse_args(argv)
    solutions = [open_solution(path) for path in args.solutions]  # all of them, before anything is measured
    source = data.find(data.NETFLIX, args.data)
    n, d = matrix(source).shape
    netflix = netflix_stages(source, time.perf_counter)
    stage = next(stage for stage in netflix.stages if stage.step.name == "em.run")
    print(f"Data: {source.description}\n{n} x {d}, K = {K}, {netflix.iterations} iterations;"
          " CPU seconds, one BLAS thread; medians, with quartiles\n")
    table = Table("solution", "em.run, s", "... x as long as this project's", "answer",
                  first=max(len(path) for path in args.solutions))
    with reference(stage, args.timeout) as (ours, nothing):
        for solution in solutions:
            with Isolated(solution) as process:
                peer = Peer(solution, process, stage, args.timeout)
                row = timed(peer, ours, nothing, args.repeat, args.timeout)
            table.row(solution.path, *("-" if cell is None else cell for cell in (row.seconds, row.beside, row.said)))
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
