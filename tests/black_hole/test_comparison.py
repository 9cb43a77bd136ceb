"""The comparison of simulated pictures as a user runs it."""

import json

import numpy as np
import pytest
from matplotlib import image

from black_hole import __main__ as program
from black_hole import comparison, methods, observation, pictures, reconstruct
from console import cores, run_program
from tests.black_hole.cases import bad_call


def test_methods_whose_picture_has_no_ring_get_no_columns():
    ring = pictures.gaussian_ring(*observation.sky(), 42, 8, 0.5, 200)
    found = [methods.Found("dirty", ring, 0.0), methods.Found("Tikhonov", ring, 0.0),
             methods.Found("patch prior", 0 * ring, 0.0)]
    fitted = comparison.fit_rings(found)
    assert set(fitted) == {"Tikhonov", "patch prior"} and fitted["patch prior"] is None
    assert fitted["Tikhonov"].diameter == pytest.approx(42)


def test_bad_input_is_one_line_and_status_2(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(comparison, "PIXELS", 16)
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("no picture")
    image.imsave(tmp_path / "black.png", np.zeros((9, 9)), cmap="gray", vmin=0, vmax=1)
    opposite = tmp_path / "opposite.txt"
    opposite.write_text("A 6370000 0 0 1000\nB -6370000 0 0 1000\n")
    quiet = "--no-figures", "--image"
    assert "cannot be read" in bad_call(capsys, *quiet, tmp_path / "empty.png")
    assert "cannot be read" in bad_call(capsys, *quiet, tmp_path / "text.jpg")
    assert "empty picture" in bad_call(capsys, *quiet, tmp_path / "black.png")
    assert "does not exist" in bad_call(capsys, *quiet, tmp_path / "none.png")
    assert "does not exist" in bad_call(capsys, "--no-figures", "--prior", tmp_path / "none.png")
    assert "does not exist" in bad_call(capsys, "--no-figures", "--array", tmp_path / "none.txt")
    assert "no two stations" in bad_call(capsys, "--no-figures", "--array", opposite)
    assert "not a folder" in bad_call(capsys, "--no-figures", "--json", tmp_path / "none" / "table.json")
    little = "--no-figures", "--prior", "celestial", "--patches", 1000, "--clusters", 1
    assert "no source" in bad_call(capsys, *little, "--flux", "1e-9")
    assert "positive" in bad_call(capsys, "--flux", "-1")
    assert "from 1e-30 to 1e30" in bad_call(capsys, "--flux", "1e300")
    assert "rounding" in bad_call(capsys, *little, "--flux", "1e30")
    assert "whole number" in bad_call(capsys, "--clusters", "0")


def test_outputs_that_would_replace_one_another_or_an_input_are_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(comparison, "learn", None)  # nothing of the long work has begun
    picture, stations, folder = tmp_path / "a b.png", tmp_path / "stations.txt", tmp_path / "figures"
    image.imsave(picture, np.eye(9), cmap="gray")
    (tmp_path / "a_b.png").write_bytes(picture.read_bytes())
    (tmp_path / "overview.png").write_bytes(picture.read_bytes())
    stations.write_text("\n".join(" ".join(map(str, s)) for s in observation.EHT_2017))
    draw = "--figures", folder
    assert "image_a_b.png" in bad_call(capsys, *draw, "--image", picture, tmp_path / "a_b.png")
    assert "pictures go" in bad_call(capsys, *draw, "--json", folder)
    assert "pictures go" in bad_call(capsys, *draw, "--json", folder / "image_a_b.png", "--image", picture)
    assert "pictures go" in bad_call(capsys, *draw, "--json", folder / "image_thick_ring.png")
    assert "is read" in bad_call(capsys, *draw, "--json", picture, "--image", picture)
    assert "is read" in bad_call(capsys, *draw, "--json", picture, "--prior", picture)
    assert "is read" in bad_call(capsys, *draw, "--json", stations, "--array", stations)
    assert "would replace" in bad_call(capsys, "--figures", tmp_path, "--image", tmp_path / "overview.png")
    assert not folder.exists() and "ALMA" in stations.read_text()


def test_the_program_as_a_user_runs_it(tmp_path, capsys, monkeypatch):
    """A picture of one's own, wider than high, a short training; the table on the screen and in the file agree."""
    monkeypatch.setattr(comparison, "PIXELS", 20)
    monkeypatch.setattr(reconstruct, "STEPS", 2)
    monkeypatch.setattr(cores, "cores", lambda: 3)
    wide = np.zeros((40, 60))
    wide[10:25, 25:40] = 1
    for name in ("my block.png", "crescent.png"):
        image.imsave(tmp_path / name, wide, cmap="gray")
    table, folder = tmp_path / "table.json", tmp_path / "figures"
    call = ["--patches", 2000, "--clusters", 3, "--prior", "celestial", "--json", table]
    call += ["--image", tmp_path / "my block.png"]

    def rows_of(*more):
        assert run_program(program.main, [str(word) for word in [*call, *more]]) == 0
        return json.loads(table.read_text())

    rows = rows_of("--figures", folder)
    out = capsys.readouterr().out
    assert "cropped from 60 x 40 to its central 40 x 40" in out
    assert out.count(f"χ² for gamma {', '.join(map(str, reconstruct.GAMMAS))}: ") == 1
    assert out.count("total variation: regularization") == 1
    assert out.count("does not fit the measurements") == (rows[-1]["chi2_informative"] > 1.5)
    assert [row["method"] for row in rows] == list(methods.METHODS)
    assert all(f"{row['nrmse']:.3f}" in out for row in rows)
    assert sorted(p.name for p in folder.iterdir()) == ["clusters.png", "image_my_block.png", "overview.png"]

    # One process finds, to the last bit, what several found side by side.
    monkeypatch.setattr(cores, "cores", lambda: 1)
    again = rows_of(tmp_path / "crescent.png", "--no-figures")
    assert [row | {"seconds": 0} for row in again[:4]] == [row | {"seconds": 0} for row in rows]
    # A picture of one's own is no ring, whatever its name.
    columns = {"image", "method", "nrmse", "correlation", "chi2", "chi2_informative", "seconds"}
    assert len(again) == 8 and all(set(row) == columns for row in again)
