"""The page of a comparison of models."""

from pathlib import Path

import pages
from console import digits
from pages import paragraph, tag
from recommender.choosing import describe

SCRIPT = Path(pages.__file__).with_name("table.js")
COLUMNS = ("model", "RMSE", "", "MAE", "in 90 %", "fit, s", "choice, s", "MB", "hyper-parameters")
WORDS = 0, 2, 8  # columns


def comparison(result, title):
    """Return the page of a comparison's result, a dict as its JSON file holds it."""
    ratings, rows = result["ratings"], sorted(result["models"], key=lambda row: row["rmse"])
    best, largest, folds = rows[0], rows[-1]["rmse"], len(rows[0].get("folds", ()))
    bodies = [tag("tbody", pages.row(_cells(row, largest), WORDS)) for row in rows]
    low, high = ratings["scale"]
    return pages.page(
        title,
        paragraph(f"""{ratings['users']:,} users, {ratings['items']:,} items, {ratings['train']:,} ratings to learn
            from, {ratings['hidden']:,} held-out ratings to predict, scale from {low} to {high}."""),
        paragraph(f"""The figures are means of {folds} folds, each with other held-out ratings. The number behind the
            RMSE is its standard deviation over the folds.""" if folds else ""),
        tag("p", tag("strong", best["name"]), " has the smallest RMSE on the held-out ratings,"
            f" {best['rmse']:{digits(best['rmse'])}}.", chance(best["name"], result["best"])),
        pages.table("Models by RMSE. Click a heading to sort.", COLUMNS, bodies, WORDS, data_sorted=True),
        paragraph("""RMSE and MAE are in units of the ratings; smaller is better. "In 90 %" is the share of the held-out
            ratings that lie in their 90 % interval; honest intervals hold 90 % or more. Seconds are of the processor,
            MB is the peak memory. Hyper-parameters were chosen on a validation split of the training ratings. The bars
            begin at 0."""),
        scripts=[pages.source(SCRIPT)])


def chance(first, named):
    """Return a sentence about the model that the comparison names, if another one is first in the table."""
    return "" if first == named else f" It may have won by chance: use {named}, which it does not clearly beat."


def _cells(row, largest):
    form = digits(row["rmse"])
    sd = f" ± {row['rmse_sd']:{form}}" if "rmse_sd" in row else ""
    return [tag("span", row["name"], class_="words"), f"{row['rmse']:{form}}{sd}",
            pages.bar(row["rmse"], largest or 1), f"{row['mae']:{form}}", f"{100 * row['coverage_90']:.1f} %",
            f"{row['seconds']:.1f}", f"{row['choosing_seconds']:.1f}", f"{row['peak_mb']:.0f}",
            tag("span", describe(row["params"]), class_="words")]
