"""An answer beside what was expected."""

import numpy as np
import pytest

from checker.compare import Misfit, agree, flatten, numbers
from checker.formulas import Mixture


@pytest.mark.parametrize("expected, got, texts", [
    (1.0, 2.0, ("1", "2")), (0.12345678, 0.12345679, ("0.12345678", "0.12345679")),
    (-12345.678901, -12345.678902, ("-12345.678901", "-12345.678902"))])
def test_numbers_that_differ_look_different(expected, got, texts):
    assert numbers(expected, got) == texts


def test_a_finite_number_is_not_close_to_infinity():
    assert not agree(np.array([1.0, -700.0]), np.array([1.0, -np.inf]), 1e-7)
    assert not agree(np.array(-700.0), np.array(-np.inf), 1e-7)
    assert agree(np.array([1.0, -np.inf]), np.array([1.0, -np.inf]), 1e-7)


def test_values_in_another_order():
    post, mixture = np.ones((3, 2)), Mixture(np.ones((2, 4)), np.ones(2), np.ones(2))
    with pytest.raises(Misfit, match="returns its values in another order; expected mixture, post, LL"):
        flatten({"other": "a tuple of 3", "parts": [post, mixture, np.array(1.0)]}, ("mixture", "post", "LL"))
    with pytest.raises(Misfit, match=r"returns an array of shape .* where"):
        flatten({"other": "a tuple of 3", "parts": [post, post, np.array(1.0)]}, ("mixture", "post", "LL"))
