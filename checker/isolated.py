"""The checker's side of the process in which somebody's code runs (child.py)."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, NamedTuple, Optional

from checker import child
from console import InputError

_HERE = Path(__file__).resolve().parent


class Answer(NamedTuple):
    """What came of one request."""

    status: str  # ok, error, timeout, or died: the process ended
    seconds: float
    value: Any = None  # the described result
    changed: tuple = ()  # names of the arguments that were changed in place
    warning: Optional[list] = None  # [file, line, message] of the first NumPy warning in their lines
    error: Optional[dict] = None  # as child.describe_error gives it
    exit: Optional[int] = None  # of a process that ended


class Isolated:
    """Runs a solution's functions in a process of its own, a fresh one after each that was lost.

    Every process works on its own copy of the folder and is killed, with all that it started, on leaving the context.
    """

    def __init__(self, solution):
        self._solution = solution
        self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def ask(self, request, timeout):
        """Return the Answer to a request of child.answer_of, in at most about `timeout` seconds."""
        if self._process is None:
            self._start()
        # In a thread of its own: a process that does not read must not hold the checker up.
        threading.Thread(target=_send, args=(self._process.stdin, request), daemon=True).start()
        try:
            answer = self._answers.get(timeout=timeout)
        except queue.Empty:
            return self._lost("timeout", timeout)
        if answer is None:
            return self._lost("died", 0.0)
        if answer["status"] == "error":
            return Answer("error", answer["seconds"], error=answer)
        return Answer("ok", answer["seconds"], answer["value"], tuple(answer["changed"]), answer["warning"])

    def stop(self):
        """Kill the process, where there is one, and remove its copy of the folder."""
        if self._process is None:
            return
        _kill(self._process)
        self._process.wait()
        with contextlib.suppress(OSError):  # what it did not read any more
            self._process.stdin.close()
        self._reader.join(timeout=2)
        self._process = None
        self._copy.cleanup()

    def _start(self):
        self._copy = tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True)
        theirs, fallback = self._solution.copy_into(self._copy.name)
        environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, str(_HERE / "child.py"), theirs, fallback, str(_HERE / "formulas.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=theirs, env=environment,
            start_new_session=True)
        self._answers = queue.Queue()
        self._reader = threading.Thread(target=_read, args=(self._process.stdout, self._answers), daemon=True)
        self._reader.start()
        if self._answers.get(timeout=60) is None:
            raise InputError("the process for the solution's code could not be started")

    def _lost(self, status, seconds):
        code = None
        if status == "died":
            with contextlib.suppress(subprocess.TimeoutExpired):  # where it only closed its streams
                code = self._process.wait(timeout=2)
        self.stop()
        return Answer(status, seconds, exit=code)


def _send(stream, request):
    with contextlib.suppress(OSError, ValueError):  # the process is gone: its answer, or its end, says so
        child.send(stream, request)


def _read(stream, answers):
    """Put messages into the queue, None when there are no more or what comes is not a message."""
    with stream:
        try:
            while (message := child.receive(stream)) is not None:
                answers.put(message)
        except Exception:  # whatever their process sent in place of a message, it is not one
            pass
        answers.put(None)


def _kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
    except (ProcessLookupError, PermissionError):
        process.kill()
