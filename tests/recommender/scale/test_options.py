"""What em and als share: options, refusals, and the model file."""

import json

import numpy as np
import pytest

from recommender import model_file
from recommender.scale import options
from tests.recommender.scale import cases
from tests.recommender.scale.cases import status


@pytest.mark.parametrize("words", [["em", "--k", 3], ["als", "--rank", 2, "--strength", 0.3, "--sweeps", 3]])
def test_the_model_file_serves_suggest(example, tmp_path, capsys, words):
    command, *more = words
    assert status(command, "store", *more, "--hide", 0.2, "--out", "model", "--json", "a.json") == 0
    saved = model_file.read(tmp_path / "model")
    assert np.array_equal(saved.table.X.toarray(), example) and saved.table.items[0] == 3
    assert json.loads((tmp_path / "a.json").read_text())["rmse"] > 0
    assert status("suggest", "model", "--user", 7, "--top", 2) == 0
    assert "For user 7" in capsys.readouterr().out


@pytest.mark.parametrize("words, says", [
    (["em", "store"], "the following arguments are required: --k"),
    (["em", "nowhere", "--k", 2], "nowhere is no store of ratings"),
    (["em", "store", "--k", 61], "expected at most as many components as users, 60"),
    (["em", "store", "--k", 0], "expected a whole number from 1"),
    (["em", "store", "--k", 2, "--memory", "much"], "expected a size as 350MB or 1.5GB, got 'much'"),
    (["em", "store", "--k", 2, "--hide", 1], "expected a share from 0 to less than 1, got '1'"),
    (["em", "store", "--k", 2, "--hide", "nan"], "expected a share"),
    (["em", "store", "--k", 2, "--out", "model"], "--out needs held-out ratings"),
    (["em", "store", "--k", 2, "--json", "store/header.json"], "would replace a file that is read"),
    (["em", "store", "--k", 2, "--json", "text"], "is not a JSON file"),
    (["em", "store", "--k", 2, "--checkpoint", "text"], "is no checkpoint of em"),
    (["em", "store", "--k", 2, "--checkpoint", "store/users.npy"], "would replace a file that is read"),
    (["em", "store", "--k", 2, "--checkpoint", "no/folder"], "not a folder that can be written to"),
    (["em", "store", "--k", 2, "--checkpoint", "new", "--json", "new"], "new is where --checkpoint goes"),
    (["em", "store", "--k", 2, "--workers", 1, "--scheduler", "a"], "not allowed with"),
    (["als", "store", "--strength", 0], "expected a number above 0, got '0'"),
    (["als", "store", "--rank", 0], "expected a whole number from 1"),
])
def test_what_is_given_wrongly_ends_in_one_line(example, tmp_path, capsys, words, says):
    (tmp_path / "text").write_text("not ours\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert status(*words) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("words", [["em", "--k", 2], ["em", "--k", 2, "--start", "means"], ["als"]])
def test_with_all_ratings_hidden_nothing_can_be_learnt(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    cases.stored(tmp_path / "store", np.array([[5.0, 3.0], [4.0, 0.0]]))
    assert status(*words, "store", "--hide", 0.99) == 2
    error = capsys.readouterr().err
    assert "all 3 ratings are held out" in error and error.count("\n") == 1


def test_without_dask_the_options_say_what_is_missing(example, monkeypatch, capsys):
    monkeypatch.setattr("recommender.scale.options.find_spec", lambda name: None)
    assert status("em", "store", "--k", 2, "--workers", 2) == 2
    assert 'need Dask: pip install "dask[distributed]"' in capsys.readouterr().err


@pytest.mark.parametrize("text, size", [("350MB", 350e6), ("1GB", 1e9), ("1.5 g", 1.5e9), ("12", 12), ("2kB", 2000)])
def test_sizes(text, size):
    assert options.size(text) == size
