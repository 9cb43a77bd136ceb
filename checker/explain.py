"""Why an answer is wrong: a list of causes, each with an experiment that confirms or refutes it.

The checker names a mistake only if an exchange confirms it: with a wrong piece, the right formula gives their numbers;
or with our steps in place of theirs, or with copies of their arguments, their result is right. Only where there is no
finite result, or where other input gives the right one, it says what it saw and what is special about this input.
Causes are tried in the order of CAUSES, and the first that fits is named. To add one, write a function (evidence, bad)
-> Finding or None and put it into the list; if it concerns runs alone, also into OF_RUNS.
"""

import ast
import math
import re
from typing import NamedTuple

import numpy as np

from checker import loops, mistakes, notebook
from checker.compare import compare, leaves
from checker.evidence import EXPERIMENT
from checker.exchanges import MIXTURE, POST
from checker.formulas import Mixture
from checker.solution import MODULES
from checker.stages import STEPS, Case

_SINGLE = 1e-4  # relative tolerance of results in single precision
_SOON = 2.0  # CPU seconds that an experiment on a mere suspicion may take


class Finding(NamedTuple):
    """A confirmed cause."""

    text: str
    status: str | None = None  # of the stage, if the cause changes it
    detail: str | None = None
    seconds: float = 0.0  # that a run needs


def explain(evidence, bad):
    """Return the Finding of the first cause that is confirmed; None where none is."""
    if bad.unwritten:
        return None
    causes = [cause for cause in CAUSES if cause not in OF_RUNS or bad.stage.step.function == "run"]
    return next((found for cause in causes if (found := cause(evidence, bad))), None)


def _and(one, other):
    return one._replace(text=f"{one.text} And: {other.text}") if one and other else one or other


# Causes in a step


def form(evidence, bad):
    """A wrong form: shape or order. If the numbers are wrong as well, their mistakes are named, too."""
    if bad.verdict is None or not bad.verdict.form:
        return None
    if found := hard_coded(evidence, bad):
        return found
    more = mistaken(evidence, bad) if bad.got and bad.verdict.differing else None
    return _and(Finding(bad.verdict.form), more)


def mistaken(evidence, bad):
    """Mistakes of the catalogue: the right formula with these pieces gives exactly the numbers of the answer."""
    step = bad.stage.step
    if not bad.got or not step.mistakes:
        return None
    variants, found = evidence.known(step.name)
    parts = set(bad.case.expected)
    fitting = [chosen for chosen in found if variants.fitting(chosen, [bad], parts) == parts]
    if fitting:
        sets = dict.fromkeys(tuple(one for one in chosen if variants.matters(one, chosen, bad)) for chosen in fitting)
        return Finding(_advice([chosen for chosen in sets if chosen] or fitting))
    # An answer of another form, or that is not finite, may be wrong for another reason.
    alike = [one for one in evidence.small(step.name) if one.verdict.form == bad.verdict.form
             and all(value is None or np.isfinite(value).all() for value in one.got.values())]
    found = [] if bad.stage.large else variants.by_part([bad, *alike], bad.verdict.differing)
    if [sorted(names) for names, _ in found] == [sorted(bad.verdict.differing)]:
        return Finding(_advice(found[0][1]))
    said = " And: ".join(f"{' and '.join(names)}: {_advice(sets)}" for names, sets in found)
    return Finding(said) if found else None


def _advice(sets):
    """Return names and advice of the mistakes of each set."""
    return " Or: ".join(" And: ".join(map(str, chosen)) for chosen in sets)


def remembered(evidence, bad):
    """The same call is right after the modules are imported again."""
    step = bad.stage.step
    if bad.lost or bad.endless or bad.answer.seconds > _SOON or not evidence.answered[step.name]:
        return None
    if (not bad.exchange.ours and evidence.wrong_steps(step)) or not evidence.again(bad, fresh=True).right:
        return None
    return Finding(str(mistakes.REMEMBERED), "fail", "wrong here, but right as the first call after the import")


def bounded(evidence, bad):
    """A bound on the variance that is not the course's: with it, the right formula gives all answers."""
    step = bad.stage.step
    if step.name != "em.mstep" or not bad.got or bad.verdict.differing != ("Var",):
        return None
    answers = [one for one in evidence.answers[step.name] if one.got and not one.stage.large]
    j = np.flatnonzero(bad.got["Var"] != bad.case.expected["Var"])[0]
    found, old = bad.got["Var"][j], bad.case.arguments[2].var[j]
    if len([one for one in answers if not one.right]) == 1:  # one answer alone does not tell a bound
        X, post, mixture = bad.case.arguments
        other = (0.9 * X[1:], post[1:], mixture._replace(mu=0.9 * mixture.mu))
        answers.append(evidence.call(bad.stage, Case(other, step.expect(other)), EXPERIMENT))
        if not answers[-1].got:
            return None
    bounds = {
        f"exceeds {found:.4g}": {"cap": lambda var, _: np.minimum(var, found)},
        f"exceeds the old one by more than {found - old:.4g}":
            {"cap": lambda var, old_var: np.minimum(var, old_var[0] + (found - old))},
        f"exceeds {found / old:.4g} times the old one":
            {"cap": lambda var, old_var: np.minimum(var, old_var[0] * (found / old))},
        f"falls below {found:.4g}": {"floor": lambda var: np.maximum(var, found)},
    }
    for said, pieces in bounds.items():
        with np.errstate(all="ignore"):
            given = [step.expect(one.case.arguments, **pieces) for one in answers]
        if all(one.agrees(name, value[name]) for one, value in zip(answers, given, strict=True) for name in value) \
                and sum(one.verdict.wrong != () for one in answers) > 1:
            return Finding(f"{mistakes.BOUND.name}. It never {said}. Its only bound is from below, min_variance, which"
                           " is 0.25 by default.")
    return None


def covariance(evidence, bad):
    """Functions of d x d matrices: with the formula for var[j] times the identity in their place, the call is right."""
    source = "".join(map(evidence.solution.text, MODULES))
    if bad.endless or bad.exchange.quick or not re.search("multivariate_normal|linalg", source):
        return None
    other = evidence.again(bad, quick=True)
    if not other.right or not other.answer.replaced:
        return None
    took = f" and takes {other.answer.seconds:.1f} s" if bad.answer.status == "timeout" else ""
    replaced = other.answer.replaced
    return Finding(f"{mistakes.COVARIANCE.name}: {', '.join(replaced)}. With the formula for var[j] times the identity"
                   f" in place of {'it' if len(replaced) == 1 else 'them'}, the same call is right{took}."
                   f" {mistakes.COVARIANCE.advice}")


def hard_coded(evidence, bad):
    """A number in the code that X must have as rows or columns: on data of that size, the call is right."""
    step = bad.stage.step
    if step.function == "run" or bad.stage.large or bad.lost or "X" not in step.arguments or bad.unwritten:
        return None
    wrong = [bad, *(one for one in evidence.bad.values() if one.stage.step is step and not one.stage.large)]
    for axis, what, least, most in ((0, "rows", 10, 2000), (1, "columns", 2, 30)):
        now = bad.case.arguments[0].shape[axis]
        for size in _numbers(evidence.solution.text(step.module), most):
            if size != now and size >= least and not _right_for(size + 1, axis, evidence, bad) \
                    and all(_right_for(size, axis, evidence, one) for one in wrong):
                return Finding(f"{size} in the code. {step.function} is right for data of {size} {what}, but not of"
                               f" {now}. Use X.shape[{axis}].")
    return None


def _numbers(source, most):
    tree = notebook.parsed(source)
    found = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is int
             and 2 <= node.value <= most} if tree else ()
    return sorted(found, reverse=True)[:6]


def _right_for(size, axis, evidence, bad):
    """Return whether a call is right on data with this number of rows or columns."""
    now = bad.case.arguments[0].shape[axis]

    def resized(value, axis):
        return np.moveaxis(np.resize(other := np.moveaxis(value, axis, 0), (size, *other.shape[1:])), 0, axis)

    def of_size(value):
        if isinstance(value, Mixture):
            return value._replace(mu=resized(value.mu, 1)) if axis else value
        return resized(value, axis) if isinstance(value, np.ndarray) and value.shape[axis] == now else value

    arguments = tuple(map(of_size, bad.case.arguments))
    return evidence.call(bad.stage, Case(arguments, bad.stage.step.expect(arguments)), EXPERIMENT).right


def naive_mstep(evidence, bad):
    """An mstep of em.py that cannot be called with a mixture, but without one."""
    if bad.stage.step.name != "em.mstep" or bad.verdict or bad.answer.status != "error" \
            or "TypeError" not in bad.answer.error["kinds"]:
        return None
    arguments = bad.case.arguments[:2]
    case = bad.case._replace(arguments=arguments, expected=STEPS["naive_em.mstep"].expect(arguments))
    without = evidence.call(bad.stage, case, EXPERIMENT)
    if not without.got:
        return None
    naive = "This is the M-step of naive EM. " if without.right else ""
    return Finding(f"no mixture. mstep takes X and post only. {naive}The course calls mstep(X, post, mixture): a mean"
                   " with a support below 1 keeps its old value, mixture.mu[j, i].")


def single_precision(evidence, bad):
    """The answer is nearly right, and its arrays have too few digits."""
    if bad.got and any(array.dtype == np.float32 for array in leaves(bad.answer.value)) \
            and not compare(bad.got, bad.case.expected, _SINGLE)[1].wrong:
        return Finding(f"{mistakes.SINGLE.name}. {bad.stage.step.function} returns float32. {mistakes.SINGLE.advice}")
    return None


def not_finite(evidence, bad):
    """NaN or infinity: the stage knows the usual reason."""
    if bad.stage.if_not_finite and bad.got and evidence.right_on_ordinary(bad) \
            and not all(np.isfinite(bad.got[name]).all() for name in bad.verdict.wrong):
        return Finding(bad.stage.if_not_finite)
    return None


def misfit(evidence, bad):
    """Something else is returned than the values that the course's function returns."""
    if not bad.verdict or bad.got:
        return None
    ask = " Is a return statement missing?" if "nothing (None)" in bad.verdict.detail else ""
    name = "wrong order" if "another order" in bad.verdict.detail else mistakes.MISFIT.name
    return Finding(f"{name}. {bad.verdict.detail}.{ask}")


def only_here(evidence, bad):
    """Right on ordinary input: what is special about this input, or which smaller input shows the same."""
    step, special = bad.stage.step, bad.stage.only_where
    smaller = next((name for name, one in evidence.bad.items()
                    if one.stage.step is step and not one.stage.netflix), None)
    if not bad.verdict:
        return None
    if bad.stage.netflix and smaller:
        return Finding(f"{step.function} is also wrong on smaller input. Fix {smaller} first.")
    if special and evidence.right_on_ordinary(bad):
        return Finding(f"{step.function} is right on ordinary input, but not on this one: {special}.")
    if bad.case.label and any(one.right for one in evidence.answers[step.name]):
        return Finding(f"{step.function} is right on other input, but not on this one: {bad.case.label}.")
    return None


# Causes in a run


def overwriting(evidence, bad):
    """Steps that overwrite their arguments: with copies the run is right, or something else explains what is left."""
    step = bad.stage.step
    said = [f"{need} overwrites {' and '.join(sorted(evidence.changed[f'{step.module}.{need}']))}"
            for need in step.needs if evidence.changed[f"{step.module}.{need}"]]
    if not said or bad.exchange.ours or bad.exchange.copies or _too_slow(evidence, bad):
        return None
    found = f"{', '.join(said)}. {step.function} then uses the changed values."
    with_copies = evidence.again(bad, copies=True)
    if with_copies.right:
        return Finding(f"{found} With copies, {step.function} is right.")
    if with_copies.got and not (bad.got and all(bad.agrees(*part, nan=True) for part in with_copies.got.items())):
        return _and(Finding(found), explain(evidence, with_copies))
    return None


def stale(evidence, bad):
    """A loop that gives a step something old: with what the other step had or returned, the run is right."""
    if bad.lost or bad.endless or bad.exchange.current or _too_slow(evidence, bad):
        return None
    for what, cause in mistakes.STALE.items():
        other = evidence.again(bad, current=what) if bad.stage.step.module == "em" or what != MIXTURE else bad
        if other.right:
            return Finding(str(cause))
        if what == POST and other.got and other.verdict.wrong == ("post",) != bad.verdict.wrong \
                and other.agrees("post", bad.case.arguments[2]):  # what is returned was not exchanged
            return Finding(f"{cause} And: {mistakes.HANDED_BACK}")
    return None


def follows(evidence, bad):
    """Wrong steps: our steps in their place, or the mistakes that were found in them, explain the run."""
    guilty = evidence.wrong_steps(bad.stage.step)
    if bad.exchange.ours:
        return None
    return _with_what_was_found(evidence, bad, guilty) or _with_ours(evidence, bad, guilty)


def _with_what_was_found(evidence, bad, guilty):
    """The right loop over steps with the mistakes that were found gives exactly the answer."""
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
    them = "it" if len(guilty) == 1 else "them"
    return Finding(f"follows from {named}. This explains all numbers of run. Fix {them} first.{right}")


def _with_ours(evidence, bad, guilty):
    """With our steps in place of theirs, one alone or both, the run is right."""
    step = bad.stage.step
    tried = [(need,) for need in guilty] if not _too_slow(evidence, bad) else []
    for ours in [*tried, *([step.needs] if guilty or bad.verdict is None else [])]:
        other = evidence.again(bad, ours=ours)
        alone = len(ours) < len(step.needs)
        if other.right and (alone or (other.answer.calls and bad.answer.status != "timeout")):
            named = " and ".join(f"{step.module}.{need}" for need in ours if need in guilty or not guilty)
            place, them = ("its", "it") if alone else ("their", "them")
            return Finding(f"follows from {named}. With ours in {place} place, run is right. Fix {them} first.")
    return None


def _too_slow(evidence, bad):
    """Whether the same call with their steps takes too long to be tried again."""
    return bad.stage.netflix and (bad.answer.status == "timeout" or bad.answer.seconds > evidence.plan.timeout / 4)


def _most(evidence, bad):
    return 2 * evidence.plan.netflix.iterations + 20 if bad.stage.netflix else loops.MOST


def loop(evidence, bad):
    """The loop itself: it returns parts of different iterations, or stops at the wrong one."""
    step = bad.stage.step
    if bad.endless:
        return endless(evidence, bad)
    if not bad.got:
        return None
    if not bad.exchange.ours and evidence.wrong_steps(step):  # with the right steps, the loop alone is wrong
        bad = evidence.again(bad, ours=step.needs)
        if not bad.got or bad.right or not bad.answer.calls:
            return None
        if found := stale(evidence, bad):
            return found
    most = _most(evidence, bad)
    placed = loops.place(bad, most)
    if placed.found:
        others = [loops.place(one) for one in evidence.answers[step.name]
                  if one.got and one.case is not bad.case and not one.stage.netflix]
        said = loops.misplaced(placed, [one for one in others if one.found])
        return Finding(said) if said else None
    if step.module == "em" and not bad.stage.netflix and loops.begins_with_mstep(bad, most):
        return Finding(str(mistakes.FIRST_MSTEP))
    return None


def endless(evidence, bad):
    """A loop that does not end with our steps either."""
    step = bad.stage.step
    if not bad.exchange.ours:
        bad = evidence.again(bad, ours=step.needs)
    if not bad.endless:
        return None
    rule = mistakes.COST_RULE if step.module == "kmeans" else mistakes.RULE
    if step.module != "kmeans" and "abs" not in evidence.solution.text(step.module):
        rule = f"{rule} {mistakes.ENDLESS.advice}"
    return Finding(f"{mistakes.ENDLESS.name}. With our estep and mstep it does not end either. {rule}")


def unfinished(evidence, bad):
    """A run on the Netflix matrix that did not end in time: how long it would take, if its steps are right."""
    return seconds_needed(evidence) if bad.answer.status == "timeout" and bad.stage.netflix else None


def seconds_needed(evidence):
    """Return the Finding of how long a run on the Netflix matrix takes; None if one of its steps is not right there."""
    steps = [evidence.results.get(f"em.{name}: Netflix") for name in ("estep", "mstep")]
    if not all(step and step.status in ("pass", "warn") for step in steps):
        return None
    one, iterations = sum(step.seconds for step in steps), evidence.plan.netflix.iterations
    seconds = one * iterations
    reason = (f"One E-step and one M-step take {one:.2g} s, and {iterations} iterations are needed. Use NumPy on whole"
              " arrays in place of loops over ratings, or set a longer --timeout.")
    detail = f"not finished: about {seconds:.0f} s needed, so use --timeout {math.ceil(2 * seconds)}"
    return Finding(reason, None, detail, seconds)


CAUSES = [form, mistaken, hard_coded, naive_mstep, overwriting, stale, follows, loop, remembered, covariance, bounded,
          single_precision, not_finite, misfit, only_here, unfinished]
OF_RUNS = stale, follows, loop, unfinished
