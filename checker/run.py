"""What came back: a solution's modules imported, its functions called, as they are or with something exchanged."""

from typing import NamedTuple

from checker.isolated import Answer
from checker.stages import STEPS

SMALL = 20.0  # CPU seconds for a stage on small input, and for an import
HOPELESS = 3.0  # for an experiment on small input


class Plan(NamedTuple):
    """What is checked: the same for every solution."""

    stages: list
    netflix: object | None = None  # stages.Netflix, where it is among the stages
    timeout: float = 120.0  # CPU seconds for a stage on the Netflix matrix

    def limit(self, stage):
        """Return the CPU seconds that a stage may take; a longer --timeout gives small input more as well."""
        return self.timeout if stage.netflix else max(min(SMALL, self.timeout), self.timeout / 6)


class Exchange(NamedTuple):
    """What stands in place of something of theirs in a call, as exchanges.py has it."""

    ours: tuple = ()
    copies: bool = False
    loop: bool = False
    spherical: bool = False
    fresh: bool = False  # their modules imported anew


AS_IT_IS = Exchange()


class Reply(NamedTuple):
    """One call of a stage and what came of it."""

    stage: object
    case: object
    exchange: Exchange
    answer: Answer

    @property
    def lost(self):
        """Whether the process was lost, so that asking again may take long."""
        return self.answer.status in ("timeout", "died", "garbled")

    @property
    def unwritten(self):
        return self._failed_with("NotImplementedError")

    @property
    def endless(self):
        """Whether a loop went on and on, with steps that end."""
        return self._failed_with("LoopGoesOn")

    def _failed_with(self, kind):
        return self.answer.status == "error" and kind in self.answer.error["kinds"]


class Runner:
    """Asks the process of a solution."""

    def __init__(self, solution, plan, process):
        self.solution, self.plan, self._process = solution, plan, process
        self.functions = {}  # module -> names that it defines; None where it cannot be loaded

    def load(self, module):
        """Import a module and note which functions it has; return the Answer, None where there is no such file."""
        self.functions[module] = None
        if not self.solution.has(module):
            return None
        answer = self._process.ask({"module": module, "names": self.wanted(module)}, SMALL)
        if answer.status == "ok":
            self.functions[module] = set(answer.value)
        return answer

    def wanted(self, module):
        """Return the names of the functions of a module that are looked at."""
        steps = [*STEPS.values(), *(stage.step for stage in self.plan.stages)]
        return list(dict.fromkeys(step.function for step in steps if step.module == module))

    def call(self, stage, case, exchange=AS_IT_IS, limit=None):
        """Return the Reply to one call."""
        step = stage.step
        request = {"module": step.module, "function": step.function, "arguments": list(case.arguments),
                   "names": list(step.arguments), "most": 5 * case.iterations + 100 if case.iterations else 0,
                   **exchange._asdict(), "ours": list(exchange.ours)}
        return Reply(stage, case, exchange, self._process.ask(request, limit or self.plan.limit(stage)))
