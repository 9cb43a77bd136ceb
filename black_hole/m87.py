"""The black hole of M87 from the Event Horizon Telescope's own measurements: four days, two bands, two priors."""

import io
import os
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from console import (
    JSON,
    InputError,
    check_folder_of,
    check_outputs,
    escaped,
    pictures_in,
    read_file,
    write_figure,
    write_file,
    write_json,
)

from . import blind, mixture
from .closures import chi2_amplitudes, chi2_phases, quadrangles
from .eht import DAYS, STATIONS, average, read_visibilities, scans_of, shipped_file
from .gains import solve_gains
from .m87_figures import draw_closures, draw_days, draw_story
from .measure import NoRing, fit_ring
from .observation import sky
from .pictures import photograph
from .turned import isotropic_patches

BANDS = ("lo", "hi")
PRIORS = ("both", "natural")
PICTURES = ("m87_lo.png", "m87_hi.png", "m87_closures.png", "m87.png")
LM = STATIONS.index("LM")


class Result(NamedTuple):
    """The picture of one day and band with one prior."""

    averages: object  # Visibilities
    sight: blind.Sight
    prior: str
    picture: np.ndarray  # (n, n), Jy per pixel
    starts: list  # of {"start", "diameter_uas", "score"}
    seconds: float  # of one processor's time

    @property
    def name(self):
        return f"day {self.averages.day:03d} {self.averages.band}, {escaped(self.prior)}"


def main(arguments):
    """Image the days asked for with the priors asked for; print the table, draw, write. Returns the exit status."""
    measured, files = read_all(arguments)
    folder = None if arguments.no_figures else Path(arguments.figures)
    check_outputs([*pictures_in(folder, PICTURES), ("--json", arguments.json, JSON)], files)
    check_image_out(arguments.image_out, files, arguments.json)
    priors = {kind: learn(kind, arguments) for kind in arguments.priors}
    results = []
    for kind, prior in priors.items():
        for averages in measured:
            results.append(find(averages, kind, prior))
            print(describe(row(results[-1])), flush=True)
    if arguments.cross_validate:
        for result in results:
            print(cross_validate(result, results, priors[result.prior]), flush=True)
    if folder:
        draw(folder, results)
    if arguments.image_out:
        write_picture(arguments.image_out, results[0].picture)
    if arguments.json:
        write_json(arguments.json, [row(result) for result in results])
    return 0


def read_all(arguments):
    """Return the scan averages [Visibilities] that are asked for, and the files that they are read from."""
    files = arguments.visibilities or [shipped_file(day, band) for day in DAYS.values() for band in BANDS]
    measured, seen = [], {}
    for path in files:
        averages = average(read_visibilities(path))
        key = averages.day, averages.band
        if key in seen:
            raise InputError(f"{path}: day {key[0]}, band {key[1]} is in {seen[key]}, too")
        seen[key] = path
        if arguments.day in (None, averages.day) and arguments.band in (None, averages.band):
            try:
                quadrangles(blind.sight(averages).net)
            except InputError as error:
                raise InputError(f"{path}: {error}") from None
            measured.append(averages)
    if not measured:
        raise InputError(f"no measurements of --day {arguments.day} --band {arguments.band} in the files given")
    return measured, files


def check_image_out(path, files, json_file):
    """Raise InputError where the picture cannot be written to `path`, or would replace what is no picture."""
    if path is None:
        return
    if Path(path).suffix != ".npy":
        raise InputError(f"--image-out: {path} cannot be written; expected a name that ends in .npy")
    check_folder_of(path)
    others = {os.path.realpath(other) for other in [*files, *filter(None, [json_file])]}
    if os.path.realpath(path) in others:
        raise InputError(f"--image-out: {path} is another file of this call; expected a name of its own")
    if os.path.lexists(path) and not read_file(path, expected="a .npy file").startswith(b"\x93NUMPY"):
        raise InputError(f"--image-out: {path} is not a .npy file, and is not replaced by one")


def write_picture(path, picture):
    """Write the picture (n, n) in NumPy's format, whole or not at all."""
    content = io.BytesIO()
    np.save(content, picture)
    write_file(path, content.getvalue())


def learn(kind, arguments):
    """Return the mixture that EM finds for the patches of a training set, at every angle."""
    start = time.thread_time()
    Z = isotropic_patches(kind, arguments.patches, seed=arguments.seed).astype(np.float32)
    try:
        prior, history = mixture.run(Z, arguments.clusters, arguments.seed)
    except mixture.TooFewPatches as error:
        raise InputError(f"--prior {kind}: {error}") from None
    print(f"prior {escaped(kind)}: {len(Z)} patches, {arguments.clusters} clusters, {len(history)} steps of EM, "
          f"{time.thread_time() - start:.1f} s", flush=True)
    return prior


def find(averages, kind, prior, alone=True):
    """Return the Result of scan averages; what comes out of each start alone, too, if it is asked for."""
    begin, sight = time.thread_time(), blind.sight(averages)
    first = blind.first_round(sight, prior)
    picture = blind.image(sight, prior, list(first.values()))
    starts = []
    for name in first if alone else ():
        x = blind.image(sight, prior, [first[name]])
        starts.append({"start": name, "diameter_uas": diameter(x), "score": blind.score(sight, prior, x)})
    return Result(averages, sight, kind, picture, starts, time.thread_time() - begin)


def ring_of(picture):
    """Return the Ring fitted to a picture (n, n), or None where there is none."""
    try:
        return fit_ring(picture, blind.FIELD)
    except NoRing:
        return None


def diameter(picture):
    ring = ring_of(picture)
    return ring and float(ring.diameter)


def row(result):
    """Return the row of the table, as JSON has it; null where no ring is found."""
    ring, model = ring_of(result.picture), result.sight.F @ result.picture.ravel()
    return {
        "day": result.averages.day,
        "band": result.averages.band,
        "prior": result.prior,
        "diameter_uas": ring and float(ring.diameter),
        "width_uas": ring and float(ring.width),
        "bright_side_deg": ring and float(ring.orientation),
        "chi2_closure_phase": chi2_phases(result.sight.net, model),
        "chi2_log_closure_amplitude": chi2_amplitudes(result.sight.net, model),
        "flux_jy": float(result.picture.sum()),
        "lmt_gains": lmt_gains(result.sight, model),
        "centre_over_ring": ring and darkness(result.picture, ring),
        "seconds": result.seconds,
        "starts": result.starts,
    }


def darkness(picture, ring, field=blind.FIELD):
    """Return the mean within 10 microarcseconds of a ring's centre, over that of the ring's brightest circle."""
    east, north = sky(len(picture), field)
    radius = np.hypot(east - ring.east, north - ring.north)
    on_ring = np.abs(radius - ring.diameter / 2) < field / len(picture)
    return float(picture[radius < 10].mean() / picture[on_ring].mean())


def lmt_gains(sight, model):
    """Return the amplitudes of the LMT's fitted gains, [one for each scan that it takes part in]."""
    net = sight.net
    scans = np.unique(net.scan[(net.first == LM) | (net.second == LM)])
    return [round(float(gain), 3) for gain in np.exp(solve_gains(net, model).real[scans, LM])]


def describe(row):
    """Return the line of the table for one row."""
    shown = {key: np.nan if row[key] is None else row[key] for key in row if key != "starts"}
    across = [start["diameter_uas"] for start in row["starts"] if start["diameter_uas"] is not None]
    gains = np.quantile(row["lmt_gains"], [0, 0.5, 1]) if row["lmt_gains"] else [np.nan] * 3
    return ("day {day:03d} {band} {prior:8.8} diameter {diameter_uas:5.1f} µas, width {width_uas:4.1f}, bright side "
            "{bright_side_deg:3.0f}°, centre {centre_over_ring:.2f}, χ² phases {chi2_closure_phase:.2f}, amplitudes "
            "{chi2_log_closure_amplitude:.2f}, {flux_jy:.3f} Jy").format(**shown) + (
            f", LMT {gains[0]:.2f} {gains[1]:.2f} {gains[2]:.2f}, starts {min(across, default=np.nan):.1f} to "
            f"{max(across, default=np.nan):.1f} ({len(across)} rings), {row['seconds']:.0f} s")


def cross_validate(result, results, prior):
    """Return the line that says how well a picture predicts what it has not seen: the other band, the other scans."""
    def told(sight, picture):
        model = sight.F @ picture.ravel()
        return f"{chi2_phases(sight.net, model):.2f} and {chi2_amplitudes(sight.net, model):.2f}"

    lines = []
    for other in results:
        if (other.averages.day, other.prior) == (result.averages.day, result.prior) and other is not result:
            lines.append(f"predicts band {other.averages.band}: {told(other.sight, result.picture)}")
    scan = scans_of(result.averages.time)
    seen, unseen = (blind.sight(result.averages.take(scan % 2 == half)) for half in (0, 1))
    picture = blind.image(seen, prior, list(blind.first_round(seen, prior).values()))
    across = diameter(picture)
    lines.append(f"from every other scan ({'no ring' if across is None else f'{across:.1f} µas'}) predicts the others: "
                 f"{told(unseen, picture)}")
    return f"{result.name}: χ² of closure phases and log amplitudes, {'; '.join(lines)}"


def draw(folder, results):
    """Draw the days of each band side by side, the last day's closure phases, and the photograph beside its days."""
    for band, name in zip(BANDS, PICTURES, strict=False):
        shown = [result for result in results if result.averages.band == band]
        if shown:
            panels = {}
            for result in shown:
                panels.setdefault(result.prior, {})[result.averages.day] = result.picture, ring_of(result.picture)
            write_figure(folder / name, draw_days(panels), dpi=100)
    last = max(results, key=lambda result: (result.averages.day, result.averages.band == "lo"))
    last = next(r for r in results if (r.averages.day, r.averages.band) == (last.averages.day, last.averages.band))
    models = {r.prior: r.sight.F @ r.picture.ravel() for r in results if r.averages is last.averages}
    times = blind.long_baselines(last.averages).time
    write_figure(folder / PICTURES[2], draw_closures(last.sight.net, times, models, last.averages.day), dpi=100)
    taught = next((r.prior for r in results if r.prior not in ("both", "celestial")), None)
    if taught:
        shown = {r.averages.day: (r.picture, ring_of(r.picture)) for r in results[::-1] if r.prior == taught}
        shown = dict(sorted(shown.items()))
        write_figure(folder / PICTURES[3], draw_story(photograph(taught), shown), dpi=100)
    print(f"figures in {escaped(folder)}")
