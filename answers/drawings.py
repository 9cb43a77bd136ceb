"""The pictures of main.py, drawn from the sweeps' runs."""

import numpy as np

from common import GaussianMixture, plot
from console import new_figure, write_figure

TOY_BIC, NETFLIX = "toy_bic.png", "netflix_log_likelihood.png"


def toy_name(K):
    return f"toy_k{K}.png"


def load():
    """Import matplotlib, which takes longer than drawing a picture."""
    import matplotlib.backends.backend_agg
    import matplotlib.figure  # noqa: F401


def write(path, draw, *arguments):
    write_figure(path, draw(*arguments))


def draw_toy(X, hard, soft):
    """Return a figure of a run of K-means beside one of EM on (n, 2) points, components numbered from left to right."""
    K = len(hard.mixture.p)
    figure = new_figure(9, 5.6)
    titles = f"K-means, K = {K}: cost {hard.value:.1f}", f"EM, K = {K}: log-likelihood {soft.value:.1f}"
    for ax, run, title in zip(figure.subplots(1, 2), (hard, soft), titles, strict=True):
        order = np.argsort(run.mixture.mu[:, 0])
        plot(X, GaussianMixture(*(part[order] for part in run.mixture)), run.post[:, order], title, ax=ax)
    wide, high = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    figure.set_size_inches(9, 4.1 * high / wide + 0.85 + 0.22 * ((K + 1) // 2))  # a panel, its title, its legend
    return figure


def draw_bic(criterion, best_k):
    """Return a figure of BIC, {K: value}, against K, with the best K marked."""
    figure = new_figure(6, 4)
    ax = figure.subplots()
    ks = sorted(criterion)
    ax.plot(ks, [criterion[K] for K in ks], "o-", color="C0")
    ax.plot(best_k, criterion[best_k], "o", markersize=13, markerfacecolor="none", color="C1", markeredgewidth=2,
            label=f"best: K = {best_k}")
    ax.set(title="Toy data: BIC chooses the number of components", xlabel="K", ylabel="BIC (larger is better)",
           xticks=ks)
    ax.legend()
    return figure


def draw_log_likelihood(runs):
    """Return a figure of log-likelihood against iteration of {K: [Run of each seed]}: a panel a K, a line a seed."""
    columns = min(3, len(runs))
    rows = -(-len(runs) // columns)
    figure = new_figure(4.8 * columns, 4.2 * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in axes[len(runs):]:
        unused.remove()
    for ax, (K, of_k) in zip(axes, runs.items(), strict=False):
        _draw_seeds(ax, K, of_k)
    figure.suptitle("EM on ratings with gaps: log-likelihood, seed by seed")
    return figure


def _draw_seeds(ax, K, runs):
    from matplotlib import colormaps

    colours = colormaps["viridis"](np.linspace(0, 0.9, len(runs)))
    for run, colour, marker in zip(runs, colours, "os^vDP*X<>" * len(runs), strict=False):
        ax.plot(range(1, len(run.history) + 1), np.divide(run.history, 1e6), marker=marker, markersize=4, color=colour,
                label=f"seed {run.seed}")
    low, high = min(run.history[1] for run in runs) / 1e6, max(run.value for run in runs) / 1e6
    outside = ""
    if high - low > 1e-6:  # the first iteration is so far below the rest that it would flatten all curves
        ax.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
        below = [value for run in runs if (value := run.history[0] / 1e6) < ax.get_ylim()[0]]
        if below:
            ends = dict.fromkeys(f"{value:.3g}".replace("-", "\u2212") for value in (min(below), max(below)))
            outside = f" (1 lies below, at {' to '.join(ends)})"
    ax.set(title=f"K = {K}", xlabel=f"iteration{outside}", ylabel="log-likelihood (millions)")
    ax.xaxis.get_major_locator().set_params(integer=True)
    if len(runs) <= 12:  # more would hide the curves
        ax.legend(fontsize="small")
