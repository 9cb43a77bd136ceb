"""The film: K-means and EM on points, iteration by iteration, as an animated GIF."""

import tempfile
from pathlib import Path

import numpy as np

import kmeans
import naive_em
from common import GaussianMixture, plot
from console import GIF, check_replaceable, new_figure, write_file

FRAMES = 30  # at most; longer runs show only some of their later iterations, in which little happens
PER_SECOND = 3
REST = 3  # s for which the last frame stays


def write(path, X, hard, soft):
    """Write the film of a run of K-means and one of EM on (n, 2) points as GIF, over a GIF or nothing."""
    from matplotlib.animation import PillowWriter

    with tempfile.TemporaryDirectory() as folder:
        unfinished = Path(folder, "film.gif")  # the writer writes to files only
        extent = np.ptp(X, axis=0)
        wide, high = extent + (0.16 * extent.max() or 2.0)
        figure = new_figure(9, min(4.1 * high / wide, 8) + 1.3)  # with room for the points and the two legends
        axes = figure.subplots(1, 2)
        writer = PillowWriter(fps=PER_SECOND)
        with writer.saving(figure, unfinished, dpi=72):
            for iteration in iterations(max(len(hard.history), len(soft.history))):
                for ax, run, name, step in zip(axes, (hard, soft), ("K-means", "EM"), (kmeans.estep, naive_em.estep),
                                               strict=True):
                    _draw(ax, X, run, name, step, min(iteration, len(run.history)))
                writer.grab_frame()
                figure.set_layout_engine("none")  # all frames have the layout of the first one
            for _ in range(REST * PER_SECOND - 1):
                writer.grab_frame()
        write_file(check_replaceable(path, GIF), unfinished.read_bytes())


def iterations(last):
    """Return the numbers of the iterations to show: all if they are few, else fewer and fewer."""
    return sorted({0, *range(1, min(last, FRAMES - 1) + 1)} if last < FRAMES else
                  {0, *np.geomspace(1, last, FRAMES - 1).round().astype(int).tolist()})


def _draw(ax, X, run, name, step, iteration):
    """Draw the result of a run that ends with this iteration; components are numbered from left to right."""
    order = np.argsort(run.mixture.mu[:, 0])
    shown = GaussianMixture(*(part[order] for part in run.mixtures[iteration]))
    post, title = np.full((len(X), len(order)), 1 / len(order)), f"{name}: the start"
    if iteration:
        found = step(X, run.mixtures[iteration - 1])
        post = (found if step is kmeans.estep else found[0])[:, order]
        value = "cost" if step is kmeans.estep else "log-likelihood"
        title = f"{name}, iteration {iteration}: {value} {run.history[iteration - 1]:.1f}"
    ax.clear()
    plot(X, shown, post, title, ax=ax)
