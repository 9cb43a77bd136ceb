"""Tabs 2 to 5: prints, draws and writes the answers on the toy data."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from answers import drawings, film
from answers.runs import best
from data import course


class Toy(NamedTuple):
    """The answers on the toy data; every dict has a key for each K."""

    X: np.ndarray  # (n, 2): points
    kmeans: dict  # the Run of each seed
    em: dict  # the Run of each seed
    first: dict  # log-likelihood of the first E-step, seed 0
    bic: dict  # of the best run of EM

    @property
    def best_k(self):
        return max(self.bic, key=self.bic.get)


def print_answers(toy, sheet):
    """Print the answers, tab by tab, with the answer sheet."""
    sheet.title("Tab 2: K-means, cost (smaller is better)")
    for K, runs in toy.kmeans.items():
        top = best(runs, -1)
        sheet.answer(f"K = {K}", top.value, course.KMEANS_COST.get(K), note=f"   seed {top.seed}")
    sheet.title("Tab 3: EM, log-likelihood of the first E-step, seed 0")
    for K, value in toy.first.items():
        sheet.answer(f"K = {K}", value, course.FIRST_LOG_LIKELIHOOD.get(K))
    sheet.title("Tab 4: EM, log-likelihood")
    for K, runs in toy.em.items():
        top = best(runs)
        sheet.answer(f"K = {K}", top.value, course.TOY_LOG_LIKELIHOOD.get(K), note=f"   seed {top.seed}")
    sheet.title("Tab 5: Bayesian information criterion (larger is better)")
    for K, value in toy.bic.items():
        sheet.answer(f"K = {K}", value, course.TOY_BIC.get(K))
    published = course.TOY_BEST_K if set(toy.bic) == set(course.TOY_BIC) else None
    sheet.answer("best K", toy.best_k, published, "d", "d")


def draw(toy, options, submit):
    """Submit the pictures and the film that the options ask for: submit(function, *arguments)."""
    if options.figures is not None:
        folder = Path(options.figures)
        for K, runs in toy.em.items():
            submit(drawings.write, folder / drawings.toy_name(K), drawings.draw_toy, toy.X, best(toy.kmeans[K], -1),
                   best(runs))
        submit(drawings.write, folder / drawings.TOY_BIC, drawings.draw_bic, toy.bic, toy.best_k)
    if options.film is not None:
        K = 3 if 3 in toy.em else toy.best_k
        top = best(toy.em[K])
        submit(film.write, options.film, toy.X, next(run for run in toy.kmeans[K] if run.seed == top.seed), top)


def as_json(toy):
    """Return the answers as the JSON file holds them."""
    tops = {K: best(runs, -1) for K, runs in toy.kmeans.items()}, {K: best(runs) for K, runs in toy.em.items()}
    return {"kmeans": {str(K): {"cost": top.value, "seed": top.seed} for K, top in tops[0].items()},
            "em": {str(K): {"log_likelihood": top.value, "seed": top.seed, "bic": toy.bic[K],
                            "first_log_likelihood": toy.first[K]} for K, top in tops[1].items()},
            "best_k": toy.best_k}
