"""The figures of M87 and of invented sources: days side by side, closure phases over time, truths and results."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from .blind import FIELD
from .closures import closure_phases, closure_sigma, triangles
from .eht import STATIONS
from .figures import draw_ring, draw_scale, draw_sky

BEAM = 20.0  # microarcseconds, full width at half maximum: the longest baseline's fringe is 25
LINES = ({"color": "#0072b2", "lw": 4, "alpha": 0.5}, {"color": "#d55e00", "ls": "--"})
TAUGHT = {"both": "taught by simulated sources\nand one photograph", "natural": "taught by one photograph"}


def in_words(date):
    """Return a date as 5 April 2017."""
    return f"{date.day} {date:%B %Y}"


def draw_days(panels):
    """Return the Figure of {prior: {date: (picture (n, n), Ring or None)}}: a row for a prior, a column for a day.

    All pictures of a row have the same scale of colours. The ring that fits is dashed.
    """
    days = sorted({day for row in panels.values() for day in row})
    figure = Figure(figsize=(3 * len(days) + 0.6, 3.15 * len(panels) + 0.35), layout="constrained")
    axes = figure.subplots(len(panels), len(days), squeeze=False)
    for line, (prior, row) in zip(axes, panels.items(), strict=True):
        _draw_row(line, days, row)
        line[0].set_ylabel(TAUGHT.get(prior, f"taught by {prior}"), fontsize=11)
    _draw_scale(axes[0, 0])
    return figure


def draw_story(photograph, days):
    """Return the Figure of the photograph (rows, columns) that taught the prior, and {date: (picture (n, n), Ring)}."""
    figure = Figure(figsize=(2.6 * (len(days) + 1), 2.95), layout="constrained")
    first, *others = figure.subplots(1, len(days) + 1)
    first.imshow(photograph, cmap="gray", aspect="equal")
    first.set(xticks=[], yticks=[])
    first.set_title("EM learned patches here", fontsize=12)
    _draw_row(others, days, days)
    _draw_scale(others[0])
    return figure


def draw_invented(drawn):
    """Return the Figure of {name: (truth (m, m), picture (n, n), Ring or None)}: truths above, results below."""
    figure = Figure(figsize=(1.9 * len(drawn), 4.2), layout="constrained")
    axes = figure.subplots(2, len(drawn), squeeze=False)
    for (above, below), (name, (truth, picture, ring)) in zip(axes.T, drawn.items(), strict=True):
        draw_sky(above, truth, truth.max(), FIELD)
        above.set_title(name, fontsize=12)
        _draw_picture(below, picture, ring, picture.max())
    axes[0, 0].set_ylabel("truth", fontsize=12)
    axes[1, 0].set_ylabel("found", fontsize=12)
    _draw_scale(axes[0, 0])
    return figure


def draw_closures(net, time, models, day, shown=6):
    """Return the Figure of closure phases over time (M,), hours, with what pictures predict: {prior: model (M,)}.

    A symmetric source has closure phases of 0. The triangles that differ most from it are shown.
    """
    these = triangles(net)
    phases, sigma = closure_phases(these, net.value), closure_sigma(these, net)
    names, member = np.unique(these.stations, axis=0, return_inverse=True)
    member = member.ravel()
    telling = np.bincount(member, np.minimum(np.abs(phases) / sigma, 30)) * (np.bincount(member) >= 3)
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    axes = figure.subplots(2, shown // 2, sharex=True, squeeze=False).ravel()
    for axis, chosen in zip(axes, np.argsort(-telling)[:shown], strict=False):
        own = np.flatnonzero(member == chosen)
        when = time[these.rows[own, 0]]
        measured = np.degrees(np.unwrap(phases[own]))  # phases on two sides of 180 degrees are neighbours
        axis.errorbar(when, measured, np.degrees(sigma[own]), fmt="o", ms=4, color="black",
                      label="measured")
        for style, (prior, model) in zip(LINES, models.items(), strict=False):
            predicted = np.degrees(closure_phases(these, model))[own]
            near = predicted + 360 * np.round((measured - predicted) / 360)
            axis.plot(when, near, **style, label=f"picture, prior {prior}")
        axis.axhline(0, color="grey", lw=0.7)
        axis.set_title("-".join(STATIONS[station] for station in names[chosen]), fontsize=11)
    for axis in axes[shown // 2 :]:
        axis.set_xlabel("hours, UTC")
    for axis in axes[:: shown // 2]:
        axis.set_ylabel("closure phase, degrees")
    axes[0].legend(fontsize=8)
    figure.suptitle(f"Closure phases of {in_words(day)}, which no station's gain can change", fontsize=12)
    return figure


def _draw_row(axes, days, row):
    """Draw {date: (picture (n, n), Ring or None)} in one scale of colours; a day without a picture stays empty."""
    brightest = max(picture.max() for picture, _ in row.values())
    for axis, day in zip(axes, days, strict=True):
        if day in row:
            _draw_picture(axis, *row[day], brightest)
            axis.set_title(in_words(day), fontsize=12)
        else:
            axis.axis("off")


def _draw_picture(axis, picture, ring, brightest):
    """Draw a picture (n, n) in colours up to `brightest`, and the ring that fits it, if any."""
    draw_sky(axis, picture, brightest, FIELD, interpolation="bicubic")
    if ring:
        draw_ring(axis, ring, ls=(0, (4, 4)), lw=1)
    words = f"{ring.diameter:.1f} µas" if ring else "no ring"
    axis.text(0.47 * FIELD, 0.43 * FIELD, words, color="white", fontsize=11, va="center")


def _draw_scale(axis):
    """Draw how long 50 microarcseconds are, and the beam."""
    draw_scale(axis, FIELD, length=50, low=-0.43)
    axis.add_patch(Circle((0.39 * FIELD, -0.39 * FIELD), BEAM / 2, color="white", alpha=0.5, lw=0))
