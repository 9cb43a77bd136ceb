"""The release's files, against hand-worked scans and the Earth's turn."""

import itertools

import numpy as np
import pytest

from black_hole import blind, eht, gains, m87
from black_hole.observation import EHT_2017, LIGHT, M87, MICROARCSECOND, baseline_uv, sky
from console import InputError
from tests.black_hole.cases import GOOD, HEADER, csv


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


def test_the_shipped_averages_are_of_four_days_and_two_bands():
    read = [eht.read_visibilities(eht.shipped_file(day, band)) for day in eht.DAYS.values() for band in m87.BANDS]
    assert {(one.day, one.band) for one in read} == set(itertools.product((95, 96, 100, 101), ("lo", "hi")))


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
