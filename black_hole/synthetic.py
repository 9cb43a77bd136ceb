"""Does it invent rings? Pictures of our own, measured with M87's baselines and unknown gains, imaged as M87 is."""

from pathlib import Path

import numpy as np

from console import JSON, check_outputs, escaped, pictures_in, write_figure, write_json

from . import m87
from .blind import FIELD, FLUX, PIXELS, aligned
from .eht import STATIONS, read_visibilities, scans_of, shipped_file
from .gains import apply_gains, long_baselines, network
from .m87_figures import draw_invented
from .measure import nrmse
from .observation import fourier, sky
from .pictures import gaussian_ring, resize

FINE = 150  # pixels along each side of a truth, on the field that is imaged
SEEDS = 5
# The logarithm of the amplitude's mean and its spread; not the very ones that are assumed when imaging.
GAINS = {"LM": (np.log(0.75), 0.3), "AZ": (0.0, 0.1), "PV": (0.0, 0.1)}
OTHERS = (0.0, 0.03)
DARK = 0.5  # a ring's centre is less bright than this share of the ring
CLOSED = 0.1  # and every eighth of it is brighter than this share of its mean


def truths(n=FINE, field=FIELD):
    """Return {name: (picture (n, n), diameter in microarcseconds, or None)}; a crescent is a ring, but of no width."""
    east, north = sky(n, field)
    radius = np.hypot(east, north)

    def blob(east_0, north_0, major, minor):
        return np.exp(-4 * np.log(2) * (((east - east_0) / major) ** 2 + ((north - north_0) / minor) ** 2))

    hole = np.hypot(east, north - 7) < 17
    rings = {f"ring {d}": (gaussian_ring(east, north, d, 8, 0.5, side), float(d))
             for d, side in ((30, 200), (42, 80), (55, 180))}
    return {
        "disc 60": (1 / (1 + np.exp((radius - 30) / 1.5)), None),
        "double": (blob(14, 12, 10, 14) + 0.6 * blob(-14, -12, 12, 12), None),
        "blob": (blob(0, 0, 40, 25), None),
        "crescent": ((radius < 27) * ~hole * 1.0, None),
        **rings,
    }


def main(arguments):
    """Image every truth with every seed; print the table, draw, write. Returns the exit status."""
    kind = arguments.priors[-1]  # the photograph alone, which shows no ring, if no other was asked for
    path = shipped_file(arguments.day or 101, arguments.band or "lo")
    folder = None if arguments.no_figures else Path(arguments.figures)
    check_outputs([*pictures_in(folder, ["invented.png"]), ("--json", arguments.json, JSON)], [path])
    seen, prior, rows, drawn = read_visibilities(path), m87.learn(kind, arguments), [], {}
    for name, (shape, across) in truths().items():
        truth = FLUX * shape / shape.sum()
        for seed in range(arguments.seed, arguments.seed + SEEDS):
            result = m87.find(measure(truth, seen, seed), kind, prior, alone=False)
            rows.append(row(name, across, truth, seed, result))
            print(describe(rows[-1]), flush=True)
            ring = m87.ring_of(result.picture) if rows[-1]["ring_found"] else None
            drawn.setdefault(name, (truth, result.picture, ring))
    if folder:
        write_figure(folder / "invented.png", draw_invented(drawn), dpi=100)
        print(f"figure in {escaped(folder)}")
    if arguments.json:
        write_json(arguments.json, rows)
    return 0


def measure(truth, seen, seed):
    """Return Visibilities of a truth (n, n) at the baselines `seen`, with thermal noise, and gains of every scan."""
    own = long_baselines(seen)
    real, imaginary = np.split(fourier(own.u, own.v, *sky(len(truth), FIELD)) @ truth.ravel(), 2)
    rng, net = np.random.RandomState(seed), network(own)
    middle, spread = np.array([GAINS.get(name, OTHERS) for name in STATIONS]).T
    shape = scans_of(own.time).max() + 1, len(STATIONS)
    log_gain = middle + spread * rng.randn(*shape) + 1j * rng.uniform(-np.pi, np.pi, shape)
    noise = own.sigma * (rng.randn(len(own.u)) + 1j * rng.randn(len(own.u)))
    return own._replace(value=apply_gains(net, log_gain, real + 1j * imaginary) + noise)


def row(name, across, truth, seed, result):
    """Return the row of the table for the Result of one truth and seed."""
    own, coarse = m87.row(result), resize(truth, (PIXELS, PIXELS)) * (FINE / PIXELS) ** 2
    kept = ("diameter_uas", "width_uas", "bright_side_deg", "chi2_closure_phase", "chi2_log_closure_amplitude",
            "centre_over_ring", "seconds")
    return {
        "image": name,
        "seed": seed,
        "prior": result.prior,
        "true_diameter_uas": across,
        "ring_found": is_ring(result.picture),
        "nrmse": nrmse(aligned(result.picture, coarse), coarse),
        **{key: own[key] for key in kept},
    }


def is_ring(picture):
    """Return whether a picture (n, n) shows a ring: a fitted one, dark within and closed all around."""
    ring = m87.ring_of(picture)
    if ring is None or m87.darkness(picture, ring) > DARK:
        return False
    east, north = sky(len(picture), FIELD)
    x, y = east - ring.east, north - ring.north
    on_ring = np.abs(np.hypot(x, y) - ring.diameter / 2) < ring.width / 2
    eighth = np.floor((np.arctan2(x, y) / np.pi + 1) * 4).astype(int) % 8
    parts = [picture[on_ring & (eighth == k)].mean() for k in range(8)]
    return bool(min(parts) > CLOSED * np.mean(parts))


def describe(row):
    """Return the line of the table for one row."""
    found = f"ring of {row['diameter_uas']:.1f} µas" if row["ring_found"] else "no ring"
    chi2 = f"χ² phases {row['chi2_closure_phase']:.2f}, amplitudes {row['chi2_log_closure_amplitude']:.2f}"
    return (f"{row['image']:9} seed {row['seed']}: {found:17} NRMSE {row['nrmse']:.3f}, {chi2}, "
            f"{row['seconds']:.0f} s")
