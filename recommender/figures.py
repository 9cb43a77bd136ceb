"""The comparison's pictures: the models side by side, and how far predictive intervals can be trusted."""

import numpy as np

from console import digits, new_figure, write_figure
from recommender.models import predictive

# Okabe and Ito's palette, told apart with any colour vision.
COLOURS = {"baseline": "#999999", "mixture": "#E69F00", "factors": "#0072B2", "network": "#009E73", "blend": "#000000"}
LINES = (("#0072B2", "-", "o"), ("#D55E00", "--", "s"))


def save(figure, path):
    """Write the figure as PNG and return the path."""
    write_figure(path, figure)
    return path


def bars(path, rows, families):
    """Draw the models' RMSE on hidden ratings, best first, beside the course's RMSE or the MAE; return the path.

    Args:
        rows: of the comparison's table, sorted.
        families: model name -> family, a key of COLOURS.
    """
    figure = new_figure(10, 1.4 + 0.34 * len(rows))
    names = [row["name"] for row in rows]
    panels = figure.subplots(1, 2, sharey=True)
    beside = ("course_rmse", "the course's RMSE") if "course_rmse" in rows[0] else ("mae", "mean absolute error")
    for axes, (key, title) in zip(panels, (("rmse", "RMSE on hidden ratings: smaller predicts better"), beside),
                                  strict=True):
        values = [row[key] for row in rows]
        form = digits(max(values))
        drawn = axes.barh(names, values, color=[COLOURS[families[name]] for name in names], height=0.72)
        best = int(np.argmin(values))
        for number, (bar, value) in enumerate(zip(drawn, values, strict=True)):
            axes.annotate(f"{value:{form}}", (value, bar.get_y() + bar.get_height() / 2), xytext=(4, 0), va="center",
                          textcoords="offset points", fontsize="small", weight="bold" if number == best else "normal")
        axes.set(title=title, xlim=(0, 1.2 * max(values) or 1), ylim=(len(rows) - 0.5, -0.5))
        axes.tick_params(left=False)
        axes.spines[["top", "right", "left"]].set_visible(False)
    shown = [family for family in COLOURS if family in {families[name] for name in names}]
    handles = [panels[0].barh([0], [0], color=COLOURS[family]) for family in shown]
    figure.legend(handles, shown, loc="outside lower center", ncols=len(shown), frameon=False)
    return save(figure, path)


def calibration(path, name, distributions, x):
    """Draw how often intervals cover, and the error against the standard deviation that was predicted; return the path.

    Args:
        name: of the model that they are of.
        distributions: label -> Predictive of the hidden ratings, two at most.
        x: (m,) the hidden ratings.
    """
    figure = new_figure(10, 5.4)
    figure.suptitle(f"{name} alone: the intervals of its own densities, not calibrated\n"
                    "(tempered: a rating counts for a part of an observation, because a user's ratings are correlated)")
    left, right = figure.subplots(1, 2)
    levels = np.linspace(0.05, 0.95, 19)
    for (label, distribution), (colour, style, marker) in zip(distributions.items(), LINES, strict=True):
        look = {"color": colour, "linestyle": style, "marker": marker, "markersize": 4}
        left.plot(levels, [predictive.coverage(distribution, x, level) for level in levels], label=label, **look)
        right.plot(*errors_by_sd(distribution, x), label=label, **look)
    left.plot([0, 1], [0, 1], color="#999999", linewidth=1, label="as it should be")
    left.set(title="Hidden ratings inside their interval", xlabel="nominal", ylabel="covered", aspect="equal",
             xlim=(0, 1), ylim=(0, 1))
    low, high = (f(min(right.get_xlim()[0], right.get_ylim()[0]), right.get_xlim()[1], right.get_ylim()[1])
                 for f in (min, max))
    right.plot([low, high], [low, high], color="#999999", linewidth=1)
    right.set(title="Is a wide interval right to be wide?", xlabel="predicted standard deviation",
              ylabel="RMSE of these ratings", aspect="equal", xlim=(low, high), ylim=(low, high))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    left.legend(frameon=False, loc="upper left")
    return save(figure, path)


def errors_by_sd(distribution, x, bins=10):
    """Return the root mean square of predicted standard deviations and of errors, in bins of equally many ratings."""
    mean, within, between = predictive.moments(distribution)
    sd = np.hypot(within, between)
    groups = [group for group in np.array_split(np.argsort(sd), bins) if len(group)]
    return np.transpose([[np.sqrt(np.mean(v[group] ** 2)) for v in (sd, x - mean)] for group in groups])
