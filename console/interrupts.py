"""Ctrl-C, and the signals that end a program like it: at most one line, and the status 128 + the signal's number.

While a program imports its modules, and when its work is done, there is nothing to undo: it ends at once
(end_at_once). In between, Interrupted is raised where the program stands (raising), so that every `with` and `finally`
leaves things as they should be; hold() keeps it from coming between two steps that belong together.
"""

# What the standard library's signal wraps: that one loads enum and functools, milliseconds in which Ctrl-C would still
# end in a traceback.
import _signal as signal
import atexit
import os
import sys

from console.text import program_name

SIGINT = signal.SIGINT
_WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}
_PATIENCE = 2.0  # s, after which whoever asks again is not waiting for a clean end any more


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to end."""


def end_at_once():
    """From now on let a signal end the program where it stands."""
    handler = _AtOnce()
    for number in _numbers():
        signal.signal(number, handler)
    atexit.register(handler.leave)  # the first to register is the last to be called


def _numbers():
    """Return the numbers of the signals to be handled: not those that the caller has the program ignore (nohup, &)."""
    numbers = [getattr(signal, name) for name in _WORDS if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]


class _AtOnce:
    """A signal handler that ends the program with one line."""

    def __init__(self):
        self.status = None  # to leave with, once the program has ended

    def __call__(self, number, frame):
        for other in _numbers():
            signal.signal(other, signal.SIG_IGN)
        try:
            os.write(2, f"{program_name()}: {word(number)}\n".encode(errors="backslashreplace"))
        except OSError:  # nobody to tell
            pass
        os._exit(128 + number)

    def leave(self):
        """End without taking the interpreter to pieces, during which signals find no handler any more."""
        if self.status is not None:
            sys.stdout.flush()
            os._exit(self.status)


def word(number):
    """Return what has happened to a program that got the signal of this number."""
    return next(said for name, said in _WORDS.items() if getattr(signal, name, None) == number)


class raising:
    """A context in which the first signal raises Interrupted; what then unwinds is not disturbed by further ones.

    `number` is the signal's, None while there was none. Once `over` is set nothing is raised any more.
    """

    def __init__(self):
        self.number = None
        self.over = False
        self._raised = None  # when
        self._held = 0

    def __enter__(self):
        self._report, sys.unraisablehook = sys.unraisablehook, self._lost
        try:
            self._before = {number: signal.signal(number, self) for number in _numbers()}
        except ValueError:  # not in the main thread, whose signals they are
            self._before = {}
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():  # a program that has said its line does not say it again
            said = isinstance(handler, _AtOnce) and self.number is not None
            signal.signal(number, signal.SIG_IGN if said else handler)
        sys.unraisablehook = self._report

    def leave_with(self, status):
        """Let the program, if this is all of one, end with this status."""
        for handler in self._before.values():
            if isinstance(handler, _AtOnce):
                handler.status = status

    def __call__(self, number, frame):
        self.number = number if self.number is None else self.number
        self._raise()

    def hold(self):
        self._held += 1

    def release(self):
        self._held -= 1
        if self.number is not None:
            self._raise()

    def _raise(self):
        import time

        now = time.monotonic()
        if not self.over and not self._held and (self._raised is None or now - self._raised > _PATIENCE):
            self._raised = now
            raise Interrupted

    def _lost(self, report):
        """Send the signal again where it was raised in code that cannot pass it on, as a __del__."""
        if self._raised is None:
            self._report(report)
        elif isinstance(report.exc_value, Interrupted) and not self.over:
            from threading import Timer

            self._raised = None
            Timer(0.01, signal.raise_signal, [self.number]).start()


class hold:
    """A context that no signal interrupts: one that comes meanwhile is raised when it ends.

    For steps that belong together, as making a folder and noting that it is to be removed. Nothing in it may take long.
    """

    def __enter__(self):
        handlers = map(signal.getsignal, _numbers())
        self._raising = next((handler for handler in handlers if isinstance(handler, raising)), None)
        if self._raising:
            self._raising.hold()

    def __exit__(self, *_):
        if self._raising:
            self._raising.release()
