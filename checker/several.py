"""Several solutions, each in its own process, one after the other or side by side."""

from checker.check import check
from checker.isolated import Isolated
from checker.solution import open_solution
from console import InputError
from console.cores import side_by_side


def check_all(paths, plan, jobs=1, progress=lambda path, stage: None):
    """Yield (path, results, error) for each path, in their order; if it cannot be checked, results are None.

    Args:
        paths: of solutions.
        plan: Plan.
        jobs: how many are checked at the same time. Limits are CPU seconds, so the results do not depend on it.
        progress: called with a path and the name of a stage before it is run.
    """
    processes, over = [], False

    def run_in(solution):
        processes.append(Isolated(solution))
        if over:
            processes[-1].abandon()
        return processes[-1]

    def checked(path):
        try:
            return path, check(open_solution(path), plan, lambda stage: progress(path, stage), run_in), None
        except InputError as error:
            return path, None, str(error)

    try:
        yield from side_by_side(checked, paths, jobs)
    finally:  # all are done, or Ctrl-C was pressed
        over = True
        for process in processes:
            process.abandon()
