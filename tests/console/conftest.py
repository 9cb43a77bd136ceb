"""A folder with the files of all programs."""

import os
from pathlib import Path

import pytest

from tests.console.cases import PNG


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working folder with data in D, a solution in S, and links of all sorts to them."""
    monkeypatch.chdir(tmp_path)
    for name in ("D", "S/deep/deeper/deepest", "pictures"):
        Path(name).mkdir(parents=True)
    Path("D/real.txt").write_text("1 2\n3 4\n5 6\n")
    Path("D/toy_data.txt").symlink_to("real.txt")
    os.link("D/real.txt", "hard.json")
    os.link("D/real.txt", "pictures/toy_bic.png")
    Path("link.json").symlink_to("D/toy_data.txt")
    Path("E").symlink_to("D")
    Path("loop").symlink_to("loop")
    for path, content in (("S/em.py", "pass"), ("notes.txt", "notes"), ("numbers.txt", "1"), ("outside.json", "[1]"),
                          ("S/settings.json", "[1]"), ("S/deep/deeper/deepest/settings.json", "{}")):
        Path(path).write_text(content)
    Path("S/linked.json").symlink_to("../outside.json")
    Path("picture.png").write_bytes(PNG)
    return tmp_path


