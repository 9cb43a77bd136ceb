"""M87, against hand-worked scans, finite differences, dense solves, the Earth's turn, and planted pictures."""

import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from black_hole import __main__ as program
from black_hole import average as average_program
from black_hole import blind, closures, eht, gains, handout, m87, methods, mixture, rivals, synthetic, turned
from black_hole.observation import EHT_2017, LIGHT, M87, MICROARCSECOND, baseline_uv, sky
from console import InputError, run_program

RELEASE = Path(__file__).resolve().parents[3] / "shared" / "eht"
HEADER = "#SRC:M87,DATE(MJD):57854,FREQ:227.0707GHz\n" + eht.COLUMNS + "\n"


def csv(tmp_path, lines, header=HEADER, name="a.csv"):
    path = tmp_path / name
    path.write_text(header + "".join(f"{line}\n" for line in lines))
    return path


@pytest.fixture(scope="module")
def averages():
    return eht.read_visibilities(eht.shipped_file(101, "lo"))


@pytest.fixture(scope="module")
def net(averages):
    return gains.network(gains.long_baselines(averages))


@pytest.fixture(scope="module")
def few():
    """The shortest of the days, which is the quickest to image."""
    return eht.read_visibilities(eht.shipped_file(100, "lo"))


@pytest.fixture(scope="module")
def prior():
    """A small prior on 4 x 4 patches of simulated sources."""
    return mixture.run(turned.isotropic_patches("celestial", 4000, b=4, seed=3), 6, most=8)[0]


def random_gains(net, seed, spread=0.3):
    rng = np.random.RandomState(seed)
    shape = net.scan.max() + 1, len(eht.STATIONS)
    return spread * rng.randn(*shape) + 1j * rng.uniform(-np.pi, np.pi, shape)


# The files


def test_a_line_is_read_with_the_release_s_signs(tmp_path):
    """A source 20 microarcseconds to the east, the second station 1e9 wavelengths to the east of the first."""
    turn = -360 * 1e9 * 20 * MICROARCSECOND
    read = eht.read_visibilities(csv(tmp_path, [f"1.5,AA,PV,-1e9,0,0.5,{turn},0.01"]))
    assert (read.day, read.band, *read.u, *read.v, *read.sigma) == (101, "lo", 1e9, 0, 0.01)
    east, _north = sky(blind.PIXELS, blind.FIELD)
    response = np.abs(blind.sight(read).F.ravel() - read.value[0] / 0.5)
    assert east.ravel()[response < 0.1].mean() == pytest.approx(20, abs=1)
    assert east[:, 0].min() > 0, "east is left"


def test_u_and_v_point_from_the_first_station_to_the_second_as_the_earth_turns(averages):
    """Station coordinates and Greenwich sidereal time alone give u and v of the averages."""
    places = {station.name: np.array(station[1:4]) for station in EHT_2017}
    codes = {"AA": "ALMA", "AP": "APEX", "AZ": "SMT", "JC": "JCMT", "LM": "LMT", "PV": "PV", "SM": "SMA"}
    right_ascension, declination = M87
    averages = gains.long_baselines(averages)
    for row in range(0, len(averages.time), 7):
        first, second = (places[codes[eht.STATIONS[k]]] for k in (averages.first[row], averages.second[row]))
        days = 57854 + averages.time[row] / 24 - 51544.5
        sidereal = np.radians(280.46061837 + 360.98564736629 * days)
        wavelengths = (second - first) * 227.0707e9 / LIGHT
        expected = baseline_uv(wavelengths, sidereal - right_ascension, declination)
        # Precession since the year 2000 turns the sky by a quarter of a degree, and rows of a scan share one time.
        found = averages.u[row], averages.v[row]
        np.testing.assert_allclose(found, expected, atol=0.02 * np.linalg.norm(wavelengths))


def test_a_scan_averaged_by_hand(tmp_path):
    """Weights 1 and 1/4 of 1 and 1j: (4 + 1j) / 5, sigma 1 / sqrt(1 + 1/4); a minute's pause parts, 50 s do not."""
    read = eht.read_visibilities(csv(tmp_path, [
        "1.000,AA,PV,-10,-20,1,0,1",
        "1.013,AA,PV,-20,-40,1,90,2",
        "1.013,AA,LM,-5,-5,2,180,3",
        "1.040,AA,PV,-30,-60,3,0,1",
    ]))
    found = eht.average(read)
    np.testing.assert_allclose(found.time, [1.0065, 1.0065, 1.040])
    assert [eht.STATIONS[k] for k in found.second] == ["LM", "PV", "PV"]
    np.testing.assert_allclose(found.value, [-2, (4 + 1j) / 5, 3], atol=1e-12)
    np.testing.assert_allclose(found.sigma, [3, 1.25**-0.5, 1])
    np.testing.assert_allclose(found.u, [5, 12, 30])
    np.testing.assert_allclose(found.v, [5, 24, 60])


def test_averages_are_written_and_read_back_and_stay_averages(averages, tmp_path):
    eht.write_visibilities(tmp_path / "b.csv", averages)
    for again in (eht.read_visibilities(tmp_path / "b.csv"), eht.average(averages)):
        assert again[:2] == averages[:2]
        for column, expected in zip(again[2:], averages[2:], strict=True):
            np.testing.assert_allclose(column, expected, atol=2e-6 * np.abs(expected).max())


def test_shipped_averages_are_those_of_the_release(tmp_path, capsys):
    files = sorted(RELEASE.glob("*.csv"))
    if not files:
        assert os.environ.get("EHT_FILES") != "required", "the release's csv files are required, but are not here"
        pytest.skip("the release's csv files are not beside the checkout")
    assert run_program(average_program.main, [*map(str, files), "--out", str(tmp_path)]) == 0
    made = sorted(tmp_path.iterdir())
    assert [file.name for file in made] == sorted(file.name for file in eht.SHIPPED.glob("*.csv"))
    for file in made:
        assert file.read_bytes() == (eht.SHIPPED / file.name).read_bytes()


def test_the_shipped_averages_are_of_four_days_and_two_bands():
    read = [eht.read_visibilities(eht.shipped_file(day, band)) for day in eht.DAYS.values() for band in m87.BANDS]
    assert {(one.day, one.band) for one in read} == set(itertools.product((95, 96, 100, 101), ("lo", "hi")))


GOOD = "1.0,AA,PV,-1e9,2e9,0.5,10,0.01"


@pytest.mark.parametrize("text, message", [
    ("", "line 1: expected #SRC"),
    ("hello\n", "line 1: expected #SRC"),
    (HEADER.replace("M87", "3C279"), "measurements of 3C279; expected M87"),
    (HEADER.replace("227.0707", "86.0000"), "measured at 86.0000 GHz; expected 227.0707 or 229.0707"),
    (HEADER.replace("57854", "57855"), "measured on MJD 57855"),
    (HEADER, "no measurements"),
    (HEADER + GOOD, "line 3: the file has been cut short"),
    (HEADER + GOOD + "\n1.0,AA\n", "line 4: expected 8 fields, found 2"),
    (HEADER + GOOD.replace("PV", "XX") + "\n", "line 3: no station 'XX'"),
    (HEADER + GOOD.replace("PV", "AA") + "\n", "line 3: a baseline from AA to itself"),
    (HEADER + GOOD.replace("2e9", "east") + "\n", "line 3: could not convert"),
    (HEADER + GOOD.replace("0.5", "nan") + "\n", "line 3: expected finite"),
    (HEADER + GOOD.replace("0.01", "0") + "\n", "line 3: expected finite"),
])
def test_bad_files_are_told_by_their_line(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        eht.read_visibilities(tmp_path / "a.csv")


# Gains and closures


def test_closures_do_not_change_with_any_gains(net):
    changed = gains.apply_gains(net, random_gains(net, 0, spread=2.0), net.value)
    assert np.abs(np.angle(changed / net.value)).max() > 3
    phases = [closures.closure_phases(closures.triangles(net), value) for value in (net.value, changed)]
    np.testing.assert_allclose(np.exp(1j * phases[0]), np.exp(1j * phases[1]), atol=1e-9)
    amplitudes = [closures.log_closure_amplitudes(closures.quadrangles(net), value) for value in (net.value, changed)]
    np.testing.assert_allclose(*amplitudes, atol=1e-9)


def test_closures_of_four_stations_by_hand():
    """Baselines 01, 02, 03, 12, 13, and 32 turned round; phases and logs of amplitudes are small numbers."""
    ends = np.array([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (3, 2)])
    phase, log = np.array([0.1, 0.2, 0.4, 0.8, 1.6, -0.05]), np.array([1.0, 2, 4, 8, 16, 32])
    net = gains.Network(np.zeros(6, int), *ends.T, np.exp(log + 1j * phase), np.exp(log))
    found = closures.closure_phases(closures.triangles(net), net.value)
    np.testing.assert_allclose(found, [0.1 + 0.8 - 0.2, 0.1 + 1.6 - 0.4, 0.2 + 0.05 - 0.4, 0.8 + 0.05 - 1.6])
    found = closures.log_closure_amplitudes(closures.quadrangles(net), net.value)
    np.testing.assert_allclose(found, [1 + 32 - 2 - 16, 1 + 32 - 4 - 8, 2 + 16 - 4 - 8])
    np.testing.assert_allclose(closures.closure_sigma(closures.triangles(net), net), np.sqrt(3))


def test_chi2_of_closures_is_1_for_noise_of_the_size_that_is_claimed(net):
    rng, model, seen = np.random.RandomState(1), net.value, []
    small = net._replace(sigma=0.01 * np.abs(model))
    for _ in range(20):
        noise = small.sigma * (rng.randn(len(model)) + 1j * rng.randn(len(model)))
        noisy = small._replace(value=gains.apply_gains(net, random_gains(net, 2), model + noise))
        noisy = noisy._replace(sigma=0.01 * np.abs(noisy.value))
        seen.append((closures.chi2_phases(noisy, model), closures.chi2_amplitudes(noisy, model)))
    np.testing.assert_allclose(np.mean(seen, axis=0), 1, atol=0.12)


def test_gains_of_noiseless_data_are_recovered(net, monkeypatch):
    monkeypatch.setattr(gains, "AMPLITUDE_SPREAD", np.full(len(eht.STATIONS), 100.0))
    truth = random_gains(net, 3)
    model = np.exp(2j * np.random.RandomState(4).rand(len(net.value)))
    sure = net._replace(value=gains.apply_gains(net, truth, model), sigma=np.full(len(model), 1e-3))
    found = gains.solve_gains(sure, model, steps=20)
    full = np.bincount(net.scan) > 3  # of two or three stations' amplitudes only products are seen
    rows = full[net.scan]
    np.testing.assert_allclose(gains.apply_gains(sure, found, model)[rows], sure.value[rows], atol=1e-5)
    used = np.zeros(found.shape, bool)
    used[net.scan, net.first] = used[net.scan, net.second] = True
    used &= full[:, None]
    np.testing.assert_allclose(found.real[used], truth.real[used], atol=1e-3)


def test_gains_are_where_their_objective_is_least(net):
    """Against finite differences of the sum of squares that the docstring names."""
    model = np.abs(net.value) * np.exp(1j * np.random.RandomState(5).rand(len(net.value)))
    net = net._replace(value=gains.apply_gains(net, random_gains(net, 6, 0.1), model))
    found = gains.solve_gains(net, 1.05 * model, steps=40)

    def objective(log_gain):
        misfit = np.abs(net.value - gains.apply_gains(net, log_gain, 1.05 * model)) / net.sigma
        by_a, by_phi = log_gain.real / gains.AMPLITUDE_SPREAD, log_gain.imag / gains.PHASE_SPREAD
        return (misfit**2).sum() + (by_a**2).sum() + (by_phi**2).sum()

    for step in (1e-4, 1e-4j):
        for scan, station in ((0, 0), (5, 2), (9, 4)):
            move = np.zeros(found.shape, complex)
            move[scan, station] = step
            slope = (objective(found + move) - objective(found - move)) / 2e-4
            curve = (objective(found + move) + objective(found - move) - 2 * objective(found)) / 1e-8
            assert abs(slope) < 1e-3 * curve + 0.2


def test_whitened_equations_are_those_of_the_dense_covariance(net):
    """All scans at once, the derivatives by finite differences, F and y as they are: the same normal equations."""
    rng = np.random.RandomState(7)
    rows = np.flatnonzero(np.isin(net.scan, (10, 11)))
    net = net._replace(scan=net.scan[rows] - 10, first=net.first[rows], second=net.second[rows],
                       value=net.value[rows], sigma=net.sigma[rows])
    log_gain, M, T = 0.1 * random_gains(net, 8), len(rows), len(eht.STATIONS)
    F, model = rng.randn(M, 9) + 1j * rng.randn(M, 9), rng.randn(M) + 1j * rng.randn(M)

    def stacked(values):
        return np.concatenate([values.real, values.imag])

    def derivative(step):
        ahead, behind = (stacked(gains.apply_gains(net, log_gain + sign * step, model)) for sign in (1, -1))
        return (ahead - behind) / 2e-5

    covariance, offset = np.diag(np.tile(3 * net.sigma, 2) ** 2), np.zeros(2 * M)
    for scan, station in np.ndindex(2, T):
        one = np.zeros((2, T))
        one[scan, station] = 1e-5
        by_a, by_phi = derivative(one), derivative(1j * one)
        covariance += gains.AMPLITUDE_SPREAD[station] ** 2 * np.outer(by_a, by_a) + 100 * np.outer(by_phi, by_phi)
        offset += by_a * log_gain.real[scan, station]  # a is normal around 0, not around what was found
    G, right = stacked(gains.apply_gains(net, log_gain, F)), stacked(net.value) + offset
    white_F, white_y = gains.whiten(net, log_gain, model, F, inflation=3.0)
    expected = G.T @ np.linalg.solve(covariance, np.column_stack([G, right]))
    np.testing.assert_allclose(white_F.T @ np.column_stack([white_F, white_y]), expected,
                               atol=1e-5 * np.abs(expected).max())


# Imaging


def test_turned_patches_of_a_slope_are_slopes_of_every_direction():
    slope = np.add.outer(0.01 * np.arange(40), 0.02 * np.arange(30))
    patches = turned.turned(slope, 8, 500, np.random.RandomState(9)).reshape(-1, 8, 8)
    down, right = patches[:, 1, 0] - patches[:, 0, 0], patches[:, 0, 1] - patches[:, 0, 0]
    np.testing.assert_allclose(np.hypot(down, right), np.hypot(0.01, 0.02))
    assert np.abs(np.mean(np.exp(1j * np.arctan2(down, right)))) < 0.15
    assert patches.min() >= 0 and patches.max() <= slope.max()


@pytest.mark.parametrize("kind", ["celestial", "natural", "both"])
def test_isotropic_patches_repeat_themselves(kind):
    Z = turned.isotropic_patches(kind, 501, seed=1)
    assert Z.shape == (501, 64) and Z.min() >= 0 and Z.max() <= 1 + 1e-12
    np.testing.assert_array_equal(Z, turned.isotropic_patches(kind, 501, seed=1))


def test_log_prior_is_scipys(prior):
    picture, noise = np.random.RandomState(10).rand(6, 6), blind.PATCH_NOISE**2 / blind.GAMMAS[-1] * np.eye(16)
    parts = [[np.log(p) + multivariate_normal(mu, cov + noise).logpdf(picture[i : i + 4, j : j + 4].ravel())
              for p, mu, cov in zip(*prior, strict=True)] for i, j in np.ndindex(3, 3)]
    assert blind.log_prior(prior, picture) == pytest.approx(logsumexp(parts, axis=1).sum())


def test_a_moved_picture_is_moved_back():
    picture = np.random.RandomState(11).rand(12, 12)
    np.testing.assert_array_equal(blind.aligned(np.roll(picture, (3, -2), (0, 1)), picture), picture)
    spot = np.zeros((9, 9))
    spot[1, 7] = 1
    assert blind.centred(spot)[4, 4] == 1


@pytest.mark.parametrize("name, found", [("ring 55", True), ("disc 60", False), ("double", False)])
def test_pictures_come_out_as_what_they_are_with_gains_unknown(few, prior, name, found):
    """One start, a small prior: the ring's diameter within 10 %, and no ring where there is none."""
    shape, across = synthetic.truths()[name]
    truth = blind.FLUX * shape / shape.sum()
    sight = blind.sight(synthetic.measure(truth, few, seed=1))
    picture = blind.image(sight, prior, [blind.one_round(sight, prior, blind.starts()["disc 60"], 10)])
    assert picture.min() >= 0 and picture.sum() == pytest.approx(blind.FLUX, abs=0.05)
    assert not picture.ravel()[~sight.lit].any()
    assert synthetic.is_ring(picture) == found
    if found:
        assert m87.diameter(picture) == pytest.approx(across, rel=0.1)


def test_the_picture_does_not_see_the_gains(few, prior):
    """Other phases at every station, the same picture."""
    own = gains.long_baselines(few)
    net = gains.network(own)
    turned_round = own._replace(value=gains.apply_gains(net, 1j * random_gains(net, 12).imag, own.value))
    found = [blind.one_round(blind.sight(one), prior, blind.starts()["disc 60"], 10) for one in (own, turned_round)]
    np.testing.assert_allclose(*found, atol=1e-3 * found[0].max())


def test_rings_are_found_where_they_are():
    for name, (shape, across) in synthetic.truths(blind.PIXELS).items():
        assert synthetic.is_ring(shape) == (across is not None or name == "crescent"), name


# The program


def bad_call(capsys, *argv, main=program.main):
    """Return the one line on stderr of a call of the program that must end with status 2."""
    try:
        status = run_program(main, [str(word) for word in argv])
    except SystemExit as error:
        status = error.code
    lines = capsys.readouterr().err.splitlines()
    assert status == 2 and len(lines) == 1, lines
    return lines[0]


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
    assert "needs --m87" in bad_call(capsys, "--day", 101)
    assert "does not go with" in bad_call(capsys, *m, "--image", "a.png")
    assert "needs --m87" in bad_call(capsys, "--gains", "--image-out", "a.npy")
    assert (tmp_path / "a.npy").read_text() == "no picture" and three.read_text().startswith("#SRC")


def test_averaging_replaces_no_input_and_nothing_of_another_kind(tmp_path, capsys):
    name = eht.shipped_file(101, "lo").name
    own = csv(tmp_path, [GOOD], name=name)
    call = {"main": average_program.main}
    assert "is read" in bad_call(capsys, own, "--out", tmp_path, **call)
    assert "in a file before it" in bad_call(capsys, own, own, "--out", tmp_path / "new", **call)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / name).write_text("a letter")
    assert "is not replaced" in bad_call(capsys, own, "--out", tmp_path / "other", **call)
    assert (tmp_path / "other" / name).read_text() == "a letter" and not (tmp_path / "new").exists()


@pytest.fixture
def in_a_hurry(monkeypatch):
    """Few and short rounds from two starts."""
    few = dict(itertools.islice(blind.starts().items(), 1, 3))
    monkeypatch.setattr(blind, "ROUNDS", (2, 1))
    monkeypatch.setattr(blind, "STEPS", 1)
    monkeypatch.setattr(blind, "starts", lambda flux=blind.FLUX: few)
    return ["--prior", "natural", "--patches", "1000", "--clusters", "2"]


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


def test_invented_pictures_as_a_user_runs_them(tmp_path, capsys, in_a_hurry, monkeypatch):
    monkeypatch.setattr(synthetic, "SEEDS", 1)
    table = tmp_path / "gains.json"
    call = ["--gains", "--day", "100", *in_a_hurry, "--json", str(table), "--figures", str(tmp_path / "figures")]
    assert run_program(program.main, call) == 0
    rows = json.loads(table.read_text())
    assert [row["image"] for row in rows] == list(synthetic.truths())
    assert all(0 < row["nrmse"] < 2 for row in rows)
    assert (tmp_path / "figures" / "invented.png").exists()


# The assignment's own formulas, and what is fair to the rivals


def test_the_handouts_x_step_and_z_step_are_its_formulas(prior):
    """One step of each, gamma 3, dense and patch by patch."""
    rng, n, b, gamma = np.random.RandomState(13), 7, 4, 3.0
    F, N = rng.randn(30, n * n), 16
    y = 20 * F @ rng.rand(n * n)
    start = rivals.tikhonov_to_noise(F, y)
    peak, P = start.max(), []
    for i, j in np.ndindex(4, 4):
        rows = (n * (i + np.arange(b))[:, None] + j + np.arange(b)).ravel()
        P.append(np.eye(n * n)[rows])
    normal, right = F.T @ F * peak**2, F.T @ y * peak
    for p_n in P:
        seen = p_n @ start / peak
        noisy = [np.log(p) + multivariate_normal(mu, cov + np.eye(16) / gamma).logpdf(seen)
                 for p, mu, cov in zip(*prior, strict=True)]
        mu, cov = prior.mu[np.argmax(noisy)], prior.cov[np.argmax(noisy)]
        z = mu + cov @ np.linalg.solve(np.eye(16) / gamma + cov, seen - mu)
        normal, right = normal + 0.5 * gamma / N * p_n.T @ p_n, right + 0.5 * gamma / N * p_n.T @ z
    expected = np.maximum(np.linalg.solve(normal, right), 0) * peak
    found = handout.reconstruct_literally(F, y, prior, gammas=(gamma,), steps=1)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-6, atol=1e-8 * peak)


def test_one_strength_for_all_is_the_least_mean_not_the_mean_of_the_least():
    picture = np.ones((2, 2))
    found = [[methods.Found("a", picture, 0.0, "", errors), methods.Found("b", picture, 0.0)]
             for errors in ((1.0, 2.0, 9.0), (4.0, 2.0, 1.0))]
    assert methods.one_strength_for_all(found) == {"a": 2.0}
