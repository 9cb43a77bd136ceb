"""Ratings from a file into a Table."""

import csv
import re

import numpy as np
from scipy.sparse import csr_array

from console import InputError, read_file
from data.text import decode
from recommender.ratings import Levels, Table


def read(path, report=None):
    """Return the Table of a file with lines `user item rating [time]` separated by tabs, :: or commas."""
    lines = decode(read_file(path, 2**32), path).replace("::", "\t").rstrip("\n").split("\n")
    if re.search("[a-z]", lines[0]):
        lines = lines[1:]
    rows = list(csv.reader(lines, delimiter="\t" if "\t" in lines[0] else ","))
    if not rows or len(rows[0]) < 3:
        raise InputError(f"{path}: expected lines of user, item, rating and time")
    users, u = np.unique(np.array([int(row[0]) for row in rows]), return_inverse=True)
    items, i = np.unique(np.array([int(row[1]) for row in rows]), return_inverse=True)
    last = {(a, b): float(row[2]) for a, b, row in zip(u.tolist(), i.tolist(), rows, strict=True)}
    X = csr_array((list(last.values()), tuple(np.array(list(last)).T)), shape=(len(users), len(items)))
    X.sort_indices()
    levels = Levels()
    levels.add(X.data)
    return Table(X, users, items, levels.scale())
