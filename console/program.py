"""What every program has: arguments, one-line errors, exit statuses."""

import argparse
import errno
import math
import os
import signal
import sys
from contextlib import contextmanager

from console.cores import end_children
from console.text import escaped, program_name

# Errors of writing. If they name no file, the stream is meant.
_OF_WRITING = {getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EBADF", "EAGAIN")}


class InputError(ValueError):
    """The user gave something that cannot be used; the message says what, and what was expected."""


class Parser(argparse.ArgumentParser):
    """An argument parser that knows the program's name, or that of one of its commands; its errors are one line."""

    def __init__(self, command="", **options):
        super().__init__(prog=f"{program_name()} {command}".rstrip(), **options)

    def error(self, message):
        self.exit(2, f"{self.prog}: {escaped(message)} (see --help)\n")


def whole_number(low, high):
    """Return the argument type of whole numbers from low to high."""
    def whole(text):
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, got {text!r}")
        return int(text)
    return whole


def real_number(fits, expected):
    """Return the argument type of numbers for which fits(number) is true; `expected` describes them."""
    def fitting(text):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not fits(value):
            raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
        return value
    return fitting


def run_program(main, argv=None):
    """Call main(argv) and return its exit status.

    Bad input, and files that cannot be read or written, end in one line on stderr and status 2; Ctrl-C and SIGTERM in
    one line and status 130 or 143. Any other exception is a defect and keeps its traceback. Closed streams are ignored.
    """
    _open_streams()
    with _sigterm_raises():
        try:
            return _run(main, argv)
        except KeyboardInterrupt as interrupt:
            terminated = isinstance(interrupt, Terminated)
            end_children()
            _tell("terminated" if terminated else "interrupted")
            return 128 + (signal.SIGTERM if terminated else signal.SIGINT)


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def _sigterm_raises():
    """Let SIGTERM raise Terminated, as Ctrl-C raises KeyboardInterrupt, so that temporary files are removed."""
    def terminate(*_):
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # only the main thread may handle signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _open_streams():
    """Open streams that the caller has closed, to nowhere; let all streams escape what they cannot encode."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, this one, before a file of ours gets it
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")


def _run(main, argv):
    """Return the exit status of main(argv), after everything that it has printed was written."""
    try:
        try:
            status = main(argv)
        except SystemExit as leaving:  # the parser's, after --help or an error
            status = leaving.code or 0
        sys.stdout.flush()
        return status
    except InputError as error:
        _tell(error)
    except BrokenPipeError:  # the reader of our output (head, less) has left
        _to_nowhere(sys.stdout)
        return 1
    except OSError as error:
        where = "standard output" if error.filename is None and error.errno in _OF_WRITING else error.filename
        _tell(f"{where}: {error.strerror or error}" if where is not None else error.strerror or error)
    except MemoryError:
        _tell("not enough memory")
    try:
        sys.stdout.flush()
    except OSError:
        _to_nowhere(sys.stdout)
    return 2


def _tell(what):
    try:
        print(f"{program_name()}: {escaped(what)}", file=sys.stderr, flush=True)
    except OSError:  # nobody to tell
        _to_nowhere(sys.stderr)


def _to_nowhere(stream):
    """Discard the rest of a stream, so that Python does not complain of it at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
