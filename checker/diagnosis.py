"""From wrong answers to a likely mistake: compute the variants of the right formula and see which one gives the answers.

A mistake is named only where it reproduces the wrong answer, and every other answer of the same function to ordinary
input. Where nothing does, nothing is named.
"""

from itertools import islice
from typing import NamedTuple

import numpy as np

from checker import formulas, mistakes
from checker.messages import Mixture
from checker.compare import agree, flatten
from checker.stages import EXACT, LOOPS, em_iterate


class Seen(NamedTuple):
    """What a function answered to one case of a stage."""

    stage: object
    case: object
    got: dict  # part -> array

    @property
    def right(self):
        """Whether the answer is as expected."""
        return all(self.agrees(name, value) for name, value in self.case.expected.items())

    def agrees(self, name, value):
        """Return whether a part of the answer is `value`, as exactly as the stage compares it."""
        if name in self.case.expected:
            return agree(self.got[name], value, self.stage.relative, self.stage.absolute)
        return agree(self.got[name], value, EXACT)


# A step: which variant of the formula gives the answers?


def diagnose(stage, own, others, wrong):
    """Return what is likely wrong in the stage's function, or what is known about it; None where nothing is.

    Args:
        stage: Stage that failed.
        own: list of Seen of this stage.
        others: list of Seen of the function's other stages.
        wrong: names of the parts that differ.
    """
    ordinary = [seen for seen in others if seen.stage.core]
    found = recognise(stage.step, own, others) or recognise(stage.step, own, ordinary)
    if found:
        return _advice(found)
    by_part = _part_by_part(stage.step, own, ordinary, wrong)
    if by_part:
        return by_part
    if stage.if_not_finite and not all(np.isfinite(seen.got[name]).all() for seen in own for name in wrong):
        return stage.if_not_finite
    if stage.only_where and ordinary and all(seen.right for seen in ordinary):
        return f"{stage.step.function} is right on ordinary input and wrong only where {stage.only_where}."
    return None


def recognise(step, own, others):
    """Return the mistakes that give all parts of the answers, the stage's own and those to other input."""
    parts = set(own[0].case.expected)
    return [mistake for mistake in step.mistakes if _fitting_parts(step, mistake, own, others) == parts]


def _part_by_part(step, own, others, wrong):
    """Return the advice of mistakes that give one part of the answers each, where no mistake gives all."""
    fitting = [(mistake, _fitting_parts(step, mistake, own, others) & set(wrong)) for mistake in step.mistakes]
    left, said = set(wrong), []
    while most := max((parts & left for _, parts in fitting), key=len, default=None):  # what explains most comes first
        names = " and ".join(name for name in wrong if name in most)
        said.append(f"{names}: {_advice([mistake for mistake, parts in fitting if parts & left == most])}")
        left -= most
    return " ".join(said) or None


def _fitting_parts(step, mistake, own, others):
    """Return the parts that the mistake gives as they were answered, wherever they were asked for."""
    fitting = set(own[0].case.expected)
    for seen in own + others:
        with np.errstate(all="ignore"):
            variant = step.expect(seen.case.arguments, **mistake.pieces)
        fitting = {name for name in fitting if seen.agrees(name, variant[name])}
        if not fitting:
            break
    return fitting


def _advice(found):
    return " Or: ".join(f"{mistake.name}. {mistake.advice}" for mistake in found)


# A loop: which iterations of the right path does the answer hold?


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


def diagnose_run(seen, others, states, most):
    """Return what is likely wrong in a run; None where nothing is known.

    Args:
        seen: Seen, the wrong answer.
        others: list of Seen of the run's other stages; a stopping rule must fit them as well.
        states: name of each step that run calls -> None where it is right, its Mistake where that is known, else "wrong".
        most: iterations to look at, at most.
    """
    guilty = " and ".join(f"{seen.stage.step.module}.{name}" for name, state in states.items() if state)
    if guilty and "wrong" not in states.values() and _follows(seen, states, most):
        return f"follows from {guilty}: with the mistake found there, run gives exactly this. Mend that; the loop is right."
    # Over a wrong step, a loop that was right elsewhere is not to be blamed.
    placed = None if guilty and any(run.right for run in others) else place(seen, most)
    if placed and placed.found:
        return _misplaced(seen, placed, [run for run in map(place, others) if run.found])
    if guilty:
        return f"{guilty}, which run calls, is wrong: mend that first."
    if _mstep_first(seen, most):
        return ("M-step before the E-step. run begins with mstep, on the post that it is given. The course begins each"
                " iteration with estep.")
    return _first_figures(placed) if seen.stage.netflix else None


def _first_figures(placed):
    """Say what to compare with, where each step is right by itself and yet the run is not."""
    given = ", ".join(f"{figure:.4f}" for figure in placed.figures[:3])
    return (f"One E-step and one M-step are right on this matrix. Print the log-likelihood of each iteration: the right ones"
            f" begin {given}, and the last, of iteration {placed.N}, is {placed.figures[placed.N - 1]:.4f}.")


def place(seen, most=1000):
    """Return Placed for the answer of a run, beside at most so many right iterations."""
    mixture, figure = seen.case.arguments[1], seen.stage.step.layout[-1]
    path, N = _path(seen, most)
    states = [dict(zip(("Mu", "Var", "P"), mixture)), *path]

    def iterations(*names):
        return {t for t, state in enumerate(states)
                if all(name in state and seen.agrees(name, state[name]) for name in names)}

    figures = [float(state[figure]) for state in path]
    return Placed(figures, N, iterations("Mu", "Var", "P"), iterations("post"), iterations(figure))


def _path(seen, most):
    """Return the {part: array} of the right iterations, some beyond the right end, and how many the right ones are.

    On the Netflix matrix, where an iteration takes time, it ends where the log-likelihood has risen past the answer's.
    """
    step, (X, mixture, _) = seen.stage.step, seen.case.arguments
    loop, figure = LOOPS[step.module], step.layout[-1]
    path, N = [], None
    for state in islice(loop.iterate(X, mixture), most):
        path.append(flatten(state, step.layout))
        if N is None and len(path) > 1 and loop.stop(path[-1][figure], path[-2][figure]):
            N = len(path)
        if N and (len(path) == 3 * N + 100 or seen.stage.netflix and not path[-1][figure] <= seen.got[figure]):
            break
    return path, N or len(path)


def _follows(seen, states, most):
    """Return whether the right loop over the mistaken steps gives the answer."""
    step, (X, mixture, _) = seen.stage.step, seen.case.arguments
    if step.module != "em":
        return False
    pieces = [state.pieces if state else {} for state in states.values()]
    with np.errstate(all="ignore"):
        state = formulas.until(formulas.small_improvement, em_iterate(X, mixture, *pieces), most)[-1]
    given = flatten(state, step.layout)
    return all(seen.agrees(name, given[name]) for name in seen.case.expected)


def _mstep_first(seen, most):
    """Return whether the answer is that of a loop which calls mstep before estep."""
    X, mixture, post = seen.case.arguments
    if seen.stage.step.module != "em" or seen.stage.netflix:
        return False
    path = formulas.until(formulas.small_improvement, em_iterate(X, formulas.mstep(X, post, mixture)), most)
    mixtures = [Mixture(*formulas.mstep(X, post, mixture)), *(state[0] for state in path)]
    given = flatten((mixtures[len(path) - 1], *path[-1][1:]), seen.stage.step.layout)
    return all(seen.agrees(name, given[name]) for name in seen.case.expected)


def _misplaced(seen, placed, others):
    """Say what it means that mixture, post and figure are of the iterations that they are of."""
    figure, (k, m, N) = seen.stage.step.layout[-1], (placed.k, placed.m, placed.N)
    said = []
    if m == N and k == N + 1 and k in placed.of_post:
        return (f"extra E-step. post and {figure} are computed once more after the last M-step. Return those of the E-step"
                " before it.")
    if m == N and k == N + 1:
        beside = ", beside a post of the E-step before" if N in placed.of_post else ""
        return f"extra E-step. {figure} is computed once more after the last M-step{beside}. Return that of the E-step before it."
    if m == k - 1:
        said.append(f"last M-step missing. The mixture is one M-step older than the course's beside this {figure}: leave the"
                    " loop after the M-step, not between the two steps.")
    elif m == k + 1:
        said.append(f"extra M-step. The mixture is one M-step newer than the course's beside this {figure}: leave the loop"
                    " right after the M-step that follows the last E-step.")
    elif m != k:
        said.append(f"mixture and {figure} are of different iterations, {m} and {k}.")
    if k not in placed.of_post:
        said.append(f"post is not that of the E-step that {figure} is of.")
    if k != N:
        said.append(_stopping(seen.stage.step.module, placed, others))
    return " ".join(said) or None


def _stopping(module, placed, others):
    """Say why a run may have stopped where it did."""
    k, N = placed.k, placed.N
    more = " or more" if max(placed.last) == len(placed.figures) else ""  # all that were looked at beyond are alike
    how = f"It stops after {k} iteration{'s' if k > 1 else ''}{more}; the right rule stops after {N}."
    if k == 1:
        return f"stops after one step. {how} Is the return inside the loop, or old set to new before they are compared?"
    rule, usual = (mistakes.COST_RULE, []) if module == "kmeans" else (mistakes.RULE, mistakes.STOPPING)
    fitting = [one for one in usual if all(_stops_at(one.stop, run.figures) in run.last for run in [placed, *others])]
    if fitting:
        return f"{' Or: '.join(f'{one.name}. {one.advice}' for one in fitting)} {rule} {how}"
    if abs(k - N) == 1:
        return f"{'an extra iteration' if k > N else 'one iteration too few'}. {how} {rule}"
    return f"stopping rule. {how} {rule}"


def _stops_at(stop, figures):
    """Return the iteration at which a rule stops, None where it never does."""
    return next((t for t in range(2, len(figures) + 1) if stop(figures[t - 1], figures[t - 2])), None)
