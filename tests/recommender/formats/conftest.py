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
    """Read text by the csv module, numpy.loadtxt or pyarrow; what the last two cannot read, the first reads."""
    if reader == "pyarrow":
        optional("pyarrow")
    else:
        monkeypatch.setattr(text, "pyarrow", None)
    if reader == "csv":
        monkeypatch.setattr(text.Quick, "columns", lambda self, piece: None)


@pytest.fixture(params=["csv", "numpy", "pyarrow"])
def reader(request, monkeypatch):
    use(monkeypatch, request.param)
    return request.param
