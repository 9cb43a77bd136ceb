"""The pictures of docs/gapmix.md."""

import numpy as np
from scipy.stats import norm

import gapmix
from console import new_figure

CONDITIONAL, IMPUTATION = "gapmix_conditional.png", "gapmix_imputation.png"
AT = 1.5  # the known first entry of the row in the picture


def cloud(seed=0):
    """Return points (n, 2) of three components, a third of the entries missing."""
    random = np.random.default_rng(seed)
    X = np.vstack([random.multivariate_normal(mu, cov, size) for mu, cov, size in (
        ([0, 0], [[1.5, -0.9], [-0.9, 0.8]], 200), ([2.2, 4], [[0.6, 0.5], [0.5, 0.7]], 150),
        ([5, 0.5], [[0.5, 0.4], [0.4, 0.9]], 100))])
    X[random.random(X.shape) < 1 / 3] = np.nan
    return X


def draw_conditional():
    """Return a figure of a cloud with gaps, its mixture, and the distribution of one missing entry."""
    X = cloud()
    mixture = gapmix.fit(X, 3, random_state=0).mixture
    figure = new_figure(9, 4.2)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
    _draw_cloud(left, X, mixture)
    _draw_density(right, X, gapmix.conditional(np.array([AT, np.nan]), mixture))
    return figure


def _draw_cloud(left, X, mixture):
    for_second, for_first = np.isnan(X[:, 1]), np.isnan(X[:, 0])
    left.plot(*X.T, ".", color="0.35", markersize=4, label="rows with both entries")
    low, high = np.nanmin(X, axis=0) - 0.6
    left.plot(X[for_second, 0], np.full(for_second.sum(), high), "|", color="C0", label="second entry missing")
    left.plot(np.full(for_first.sum(), low), X[for_first, 1], "_", color="C2", label="first entry missing")
    circle = np.array([np.cos(t := np.linspace(0, 2 * np.pi, 100)), np.sin(t)])
    for mu, cov in zip(mixture.mu, mixture.cov, strict=True):
        left.plot(*(mu[:, None] + 2 * np.linalg.cholesky(cov) @ circle), color="C1", linewidth=1.5)
    left.axvline(AT, color="C3", linestyle="--", linewidth=1)
    left.set(title="EM on the observed entries: 2-sigma ellipses", xlabel="first entry", ylabel="second entry",
             xlim=(low - 0.4, 9))
    left.legend(loc="upper right", fontsize=8)


def _draw_density(right, X, given):
    y = np.linspace(np.nanmin(X[:, 1]) - 1, np.nanmax(X[:, 1]) + 1, 400)
    density = norm.pdf(y[:, None], given.means[:, 0], np.sqrt(given.covariances[:, 0, 0])) @ given.weights
    right.plot(density, y, color="C3")
    inside = np.logical_and(*(np.array([1, -1])[:, None] * (y - np.array(given.interval(1))[:, None]) > 0))
    right.fill_betweenx(y, 0, density, where=inside, color="C3", alpha=0.25, label="90 % interval")
    right.axhline(given.mean[0], color="0.35", linestyle=":", label="expectation")
    right.set(title=f"second entry, given first = {AT}", xlabel="density", xlim=(0, None))
    right.legend(fontsize=8)


def draw_imputation(rows, methods):
    """Return a figure of the methods' RMSE with standard deviations, from the rows of benchmarks.imputation."""
    names, mechanisms, shares = ([*dict.fromkeys(row[key] for row in rows)] for key in ("table", "mechanism", "share"))
    figure = new_figure(10, 5)
    axes = figure.subplots(len(mechanisms), len(names), sharex=True, squeeze=False)
    for ax, (mechanism, name) in zip(axes.flat, [(m, name) for m in mechanisms for name in names], strict=True):
        for k, method in enumerate(methods):
            values = [[row[method][0] for row in rows if (row["table"], row["mechanism"], row["share"])
                       == (name, mechanism, share)] for share in shares]
            ax.errorbar(np.multiply(shares, 100) + k - 1.5, [np.mean(each) for each in values],
                        [np.std(each) for each in values], fmt="o-", markersize=3 + 2 * (k == 0), capsize=2,
                        linewidth=1 + (k == 0), label=method)
        ax.set_xticks(np.multiply(shares, 100))
        ax.set_title(name if mechanism == mechanisms[0] else "")
        ax.set_ylim(0, None)
        if name == names[0]:
            ax.set_ylabel(f"RMSE, {mechanism}")
    figure.supxlabel("% hidden", fontsize=10)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(methods))
    return figure
