"""A run's answer beside the right path of iterations: which of them does it hold, and by what rule does it stop?"""

from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np

from checker import formulas, mistakes
from checker.compare import flatten
from checker.formulas import LOOPS


class Placed(NamedTuple):
    """A run's answer beside the right path of iterations, the start being iteration 0."""

    figures: list  # log-likelihood or cost of each iteration, from the first, some beyond the right end
    N: int  # where the right rule stops
    of_mixture: set  # iterations whose mixture, post and figure the answer's are
    of_post: set
    of_figure: set

    @property
    def found(self):
        """Whether the answer is of right iterations at all, be it of the wrong ones."""
        return bool(self.of_figure and self.of_mixture)

    @property
    def last(self):
        """The iterations that the answer's last E-step may have been of: by figure and post, where they agree."""
        return self.of_figure & self.of_post or self.of_figure

    @property
    def k(self):
        return min(self.last, key=lambda t: abs(t - self.N))

    @property
    def m(self):
        """The iteration that the answer's mixture is of."""
        return min(self.of_mixture, key=lambda t: abs(t - self.k))


def place(judged, most=1000):
    """Return Placed for the answer of a run, beside at most so many right iterations."""
    mixture, figure = judged.case.arguments[1], judged.stage.step.layout[-1]
    path, N = _path(judged, most)
    states = [dict(zip(("Mu", "Var", "P"), mixture, strict=False)), *path]

    def iterations(*names):
        return {t for t, state in enumerate(states)
                if all(name in state and judged.agrees(name, state[name]) for name in names)}

    figures = [float(state[figure]) for state in path]
    return Placed(figures, N, iterations("Mu", "Var", "P"), iterations("post"), iterations(figure))


def _path(judged, most):
    """Return the {part: array} of the right iterations, some beyond the right end, and how many the right ones are.

    On the Netflix matrix, where an iteration takes time, it ends where the log-likelihood has risen past the answer's.
    """
    step, (X, mixture, _) = judged.stage.step, judged.case.arguments
    loop, figure = LOOPS[step.module], step.layout[-1]
    path, N = [], None
    for state in islice(loop.iterate(X, mixture, loop.estep, loop.mstep), most):
        path.append(flatten(state, step.layout)[0])
        if N is None and len(path) > 1 and loop.stop(path[-1][figure], path[-2][figure]):
            N = len(path)
        if N and (len(path) == 3 * N + 100 or (judged.stage.netflix and not path[-1][figure] <= judged.got[figure])):
            break
    return path, N or len(path)


def follows(judged, estep, mstep, most):
    """Return whether em's right loop over steps with those mistakes, tuples of Mistakes, gives the answer of a run."""
    step, (X, mixture, _) = judged.stage.step, judged.case.arguments
    pieces = [{name: piece for mistake in chosen for name, piece in mistake.pieces.items()}
              for chosen in (estep, mstep)]
    with np.errstate(all="ignore"):
        steps = partial(formulas.estep, **pieces[0]), partial(formulas.mstep, **pieces[1])
        state = LOOPS["em"].path(X, mixture, *steps, most=most)[-1]
    given, _ = flatten(state, step.layout)
    return all(judged.agrees(name, given[name]) for name in judged.case.expected)


def begins_with_mstep(judged, most):
    """Return whether the answer is that of a loop which calls mstep before estep."""
    X, mixture, post = judged.case.arguments
    first = formulas.mstep(X, post, mixture)
    path = LOOPS["em"].path(X, first, most=most)
    mixtures = [first, *(state[0] for state in path)]
    given, _ = flatten((mixtures[len(path) - 1], *path[-1][1:]), judged.stage.step.layout)
    return all(judged.agrees(name, given[name]) for name in judged.case.expected)


def first_figures(placed):
    """Say what to compare with, where each step is right by itself and yet the run is not."""
    given = ", ".join(f"{figure:.4f}" for figure in placed.figures[:3])
    return ("One E-step and one M-step are right on this matrix. Print the log-likelihood of each iteration: the right"
            f" ones begin {given}, and the last, of iteration {placed.N}, is {placed.figures[placed.N - 1]:.4f}.")


def misplaced(judged, placed, others):
    """Say what it means that mixture, post and figure are of those iterations; None where they are right.

    Args:
        judged: Judged, the wrong answer.
        placed: Placed of it.
        others: list of Placed of the run's other answers; a stopping rule must fit them as well.
    """
    figure, (k, m, N) = judged.stage.step.layout[-1], (placed.k, placed.m, placed.N)
    module, said = judged.stage.step.module, []
    if m == k - 1 and _ends_with_estep(module, placed, others):
        if k in placed.of_post:
            said.append(f"extra E-step. post and {figure} are computed once more after the last M-step. Return those of"
                        " the E-step before it.")
        else:
            beside = ", beside a post of the E-step before" if m in placed.of_post else ""
            said.append(f"extra E-step. {figure} is computed once more after the last M-step{beside}. Return that of"
                        " the E-step before it.")
        k = m
    elif m == k - 1:
        said.append(f"last M-step missing. The mixture is one M-step older than the course's beside this {figure}:"
                    " leave the loop after the M-step, not between the two steps.")
    elif m == k + 1:
        said.append(f"extra M-step. The mixture is one M-step newer than the course's beside this {figure}: leave the"
                    " loop right after the M-step that follows the last E-step.")
    elif m != k:
        said.append(f"mixture and {figure} are of different iterations, {m} and {k}.")
    if k == placed.k and k not in placed.of_post:
        said.append(f"post is not that of the E-step that {figure} is of.")
    if k != N:
        said.append(_stopping(module, placed, k, others))
    return " ".join(said) or None


def _ends_with_estep(module, placed, others):
    """Return whether a figure one E-step newer than the mixture was computed once more, after a rule that is known.

    Else the last M-step is missing: the figure is that of the iteration at which the loop was left.
    """
    k, N = placed.k, placed.N
    if k in (N, N + 1):
        return k == N + 1
    newer = placed.m in placed.of_post and k not in placed.of_post
    return newer or (bool(_rules(module, placed, others, 1)) and not _rules(module, placed, others, 0))


def _rules(module, placed, others, late):
    """Return the usual wrong rules that stop where the runs stopped, their figures so many E-steps later."""
    if late and len(placed.of_figure) > 1:  # so far converged that iterations cannot be told apart
        return []
    usual = [] if module == "kmeans" else mistakes.STOPPING
    return [one for one in usual
            if all((_stops_at(one.stop, run.figures) or -9) + late in (run.of_figure if late else run.last)
                   for run in [placed, *others])]


def _stopping(module, placed, k, others):
    """Say why a run may have stopped where it did, after iteration k."""
    N = placed.N
    more = " or more" if max(placed.last) == len(placed.figures) else ""  # all that were looked at beyond are alike
    how = f"It stops after {k} iteration{'s' if k > 1 else ''}{more}; the right rule stops after {N}."
    if k == 1:
        return f"stops after one step. {how} Is the return inside the loop, or old set to new before they are compared?"
    rule = mistakes.COST_RULE if module == "kmeans" else mistakes.RULE
    late = placed.k - k  # of the figure, where it is computed anew
    for extra, also in ((0, ""), (1, "an extra iteration. After the rule is met there is one more. And: ")):
        if fitting := _rules(module, placed, others, late + extra):
            return f"{also}{' Or: '.join(f'{one.name}. {one.advice}' for one in fitting)} {rule} {how}"
    if abs(k - N) == 1:
        return f"{'an extra iteration' if k > N else 'one iteration too few'}. {how} {rule}"
    return f"stopping rule. {how} {rule}"


def _stops_at(stop, figures):
    """Return the iteration at which a rule stops, None where it never does."""
    return next((t for t in range(2, len(figures) + 1) if stop(figures[t - 1], figures[t - 2])), None)
