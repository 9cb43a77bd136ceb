"""Learn a patch prior by EM, simulate what the Event Horizon Telescope measures, and reconstruct the pictures."""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product: pictures run side by side

import re
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from console import (
    JSON,
    InputError,
    Parser,
    check_outputs,
    escaped,
    pictures_in,
    real_number,
    run_program,
    whole_number,
    write_figure,
    write_json,
)
from console.cores import cores

from . import figures, methods, mixture
from .measure import NoRing, correlation, fit_ring, informative_chi2, nrmse, reduced_chi2
from .methods import Case, Instrument
from .observation import EHT_2017, concentrate, cover, fourier, observe, read_stations, sky
from .pictures import RINGS, TRAINED_ON, crop_to_square, read_picture, resize, test_pictures, training_patches
from .rivals import NoPicture
from .workers import workers

PIXELS = 64  # along each side of a picture of 160 microarcseconds
MISFIT = 1.5  # informative chi-square above which a picture is said not to fit


def main(argv=None):
    arguments = parse(argv)
    if arguments.m87 or arguments.gains:
        from . import m87, synthetic  # what only they need is not loaded for the others

        return m87.main(arguments) if arguments.m87 else synthetic.main(arguments)
    truths = own_pictures(arguments.image) if arguments.image else test_pictures(PIXELS)
    folder = None if arguments.no_figures else Path(arguments.figures)
    pictures = pictures_in(folder, ["overview.png", "clusters.png", *map(file_name, truths)])
    check_outputs([*pictures, ("--json", arguments.json, JSON)], files_read(arguments))
    if arguments.prior not in TRAINED_ON:
        read_picture(arguments.prior)  # what is wrong with it is said before any work is done
    coverage = cover(read_stations(arguments.array) if arguments.array else EHT_2017)
    sigma = np.tile(coverage.sigma, 2)  # of the real and of the imaginary parts
    F = fourier(coverage.u, coverage.v, *sky(PIXELS)) / sigma[:, None]
    U = concentrate(F)
    print(f"{len(coverage.u)} visibilities of {PIXELS} x {PIXELS} pixels; they are worth {U.shape[1]} numbers")
    instrument = Instrument(F, sigma, U, U.T @ F)
    cases = list(look(truths, F, arguments))
    prior, found = reconstruct_all(cases, instrument, arguments)

    rows, rings = [], () if arguments.image else RINGS
    for case in cases:
        shown = escaped(case.name)
        fitted = fit_rings(found[case.name]) if case.name in rings else {}
        scores = [score(case, instrument, one) | ring_columns(fitted.get(one.method)) for one in found[case.name]]
        misfit = scores[-1]["chi2_informative"]
        if arguments.handout:
            scores.append(score(case, instrument, methods.by_handout(case, instrument, prior)))
        if misfit > MISFIT:
            print(f"{shown}: the patch prior does not fit the measurements: informative χ² {misfit:.2f}, not 1")
        rows += scores
        if folder:
            captions = {row["method"]: caption(row) for row in scores}
            figure = figures.draw_comparison(case.name, case.truth, coverage, pictures_of(found[case.name]), captions,
                                             ring=fitted.get("patch prior"))
            write_figure(folder / file_name(case.name), figure, dpi=100)
    print_table(rows, methods.one_strength_for_all(found.values()))
    if folder:
        drawn = [(case.name, case.truth, pictures_of(found[case.name])) for case in cases]
        write_figure(folder / "overview.png", figures.draw_overview(drawn), dpi=100)
        write_figure(folder / "clusters.png", figures.draw_clusters(prior), dpi=100)
        print(f"\nfigures in {escaped(folder)}")
    if arguments.json:
        write_json(arguments.json, rows)
    return 0


def look(truths, F, arguments):
    """Yield the Case of each of the pictures {name: brightness (n, n)}, of the flux and with the noise asked for."""
    for k, (name, brightness) in enumerate(truths.items()):
        truth = brightness * arguments.flux / brightness.sum()
        yield Case(name, truth, observe(truth, F, arguments.seed + k))


def reconstruct_all(cases, instrument, arguments):
    """Return the prior and {name: [Found by each method]}; the work is shared by as many threads as there are cores.

    Each result comes from one thread alone, and is the same whatever their number. Raises InputError where a method
    cannot make a picture of the measurements.
    """
    found = {}
    with workers(cores()) as (submit, alive):
        learning = submit(learn, arguments, alive)
        by_rivals = [submit(methods.by_rivals, case, instrument, alive) for case in cases]
        by_patches = [submit(lambda case: methods.by_patches(case, instrument, learning.result(), alive), case)
                      for case in cases]
        prior = learning.result()
        for case, others, own in zip(cases, by_rivals, by_patches, strict=True):
            try:
                found[case.name] = [*others.result(), own.result()]
            except NoPicture as error:
                raise InputError(f"{case.name}, {arguments.flux:g} Jy: {error}") from None
            for one in found[case.name]:
                if one.note:
                    print(f"{escaped(case.name)}: {one.method}: {one.note}", flush=True)
    return prior, found


def parse(argv):
    parser = Parser(description=__doc__)
    parser.add_argument("--image", nargs="+", metavar="FILE", help="pictures of one's own as the truth, cropped square")
    parser.add_argument(
        "--array", metavar="FILE", help="other stations: a line each of name, x, y, z (m, Earth-centred), SEFD (Jy)"
    )
    parser.add_argument(
        "--prior", help=f"what to learn patches from: {', '.join(TRAINED_ON)} (default) or a picture; M87: two"
    )
    parser.add_argument("--clusters", type=whole_number(1, 1000), default=30, metavar="C", help="of the mixture (30)")
    parser.add_argument("--patches", type=whole_number(1000, 10**6), default=60_000, metavar="N",
                        help="to learn from (60000)")
    positive = real_number(lambda value: 1e-30 <= value <= 1e30, "a positive number from 1e-30 to 1e30")
    parser.add_argument("--flux", type=positive, default=1.0, metavar="JY", help="total flux of the source (1)")
    parser.add_argument("--seed", type=whole_number(0, 2**31), default=0, help="of training, EM and noise (0)")
    parser.add_argument("--figures", default="figures/black_hole", metavar="DIR", help="folder (figures/black_hole)")
    parser.add_argument("--no-figures", action="store_true", help="draw nothing")
    parser.add_argument("--handout", action="store_true", help="one more row: the assignment's own formulas")
    parser.add_argument("--json", metavar="FILE", help="write the table there")
    add_eht(parser.add_argument_group("the Event Horizon Telescope's own measurements"))
    arguments = parser.parse_args(argv)
    check_together(parser, arguments)
    arguments.priors = [arguments.prior] if arguments.prior else ["both", "natural"]
    arguments.prior = arguments.prior or "both"
    return arguments


def add_eht(group):
    """Add the options of the pictures made where the stations' gains are unknown."""
    group.add_argument("--m87", action="store_true", help="image M87: four days, two bands, two priors")
    group.add_argument("--day", type=int, choices=(95, 96, 100, 101), help="of 2017; all four if not given")
    group.add_argument("--band", choices=("lo", "hi"), help="227 or 229 GHz; both if not given")
    group.add_argument("--visibilities", nargs="+", metavar="CSV", help="csv files, not the shipped averages")
    group.add_argument("--cross-validate", action="store_true", help="predict the other band, and the other scans")
    group.add_argument("--image-out", metavar="FILE.npy", help="write the first picture there")
    group.add_argument("--gains", action="store_true", help="image invented sources, the gains as unknown as M87's")


def check_together(parser, arguments):
    """End with one line where options are given that do nothing together."""
    own = ("visibilities", "cross_validate", "image_out")
    others = ("image", "array", "handout", "m87")
    needless = others[:-1] if arguments.m87 or arguments.gains else (*own, "day", "band")
    if arguments.gains:
        needless += ("m87", *own)
    for name in needless:
        if getattr(arguments, name):
            wanted = "does not go with --m87 or --gains" if name in others else "needs --m87"
            parser.error(f"--{name.replace('_', '-')} {wanted}")


def files_read(arguments):
    """Return the paths of the files that the arguments name to be read."""
    prior = None if arguments.prior in TRAINED_ON else arguments.prior
    return list(filter(None, [*(arguments.image or ()), arguments.array, prior]))


def own_pictures(paths):
    """Return {name: picture (PIXELS, PIXELS)} of picture files; say so where one is cropped."""
    pictures = {}
    for path in paths:
        picture, name = read_picture(path), Path(path).stem
        if file_name(name) in map(file_name, pictures):
            raise InputError(f"two pictures would be drawn in {file_name(name)}: {path} is the second")
        square = crop_to_square(picture)
        if square.shape != picture.shape:
            height, width = picture.shape
            print(f"{escaped(path)}: cropped from {width} x {height} to its central {len(square)} x {len(square)}")
        if not square.any():
            raise InputError(f"{path}: the central square of this picture is black")
        pictures[name] = resize(square, (PIXELS, PIXELS))
    return pictures


def learn(arguments, alive):
    """Return the mixture that EM finds for patches of the chosen training pictures; alive is called now and then."""
    start = time.thread_time()
    Z = training_patches(arguments.prior, arguments.patches, seed=arguments.seed).astype(np.float32)
    try:
        prior, history = mixture.run(Z, arguments.clusters, arguments.seed, report=alive)
    except mixture.TooFewPatches as error:
        raise InputError(f"--prior {arguments.prior}: {error}") from None
    print(
        f"prior {escaped(arguments.prior)}: {len(Z)} patches, {arguments.clusters} clusters, {len(history)} EM steps,"
        f" log-likelihood {history[-1] / len(Z):.2f} a patch, {time.thread_time() - start:.1f} s"
    )
    return prior


def score(case, instrument, found):
    """Return the row of the table for one picture by one method."""
    return {
        "image": case.name,
        "method": found.method,
        "nrmse": nrmse(found.picture, case.truth),
        "correlation": correlation(found.picture, case.truth),
        "chi2": reduced_chi2(found.picture, instrument.F, case.y),
        "chi2_informative": informative_chi2(found.picture, instrument.F, case.y, instrument.U),
        "seconds": found.seconds,
    }


def pictures_of(found):
    """Return {method: picture} of a list of Found."""
    return {one.method: one.picture for one in found}


def fit_rings(found):
    """Return {method: what the ring fit finds}, but of dirty pictures (waves all over) and where there is no ring."""
    fitted = {}
    for one in found:
        if one.method != "dirty":
            with suppress(NoRing):
                fitted[one.method] = fit_ring(one.picture)
    return fitted


def ring_columns(ring):
    """Return what the ring fit adds to a row; nothing where there is no ring."""
    if ring is None:
        return {}
    return {"diameter_uas": ring.diameter, "width_uas": ring.width, "orientation_deg": ring.orientation}


def print_table(rows, one_strength):
    """Print the rows; χ² of all numbers measured, and, informative, of those that they are worth.

    one_strength {method: mean NRMSE} is of methods whose rows have the strength that is best for each picture.
    """
    numbers = f"{'NRMSE':>7} {'corr.':>7} {'χ²':>9} {'inform.':>9} {'CPU s':>6}"
    print(f"\n{'image':14} {'method':16} {numbers}  diameter, width, bright side")
    for row in rows:
        shown = row | {"image": escaped(row["image"])}
        line = "{image:14.14} {method:16} {nrmse:7.3f} {correlation:7.3f} {chi2:9.2f} ".format(**shown)
        line += "{chi2_informative:9.2f} {seconds:6.2f}".format(**row)
        ring = "  {diameter_uas:.1f} µas, {width_uas:.1f} µas, {turn:.0f}°" if "diameter_uas" in row else ""
        print(line + ring.format(turn=round(row.get("orientation_deg", 0)) % 360, **row))
    for method in dict.fromkeys(row["method"] for row in rows):
        fair = f"  (one strength for all: {one_strength[method]:.3f})" if method in one_strength else ""
        mean = np.mean([row["nrmse"] for row in rows if row["method"] == method])
        print(f"{'mean':14} {method:16} {mean:7.3f}{fair}")


def caption(row):
    """Return the line under a picture."""
    return f"NRMSE {row['nrmse']:.3f}, χ² {row['chi2']:.{2 if row['chi2'] < 100 else 0}f}"


def file_name(name):
    """Return the name of the file that the comparison of a picture is drawn in."""
    return re.sub(r"[^\w-]+", "_", f"image_{name}") + ".png"


if __name__ == "__main__":
    sys.exit(run_program(main))
