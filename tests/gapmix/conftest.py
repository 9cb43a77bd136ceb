"""What some of the tests need; they are skipped where it is missing, unless it is required."""

import importlib.util
import os

import pytest


def needed(name):
    """Skip the test where a package is missing, or fail it where packages are required."""
    if importlib.util.find_spec(name) is None:
        if os.environ.get("GAPMIX_PACKAGES") == "required":
            pytest.fail(f"{name} is required, but is not installed")
        pytest.skip(f"{name} is not installed (gapmix/requirements.txt)")


@pytest.fixture
def sklearn():
    needed("sklearn")


@pytest.fixture
def numba():
    needed("numba")


@pytest.fixture
def pandas():
    needed("pandas")
