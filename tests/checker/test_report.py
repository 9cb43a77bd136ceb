"""The report, for people, tables and machines."""

import pytest

from checker import report
from checker.judge import Result


class Terminal:
    def __init__(self, is_one):
        self.is_one = is_one

    def isatty(self):
        return self.is_one


WRONG = Result("em.estep: test case", "fail", "LL: expected 1, got 2 " + "and more " * 20,
               "log p missing. Add the log of p to it. " * 4, where=("em.py", 7))


def test_colour_only_on_a_terminal_that_wants_it():
    assert report.wants_colour(Terminal(True), {"TERM": "xterm"})
    for terminal, environment in [(False, {}), (True, {"NO_COLOR": "1"}), (True, {"TERM": "dumb"})]:
        assert not report.wants_colour(Terminal(terminal), environment)
    results = [Result("em: import", "pass"), Result("em.estep: test case", "fail", "post", "log p missing. Add it.")]
    assert "\033[" in report.full(results, colour=True) and "\033[" not in report.full(results)


@pytest.mark.parametrize("columns", [60, 100])
def test_report_keeps_to_its_width_and_says_things_once(columns):
    text = report.full([WRONG, WRONG._replace(name="em.estep: unequal weights", detail="LL: expected 3, got 4")],
                       columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    assert text.count("--> mistake 1: log p missing\n") == 2 and text.count("1.  em.py, line 7 (em.estep): log p") == 1
    assert text.splitlines()[-1] == "1 mistake in 2 of 2 stages. Begin with em.estep: test case."


def test_results_are_reported_as_they_arrive():
    results = [Result("em: import", "pass"), WRONG, Result("em.estep: unequal weights", "pass", "difference 0"),
               Result("em.mstep: a", "warn", "every number is right", "Copy X.", remarks=("Copy X.",)),
               Result("em.run: Netflix, K = 12", "timeout", "not finished", "Too slow. Use arrays.")]
    lines = report.Lines([one.name for one in results])
    arrived = [lines.of(result) for result in results]
    assert [bool(said) for said in arrived] == [False, True, False, False, True]
    assert arrived[4][0].startswith("TIMEOUT em.run") and arrived[4][1] == "        --> Too slow. Use arrays."
    end = lines.end(results, "a hint")
    words = " ".join([*(line for said in arrived for line in said), *lines.end(results)]).split()
    assert words == report.full(results).split()
    assert end[-1].startswith("1 mistake in 1 of 5 stages, 1 not finished") and "a hint" in end
    assert len(report.Lines([], verbose=True).of(results[2])) == 1


def test_a_remark_is_said_once_with_all_its_places():
    remark = "LL is an array of shape (1,). Return a number."
    results = [Result(name, "warn", "every number is right", remark, remarks=(remark,))
               for name in ("em.estep: a", "em.estep: b", "naive_em.run: c")]
    results.append(Result("em.run: d", "fail", "LL: expected 1, got 2", remarks=(remark,)))
    text = report.full(results, columns=120)
    assert text.count(remark) == 1 and f"{remark} (em.estep, naive_em.run, em.run)" in text
    assert report.verdict(results[:3]) == "All right, with 1 remark: 3 stages passed."


def test_an_exception_is_quoted_once():
    results = [Result(f"em.estep: {title}", "error", "em.estep raises E (em.py, line 3)", kind="E", where=("em.py", 3))
               for title in "abc"]
    text = report.full(results)
    assert text.count("as above") == 2 and text.count("--> mistake 1: raises E") == 1
    assert text.splitlines()[-1].startswith("1 mistake in 3 of 3 stages.")


def test_what_was_not_loaded_is_said_once():
    results = [Result("em: import", "error", "broken"),
               Result("em.estep: test case", "skipped", "em.py cannot be imported"),
               Result("kmeans: import", "missing", "no kmeans.py"),
               Result("kmeans.run: toy cost", "missing", "no kmeans.py")]
    assert report.full(results).splitlines() == [
        "ERROR   em: import  broken", "        --> mistake 1: ends without an answer",
        "missing kmeans    no kmeans.py", "", "1 mistake:", "1.  em.py (em): broken.", "",
        "1 mistake in 1 of 1 stage, 2 missing, 1 skipped. Begin with em: import."]
    verbose = [line.split() for line in report.full(results, verbose=True).splitlines()]
    assert [line[:3] for line in verbose if line and line[0] in ("ERROR", "missing")] == [
        ["ERROR", "em:", "import"], ["missing", "kmeans:", "import"]]


def test_the_verdict():
    results = [Result("em.estep: a", "pass"),
               Result("em: arguments unchanged", "warn", "estep changes X", "Copy it.", remarks=("Copy it.",)),
               Result("em.run: slow", "timeout", "not finished"),
               Result("kmeans: import", "not checked", "needs seaborn", "Install it."),
               Result("em.mstep: b", "fail", "Mu: expected 1, got 2")]
    assert report.first(results).name == "em.mstep: b"
    assert report.verdict(results) == ("1 mistake in 1 of 4 stages, 1 not finished, 1 not checked. Begin with"
                                       " em.mstep: b.")
    assert report.verdict(results[:2]) == "All right, with 1 remark: 2 stages passed."
    assert report.verdict(results[:3]).startswith("Nothing is wrong, but em.run: slow did not finish")
    assert report.verdict(results[:4]).startswith("kmeans could not be checked: 2 stages passed")
    words = [report.row("a", results[:count])["verdict"] for count in range(1, 6)]
    assert words == ["right", "right, with remarks", "not finished", "not checked", "wrong"]


def test_several_have_all_their_mistakes_in_a_line_and_are_counted():
    other = Result("em.mstep: b", "fail", "Mu: expected 1, got 2", "no threshold. Keep it. And: floor added. Do not.")
    checked = {"anna": [WRONG, other], "bert": [other], "cleo": [Result("em.estep: test case", "pass")]}
    rows = [report.row(*one) for one in checked.items()]
    assert rows[0]["mistakes"] == ["em.estep: log p missing", "em.mstep: no threshold", "em.mstep: floor added"]
    assert report.table(rows, [WRONG.name, other.name]).splitlines() == [
        "FAIL    anna: em.estep: log p missing; em.mstep: no threshold; em.mstep: floor added",
        "FAIL    bert: em.mstep: no threshold; em.mstep: floor added", "ok      cleo"]
    assert report.counted(checked.values()).splitlines() == [
        "How many made each mistake:", "   2  em.mstep: floor added", "   2  em.mstep: no threshold",
        "   1  em.estep: log p missing"]
    assert report.counted([checked["cleo"]]) == ""


def test_nothing_of_theirs_reaches_the_terminal_raw():
    result = Result("em: import", "error", "raises E: \x1b[2J\r\n (em.py, line 1: \x07)", "Look at \x9b.")
    assert not set("\x1b\r\x07\x9b") & set(report.full([result])) and "\\x1b[2J" in report.full([result])


def test_a_cell_is_no_formula():
    assert [report.cell(value)
            for value in ("=1+1", "+1", "-1", "@x", "a=1", -1)] == ["'=1+1", "'+1", "'-1", "'@x", "a=1", "-1"]
    assert report.cell(["=a", "b"]) == "'=a; b" and report.cell([]) == ""
