"""The line for a person who waits: on a terminal, on another stream, and without any."""

import io
import os
import sys

import pytest

from console import Pace, Progress, about
from console.progress import beside


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


@pytest.mark.parametrize("width, shown", [
    (80, "1 of 3 done | als: epoch 3 | neural: begins"),
    (43, "1 of 3 done | als: epoch 3 | neural: begins"),
    (42, "1 of 3 done | als: epoch 3 | neural: begin"),
    (36, "1 of 3 don | als: epoch | neural: be"),
    (20, "1 of | als: | neur"),
    (5, " |  |"),
])
def test_the_longest_of_several_texts_are_cut_first(width, shown):
    assert beside(["1 of 3 done", "als: epoch 3", "neural: begins"], width) == shown and len(shown) <= width


def test_several_texts_stand_in_one_line(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((20, 24)))
    Progress()("a\n", "b" * 99)
    assert sys.stderr.getvalue() == "\r\033[Ka\\n | " + 13 * "b"


def clock(monkeypatch):
    """Return a list whose first entry is the time."""
    now = [0.0]
    monkeypatch.setattr("console.progress.time.monotonic", lambda: now[0])
    return now


def test_the_rest_is_known_after_ten_seconds(monkeypatch):
    """Steps of two seconds each."""
    now, pace = clock(monkeypatch), Pace()
    found = []
    for left in range(10, -1, -1):
        found.append(pace.left(left))
        now[0] += 2
    assert found == [None] * 5 + [2.0 * left for left in range(5, -1, -1)]


def test_other_work_is_measured_anew(monkeypatch):
    """After steps of 20 seconds, steps of 4 seconds begin, of which there are more."""
    now, pace, found = clock(monkeypatch), Pace(), []
    for left, seconds in ((9, 20), (8, 20), (7, 20), (40, 4), (39, 4), (38, 4), (37, 4)):
        found.append(pace.left(left))
        now[0] += seconds
    assert found == [None, 20 * 8, 20 * 7, None, None, None, 4 * 37]


@pytest.mark.parametrize("seconds, said", [(0, "about 10 s"), (44, "about 40 s"), (94, "about 90 s"),
                                           (95, "about 2 min"), (5699, "about 95 min"), (5700, "about 1.6 h")])
def test_estimates_are_rounded(seconds, said):
    assert about(seconds) == said
