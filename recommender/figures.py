"""The comparison's pictures: the models side by side, and the coverage of predictive intervals."""

import numpy as np

from console import digits, new_figure, write_figure
from recommender.models import predictive

# Okabe and Ito's palette, for any colour vision.
COLOURS = {"baseline": "#999999", "mixture": "#E69F00", "factors": "#0072B2", "network": "#009E73", "blend": "#000000"}
LINES = (("#0072B2", "-", "o"), ("#D55E00", "--", "s"))


def bars(path, rows, families):
    """Draw the models' RMSE on held-out ratings, best first, beside the course's RMSE or the MAE; return the path.

    `rows` are of the comparison's table, sorted; `families` has the family of each name, a key of COLOURS.
    """
    figure = new_figure(10, 1.4 + 0.34 * len(rows))
    names = [row["name"] for row in rows]
    panels = figure.subplots(1, 2, sharey=True)
    beside = ("course_rmse", "the course's RMSE") if "course_rmse" in rows[0] else ("mae", "mean absolute error")
    for axes, (key, title) in zip(panels, (("rmse", "RMSE on held-out ratings: smaller is better"), beside),
                                  strict=True):
        values = [row[key] for row in rows]
        drawn = axes.barh(names, values, color=[COLOURS[families[name]] for name in names], height=0.72)
        labels = axes.bar_label(drawn, [f"{value:{digits(max(values))}}" for value in values], padding=4,
                                fontsize="small")
        labels[np.argmin(values)].set_weight("bold")
        axes.set(title=title, xlim=(0, 1.2 * max(values) or 1), ylim=(len(rows) - 0.5, -0.5))
        axes.tick_params(left=False)
        axes.spines[["top", "right", "left"]].set_visible(False)
    shown = [family for family in COLOURS if family in {families[name] for name in names}]
    handles = [panels[0].barh([0], [0], color=COLOURS[family]) for family in shown]
    figure.legend(handles, shown, loc="outside lower center", ncols=len(shown), frameon=False)
    write_figure(path, figure)
    return path


def calibration(path, name, distributions, x):
    """Draw the coverage of a model's intervals, and errors against predicted standard deviations; return the path.

    `distributions` has one or two labels, and the Predictive of the held-out ratings x (m,) for each.
    """
    figure = new_figure(10, 5.4)
    figure.suptitle(f"{name}: the intervals of its own densities, not calibrated\n"
                    "(tempered: a rating counts for a part of an observation, because a user's ratings are correlated)")
    left, right = figure.subplots(1, 2)
    levels = np.linspace(0.05, 0.95, 19)
    for (label, distribution), (colour, style, marker) in zip(distributions.items(), LINES, strict=True):
        look = {"color": colour, "linestyle": style, "marker": marker, "markersize": 4}
        left.plot(levels, [predictive.coverage(distribution, x, level) for level in levels], label=label, **look)
        right.plot(*errors_by_sd(distribution, x), label=label, **look)
    left.set(title="Held-out ratings inside their interval", xlabel="nominal", ylabel="covered", aspect="equal",
             xlim=(0, 1), ylim=(0, 1))
    both = [*right.get_xlim(), *right.get_ylim()]
    right.set(title="Are errors larger in wide intervals?", xlabel="predicted standard deviation",
              ylabel="RMSE of these ratings", aspect="equal", xlim=(min(both), max(both)), ylim=(min(both), max(both)))
    for axes in (left, right):
        axes.axline((0, 0), slope=1, color="#999999", linewidth=1, label="ideal")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    left.legend(frameon=False, loc="upper left")
    write_figure(path, figure)
    return path


def errors_by_sd(distribution, x, bins=10):
    """Return the root mean square of predicted standard deviations and of errors, in bins of equally many ratings."""
    mean, within, between = predictive.moments(distribution)
    sd = np.hypot(within, between)
    parts = [part for part in np.array_split(np.argsort(sd), bins) if len(part)]
    return np.transpose([[np.sqrt(np.mean(v[part] ** 2)) for v in (sd, x - mean)] for part in parts])
