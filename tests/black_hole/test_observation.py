"""The measurements, against the FFT, singular vectors and hand-worked geometry."""

import numpy as np
import pytest

from black_hole import measure, observation
from console import InputError


def test_fourier_is_the_fft_on_whole_frequencies():
    n, field = 8, 100.0
    picture = np.random.RandomState(4).rand(n, n)
    east, north = observation.sky(n, field)
    row, column = np.indices((n, n)).reshape(2, -1)
    per_cycle = field * observation.MICROARCSECOND
    # Rows run to the south and columns to the west, from the first pixel.
    u, v = -column / per_cycle, -row / per_cycle
    visibilities = np.split(observation.fourier(u, v, east - east[0, 0], north - north[0, 0]) @ picture.ravel(), 2)
    np.testing.assert_allclose(visibilities[0] + 1j * visibilities[1], np.fft.fft2(picture).ravel(), atol=1e-9)


def test_point_source_in_the_east():
    """The phase of a point turns by -2 pi u east: a quarter turn back for u east = 1/4."""
    east, north = np.array([50.0]), np.array([0.0])
    u = np.array([0.25]) / (50 * observation.MICROARCSECOND)
    np.testing.assert_allclose(observation.fourier(u, np.array([0.0]), east, north), [[0], [-1]], atol=1e-12)


def test_pictures_have_north_up_and_east_left():
    east, north = observation.sky(4, 8.0)
    np.testing.assert_allclose(east[0], [3, 1, -1, -3])
    np.testing.assert_allclose(north[:, 0], [3, 1, -1, -3])


def test_uv_of_an_equatorial_baseline():
    """From longitude 0 to 90 degrees east on the equator of a unit Earth: the baseline is (-1, 1, 0).

    A source on the equator overhead at longitude 0 (hour angle 0) sees it 1 long towards the east; when it has moved
    on to 90 degrees west (hour angle 90), its east is longitude 0's direction of +x: the baseline is -1 long. It
    never moves north or south. A source at the pole sees the whole circle.
    """
    H = np.radians([0, 90, 45])
    u, v = observation.baseline_uv((-1.0, 1.0, 0.0), H, 0.0)
    np.testing.assert_allclose(u, [1, -1, 0], atol=1e-12)
    np.testing.assert_allclose(v, 0, atol=1e-12)
    u, v = observation.baseline_uv((-1.0, 1.0, 0.0), np.linspace(0, 2 * np.pi, 50), np.pi / 2)
    np.testing.assert_allclose(np.hypot(u, v), np.sqrt(2))


def test_uv_of_a_polar_baseline_and_the_missing_part_is_towards_the_source():
    u, v = observation.baseline_uv((0.0, 0.0, 1.0), np.array([0.0, 1.0]), 0.3)
    np.testing.assert_allclose((u, v), [[0, 0], [np.cos(0.3)] * 2], atol=1e-12)
    baseline, H = np.array([1.0, -2.0, 0.5]), np.linspace(0, 6, 9)
    u, v = observation.baseline_uv(baseline, H, 0.7)
    along = observation.source_direction(H, 0.7) @ baseline
    np.testing.assert_allclose(u**2 + v**2 + along**2, baseline @ baseline)


def station(name, longitude, sefd=1000.0):
    x, y = 6.37e6 * np.cos(np.radians(longitude)), 6.37e6 * np.sin(np.radians(longitude))
    return observation.Station(name, x, y, 0.0, sefd)


def test_stations_take_part_while_the_source_is_up():
    """On the equator a source of the equator is up 15 degrees or more for 150 of 360 degrees; 60 apart share 90."""
    pair = station("a", 0), station("b", 60, 4000.0)
    every = observation.SIDEREAL_DAY / 3600
    coverage = observation.cover(pair, source=(0.0, 0.0), frequency=observation.LIGHT, every=every)
    assert abs(len(coverage.u) - 900) <= 1
    np.testing.assert_allclose(coverage.v, 0, atol=1e-3)
    assert np.abs(coverage.u).max() == pytest.approx(6.37e6)  # a chord of 60 degrees is a radius, of 1 m wavelengths
    np.testing.assert_allclose(coverage.sigma, 2000 / np.sqrt(2 * 2e9 * 60) / 0.88)


def test_noise_is_of_the_size_that_is_claimed(small_sky):
    truth, F, _ = small_sky
    y = observation.observe(truth, F, seed=5)
    assert measure.reduced_chi2(truth, F, y) == pytest.approx(1, abs=5 * np.sqrt(2 / len(y)))


def test_concentrated_measurements_say_the_same(small_sky):
    """The two sums of squares differ by one number, the noise that no picture explains."""
    truth, F, U = small_sky
    np.testing.assert_allclose(U.T @ U, np.eye(U.shape[1]), atol=1e-10)
    y = observation.observe(truth, F, seed=6)
    trials = truth.ravel() * np.random.RandomState(7).rand(5, truth.size)
    left = [((y - F @ x) ** 2).sum() - ((U.T @ y - U.T @ F @ x) ** 2).sum() for x in trials]
    np.testing.assert_allclose(left, left[0], rtol=1e-4)


@pytest.mark.parametrize("rows, columns, rank", [(30, 50, 30), (90, 60, 60), (60, 90, 7), (90, 80, 40)])
def test_concentrated_measurements_are_those_of_the_singular_vectors(rows, columns, rank):
    rng = np.random.RandomState(20)
    F = rng.randn(rows, rank) @ rng.randn(rank, columns)
    U, singular, _ = np.linalg.svd(F)
    expected = U[:, : (singular > 1e-7 * singular[0]).sum()]
    found = observation.concentrate(F, tried=10)
    assert found.shape == expected.shape == (rows, rank)
    np.testing.assert_allclose(found @ (found.T @ expected), expected, atol=1e-9)


def test_concentrated_measurements_of_the_telescopes_are_those_of_the_singular_vectors(small_sky):
    _, F, found = small_sky
    U, singular, _ = np.linalg.svd(F, full_matrices=False)
    expected = U[:, singular > 1e-7 * singular[0]]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found @ (found.T @ expected), expected, atol=1e-5)


GOOD_LINE = "A 6370000 0 0 1000  # on the equator\n"


@pytest.mark.parametrize(
    "text, message",
    [
        (GOOD_LINE + "\nB 1 2 3\n", "line 3: expected name, x, y, z and SEFD, found 4 fields"),
        (GOOD_LINE + "B 0 6370000 north 1000\n", "line 2"),
        (GOOD_LINE + "B 0 6370 0 1000\n", "line 2: B is not on the surface"),
        (GOOD_LINE + "B 0 6370000 0 -1\n", "line 2: the SEFD"),
        (GOOD_LINE + "B 0 6370000 0 nan\n", "line 2: the SEFD"),
        (GOOD_LINE + GOOD_LINE, "line 2: a second station"),
        (GOOD_LINE, "at least two stations"),
        ("", "at least two stations"),
    ],
)
def test_bad_stations_are_told_by_their_line(tmp_path, text, message):
    path = tmp_path / "stations.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        observation.read_stations(path)


def test_written_stations_are_read_back(tmp_path):
    path = tmp_path / "stations.txt"
    path.write_text("# name x y z SEFD\n" + "\n".join(" ".join(map(str, s)) for s in observation.EHT_2017))
    assert observation.read_stations(path) == observation.EHT_2017
