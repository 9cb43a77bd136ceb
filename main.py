"""Does the whole assignment: sweeps K and seeds over the toy and the Netflix data and prints the answers by tab.

With the course's files it compares the answers with the published ones; the exit status is 1 if any differs.
"""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product: the seeds run side by side

import sys

import numpy as np

import data
import em
import kmeans
import naive_em
import pages
from answers import drawings
from answers import netflix as tab8
from answers import toy as tabs2to5
from answers.netflix import Netflix
from answers.options import check_ks, listed, parse
from answers.page import page
from answers.runs import best, sweep
from answers.sheet import Sheet, say
from answers.toy import Toy
from common import bic, init, rmse
from console import GIF, HTML, JSON, InputError, check_outputs, escaped, pictures_in, run_program, write_json
from console.cores import processes
from data import course


def toy(X, ks, seeds):
    """Return the answers of tabs 2 to 5 on (n, 2) points."""
    hard = {K: list(sweep(kmeans.run, X, K, seeds, keep=True)) for K in ks}
    soft = {K: list(sweep(naive_em.run, X, K, seeds, keep=True)) for K in ks}
    first = {K: naive_em.estep(X, init(X, K, seed=0)[0])[1] for K in ks}
    tops = {K: best(runs) for K, runs in soft.items()}
    criterion = {K: bic(X, top.mixture, top.value) for K, top in tops.items()}
    return Toy(X, hard, soft, first, criterion)


def netflix(X, complete, ks, seeds, report):
    """Return the answers of tab 8 on (n, d) ratings; report(K, run) is called after each run."""
    runs = {K: [] for K in ks}
    for K in ks:
        for run in sweep(em.run, X, K, seeds):
            runs[K].append(run)
            report(K, run)
    errors = {K: rmse(complete, em.fill_matrix(X, best(of_k).mixture)) for K, of_k in runs.items()}
    mean = X.sum() / np.count_nonzero(X)
    return Netflix(X, complete, runs, errors, mean, rmse(complete, np.where(X == 0, mean, X)))


def read(options, source):
    """Return the points, and the two matrices of ratings; None for the half that the options leave out.

    Raises InputError if the files, or the options' K, cannot be used.
    """
    points = matrices = None
    if options.only != "netflix":
        points = data.toy(source)
        if points.shape[1] != 2:
            raise InputError(f"{data.TOY[0]}: expected points of 2 coordinates, got {points.shape[1]}")
        check_ks("--toy-ks", options.toy_ks, len(points), "points")
    if options.only != "toy":
        matrices = data.netflix(source)
        check_ks("--netflix-ks", options.netflix_ks, len(matrices[0]), "users")
    return points, matrices


def answer(options, source, sheet, submit):
    """Print the answers that the options ask for; return Toy and Netflix, None for the half that is left out.

    submit(function, *arguments) draws in the background.
    """
    points, matrices = read(options, source)
    say(f"Data: {source.description}")
    if source.verified and not sheet.published:
        say(f"  The published answers are the best of seeds {listed(course.SEEDS)}: not compared.")
    on_points = on_ratings = None
    if points is not None:
        say(f"\nToy data, {len(points)} points, best of seeds {listed(options.seeds)}")
        on_points = toy(points, options.toy_ks, options.seeds)
        tabs2to5.print_answers(on_points, sheet)
        tabs2to5.draw(on_points, options, submit)
    if matrices:
        X, complete = matrices
        say(f"\nRatings, {X.shape[0]} users x {X.shape[1]} movies, {np.count_nonzero(X)} of them known")
        sheet.title("Tab 8: EM with gaps\n     K   seed    log-likelihood   iterations   seconds")
        on_ratings = netflix(X, complete, options.netflix_ks, options.seeds, tab8.print_run)
        sheet.title(f"Best of seeds {listed(options.seeds)}, and the RMSE of its filling against the complete matrix")
        tab8.print_answers(on_ratings, sheet)
        tab8.draw(on_ratings, options, submit)
    return on_points, on_ratings


def as_json(options, source, sheet, on_points, on_ratings):
    """Return the answers as the JSON file holds them."""
    answers = {"data": {"source": source.place, "verified": source.verified}, "seeds": options.seeds}
    if on_points:
        answers["toy"] = tabs2to5.as_json(on_points)
    if on_ratings:
        answers |= tab8.as_json(on_ratings)
    return answers | {"published": {"compared": len(sheet.marks), "obtained": sheet.marks.count(True)}}


def main(argv=None):
    options = parse(argv, __doc__.split("\n")[0])
    names = {"toy": data.TOY, "netflix": data.NETFLIX}.get(options.only, data.TOY + data.NETFLIX)
    pictures = [drawings.TOY_BIC, drawings.NETFLIX, *map(drawings.toy_name, options.toy_ks)]
    check_outputs([*pictures_in(options.figures, pictures), ("--json", options.json, JSON),
                   ("--page", options.page, HTML), ("--film", options.film, GIF)],
                  data.may_read(names, options.data), course.CHECKSUMS)
    with processes(1) as pool:
        drawn = [pool.submit(drawings.load)] if options.figures or options.film else []  # while the data are read
        source = data.find(names, options.data)
        sheet = Sheet(source.verified and set(options.seeds) == set(course.SEEDS))
        found = answer(options, source, sheet, lambda *call: drawn.append(pool.submit(*call)))
        for one in drawn:
            one.result()
    answers = as_json(options, source, sheet, *found)
    if options.json is not None:
        write_json(options.json, answers)
    if options.page is not None:
        pages.write(options.page, page(source.description, sheet, answers, *found))
    written = {"Figures": options.figures, "Film": options.film, "JSON": options.json, "Page": options.page}
    lines = [f"{what}: {escaped(path)}" for what, path in written.items() if path]
    if lines:
        say("\n" + "\n".join(lines))
    return sheet.close()


if __name__ == "__main__":
    sys.exit(run_program(main))
