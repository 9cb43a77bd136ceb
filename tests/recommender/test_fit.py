"""fit: a model is written, and nothing else is replaced."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import recommender
from recommender import catalogue, model_file
from tests.recommender.model_cases import said

ROOT = Path(recommender.__file__).resolve().parent.parent


def test_fit_and_suggest_as_programs(place):
    """Both in processes of their own, as a user runs them."""
    def run(*words):
        command = [sys.executable, "-m", "recommender", *words]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600)

    fitted = run("fit", "u.data", "--model", "effects", "--out", "new.npz")
    assert fitted.returncode == 0 and fitted.stderr == "" and "model: new.npz" in fitted.stdout
    found = run("suggest", "new.npz", "--user", "3", "--top", "4", "--titles", "u.item", "--json", "s.json")
    assert found.returncode == 0 and found.stderr == "" and len(found.stdout.splitlines()) == 9
    assert run("suggest", "u.data", "--user", "3").stderr.count("\n") == 1
    assert "evaluate" in run("--help").stdout


@pytest.mark.parametrize("out, says", [
    ("u.data", "would replace a file that is read"), ("link", "would replace a file that is read"),
    ("u.item", "u.item is not a model file, and is not replaced by one"), ("no/where", "is not a folder"),
    (".", "is a folder"), ("netflix_complete.txt", "has the name of a file that is read"),
])
def test_fit_writes_over_nothing_but_models(out, says, place, capsys):
    os.symlink("u.data", "link")
    before = {name: Path(name).read_bytes() for name in ("u.data", "u.item", "m.npz")}
    assert says in said(capsys, "fit", "u.data", "--model", "effects", "--out", out, status=2)
    assert {name: Path(name).read_bytes() for name in before} == before


OUTPUTS = [f"{command} {option}" for command, options in {
    "fit u.data": ["--out"], "evaluate u.data": ["--json", "--page", "--figures"], "convert u.data": [""],
    "suggest m.npz --user 1": ["--json"], "als store --hide 0.1": ["--json", "--out"],
    "em store --k 2 --hide 0.1": ["--json", "--out", "--checkpoint"]}.items() for option in options]


@pytest.mark.parametrize("output", ["/proc/x", "u.data/x", "x" * 300])
@pytest.mark.parametrize("words", OUTPUTS)
def test_what_cannot_be_written_is_said_before_the_work(words, output, place, capsys):
    """Whose permissions let root write into /proc, where nobody can."""
    if not Path("/proc/self").exists() and output == "/proc/x":
        pytest.skip("there is no /proc here")
    before = {name: Path(name).read_bytes() for name in os.listdir()}
    line = said(capsys, *words.split(), output, status=2)
    assert f"{output} cannot be " in line
    assert {name: Path(name).read_bytes() for name in os.listdir()} == before


@pytest.mark.parametrize("words", [words for words in OUTPUTS if "--figures" not in words])
def test_whether_a_folder_can_be_written_to_is_tried(words, place, capsys, monkeypatch):
    """For a checkpoint that is there already, too, which is to be written anew."""
    def refused(path, flags, *more, open=os.open, **others):
        if flags & os.O_CREAT:
            raise OSError(30, "Read-only file system", path)
        return open(path, flags, *more, **others)
    if "--checkpoint" in words:
        Path("x").write_bytes(b"one of before")
    monkeypatch.setattr(os, "open", refused)
    assert f"{Path.cwd()} is not a folder that can be written to" in said(capsys, *words.split(), "x", status=2)


def test_the_default_and_few_ratings_are_explained(place, capsys):
    out = said(capsys, "fit", "u.data", "--out", "m.npz")
    assert "Model: als, the default for few ratings (--model NAME overrides)" in out
    assert "With fewer than 200 held-out ratings" in out
    assert "whole scale" not in out
    assert "the default" not in said(capsys, "fit", "u.data", "--model", "als", "--out", "m.npz")
    Path("few.csv").write_text("user,item,rating\n" + "".join(f"{u},{i},{1 + (u + i) % 5}\n" for u in range(5)
                                                              for i in range(6)))
    out = said(capsys, "fit", "few.csv", "--model", "effects", "--out", "m.npz")
    predictor = model_file.read("m.npz").predictor
    low, high = predictor.interval(*np.indices((5, 6)).reshape(2, -1))
    assert "every interval is the whole scale" in out and (low == 1).all() and (high == 5).all()


def test_the_default_depends_on_the_number_of_ratings(place, capsys, monkeypatch):
    monkeypatch.setattr(catalogue, "ENOUGH", np.count_nonzero(place))
    assert "Model: neural-which, the default for " in said(capsys, "fit", "u.data", "--out", "m.npz")
    assert recommender.fit("u.data", lists=False).name == recommender.load("m.npz").name == "neural-which"
    monkeypatch.setattr(catalogue, "ENOUGH", np.count_nonzero(place) + 1)
    assert recommender.fit("u.data", lists=False).name == "als"


def test_fit_replaces_a_model(place, capsys):
    assert "model: m.npz" in said(capsys, "fit", "u.data", "--model", "constant", "--out", "m.npz")
    assert model_file.read("m.npz").model == "constant"


def test_fit_says_what_it_does_not_know(place, capsys):
    assert "no model is called magic" in said(capsys, "fit", "u.data", "--model", "magic", "--out", "x", status=2)
    assert "required: --out" in said(capsys, "fit", "u.data", status=2)
