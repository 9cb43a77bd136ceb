"""The line for a person who waits: on a terminal, on another stream, and without any."""

import io
import os
import sys

from console import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal, of 20 columns in these tests."""

    def isatty(self):
        return True

    def fileno(self):
        return 99


def test_a_terminal_has_one_line_that_fits_it(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((20, 24)))
    with Progress("em") as progress:
        progress("iteration 1")
        progress("a name\n\x1b[2J that is long")
    _, first, second, cleared = sys.stderr.getvalue().split("\r\033[K")  # which empties the line
    assert (first, second, cleared) == ("em: iteration 1", "em: a name\\n\\x1b[2J t"[:19], "")


def test_another_stream_gets_a_line_now_and_then(monkeypatch):
    times = [0.0, 1.0, 21.0, 22.0, 42.5]
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr("console.progress.time.monotonic", lambda: times[0])
    with Progress() as progress:
        for number in range(4):
            del times[0]
            progress(f"iteration {number}")
    assert sys.stderr.getvalue() == "  iteration 1\n  iteration 3\n"


def test_without_a_stream_nothing_is_printed(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with Progress("em", every=0.0) as progress:
        progress("iteration 1")
