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


def test_the_rest_is_known_after_some_steps(monkeypatch):
    """Steps of two seconds each: known after 3 steps that took 5 seconds."""
    now, pace = clock(monkeypatch), Pace()
    found = []
    for left in range(10, -1, -1):
        found.append(pace.left(left))
        now[0] += 2
    assert found == [None, None, None, *(2.0 * left for left in range(7, -1, -1))]


def test_few_quick_steps_are_not_enough(monkeypatch):
    now, pace = clock(monkeypatch), Pace()
    for left in range(100, 96, -1):
        assert pace.left(left) is None
        now[0] += 0.1
    now[0] = 50.0
    assert pace.left(96) == 96 * 50 / 4


def test_other_work_is_measured_anew(monkeypatch):
    """After steps of 10 seconds, 40 steps of 2 seconds begin."""
    now, pace = clock(monkeypatch), Pace()
    for left in range(9, 4, -1):
        last = pace.left(left)
        now[0] += 10
    assert last == 50
    for left in (40, 39, 38, 37):
        last = pace.left(left)
        now[0] += 2
    assert last == 2 * 37


@pytest.mark.parametrize("seconds, said", [(0, "about 10 s"), (44, "about 40 s"), (94, "about 90 s"),
                                           (95, "about 2 min"), (5699, "about 95 min"), (5700, "about 1.6 h")])
def test_estimates_are_rounded(seconds, said):
    assert about(seconds) == said
