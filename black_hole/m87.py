"""The black hole of M87 from the Event Horizon Telescope's own measurements: five days, two bands, two priors."""

import io

import numpy as np

from console import InputError, escaped, write_file
from console.cores import processes

from . import blind, m87_figures
from .closures import chi2, quadrangles
from .eht import SOURCES, YEARS, average, read_visibilities, scans_of, shipped_file
from .gains import long_baselines, network
from .imaged import find, row
from .measure import fit_ring
from .pictures import photograph
from .training import learn

PRIORS = ("both", "natural")
FIT = 1 / 20, 1.5  # the brightest long baseline, over the flux that is assumed (M87: 0.4 to 0.7)


def read(arguments):
    """Return the chosen scan averages [Visibilities], the files that were read, and the names of the figures."""
    files = arguments.visibilities or [shipped_file(day, band) for day in YEARS for band in ("lo", "hi")]
    measured, seen = [], {}
    for path in files:
        averages = average(read_visibilities(path))
        key = averages.date, averages.band
        if key in seen:
            raise InputError(f"{path}: {words(averages)} is in {seen[key]}, too")
        seen[key] = path
        if arguments.day in (None, averages.day) and arguments.band in (None, averages.band):
            try:
                for part in (averages, *(halves(averages) if arguments.cross_validate else ())):
                    check(part)
            except InputError as error:
                raise InputError(f"{path}: {error}") from None
            measured.append(averages)
    if not measured:
        asked = [f"--{name} {value}" for name, value in (("day", arguments.day), ("band", arguments.band)) if value]
        raise InputError(f"no measurements of {' '.join(asked)} in the files given")
    if len({averages.source for averages in measured}) > 1:
        raise InputError("the files are of different sources; expected one source")
    bands = dict.fromkeys(averages.band for averages in measured)
    return measured, files, [*(f"m87_{band}.png" for band in bands), "m87_closures.png", "m87.png"]


def words(averages):
    """Return the date and the band of Visibilities in words."""
    return f"{m87_figures.in_words(averages.date)} {averages.band}"


def check(averages):
    """Raise InputError if the averages, a Visibilities, have no closure amplitudes or cannot be of its source."""
    long, flux = long_baselines(averages), SOURCES[averages.source]
    quadrangles(network(long))
    brightest = np.abs(long.value[np.abs(long.value) > 5 * long.sigma]).max(initial=0) / flux
    if not FIT[0] <= brightest <= FIT[1]:
        raise InputError(f"the brightest long baseline has {brightest * flux:.3g} Jy, but {averages.source} is assumed"
                         f" to have {flux} Jy; expected amplitudes in Jy")


def run(measured, arguments):
    """Image all averages with each prior and print the table; return its rows, and draw() of the figures."""
    if measured[0].source != "M87":
        print(f"{measured[0].source}: assumed are {SOURCES[measured[0].source]} Jy and a source that does not change")
    kinds, results, rows = [arguments.prior] if arguments.prior else PRIORS, [], []
    with processes() as pool:
        priors = {}
        for kind, learned in [(kind, pool.submit(learn, kind, arguments)) for kind in kinds]:
            priors[kind], sentence = learned.result()
            print(sentence, flush=True)
        tasks = [(averages, kind, priors[kind]) for kind in kinds for averages in measured]
        for found in [pool.submit(find, *task) for task in tasks]:
            results.append(found.result())
            rows.append(row(results[-1]))
            print(f"{words(results[-1].averages)}: {describe(rows[-1])}", flush=True)
        if arguments.cross_validate:
            predictions = [pool.submit(predict_scans, averages, prior) for averages, _, prior in tasks]
            for result, prediction in zip(results, predictions, strict=True):
                told = "; ".join([*predict_bands(result, results), prediction.result()])
                print(f"{words(result.averages)}: {escaped(result.prior)}: χ² of closure phases and log amplitudes:"
                      f" {told}", flush=True)
    if arguments.image_out:
        content = io.BytesIO()
        np.save(content, results[0].picture)
        write_file(arguments.image_out, content.getvalue())
    return rows, lambda: draw(results)


def describe(row):
    """Return the line of the table for one row."""
    ring = ("diameter {diameter_uas:5.1f} µas, width {width_uas:4.1f}, bright side {bright_side_deg:3.0f}°, centre "
            "{centre_over_ring:.2f}" if row["diameter_uas"] is not None else "no ring").format(**row)
    across = [start["diameter_uas"] for start in row["starts"] if start["diameter_uas"] is not None]
    starts = f"{min(across):.1f} to {max(across):.1f} ({len(across)} rings)" if across else "without a ring"
    gains = np.quantile(row["lmt_gains"], [0, 0.5, 1]) if row["lmt_gains"] else ()
    lmt = " ".join(f"{gain:.2f}" for gain in gains) or "absent"
    return (f"{row['prior']:8.8} {ring}, χ² phases {row['chi2_closure_phase']:.2f}, amplitudes "
            f"{row['chi2_log_closure_amplitude']:.2f}, {row['flux_jy']:.3f} Jy, LMT {lmt}, starts {starts}, "
            f"{row['seconds']:.0f} s")


def predict_bands(result, results):
    """Yield a clause on how well the picture of a Result predicts the other band of its day, if that is imaged."""
    for other in results:
        if (other.averages.date, other.prior) == (result.averages.date, result.prior) and other is not result:
            yield f"predicts band {other.averages.band}: {_chi2(other.sight, result.picture)}"


def halves(averages):
    """Return the Visibilities of every other scan, and of the scans between."""
    return [averages.take(scans_of(averages.time) % 2 == half) for half in (0, 1)]


def predict_scans(averages, prior):
    """Return a clause on how well a picture made from every other scan, with a Mixture, predicts the scans between."""
    seen, unseen = map(blind.sight, halves(averages))
    picture = blind.image(seen, prior, list(blind.first_round(seen, prior).values()))
    ring = fit_ring(picture, blind.FIELD)
    found = f"{ring.diameter:.1f} µas" if ring else "no ring"
    return f"from every other scan ({found}) predicts the others: {_chi2(unseen, picture)}"


def _chi2(sight, picture):
    return "{:.2f} and {:.2f}".format(*chi2(sight.net, sight.F @ picture.ravel()))


def draw(results):
    """Yield the names and Figures of each band's days, the last day's closure phases, and the photograph's pictures."""
    for band in dict.fromkeys(result.averages.band for result in results):
        panels = {}
        for result in results:
            if result.averages.band == band:
                panels.setdefault(result.prior, {})[result.averages.date] = result.picture, result.ring
        yield f"m87_{band}.png", m87_figures.draw_days(panels)
    last = max(results, key=lambda result: (result.averages.date, result.averages.band == "lo"))
    models = {r.prior: r.sight.F @ r.picture.ravel() for r in results if r.averages[:3] == last.averages[:3]}
    times = long_baselines(last.averages).time
    yield "m87_closures.png", m87_figures.draw_closures(last.sight.net, times, models, last.averages.date)
    taught = next((r.prior for r in results if r.prior not in ("both", "celestial")), None)
    if taught:
        shown = {r.averages.date: (r.picture, r.ring) for r in results[::-1] if r.prior == taught}
        yield "m87.png", m87_figures.draw_story(photograph(taught), dict(sorted(shown.items())))
