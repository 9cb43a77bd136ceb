"""How every program here speaks and ends: arguments, one-line errors, exit statuses."""

import argparse
import os
import sys


class InputError(ValueError):
    """Something the user gave cannot be used; the message says what came and what was expected."""


class Parser(argparse.ArgumentParser):
    """An argument parser that knows the program's name, and whose errors are one line like all others here."""

    def __init__(self, **options):
        super().__init__(prog=program_name(), **options)

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def whole_number(low, high):
    """Return the argument type of whole numbers from low to high."""
    def number(text):
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, got {text!r}")
        return int(text)
    return number


def run_program(main, argv=None):
    """Call main(argv) and return its exit status.

    Bad input and files that cannot be read or written end in one line on stderr and status 2, Ctrl-C in one
    line and status 130. Any other exception is a defect of the program and keeps its traceback.
    """
    name = program_name()
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None where the caller has closed it
        stream.reconfigure(errors="backslashreplace")
    try:
        status = main(argv)
        if sys.stdout:
            sys.stdout.flush()
        return status
    except InputError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output (head, less) has left: nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{name}: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130


def program_name():
    """Return how the running program was called: main.py, or python -m data.sample."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None:
        return os.path.basename(sys.argv[0])
    return f"python -m {spec.name.removesuffix('.__main__')}"
