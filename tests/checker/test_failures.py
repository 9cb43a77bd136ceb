"""What went wrong in somebody's code, as their process tells it."""

from tests.checker.in_process import results_of
from tests.checker.solutions import edited


def test_a_statement_over_several_lines_is_shown_whole(em_plan, tmp_path):
    text = edited(("            f[j] -= (diff ** 2).sum() / (2 * mixture.var[j])\n",
                   "            f[j] -= np.dot(diff,\n                           X[u]) / (\n                2 *"
                   " mixture.var[j])\n"))
    result = results_of(tmp_path, text, em_plan)["em.estep: test case"]
    assert "(em.py, line " in result.detail and result.detail.endswith(": f[j] -= np.dot(diff, X[u]) / ( 2 *"
                                                                       " mixture.var[j]))")
