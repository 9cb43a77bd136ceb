"""Does the whole assignment: sweeps K and seeds over the toy and the Netflix data and prints the answers by tab.

With the course's own files each answer stands beside the published one, and the exit status is 1 if any differs.
"""

import sys
import time
from argparse import ArgumentTypeError
from typing import NamedTuple

import numpy as np

import data
import em
import kmeans
import naive_em
from common import GaussianMixture, bic, init, plot, rmse
from console import InputError, Parser, check_outputs, run_program, write_figure, write_json
from data import course


class Run(NamedTuple):
    """One run from one seed."""

    seed: int
    mixture: GaussianMixture
    post: np.ndarray  # (n, K)
    value: float  # cost or log-likelihood
    history: list  # the same, iteration by iteration
    seconds: float


class Sheet:
    """The answer sheet: prints answers, beside the published ones where `published` says that they hold."""

    def __init__(self, published):
        self.published = published
        self.marks = []

    def answer(self, label, value, published=None, shown=".6f", quoted=".4f", tolerance=1e-4, note=""):
        """Print one answer. Of the published ones some are rounded, some cut: the last digit may differ by one."""
        line = f"  {label:<8}{value:>20{shown}}"
        if self.published and published is not None:
            self.marks.append(abs(value - published) < tolerance)
            line += f"   published {published:>18{quoted}}  {'ok' if self.marks[-1] else 'DIFFERS'}"
        say(line + note)

    def close(self):
        """Print what the comparison came to; return the exit status."""
        wrong = self.marks.count(False)
        if self.marks:
            say(f"\n{wrong} of {len(self.marks)} answers differ from the published ones." if wrong else
                f"\nAll {len(self.marks)} published answers obtained.")
        return 1 if wrong else 0


def say(line=""):
    print(line, flush=True)


def sweep(run, X, K, seeds):
    """Yield the Run of each seed from the course's starting point."""
    for seed in seeds:
        history, start = [], time.perf_counter()
        mixture, post, value = run(X, *init(X, K, seed), callback=history.append)
        yield Run(seed, mixture, post, value, history, time.perf_counter() - start)


def best(runs, sign=1):
    """Return the run of the largest value (sign 1) or the smallest (-1); of runs equal but for rounding the first."""
    return max(runs, key=lambda run: sign * float(f"{run.value:.12g}"))


def toy(X, ks, seeds, sheet, figures):
    """Answer tabs 2, 4 and 5; return the answers as the JSON file holds them."""
    say(f"\nToy data, {X.shape[0]} points, best of seeds {_listed(seeds)}")
    say("\nTab 2: K-means, cost (smaller is better)")
    hard, soft = {}, {}
    for K in ks:
        hard[K] = best(sweep(kmeans.run, X, K, seeds), -1)
        sheet.answer(f"K = {K}", hard[K].value, course.KMEANS_COST.get(K), note=f"   seed {hard[K].seed}")
    say("\nTab 3: EM, log-likelihood of the first E-step, seed 0")
    first = {K: naive_em.estep(X, init(X, K, 0)[0])[1] for K in ks}
    for K in ks:
        sheet.answer(f"K = {K}", first[K], course.FIRST_LOG_LIKELIHOOD.get(K))
    say("\nTab 4: EM, log-likelihood")
    for K in ks:
        soft[K] = best(sweep(naive_em.run, X, K, seeds))
        sheet.answer(f"K = {K}", soft[K].value, course.TOY_LOG_LIKELIHOOD.get(K), note=f"   seed {soft[K].seed}")
    say("\nTab 5: Bayesian information criterion (larger is better)")
    criterion = {K: bic(X, soft[K].mixture, soft[K].value) for K in ks}
    for K in ks:
        sheet.answer(f"K = {K}", criterion[K], course.TOY_BIC.get(K))
    best_k = max(ks, key=criterion.get)
    sheet.answer("best K", best_k, course.TOY_BEST_K if set(ks) == set(course.TOY_BIC) else None, "d", "d")
    if figures:
        for K in ks:
            save(draw_toy(X, K, hard[K], soft[K]), figures / f"toy_k{K}.png")
        save(draw_bic(criterion, best_k), figures / "toy_bic.png")
    return {"kmeans": {str(K): {"cost": hard[K].value, "seed": hard[K].seed} for K in ks},
            "em": {str(K): {"log_likelihood": soft[K].value, "seed": soft[K].seed, "bic": criterion[K],
                            "first_log_likelihood": first[K]} for K in ks},
            "best_k": best_k}


def netflix(X, complete, ks, seeds, sheet, figures):
    """Answer tab 8; return the answers, and those of the mean rating, as the JSON file holds them."""
    say(f"\nRatings, {X.shape[0]} users x {X.shape[1]} movies, {np.count_nonzero(X)} of them known")
    say("\nTab 8: EM with gaps\n     K   seed    log-likelihood   iterations   seconds")
    runs = {K: [] for K in ks}
    for K in ks:
        for run in sweep(em.run, X, K, seeds):
            runs[K].append(run)
            say(f"  {K:>4}{run.seed:>7}{run.value:>18.6f}{len(run.history):>13}{run.seconds:>10.2f}")
    say(f"\nBest of seeds {_listed(seeds)}, and the RMSE of its filling against the complete matrix")
    answers = {}
    for K in ks:
        top = best(runs[K])
        error = rmse(complete, em.fill_matrix(X, top.mixture))
        sheet.answer(f"K = {K}", top.value, course.NETFLIX_LOG_LIKELIHOOD.get(K), note=f"   seed {top.seed}")
        sheet.answer("  RMSE", error, course.NETFLIX_RMSE.get(K), ".16f", ".16f", tolerance=1e-12)
        answers[str(K)] = {"log_likelihood": top.value, "seed": top.seed, "rmse": error,
                           "runs": [{"seed": run.seed, "log_likelihood": run.value, "iterations": len(run.history),
                                     "seconds": run.seconds} for run in runs[K]]}
    mean = X.sum() / np.count_nonzero(X)
    error = rmse(complete, np.where(X == 0, mean, X))
    say(f"  For comparison, every gap filled with the mean rating, {mean:.3f}: RMSE {error:.4f}")
    say(f"  {what_rmse_measures(X, complete)}")
    if figures:
        save(draw_log_likelihood(runs), figures / "netflix_log_likelihood.png")
    return {"netflix": answers, "mean_rating": {"value": mean, "rmse": error}}


def what_rmse_measures(X, complete):
    """Return a sentence on what agreement with `complete` means, judged by what it holds where X has gaps."""
    gap = X == 0
    over = (f"The RMSE is over all {X.size} entries; the {X.size - np.count_nonzero(gap)} known ones are kept as they"
            " are and add 0.")
    if gap.any() and not data.is_truth(X, complete):
        return (f"{over}\n  The complete matrix holds one same value in all gaps of a user, so it measures agreement"
                " with that filling,\n  not how well ratings are predicted.")
    return f"{over}\n  It measures how far the filling is from the ratings that the complete matrix holds in the gaps."


def draw_toy(X, K, hard, soft):
    """Return a figure of K-means beside EM, components numbered from left to right in both."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.6), layout="constrained")
    for ax, run, title in zip(figure.subplots(1, 2), (hard, soft),
                              (f"K-means, K = {K}: cost {hard.value:.1f}", f"EM, K = {K}: log-likelihood {soft.value:.1f}")):
        order = np.argsort(run.mixture.mu[:, 0])
        mixture = GaussianMixture(*(part[order] for part in run.mixture))
        plot(X, mixture, run.post[:, order], title, ax=ax)
    return figure


def draw_bic(criterion, best_k):
    """Return a figure of BIC against K with the best one marked."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    ax = figure.subplots()
    ks = sorted(criterion)
    ax.plot(ks, [criterion[K] for K in ks], "o-", color="C0")
    ax.plot(best_k, criterion[best_k], "o", markersize=13, markerfacecolor="none", color="C1", markeredgewidth=2,
            label=f"best: K = {best_k}")
    ax.set(title="Toy data: BIC chooses the number of components", xlabel="K", ylabel="BIC (larger is better)", xticks=ks)
    ax.legend()
    return figure


def draw_log_likelihood(runs):
    """Return a figure of log-likelihood against iteration, a panel a K and a line a seed."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    columns = min(3, len(runs))
    rows = -(-len(runs) // columns)
    figure = Figure(figsize=(4.8 * columns, 4.2 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in axes[len(runs) :]:
        unused.remove()
    for ax, (K, of_k) in zip(axes, runs.items()):
        colours = colormaps["viridis"](np.linspace(0, 0.9, len(of_k)))
        for run, colour, marker in zip(of_k, colours, "os^vDP*X<>" * len(of_k)):
            ax.plot(range(1, len(run.history) + 1), np.divide(run.history, 1e6), marker=marker, markersize=4,
                    color=colour, label=f"seed {run.seed}")
        low, high = min(run.history[1] for run in of_k) / 1e6, max(run.value for run in of_k) / 1e6
        if high - low > 1e-6:  # the first iteration is so far below the rest that it would flatten all curves
            ax.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
        ax.set(title=f"K = {K}", xlabel="iteration", ylabel="log-likelihood (millions)")
        ax.xaxis.get_major_locator().set_params(integer=True)
        if len(of_k) <= 12:  # more would hide the curves
            ax.legend(fontsize="small")
    figure.suptitle("EM on ratings with gaps: log-likelihood, seed by seed")
    return figure


def save(figure, path):
    """Write a figure as PNG."""
    write_figure(path, figure, dpi=110, bbox_inches="tight")


def numbers(text):
    """Return the whole numbers in a word of the command line, '3' or '0,1,2'."""
    try:
        return [int(word) for word in text.split(",") if word.strip()]
    except ValueError:
        raise ArgumentTypeError(f"expected whole numbers by blanks or commas, got {text!r}") from None


def _listed(seeds):
    return ", ".join(map(str, seeds))


def arguments(argv):
    """Return the parsed command line, lists of numbers flat and without repetitions."""
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz itself")
    parser.add_argument("--only", choices=["toy", "netflix"], help="do one half only")
    lists = {"--seeds": course.SEEDS, "--toy-ks": (1, 2, 3, 4), "--netflix-ks": (1, 12)}
    for option, default in lists.items():
        parser.add_argument(option, nargs="*", type=numbers, metavar="N", default=[default],
                            help=f"whole numbers, by blanks or commas (default: {' '.join(map(str, default))})")
    parser.add_argument("--figures", metavar="DIR", default="figures", help="folder for the figures (default: figures)")
    parser.add_argument("--no-figures", action="store_true", help="draw nothing")
    parser.add_argument("--json", metavar="FILE", help="write the answers there, too")
    args = parser.parse_args(argv)
    for option in lists:
        name = option[2:].replace("-", "_")
        values = list(dict.fromkeys(sum((list(part) for part in getattr(args, name)), [])))
        if not values:
            raise InputError(f"{option}: expected at least one whole number, got none")
        setattr(args, name, values)
    if not all(0 <= seed < 2**32 for seed in args.seeds):
        raise InputError(f"--seeds: expected numbers from 0 to {2**32 - 1}, got {_listed(args.seeds)}")
    return args


def check_ks(option, ks, n, what):
    """Raise InputError unless every K is possible for n points."""
    for K in ks:
        if not 1 <= K <= n:
            raise InputError(f"{option}: expected K from 1 to {n}, the number of {what}, got {K}")


def main(argv=None):
    args = arguments(argv)
    halves = [args.only] if args.only else ["toy", "netflix"]
    source = data.find([name for half in halves for name in {"toy": data.TOY, "netflix": data.NETFLIX}[half]], args.data)
    # Everything that can be wrong with the input is found before the first answer.
    if "toy" in halves:
        X = data.toy(source)
        if X.shape[1] != 2:
            raise InputError(f"{data.TOY[0]}: expected points of 2 coordinates, got {X.shape[1]}")
        check_ks("--toy-ks", args.toy_ks, len(X), "points")
    if "netflix" in halves:
        ratings, complete = data.netflix(source)
        check_ks("--netflix-ks", args.netflix_ks, len(ratings), "users")
    pictures = ["toy_bic.png", "netflix_log_likelihood.png", *(f"toy_k{K}.png" for K in args.toy_ks)]
    figures = check_outputs(args.json, None if args.no_figures else args.figures, pictures, [source.place])

    say(f"Data: {source.description}")
    course_seeds = set(args.seeds) == set(course.SEEDS)
    if source.verified and not course_seeds:
        say(f"  The published answers are the best of seeds {_listed(course.SEEDS)}: not compared.")
    sheet = Sheet(source.verified and course_seeds)
    results = {"data": {"source": source.place, "verified": source.verified}, "seeds": args.seeds}
    if "toy" in halves:
        results["toy"] = toy(X, args.toy_ks, args.seeds, sheet, figures)
    if "netflix" in halves:
        results |= netflix(ratings, complete, args.netflix_ks, args.seeds, sheet, figures)
    if figures:
        say(f"\nFigures: {figures}")
    results["published"] = {"compared": len(sheet.marks), "obtained": sheet.marks.count(True)}
    if args.json is not None:
        write_json(args.json, results)
    return sheet.close()


if __name__ == "__main__":
    sys.exit(run_program(main))
