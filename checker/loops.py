"""A run's answer beside the right iterations: which of them does it hold, and by which rule did the run stop?"""

from functools import partial
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from checker import formulas, mistakes
from checker.compare import flatten
from checker.formulas import LOOPS
from checker.variants import pieces_of

MOST = 1000  # iterations that are looked at


class Placed(NamedTuple):
    """A run's answer beside the right iterations. The start is iteration 0."""

    module: str
    figures: list  # log-likelihood or cost of each iteration, from the first to some beyond the right end
    right_end: int  # where the right rule stops
    mixture: set  # the iterations that have the mixture of the answer; post and figure likewise
    post: set
    figure: set
    handed_back: bool  # whether the post of the answer is the one that the run was given

    @property
    def found(self):
        """Whether the mixture and the figure of the answer are those of some right iteration."""
        return bool(self.figure and self.mixture)

    def ends(self, place, with_post=True):
        """Return the iterations after which a loop that returns things from this Place may have stopped."""
        return {end for end in range(1, len(self.figures) + 1)
                if end + place.mixture in self.mixture and end + place.figure in self.figure
                and (not with_post or end + place.post in self.post)}

    def nearest(self, iterations):
        return min(iterations, key=lambda end: abs(end - self.right_end))


def place(judged, most=MOST):
    """Return Placed of the answer of a run, beside at most `most` right iterations."""
    (_, mixture, post), figure = judged.case.arguments, judged.stage.step.layout[-1]
    path, right_end = _path(judged, most)
    states = [dict(zip(("Mu", "Var", "P"), mixture, strict=False)), *path]

    def iterations(*names):
        return {t for t, state in enumerate(states)
                if all(name in state and judged.agrees(name, state[name]) for name in names)}

    return Placed(judged.stage.step.module, [float(state[figure]) for state in path], right_end,
                  iterations("Mu", "Var", "P"), iterations("post"), iterations(figure), judged.agrees("post", post))


def _path(judged, most):
    """Return {part: array} of each right iteration, to some beyond the right end, and the number of that end."""
    step, (X, mixture, _) = judged.stage.step, judged.case.arguments
    loop, figure = LOOPS[step.module], step.layout[-1]
    path, right_end = [], None
    for state in islice(loop.iterate(X, mixture, loop.estep, loop.mstep), most):
        path.append(flatten(state, step.layout)[0])
        if right_end is None and len(path) > 1 and loop.stop(path[-1][figure], path[-2][figure]):
            right_end = len(path)
        if right_end and (len(path) == 3 * right_end + 100  # on the Netflix matrix, an iteration takes time
                          or (judged.stage.netflix and not path[-1][figure] <= judged.got[figure])):
            break
    return path, right_end or len(path)


def follows(judged, estep, mstep, most):
    """Return whether em's right loop over steps with these Mistakes gives the answer of a run."""
    X, mixture, _ = judged.case.arguments
    steps = partial(formulas.estep, **pieces_of(estep)), partial(formulas.mstep, **pieces_of(mstep))
    with np.errstate(all="ignore"):
        return _is_answer(judged, LOOPS["em"].path(X, mixture, *steps, most=most)[-1])


def begins_with_mstep(judged, most):
    """Return whether a loop that calls mstep before estep gives the answer of a run."""
    X, mixture, post = judged.case.arguments
    first = formulas.mstep(X, post, mixture)
    path = LOOPS["em"].path(X, first, most=most)
    mixtures = [first, *(state[0] for state in path)]
    return _is_answer(judged, (mixtures[len(path) - 1], *path[-1][1:]))


def _is_answer(judged, state):
    given, _ = flatten(state, judged.stage.step.layout)
    return all(judged.agrees(name, given[name]) for name in judged.case.expected)


def misplaced(placed, others):
    """Return what is wrong with a loop whose answer is Placed, or None; a rule must fit its `others`, too."""
    with_post = any(placed.ends(one) for one in mistakes.PLACES)
    fitting = [one for one in mistakes.PLACES if placed.ends(one, with_post) and (with_post or one.post == 0)]
    if not fitting:
        end = placed.nearest(placed.figure)
        mixture = min(placed.mixture, key=lambda t: abs(t - end))
        return f"different iterations. The mixture is of iteration {mixture}, the log-likelihood (or cost) of {end}."
    runs = [placed, *others]
    found = next(chain((one for one in fitting if all(run.right_end in run.ends(one, with_post) for run in runs)),
                       (one for one in fitting if _rules(one, runs)),
                       (one for one in fitting if placed.right_end in placed.ends(one, with_post)), fitting))
    said = found.causes
    if not with_post:
        said.append(str(mistakes.HANDED_BACK) if placed.handed_back
                    else "wrong post. It is not the post of the last E-step.")
    end = placed.nearest(placed.ends(found, with_post))
    if end != placed.right_end:
        said.append(_stopping(found, placed, end, others))
    if placed.module == "kmeans":
        said = [one.replace("log-likelihood (or cost)", "cost").replace("log-likelihood", "cost") for one in said]
    return " And: ".join(said) or None


def _rules(place, runs, extra=0):
    """Return the usual wrong rules by which all runs may have stopped, or stopped `extra` iterations later."""
    usual = [] if runs[0].module == "kmeans" else mistakes.STOPPING
    return [one for one in usual
            if all((_stops_at(one.stop, run.figures) or -9) + extra in run.ends(place, False) for run in runs)]


def _stopping(place, placed, end, others):
    """Return why a run may have stopped after iteration `end`."""
    more = " or more" if len(placed.figures) in placed.ends(place, False) else ""  # all later ones look the same
    how = (f"It stops after {end} iteration{'s' if end > 1 else ''}{more}; the right rule stops after"
           f" {placed.right_end}.")
    if end == 1:
        return f"{mistakes.ONE_STEP.name}. {how} {mistakes.ONE_STEP.advice}"
    rule = mistakes.COST_RULE if placed.module == "kmeans" else mistakes.RULE
    runs = [placed, *others]
    if fitting := _rules(place, runs):
        return f"{' Or: '.join(map(str, fitting))} {rule} {how}"
    if abs(end - placed.right_end) == 1:
        name = "an extra iteration" if end > placed.right_end else "one iteration too few"
        return f"{name}. {how} {rule}"
    if fitting := _rules(place, runs, extra=1):
        return (f"an extra iteration. After the rule is met there is one more. And:"
                f" {' Or: '.join(map(str, fitting))} {rule} {how}")
    return f"stopping rule. {how} {rule}"


def _stops_at(stop, figures):
    return next((t for t in range(2, len(figures) + 1) if stop(figures[t - 1], figures[t - 2])), None)
