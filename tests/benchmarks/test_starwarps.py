"""The comparison with StarWarps ends in a line where eht-imaging is not installed."""

import sys

import pytest

from benchmarks import starwarps
from console import InputError


def test_without_eht_imaging_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ehtim", None)
    with pytest.raises(InputError, match="pip install ehtim"):
        starwarps.main([])
