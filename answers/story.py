"""The data of the page of the answers: the runs, small enough for a page. Nothing is run again."""

import numpy as np

from answers.runs import best
from common import GaussianMixture
from pages import embedded

POINTS = 1000  # drawn at most
FILMS = 900_000  # bytes of all films together
SEEDS_DRAWN = 40  # curves in one picture at most
TYPES, MOVIES = 24, 5  # types of users shown at most, and movies a type
SUPPORT = 10  # ratings (soft counts) that a type's opinion of a movie needs


# The toy data


def toy_story(toy):
    """Return the page's data on the toy.Toy answers, as values for JSON."""
    X, hard, soft = toy.X, toy.kmeans, toy.em
    tops = {K: best(runs).seed for K, runs in soft.items()}
    start = _start(hard, soft, toy.best_k)
    films = [{"K": K, "seed": one.seed, "kmeans": _film(one), "em": _film(two)}
             for K in soft for one, two in zip(hard[K], soft[K], strict=True)]
    wanted = [(start["K"], start["good"]), (start["K"], start["poor"])] if start else []
    kept = _fitting(films, [*wanted, *tops.items()])
    if start:
        start["filmed"] = set(wanted) <= {(film["K"], film["seed"]) for film in kept}
    every = -(-len(X) // POINTS)
    return {"points": X[::every].tolist(), "every": every, "colours": _colours(soft), "films": kept,
            "left_out": len(films) - len(kept), "best": tops, "bic": toy.bic, "best_k": toy.best_k, "start": start}


def _film(run):
    """Return a run's values and mixtures, components numbered from left to right at the end."""
    order = np.argsort(run.mixture.mu[:, 0])
    mixtures = [GaussianMixture(*(part[order].tolist() for part in mixture))._asdict() for mixture in run.mixtures]
    return {"values": run.history, "mixtures": mixtures}


def _fitting(films, wanted):
    """Return the films that the page has room for, in their order; those of the wanted (K, seed) have priority."""
    left, kept = FILMS, set()
    for number in sorted(range(len(films)), key=lambda i: (films[i]["K"], films[i]["seed"]) not in wanted):
        size = len(embedded(films[number]))
        if size <= left:
            left -= size
            kept.add(number)
    return [film for number, film in enumerate(films) if number in kept]


def _start(hard, soft, best_k):
    """Return two seeds with different results, {"method", "K", "good", "poor"}, or None.

    The best K is tried first, and EM before K-means. Results differ by one unit of log-likelihood (EM), or a hundredth
    of the cost (K-means).
    """
    for K in sorted(soft, key=lambda K: abs(K - best_k)):
        for method, runs, sign in (("em", soft[K], -1), ("kmeans", hard[K], 1)):
            good, *_, poor = sorted([*runs, *runs], key=lambda run, sign=sign: sign * run.value)
            if abs(poor.value - good.value) > (1 if method == "em" else 0.01 * good.value):
                return {"method": method, "K": K, "good": good.seed, "poor": poor.seed}
    return None


def _colours(ks):
    """Return the components' colours: those of common.plot on white, without the darkest ones on black."""
    from matplotlib import colormaps  # here, because the import takes long

    viridis = colormaps["viridis"]
    ranges = {"light": (0, 0.9), "dark": (0.3, 1)}
    return {name: {K: (255 * viridis(np.linspace(*ends, K))[:, :3]).round(1).tolist() for K in ks}
            for name, ends in ranges.items()}


# The ratings


def netflix_story(netflix, meaning):
    """Return the page's data on the netflix.Netflix answers, as values for JSON, without any rating.

    `meaning` says in words what the RMSE measures.
    """
    X, runs = netflix.X, netflix.runs
    return {"curves": [{"K": K, "runs": [{"seed": run.seed, "values": [round(value, 3) for value in run.history]}
                                         for run in of_k[:SEEDS_DRAWN]]} for K, of_k in runs.items()],
            "types": _types(X, best(runs[max(runs)])), "meaning": meaning, "shape": X.shape}


def _types(X, run):
    """Return a run's types of users, the largest first, and how sure the assignment of users is."""
    mask = (X != 0).astype(float)
    counts = mask.sum(axis=0)
    movie_mean = np.divide(X.sum(axis=0), counts, where=counts > 0, out=np.zeros(X.shape[1]))
    support, surest, member = run.post.T @ mask, run.post.max(axis=1), run.post.argmax(axis=1)
    more = run.mixture.mu - movie_mean
    types = []
    for j in np.argsort(-run.mixture.p)[:TYPES]:
        own = member == j
        known = np.flatnonzero(support[j] >= SUPPORT)  # fewer would reveal single users' ratings
        order = known[np.argsort(-more[j, known], kind="stable")]
        number = min(MOVIES, len(order) // 2)
        most, least = ([[int(movie) + 1, float(more[j, movie])] for movie in some]
                       for some in (order[:number], order[::-1][:number]))
        types.append({"share": float(run.mixture.p[j]), "users": int(own.sum()), "most": most, "least": least,
                      "sd": float(np.sqrt(run.mixture.var[j])),
                      "sure": float(surest[own].mean()) if own.any() else None})
    return {"K": len(run.mixture.p), "seed": run.seed, "types": types, "sure": float(surest.mean()),
            "almost": float((surest > 0.99).mean())}
