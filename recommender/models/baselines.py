"""What any model has to beat: one constant, and the effects of users and movies."""

import numpy as np

import em
from arithmetic.gaps import ratings
from common import init
from recommender.holdout import check_ratings


def constant(X):
    """Return the mean rating at every entry, (n, d), from (n, d) ratings with 0 where missing.

    Raises:
        ValueError: there are no ratings.
    """
    check_ratings(X)
    X = np.asarray(X, dtype=float)
    return np.full(X.shape, X.sum() / np.count_nonzero(X))


def effects(X, shrink=5.0, sweeps=10):
    """Return mean + b_u + c_i at every entry, (n, d): how high a user rates and how well a movie is liked.

    Each effect in turn is the mean of what the others leave, shrunk as by `shrink` more ratings of 0:

        b_u = sum_i (x_ui - mean - c_i) / (|C_u| + shrink),    c_i likewise,

    which minimises the squared error + shrink (|b|^2 + |c|^2) coordinate by coordinate (the biases of
    Koren, Bell, Volinsky 2009).

    Args:
        X: (n, d) ratings, 0 where missing.
        shrink: how many ratings of 0 each effect is shrunk by, above 0.
        sweeps: over users and movies.

    Raises:
        ValueError: shrink is not above 0, or there are no ratings.
    """
    if not shrink > 0:
        raise ValueError(f"expected shrink above 0, got {shrink}")
    check_ratings(X)
    X = np.asarray(X, dtype=float)
    mask = (X != 0).astype(float)
    mean = X.sum() / mask.sum()
    user_sum, user_count = ((X - mean) * mask).sum(axis=1), mask.sum(axis=1)
    movie_sum, movie_count = ((X - mean) * mask).sum(axis=0), mask.sum(axis=0)
    c = np.zeros(X.shape[1])
    for _ in range(sweeps):
        b = (user_sum - mask @ c) / (user_count + shrink)
        c = (movie_sum - b @ mask) / (movie_count + shrink)
    return mean + b[:, None] + c


def mixture(X, K, fill="soft", seeds=range(5)):
    """Return what the course's EM with K groups predicts at every entry, (n, d), from (n, d) ratings.

    Args:
        fill: "soft" weights the groups' means with the user's posterior (tab 8); "hard" takes the mean of their single
            most likely group.
        seeds: of starting points, of which the run with the highest log-likelihood counts, as in the course (tab 4).

    Raises:
        ValueError: K or fill is out of range, or there are no ratings.
    """
    if fill not in ("soft", "hard"):
        raise ValueError(f"expected fill to be soft or hard, got {fill!r}")
    check_ratings(X)
    data = ratings(X)
    runs = (em.run(data, *init(X, K, seed)) for seed in seeds)
    mixture, _, _ = max(runs, key=lambda run: run[2])
    post, _ = em.estep(data, mixture)
    return post @ mixture.mu if fill == "soft" else mixture.mu[post.argmax(axis=1)]
