"""Several solutions, each in its own process, one after the other or side by side."""

from checker.check import check
from checker.isolated import Isolated
from checker.solution import open_solution
from console import InputError
from console.cores import side_by_side


def check_all(paths, plan, jobs=1, progress=lambda path, stage, said: None, tell=lambda result: None):
    """Yield (path, results, error) for each path, in their order; if it cannot be checked, results are None.

    Args:
        paths: of solutions.
        plan: called with a Solution, returns its Plan.
        jobs: how many are checked at the same time. Limits are CPU seconds, so the results do not depend on it.
        progress: called with a path, the name of a stage before it is run, and how long it may take, if that is long.
        tell: called with each Result as soon as it is final.
    """
    processes, over = [], False

    def run_in(solution):
        processes.append(Isolated(solution))
        if over:
            processes[-1].abandon()
        return processes[-1]

    def checked(path):
        try:
            solution = open_solution(path)
            return path, check(solution, plan(solution), lambda *stage: progress(path, *stage), run_in, tell), None
        except InputError as error:
            return path, None, str(error)

    try:
        yield from side_by_side(checked, paths, jobs)
    finally:  # all are done, or Ctrl-C was pressed
        over = True
        for process in processes:
            process.abandon()
