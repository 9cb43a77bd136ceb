"""What is exchanged in somebody's code: our steps for theirs, one variance for a covariance matrix."""

import numpy as np
import pytest

from tests.checker.in_process import TICK, results_of
from tests.checker.solutions import EDITS, KEYWORDS, edited


@pytest.mark.parametrize("name", ["no_floor", "no_half_in_norm"])
def test_ours_can_be_called_by_the_names_of_their_parameters(name, em_plan, tmp_path):
    old, new = (text.replace("mixture", "mix") for text in EDITS[name][:2])
    results = results_of(tmp_path, edited((old, new), text=KEYWORDS), em_plan)
    assert results["em.run: slow convergence"].status == "pass"


def test_a_loop_that_leaves_out_an_argument_is_told_in_its_own_terms(em_plan, tmp_path):
    text = edited(("        mixture = mstep(X, post, mixture)\n", "        mixture = mstep(X, post)\n"),
                  ("post, mixture, min", "post, mixture=None, min"))
    results = results_of(tmp_path, text, em_plan)
    said = " ".join(result.detail for result in results.values() if result.wrong)
    assert "em.run" in said and "<locals>" not in said


COVARIANCE = edited(("            f[j] -= size / 2 * np.log(2 * np.pi * mixture.var[j])\n            f[j] -= (diff **"
                     " 2).sum() / (2 * mixture.var[j])\n",
                     "            f[j] += multivariate_normal.logpdf(X[u, C], mixture.mu[j, C], mixture.var[j] *"
                     " np.eye(size))\n"),
                    ("import numpy as np\n", "import numpy as np\nfrom scipy.stats import multivariate_normal\n"))


def test_a_covariance_matrix_is_explained_where_it_fails(em_plan, tmp_path):
    fast = em_plan._replace(stages=[stage for stage in em_plan.stages if not stage.large
                                    and stage.step.function == "estep"])
    silent = results_of(tmp_path, COVARIANCE, fast)["em.estep: user without ratings"]
    assert not silent.right and silent.diagnosis.startswith("a d x d covariance. multivariate_normal is wrong here:"
                                                            " without ratings"), silent


def test_a_covariance_matrix_is_explained_where_it_is_slow(em_plan, tmp_path):
    slow = TICK + edited(("            diff = X[u, C] - mixture.mu[j, C]\n", "            diff = X[u, C] -"
                          " mixture.mu[j, C]\n            inverse = invert(mixture.var[j] * np.eye(C.sum()))\n"),
                         ("f[j] -= (diff ** 2).sum() / (2 * mixture.var[j])", "f[j] -= diff @ inverse @ diff / 2"),
                         ("def estep",
                          "def _inv(matrix):\n    clock.tick(len(matrix) / 100)\n    return np.diag(1 /"
                          " matrix.diagonal())\n\n\nnp.linalg.inv, invert = _inv, lambda a: np.linalg.inv(a)\n\n\ndef"
                          " estep"))
    few = em_plan._replace(stages=[stage for stage in em_plan.stages if stage.step.function == "estep"])
    before = np.linalg.inv
    try:
        late = results_of(tmp_path, slow, few)["em.estep: thousands of ratings"]
    finally:
        np.linalg.inv = before
    assert late.status == "timeout" and late.diagnosis.startswith("a d x d covariance. linalg.inv is slow, since it"
                                                                  " works on d x d numbers"), late
