"""Stand-ins for functions of matrices: the same numbers, and only where the matrix is a number times the identity."""

import types

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from checker import covariance

MULTIPLE, OTHER = 1.7 * np.eye(4), np.diag([1.0, 2, 3, 4])
VECTOR, MEAN = np.array([1.0, -2, 0.5, 3]), np.array([0.5, 0, 1, 2])
MVN = scipy.stats.multivariate_normal
CALLS = {
    "inv": lambda m, a: m.inv(a), "pinv": lambda m, a: np.linalg.pinv(a), "det": lambda m, a: np.linalg.det(a),
    "slogdet": lambda m, a: np.linalg.slogdet(a)[1], "solve": lambda m, a: scipy.linalg.solve(a, VECTOR),
    "pdf": lambda m, a: m.normal.pdf(VECTOR, MEAN, a), "logpdf": lambda m, a: m.normal.logpdf(VECTOR, mean=MEAN, cov=a),
    "rows": lambda m, a: scipy.stats.multivariate_normal.logpdf(np.stack([VECTOR, MEAN]), MEAN, a),
    "frozen": lambda m, a: m.normal(MEAN, a).logpdf(VECTOR),
    "frozen pdf": lambda m, a: m.normal(mean=MEAN, cov=a).pdf(MEAN),
}


@pytest.fixture
def module():
    made = types.ModuleType("theirs")
    vars(made).update(inv=np.linalg.inv, normal=MVN)
    return made


@pytest.mark.parametrize("matrix, used", [(MULTIPLE, True), (OTHER, False)])
@pytest.mark.parametrize("name", CALLS)
def test_stand_ins_give_the_same_numbers(name, matrix, used, module):
    expected, called = CALLS[name](module, matrix), []
    with covariance.quick([module], called):
        got = CALLS[name](module, matrix)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert np.shape(got) == np.shape(expected) and bool(called) == used


def test_all_is_as_before(module):
    before = np.linalg.inv, scipy.linalg.det, scipy.stats.multivariate_normal, module.inv
    with covariance.quick([module], []):
        assert np.linalg.inv is not before[0] and module.inv is np.linalg.inv
    assert before == (np.linalg.inv, scipy.linalg.det, scipy.stats.multivariate_normal, module.inv)


def test_no_ratings_and_one():
    called = []
    with covariance.quick([], called):
        normal = scipy.stats.multivariate_normal
        assert normal.logpdf(np.zeros(0), np.zeros(0), 2 * np.eye(0)) == 0
        one = normal.logpdf(np.array([1.5]), np.array([1.0]), 2 * np.eye(1))
    np.testing.assert_allclose(one, MVN.logpdf(1.5, 1.0, 2.0))
