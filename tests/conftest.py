"""The course's files for the tests that need them, and files of the built-in sample for those that need any."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: the threads of small products wait for one another

import signal
from pathlib import Path

import pytest

import data
from data import sample
from data.source import find
from tests import browser

ALL = data.TOY + data.NETFLIX + data.TEST_CASE
ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config):
    """Make a failure of every call in our own modules that a library is going to remove."""
    rooms = [*ROOT.glob("*.py"), *(file.parent for file in ROOT.glob("*/__init__.py"))]
    ours = "|".join(sorted(path.stem for path in rooms))
    for kind in ("DeprecationWarning", "FutureWarning"):
        config.addinivalue_line("filterwarnings", rf"error::{kind}:({ours})(\..*)?$")


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard():
    """A shell that runs the tests in the background has them ignore Ctrl-C, and with them all programs they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def course_files():
    """The Source of the course's own files; where they are absent the test is skipped, or fails if CI has them."""
    source = find(ALL)
    if not source.verified:
        if os.environ.get("COURSE_FILES") == "required":
            pytest.fail("the course's files are required, but were not found or are not the published ones")
        pytest.skip("the course's files are not here (see data/README.md)")
    return source


@pytest.fixture(scope="session")
def movielens():
    """The folder with MovieLens 100K; where it is absent the test is skipped, or fails if CI has it."""
    folder = Path(__file__).resolve().parent.parent.parent / "shared" / "movielens-100k"
    if not all((folder / name).is_file() for name in ("u.data", "u.item", "u1.test")):
        if os.environ.get("MOVIELENS_FILES") == "required":
            pytest.fail("MovieLens 100K is required, but its u.data, u.item and u1.test were not found")
        pytest.skip("MovieLens 100K is not here (../shared/movielens-100k)")
    return folder


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory):
    """A folder with the built-in sample's files. Tests copy it before they change anything."""
    folder = tmp_path_factory.mktemp("sample")
    for name, content in sample.contents().items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """A running browser; without one the test is skipped, or fails if CI has one."""
    path = browser.find()
    if path is None:
        if os.environ.get("BROWSER") == "required":
            pytest.fail("a browser is required, but none was found")
        pytest.skip("no browser is here (Debian's package chromium)")
    with browser.Browser(path, tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def opened(chromium):
    """A function that opens a page; when the test ends nothing may have gone wrong in it."""
    tabs = []

    def open_(path, **options):
        tabs.append(chromium.open(path, **options))
        return tabs[-1]

    yield open_
    for tab in tabs:
        assert tab.complaints() == [] and tab.requests() == [tab.url]
        tab.close()
