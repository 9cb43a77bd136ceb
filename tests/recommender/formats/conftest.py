"""Fixtures for the tests of formats."""

from importlib import import_module

import pytest

from recommender.formats import text
from tests.recommender.scale.cases import needs


@pytest.fixture
def write(tmp_path):
    def write(content, name="file"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path
    return write


def optional(package):
    """Return an optional package; where it is missing, the test is skipped, or fails if CI has installed it."""
    needs(package)
    return import_module(package)


def use(monkeypatch, reader):
    """Read text by the csv module or pyarrow; what pyarrow cannot read, the csv module reads."""
    if reader == "pyarrow":
        optional("pyarrow")
    else:
        monkeypatch.setattr(text, "pyarrow", None)


@pytest.fixture(params=["csv", "pyarrow"])
def reader(request, monkeypatch):
    use(monkeypatch, request.param)
    return request.param
