"""An answer beside what was expected."""

import pytest

from checker.compare import numbers


@pytest.mark.parametrize("expected, got, texts", [
    (1.0, 2.0, ("1", "2")), (0.12345678, 0.12345679, ("0.12345678", "0.12345679")),
    (-12345.678901, -12345.678902, ("-12345.678901", "-12345.678902"))])
def test_numbers_that_differ_look_different(expected, got, texts):
    assert numbers(expected, got) == texts
