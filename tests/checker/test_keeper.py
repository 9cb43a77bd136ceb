"""Nothing that somebody's code has started outlives its check."""

import pytest

from checker import keeper


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_where_no_process_can_adopt_there_is_no_keeper(system, monkeypatch):
    monkeypatch.setattr(keeper.sys, "platform", system)
    monkeypatch.setattr(keeper.ctypes, "CDLL", None)  # on Windows it takes no None
    assert keeper.keep() is None
