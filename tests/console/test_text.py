"""Names from outside, as they are shown."""

from pathlib import Path

import pytest

import main
from black_hole import __main__ as black_hole
from console import (
    escaped,
    run_program,
)
from data import sample
from tests.console.cases import bad_call, checker


@pytest.mark.parametrize("raw, shown", [
    ("plain \u00e9 \u4e2d \u03c7\u00b2", "plain \u00e9 \u4e2d \u03c7\u00b2"), ("a\nb\r\t", "a\\nb\\r\\t"),
    ("\x1b[2J\x07\x9b", "\\x1b[2J\\x07\\x9b"),
    ("\u202e\u2028\udcff", "\\u202e\\u2028\\udcff"),
])
def test_what_is_not_printable_is_escaped(raw, shown):
    assert escaped(raw) == shown == escaped(shown)


def test_no_name_reaches_the_terminal_as_it_is(place, capsys):
    evil = "D\x1b[2J\nAll right: 9 stages passed.\x9b\u202e"
    Path("D").rename(evil)
    small = ["--only", "toy", "--toy-ks", "1", "--seeds", "0"]
    assert run_program(main.main, ["--data", evil, *small, "--figures", f"{evil}/f"]) == 0
    out = capsys.readouterr().out
    assert "\\x1b[2J\\nAll right: 9 stages passed.\\x9b\\u202e" in out and "\nAll right" not in out
    assert all(line.isprintable() for line in out.split("\n"))
    for program, argv in ((main.main, ["--data", "none" + evil]), (main.main, [evil]),
                          (main.main, ["--json", evil, "--no-figures"]),
                          (checker.main, [evil]), (checker.main, ["--data", evil]), (sample.main, [evil]),
                          (black_hole.main, ["--image", evil]), (black_hole.main, ["--flux", evil])):
        if program is sample.main:
            Path(evil, "toy_data.txt").unlink()
            Path(evil, "toy_data.txt").symlink_to(evil)
        line = bad_call(capsys, program, *argv)
        assert line[:-1].isprintable(), line
