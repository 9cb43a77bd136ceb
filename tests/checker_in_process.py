"""Runs a solution for the checker without a process of its own: only for solutions of the tests, which behave."""

import sys
import tempfile

from checker import child, formulas
from checker.check import MODULES
from checker.isolated import Answer


class InProcess:
    """Stands in for checker.isolated.Isolated."""

    def __init__(self, solution):
        self.solution = solution

    def __enter__(self):
        self.place = tempfile.TemporaryDirectory()
        self.folder, fallback = self.solution.copy_into(self.place.name)
        self.ours = {name: sys.modules.pop(name) for name in MODULES if name in sys.modules}
        self.path = list(sys.path)
        sys.path[:] = [self.folder, fallback, *self.path]
        return self

    def __exit__(self, *_):
        sys.path[:] = self.path
        for name in MODULES:
            sys.modules.pop(name, None)
        sys.modules.update(self.ours)
        self.place.cleanup()

    def ask(self, request, timeout):
        answer = child.unpack(child.pack(child.answer_of(child.unpack(child.pack(request)), self.folder, formulas)))
        if answer["status"] == "error":
            return Answer("error", answer["seconds"], error=answer)
        return Answer("ok", answer["seconds"], answer["value"], tuple(answer["changed"]), answer["warning"])
