"""The comparison on the course's matrix, and what the course's RMSE measures, as a user runs them."""

import json
import tarfile

import numpy as np
import pytest

from challenges import compare, gold
from console import run_program
from recommender import catalogue
from recommender.catalogue import Model
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
    assert run_program(compare.main, ["--data", str(folder), "--json", str(target), "--figures", str(pictures),
                                      "--only", "regularized-em-effects", "constant", "effects"]) == 0
    result = json.loads(target.read_text())
    assert [row["name"] for row in result["models"]] == ["constant", "effects", "regularized-em-effects"]
    assert {"name", "params", "rmse", "mae", "coverage_90", "course_rmse", "seconds"} <= set(result["models"][0])
    assert result["split"] == {"kind": "hide", "fraction": 0.1, "seed": 0, "inner_seed": 1, "inner_fraction": 0.1}
    assert set(result["models"][2]["coverage_of_densities"]) == {"0.5", "0.8", "0.9", "0.95"}
    assert all((pictures / name).read_bytes()[:4] == b"\x89PNG" for name in ("comparison.png", "calibration.png"))
    printed = capsys.readouterr().out
    table = printed.split("Sorted")[1].splitlines()[2:5]
    assert [float(row.split()[1]) for row in table] == sorted(float(row.split()[1]) for row in table)


def test_interruption_keeps_the_rows_in_the_json(folder, monkeypatch, capsys):
    def interrupt(train, report, done):
        raise KeyboardInterrupt
    monkeypatch.setattr(catalogue, "MODELS", (*catalogue.MODELS[:2], Model("slow", "factors", "", interrupt)))
    target = folder / "out.json"
    assert run_program(compare.main, ["--data", str(folder), "--json", str(target), "--no-figures"]) == 130
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
    assert run_program(compare.main, options) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and message in captured.err and captured.err.count("\n") == 1


def test_the_archive_is_not_replaced_by_the_table(folder, capsys):
    archive = folder / "mine.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("netflix_incomplete.txt", "netflix_complete.txt"):
            tar.add(folder / name, name)
    kept = archive.read_bytes()
    assert run_program(compare.main, ["--data", str(archive), "--json", str(archive), "--no-figures"]) == 2
    assert "is read" in capsys.readouterr().err and archive.read_bytes() == kept


@pytest.mark.parametrize("text", ["5\n", "5 0\n0 3\n"])
def test_too_few_ratings_end_in_one_line(text, tmp_path, capsys):
    for name in ("netflix_incomplete.txt", "netflix_complete.txt"):
        (tmp_path / name).write_text(text)
    assert run_program(compare.main, ["--data", str(tmp_path), "--no-figures"]) == 2
    assert "too few ratings" in capsys.readouterr().err


def test_gaps_that_hold_one_value_per_user_are_not_the_truth():
    X, complete = ratings()
    flat = np.where(X == 0, complete[:, :1], X)
    assert set(gold.spread_of_gaps(X, flat)) <= {0, 1}
    assert not gold.is_truth(X, flat) and gold.is_truth(X, complete)


def test_gold_shows_both_measures(folder, capsys):
    assert run_program(gold.main, ["--data", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    X, complete = ratings()
    train, hidden = hold_out(X)
    constants = [np.sqrt(((X == 0) * (complete - X[X > 0].mean()) ** 2).mean()),
                 np.sqrt(np.mean((hidden.data - train.data.mean()) ** 2))]
    row = next(line for line in lines if line.startswith("one constant"))
    assert [float(value) for value in row.split()[2:]] == pytest.approx(constants, abs=6e-5)
    assert "measures prediction" in lines[3]


def test_gold_knows_a_filling_by_one_value_per_user():
    X, complete = ratings()
    flat = np.where(X == 0, complete[:, :1], X)
    flat[3, X[3] == 0] = 0
    text = gold.describe(X, flat)
    users = (X == 0).any(axis=1).sum()
    assert f"{users} users" in text and f"{users} of them hold one same value" in text and "1 of these" in text
    assert "not prediction" in text


def test_gold_refuses_too_few_ratings_in_one_line(tmp_path, capsys):
    for name in ("netflix_incomplete.txt", "netflix_complete.txt"):
        (tmp_path / name).write_text("5\n")
    assert run_program(gold.main, ["--data", str(tmp_path)]) == 2
    assert "too few ratings" in capsys.readouterr().err
