"""The distinct mistakes of a solution. Many stages may show the same one, or only what follows from it."""

import re
from collections import Counter
from typing import NamedTuple

from checker.complaints import line_of

_PARTS = r"(?:Mu|Var|P|post|LL|cost|X_pred|RMSE|BIC)"
_UNKNOWN, _WHERE = "wrong result, cause not found", "wrong where "


class Cause(NamedTuple):
    """One cause that a Result names."""

    function: str  # em.mstep; of an import, the module
    options: tuple  # the mistakes that it may be: sets of names
    fix: str

    @property
    def name(self):
        return ", or ".join(" and ".join(sorted(names)) for names in self.options)

    @property
    def found(self):
        """Whether it is a mistake by name, and not only where the function is wrong."""
        return self.name != _UNKNOWN and not self.name.startswith(_WHERE)


class Mistake(NamedTuple):
    """A distinct mistake."""

    cause: Cause
    place: str  # file and line, of the function or nearer
    stages: list  # names of those that show it

    @property
    def label(self):
        """In a few words, for who counts how often it was made."""
        return f"{self.cause.function}: {self.cause.name}"


class Mistakes(list):
    """The Mistakes of a solution, in the order in which its Results come."""

    def __init__(self, results=()):
        super().__init__()
        for result in results:
            self.add(result)

    def add(self, result):
        """Note a Result; return what it names: [(number of a mistake or None, name of the mistake or text)]."""
        if not result.wrong:
            return [(None, result.diagnosis)] if result.diagnosis and result.status != "warn" else []
        said = []
        for cause in _causes(result):
            numbers = [] if isinstance(cause, str) else self._known(cause, result) or self._new(cause, result)
            for number in numbers:
                if result.name not in self[number].stages:
                    self[number].stages.append(result.name)
            said += [(number + 1, self[number].cause.name) for number in numbers] or [(None, cause)]
        return said

    def _known(self, cause, result):
        """Return the numbers of the mistakes that a cause is; a cause that says more replaces one that says less."""
        if result.status == "error":
            return [number for number, one in enumerate(self)
                    if one.place == _place(result) and one.cause.options == cause.options][:1]
        own = {number: one.cause for number, one in enumerate(self) if one.cause.function == cause.function}
        for number, other in own.items():
            if other.options == cause.options or not (cause.found or other.found):  # one of unknown cause is enough
                return [number]
            if len(cause.options) == 1 < len(other.options) and cause.options[0] in other.options:
                self[number] = self[number]._replace(cause=cause)
                return [number]
        alone = {other.name: number for number, other in own.items() if len(other.options) == 1}
        return next(([alone[name] for name in names] for names in cause.options if names <= alone.keys()), [])

    def _new(self, cause, result):
        self.append(Mistake(cause, _place(result), []))
        return [len(self) - 1]


def _place(result):
    file, line = result.where or (f"{result.module}.py", None)
    return f"{file}{line_of(line)}"


def _causes(result):
    """Return the Causes in a wrong Result; a text in place of one says what the result follows from."""
    if result.status == "error" and (result.kind or not result.diagnosis):
        fix = f"{result.detail.rstrip('.')}. {result.diagnosis or ''}".strip()
        return [Cause(result.stage, (frozenset([_of_error(result)]),), fix)]
    if not result.diagnosis:
        title = result.name.partition(": ")[2]
        return [Cause(result.stage, (frozenset([_UNKNOWN]),), f"{_UNKNOWN}. In {title}: {result.detail}.")]
    if " Or: " in result.diagnosis:
        options = tuple(frozenset(map(_name, option.split(" And: "))) for option in result.diagnosis.split(" Or: "))
        return [Cause(result.stage, options, result.diagnosis)]
    return [_cause(text, result) for text in result.diagnosis.split(" And: ")]


def _cause(text, result):
    if text.startswith("follows from") or "is also wrong on smaller input" in text:
        return text
    if guilty := re.match(r"(\w+) overwrites ([\w.]*\w)", text):
        step, argument = guilty.groups()
        fix = f"{text} Let {step} work on {argument}.copy()."
        return Cause(f"{result.module}.{step}", (frozenset([_name(text)]),), fix)
    return Cause(result.stage, (frozenset([_name(text)]),), text)


def _name(text):
    """Return the name of a mistake: what stands before the first full stop."""
    if where := re.search(r"is right on \w+ input.*? (?:only where|this one:) (.*?)(?:\. |\.?$)", text):
        return f"{_WHERE}{where[1]}"
    return re.sub(rf"^{_PARTS}(?: and {_PARTS})*: ", "", text).split(". ")[0].rstrip(".")


def _of_error(result):
    if result.kind == "NotImplementedError":
        return "not written yet"
    if "has no function" in result.detail:
        return f"no function {result.detail.rpartition(' ')[2]}"
    return f"raises {result.kind}" if result.kind else "ends without an answer"


def remarks(results):
    """Return {remark: functions} on what is right but untidy; each remark once, with all its places."""
    found, mistakes = {}, {one.cause.function for one in Mistakes(results) if " overwrites " in one.cause.name}
    for result in results:
        for remark in result.remarks:
            if " writes into " not in remark or f"{result.module}.{remark.split()[0]}" not in mistakes:
                found.setdefault(remark, {})[result.stage] = None
    return {remark: list(places) for remark, places in found.items()}


def how_many(all_results):
    """Return [(label of a mistake, how many solutions made it)], the most frequent first."""
    counted = Counter(label for results in all_results for label in {one.label for one in Mistakes(results)})
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
