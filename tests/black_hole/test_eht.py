"""The release's files, against hand-worked scans and the Earth's turn."""

import itertools
import os

import numpy as np
import pytest

from black_hole import blind, eht, gains
from black_hole.observation import EHT_2017, LIGHT, M87, MICROARCSECOND, baseline_uv, sky
from console import InputError
from tests.black_hole.cases import GOOD, HEADER, RELEASE, csv


def test_a_line_is_read_with_the_release_s_signs(tmp_path):
    """A source 20 microarcseconds to the east, the second station 1e9 wavelengths to the east of the first."""
    turn = -360 * 1e9 * 20 * MICROARCSECOND
    read = eht.read_visibilities(csv(tmp_path, [f"1.5,AA,PV,-1e9,0,0.5,{turn},0.01"]))
    assert (str(read.date), read.band, *read.u, *read.v, *read.sigma) == ("2017-04-11", "lo", 1e9, 0, 0.01)
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
        assert again[:3] == averages[:3]
        for column, expected in zip(again[3:], averages[3:], strict=True):
            np.testing.assert_allclose(column, expected, atol=2e-6 * np.abs(expected).max())


def test_the_shipped_averages_are_of_five_nights_and_two_bands():
    read = [eht.read_visibilities(eht.shipped_file(day, band)) for day in eht.YEARS for band in ("lo", "hi")]
    nights = [f"2017-04-{day:02d}" for day in (5, 6, 10, 11)] + ["2018-04-21"]
    assert [(str(one.date), one.band) for one in read] == list(itertools.product(nights, ("lo", "hi")))
    assert [one.day for one in read[::2]] == [95, 96, 100, 101, 111]


def test_columns_are_read_by_their_names(tmp_path):
    lines = ["1.5,AA,PV,-1e9,3e9,0.5,20,0.01", "1.6,LM,AA,2e9,-4e9,0.25,-30,0.02"]
    expected = eht.read_visibilities(csv(tmp_path, lines))
    order = [4, 7, 1, 0, 3, 6, 2, 5]
    names = ",".join(eht.COLUMNS[k] for k in order)
    turned = [",".join(line.split(",")[k] for k in order) + ",7" for line in lines]
    header = HEADER.splitlines()[0] + f"\n#{names},more\n"
    for column, own in zip(eht.read_visibilities(csv(tmp_path, turned, header)), expected, strict=True):
        np.testing.assert_array_equal(column, own)


@pytest.mark.parametrize("frequency, band", [("227.071", "lo"), ("227.1", "lo"), ("229.071", "hi"), ("213.1", "b1")])
def test_files_of_2018_are_read_under_the_names_of_2017(tmp_path, frequency, band):
    header = HEADER.replace("57854", "58228").replace("227.0707", frequency)
    codes = ["AX", "MG", "MM", "SW", "GL"]
    found = eht.read_visibilities(csv(tmp_path, [f"25,AA,{code},-1e9,2e9,0.5,10,0.01" for code in codes], header))
    assert [eht.STATIONS[k] for k in found.second] == ["AP", "AZ", "JC", "SM", "GL"]
    assert (found.source, str(found.date), found.band) == ("M87", "2018-04-21", band)


@pytest.mark.parametrize("date, hours", [
    ("58228", [23.0, 23.995, 24.005, 30.0]),
    ("58228", [23.0, 23.995, 0.005, 6.0]),
    ("58229", [0.01, 1.005, 1.015, 7.01]),
])
def test_a_night_that_passes_midnight_is_one(tmp_path, date, hours):
    lines = [GOOD.replace("1.0", str(hour), 1) for hour in hours[::-1]]
    found = eht.read_visibilities(csv(tmp_path, lines, HEADER.replace("57854", date)))
    assert str(found.date) == "2018-04-21"
    np.testing.assert_allclose(np.diff(found.time[::-1]), [1.0 - 0.005, 0.01, 6.0 - 0.005], atol=1e-9)
    assert eht.scans_of(found.time[::-1]).tolist() == [0, 1, 1, 2]
    eht.write_visibilities(tmp_path / "b.csv", found)
    again = eht.read_visibilities(tmp_path / "b.csv")
    np.testing.assert_allclose(again.time, found.time, atol=1e-8)
    assert again[:3] == found[:3]


def test_files_of_2018_and_of_sagittarius_are_read():
    files = sorted(RELEASE.glob("*_201?/*.csv"))
    if not files:
        assert os.environ.get("EHT_FILES") != "required", "the release's csv files are required, but are not here"
        pytest.skip("the release's csv files are not beside the checkout")
    read = [eht.read_visibilities(file) for file in files]
    assert {(one.source, str(one.date)) for one in read} == {("M87", "2018-04-21"), ("SGRA", "2017-04-07")}
    for one, file in zip(read, files, strict=True):
        assert len(one.time) > 6000 and np.ptp(one.time) < 10
        expected = sum(line.split(",")[1:2] == ["AA"] for line in file.read_text().splitlines())
        assert (one.first == 0).sum() == expected


@pytest.mark.parametrize("text, message", [
    ("", "line 1: expected #SRC"),
    ("hello\n", "line 1: expected #SRC"),
    (HEADER.replace("M87", "3C279"), "measurements of 3C279; expected M87 or SGRA"),
    (HEADER.replace("227.0707", "86.0000"), "measured at 86.0000 GHz; expected one of 213.1, 215.1, 227.1, 229.1"),
    (HEADER.replace("57854", "2017"), "line 1: expected #SRC"),
    (HEADER.splitlines()[0] + "\n", "line 2: expected #time"),
    (HEADER.replace("#time", "time"), "line 2: expected #time"),
    (HEADER.replace("V(lambda)", "U(lambda)"), r"line 2: .*U\(lambda\) is not there once"),
    (HEADER.replace("(Jy)", "(mJy)"), r"line 2: .*Iamp\(Jy\) is not there once"),
    (HEADER, "no measurements"),
    (HEADER + GOOD, "line 3: the file has been cut short"),
    (HEADER + GOOD + "\n1.0,AA\n", "line 4: expected 8 fields, found 2"),
    (HEADER + GOOD + "\n" + HEADER, "line 4: expected 8 fields, found 3"),
    (HEADER + GOOD.replace("PV", "XX") + "\n", "line 3: no station 'XX'"),
    (HEADER + GOOD.replace("PV", "AA") + "\n", "line 3: a baseline from AA to itself"),
    (HEADER + GOOD.replace("AA,PV", "AP,AX") + "\n", "line 3: a baseline from AP to itself"),
    (HEADER + GOOD.replace("2e9", "east") + "\n", "line 3: could not convert"),
    (HEADER + GOOD.replace("2e9", "2e11") + "\n", "line 3: expected 0 to 48 hours"),
    (HEADER + GOOD.replace("1.0", "nan", 1) + "\n", "line 3: expected 0 to 48 hours"),
    (HEADER + GOOD.replace(",10,", ",inf,") + "\n", "line 3: expected 0 to 48 hours"),
    *((HEADER + GOOD.replace(good, bad) + "\n", "line 3: .* delete flagged rows") for good, bad in (
        ("0.5", "nan"), ("0.5", "0"), ("0.5", "-1"), ("0.5", "1e9"), ("0.01", "0"), ("0.01", "1e-200"))),
])
def test_bad_files_are_told_by_their_line(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        eht.read_visibilities(tmp_path / "a.csv")
