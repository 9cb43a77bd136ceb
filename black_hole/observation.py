"""What a radio interferometer measures of a picture of the sky: a few noisy values of its Fourier transform."""

from typing import NamedTuple

import numpy as np

from console import InputError, read_file

MICROARCSECOND = np.pi / 180 / 3600 / 1e6  # radians
LIGHT = 299792458.0  # m / s
SIDEREAL_DAY = 86164.0905  # s
PIXELS, FIELD = 64, 160.0  # of a simulated picture: along each side; microarcseconds


class Station(NamedTuple):
    """A telescope: its place in Earth-centred coordinates, and how noisy it is."""

    name: str
    x: float  # m, towards longitude 0 on the equator
    y: float  # m, towards longitude 90 degrees east
    z: float  # m, towards the north pole
    sefd: float  # Jy, system equivalent flux density


# The Event Horizon Telescope of April 2017, without the South Pole, where M87 never rises.
EHT_2017 = (
    Station("ALMA", 2225061.164, -5440057.37, -2481681.15, 90),
    Station("APEX", 2225039.53, -5441197.63, -2479303.36, 3500),
    Station("SMT", -1828796.2, -5054406.8, 3427865.2, 5000),
    Station("SMA", -5464523.4, -2493147.08, 2150611.75, 4900),
    Station("LMT", -768713.9637, -5988541.7982, 2063275.9472, 600),
    Station("PV", 5088967.9, -301681.6, 3825015.8, 1400),
    Station("JCMT", -5464584.68, -2493001.17, 2150653.98, 6000),
)

M87 = (np.radians(15 * (12 + 30 / 60 + 49.42 / 3600)), np.radians(12 + 23 / 60 + 28.04 / 3600))  # RA, Dec


class Coverage(NamedTuple):
    """The M pairs of stations and times that see the source: a row for each measured visibility."""

    u: np.ndarray  # (M,) wavelengths, towards the east
    v: np.ndarray  # (M,) wavelengths, towards the north
    sigma: np.ndarray  # (M,) Jy, thermal noise of the real and of the imaginary part
    time: np.ndarray  # (M,) s of the sidereal day


def read_stations(path):
    """Return the stations of a text file: each line has a name, x, y, z in metres, and the SEFD in Jy.

    # starts a comment. Raises InputError if the file cannot be read, or with the number of the first bad line.
    """
    stations = []
    content = read_file(path, 2**20, "a text file of stations").decode("utf-8", "replace")
    for number, line in enumerate(content.splitlines(), 1):
        fields = line.split("#")[0].split()
        if fields:
            stations.append(_station(fields, f"{path}, line {number}"))
            if stations[-1].name in [station.name for station in stations[:-1]]:
                raise InputError(f"{path}, line {number}: a second station {fields[0]!r}")
    if len(stations) < 2:
        raise InputError(f"{path}: an interferometer needs at least two stations, this file has {len(stations)}")
    return tuple(stations)


def _station(fields, where):
    if len(fields) != 5:
        raise InputError(f"{where}: expected name, x, y, z and SEFD, found {len(fields)} fields")
    try:
        x, y, z, sefd = map(float, fields[1:])
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    if not 6.3e6 < np.hypot(np.hypot(x, y), z) < 6.4e6:
        raise InputError(f"{where}: {fields[0]} is not on the surface of the Earth (coordinates are in metres)")
    if not 0 < sefd < np.inf:
        raise InputError(f"{where}: the SEFD must be a positive number of Jy, not {fields[4]}")
    return Station(fields[0], x, y, z, sefd)


def source_direction(hour_angle, declination):
    """Return the unit vectors (T, 3), Earth-centred, to a source at Greenwich hour angles (T,), in radians."""
    H, dec = np.broadcast_arrays(hour_angle, declination)
    return np.stack([np.cos(dec) * np.cos(H), -np.cos(dec) * np.sin(H), np.sin(dec)], axis=-1)


def baseline_uv(baseline, hour_angle, declination):
    """Return u, v (T,) of a baseline (3,), in its unit and as seen from the source, at Greenwich hour angles (T,).

    Angles are in radians. Thompson, Moran and Swenson, Interferometry and Synthesis in Radio Astronomy, section 4.1.
    """
    x, y, z = baseline
    sin_h, cos_h = np.sin(hour_angle), np.cos(hour_angle)
    sin_d, cos_d = np.sin(declination), np.cos(declination)
    return sin_h * x + cos_h * y, -sin_d * cos_h * x + sin_d * sin_h * y + cos_d * z


def cover(stations, source=M87, frequency=227.07e9, bandwidth=2e9, integration=60.0, every=600.0, lowest=15.0):
    """Return the Coverage of one sidereal day; integration and every, the time between integrations, are in seconds.

    A station takes part while the source (right ascension, declination; radians) is at least `lowest` degrees above
    its horizon, on a spherical Earth. frequency and bandwidth are in Hz. The noise is that of two-bit sampling, with
    its efficiency of 0.88. Raises InputError if no two stations ever see the source at the same time.
    """
    right_ascension, declination = source
    hour_angle = 2 * np.pi * np.arange(0, SIDEREAL_DAY, every) / SIDEREAL_DAY - right_ascension
    place = np.array([station[1:4] for station in stations])
    sefd = np.array([station.sefd for station in stations])
    vertical = place / np.linalg.norm(place, axis=1, keepdims=True)
    up = source_direction(hour_angle, declination) @ vertical.T >= np.sin(np.radians(lowest))  # (times, stations)

    i, j = np.triu_indices(len(stations), 1)
    time, pair = np.nonzero(up[:, i] & up[:, j])
    if not len(time):
        raise InputError(f"no two stations ever see the source {lowest:g} degrees above their horizons together")
    wavelengths = ((place[j] - place[i]) * frequency / LIGHT)[pair]
    u, v = baseline_uv(wavelengths.T, hour_angle[time], declination)
    sigma = np.sqrt(sefd[i] * sefd[j] / (2 * bandwidth * integration)) / 0.88
    return Coverage(u, v, sigma[pair], every * time)


def sky(n=PIXELS, field=FIELD):
    """Return east, north (n, n) of the pixels of a picture of `field` microarcseconds; north is up, east is left."""
    offset = (np.arange(n) - (n - 1) / 2) * field / n
    return np.broadcast_to(-offset, (n, n)), np.broadcast_to(-offset[:, None], (n, n))


def fourier(u, v, east, north):
    """Return F, (2M, N): visibilities of the N pixels at u, v (M,), real parts first, then imaginary parts.

    V(u, v) = sum of I exp(-2 pi i (u east + v north)) over pixels at east, north, in microarcseconds.
    """
    phase = -2 * np.pi * MICROARCSECOND * (np.outer(u, east.ravel()) + np.outer(v, north.ravel()))
    return np.concatenate([np.cos(phase), np.sin(phase)])


def parts(values):
    """Return the real parts of complex values (M, ...), then the imaginary parts, (2M, ...)."""
    return np.concatenate([values.real, values.imag])


def joined(numbers):
    """Return the complex values (M, ...) whose parts are `numbers` (2M, ...)."""
    real, imaginary = np.split(numbers, 2)
    return real + 1j * imaginary


def observe(picture, F, seed=0):
    """Return y (2M,) = F x + noise of unit variance for a picture x (n, n); F (2M, N) is divided by sigma."""
    return F @ picture.ravel() + np.random.RandomState(seed).randn(len(F))


def concentrate(F, tried=400):
    """Return U (2M, r), orthonormal, whose r <= 2M combinations U^T y say all that y = F x + noise says of x.

    U holds the singular vectors of F, found from its products with random pictures (Halko, Martinsson and Tropp 2011):
    first `tried`, then twice as many, until they leave out less than 1e-12 of F.
    """
    random = np.random.RandomState(0)
    while True:
        tried = min(tried, *F.shape)
        span, _ = np.linalg.qr(F @ random.randn(F.shape[1], tried))
        U, singular, _ = np.linalg.svd(span.T @ F, full_matrices=False)
        if singular[-1] < 1e-12 * singular[0] or tried == min(F.shape):
            return span @ U[:, singular > 1e-7 * singular[0]]
        tried *= 2
