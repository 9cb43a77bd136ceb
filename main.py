"""Does the whole assignment: sweeps K and seeds over the toy and the Netflix data and prints the answers by tab.

With the course's own files each answer stands beside the published one, and the exit status is 1 if any differs.
"""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product: the seeds run side by side

import sys
import time
from typing import NamedTuple

import numpy as np

import data
import em
import kmeans
import naive_em
from answers import drawings
from answers.options import check_ks, listed, parse
from answers.sheet import Sheet, say, what_rmse_measures
from answers.show import Show
from answers.story import netflix_story, toy_story
from common import GaussianMixture, bic, init, rmse
from console import GIF, HTML, JSON, InputError, check_outputs, escaped, pictures_in, run_program, write_json
from console.cores import processes, side_by_side
from data import course


class Run(NamedTuple):
    """One run from one seed."""

    seed: int
    mixture: GaussianMixture
    post: np.ndarray  # (n, K)
    value: float  # cost or log-likelihood
    history: list  # the same, iteration by iteration
    mixtures: list  # the start, and the mixture after each iteration; empty where not kept
    seconds: float


def sweep(run, X, K, seeds, keep=False):
    """Yield the Run of each seed from the course's starting point; `keep` has it hold all mixtures on the way."""
    def one(seed):
        history, begun = [], time.perf_counter()
        first, post = init(X, K, seed)
        mixtures = [first] if keep else []

        def note(value, mixture):
            history.append(value)
            if keep:
                mixtures.append(mixture)

        mixture, post, value = run(X, first, post, callback=note)
        return Run(seed, mixture, post, value, history, mixtures, time.perf_counter() - begun)

    return side_by_side(one, seeds)


def best(runs, sign=1):
    """Return the run of the largest value (sign 1) or the smallest (-1); of runs equal but for rounding the first."""
    return max(runs, key=lambda run: sign * float(f"{run.value:.12g}"))


def toy(X, ks, seeds, sheet, show):
    """Answer tabs 2, 4 and 5; return the answers as the JSON file holds them."""
    say(f"\nToy data, {X.shape[0]} points, best of seeds {listed(seeds)}")
    sheet.title("Tab 2: K-means, cost (smaller is better)")
    all_hard, all_soft, hard, soft = {}, {}, {}, {}
    for K in ks:
        all_hard[K] = list(sweep(kmeans.run, X, K, seeds, keep=True))
        hard[K] = best(all_hard[K], -1)
        sheet.answer(f"K = {K}", hard[K].value, course.KMEANS_COST.get(K), note=f"   seed {hard[K].seed}")
    sheet.title("Tab 3: EM, log-likelihood of the first E-step, seed 0")
    first = {K: naive_em.estep(X, init(X, K, 0)[0])[1] for K in ks}
    for K in ks:
        sheet.answer(f"K = {K}", first[K], course.FIRST_LOG_LIKELIHOOD.get(K))
    sheet.title("Tab 4: EM, log-likelihood")
    for K in ks:
        all_soft[K] = list(sweep(naive_em.run, X, K, seeds, keep=True))
        soft[K] = best(all_soft[K])
        sheet.answer(f"K = {K}", soft[K].value, course.TOY_LOG_LIKELIHOOD.get(K), note=f"   seed {soft[K].seed}")
    sheet.title("Tab 5: Bayesian information criterion (larger is better)")
    criterion = {K: bic(X, soft[K].mixture, soft[K].value) for K in ks}
    for K in ks:
        sheet.answer(f"K = {K}", criterion[K], course.TOY_BIC.get(K))
    best_k = max(ks, key=criterion.get)
    sheet.answer("best K", best_k, course.TOY_BEST_K if set(ks) == set(course.TOY_BIC) else None, "d", "d")
    for K in ks:
        show.picture(drawings.toy_name(K), drawings.draw_toy, X, hard[K], soft[K])
    show.picture(drawings.TOY_BIC, drawings.draw_bic, criterion, best_k)
    filmed = 3 if 3 in ks else best_k
    show.film(X, all_hard[filmed][seeds.index(soft[filmed].seed)], soft[filmed])
    show.story("toy", toy_story, X, all_hard, all_soft, criterion, best_k)
    return {"kmeans": {str(K): {"cost": hard[K].value, "seed": hard[K].seed} for K in ks},
            "em": {str(K): {"log_likelihood": soft[K].value, "seed": soft[K].seed, "bic": criterion[K],
                            "first_log_likelihood": first[K]} for K in ks},
            "best_k": best_k}


def netflix(X, complete, ks, seeds, sheet, show):
    """Answer tab 8; return the answers, and those of the mean rating, as the JSON file holds them."""
    say(f"\nRatings, {X.shape[0]} users x {X.shape[1]} movies, {np.count_nonzero(X)} of them known")
    sheet.title("Tab 8: EM with gaps\n     K   seed    log-likelihood   iterations   seconds")
    runs = {K: [] for K in ks}
    for K in ks:
        for run in sweep(em.run, X, K, seeds):
            runs[K].append(run)
            say(f"  {K:>4}{run.seed:>7}{run.value:>18.6f}{len(run.history):>13}{run.seconds:>10.2f}")
    show.picture(drawings.NETFLIX, drawings.draw_log_likelihood, runs)
    sheet.title(f"Best of seeds {listed(seeds)}, and the RMSE of its filling against the complete matrix")
    answers, tops = {}, {K: best(runs[K]) for K in ks}
    for K, top in tops.items():
        error = rmse(complete, em.fill_matrix(X, top.mixture))
        sheet.answer(f"K = {K}", top.value, course.NETFLIX_LOG_LIKELIHOOD.get(K), note=f"   seed {top.seed}")
        sheet.answer("  RMSE", error, course.NETFLIX_RMSE.get(K), ".16f", ".16f", tolerance=1e-12)
        answers[str(K)] = {"log_likelihood": top.value, "seed": top.seed, "rmse": error,
                           "runs": [{"seed": run.seed, "log_likelihood": run.value, "iterations": len(run.history),
                                     "seconds": run.seconds} for run in runs[K]]}
    mean = X.sum() / np.count_nonzero(X)
    error = rmse(complete, np.where(X == 0, mean, X))
    say(f"  For comparison, every gap filled with the mean rating, {mean:.3f}: RMSE {error:.4f}")
    meaning = what_rmse_measures(X, complete)
    say(f"  {meaning}")
    show.story("netflix", netflix_story, X, runs, tops, meaning)
    return {"netflix": answers, "mean_rating": {"value": mean, "rmse": error}}


def answer(options, source, sheet, show):
    """Answer what the options ask for, from a data.Source; return the answers as the JSON file holds them."""
    halves = [options.only] if options.only else ["toy", "netflix"]
    # Everything that can be wrong with the input is found before the first answer.
    if "toy" in halves:
        X = data.toy(source)
        if X.shape[1] != 2:
            raise InputError(f"{data.TOY[0]}: expected points of 2 coordinates, got {X.shape[1]}")
        check_ks("--toy-ks", options.toy_ks, len(X), "points")
    if "netflix" in halves:
        ratings, complete = data.netflix(source)
        check_ks("--netflix-ks", options.netflix_ks, len(ratings), "users")

    say(f"Data: {source.description}")
    if source.verified and not sheet.published:
        say(f"  The published answers are the best of seeds {listed(course.SEEDS)}: not compared.")
    answers = {"data": {"source": source.place, "verified": source.verified}, "seeds": options.seeds}
    if "toy" in halves:
        answers["toy"] = toy(X, options.toy_ks, options.seeds, sheet, show)
    if "netflix" in halves:
        answers |= netflix(ratings, complete, options.netflix_ks, options.seeds, sheet, show)
    return answers | {"published": {"compared": len(sheet.marks), "obtained": sheet.marks.count(True)}}


def main(argv=None):
    options = parse(argv, __doc__.split("\n")[0])
    names = {"toy": data.TOY, "netflix": data.NETFLIX}.get(options.only, data.TOY + data.NETFLIX)
    figures = None if options.no_figures else options.figures
    pictures = [drawings.TOY_BIC, drawings.NETFLIX, *map(drawings.toy_name, options.toy_ks)]
    check_outputs([*pictures_in(figures, pictures), ("--json", options.json, JSON), ("--page", options.page, HTML),
                   ("--film", options.film, GIF)], data.may_read(names, options.data), course.CHECKSUMS)
    with processes(1) as background:
        show = Show(background, figures, options.film, options.page)
        source = data.find(names, options.data)
        sheet = Sheet(source.verified and set(options.seeds) == set(course.SEEDS))
        answers = answer(options, source, sheet, show)
        show.wait()
    if options.json is not None:
        write_json(options.json, answers)
    show.write_page(source.description, sheet.rows, sheet.conclusion(), answers)
    written = {"Figures": figures, "Film": options.film, "JSON": options.json, "Page": options.page}
    lines = [f"{what}: {escaped(path)}" for what, path in written.items() if path]
    if lines:
        say("\n" + "\n".join(lines))
    return sheet.close()


if __name__ == "__main__":
    sys.exit(run_program(main))
