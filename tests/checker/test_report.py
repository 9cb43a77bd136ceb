"""The report, for people, tables and machines."""

import pytest

from checker import report
from checker.judge import Result


class Terminal:
    def __init__(self, is_one):
        self.is_one = is_one

    def isatty(self):
        return self.is_one


def test_colour_only_on_a_terminal_that_wants_it():
    assert report.wants_colour(Terminal(True), {"TERM": "xterm"})
    for terminal, environment in [(False, {}), (True, {"NO_COLOR": "1"}), (True, {"TERM": "dumb"})]:
        assert not report.wants_colour(Terminal(terminal), environment)
    results = [Result("em: import", "pass"), Result("em.estep: test case", "fail", "post", "log p missing. Add it.")]
    assert "\033[" in report.full(results, colour=True) and "\033[" not in report.full(results)


@pytest.mark.parametrize("columns", [60, 100])
def test_report_keeps_to_its_width_and_says_things_once(columns):
    wrong = Result("em.estep: test case", "fail", "LL: expected 1, got 2 " + "and more " * 20,
                   "log p missing. Add the log of p to it. " * 4)
    text = report.full([wrong, wrong._replace(name="em.estep: unequal weights", detail="LL: expected 3, got 4")],
                       columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    assert text.count("--> ") == 2 and text.count("as above") == 1
    assert text.splitlines()[-1] == "2 of 2 stages wrong. Begin with em.estep: test case."


def test_what_was_not_loaded_is_said_once():
    results = [Result("em: import", "error", "broken"),
               Result("em.estep: test case", "skipped", "em.py cannot be imported"),
               Result("kmeans: import", "missing", "no kmeans.py"),
               Result("kmeans.run: toy cost", "missing", "no kmeans.py")]
    assert report.full(results).splitlines() == [
        "ERROR   em: import  broken", "missing kmeans      no kmeans.py",
        "1 of 1 stage wrong, 2 missing, 1 skipped. Begin with em: import."]
    assert report.full(results, verbose=True).splitlines()[:2] == ["ERROR   em: import      broken",
                                                                   "missing kmeans: import  no kmeans.py"]


def test_what_is_wrong_comes_first():
    results = [Result("em.estep: a", "pass"), Result("em: arguments unchanged", "warn", "estep changes X", "Copy it."),
               Result("em.run: slow", "timeout", "not finished"),
               Result("em.mstep: b", "fail", "Mu: expected 1, got 2")]
    words = [line.split()[0] for line in report.full(results).splitlines() if not line.startswith(" ")]
    assert words == ["FAIL", "TIMEOUT", "warn", "ok", "1"]
    assert report.verdict(results) == "1 of 4 stages wrong, 1 not finished, 1 remark. Begin with em.mstep: b."
    assert report.verdict(results[:2]) == "All right, with 1 remark: 1 stage passed."
    assert report.verdict(results[:3]).startswith("Nothing is wrong, but em.run: slow did not finish")


def test_nothing_of_theirs_reaches_the_terminal_raw():
    result = Result("em: import", "error", "raises E: \x1b[2J\r\n (em.py, line 1: \x07)", "Look at \x9b.")
    assert not set("\x1b\r\x07\x9b") & set(report.full([result])) and "\\x1b[2J" in report.full([result])


def test_a_cell_is_no_formula():
    assert [report.cell(value)
            for value in ("=1+1", "+1", "-1", "@x", "a=1", -1)] == ["'=1+1", "'+1", "'-1", "'@x", "a=1", "-1"]
