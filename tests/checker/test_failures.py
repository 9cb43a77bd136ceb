"""What went wrong in somebody's code, as their process tells it."""

import warnings

import pytest

from checker import failures
from tests.checker.in_process import results_of
from tests.checker.solutions import edited


def raised(folder, text):
    """Return what is described of the exception of a file's function f."""
    file = folder / "em.py"
    file.write_text(text)
    names = {}
    with pytest.raises(BaseException) as error:
        exec(compile(text, str(file), "exec"), names)
        names["f"]()
    return failures.describe(error.value, str(folder))


@pytest.mark.parametrize("body, statement", [
    ("return [1][5]", "return [1][5]"),
    ("x = max(1,\n            [1][5],\n            3)", "x = max(1, [1][5], 3)"),
    ("if [1][5]:\n        pass\n    else:\n        pass", "if [1][5]:"),
    ("for x in range(3): [1][5]", "for x in range(3): [1][5]"),
    ("with open('/absent/x'):\n        pass", "with open('/absent/x'):")])
def test_the_statement_that_raised_is_shown_whole(body, statement, tmp_path):
    described = raised(tmp_path, f"def f():\n    {body}\n")
    assert described["where"] == ["em.py", 3 if "max" in body else 2, statement, "f"]


def test_a_syntax_error_has_its_line(tmp_path):
    described = raised(tmp_path, "x = 1\ndef f(:\n")
    assert described["where"][:3] == ["em.py", 2, "def f(:"] and "SyntaxError" in described["kinds"]


def test_what_no_line_of_theirs_raised_has_no_line(tmp_path):
    with pytest.raises(ValueError) as error:
        float("x")
    assert failures.describe(error.value, str(tmp_path))["where"] is None


def test_messages_are_one_line_without_the_folder(tmp_path):
    described = raised(tmp_path, f"def f():\n    raise KeyError('\\n\\n{tmp_path}/x.txt is bad\\nmore')\n")
    assert "\n" not in described["message"] and str(tmp_path) not in described["message"]


def test_the_first_numerical_warning_of_theirs(tmp_path):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        warnings.warn_explicit("elsewhere", RuntimeWarning, "/elsewhere/a.py", 1)
        warnings.warn_explicit("of words", UserWarning, str(tmp_path / "em.py"), 2)
        warnings.warn_explicit("divide by zero", RuntimeWarning, str(tmp_path / "em.py"), 3)
    assert failures.first_warning(warned, str(tmp_path)) == ["em.py", 3, "divide by zero"]


def test_a_statement_over_several_lines_is_shown_whole(em_plan, tmp_path):
    text = edited(("            f[j] -= (diff ** 2).sum() / (2 * mixture.var[j])\n",
                   "            f[j] -= np.dot(diff,\n                           X[u]) / (\n                2 *"
                   " mixture.var[j])\n"))
    few = em_plan._replace(stages=em_plan.stages[:1])
    result = results_of(tmp_path, text, few)["em.estep: test case"]
    said = ": f[j] -= np.dot(diff, X[u]) / ( 2 * mixture.var[j]))"
    assert "(em.py, line " in result.detail and result.detail.endswith(said)
