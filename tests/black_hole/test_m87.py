"""M87 as a user images it."""

import json

import numpy as np
import pytest
from matplotlib import image

from black_hole import __main__ as program
from black_hole import eht, m87
from console import run_program
from tests.black_hole.cases import bad_call, csv


def test_bad_input_is_one_line_and_status_2(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(m87, "learn", None)  # nothing of the long work has begun
    shipped, m = eht.shipped_file(100, "lo"), ("--m87", "--no-figures")
    three = csv(tmp_path, ["1,AA,PV,-1e9,2e9,1,0,1", "1,AA,LM,-1e9,1e9,1,0,1", "1,LM,PV,-1e9,3e9,1,0,1"])
    assert "four stations" in bad_call(capsys, *m, "--visibilities", three)
    assert "is in" in bad_call(capsys, *m, "--visibilities", shipped, shipped)
    assert "no measurements of --day 101" in bad_call(capsys, *m, "--day", 101, "--visibilities", shipped)
    assert "no.csv" in bad_call(capsys, *m, "--visibilities", tmp_path / "no.csv")
    assert "invalid choice" in bad_call(capsys, *m, "--day", 97)
    assert "ends in .npy" in bad_call(capsys, *m, "--image-out", tmp_path / "a.png")
    assert "is read" in bad_call(capsys, *m, "--visibilities", three, shipped, "--day", 100, "--json", three)
    (tmp_path / "a.npy").write_text("no picture")
    assert "not a .npy file" in bad_call(capsys, *m, "--image-out", tmp_path / "a.npy")
    assert "--band hi in the files" in bad_call(capsys, *m, "--band", "hi", "--visibilities", shipped)
    image.imsave(tmp_path / "m87.png", np.eye(9), cmap="gray")
    assert "would replace" in bad_call(capsys, "--m87", "--figures", tmp_path, "--prior", tmp_path / "m87.png")
    assert "needs --m87" in bad_call(capsys, "--day", 101)
    assert "does not go with" in bad_call(capsys, *m, "--image", "a.png")
    assert "needs --m87" in bad_call(capsys, "--gains", "--image-out", "a.npy")
    assert (tmp_path / "a.npy").read_text() == "no picture" and three.read_text().startswith("#SRC")


def test_m87_as_a_user_runs_it(tmp_path, capsys, in_a_hurry):
    table, picture, folder = tmp_path / "m87.json", tmp_path / "m87.npy", tmp_path / "figures"
    monkey = [*in_a_hurry, "--day", "100", "--cross-validate", "--json", str(table), "--image-out", str(picture)]
    assert run_program(program.main, ["--m87", *monkey, "--figures", str(folder)]) == 0
    out, rows = capsys.readouterr().out, json.loads(table.read_text())
    assert [(row["day"], row["band"], row["prior"]) for row in rows] == [(100, "lo", "natural"), (100, "hi", "natural")]
    wanted = {"day", "band", "prior", "diameter_uas", "width_uas", "bright_side_deg", "chi2_closure_phase",
              "chi2_log_closure_amplitude", "flux_jy", "seconds", "starts"}
    assert all(wanted <= set(row) and {"start", "diameter_uas", "score"} == set(row["starts"][0]) for row in rows)
    assert np.load(picture).sum() == pytest.approx(rows[0]["flux_jy"])
    assert sorted(file.name for file in folder.iterdir()) == sorted(m87.PICTURES)
    assert out.count("predicts band") == out.count("predicts the others") == 2
