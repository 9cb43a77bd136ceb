"""What the Event Horizon Telescope measured: csv files of its releases read, scans averaged.

M87 in April 2017: EHT Collaboration et al. 2019, ApJL 875, L3; in 2018: A&A 681, A79 (2024). Sagittarius A* in 2017:
ApJL 930, L13 (2022). The README beside each year's averages says more.
"""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from console import InputError, Kind, begins_with, read_file, write_file

# ALMA, APEX, SMT, JCMT, LMT, Pico Veleta, SMA, the Greenland Telescope and the South Pole Telescope
STATIONS = ("AA", "AP", "AZ", "JC", "LM", "PV", "SM", "GL", "SP")
RENAMED = {"AX": "AP", "MG": "AZ", "MM": "JC", "SW": "SM"}  # the codes of 2018
SOURCES = {"M87": 0.6, "SGRA": 2.4}  # Jy, the compact flux that imaging assumes (M87, published: 0.5 to 0.8)
BANDS = {"b1": 213.0707, "b2": 215.0707, "lo": 227.0707, "hi": 229.0707}  # GHz
YEARS = {95: 2017, 96: 2017, 100: 2017, 101: 2017, 111: 2018}  # of the days whose averages of M87 are shipped
PAUSE = 60 / 3600  # hours without a measurement that separate two scans
HEADER = re.compile(r"#SRC:(\S+),DATE\(MJD\):(\d{5}),FREQ:(\d+\.?\d*)GHz")
COLUMNS = ("time(UTC)", "T1", "T2", "U(lambda)", "V(lambda)", "Iamp(Jy)", "Iphase(d)", "Isigma(Jy)")
VISIBILITIES = Kind("visibilities", begins_with(b"#SRC:"))


class Visibilities(NamedTuple):
    """M measured visibilities of a night and a band, V = sum of I exp(-2 pi i (u east + v north))."""

    source: str  # one of SOURCES
    mjd: int  # modified Julian date of the middle of the night
    band: str  # one of BANDS
    time: np.ndarray  # (M,) hours, UTC, of that date; negative before midnight
    first: np.ndarray  # (M,) index into STATIONS
    second: np.ndarray  # (M,) likewise
    u: np.ndarray  # (M,) wavelengths, towards the east, from the first to the second station
    v: np.ndarray  # (M,) wavelengths, towards the north
    value: np.ndarray  # (M,) Jy, complex
    sigma: np.ndarray  # (M,) Jy, thermal noise of the real and of the imaginary part

    def take(self, rows):
        """Return the Visibilities of some rows, chosen by indices or by a mask."""
        return self._replace(**{name: getattr(self, name)[rows] for name in self._fields[3:]})

    @property
    def date(self):
        return date(1858, 11, 17) + timedelta(self.mjd)

    @property
    def day(self):
        """The day of the year, from 1."""
        return self.date.timetuple().tm_yday


def read_visibilities(path):
    """Return the Visibilities of a csv file of a release, or of one written by write_visibilities.

    The file's u and v are of the first station less the second. Here they are of the second less the first, as in
    `fourier`. Raises InputError with the number of a bad line, or if the file cannot be read.
    """
    text = read_file(path, 2**26, "a csv file of the release").decode("utf-8", "replace")
    header, names, *_ = (*text.split("\n", 2), "")
    source, mjd, band = _header(header, path)
    order, lines = _columns(names, path), text.splitlines()
    if not text.endswith("\n"):
        raise InputError(f"{path}, line {len(lines)}: the file has been cut short, this line has no end")
    count = names.count(",") + 1
    rows = [_row(line, count, order, f"{path}, line {number}") for number, line in enumerate(lines[2:], 3)]
    if not rows:
        raise InputError(f"{path}: there are no measurements in this file")
    time, first, second, u, v, amplitude, phase, sigma = map(np.array, zip(*rows, strict=True))
    days, time = _one_night(time)
    value = amplitude * np.exp(1j * np.radians(phase))
    return Visibilities(source, mjd + days, band, time, first, second, -u, -v, value, sigma)


def _header(line, path):
    """Return the source, the modified Julian date and the band that the first line of a file names."""
    found = HEADER.fullmatch(line.strip())
    if not found:
        raise InputError(f"{path}, line 1: expected #SRC:M87,DATE(MJD):57854,FREQ:227.0707GHz, as in the release's csv"
                         " files")
    source, mjd, frequency = found.groups()
    if source not in SOURCES:
        raise InputError(f"{path}: these are measurements of {source}; expected {' or '.join(SOURCES)}")
    near = [band for band, own in BANDS.items() if abs(own - float(frequency)) < 0.1]
    if not near:
        expected = ", ".join(f"{own:.1f}" for own in BANDS.values())
        raise InputError(f"{path}: measured at {frequency} GHz; expected one of {expected}")
    return source, int(mjd), near[0]


def _columns(line, path):
    """Return in which places of a row the COLUMNS are, according to the second line of a file."""
    names = [name.strip() for name in line.removeprefix("#").split(",")]
    wrong = [name for name in COLUMNS if names.count(name) != 1]
    if not line.startswith("#") or wrong:
        raise InputError(f"{path}, line 2: expected #{','.join(COLUMNS)}, in any order; {wrong[0] if wrong else '#'}"
                         " is not there once")
    return [names.index(name) for name in COLUMNS]


def _row(line, count, order, where):
    """Return time, indices of the two stations, u, v, amplitude, phase and sigma of one line of `count` fields."""
    fields = [field.strip() for field in line.split(",")]
    if len(fields) != count:
        raise InputError(f"{where}: expected {count} fields, found {len(fields)}: of another kind, or cut short")
    time, first, second, *numbers = (fields[place] for place in order)
    first, second = (RENAMED.get(name, name) for name in (first, second))
    for name in (first, second):
        if name not in STATIONS:
            raise InputError(f"{where}: no station {name!r}; expected one of {', '.join((*STATIONS, *RENAMED))}")
    if first == second:
        raise InputError(f"{where}: a baseline from {first} to itself")
    try:
        time, u, v, amplitude, phase, sigma = map(float, (time, *numbers))
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    if not (0 <= time < 48 and max(abs(u), abs(v)) < 2e10 and abs(phase) <= 360):
        raise InputError(f"{where}: expected 0 to 48 hours, u and v of less than 2e10 wavelengths, and degrees")
    if not (1e-6 < amplitude < 1e3 and 1e-6 < sigma < 1e3):
        raise InputError(f"{where}: expected an amplitude and a sigma between 1e-6 and 1e3 Jy; delete flagged rows")
    return time, STATIONS.index(first), STATIONS.index(second), u, v, amplitude, phase, sigma


def _one_night(time):
    """Return the days that the middle of a night is after the date of its times (M,), and the times of that day.

    A night begins after the longest pause of 24 hours. Its times may go on after 24, or leap to 0 at midnight.
    """
    instants = np.unique(time)
    begin = instants[(np.diff(instants, append=instants[0] + 24).argmax() + 1) % len(instants)]
    time = np.where((time < begin) & (instants[-1] < 24), time + 24, time)
    days = int((time.min() + time.max()) / 2 // 24)
    return days, time - 24 * days


def write_visibilities(path, visibilities):
    """Write Visibilities in the release's own format, whole or not at all."""
    source, mjd, band, times, *columns = visibilities
    before = int(times.min() < 0)  # the release counts the hours from the day on which a night begins
    lines = [f"#SRC:{source},DATE(MJD):{mjd - before},FREQ:{BANDS[band]:.4f}GHz", "#" + ",".join(COLUMNS)]
    for time, first, second, u, v, value, sigma in zip(times + 24 * before, *columns, strict=True):
        lines.append(f"{time:.8f},{STATIONS[first]},{STATIONS[second]},{-u:.1f},{-v:.1f},"
                     f"{abs(value):.8f},{np.degrees(np.angle(value)):.4f},{sigma:.8f}")
    write_file(path, ("\n".join(lines) + "\n").encode())


def scans_of(time):
    """Return the number of the scan, from 0, of each of the times (M,) in hours; a pause separates two scans."""
    instants, place = np.unique(time, return_inverse=True)
    return np.cumsum(np.diff(instants, prepend=instants[0]) > PAUSE)[place]


def average(visibilities):
    """Return the Visibilities averaged coherently, by 1 / sigma^2, a row for each scan and baseline.

    All rows of a scan get its middle as their time. To average them again changes nothing.
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
    return Visibilities(*visibilities[:3], middle[scan_out], first, second,
                        mean(visibilities.u), mean(visibilities.v), value, total**-0.5)


def averages_file(source, year, day, band):
    """Return the path of the scan averages of a night and a band, where those that come with the program are."""
    return Path(__file__).parent / f"eht_{year}" / f"{source}_{year}_{day:03d}_{band}_scans.csv"


def shipped_file(day, band):
    """Return the path of scan averages of M87 that come with the program; raises InputError if there are none."""
    if day not in YEARS or band not in ("lo", "hi"):
        days = ", ".join(map(str, YEARS))
        raise InputError(f"no averages of day {day}, band {band} come with the program; expected {days}, lo or hi")
    return averages_file("M87", YEARS[day], day, band)
