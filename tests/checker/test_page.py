"""docs/mistakes.md has the advice on each mistake that the checker knows, and on no other."""

from checker import mistakes, page
from checker.mistakes import Cause
from checker.stages import STEPS


def test_the_page_and_the_catalogue_have_the_same_mistakes():
    steps = {(one.section, one.name) for step in STEPS.values() for one in (*step.mistakes, *step.alone)}
    assert steps == {(section, name) for section, entries in page.sections().items() if ".py: " in section
                     for name in entries}
    others = [one for value in vars(mistakes).values()
              for one in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value])
              if isinstance(one, Cause)]
    assert len(others) > 150
    for one in others:
        assert one.advice.endswith((".", "?"))
        assert one.words[0] == "|C_u|" or one.words[0] in page.sections()[one.section][one.name], one
    assert f"{mistakes.RULE} {mistakes.COST_RULE}" in page.PAGE.read_text(encoding="utf-8")


def test_exceptions_are_found_by_their_titles():
    assert "Print the shapes" in page.on_exception(["ValueError"], "matmul: shapes (2,) and (3,) not aligned: 2 != 3")
    assert page.on_exception(["TypeError"], "shapes (2,) and (3,) not aligned") is None
    assert "Use a loop" in page.on_exception(["RecursionError", "RuntimeError"], "maximum recursion depth exceeded")
