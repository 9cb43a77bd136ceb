"""What the page to recommend from holds: titles, and an als model's factors of the items in half precision."""

import base64
import hashlib
from pathlib import Path

import numpy as np

import pages
from console import InputError, noun
from pages import paragraph, tag
from recommender.models.factorization import Factors
from recommender.models.fitted import learner, of_ratings
from recommender.models.units import MEAN
from recommender.reasons import LEAST
from recommender.titles import Names

ROOM = Path(__file__).parent
SCRIPTS = "numbers.js", "search.js", "people.js", "map.js", "view.js"
MOST = 10_000  # items
LARGEST = 2_000_000  # bytes of a page
FEWEST = 10  # ratings of an item: the factors of an item that one person rated would tell this rating
HALF = 65_504  # the largest number in half precision


def chosen(table, titles=None, fewest=FEWEST):
    """Return the Names of a table's items, and the numbers (m,) of those for the page, the most rated first.

    Args:
        table: ratings.Table.
        titles: dict of item ID to title, or None.
        fewest: number of ratings that an item must have.

    Raises:
        InputError: there is no such item, or no item has a title although there are titles.
    """
    names, counts = Names(table, titles), np.bincount(table.X.indices, minlength=len(table.items))
    if titles and not names.known:
        raise InputError("none of the titles belongs to an item of the model; expected titles by the items' IDs")
    order = np.argsort(-counts, kind="stable")[:MOST]
    kept = order[counts[order] >= max(fewest, 1)]
    if not len(kept):
        raise InputError(f"no item has {fewest} ratings, which the page needs so that it tells nobody's rating; for"
                         " yourself, `page MODEL --fewest 1` takes all items")
    return names, kept


def made(model, names, kept, fewest, asked):
    """Return the page of an als model, an api.Model, as text, and lines for the user.

    `names` and `kept` are from `chosen`; `asked` is the model that the user has, in whose place als was fitted.
    """
    content = _page(model, names, kept, fewest, asked)
    while len(content) > LARGEST:
        kept = kept[: int(0.98 * len(kept) * LARGEST / len(content))]
        content = _page(model, names, kept, fewest, asked)
    return content, _about(model.table, kept, fewest, asked)


def _page(model, names, kept, fewest, asked):
    about = _about(model.table, kept, fewest, asked)
    return pages.page(
        "What you may like",
        paragraph("Rate what you know, and the list answers. Your ratings stay in this browser."),
        tag("noscript", paragraph("This page needs its own script, which is in the file.")),
        tag("div", id="taste", data_script=True, hidden=True),
        tag("footer", *map(paragraph, about)),
        scripts=[pages.source(ROOM / name) for name in SCRIPTS], styles=[pages.source(ROOM / "taste.css")],
        data=_data(model, names, kept))


def _about(table, kept, fewest, asked):
    """Return sentences about what is in the page and what is not."""
    (n, d), counts = table.X.shape, np.bincount(table.X.indices, minlength=len(table.items))
    few = int((counts < fewest).sum())
    left = d - len(kept) - few
    lines = [f"The page recommends by als, from {table.X.nnz:,} ratings by {n:,} users, and has"
             f" {len(kept):,} of {d:,} items."]
    if asked != "als":
        lines.append(f"Your model is {asked}. The page uses als, fitted to the same ratings, because a browser can"
                     " compute it.")
    if few:
        lines.append(f"{few:,} {noun(few, 'item')} with fewer than {fewest} ratings"
                     f" {'is' if few == 1 else 'are'} left out, because the page could give somebody's rating"
                     " away. `recommender page MODEL --fewest 1` takes all items.")
    if left:
        lines.append(f"{left:,} more {'is' if left == 1 else 'are'} left out to keep the page small; it has the most"
                     " rated ones.")
    return lines


def _data(model, names, kept):
    """Return what the scripts find as DATA."""
    fitted, intervals, table = of_ratings(model.predictor.fitted), model.predictor.intervals, model.table
    factors: Factors = learner(fitted)
    Q = factors.Q[kept]
    if not np.abs(Q).max() <= HALF:
        raise InputError("the model's factors are too large for the page's half precision; fit it anew with `fit`")
    ids, titles = [names.ids[i] for i in kept], [names.shown[i] for i in kept]
    axes, share = _axes(Q[:, :-1])
    return {
        "ids": ids, "titles": titles, "counts": model.predictor.n_i[kept].tolist(),
        "key": hashlib.sha256("\n".join([*map(str, table.scale), *ids, *titles]).encode(errors="replace")).hexdigest(),
        "factors": base64.b64encode(Q.astype("<f2").tobytes()).decode(), "columns": Q.shape[1],
        "mean": factors.mean, "regularization": factors.regularization, "per_rating": bool(factors.per_rating),
        "unit": {**fitted.unit._asdict(), "size": fitted.unit.size, "middle": MEAN},
        "scale": table.scale._asdict(),
        "intervals": {"level": intervals.level, "q": intervals.q if np.isfinite(intervals.q) else None,
                      "coefficients": intervals.coefficients.tolist(), "share": intervals.share,
                      "least": intervals.least, "narrowest": intervals.narrowest, "slack": intervals.slack},
        "reason": LEAST, "axes": axes.tolist(), "axes_share": share}


def _axes(V):
    """Return the two directions (2, k) in which standardized factors (m, k) differ most, and their share of variance.

    The map has an item at axes @ v. A direction's sign is arbitrary; the most rated item lies up and to the right.
    """
    centred, sd = V - V.mean(axis=0), np.maximum(V.std(axis=0), 1e-12)
    variance, directions = np.linalg.eigh(centred.T @ centred / np.outer(sd, sd))
    axes = np.zeros((2, V.shape[1]))
    axes[: len(variance)] = (directions[:, ::-1] / sd[:, None]).T[:2]
    axes *= np.where(axes @ centred[0] < 0, -1, 1)[:, None]
    return axes, float(variance[-2:].sum() / max(variance.sum(), 1e-12))
