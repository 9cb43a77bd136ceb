"""How suggest shows what a model of choices recommends."""

from console import escaped, noun
from recommender.tables import column

MEANING = "The score only orders the items: it is no rating and no probability."
SAME = "The score is the number of users who chose the item. This model has the same order for everybody."


def rows_of(found, title):
    """Return implicit.Suggestions as dicts for JSON: id, title, score, chosen, because."""
    return [{"id": each.item, "title": title[each.item], "score": each.score, "chosen": each.chosen,
             "because": None if each.because is None else {"id": each.because, "title": title[each.because]}}
            for each in found]


def show(rows, personal):
    """Print the suggestions as a table, and what the score means."""
    ranks = column("rank", [str(rank) for rank in range(1, len(rows) + 1)], str.rjust)
    scores = column("score", [f"{row['score']:.{3 * personal}f}" for row in rows], str.rjust)
    titles = column("item", [escaped(row["title"]) for row in rows])
    why = ["because" if any(row["because"] for row in rows) else "", *map(_reason, rows)]
    print()
    for line in zip(ranks, scores, titles, why, strict=True):
        print("  ".join(line).rstrip())
    print("", MEANING if personal else SAME, sep="\n")


def _reason(row):
    count = row["chosen"]
    seen = f"(chosen {count:.10g} {noun(count, 'time')}) " if count is not None else ""
    return seen + (f"you chose {escaped(row['because']['title'])}" if row["because"] else "")
