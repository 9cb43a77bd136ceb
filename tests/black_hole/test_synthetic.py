"""Invented sources as a user images them."""

import json

from black_hole import __main__ as program
from black_hole import synthetic
from console import run_program


def test_invented_pictures_as_a_user_runs_them(tmp_path, capsys, in_a_hurry, monkeypatch):
    monkeypatch.setattr(synthetic, "SEEDS", 1)
    table = tmp_path / "gains.json"
    call = ["--gains", "--day", "100", *in_a_hurry, "--json", str(table), "--figures", str(tmp_path / "figures")]
    assert run_program(program.main, call) == 0
    rows = json.loads(table.read_text())
    assert [row["image"] for row in rows] == list(synthetic.truths())
    assert all(0 < row["nrmse"] < 2 for row in rows)
    assert (tmp_path / "figures" / "invented.png").exists()
