"""Runs from several seeds, and the best of them."""

import time
from typing import NamedTuple

import numpy as np

from common import GaussianMixture, init
from console.cores import side_by_side


class Run(NamedTuple):
    """One run from one seed."""

    seed: int
    mixture: GaussianMixture
    post: np.ndarray  # (n, K)
    value: float  # cost or log-likelihood
    history: list  # the value after each iteration
    mixtures: list  # the start, and the mixture after each iteration; empty if not kept
    seconds: float


def sweep(run, X, K, seeds, keep=False):
    """Yield the Run of each seed from the course's starting point; with `keep` it holds all mixtures on the way."""
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
    """Return the run of the largest value (sign 1) or the smallest (-1); the first of those equal to 12 digits."""
    return max(runs, key=lambda run: sign * float(f"{run.value:.12g}"))
