"""The lists of all users in one CSV: `recommender suggest MODEL --all --out FILE`."""

import numpy as np

from console import escaped, noun, write_csv


def write(path, model, names, columns, titled):
    """Write a model's all_lists, `columns` (m,), to a CSV: user, rank, item, perhaps title, and their numbers."""
    u, rank, i, *numbers = columns
    heads = ("score",) if model.table.implicit else ("predicted", "low", "high")
    shown = np.array(names.shown, dtype=object)
    text = [model.table.users[u].tolist(), rank.tolist(), model.table.items[i].tolist()]
    text += [shown[i].tolist()] if titled else []
    text += [[f"{x:.10g}" for x in column.tolist()] for column in numbers]
    head = ("user", "rank", "item", *(("title",) if titled else ()), *heads)
    write_csv(path, [head, *zip(*text, strict=True)])
    users = len(np.unique(u))
    print(f"lists: {escaped(path)}, {users:,} {noun(users, 'user')}, {len(u):,} {noun(len(u), 'line')}")
