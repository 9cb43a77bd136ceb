"""M87 as a user images it."""

import itertools
import json

import numpy as np
import pytest
from matplotlib import image

from black_hole import __main__ as program
from black_hole import eht, m87, synthetic
from console import run_program
from tests.black_hole.cases import bad_call, csv


def test_bad_input_is_one_line_and_status_2(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(m87, "learn", None)  # nothing of the long work has begun
    shipped, m = eht.shipped_file(100, "lo"), ("--m87", "--no-figures")
    monkeypatch.setattr(synthetic, "learn", None)
    three = csv(tmp_path, ["1,AA,PV,-1e9,2e9,1,0,1", "1,AA,LM,-1e9,1e9,1,0,1", "1,LM,PV,-1e9,3e9,1,0,1"])
    assert "four stations" in bad_call(capsys, *m, "--visibilities", three)
    assert "is in" in bad_call(capsys, *m, "--visibilities", shipped, shipped)
    assert "no measurements of --day 101" in bad_call(capsys, *m, "--day", 101, "--visibilities", shipped)
    assert "no.csv" in bad_call(capsys, *m, "--visibilities", tmp_path / "no.csv")
    assert "no measurements of --day 97" in bad_call(capsys, *m, "--day", 97)
    assert "expected 95, 96, 100, 101, 111" in bad_call(capsys, "--gains", "--day", 97)
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
    assert {file.name for file in folder.iterdir()} == {"m87.png", "m87_closures.png", "m87_hi.png", "m87_lo.png"}
    assert out.count("predicts band") == out.count("predicts the others") == 2


def all_pairs(first_amplitude=0.2, length=2e9, times=(1.0, 2.0)):
    """Return lines of six baselines of four stations at each of the times."""
    pairs = list(itertools.combinations(("AA", "LM", "PV", "GL"), 2))
    return [f"{t},{i},{j},{length * k},{length},{first_amplitude if k == 1 else 0.2},10,0.01"
            for t in times for k, (i, j) in enumerate(pairs, 1)]


@pytest.mark.parametrize("lines, message", [
    (all_pairs(length=1e6), "no baseline is longer than 1e"),
    (all_pairs(first_amplitude=0), "line 3: expected an amplitude"),
    (all_pairs(first_amplitude=200), "brightest long baseline has 200 Jy, but M87 is assumed to have 0.6 Jy"),
    ([line.replace("0.2,10,0.01", "0.0002,10,0.00001") for line in all_pairs(0.0002)], "has 0.0002 Jy"),
    (all_pairs()[:1], "four stations"),
])
def test_measurements_that_cannot_be_imaged_are_told_before_any_work(tmp_path, capsys, monkeypatch, lines, message):
    monkeypatch.setattr(m87, "learn", None)
    assert message in bad_call(capsys, "--m87", "--no-figures", "--visibilities", csv(tmp_path, lines))


def test_what_is_left_out_must_have_closures_too(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(m87, "learn", None)
    one_scan, other = csv(tmp_path, all_pairs(times=[1.0])), tmp_path / "sgra.csv"
    call = "--m87", "--no-figures", "--visibilities", one_scan
    assert "no baseline" in bad_call(capsys, *call, "--cross-validate")
    other.write_text(one_scan.read_text().replace("M87", "SGRA").replace("227", "229").replace(",0.2,", ",0.8,"))
    assert "different sources" in bad_call(capsys, *call, other.rename(tmp_path / "b.csv"))


def test_a_picture_without_a_ring_is_described_without_one():
    row = dict.fromkeys(("diameter_uas", "width_uas", "bright_side_deg", "centre_over_ring"))
    row |= {"prior": "natural", "chi2_closure_phase": 1.0, "chi2_log_closure_amplitude": 2.0, "flux_jy": 0.6,
            "lmt_gains": [], "seconds": 9.0, "starts": [{"diameter_uas": None}]}
    assert m87.describe(row) == ("natural  no ring, χ² phases 1.00, amplitudes 2.00, 0.600 Jy, LMT absent, starts"
                                 " without a ring, 9 s")
    row |= {"diameter_uas": 42.0, "width_uas": 10.0, "bright_side_deg": 170.0, "centre_over_ring": 0.01,
            "lmt_gains": [0.5, 0.7, 0.9], "starts": [{"diameter_uas": 41.0}, {"diameter_uas": 43.0}]}
    for words in ("diameter  42.0 µas", "bright side 170°", "LMT 0.50 0.70 0.90", "starts 41.0 to 43.0 (2 rings)"):
        assert words in m87.describe(row)
