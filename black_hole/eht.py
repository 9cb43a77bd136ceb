"""What the Event Horizon Telescope measured of M87 in April 2017: files read, scans averaged.

Data release 2019-D01-01, EHT Collaboration et al. 2019, ApJL 875, L3 (Paper III); eht_2017/README.md says more.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from console import InputError, Kind, begins_with, read_file, write_file

STATIONS = ("AA", "AP", "AZ", "JC", "LM", "PV", "SM")  # ALMA, APEX, SMT, JCMT, LMT, Pico Veleta, SMA
BANDS = {"227.0707": "lo", "229.0707": "hi"}  # GHz
DAYS = {"57848": 95, "57849": 96, "57853": 100, "57854": 101}  # modified Julian date: day of 2017, 5 to 11 April
SHIPPED = Path(__file__).parent / "eht_2017"
PAUSE = 60 / 3600  # hours without a measurement that separate two scans
HEADER = re.compile(r"#SRC:(\S+),DATE\(MJD\):(\d+),FREQ:([\d.]+)GHz")
COLUMNS = "#time(UTC),T1,T2,U(lambda),V(lambda),Iamp(Jy),Iphase(d),Isigma(Jy)"
VISIBILITIES = Kind("visibilities", begins_with(b"#SRC:M87,"))


class Visibilities(NamedTuple):
    """M measured visibilities of a day and a band, V = sum of I exp(-2 pi i (u east + v north))."""

    day: int  # of the year 2017
    band: str  # "lo" or "hi"
    time: np.ndarray  # (M,) hours, UTC
    first: np.ndarray  # (M,) index into STATIONS
    second: np.ndarray  # (M,) likewise
    u: np.ndarray  # (M,) wavelengths, towards the east, from the first to the second station
    v: np.ndarray  # (M,) wavelengths, towards the north
    value: np.ndarray  # (M,) Jy, complex
    sigma: np.ndarray  # (M,) Jy, thermal noise of the real and of the imaginary part

    def take(self, rows):
        """Return the Visibilities of some rows, chosen by indices or by a mask."""
        return Visibilities(self.day, self.band, *(column[rows] for column in self[2:]))


def read_visibilities(path):
    """Return the Visibilities of a csv file of the release, or of one written by write_visibilities.

    The release's u and v are of the first station less the second. Here they are of the second less the first, as in
    `fourier`. Raises InputError with the number of a bad line, or if the file cannot be read.
    """
    text = read_file(path, 2**26, "a csv file of the release").decode("utf-8", "replace")
    header, *lines = text.splitlines() or [""]
    day, band = _header(header, path)
    if not text.endswith("\n"):
        raise InputError(f"{path}, line {len(lines) + 1}: the file has been cut short, this line has no end")
    rows = [_row(line, f"{path}, line {number}") for number, line in enumerate(lines, 2) if not line.startswith("#")]
    if not rows:
        raise InputError(f"{path}: there are no measurements in this file")
    time, first, second, u, v, amplitude, phase, sigma = map(np.array, zip(*rows, strict=True))
    return Visibilities(day, band, time, first, second, -u, -v, amplitude * np.exp(1j * np.radians(phase)), sigma)


def _header(line, path):
    """Return the day and the band that the first line of a file names."""
    found = HEADER.fullmatch(line.strip())
    if not found:
        raise InputError(f"{path}, line 1: expected #SRC:M87,DATE(MJD):...,FREQ:...GHz, as in the release's csv files")
    source, date, frequency = found.groups()
    if source != "M87":
        raise InputError(f"{path}: these are measurements of {source}; expected M87")
    if frequency not in BANDS:
        raise InputError(f"{path}: measured at {frequency} GHz; expected {' or '.join(BANDS)}")
    if date not in DAYS:
        raise InputError(f"{path}: measured on MJD {date}; expected one of {', '.join(DAYS)} (5 to 11 April 2017)")
    return DAYS[date], BANDS[frequency]


def _row(line, where):
    """Return time, indices of the two stations, u, v, amplitude, phase and sigma of one line."""
    fields = line.split(",")
    if len(fields) != 8:
        raise InputError(f"{where}: expected 8 fields, found {len(fields)}: not a file of the release, or cut short")
    time, first, second, *numbers = fields
    for name in (first, second):
        if name not in STATIONS:
            raise InputError(f"{where}: no station {name!r}; expected one of {', '.join(STATIONS)}")
    if first == second:
        raise InputError(f"{where}: a baseline from {first} to itself")
    try:
        time, u, v, amplitude, phase, sigma = map(float, (time, *numbers))
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    if not np.isfinite([time, u, v, amplitude, phase]).all() or amplitude < 0 or not 0 < sigma < np.inf:
        raise InputError(f"{where}: expected finite numbers, an amplitude of 0 or more and a positive sigma")
    return time, STATIONS.index(first), STATIONS.index(second), u, v, amplitude, phase, sigma


def write_visibilities(path, visibilities):
    """Write Visibilities in the release's own format, whole or not at all."""
    date, frequency = _key(DAYS, visibilities.day), _key(BANDS, visibilities.band)
    lines = [f"#SRC:M87,DATE(MJD):{date},FREQ:{frequency}GHz", COLUMNS]
    for time, first, second, u, v, value, sigma in zip(*visibilities[2:], strict=True):
        lines.append(f"{time:.8f},{STATIONS[first]},{STATIONS[second]},{-u:.1f},{-v:.1f},"
                     f"{abs(value):.8f},{np.degrees(np.angle(value)):.4f},{sigma:.8f}")
    write_file(path, ("\n".join(lines) + "\n").encode())


def _key(table, value):
    return next(key for key, other in table.items() if other == value)


def scans_of(time):
    """Return the number of the scan, from 0, of each of the times (M,) in hours; a pause separates two scans."""
    instants, place = np.unique(time, return_inverse=True)
    return np.cumsum(np.diff(instants, prepend=instants[0]) > PAUSE)[place]


def average(visibilities):
    """Return the Visibilities averaged coherently over each scan, a row for each scan and baseline.

    Weights are 1 / sigma^2. All rows of a scan get the middle of the scan as their time, so that they still belong
    together when they are read back. To average them again changes nothing.
    """
    scan = scans_of(visibilities.time)
    baseline = np.stack([scan, visibilities.first, visibilities.second])
    (scan_out, first, second), row = np.unique(baseline, axis=1, return_inverse=True)
    row, weight = row.ravel(), 1 / visibilities.sigma**2
    total = np.bincount(row, weight)

    def mean(values):
        return np.bincount(row, weight * values) / total

    times = [visibilities.time[scan == s] for s in range(scan.max() + 1)]
    middle = np.array([(own.min() + own.max()) / 2 for own in times])
    value = mean(visibilities.value.real) + 1j * mean(visibilities.value.imag)
    return Visibilities(visibilities.day, visibilities.band, middle[scan_out], first, second,
                        mean(visibilities.u), mean(visibilities.v), value, total**-0.5)


def shipped_file(day, band):
    """Return the path of the scan averages that come with the program."""
    return SHIPPED / f"M87_2017_{day:03d}_{band}_scans.csv"
