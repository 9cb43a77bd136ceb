"""The program em: its results, its checkpoint, and the time left."""

import json

import numpy as np
import pytest

import common
import em
from recommender.models.units import in_stars
from recommender.scale import checkpoint, mixtures
from recommender.scale import em as program
from recommender.sparse import as_ratings
from tests.recommender.scale.cases import status


def test_em_writes_what_it_has_found(example, tmp_path):
    assert status("em", "store", "--k", 3, "--seeds", 1, 0, "--json", "a.json", "--kernel", "scipy") == 0
    told = json.loads((tmp_path / "a.json").read_text())
    floor = 0.25 * in_stars(as_ratings(example))[1].size ** 2
    runs = {seed: em.run(example, *common.init(example, 3, seed), min_variance=floor)[2] for seed in (0, 1)}
    assert told["log_likelihood"][-1] == pytest.approx(max(runs.values()), rel=1e-11)
    assert told["seed"] == max(runs, key=runs.get) and told["rmse"] is None and told["kernel"] == "scipy"
    assert (told["users"], told["items"], told["ratings"]) == (60, 9, np.count_nonzero(example))
    assert len(told["seconds"]) == len(told["log_likelihood"]) and told["peak_mb"] > 10 and told["workers"] >= 1


def test_an_interrupted_program_goes_on(example, tmp_path, monkeypatch, capsys):
    words = ("em", "store", "--k", 3, "--seeds", 0, 1, "--kernel", "scipy", "--json")
    assert status(*words, "whole.json") == 0
    written = []

    def interrupted(*given, write=checkpoint.write):
        write(*given)
        written.append(given)
        if len(written) in (4, 9):
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "write", interrupted)
    for expected in (130, 130, 0):
        assert status(*words, "parts.json", "--checkpoint", "check") == expected
    whole, parts = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("whole", "parts"))
    assert parts["log_likelihood"] == whole["log_likelihood"] and parts["seed"] == whole["seed"]
    capsys.readouterr()
    for other, said in ((("--k", 2), "k 3, not 2"), (("--hide", 0.1), "hide 0.0, not 0.1"),
                        (("--start", "means"), "start course, not means"),
                        (("--kernel", "dense"), "kernel scipy, not dense"),
                        (("--seeds", 1), r"seeds [0, 1], not [1]")):
        assert status(*words[:-1], "--checkpoint", "check", *other) == 2
        error = capsys.readouterr().err
        assert "is the checkpoint of another run" in error and said in error and error.count("\n") == 1


def test_the_time_left_is_told_once_it_is_known():
    """Improvements that halve, from 1000 on, with 1 being enough: ten more."""
    assert program.iterations_left([-1e6 - 2e3, -1e6 - 1e3]) is None
    assert program.iterations_left([-1e6 - 2e3, -1e6, -1e6 + 1e3]) == pytest.approx(np.log2(1000), rel=0.01)
    assert program.iterations_left([-1e6, -1e6 + 1, -1e6 + 3]) is None


def test_the_time_left_stands_where_a_narrow_terminal_does_not_cut_it_off():
    run = mixtures.Run(None, None, [-1.39e8 - 2e6, -1.39e8, -1.39e8 + 1e6], [100.0] * 3)
    assert round(100 * np.log2(1e6 / 138) / 60) == 21
    assert program.report(run, 10**8).startswith("iteration 3, about 21 min left: log-likelihood -138000000.0")
    assert program.report(run._replace(log_likelihoods=[-1.0]), 10**8).startswith("iteration 3: log-likelihood")
