"""The page of main.py: the runs as a film, as curves and as tables."""

from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pages
from answers import story
from answers.netflix import what_rmse_measures
from answers.story import SEEDS_DRAWN
from pages import paragraph, tag

ROOM = Path(__file__).parent
SCRIPTS = Path(pages.__file__).with_name("chart.js"), ROOM / "em.js", ROOM / "film.js", ROOM / "page.js"


def page(description, sheet, answers, toy=None, netflix=None):
    """Return the page.

    Args:
        description: of the data.
        sheet: Sheet that has printed the answers.
        answers: as the JSON file holds them.
        toy, netflix: toy.Toy and netflix.Netflix, or None.
    """
    if toy:
        toy = story.toy_story(toy)
    if netflix:
        netflix = story.netflix_story(netflix, what_rmse_measures(netflix.X, netflix.complete))
    sections = {}
    if toy:
        sections |= {"start": ("Start here: why several seeds", _start(toy["start"])),
                     "film": ("The film: K-means beside EM", _film(toy)),
                     "bic": ("How many components?", _bic(toy))}
    if netflix:
        sections |= {"curves": ("The ratings, seed by seed", _curves(answers["netflix"], netflix["shape"])),
                     "types": ("Types of users", _types(netflix["types"])),
                     "rmse": ("What the RMSE measures", _rmse(answers, netflix["meaning"]))}
    sections["answers"] = "The answers", [_sheet(sheet.rows)]
    return pages.page(
        "Watch it learn", *map(paragraph, f"Data: {description}".splitlines()), paragraph(sheet.conclusion()),
        pages.link_list("sections", {name: title for name, (title, _) in sections.items()}),
        *(pages.section(name, title, *parts) for name, (title, parts) in sections.items()), _footer(toy, netflix),
        scripts=map(pages.source, SCRIPTS),
        data={"toy": toy, "netflix": {"curves": netflix["curves"]} if netflix else None})


def _place(name):
    """Return the place for a part of the page that the script makes."""
    return tag("div", tag("noscript", paragraph("This part needs the page's own script.")), id=f"{name}-place")


def _start(start):
    if not start:
        return [paragraph("""Here all seeds of each K end alike. That is luck, or an easy case: EM climbs to the nearest
            optimum, which depends on the start. Try more seeds or more components.""")]
    name = {"em": "EM", "kmeans": "K-means"}[start["method"]]
    axes = "Both curves have the same axes, chosen for the ends; the first iterations may lie outside."
    return [paragraph(f"""Both runs are {name} with K = {start['K']} on the same points. They differ only in the seed,
        which draws the first means. Seed {start['good']} ends well. Seed {start['poor']} ends in a poor optimum: an
        iteration never makes the value worse, so no further iteration leads out. Therefore you start from several
        seeds and keep the best result. {axes if start['filmed'] else ''}"""),
            _place("start") if start["filmed"] else ""]


def _film(toy):
    some = f"The film shows every {toy['every']}th point." if toy["every"] > 1 else ""
    without = (f"""There was no room for {toy['left_out']} more starts. To see them, ask for fewer seeds or fewer K at a
        time.""" if toy["left_out"] else "")
    return [paragraph(f"""An iteration has two halves. The E-step assigns the points to the components: K-means gives
        each point to the nearest mean, EM divides it (soft counts). The points' colours show this. The M-step moves the
        components to their points. A circle's radius is one standard deviation. Points with a rim have just changed
        their likeliest component. {some} {without}"""),
            _place("film") if toy["films"] else ""]


def _bic(toy):
    buttons = {K: tag("button", f"film of K = {K}", type="button", data_k=K, data_script=True, hidden=True)
               for K in {film["K"] for film in toy["films"]}}
    rows = [[f"K = {K}{' (best)' if toy['best_k'] == K else ''}", f"{value:.6f}", toy["best"][K], buttons.get(K, "")]
            for K, value in sorted(toy["bic"].items())]
    return [paragraph("""More components always fit better. The Bayesian information criterion subtracts (free
        parameters / 2) ln n. The K of the largest value is best. A click on a K shows its film."""),
            tag("div", _place("bic"), class_="narrow"),
            pages.table("BIC of the best seed of EM (larger is better)", ["", "BIC", "seed", ""], rows, words=(0, 3))]


def _curves(answers, shape):
    rows = [[f"K = {K}", run["seed"], f"{run['log_likelihood']:.6f}", run["iterations"], f"{run['seconds']:.2f}",
             "best" if run["seed"] == found["seed"] else ""] for K, found in answers.items() for run in found["runs"]]
    fewer = any(len(found["runs"]) > SEEDS_DRAWN for found in answers.values())
    return [paragraph(f"""EM with gaps on {shape[0]} users x {shape[1]} movies. Each curve is a seed. The first
        iteration lies far below the picture. {f'The first {SEEDS_DRAWN} seeds are drawn.' if fewer else ''}"""),
            _place("curves"),
            pages.table("Where each seed ends", ["", "seed", "log-likelihood", "iterations", "seconds", ""], rows,
                        words=(0, 5))]


def _types(found):
    def listed(movies):
        said = "; ".join(f"{movie} ({more:+.2f})" for movie, more in movies)
        return said.replace("-", "\u2212") or "too few users to say"

    rows = [[number, f"{100 * one['share']:.1f} %", one["users"], "" if one["sure"] is None else f"{one['sure']:.4f}",
             f"{one['sd']:.2f}", tag("span", listed(one["most"]), class_="words"),
             tag("span", listed(one["least"]), class_="words")] for number, one in enumerate(found["types"], 1)]
    more = "" if len(found["types"]) == found["K"] else f"The {len(found['types'])} largest are shown."
    return [paragraph(f"""The types of users that EM with K = {found['K']} (seed {found['seed']}) has found. Each type
        is a mean rating for every movie. The data have no titles; movies are numbered from 1. In brackets: the type's
        mean rating less the movie's mean. {more}"""),
            paragraph(f"""How sure the assignment is: a user's likeliest type has the soft count {found['sure']:.4f} on
        average, and more than 0.99 for {100 * found['almost']:.1f} % of the users. More ratings of a user make it
        surer."""),
            pages.table("Types of users, the largest first; likes are relative to the movie's mean",
                        ["type", "weight", "users", "how sure", "sd of a rating", "likes most", "likes least"], rows,
                        words=(5, 6))]


def _rmse(answers, meaning):
    rows = [[f"EM, K = {K}", f"{found['rmse']:.16f}"] for K, found in answers["netflix"].items()]
    mean = answers["mean_rating"]
    rows.append([f"every gap filled with the mean rating, {mean['value']:.3f}", f"{mean['rmse']:.16f}"])
    caption = "RMSE of the filling against the complete matrix"
    return [paragraph(meaning), pages.table(caption, ["filling", "RMSE"], rows)]


def _sheet(rows):
    marks = {True: tag("span", "ok", class_="good"), False: tag("span", "DIFFERS", class_="bad"), None: ""}
    compared = any(row["mark"] is not None for row in rows)
    head, words = ["", "answer", "", *(["published", ""] if compared else [])], (0, 2, 4)
    bodies = []
    for title, of_tab in groupby(rows, key=itemgetter("tab")):
        cells = [[row["label"], row["value"], row["note"].strip(),
                  *([row["published"] or "", marks[row["mark"]]] if compared else [])] for row in of_tab]
        heading = tag("tr", tag("th", title, colspan=len(head), scope="rowgroup"))
        bodies.append(tag("tbody", heading, *(pages.row(one, words) for one in cells)))
    caption = "The answers" + (", beside the published ones" if compared else "")
    return pages.table(caption, head, bodies, words)


def _footer(toy, netflix):
    held = [part for part, there in (("the toy data's points and the mixture of every iteration", toy),
                                     ("results on the ratings, but no rating itself", netflix)) if there]
    return tag("footer", paragraph(f"""This page holds {' and '.join(held)}. It is one file and needs no network. You
        may not pass on the course's files, nor a page with their points."""))
