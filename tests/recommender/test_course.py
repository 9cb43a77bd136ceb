"""The comparison on the course's matrix, beside what the course's RMSE measures, as a user runs it."""

import json
import tarfile

import numpy as np
import pytest

from console import run_program
from data import is_truth
from recommender import catalogue
from recommender.__main__ import main
from recommender.choosing import Model, best_of
from recommender.holdout import hold_out
from tests.ratings import ratings


@pytest.fixture
def folder(tmp_path):
    """A folder with small files under the course's names."""
    for name, matrix in zip(("netflix_incomplete.txt", "netflix_complete.txt"), ratings(), strict=True):
        np.savetxt(tmp_path / name, matrix, fmt="%d")
    return tmp_path


def test_compare_writes_table_json_and_pictures(folder, capsys):
    target, pictures = folder / "out.json", folder / "made" / "here"
    assert run_program(main, ["evaluate", "course", "--data", str(folder), "--json", str(target), "--hide", "0.1",
                              "--figures", str(pictures), "--only", "regularized-em-effects", "constant",
                              "effects"]) == 0
    result = json.loads(target.read_text())
    assert [row["name"] for row in result["models"]] == ["constant", "effects", "regularized-em-effects"]
    assert {"name", "params", "rmse", "mae", "coverage_90", "course_rmse", "seconds"} <= set(result["models"][0])
    assert result["split"] == {"kind": "hide", "fraction": 0.1, "seed": 0, "inner_seed": 1, "inner_fraction": 0.1}
    assert set(result["models"][2]["coverage_of_densities"]) == {"0.5", "0.8", "0.9", "0.95"}
    assert all((pictures / name).read_bytes()[:4] == b"\x89PNG" for name in ("comparison.png", "calibration.png"))
    printed = capsys.readouterr().out
    assert all(printed.count(f"\n{row['name']} ") == 1 for row in result["models"])


def test_interruption_keeps_the_rows_in_the_json(folder, monkeypatch, capsys):
    def interrupt(train, report, asked):
        raise KeyboardInterrupt
    slow = Model("slow", "factors", "", interrupt, best_of(lambda n, d: [{}]))
    monkeypatch.setattr(catalogue, "MODELS", (*catalogue.MODELS[:2], slow))
    target = folder / "out.json"
    assert run_program(main, ["evaluate", "course", "--data", str(folder), "--json", str(target)]) == 130
    assert [row["name"] for row in json.loads(target.read_text())["models"]] == ["constant", "effects"]


@pytest.mark.parametrize("options, message", [
    (["--only", "magic"], "no model is called magic; there are constant"),
    (["--json", "/no/such/folder/x.json"], "cannot be written"),
    (["--figures", __file__], "cannot be used as a folder"),
    (["--data", "/no/such/place"], "does not exist"),
    (["--json", "T", "--figures", "T"], "pictures go"),
    (["--json", "F/comparison.png", "--figures", "F"], "pictures go"),
    (["--json", "netflix_complete.txt"], "is read"),
])
def test_bad_options_end_in_one_line_before_any_work(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("recommender.sources.data.netflix", None)  # not even the data are read
    assert run_program(main, ["evaluate", "course", *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and message in captured.err and captured.err.count("\n") == 1


def test_the_archive_is_not_replaced_by_the_table(folder, capsys):
    archive = folder / "mine.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("netflix_incomplete.txt", "netflix_complete.txt"):
            tar.add(folder / name, name)
    kept = archive.read_bytes()
    assert run_program(main, ["evaluate", "course", "--data", str(archive), "--json", str(archive)]) == 2
    assert "is read" in capsys.readouterr().err and archive.read_bytes() == kept


@pytest.mark.parametrize("text", ["5\n", "5 0\n0 3\n"])
def test_too_few_ratings_end_in_one_line(text, tmp_path, capsys):
    for name in ("netflix_incomplete.txt", "netflix_complete.txt"):
        (tmp_path / name).write_text(text)
    assert run_program(main, ["evaluate", "course", "--data", str(tmp_path)]) == 2
    assert ("too few ratings" if "3" in text else "all ratings (1) are 5") in capsys.readouterr().err


def test_gaps_that_hold_one_value_per_user_are_not_the_truth():
    X, complete = ratings()
    flat = np.where(X == 0, complete[:, :1], X)
    assert not is_truth(X, flat) and is_truth(X, complete)


def test_both_measures_stand_side_by_side(folder, tmp_path):
    target = tmp_path / "out.json"
    assert run_program(main, ["evaluate", "course", "--data", str(folder), "--only", "constant", "--hide", "0.1",
                              "--json", str(target)]) == 0
    (row,) = json.loads(target.read_text())["models"]
    X, complete = ratings()
    train, held_out = hold_out(X)
    mean = train.data.mean()
    gaps = X == 0
    assert row["rmse"] == pytest.approx(np.sqrt(np.mean((held_out.data - mean) ** 2)))
    assert row["course_rmse"] == pytest.approx(np.sqrt((gaps * (complete - mean) ** 2).mean()))
    assert row["gaps_rmse"] == pytest.approx(np.sqrt(np.mean((complete[gaps] - mean) ** 2)))
