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


def end_with_the_parent():
    """From now on, in a process that a program has forked, end when it says so by SIGTERM, and when it is gone.

    All else that ends programs is left to it.
    """
    from multiprocessing import connection, parent_process
    from threading import Thread

    def wait_for_the_end():
        connection.wait([parent_process().sentinel])
        os._exit(1)

    for number in _numbers():
        signal.signal(number, _Silently() if number == signal.SIGTERM else signal.SIG_IGN)
    Thread(target=wait_for_the_end, daemon=True).start()


def _numbers():
    """Return the numbers of the signals to be handled: not those that the caller has the program ignore (nohup, &)."""
    numbers = [getattr(signal, name) for name in _WORDS if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def word(number):
    """Return what has happened to a program that got the signal of this number."""
    return next(said for name, said in _WORDS.items() if getattr(signal, name, None) == number)


class _Handler:
    """A signal handler that can be held: what a signal does it then does later."""

    def __init__(self):
        self.number = None  # of the first signal
        self._held = 0

    def __call__(self, number, frame):
        self.number = number if self.number is None else self.number
        if not self._held:
            self.act()

    def hold(self):
        self._held += 1

    def release(self):
        self._held -= 1
        if not self._held and self.number is not None:
            self.act()


class _AtOnce(_Handler):
    """Ends the program with one line."""

    status = None  # to leave with, once the program has ended

    def act(self):
        for other in _numbers():
            signal.signal(other, signal.SIG_IGN)
        try:
            os.write(2, f"{program_name()}: {word(self.number)}\n".encode(errors="backslashreplace"))
        finally:  # also where there is nobody to tell
            os._exit(128 + self.number)

    def leave(self):
        """End without taking the interpreter to pieces, during which signals find no handler any more."""
        if self.status is not None:
            try:
                sys.stdout.flush()
            finally:
                os._exit(self.status)


class _Silently(_Handler):
    """Ends a process that has nobody to tell."""

    def act(self):
        os._exit(128 + self.number)


class raising(_Handler):
    """A context in which the first signal raises Interrupted; what then unwinds is not disturbed by further ones.

    `number` is the signal's, None while there was none. Once `over` is set nothing is raised any more.
    """

    def __init__(self):
        super().__init__()
        self.over = False
        self._raised = None  # when

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
        """Let the program, if this is all of one, end with this status; at once, if it was interrupted."""
        for handler in self._before.values():
            if isinstance(handler, _AtOnce):
                handler.status = status
                if self.number is not None:  # threads that are deep in NumPy are not waited for
                    atexit._run_exitfuncs()

    def act(self):
        import time

        now = time.monotonic()
        if not self.over and (self._raised is None or now - self._raised > _PATIENCE):
            self._raised = now
            raise Interrupted

    def _lost(self, report):
        """Send the signal again where it was raised in code that cannot pass it on, as a __del__."""
        if self._raised is None:
            self._report(report)
        elif isinstance(report.exc_value, Interrupted) and not self.over:
            import threading

            self._raised = None
            main = threading.main_thread().ident
            send = (signal.pthread_kill, [main]) if hasattr(signal, "pthread_kill") else (signal.raise_signal, [])
            threading.Timer(0.01, send[0], [*send[1], self.number]).start()


class hold:
    """A context that no signal interrupts: one that comes meanwhile does what it does when the context ends.

    For steps that belong together, as making a folder and noting that it is to be removed. Nothing in it may take long.
    In the main thread only, where signals arrive; elsewhere it does nothing.
    """

    def __enter__(self):
        from threading import current_thread, main_thread

        handlers = map(signal.getsignal, _numbers()) if current_thread() is main_thread() else ()
        self._handlers = {handler for handler in handlers if isinstance(handler, _Handler)}
        for handler in self._handlers:
            handler.hold()

    def __exit__(self, *_):
        for handler in self._handlers:
            handler.release()
