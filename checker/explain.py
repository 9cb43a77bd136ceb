"""Why an answer is wrong: a list of causes, each with an experiment that confirms or refutes it.

A cause is named only if exchanging it makes the result right: their steps for ours, their arguments for copies, their
loop for ours, a piece of the right formula for the mistaken one. Causes are tried in the order of CAUSES, from the
nearest to the wrong number to the furthest, and the first that is confirmed is named. To add one, write a function
(evidence, bad) -> Finding or None and put it into the list.
"""

import math
import re
from typing import NamedTuple

import numpy as np

from checker import loops, mistakes
from checker.compare import compare, leaves

_SINGLE = 1e-4  # relative tolerance of results in single precision
_SOON = 2.0  # CPU seconds that an experiment may take which is done on suspicion


class Finding(NamedTuple):
    """A cause that was confirmed."""

    text: str
    status: str | None = None  # of the stage, where it is another than was thought
    detail: str | None = None


def explain(evidence, bad):
    """Return the Finding of the first cause that is confirmed; None where none is."""
    if bad.unwritten:
        return None
    found = next((found for cause in CAUSES if (found := cause(evidence, bad))), None)
    remarks = " ".join(bad.verdict.remarks) if bad.verdict else ""
    return _and(found, Finding(remarks) if remarks else None)


def _and(one, other):
    """Return a Finding of two, either of which may be None."""
    return one._replace(text=f"{one.text} And: {other.text}") if one and other else one or other


# Causes in a step


def form(evidence, bad):
    """The right numbers in a wrong arrangement; with other causes where the numbers are wrong too."""
    if bad.verdict is None or not bad.verdict.form:
        return None
    more = mistaken(evidence, bad) if bad.got and bad.verdict.differing else None
    return Finding(f"{bad.verdict.form} {more.text}" if more else bad.verdict.form)


def mistaken(evidence, bad):
    """Mistakes of the catalogue: the right formula with those pieces gives exactly what came back."""
    step = bad.stage.step
    if not bad.got or not step.mistakes:
        return None
    variants, found = evidence.known(step.name)
    parts, ordinary = set(bad.case.expected), evidence.ordinary(bad)
    fitting = [chosen for chosen in found if variants.fitting(chosen, [bad], parts) == parts]
    if not fitting and not bad.stage.large:
        fitting = variants.recognise([bad, *ordinary])
    if fitting:
        sets = dict.fromkeys(tuple(one for one in chosen if variants.matters(one, chosen, bad)) for chosen in fitting)
        return Finding(_advice([chosen for chosen in sets if chosen] or fitting))
    if not bad.stage.large and {"Var", "P"} <= parts:
        turned = [one if one.verdict.form else one._replace(got={**one.got, "Var": one.got["P"], "P": one.got["Var"]})
                  for one in [bad, *ordinary]]
        if fitting := variants.recognise(turned):
            return Finding(f"wrong order: Var, P are returned as P, Var. And: {_advice(fitting)}")
    found = [] if bad.stage.large else variants.by_part([bad, *ordinary], bad.verdict.differing)
    return Finding(" ".join(f"{' and '.join(names)}: {_advice(sets)}" for names, sets in found)) if found else None


def _advice(sets):
    """Return names and advice of the mistakes of each set."""
    return " Or: ".join(" And: ".join(f"{mistake.name}. {mistake.advice}" for mistake in chosen) for chosen in sets)


def remembered(evidence, bad):
    """The same call is right when the modules are imported anew."""
    step = bad.stage.step
    if bad.lost or bad.endless or bad.answer.seconds > _SOON or not evidence.answered[step.name]:
        return None
    if (not bad.exchange.ours and evidence.wrong_steps(step)) or not evidence.again(bad, fresh=True).right:
        return None
    return Finding(str(mistakes.REMEMBERED), "fail", "wrong here, but right as the first call after the import")


def covariance(evidence, bad):
    """A d x d covariance, or its inverse, where one variance serves: with that alone the call ends, or is right."""
    names = re.findall(r"multivariate_normal|linalg\.\w+|\b(?:inv|pinv|det|slogdet|solve)(?=\()",
                       evidence.solution.text(bad.stage.step.module))
    if not names or (bad.verdict is not None and np.isfinite(bad.verdict.largest)) or bad.endless:
        return None
    instead = evidence.again(bad, spherical=True)
    late = bad.answer.status == "timeout"
    if not instead.right and not (late and instead.verdict):
        return None
    what = ("slow, since it works on d x d numbers for each user and component" if late else
            "wrong here: without ratings there is no such matrix to work on")
    text = (f"a d x d covariance. {' and '.join(sorted(set(names)))} is {what}. The covariance is var times the"
            " identity: the density needs |C_u|, var[j] and the squared distance alone,"
            " -|C_u|/2 log(2 pi var) - distance / (2 var).")
    return _and(Finding(text), None if instead.right else not_finite(evidence, instead))


def single_precision(evidence, bad):
    """An answer is nearly right, and its arrays cannot hold it better."""
    if bad.got and any(array.dtype == np.float32 for array in leaves(bad.answer.value)) \
            and not compare(bad.got, bad.case.expected, _SINGLE)[1].wrong:
        return Finding(f"single precision: {bad.stage.step.function} returns float32. Work in float64.")
    return None


def not_finite(evidence, bad):
    """NaN or infinity, whose usual reason the stage knows."""
    if bad.stage.if_not_finite and bad.got and not all(np.isfinite(bad.got[name]).all() for name in bad.verdict.wrong):
        return Finding(bad.stage.if_not_finite)
    return None


def only_here(evidence, bad):
    """Right on ordinary input: what this input has that ordinary input has not, or where less input shows the same."""
    smaller = next((name for name, one in evidence.bad.items()
                    if one.stage.step is bad.stage.step and not one.stage.netflix), None)
    if bad.verdict and bad.stage.netflix and smaller:
        return Finding(f"{bad.stage.step.function} is wrong on less input, too: mend {smaller} first.")
    ordinary = evidence.ordinary(bad)
    if bad.verdict and bad.stage.only_where and ordinary and all(one.right for one in ordinary):
        return Finding(f"{bad.stage.step.function} is right on ordinary input and wrong only where"
                       f" {bad.stage.only_where}.")
    return None


# Causes in a run


def overwriting(evidence, bad):
    """Steps that overwrite their arguments: given copies the run is right, or is once other mistakes are mended."""
    step = bad.stage.step
    said = [f"{need} overwrites {' and '.join(sorted(evidence.changed[f'{step.module}.{need}']))}"
            for need in step.needs if evidence.changed[f"{step.module}.{need}"]]
    if not said or bad.exchange.ours or _hopeless(evidence, bad):
        return None
    found = Finding(f"{', '.join(said)}. {step.function} goes on with what is left: given copies, it is right.")
    with_copies = evidence.again(bad, copies=True)
    if with_copies.right:
        return found
    guilty = evidence.wrong_steps(step)
    for other, exchange in ((loop, {"loop": True}), *([(follows, {"ours": guilty})] if guilty else [])):
        if evidence.again(bad, copies=True, **exchange).right and not evidence.again(bad, **exchange).right:
            return _and(found, other(evidence, with_copies))
    return None


def follows(evidence, bad):
    """Steps that are wrong: with ours in their place, or with the mistakes found in them, the run is explained."""
    step = bad.stage.step
    if step.function != "run" or bad.exchange.ours:
        return None
    guilty = evidence.wrong_steps(step)
    return _with_what_was_found(evidence, bad, guilty) or _with_ours(evidence, bad, guilty)


def _with_what_was_found(evidence, bad, guilty):
    """The right loop over steps with the mistakes that were found in them gives exactly what came back."""
    step = bad.stage.step
    if not guilty or step.module != "em" or not bad.got:
        return None
    sets = {need: evidence.known(f"{step.module}.{need}")[1] if need in guilty else [()] for need in step.needs}
    if any(len(found) != 1 for found in sets.values()) \
            or not loops.follows(bad, sets["estep"][0], sets["mstep"][0], _most(evidence, bad)):
        return None
    named = " and ".join(f"em.{need}: {', '.join(mistake.name for mistake in sets[need][0])}" for need in guilty)
    alone = [one for one in evidence.bad.values() if one.stage.step is step and not one.stage.end_to_end]
    right = "" if alone else " The loop is right."
    return Finding(f"follows from {named}. With what was found there, run gives exactly this: mend that first.{right}")


def _with_ours(evidence, bad, guilty):
    """With our steps in place of theirs, first of one alone, the run is right."""
    step = bad.stage.step
    tried = [(need,) for need in guilty] if not _hopeless(evidence, bad) else []
    for ours in [*tried, *([step.needs] if guilty or bad.verdict is None else [])]:
        other = evidence.again(bad, ours=ours)
        alone = len(ours) < len(step.needs)
        if other.right and (alone or (other.answer.calls and bad.answer.status != "timeout")):
            named = " and ".join(f"{step.module}.{need}" for need in ours if need in guilty or not guilty)
            mended = (f"With our {ours[0]} in its place run is right: mend that first." if alone else
                      "With ours in their place run is right: mend them first.")
            return Finding(f"follows from {named}. {mended}")
    return None


def _hopeless(evidence, bad):
    """Whether the same call, with their steps in it, is not worth another try: it takes too long."""
    return bad.stage.netflix and (bad.answer.status == "timeout" or bad.answer.seconds > evidence.plan.timeout / 4)


def _most(evidence, bad):
    return 2 * evidence.plan.netflix.iterations + 20 if bad.stage.netflix else loops.MOST


def loop(evidence, bad):
    """The loop itself: it returns right iterations, but not those that belong together, or not the last ones."""
    step = bad.stage.step
    if step.function != "run":
        return None
    if bad.endless:
        return endless(evidence, bad)
    if not bad.got:
        return None
    if not bad.exchange.ours and evidence.wrong_steps(step):  # with the right steps, what is left is the loop's
        bad = evidence.again(bad, ours=step.needs)
        if not bad.got or bad.right or not bad.answer.calls:
            return None
    most = _most(evidence, bad)
    placed = loops.place(bad, most)
    if placed.found:
        others = [loops.place(one) for one in evidence.answers[step.name]
                  if one.got and one.case is not bad.case and not one.stage.netflix]
        said = loops.misplaced(placed, [one for one in others if one.found])
        return Finding(said) if said else None
    if step.module == "em" and not bad.stage.netflix and loops.begins_with_mstep(bad, most):
        return Finding(str(mistakes.FIRST_MSTEP))
    return Finding(loops.first_figures(placed)) if bad.stage.netflix and not evidence.wrong_steps(step) else None


def endless(evidence, bad):
    """A loop that goes on: with our steps too, or only with theirs?"""
    step = bad.stage.step
    if not bad.exchange.ours:
        bad = evidence.again(bad, ours=step.needs)
    if not bad.endless:
        return None
    rule = (mistakes.COST_RULE if step.module == "kmeans" else
            f"{mistakes.RULE} Is abs left out, though log-likelihoods are negative?")
    return Finding(f"it is the loop that does not end: with our estep and mstep it goes on too. {rule}")


def unfinished(evidence, bad):
    """A run over right steps that needs longer: how long, by what the steps take and how many iterations are right."""
    if bad.answer.status != "timeout" or bad.stage.step.function != "run":
        return None
    if bad.stage.netflix and (needed := seconds_needed(evidence)):
        return Finding(needed.reason, None, needed.detail)
    step = bad.stage.step
    instead = evidence.again(bad, ours=step.needs)
    if instead.endless or not instead.right or not instead.answer.calls:
        return endless(evidence, instead) if instead.endless else None
    slowest = [max((result.seconds for result in evidence.results.values() if result.stage == f"{step.module}.{need}"),
                   default=0.0) for need in step.needs]
    took = " and ".join(f"{need} took up to {seconds:.2g} s"
                        for need, seconds in zip(step.needs, slowest, strict=False))
    return Finding("the loop is right: with our estep and mstep it ends, and rightly. Of theirs,"
                   f" {took} on small input.")


class Needed(NamedTuple):
    """How long a run on the Netflix matrix would take."""

    seconds: float
    reason: str

    @property
    def detail(self):
        return f"not finished: about {self.seconds:.0f} s needed, --timeout {_round_up(1.5 * self.seconds)}"


def seconds_needed(evidence):
    """Return Needed, by the steps on the same matrix; None where one of them did not answer rightly there."""
    steps = [evidence.results.get(f"em.{name}: Netflix") for name in ("estep", "mstep")]
    if not all(step and step.status in ("pass", "warn") for step in steps):
        return None
    one, iterations = sum(step.seconds for step in steps), evidence.plan.netflix.iterations
    return Needed(one * iterations,
                  f"One E-step and one M-step take {one:.2g} s, and {iterations} iterations are needed. Use NumPy on"
                  " whole arrays in place of loops over ratings, or give a longer --timeout.")


def _round_up(seconds):
    """Return a number of seconds that people would write: 1, 2, 3 or 5 with noughts behind it."""
    size = 10 ** math.floor(math.log10(max(seconds, 1)))
    return next(int(digit * size) for digit in (1, 2, 3, 5, 10) if digit * size >= seconds)


CAUSES = [form, mistaken, overwriting, follows, loop, remembered, covariance, single_precision, not_finite, only_here,
          unfinished]
