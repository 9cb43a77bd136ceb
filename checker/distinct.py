"""The distinct mistakes of a solution. Many stages may show the same one, or only what follows from it."""

import re
from collections import Counter
from typing import NamedTuple

from checker.complaints import line_of

_PARTS = r"(?:Mu|Var|P|post|LL|cost|X_pred|RMSE|BIC)"
_UNKNOWN, _WHERE = "wrong result, cause not found", "wrong where "


class Mistake(NamedTuple):
    """A distinct mistake: one cause in one function."""

    function: str  # em.mstep; of an import, the module
    options: tuple  # what it may be: sets of names
    fix: str
    place: str  # file and line, of the function or nearer
    stages: list  # names of those that show it

    @property
    def name(self):
        return ", or ".join(" and ".join(sorted(names)) for names in self.options)

    @property
    def found(self):
        """Whether it is a mistake by name, and not only where the function is wrong."""
        return self.name != _UNKNOWN and not self.name.startswith(_WHERE)

    @property
    def label(self):
        """In a few words, for who counts how often it was made."""
        return f"{self.function}: {self.name}"


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
        for one in _causes(result):
            numbers = [] if isinstance(one, str) else self._numbers(one, result.status == "error")
            for number in numbers:
                if result.name not in self[number].stages:
                    self[number].stages.append(result.name)
            said += [(number + 1, self[number].name) for number in numbers] or [(None, one)]
        return said

    def _numbers(self, new, raised):
        """Return the numbers of a Mistake, known or new; one that says more replaces one that says less."""
        for number, one in enumerate(self):
            same = one.options == new.options
            if raised and same and one.place == new.place:
                return [number]
            if raised or one.function != new.function:
                continue
            if same or not (new.found or one.found):  # one of unknown cause is enough
                return [number]
            if len(new.options) == 1 < len(one.options) and new.options[0] in one.options:
                self[number] = one._replace(options=new.options, fix=new.fix)
                return [number]
        alone = {one.name: number for number, one in enumerate(self)
                 if one.function == new.function and len(one.options) == 1 and not raised}
        if known := next(([alone[name] for name in names] for names in new.options if names <= alone.keys()), None):
            return known
        self.append(new)
        return [len(self) - 1]


def _causes(result):
    """Return the Mistakes that a wrong Result names; a text in place of one says what the result follows from."""
    file, line = result.where or (f"{result.module}.py", None)

    def mistake(fix, *options, function=result.stage):
        return Mistake(function, tuple(map(frozenset, options)), fix, f"{file}{line_of(line)}", [])

    diagnosis = result.diagnosis or ""
    if result.status == "error" and (result.kind or not diagnosis):
        return [mistake(f"{result.detail.rstrip('.')}. {diagnosis}".strip(), [_of_error(result)])]
    if not diagnosis:
        return [mistake(f"{_UNKNOWN}. In {result.name.partition(': ')[2]}: {result.detail}.", [_UNKNOWN])]
    if " Or: " in diagnosis:
        return [mistake(diagnosis, *(map(_name, option.split(" And: ")) for option in diagnosis.split(" Or: ")))]
    found = []
    for text in diagnosis.split(" And: "):
        if text.startswith("follows from") or "is also wrong on smaller input" in text:
            found.append(text)
        elif guilty := re.match(r"(\w+) overwrites ([\w.]*\w)", text):
            fix = f"{text} Let {guilty[1]} work on {guilty[2]}.copy()."
            found.append(mistake(fix, [_name(text)], function=f"{result.module}.{guilty[1]}"))
        else:
            found.append(mistake(text, [_name(text)]))
    return found


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
    found, mistakes = {}, {one.function for one in Mistakes(results) if " overwrites " in one.name}
    for result in results:
        for remark in result.remarks:
            if " writes into " not in remark or f"{result.module}.{remark.split()[0]}" not in mistakes:
                found.setdefault(remark, {})[result.stage] = None
    return {remark: list(places) for remark, places in found.items()}


def how_many(all_results):
    """Return [(label of a mistake, how many solutions made it)], the most frequent first."""
    counted = Counter(label for results in all_results for label in {one.label for one in Mistakes(results)})
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
