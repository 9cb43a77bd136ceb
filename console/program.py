"""How every program here speaks and ends: arguments, one-line errors, exit statuses."""

import argparse
import errno
import math
import os
import signal
import sys
from contextlib import contextmanager

from console.cores import end_children
from console.text import escaped, program_name

# What goes wrong in writing. Files that are written are named in the error, streams are not.
_OF_WRITING = {getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EBADF", "EAGAIN")}


class InputError(ValueError):
    """Something the user gave cannot be used; the message says what came and what was expected."""


class Parser(argparse.ArgumentParser):
    """An argument parser that knows the program's name, and whose errors are one line like all others here.

    A program of several commands has a parser for each, with the command's name.
    """

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
    """Return the argument type of numbers for which fits(number) holds; `expected` says in words which these are."""
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

    Bad input, and a file that cannot be read or written, end in one line on stderr and status 2. Ctrl-C and SIGTERM end
    in one line and status 130 or 143. Any other exception is a defect of the program and keeps its traceback. A closed
    stream is like one to nowhere.
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
    """SIGTERM has asked the program to end."""


@contextmanager
def _sigterm_raises():
    """Have SIGTERM raise Terminated, as Ctrl-C raises KeyboardInterrupt, so that temporary files are removed."""
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
    """Let streams that the caller has closed lead nowhere, and all of them show what they cannot encode."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one, and no file of ours
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")


def _run(main, argv):
    """Return the exit status of main(argv), what it has printed having reached its reader."""
    try:
        try:
            status = main(argv)
        except SystemExit as leaving:  # the parser's, after --help or an error
            status = leaving.code or 0
        sys.stdout.flush()
        return status
    except InputError as error:
        _tell(error)
    except BrokenPipeError:  # the reader of our output (head, less) has left: nobody to tell
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
    """Let the rest of what a stream holds be written to nowhere, lest Python complain of it at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
