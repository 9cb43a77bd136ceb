"""An answer beside what was expected."""

import numpy as np
import pytest

from checker.compare import agree, numbers


@pytest.mark.parametrize("expected, got, texts", [
    (1.0, 2.0, ("1", "2")), (0.12345678, 0.12345679, ("0.12345678", "0.12345679")),
    (-12345.678901, -12345.678902, ("-12345.678901", "-12345.678902"))])
def test_numbers_that_differ_look_different(expected, got, texts):
    assert numbers(expected, got) == texts


def test_a_finite_number_is_not_close_to_infinity():
    assert not agree(np.array([1.0, -700.0]), np.array([1.0, -np.inf]), 1e-7)
    assert not agree(np.array(-700.0), np.array(-np.inf), 1e-7)
    assert agree(np.array([1.0, -np.inf]), np.array([1.0, -np.inf]), 1e-7)
