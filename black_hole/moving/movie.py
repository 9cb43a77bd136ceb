"""Films of simulated sources: measured in a night, the motion learned, and every frame reconstructed (--movie)."""

import time

import numpy as np

from console import InputError, escaped
from console.cores import processes

from ..measure import nrmse, reduced_chi2
from ..observation import EHT_2017, read_stations
from ..training import learn as learn_prior
from . import figures
from .film import FOREVER, left_out, posterior, project
from .layers import by_patches, rows_of
from .learn import FEW, choose, still
from .sources import SOURCES, measure, moved, night_of, render
from .warps import step

METHODS = ("alone", "static", "still", "warp", "warp and patches")
ALONE = 0.02  # frames of memory: exp(-50) of a frame is left in the next
NOISE = (1, 10, 100, 1000)  # times the thermal noise, for a static picture of what is not static
FLUX = 1.0  # Jy, mean over the night
MISFIT = 1.5  # chi-square above which a film does not fit the measurements


def read(arguments):
    """Return (an empty Night, the names of the sources), the files that were read, and the names of the figures."""
    night = night_of(read_stations(arguments.array) if arguments.array else EHT_2017, arguments.every)
    names = list(dict.fromkeys(arguments.sources or SOURCES))
    files = [arguments.array] if arguments.array else []
    for name in names:
        film_of(name, 0, night, arguments)  # a source that leaves the field is refused before any work is done
    return (night, names), files, [file_name(name) for name in names]


def file_name(name):
    """Return the name of the file that a source's film is drawn in."""
    return f"film_{name.replace(' ', '_')}.png"


def film_of(name, seed, night, arguments):
    """Return the film (frames, n, n), Jy per pixel, of a source, and the generator that is left for the noise."""
    rng = np.random.RandomState(seed)
    source = moved(SOURCES[name](rng), night.frames, arguments.turn, arguments.move)
    return render(source, night.frames) * (arguments.flux or FLUX), rng


def run(data, arguments):
    """Learn and reconstruct every film and print the table; return its rows, and draw() of the figures."""
    night, names = data
    seeds = list(dict.fromkeys(arguments.seeds))
    print(f"{len(night.u)} visibilities in {night.frames} frames", flush=True)
    if len(night.y) < FEW:
        print(f"{len(night.y)} numbers are too few to tell how something moves; {FEW} would do."
              " No motion is looked for")
    prior, sentence = learn_prior(arguments.prior or "both", arguments)
    print(sentence, flush=True)
    print(f"\n{'source':16} {'seed':>4} {'method':16} {'NRMSE':>6} {'log-likelihood':>14} {'left out χ²':>11}"
          f" {'CPU s':>6}  motion, a frame")
    rows, shown = [], {}
    with processes() as pool:
        asked = [(name, seed, pool.submit(film_all, name, seed, night, prior, arguments))
                 for name in names for seed in seeds]
        for name, _, future in asked:
            try:
                found, films, note = future.result()
            except np.linalg.LinAlgError:
                why = "the noise is lost in rounding errors, so much brighter is the source"
                raise InputError(f"{name}: {why}") from None
            for row, chi2 in found:
                rows.append(row)
                print(line(row, chi2), flush=True)
            if note:
                print(note, flush=True)
            shown.setdefault(name, films)
    for name in names:
        for method in METHODS:
            mean = np.mean([row["nrmse"] for row in rows if (row["source"], row["method"]) == (name, method)])
            print(f"{'mean':16} {'':4} {method:16} {mean:6.3f}  {name}")
    if arguments.film:
        figures.write_film(arguments.film, shown)
    return rows, lambda: ((file_name(name), figures.draw_film(name, films)) for name, films in shown.items())


def film_all(name, seed, night, prior, arguments):
    """Return [(row of the table, left-out chi-square or None)], {method: film}, truth first, and a note or ""."""
    truth, rng = film_of(name, seed, night, arguments)
    night = measure(truth, night, rng)
    if (np.abs(night.value / night.sigma) ** 2).sum() < 3 * len(night.value):
        raise InputError(f"{name}, {truth[0].sum():g} Jy: there is no source in the measurements: they are no larger"
                         " than their noise")
    found, films, start = [], {"truth": truth}, time.thread_time()
    for method, learned, pictures, used in reconstructed(night, truth, prior):
        films[method] = project(learned.model, pictures)
        motion, parameters = described(learned)
        row = {"source": name, "seed": seed, "method": method, "motion": motion, "parameters": parameters,
               "nrmse": nrmse(films[method], truth), "log_likelihood": learned.log_likelihood,
               "seconds": time.thread_time() - start}
        found.append((row, left_out(used, learned.model) * (used.sigma[0] / night.sigma[0]) ** 2 if used else None))
        if method != "warp":  # whose motion the patches need
            start = time.thread_time()
    chi2 = reduced_chi2(pictures, rows_of(night, learned.model), night.y)
    note = (f"{name}, seed {seed}: the film does not fit the measurements: χ² {chi2:.2f}, expected about 1; the source"
            " changes in a way that no motion here explains" if chi2 > MISFIT else "")
    return found, films, note


def reconstructed(night, truth, prior):
    """Yield each of METHODS, its Learned, pictures (layers, frames or 1, n, n), and the Night for left_out or None."""
    learned = still(night, ALONE)
    yield "alone", learned, posterior(night, learned.model), night
    noisier, learned = static(night, truth)
    start = posterior(noisier, learned.model)[:, 0]
    yield "static", learned, by_patches(noisier, learned.model, start, prior)[:, None], noisier
    learned = still(night)
    yield "still", learned, posterior(night, learned.model), night
    learned, _ = choose(night)
    expected = posterior(night, learned.model)
    yield "warp", learned, expected, night
    yield "warp and patches", learned, by_patches(night, learned.model, expected.mean(1), prior)[:, None], None


def static(night, truth):
    """Return a Night with more noise, and the Learned of one picture for all its frames.

    The truth says how much noise is best, a favour that no other method gets.
    """
    found = []
    for factor in NOISE:
        noisier = night._replace(sigma=factor * night.sigma)
        learned = still(noisier, FOREVER)
        error = nrmse(project(learned.model, posterior(noisier, learned.model)), truth)
        # The density is of the numbers measured, whatever divides them.
        density = learned.log_likelihood - len(night.y) * np.log(factor)
        found.append((error, noisier, learned._replace(log_likelihood=density)))
    return min(found, key=lambda one: one[0])[1:]


def described(learned):
    """Return the name of a Learned's motion and its parameters a frame, with the brightness of all frames if free."""
    parameters = step(learned.model.layers[-1].kind, learned.model.layers[-1].theta)
    if np.ptp(learned.model.brightness):
        parameters["brightness"] = learned.model.brightness.tolist()
    return learned.motion, parameters


def line(row, chi2):
    """Return a row of the table as it is printed."""
    said = [f"{name} {value:.4g}" for name, value in row["parameters"].items() if name != "brightness"]
    said += ["brightness changes"] * ("brightness" in row["parameters"])
    numbers = f"{row['nrmse']:6.3f} {row['log_likelihood']:14.1f} {'' if chi2 is None else f'{chi2:.1f}':>11}"
    return escaped(f"{row['source']:16} {row['seed']:4} {row['method']:16} {numbers} {row['seconds']:6.1f}  "
                   + "; ".join([row["motion"], *said]))
