"""A run beside the right path of iterations."""

from tests.checker.in_process import results_of
from tests.checker.solutions import EDITS, edited


def test_how_far_a_run_went_is_said_only_where_it_is_known(em_plan, tmp_path):
    said = results_of(tmp_path, edited(EDITS["fixed_iterations"][:2]), em_plan)["em.run: test case"].diagnosis
    assert said.startswith("stopping rule") and " iterations or more; " in said
