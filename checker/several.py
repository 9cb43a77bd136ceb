"""Several solutions, one after the other or side by side: each in its own process, with the same results."""

import threading

from checker.check import check
from checker.isolated import Isolated
from checker.solution import open_solution
from console import InputError
from console.cores import side_by_side


def check_all(paths, plan, jobs=1, progress=None):
    """Yield (path, results, error) for each path, in their order; where it could not be checked results are None.

    Args:
        paths: of solutions.
        plan: run.Plan.
        jobs: how many are checked at a time. Limits count each process's CPU seconds, so that results stay the same.
        progress: called with a path and the name of a stage before it is run, where given.
    """
    say = progress or (lambda path, stage: None)
    if jobs == 1:
        for path in paths:
            yield _checked(path, plan, say, Isolated)
        return
    running = _Running()
    try:
        yield from side_by_side(lambda path: _checked(path, plan, say, running.begin), paths, jobs)
    finally:  # when all are through, and when somebody has interrupted them
        running.abandon()


def _checked(path, plan, say, run_in):
    try:
        return path, check(open_solution(path), plan, lambda stage: say(path, stage), run_in), None
    except InputError as error:
        return path, None, str(error)


class _Running:
    """The processes of checks that run side by side, to end them all at once."""

    def __init__(self):
        self._all, self._lock, self._over = [], threading.Lock(), False

    def begin(self, solution):
        with self._lock:
            self._all.append(Isolated(solution))
            if self._over:
                self._all[-1].abandon()
            return self._all[-1]

    def abandon(self):
        with self._lock:
            self._over = True
            for one in self._all:
                one.abandon()
