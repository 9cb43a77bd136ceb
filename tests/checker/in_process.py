"""Runs a solution for the checker without a process of its own: only for solutions of the tests, which behave."""

import os
import sys
import tempfile

from checker import child, messages
from checker.check import check
from checker.isolated import Answer
from checker.solution import MODULES, open_solution


class OutOfTime(BaseException):
    """A call has used the seconds that it may take."""


class Clock:
    """The clock of solutions in process: it stands still but where they say that time goes by."""

    def __init__(self):
        self.seconds, self.limit = 0.0, float("inf")

    def tick(self, seconds):
        self.seconds += seconds
        if self.seconds > self.limit:
            raise OutOfTime

    def start(self, limit):
        self.seconds, self.limit = 0.0, limit


clock = Clock()
TICK = "from tests.checker.in_process import clock\n"  # for solutions that take time


class InProcess:
    """Stands in for checker.isolated.Isolated."""

    def __init__(self, solution):
        self.solution = solution

    def __enter__(self):
        self.place = tempfile.TemporaryDirectory()
        self.folder = self.solution.copy_into(self.place.name)
        self.ours = {name: sys.modules.pop(name) for name in MODULES if name in sys.modules}
        self.path, self.argv, self.bytecode = list(sys.path), sys.argv, sys.dont_write_bytecode
        sys.argv, sys.dont_write_bytecode = ["em.py"], True
        sys.path[:] = [self.folder, *self.path, *child.last_places(self.folder)]
        return self

    def __exit__(self, *_):
        sys.path[:], sys.argv, sys.dont_write_bytecode = self.path, self.argv, self.bytecode
        child.leave_out({}, self.folder)
        child.forget(os.path.dirname(self.folder))
        sys.modules.update(self.ours)
        self.place.cleanup()

    def abandon(self):
        pass

    def ask(self, request, limit):
        clock.start(limit)
        request = messages.unpack(messages.pack({**request, "id": 1}))
        message = {**child.answer_of(request, self.folder), "seconds": clock.seconds}
        message = messages.unpack(messages.pack(message))
        answer = Answer(**message)
        return Answer("timeout", limit) if answer.error and answer.error["error"] == "OutOfTime" else answer


def write(folder, files):
    """Write a solution of {module: text} into a folder; return it."""
    for name, text in files.items():
        file = (folder / f"{name}.py").resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return open_solution(folder)


def results_of(folder, files, plan):
    """Return {name: Result} of a solution, an em.py or {module: text}, that behaves."""
    files = {"em": files} if isinstance(files, str) else files
    return {result.name: result for result in check(write(folder / "src", files), plan, run_in=InProcess)}


def first_wrong(results):
    return next((result for result in results.values() if result.wrong), None)
