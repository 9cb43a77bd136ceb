"""The program --movie: its table, its files, and what it refuses."""

import json

import numpy as np
import pytest
from PIL import Image

from black_hole import __main__ as program
from black_hole import options, reconstruct
from black_hole.moving import film, ghmm, layers, learn, movie, sources
from black_hole.observation import EHT_2017
from tests.black_hole.cases import bad_call

KEYS = ["source", "seed", "method", "motion", "parameters", "nrmse", "log_likelihood", "seconds"]


@pytest.fixture
def quick(monkeypatch):
    """A small prior, short nights, few motions, and a splitting in a hurry."""
    monkeypatch.setattr(reconstruct, "GAMMAS", (1, 16, 256))
    monkeypatch.setattr(layers, "STEPS", 3)
    monkeypatch.setattr(learn, "LEVELS", (("none",), ("rotation",)))
    return ["--movie", "--every", "7200", "--prior", "celestial", "--patches", "1000", "--components", "3"]


def test_table_files_and_films(quick, tmp_path, capsys):
    status = program.main([*quick, "--sources", "flare", "static ring", "--seeds", "3", "--film",
                           str(tmp_path / "a.gif"), "--json", str(tmp_path / "a.json"), "--figures", str(tmp_path)])
    assert status == 0
    rows = json.loads((tmp_path / "a.json").read_text())
    assert [list(row) for row in rows] == [KEYS] * 10
    assert [(row["source"], row["seed"], row["method"]) for row in rows] == [
        (name, seed, method) for name in ("flare", "static ring") for seed in (3,) for method in movie.METHODS]
    said = capsys.readouterr().out
    for row in rows:
        assert np.isfinite([row["nrmse"], row["log_likelihood"], row["seconds"]]).all()
        assert f"{row['nrmse']:6.3f}" in said
        assert (row["motion"], row["parameters"]) == ("none", {}) or row["source"] == "flare"
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == sources.night_of(EHT_2017, 7200).frames
        assert gif.size == (3 * 2 * film.PIXELS, 2 * 2 * film.PIXELS)
    assert {path.name for path in tmp_path.glob("*.png")} == {"film_flare.png", "film_static_ring.png"}


def test_a_motion_that_was_asked_for_is_found(quick, tmp_path):
    program.main([*quick, "--sources", "hot spot", "--turn", "-30", "--no-figures", "--json",
                  str(tmp_path / "a.json")])
    rows = {row["method"]: row for row in json.loads((tmp_path / "a.json").read_text())}
    assert rows["warp"]["motion"] == "rotation"
    assert rows["warp"]["parameters"]["turn_deg"] == pytest.approx(-30, rel=0.01)
    assert rows["warp"]["nrmse"] < 0.7 * rows["alone"]["nrmse"]
    assert rows["warp"]["log_likelihood"] > rows["still"]["log_likelihood"] + 10


def test_few_numbers_tell_no_motion(quick, tmp_path, capsys):
    stations = tmp_path / "two.txt"
    stations.write_text("A 2225061 -5440057 -2481681 90\nB -5464523 -2493147 2150611 4900\n")
    program.main([*quick, "--sources", "hot spot", "--array", str(stations), "--no-figures", "--json",
                  str(tmp_path / "a.json")])
    assert "too few to tell how something moves" in capsys.readouterr().out
    assert {row["motion"] for row in json.loads((tmp_path / "a.json").read_text())} == {"none"}


def test_flux_scales_the_film(quick):
    arguments = options.parse([*quick, "--flux", "2.5"])
    night = sources.night_of(EHT_2017, arguments.every)
    truth, _ = movie.film_of("blob", 0, night, arguments)
    assert truth.sum((1, 2)).mean() == pytest.approx(2.5)


def test_static_pictures_get_the_noise_that_they_need():
    rng, night = np.random.RandomState(0), sources.night_of(EHT_2017, 9600.0)
    for name, more in (("static ring", False), ("hot spot", True)):
        truth = sources.render(sources.moved(sources.SOURCES[name](rng), night.frames), night.frames)
        noisier, learned = movie.static(sources.measure(truth, night, rng), truth)
        assert (noisier.sigma[0] > night.sigma[0]) == more
        assert learn.lasts(learned.model)
        factor, solved = noisier.sigma[0] / night.sigma[0], film.solve(noisier, learned.model)
        K = solved.cholesky @ solved.cholesky.T
        misfit = factor * K @ solved.alpha
        log_density = ghmm.log_normal(misfit, factor**2 * K)
        assert learned.log_likelihood == pytest.approx(log_density, rel=1e-6)


def test_what_did_not_fit_is_said(quick, capsys):
    """A spot that goes round on a ring that stands still, where no second layer is tried."""
    program.main([*quick, "--sources", "spot on crescent", "--no-figures"])
    assert "does not fit the measurements" in capsys.readouterr().out


@pytest.mark.parametrize("call, message", [
    (["--sources", "blob"], "--sources needs --movie"),
    (["--turn", "0"], "--turn needs --movie"),
    (["--seeds", "0"], "--seeds needs --movie"),
    (["--movie", "--m87"], "not allowed with"),
    (["--movie", "--day", "95"], "--day needs --m87 or --gains"),
    (["--movie", "--image", "a.png"], "--image does not go with"),
    (["--movie", "--handout"], "--handout does not go with"),
    (["--movie", "--sources", "comet"], "invalid choice"),
    (["--movie", "--turn", "nan"], "expected a number from -180 to 180"),
    (["--movie", "--move", "1"], "expected 2 arguments"),
    (["--movie", "--every", "1"], "expected 60 to 14400 seconds"),
    (["--movie", "--film", "a.mp4"], "expected a name that ends in .gif"),
    (["--movie", "--sources", "blob", "--move", "9", "0"], "leaves the field"),
])
def test_bad_calls_end_in_a_line(capsys, call, message):
    assert message in bad_call(capsys, *call)


@pytest.mark.parametrize("flux, message", [("1e-6", "no source in the measurements"),
                                           ("1e12", "the noise is lost in rounding errors")])
def test_a_source_too_faint_or_too_bright_is_refused(quick, capsys, flux, message):
    assert message in bad_call(capsys, *quick, "--sources", "blob", "--flux", flux, "--no-figures")
