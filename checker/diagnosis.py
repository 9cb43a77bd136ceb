"""From wrong answers to a likely mistake: compute the variants of the right formula and see which one gives the answers.

A mistake is named only where it reproduces the wrong answer, and every other answer of the same function to ordinary
input. Where nothing does, nothing is named.
"""

from typing import NamedTuple

import numpy as np

from checker import formulas, mistakes
from checker.compare import agree
from checker.stages import EXACT, PRINTED


class Seen(NamedTuple):
    """What a function answered to one case of a stage."""

    stage: object
    case: object
    got: dict  # part -> array


def diagnose(stage, own, others, wrong):
    """Return what is likely wrong in the stage's function, or what is known about it; None where nothing is.

    Args:
        stage: Stage that failed.
        own: list of Seen of this stage.
        others: list of Seen of the function's other stages; those on ordinary input must fit a mistake as well.
        wrong: names of the parts that differ.
    """
    evidence = own + [seen for seen in others if seen.stage.core]
    found = recognise(stage.step, own, evidence, wrong)
    if found:
        return found
    bad = [name for seen in own for name in wrong if not np.isfinite(seen.got[name]).all()]
    if bad and stage.if_not_finite:
        return stage.if_not_finite
    ordinary = [seen for seen in others if seen.stage.core]
    if stage.only_where and ordinary and all(right(seen) for seen in ordinary):
        return f"{stage.step.function} is right on ordinary input and wrong only where {stage.only_where}."
    return None


def right(seen):
    """Return whether an answer is as expected."""
    return all(agree(seen.got[name], value, seen.stage.relative, seen.stage.absolute)
               for name, value in seen.case.expected.items())


def recognise(step, own, evidence, wrong):
    """Return the advice of the mistakes that reproduce the answers: one for all parts, or else one for each part."""
    fits = {mistake.name: (mistake, fitting_parts(step, mistake, own, evidence)) for mistake in step.mistakes}
    parts = set(own[0].case.expected)
    whole = [mistake for mistake, fitting in fits.values() if fitting >= parts]
    if whole:
        return _advice(whole)
    groups = {}
    for name in wrong:
        explained = [mistake for mistake, fitting in fits.values() if name in fitting]
        if explained:
            groups.setdefault(tuple(mistake.name for mistake in explained), (explained, []))[1].append(name)
    return " ".join(f"{' and '.join(names)}: {_advice(explained)}" for explained, names in groups.values()) or None


def whole_mistake(step, own, evidence):
    """Return the one mistake that reproduces all answers, or None."""
    parts = set(own[0].case.expected)
    whole = [mistake for mistake in step.mistakes if fitting_parts(step, mistake, own, evidence) >= parts]
    return whole[0] if len(whole) == 1 else None


def fitting_parts(step, mistake, own, evidence):
    """Return the parts that the mistake reproduces in all the evidence, if it changes the stage's own result at all."""
    fitting, changes = set(own[0].case.expected), False
    for seen in evidence:
        with np.errstate(all="ignore"):
            variant = step.expect(seen.case.arguments, **mistake.pieces)
        fitting = {name for name in fitting if agree(seen.got[name], variant[name], max(seen.stage.relative, EXACT),
                                                     seen.stage.absolute)}
        if any(seen is one for one in own):
            changes = changes or any(not agree(variant[name], seen.case.expected[name], seen.stage.relative,
                                               seen.stage.absolute) for name in seen.case.expected)
    return fitting if changes else set()


def _advice(found):
    return " Or: ".join(f"{mistake.name}. {mistake.advice}" for mistake in found)


# The loop


def diagnose_run(stage, seen, steps):
    """Return what is likely wrong in a run, found by placing its answer on the path of the right iterations.

    Args:
        stage: Stage of a run that failed.
        seen: Seen, its answer.
        steps: {"estep": None if it is right, a Mistake if that is known, else "wrong"; "mstep": the same}.
    """
    if "LL" not in seen.case.expected:
        return None
    on_path = _place(seen, stage)
    if on_path:
        return on_path
    if stage.step.module != "em" or not any(steps.values()):
        return None
    guilty = " and ".join(name for name, state in steps.items() if state)
    if "wrong" not in steps.values() and _follows(stage, seen, steps):
        return f"follows from {guilty}. With the mistake found there, run gives exactly this; the loop itself is right."
    return f"follows from {guilty}? run calls it, and it is wrong: mend that first."


def _follows(stage, seen, steps):
    """Return whether the right loop over the mistaken steps gives the answer."""
    pieces = {name: (state.pieces if state else {}) for name, state in steps.items()}
    X, mixture, _ = seen.case.arguments
    with np.errstate(all="ignore"):
        last = formulas.run(X, mixture, most=300, estep=lambda *a: formulas.estep(*a, **pieces["estep"]),
                            mstep=lambda *a: formulas.mstep(*a, **pieces["mstep"]))[-1]
    return all(agree(seen.got[name], value, PRINTED) for name, value in _parts(*last).items())


def _parts(mixture, post, log_likelihood):
    return {"Mu": mixture[0], "Var": mixture[1], "P": mixture[2], "post": post, "LL": np.asarray(log_likelihood)}


def _place(seen, stage):
    """Say which iterations the answer's mixture and log-likelihood are of; None where they are of none."""
    X, mixture, _ = seen.case.arguments
    naive = stage.step.module == "naive_em"
    steps = {"estep": formulas.naive_estep, "mstep": lambda X, post, _: formulas.naive_mstep(X, post)} if naive else {}
    right = formulas.run(X, mixture, **steps)
    if len(X) < 1000:
        longer = formulas.run(X, mixture, stop=lambda new, old: False, most=3 * len(right) + 100, **steps)
    else:
        longer = right
    path = [_parts(*state) for state in longer]
    N = len(right)
    close = max(stage.relative, EXACT)

    def iterations(name):
        return [t for t, state in enumerate(path, 1) if agree(seen.got[name], state[name], close, stage.absolute)]

    of_mixture = set(iterations("Mu")) & set(iterations("Var")) & set(iterations("P"))
    start_kept = all(agree(seen.got[name], value, close) for name, value in zip(("Mu", "Var", "P"), mixture))
    of_mixture |= {0} if start_kept else set()
    of_log_likelihood = set(iterations("LL"))
    of_post = set(iterations("post")) & of_log_likelihood
    if not of_log_likelihood or not of_mixture:
        return None
    k = min(of_post or of_log_likelihood, key=lambda t: abs(t - N))
    m = min(of_mixture, key=lambda t: abs(t - k))
    said = []
    if m == k - 1:
        said.append("last M-step missing. The mixture returned is one M-step behind its post: update it before the loop"
                    " is left, as the course does.")
    elif m == k + 1:
        said.append("an extra M-step after the last one that counts. The mixture is one M-step ahead of its post and"
                    " log-likelihood: leave the loop right after the M-step that follows the last E-step.")
    elif m != k:
        said.append(f"The mixture is that of iteration {m}, the log-likelihood that of iteration {k}.")
    if not of_post:
        said.append("post is of another iteration than the log-likelihood.")
    if k != N:
        said.append(_stopping(X, mixture, steps, k, N))
    return " ".join(said) or None


def _stopping(X, mixture, steps, k, N):
    """Say why a run may have stopped after k iterations and not after N."""
    how = f"It stops after {k} iteration{'s' if k > 1 else ''}; the right rule stops after {N}."
    if k == 1:
        return f"stops after one step. {how} Is there a return inside the loop, or no loop, or is old set before the comparison?"
    rules = [rule for rule in mistakes.STOPPING if len(formulas.run(X, mixture, stop=rule.stop, **steps)) == k]
    if rules:
        return " Or: ".join(f"{rule.name}. {rule.advice} {how}" for rule in rules)
    rule = "The course stops when new - old <= 1e-6 * abs(new)."
    if k == N + 1:
        return f"an extra iteration. {how} {rule} Compare before another E-step and M-step are made."
    if k == N - 1:
        return f"one iteration too few. {how} {rule}"
    return f"stopping rule. {how} {rule}"


