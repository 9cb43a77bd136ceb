"""What the programs here measure with, and how they say it.

Functions are timed in turn, A B A B ..., so that a machine whose speed drifts is fair to all of them.
"""

import time
import tracemalloc
from typing import NamedTuple

import numpy as np

PATIENCE = 60.0  # seconds


class Spread(NamedTuple):
    """A ratio measured several times."""

    median: float
    low: float  # the quartiles
    high: float

    def __str__(self):
        return f"{short(self.median)} ({short(self.low)} to {short(self.high)})"


def seconds(function):
    """Return how long one call takes, in seconds."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_turn(functions, repeat, measure=seconds):
    """Return for each of the functions what `measure` says of it, `repeat` times each, after one that is not counted.

    When a minute is over no further round begins, but there is one at least.
    """
    for function in functions:
        measure(function)
    rounds, end = [], time.monotonic() + PATIENCE
    while not rounds or (len(rounds) < repeat and time.monotonic() < end):
        rounds.append([measure(function) for function in functions])
    return list(zip(*rounds, strict=True))


def ratios(times, others):
    """Return the Spread of the ratios times / others, pair by pair."""
    low, median, high = np.percentile(np.divide(times, others), [25, 50, 75])
    return Spread(median, low, high)


def slope(sizes, amounts):
    """Return the exponent a of the power law amount = c size^a that fits best: the slope of the log-log line."""
    return float(np.polyfit(np.log(sizes), np.log(amounts), 1)[0])


def peak_bytes(function):
    """Return how many bytes one call takes at most beyond what was there before: what Python and NumPy ask for."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        function()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def short(number):
    """Return a number as text, three digits of it."""
    return f"{float(f'{number:.3g}'):g}"


class Table:
    """Prints a table row by row, in Markdown; the columns are as wide as their headings, the first as it is told."""

    def __init__(self, *headings, first=0):
        self._widths = [max(len(heading), 7) for heading in headings]
        self._widths[0] = max(first, len(headings[0]))
        self.row(*headings)
        print("|" + "---|" * len(headings))

    def row(self, *cells):
        """Print a row; numbers as texts of three digits."""
        cells = [short(cell) if isinstance(cell, float) else str(cell) for cell in cells]
        cells = [cell.rjust(width) for cell, width in zip(cells, self._widths, strict=True)]
        print("|", " | ".join([cells[0].strip().ljust(self._widths[0]), *cells[1:]]), "|", flush=True)
