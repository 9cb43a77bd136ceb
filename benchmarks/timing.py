"""What the benchmarks measure with, and how they print it.

Functions are timed in turn, A B A B ..., so that a machine whose speed drifts is fair to all of them.
"""

import contextlib
import importlib.util
import time
import tracemalloc
from typing import NamedTuple

import numpy as np

from console import InputError, Parser, whole_number

PATIENCE = 60.0  # seconds


def parser(doc, repeat):
    """Return the Parser of a benchmark: its description is the first line of `doc`, its --repeat has this default."""
    made = Parser(description=doc.split("\n")[0])
    made.add_argument("--repeat", type=whole_number(1, 1000), default=repeat, metavar="N",
                      help=f"how often each is measured, or as often as a minute allows (default: {repeat})")
    return made


def installed(package):
    return importlib.util.find_spec(package) is not None


def need_scikit_learn(requirements):
    """Raise InputError unless scikit-learn is installed."""
    if not installed("sklearn"):
        raise InputError(f"scikit-learn is not installed: pip install -r {requirements}")


class Quartiles(NamedTuple):
    """A ratio that was measured several times: its median, and the lower and upper quartile."""

    median: float
    low: float
    high: float

    def __str__(self):
        return f"{short(self.median)} ({short(self.low)} to {short(self.high)})"


def seconds(function):
    """Return how long one call takes, in seconds."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_turn(functions, repeat, measure=seconds):
    """Return `repeat` values of measure(function) for each of the functions, after a first round that is not counted.

    After a minute no further round begins, but one is always measured.
    """
    for function in functions:
        measure(function)
    rounds, end = [], time.monotonic() + PATIENCE
    while not rounds or (len(rounds) < repeat and time.monotonic() < end):
        rounds.append([measure(function) for function in functions])
    return list(zip(*rounds, strict=True))


class _Enough(Exception):
    """As many iterations as are timed are done."""


def each_iteration(run, count):
    """Return the wall and CPU seconds (m, 2) of up to `count` iterations of run(callback=...), after the first one."""
    stamps = []

    def stamp(*_):
        stamps.append((time.perf_counter(), time.process_time()))
        if len(stamps) > count:
            raise _Enough

    with contextlib.suppress(_Enough):
        run(callback=stamp)
    return np.diff(stamps, axis=0)


def ratios(times, others):
    """Return the Quartiles of the ratios times / others, pair by pair."""
    low, median, high = np.percentile(np.divide(times, others), [25, 50, 75])
    return Quartiles(median, low, high)


def slope(sizes, amounts):
    """Return the exponent a of the power law amount = c size^a that fits best: the slope of the log-log line."""
    return float(np.polyfit(np.log(sizes), np.log(amounts), 1)[0])


def peak_bytes(function):
    """Return the peak memory of one call in bytes, beyond the memory before it: what Python and NumPy ask for."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        function()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def short(number):
    """Return a number as text with three digits."""
    return f"{float(f'{number:.3g}'):g}"


class Table:
    """Prints a Markdown table row by row. Columns are as wide as their headings, the first has the width `first`."""

    def __init__(self, *headings, first=0):
        self._widths = [max(len(heading), 7) for heading in headings]
        self._widths[0] = max(first, len(headings[0]))
        self.row(*headings)
        print("|" + "---|" * len(headings))

    def row(self, *cells):
        """Print a row; floats are printed with three digits."""
        cells = [short(cell) if isinstance(cell, float) else str(cell) for cell in cells]
        cells = [cell.rjust(width) for cell, width in zip(cells, self._widths, strict=True)]
        print("|", " | ".join([cells[0].strip().ljust(self._widths[0]), *cells[1:]]), "|", flush=True)
