"""The page of a comparison of models on ratings that were hidden from them."""

from console import digits
from pages.html import ROOM, Html, bar, page, paragraph, row, source, table, tag

COLUMNS = ("model", "RMSE", "", "MAE", "in 90 %", "fit, s", "choice, s", "MB", "hyper-parameters")
WORDS = (0, 2, 8)


def comparison(result, title="Which model predicts ratings"):
    """Return the page of a result as the comparison's JSON holds it.

    Args:
        result: {"ratings": {"users", "items", "train", "hidden", "scale"}, "models": [{"name", "params", "rmse", "mae",
            "coverage_90", "seconds", "choosing_seconds", "peak_mb"}]}, of folds "rmse_sd" and "folds", too; a model's
            figure may be absent or None, and so may all of what is said of the ratings.
        title: of the page.
    """
    models = sorted(result["models"], key=lambda model: (model.get("rmse") is None, model.get("rmse") or 0))
    best = next((model for model in models if model.get("rmse") is not None), None)
    known = [model["rmse"] for model in models if model.get("rmse") is not None]
    bodies = [tag("tbody", row(_cells(model, known), WORDS)) for model in models]
    said = tag("p", tag("strong", best["name"]), f" has the smallest RMSE, {_number(best['rmse'])}, on ratings that it"
               " has not seen.") if best else tag("p", "No model was scored.")
    return page(
        title, _ratings(result.get("ratings") or {}), _folds(models), said,
        table("Models, by RMSE; a heading's button sorts by that column", COLUMNS, bodies, WORDS, data_sorted=True),
        paragraph("""RMSE and MAE are in units of the ratings; smaller is better. "In 90 %": how many of the hidden
            ratings lie in their 90 % interval; an honest one holds nine of ten or more. Seconds are of the processor,
            MB at most. Hyper-parameters were chosen inside the training part. The bars begin at 0."""),
        scripts=[source(ROOM / "table.js")])


def _ratings(ratings):
    """Return what is known of the ratings in a sentence, thousands apart."""
    words = {"users": "users", "items": "items", "train": "ratings to learn from", "hidden": "hidden ones to predict"}
    parts = [f"{ratings[key]:,} {word}" for key, word in words.items() if isinstance(ratings.get(key), int)]
    scale = ratings.get("scale")
    if scale is not None:
        shown = "from {} to {}".format(*scale) if isinstance(scale, (list, tuple)) and len(scale) == 2 else scale
        parts.append(f"scale {shown}")
    return tag("p", ", ".join(parts) + ".") if parts else Html("")


def _folds(models):
    """Return of how many folds the figures are means, as a sentence; nothing where there are no folds."""
    folds = max((len(model.get("folds") or ()) for model in models), default=0)
    return paragraph(f"""The figures are means of {folds} folds, in each of which other ratings are hidden; behind the
        RMSE stands its standard deviation over the folds.""") if folds else Html("")


def _cells(model, known):
    params = model.get("params")
    if isinstance(params, dict):
        params = ", ".join(f"{name} {value}" for name, value in params.items())
    inside, spread = model.get("coverage_90"), model.get("rmse_sd")
    rmse = model.get("rmse")
    form = None if rmse is None else digits(rmse)
    error = _number(rmse) + ("" if spread is None else f" ± {_number(spread, form)}")
    return [tag("span", model["name"], class_="words"), error, _bar(rmse, known),
            _number(model.get("mae"), form), "" if inside is None else f"{100 * inside:.1f} %",
            _number(model.get("seconds"), ".1f"), _number(model.get("choosing_seconds"), ".1f"),
            _number(model.get("peak_mb"), ".0f"), tag("span", "" if params is None else params, class_="words")]


def _number(value, form=None):
    return "" if value is None else f"{value:{form or digits(value)}}"


def _bar(value, known):
    """Return a bar as long as the value is large, for the eye alone: the number stands beside it."""
    if value is None or max(known) <= 0:
        return ""
    return bar(value, max(known))
