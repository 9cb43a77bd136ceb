"""Times functions in turn, A B A B ..., so that a machine whose speed drifts is fair to all of them."""

import statistics
import time


def seconds(function):
    """Return how long one call takes, in seconds."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_turn(functions, repeat):
    """Return for each of the functions its times in seconds, `repeat` calls each, after one that is not counted."""
    for function in functions:
        function()
    rounds = [[seconds(function) for function in functions] for _ in range(repeat)]
    return list(zip(*rounds))


def median_ratio(times, others):
    """Return the median of the ratios times / others, pair by pair."""
    return statistics.median(a / b for a, b in zip(times, others))
