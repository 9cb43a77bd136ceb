"""The checker's side of the process in which somebody's code runs (child.py)."""

import contextlib
import itertools
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from typing import Any, NamedTuple

from checker import messages
from checker.child import GUARD
from checker.solution import PROJECT
from console import InputError
from console.cores import BLAS_THREADS

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from checker import child; child.main()"
# One thread, so that a limit of CPU seconds means the same on every machine; no windows for pictures.
_ENVIRONMENT = {"MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1", **dict.fromkeys(BLAS_THREADS, "1")}


class Answer(NamedTuple):
    """The answer to one request, or what came in place of it."""

    status: str  # ok, error, timeout, died (the process ended) or garbled (it sent something else)
    seconds: float  # of CPU
    value: Any = None  # the described result
    changed: tuple = ()  # names of the arguments that were changed in place
    calls: int = 0  # of its steps
    replaced: tuple = ()  # names of the functions whose stand-ins it called
    warning: list | None = None  # [file, line, message] of the first NumPy warning in their lines
    error: dict | None = None  # as failures.describe gives it
    exit: int | None = None  # of a process that ended
    id: int = 0  # of the request


class Isolated:
    """Runs a solution's functions in a process, on a copy of its folder, and in a new one after each that was lost."""

    def __init__(self, solution):
        self._solution = solution
        self._process = None
        self._numbers = itertools.count(1)
        self._over = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def ask(self, request, limit):
        """Return the Answer to a request (see child.answer_of) that may take `limit` CPU seconds."""
        if self._process is None:
            self._start()
        if self._over:
            raise InputError("interrupted")
        request = {**request, "id": next(self._numbers), "limit": limit}
        with contextlib.suppress(OSError):  # the process has ended, which is seen below
            messages.send(self._process.stdin, request)
        try:
            message = self._answers.get(timeout=GUARD * limit + 1)
        except queue.Empty:
            return self._lost("timeout", limit)
        if message is None:
            return self._lost("died", limit)
        if not isinstance(message, dict) or message.get("id") != request["id"]:
            return self._lost("garbled", limit)
        return Answer(**message)

    def abandon(self):
        """Let another thread that waits for an answer stop at once."""
        self._over = True
        if (process := self._process) is not None:
            process.kill()

    def stop(self):
        """End the process, if there is one, and those of its group; remove its copy of the folder."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        _end(process)
        with contextlib.suppress(OSError):  # it has not read everything
            process.stdin.close()
        self._place.cleanup()

    def _start(self):
        self._place = tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True)
        theirs = self._solution.copy_into(self._place.name)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, str(PROJECT), theirs], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, cwd=self._place.name, env={**os.environ, **_ENVIRONMENT},
            start_new_session=True)
        threading.Thread(target=_end, args=(self._process,), daemon=True).start()
        self._answers = queue.Queue()
        threading.Thread(target=_read, args=(self._process.stdout, self._answers), daemon=True).start()
        if self._answers.get() != messages.READY:
            raise InputError("the process for the solution's code could not be started")

    def _lost(self, status, limit):
        """Return the Answer of a call that ended the process or made it useless."""
        code = None
        if status == "died":
            with contextlib.suppress(subprocess.TimeoutExpired):  # it only closed its streams
                code = self._process.wait(timeout=2)
        if hasattr(signal, "SIGPROF") and code == -signal.SIGPROF:  # see child.allow
            status, code = "timeout", None
        self.stop()
        return Answer(status, limit if status == "timeout" else 0.0, exit=code)


def _end(process):
    """When a process has ended, kill what it started: that may keep its streams open."""
    process.wait()
    with contextlib.suppress(OSError, AttributeError):  # nothing is left; Windows has no groups
        os.killpg(process.pid, signal.SIGKILL)


def _read(stream, answers):
    """Put the messages into the queue, then None. Anything that is not a message ends them."""
    with stream:
        try:
            while (message := messages.receive(stream)) is not None:
                answers.put(message)
        except Exception:  # it can be of any kind: their code may have written there
            answers.put("no message")
        answers.put(None)
