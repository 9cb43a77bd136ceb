"""Simulated pictures, or your own, measured by the Event Horizon Telescope and reconstructed by four methods."""

import re
from pathlib import Path

import numpy as np

from console import InputError, escaped
from console.cores import processes

from . import figures, methods
from .measure import correlation, fit_ring, nrmse, reduced_chi2
from .methods import METHODS, Case, attempt
from .observation import EHT_2017, PIXELS, cover, observe, read_stations
from .pictures import RINGS, crop_to_square, read_picture, resize, test_pictures
from .rivals import NoPicture
from .training import learn

FLUX = 1.0  # Jy
MISFIT = 1.5  # informative chi-square above which a picture does not fit the measurements


def read(arguments):
    """Return the truths {name: picture} and the Coverage, the files that were read, and the names of the figures."""
    truths = own_pictures(arguments.image) if arguments.image else test_pictures(PIXELS)
    coverage = cover(read_stations(arguments.array) if arguments.array else EHT_2017)
    files = [*(arguments.image or ()), *([arguments.array] if arguments.array else ())]
    return (truths, coverage), files, ["overview.png", "clusters.png", *map(file_name, truths)]


def own_pictures(paths):
    """Return {name: picture (PIXELS, PIXELS)} of picture files; print which ones are cropped."""
    pictures = {}
    for path in paths:
        picture, name = read_picture(path), Path(path).stem
        if file_name(name) in map(file_name, pictures):
            raise InputError(f"{path}: two pictures would be drawn in {file_name(name)}; rename one of them")
        square = crop_to_square(picture)
        if square.shape != picture.shape:
            height, width = picture.shape
            print(f"{escaped(path)}: cropped from {width} x {height} to its central {len(square)} x {len(square)}")
        if not square.any():
            raise InputError(f"{path}: the central square of this picture is black")
        pictures[name] = resize(square, (PIXELS, PIXELS))
    return pictures


def file_name(name):
    """Return the name of the file that the comparison of a picture is drawn in."""
    return re.sub(r"[^\w-]+", "_", f"image_{name}") + ".png"


def run(data, arguments):
    """Reconstruct every picture by every method and print the table; return its rows, and draw() of the figures."""
    truths, coverage = data
    instrument = methods.instrument_of(coverage, PIXELS)
    print(f"{len(coverage.u)} visibilities of {PIXELS} x {PIXELS} pixels, worth {len(instrument.short)} numbers")
    cases = list(look(truths, arguments.flux or FLUX, instrument, arguments.seed))
    prior, found = reconstruct_all(cases, instrument, arguments)
    rings = {name: fit_rings(found[name]) if name in RINGS and not arguments.image else {} for name in found}
    rows = {case.name: [score(case, instrument, one, rings[case.name].get(one.method)) for one in found[case.name]]
            for case in cases}
    table = [row for name in rows for row in rows[name]]
    print_table(table, methods.one_for_all(found.values()))

    def draw():
        shown = {name: {one.method: one.picture for one in found[name] if one.method in METHODS} for name in found}
        for name, truth, *_ in cases:
            captions = {row["method"]: f"NRMSE {row['nrmse']:.3f}, χ² {row['chi2']:.{2 if row['chi2'] < 100 else 0}f}"
                        for row in rows[name]}
            ring = rings[name].get(METHODS[-1])
            yield file_name(name), figures.draw_comparison(name, truth, coverage, shown[name], captions, ring=ring)
        yield "overview.png", figures.draw_overview([(name, truth, shown[name]) for name, truth, *_ in cases])
        yield "clusters.png", figures.draw_components(prior)

    return table, draw


def look(truths, flux, instrument, seed):
    """Yield the Case of each of the pictures {name: brightness (n, n)}, scaled to a total flux in Jy."""
    for k, (name, brightness) in enumerate(truths.items()):
        truth = brightness * flux / brightness.sum()
        y = observe(truth, instrument.F, seed + k)
        yield Case(name, truth, y, y @ instrument.U)


def reconstruct_all(cases, instrument, arguments):
    """Return the prior, a Mixture, and {name: [Found by each method]}; print how it went.

    The work is shared by as many processes as there are cores; the results do not depend on their number. Raises
    InputError if a method cannot make a picture of the measurements.
    """
    found, F = {}, instrument.short
    by_prior = ["patch prior", "handout's own"] if arguments.handout else ["patch prior"]
    with processes() as pool:
        learned = pool.submit(learn, arguments.prior or "both", arguments)
        variation = [pool.submit(attempt, "total variation", case, F) for case in cases]
        prior, sentence = learned.result()
        print(sentence, flush=True)
        own = [[pool.submit(attempt, method, case, F, prior) for method in by_prior] for case in cases]
        for case, rival, ours in zip(cases, variation, own, strict=True):
            try:
                found[case.name] = [attempt("dirty", case, instrument), attempt("Tikhonov", case, F),
                                    *(one.result() for one in (rival, *ours))]
            except NoPicture as error:
                raise InputError(f"{case.name}, {case.truth.sum():g} Jy: {error}") from None
            for one in found[case.name]:
                if one.note:
                    print(f"{escaped(case.name)}: {one.method}: {one.note}", flush=True)
    return prior, found


def fit_rings(found):
    """Return {method: Ring or None} of a list of Found, without dirty pictures, which have waves all over."""
    return {one.method: fit_ring(one.picture) for one in found if one.method in METHODS[1:]}


def score(case, instrument, found, ring):
    """Return the row of the table for one picture by one method; `ring` is the Ring that fits it, or None."""
    row = {
        "image": case.name,
        "method": found.method,
        "nrmse": nrmse(found.picture, case.truth),
        "correlation": correlation(found.picture, case.truth),
        "chi2": reduced_chi2(found.picture, instrument.F, case.y),
        "chi2_informative": reduced_chi2(found.picture, instrument.short, case.short),
        "seconds": found.seconds,
    }
    if ring:
        row |= {"diameter_uas": ring.diameter, "width_uas": ring.width, "orientation_deg": ring.orientation}
    return row


def print_table(rows, one_for_all):
    """Print what does not fit the measurements, then the rows, then each method's mean.

    χ² is over all numbers measured, "inform." over those that they are worth. one_for_all {method: mean NRMSE} is of
    methods whose rows have the regularization that is best for each picture.
    """
    for row in rows:
        if row["method"] == METHODS[-1] and row["chi2_informative"] > MISFIT:
            print(f"{escaped(row['image'])}: the patch prior does not fit the measurements:"
                  f" informative χ² {row['chi2_informative']:.2f}, expected about 1")
    numbers = f"{'NRMSE':>7} {'corr.':>7} {'χ²':>9} {'inform.':>9} {'CPU s':>6}"
    print(f"\n{'image':14} {'method':16} {numbers}  diameter, width, bright side")
    for row in rows:
        shown = row | {"image": escaped(row["image"])}
        line = "{image:14.14} {method:16} {nrmse:7.3f} {correlation:7.3f} {chi2:9.2f} ".format(**shown)
        line += "{chi2_informative:9.2f} {seconds:6.2f}".format(**row)
        ring = "  {diameter_uas:.1f} µas, {width_uas:.1f} µas, {turn:.0f}°" if "diameter_uas" in row else ""
        print(line + ring.format(turn=round(row.get("orientation_deg", 0)) % 360, **row))
    for method in dict.fromkeys(row["method"] for row in rows):
        fair = f"  (one regularization for all: {one_for_all[method]:.3f})" if method in one_for_all else ""
        mean = np.mean([row["nrmse"] for row in rows if row["method"] == method])
        print(f"{'mean':14} {method:16} {mean:7.3f}{fair}")
