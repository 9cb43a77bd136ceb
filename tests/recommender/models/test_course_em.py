"""The course's EM as a model of ratings."""

import numpy as np
import pytest

import em
from common import init
from recommender.models import course_em
from tests.ratings import everywhere
from tests.recommender.models.cases import draw


@pytest.mark.parametrize("observed", [0.7, 0.1], ids=["dense", "sparse"])
def test_hard_filling_takes_the_likeliest_group_and_soft_filling_is_em_s_own(observed):
    X, _, _ = draw(np.random.RandomState(1), observed=observed)
    hard, soft = (everywhere(course_em.run(X, 3, fill, seeds=[2]), X) for fill in ("hard", "soft"))
    found, _, _ = em.run(X, *init(X, 3, 2))
    np.testing.assert_allclose(soft[X == 0], em.fill_matrix(X, found)[X == 0], rtol=1e-9, atol=1e-12)
    post, _ = em.estep(X, found)
    for row, weights in zip(hard, post, strict=True):
        np.testing.assert_allclose(row, found.mu[list(weights).index(max(weights))], rtol=1e-9, atol=1e-12)


def test_of_several_seeds_the_likeliest_run_counts():
    X, _, _ = draw(np.random.RandomState(1), K=5)
    runs = [em.run(X, *init(X, 4, seed)) for seed in range(4)]
    values = [run[2] for run in runs]
    best = runs[int(np.argmax(values))][0]
    assert max(values) - min(values) > 1
    filled = everywhere(course_em.run(X, 4, seeds=range(4)), X)
    np.testing.assert_allclose(filled[X == 0], em.fill_matrix(X, best)[X == 0], rtol=1e-9)
