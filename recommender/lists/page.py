"""The page of a comparison of lists."""

import pages
from pages import paragraph, tag
from recommender.choosing import describe
from recommender.lists.evaluate import COLUMNS
from recommender.page import SCRIPT, chance

HEADS = {"precis.": "precision", "hits": "hit rate", "cover": "coverage", "+-": "±", "s": "seconds"}


def comparison(result, title):
    """Return the page of a comparison's result, a dict as its JSON file holds it."""
    ratings, about = result["ratings"], result["lists"]
    rated = about["liked"] is not None
    rows = sorted(result["models"], key=lambda row: -row["ndcg"])
    columns = {key: column for key, column in COLUMNS.items() if key in rows[0]}
    head = ["model", "", *(HEADS.get(head, head) for head, _, _ in columns.values()), "hyper-parameters"]
    words = 0, 1, len(head) - 1
    bodies = [tag("tbody", pages.row(_cells(row, columns, rows[0]["ndcg"] or 1), words)) for row in rows]
    return pages.page(
        title,
        paragraph(f"""{ratings['users']:,} users, {ratings['items']:,} items, {ratings['train']:,}
            {'ratings' if rated else 'choices'} to learn from. Lists of {about['length']} items for
            {about['users']:,} users{f" in {about['folds']} folds" if about["folds"] > 1 else ""}."""),
        tag("p", tag("strong", rows[0]["name"]), f" has the largest NDCG, {rows[0]['ndcg']:.4f}.",
            chance(rows[0]["name"], result["best"])),
        pages.table("Models by NDCG. Click a heading to sort.", head, bodies, words, data_sorted=True),
        paragraph("""NDCG, recall, precision, MAP, MRR and hit rate are from 0 to 1; larger is better. ± is the standard
            error of the NDCG. Coverage is the share of all items that are in some list. Novelty is in bits: each bit
            more means that half as many users know the item. Seconds are of the processor."""),
        paragraph(""""Rated" is the share of the recommended items that have a held-out rating, and "rating" the mean of
            these ratings.""") if rated else "",
        scripts=[pages.source(SCRIPT)])


def _cells(row, columns, largest):
    return [tag("span", row["name"], class_="words"), pages.bar(row["ndcg"], largest),
            *("-" if row[key] is None else f"{row[key]:{form}}" for key, (_, _, form) in columns.items()),
            tag("span", describe(row["params"]), class_="words")]
