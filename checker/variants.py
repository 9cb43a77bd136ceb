"""Which mistakes of the catalogue, alone or together, give exactly the answers that came back."""

from itertools import combinations, product

import numpy as np

from checker.compare import EXACT, agree

_MOST_ALIKE = 3  # sets of mistakes a part that are looked at together with those of other parts


class Variants:
    """The right step with mistakes in it: what it gives for the cases that somebody's step answered."""

    def __init__(self, step):
        self.step = step
        self.mistakes = [one for mistake in step.mistakes for one in mistake.spellings()]
        self._given = {}

    def give(self, chosen, case):
        """Return {part: array} of the step with the mistakes `chosen`, a tuple of Mistakes."""
        key = chosen, id(case)
        if key not in self._given:
            pieces = {name: piece for mistake in chosen for name, piece in mistake.pieces.items()}
            with np.errstate(all="ignore"):
                self._given[key] = self.step.expect(case.arguments, **pieces)
        return self._given[key]

    def fitting(self, chosen, answers, parts):
        """Return which of the parts the mistakes give as they were answered, in all the answers (Judged)."""
        for one in answers:
            given = self.give(chosen, one.case)
            parts = {name for name in parts if one.agrees(name, given[name], nan=True)}
            if not parts:
                break
        return parts

    def told(self, chosen, answers, parts):
        """Return `fitting`, or no part where only NaN speaks for the mistakes.

        NaN shows where something went wrong, but not what: a part that they make NaN must have a wrong number, too, in
        one of the answers.
        """
        fitting = self.fitting(chosen, answers, parts)
        pairs = [(self.give(chosen, one.case), self.give((), one.case)) for one in answers] if fitting else []
        for name in {name for given, _ in pairs for name in given if np.isnan(given[name]).any()}:
            if not any(_wrong_number(given[name], right[name]) for given, right in pairs):
                return set()
        return fitting

    def matters(self, mistake, chosen, judged):
        """Return whether a case would have been answered otherwise without one of the mistakes."""
        rest = tuple(one for one in chosen if one is not mistake)
        given, without = self.give(chosen, judged.case), self.give(rest, judged.case)
        return any(not agree(given[name], without[name], max(judged.stage.relative, 1e-9), nan=True) for name in given)

    def recognise(self, answers):
        """Return the smallest sets of mistakes, as tuples, that give all parts of all answers; usually one, or none."""
        parts, answers = _parts(answers), sorted(answers, key=lambda one: one.right)
        for size in (1, 2):
            found = [chosen for chosen in self._sets(size) if self.told(chosen, answers, parts) == parts]
            if found:
                return _once(found)
        return self._joined(answers, parts)

    def by_part(self, answers, wrong):
        """Return [(parts, sets of mistakes)] of the wrong parts that mistakes give, where none gives all."""
        fits = {chosen: self.told(chosen, answers, set(wrong)) for size in (1, 2) for chosen in self._sets(size)}
        left, found = set(wrong), []
        while True:
            most = max((parts & left for parts in fits.values()), key=len, default=set())
            if not most:
                return found
            fitting = [chosen for chosen, parts in fits.items() if parts & left == most]
            fewest = min(map(len, fitting))
            found.append(([name for name in wrong if name in most],
                          _once(chosen for chosen in fitting if len(chosen) == fewest)))
            left -= most

    def _sets(self, size):
        """Yield the sets of so many mistakes that can be made together: each in other pieces of the step."""
        for chosen in combinations(self.mistakes, size):
            names = [name for mistake in chosen for name in mistake.pieces]
            if len(names) == len(set(names)):
                yield chosen

    def _joined(self, answers, parts):
        """Return sets of more than two mistakes, joined from those of the single parts."""
        found = self.by_part(answers, sorted(parts))
        if sum(len(names) for names, _ in found) < len(parts):
            return []
        joined = []
        for choice in product(*(sets[:_MOST_ALIKE] for _, sets in found)):
            chosen = tuple({mistake.name: mistake for one in choice for mistake in one}.values())
            pieces = [name for mistake in chosen for name in mistake.pieces]
            if len(pieces) == len(set(pieces)) and self.told(chosen, answers, parts) == parts:
                joined.append(chosen)
        return _once(chosen for chosen in joined if len(chosen) == min(map(len, joined)))


def _wrong_number(given, right):
    """Return whether two arrays of one shape differ where the first is not NaN."""
    return given.shape == right.shape and not agree(np.where(np.isnan(given), right, given), right, EXACT)


def _once(sets):
    """Return the sets of mistakes without those that are others written otherwise."""
    found = {}
    for chosen in sets:
        found.setdefault(tuple(mistake.name for mistake in chosen), chosen)
    return list(found.values())


def _parts(answers):
    return {name for one in answers[:1] for name in one.case.expected}
