"""Which mistakes of the catalogue, alone or together, give exactly the answers of a solution."""

import contextlib
from itertools import combinations, product

import numpy as np

from checker.compare import EXACT, agree

_MOST_ALIKE = 3  # sets of mistakes for one part that are combined with those for other parts


def pieces_of(chosen):
    """Return all pieces of some mistakes."""
    return {name: piece for mistake in chosen for name, piece in mistake.pieces.items()}


class Variants:
    """The right step with mistakes in it, and what it gives for the cases of a check."""

    def __init__(self, step):
        self.step = step
        self.mistakes = [one for mistake in step.mistakes for one in mistake.spellings()]
        self.alone = [(one,) for mistake in step.alone for one in mistake.spellings()]
        self._given = {}

    def give(self, chosen, case):
        """Return {part: array} of the step with the mistakes `chosen`, a tuple of Mistakes; {} if it raises."""
        key = tuple(map(id, chosen)), id(case)
        if key not in self._given:
            with np.errstate(all="ignore"), contextlib.suppress(IndexError, ValueError):
                self._given[key] = self.step.expect(case.arguments, **pieces_of(chosen))
        return self._given.setdefault(key, {})

    def fitting(self, chosen, answers, parts):
        """Return the parts for which the mistakes give the numbers of all the answers (Judged)."""
        for one in answers:
            given = self.give(chosen, one.case)
            parts = {name for name in parts if name in given and one.agrees(name, given[name], nan=True)}
            if not parts:
                break
        return parts

    def told(self, chosen, answers, parts):
        """Return `fitting`, or no part if only NaN speaks for the mistakes: it shows where they are, but not what.

        So a part that the mistakes make NaN must also have a wrong number in one of the answers.
        """
        fitting = self.fitting(chosen, answers, parts)
        pairs = [(self.give(chosen, one.case), self.give((), one.case)) for one in answers] if fitting else []
        for name in {name for given, _ in pairs for name in given if np.isnan(given[name]).any()}:
            both = [(given[name], right[name]) for given, right in pairs if given[name].shape == right[name].shape]
            if all(agree(np.where(np.isnan(given), right, given), right, EXACT) for given, right in both):
                return set()
        return fitting

    def matters(self, mistake, chosen, judged):
        """Return whether the answer to a case would be different without one of the mistakes."""
        rest = tuple(one for one in chosen if one is not mistake)
        given, without = self.give(chosen, judged.case), self.give(rest, judged.case)
        relative = max(judged.stage.relative, 1e-9)
        return any(name not in without or not agree(given[name], without[name], relative, nan=True) for name in given)

    def recognise(self, answers):
        """Return the smallest sets of mistakes, as tuples, that give all parts of all answers; usually one or none."""
        parts, answers = set(answers[0].case.expected), sorted(answers, key=lambda one: one.right)
        for sets in (self._sets(1), self.alone, self._sets(2), self._joined(answers, parts)):
            fits = self.fitting if sets is self.alone else self.told
            if found := [chosen for chosen in sets if fits(chosen, answers, parts) == parts]:
                return _smallest(found)
        return []

    def recognise_alone(self, answers):
        """Return the first of the mistakes that are looked for alone that gives all parts of all answers, in a list."""
        parts = set(answers[0].case.expected)
        return [chosen for chosen in self.alone if self.fitting(chosen, answers, parts) == parts][:1]

    def by_part(self, answers, wrong):
        """Return [(parts, sets of mistakes)]: which mistakes give which of the wrong parts."""
        # Variances that all are the floor say nothing but that they were too small.
        parts = {name for name in wrong if name != "Var" or any((one.got[name] != 0.25).any() for one in answers)}
        fits = {chosen: self.told(chosen, answers, parts) for size in (1, 2) for chosen in self._sets(size)}
        left, found = set(wrong), []
        while most := max((parts & left for parts in fits.values()), key=len, default=set()):
            sets = _smallest([chosen for chosen, parts in fits.items() if parts & left == most])
            found.append(([name for name in wrong if name in most], sets))
            left -= most
        return found

    def _sets(self, size):
        """Return the sets of so many mistakes that can be made together: they share no piece of the step."""
        return filter(_compatible, combinations(self.mistakes, size))

    def _joined(self, answers, parts):
        """Yield larger sets of mistakes, joined from those of the single parts."""
        found = self.by_part(answers, sorted(parts))
        if sum(len(names) for names, _ in found) == len(parts):
            for choice in product(*(sets[:_MOST_ALIKE] for _, sets in found)):
                chosen = tuple({mistake.name: mistake for one in choice for mistake in one}.values())
                if _compatible(chosen):
                    yield chosen


def _compatible(chosen):
    return len(pieces_of(chosen)) == sum(len(mistake.pieces) for mistake in chosen)


def _smallest(sets):
    """Return the sets of the fewest mistakes; of those with the same names, one."""
    fewest, found = min(map(len, sets)), {}
    for chosen in sets:
        if len(chosen) == fewest:
            found.setdefault(tuple(mistake.name for mistake in chosen), chosen)
    return list(found.values())
