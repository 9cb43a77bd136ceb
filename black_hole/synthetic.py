"""Invented sources, measured with M87's baselines and unknown gains and imaged as M87 is: does it invent rings?"""

import numpy as np

from console.cores import processes

from . import imaged
from .blind import FIELD, FLUX, PIXELS, aligned
from .eht import STATIONS, read_visibilities, scans_of, shipped_file
from .gains import apply_gains, long_baselines, network
from .m87_figures import draw_invented
from .measure import is_ring, nrmse
from .observation import fourier, joined, sky
from .pictures import gaussian_ring, resize, spot
from .training import learn

FINE = 150  # pixels along each side of a truth, on the field that is imaged
SEEDS = 5
# Mean and standard deviation of the log amplitudes of the gains; imaging assumes others.
GAINS = {"LM": (np.log(0.75), 0.3), "AZ": (0.0, 0.1), "PV": (0.0, 0.1)}
OTHERS = (0.0, 0.03)
KEPT = ("diameter_uas", "width_uas", "bright_side_deg", "chi2_closure_phase", "chi2_log_closure_amplitude",
        "centre_over_ring", "flux_outside", "flux_jy", "seconds")  # of the columns of M87's table


def read(arguments):
    """Return the Visibilities whose baselines are taken, the file that was read, and the name of the figure."""
    path = shipped_file(arguments.day or 101, arguments.band or "lo")
    return read_visibilities(path), [path], ["invented.png"]


def run(seen, arguments):
    """Image every truth with every seed and print the table; return its rows, and draw() of the figure."""
    kind = arguments.prior or "natural"  # the photograph, which shows no ring
    prior, sentence = learn(kind, arguments)
    print(sentence, flush=True)
    asked = [(name, across, FLUX * shape / shape.sum(), seed) for name, (shape, across) in truths().items()
             for seed in range(arguments.seed, arguments.seed + SEEDS)]
    rows, drawn = [], {}
    with processes() as pool:
        found = [pool.submit(imaged.find, measure(truth, seen, seed), kind, prior, alone=False)
                 for _, _, truth, seed in asked]
        for (name, across, truth, seed), future in zip(asked, found, strict=True):
            result = future.result()
            rows.append(row(name, across, truth, seed, result))
            print(describe(rows[-1]), flush=True)
            drawn.setdefault(name, (truth, result.picture, result.ring if rows[-1]["ring_found"] else None))
    return rows, lambda: [("invented.png", draw_invented(drawn))]


def truths(n=FINE):
    """Return {name: (picture (n, n), diameter in microarcseconds, or None)}; a crescent is a ring of varying width."""
    east, north = sky(n, FIELD)
    radius = np.hypot(east, north)
    return {
        "disc 60": (1 / (1 + np.exp((radius - 30) / 1.5)), None),
        "double": (spot(east, north, 14, 12, 14, 10) + 0.6 * spot(east, north, -14, -12, 12), None),
        "blob": (spot(east, north, 0, 0, 25, 40), None),
        "crescent": ((radius < 27) * (np.hypot(east, north - 7) >= 17) * 1.0, None),
        **{f"ring {d}": (gaussian_ring(east, north, d, 8, 0.5, side), float(d))
           for d, side in ((30, 200), (42, 80), (55, 180))},
    }


def measure(truth, seen, seed):
    """Return Visibilities of a truth (n, n) at the baselines `seen`, with thermal noise, and gains of every scan."""
    own = long_baselines(seen)
    model = joined(fourier(own.u, own.v, *sky(len(truth), FIELD)) @ truth.ravel())
    rng, net = np.random.RandomState(seed), network(own)
    mean, sd = np.array([GAINS.get(name, OTHERS) for name in STATIONS]).T
    shape = scans_of(own.time).max() + 1, len(STATIONS)
    log_gain = mean + sd * rng.randn(*shape) + 1j * rng.uniform(-np.pi, np.pi, shape)
    noise = own.sigma * (rng.randn(len(own.u)) + 1j * rng.randn(len(own.u)))
    return own._replace(value=apply_gains(net, log_gain, model) + noise)


def row(name, across, truth, seed, result):
    """Return the row of the table for the Result of one truth and seed."""
    own, coarse = imaged.row(result), resize(truth, (PIXELS, PIXELS)) * (FINE / PIXELS) ** 2
    return {
        "image": name,
        "seed": seed,
        "prior": result.prior,
        "true_diameter_uas": across,
        "ring_found": is_ring(result.picture, result.ring, FIELD),
        "nrmse": nrmse(aligned(result.picture, coarse), coarse),
        **{key: own[key] for key in KEPT},
    }


def describe(row):
    """Return the line of the table for one row."""
    outside = f", {row['flux_outside']:.1%} of the light outside" if row["ring_found"] else ""
    found = f"ring of {row['diameter_uas']:.1f} µas{outside}" if row["ring_found"] else "no ring"
    chi2 = f"χ² phases {row['chi2_closure_phase']:.2f}, amplitudes {row['chi2_log_closure_amplitude']:.2f}"
    return (f"{row['image']:9} seed {row['seed']}: {found}, NRMSE {row['nrmse']:.3f}, {chi2}, "
            f"{row['seconds']:.0f} s")
