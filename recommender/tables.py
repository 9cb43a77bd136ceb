"""The table of a comparison: a row a model, a dict, as text and as the mean of folds."""

import numpy as np

from console import digits
from recommender.choosing import describe

MEASURES = {"rmse": ("RMSE", 10, ""), "rmse_sd": ("+-", 10, ""), "mae": ("MAE", 10, ""),
            "coverage_90": ("in 90 %", 9, ".1%"), "gaps_rmse": ("all gaps", 10, ""), "course_rmse": ("course", 10, ""),
            "seconds": ("fit s", 8, ".1f"), "choosing_seconds": ("choose s", 9, ".1f"),
            "peak_mb": ("peak MB", 8, ".0f")}  # key of a row -> head, width, format of its column; "": as the RMSE's


def heading(rows, measures=MEASURES):
    """Return the table's head; it has the columns that the rows have."""
    columns = "".join(f"{head:>{width}}" for key, (head, width, _) in measures.items() if key in rows[0])
    return f"{'model':<24}{columns}  hyper-parameters"


def line(row, measures=MEASURES):
    """Return a row of the table as text; what is None is a hyphen."""
    columns = "".join(f"{'-':>{width}}" if row[key] is None else f"{row[key]:{width}{form or digits(row['rmse'])}}"
                      for key, (_, width, form) in measures.items() if key in row)
    return f"{row['name']:<24}{columns}  {describe(row['params'])}"


def over_folds(rows):
    """Return one row of a model's rows, one a fold: their means, the RMSE's standard deviation, and the rows."""
    if len(rows) == 1:
        return rows[0]
    sd = float(np.std([row["rmse"] for row in rows], ddof=1))
    return means(rows) | {"rmse_sd": sd, "folds": rows}


def means(rows):
    """Return one row of a model's rows, one a fold: the means of the numbers, and the hyper-parameters of all folds."""
    params = {name: [row["params"].get(name) for row in rows] for row in rows for name in row["params"]}
    same = {name: values[0] if values.count(values[0]) == len(values) else values for name, values in params.items()}
    numbers = [key for key, value in rows[0].items() if value is None or isinstance(value, float)]
    return {"name": rows[0]["name"], "params": same, **{key: _mean([row[key] for row in rows]) for key in numbers}}


def _mean(values):
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def densities(rows):
    """Return a line about the coverage of a model's own densities; None if no row has it."""
    own = next((row for row in rows if "coverage_of_densities" in row), None)
    if own is None:
        return None
    shares = ", ".join(f"{share:.1%} in the {float(level):.0%} intervals"
                       for level, share in own["coverage_of_densities"].items())
    return f"Held-out ratings inside the uncalibrated intervals of {own['name']}: {shares}"


def column(head, texts, pad=str.ljust):
    """Return a head and texts, padded to one length."""
    width = max(map(len, [head, *texts]))
    return [pad(text, width) for text in [head, *texts]]
