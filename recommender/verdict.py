"""Which of the compared models to use, and what to tell the user about it.

Simple wins unless the data say otherwise: `effects` is named unless another model beats it by more than the standard
error of the difference of their mean squared errors, on the same held-out ratings, at least LEAST. Of those that do,
the one with the least RMSE is named.
"""

import numpy as np

from console import digits

SIMPLE = "effects"
FEW = 200  # held-out ratings; with fewer, models can hardly be told apart
LEAST = 20  # held-out ratings; with fewer, their standard error itself is unknown
REASONS = {  # why a simple model is named
    "effects": "No compared model finds more in these ratings than how high users rate and how well items are liked.",
    "constant": "Nothing predicts these ratings better than their mean. No model has anything to recommend.",
}


def best(squared, simple=SIMPLE):
    """Return the name of the model to use.

    Args:
        squared: dict of name to squared errors (m,) of the same held-out ratings, at least one name.
        simple: the name of the model that others must beat.
    """
    by_error = sorted(squared, key=lambda name: squared[name].sum())
    if simple not in squared:
        return by_error[0]
    return next((name for name in by_error if beats(squared[name], squared[simple])), simple)


def beats(squared, other):
    """Return whether the mean of squared errors (m,) is below that of others by more than its standard error."""
    gain = other - squared
    return len(gain) >= LEAST and bool(gain.mean() > standard_error(gain))


def standard_error(values):
    """Return the standard error of the mean of values (m,); 0 of a single one."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def undecided(simple, m, what):
    """Return why a model with less error than the simple one is not named; m is the number of `what`."""
    return (f"but does not beat {simple} by more than the standard error of the difference." if m >= LEAST else
            f"but fewer than {LEAST} {what} cannot show that it beats {simple}.")


def in_words(squared):
    """Return lines for the user about the best of several models; the arguments are those of `best`."""
    name, m = best(squared), len(next(iter(squared.values())))
    error = {each: float(np.sqrt(squared[each].mean())) for each in squared}
    least = min(error, key=error.get)
    lines = [f"Best: {name}, RMSE {error[name]:{digits(error[name])}} over all {m} held-out ratings."]
    if least != name:
        lines.append(f"{least} has {error[least]:{digits(error[least])}}, {undecided(name, m, 'held-out ratings')}")
    if len(squared) > 1 and name in REASONS:
        lines.append(REASONS[name])
    if m < FEW:
        lines.append(f"With fewer than {FEW} held-out ratings, luck may decide between good models.")
    return lines
