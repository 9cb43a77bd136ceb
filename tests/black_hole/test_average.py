"""The program that averages the release's files."""

import os

import pytest

from black_hole import average, eht
from console import run_program
from tests.black_hole.cases import GOOD, RELEASE, bad_call, csv


def test_shipped_averages_are_those_of_the_release(tmp_path, capsys):
    files = sorted([*RELEASE.glob("*.csv"), *RELEASE.glob("m87_2018/*hops*.csv")])
    if not files:
        assert os.environ.get("EHT_FILES") != "required", "the release's csv files are required, but are not here"
        pytest.skip("the release's csv files are not beside the checkout")
    assert run_program(average.main, [*map(str, files), "--out", str(tmp_path)]) == 0
    shipped = [eht.shipped_file(day, band) for day in eht.YEARS for band in ("lo", "hi")]
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in shipped}
    for file in shipped:
        assert file.read_bytes() == (tmp_path / file.name).read_bytes()


def test_averaging_replaces_no_input_and_nothing_of_another_kind(tmp_path, capsys):
    name = eht.shipped_file(101, "lo").name
    own = csv(tmp_path, [GOOD], name=name)
    call = {"main": average.main}
    assert "is read" in bad_call(capsys, own, "--out", tmp_path, **call)
    assert "in a file before it" in bad_call(capsys, own, own, "--out", tmp_path / "new", **call)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / name).write_text("a letter")
    assert "is not replaced" in bad_call(capsys, own, "--out", tmp_path / "other", **call)
    assert (tmp_path / "other" / name).read_text() == "a letter" and not (tmp_path / "new").exists()
