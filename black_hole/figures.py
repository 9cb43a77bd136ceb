"""The figures of the comparison: one of each picture, one of all of them, one of the components that EM found."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from .observation import FIELD

COLOURS = "inferno"  # brightness grows evenly along it, for colour-blind readers too


def draw_comparison(name, truth, coverage, pictures, captions, ring=None):
    """Return the Figure of the truth (n, n), the u-v coverage and up to four pictures {method: (n, n)} in its colours.

    captions {method: line} stand under the pictures, which are in Jy per pixel; ring, a Ring, is drawn over the last.
    """
    figure = Figure(figsize=(12.6, 8.8))
    axes = figure.subplots(2, 3, gridspec_kw={"left": 0.02, "right": 0.9, "bottom": 0.06, "top": 0.95, "wspace": 0.14})
    _draw_coverage(axes[0, 1], coverage)
    places = [axis for k, axis in enumerate(axes.flat) if k != 1]
    for axis, (title, picture) in zip(places, {"truth": truth, **pictures}.items(), strict=False):
        shown, stretch = _draw_stretched(axis, picture, truth.max())
        axis.set_title(f"{title} (brightness x {stretch:.1f})" if stretch > 1 else title, fontsize=14)
        axis.set_xlabel(captions.get(title, f"{name}; north is up, east is left"), fontsize=11)
    draw_scale(places[0], FIELD, length=40, low=-0.42)
    if ring:
        draw_ring(places[len(pictures)], ring, ls="--", lw=1.4)
        note = f"{ring.diameter:.1f} µas"
        places[len(pictures)].text(ring.east, ring.north, note, color="white", ha="center", va="center", fontsize=11)
    bar = figure.add_axes((0.92, 0.15, 0.018, 0.7))
    figure.colorbar(shown, cax=bar, label="mJy per pixel", extend="both")
    return figure


def draw_overview(rows):
    """Return the Figure of many comparisons: rows is a list of (name, truth, {method: picture}), a column for each.

    Colours run from 0 to the brightest pixel of the truth. Pictures too faint for them are drawn brighter; the factor
    is written in them.
    """
    methods = ["truth", *rows[0][2]]
    figure = Figure(figsize=(1.5 * len(rows) + 0.4, 1.55 * len(methods) + 0.3), layout="constrained")
    axes = figure.subplots(len(methods), len(rows), squeeze=False)
    for column, (name, truth, pictures) in zip(axes.T, rows, strict=True):
        for axis, picture in zip(column, [truth, *pictures.values()], strict=True):
            _, stretch = _draw_stretched(axis, picture, truth.max())
            if stretch > 1:
                axis.text(0.95, 0.05, f"x {stretch:.1f}", color="white", ha="right", fontsize=10,
                          transform=axis.transAxes)
        column[0].set_title(name, fontsize=12)
    for axis, method in zip(axes[:, 0], methods, strict=True):
        axis.set_ylabel(method, fontsize=12)
    draw_scale(axes[0, 0], FIELD, length=40, low=-0.42, fontsize=9)
    return figure


def draw_components(mixture, heaviest=8, vectors=5):
    """Return the Figure of the heaviest components: weight, mean patch, and leading eigenvectors of the covariance."""
    order = np.argsort(-mixture.p)[:heaviest]
    figure = Figure(figsize=(1.3 * len(order) + 1.2, 1.42 * (vectors + 1)), layout="constrained")
    axes = figure.subplots(vectors + 1, len(order), squeeze=False)
    b = round(np.sqrt(mixture.mu.shape[1]))
    for column, c in zip(axes.T, order, strict=True):
        values, directions = np.linalg.eigh(mixture.cov[c])
        column[0].imshow(mixture.mu[c].reshape(b, b), cmap=COLOURS, vmin=0, vmax=1)
        column[0].set_title(f"{mixture.p[c]:.1%}", fontsize=12)
        for axis, value, direction in zip(column[1:], values[::-1], directions.T[::-1], strict=False):
            limit = np.abs(direction).max()
            axis.imshow(direction.reshape(b, b), cmap="PuOr", vmin=-limit, vmax=limit)
            axis.set_xlabel(f"{np.sqrt(value):.2g}", fontsize=10, labelpad=2)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    for axis, words in zip(axes[:, 0], ["mean", *(f"direction {k + 1}" for k in range(vectors))], strict=True):
        axis.set_ylabel(words, fontsize=11)
    figure.suptitle("Heaviest components: share of patches, mean, leading directions with their standard deviations",
                    fontsize=12)
    return figure


def draw_scale(axis, field, length, low, fontsize=11):
    """Draw a bar of so many microarcseconds in the lower right corner, at `low` x field."""
    right, low = -0.44 * field, low * field
    axis.plot([right + length, right], [low, low], color="white", lw=3, solid_capstyle="butt")
    axis.text(right, low + 0.03 * field, f"{length} µas", color="white", ha="right", fontsize=fontsize)


def draw_sky(axis, picture, brightest, field, **options):
    """Draw a picture (n, n) of the sky in colours up to `brightest`; return the image."""
    half = field / 2
    axis.set(xticks=[], yticks=[])
    return axis.imshow(picture, cmap=COLOURS, vmin=0, vmax=brightest, extent=(half, -half, -half, half), **options)


def draw_ring(axis, ring, **line):
    """Draw the brightest circle of a Ring."""
    axis.add_patch(Circle((ring.east, ring.north), ring.diameter / 2, fill=False, color="#56b4e9", **line))


def _draw_stretched(axis, picture, brightest):
    """Draw a picture in mJy, brighter if nothing of it would be seen; return the image and the factor."""
    stretch = brightest / picture.max() if picture.max() < 0.25 * brightest else 1.0
    return draw_sky(axis, 1e3 * stretch * picture, 1e3 * brightest, FIELD), stretch


def _draw_coverage(axis, coverage):
    u, v = coverage.u / 1e9, coverage.v / 1e9
    axis.plot(np.concatenate([u, -u]), np.concatenate([v, -v]), ".", ms=3, color="#0072b2")
    limit = 1.1 * max(np.abs(u).max(), np.abs(v).max()) or 1.0  # stations at one spot
    axis.set(xlim=(limit, -limit), ylim=(-limit, limit), aspect="equal")
    axis.set_title("u-v coverage", fontsize=14)
    axis.set_xlabel(f"u, in 10⁹ wavelengths ({len(u)} visibilities)", fontsize=11)
    axis.set_ylabel("v", fontsize=11, labelpad=0, rotation=0)  # on its side it would read as <
    axis.grid(alpha=0.3)
