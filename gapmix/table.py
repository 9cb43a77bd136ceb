"""A table with gaps, made ready for EM: standardised, and its rows put together by what they lack.

Rows with equally many gaps form blocks, and rows of one pattern of gaps lie side by side. So the small matrices that a
pattern needs are made once a block, for all its rows, and no step needs memory for more than a block.
"""

from typing import NamedTuple

import numpy as np

BLOCK = 2**16  # numbers in an array of a block: they stay in the cache


class Scale(NamedTuple):
    """The units in which EM works: standardised = (x - centre) / width."""

    centre: np.ndarray  # (d,)
    width: np.ndarray  # (d,), positive


class Block(NamedTuple):
    """Some rows with equally many gaps."""

    rows: np.ndarray  # (m,): their numbers in the table
    x: np.ndarray  # (m, d): standardised, 0 in gaps
    seen: np.ndarray  # (m, d): True where there is an entry
    weight: np.ndarray  # (m,)
    first: np.ndarray  # (U,): the first row of each of the block's U patterns
    pattern: np.ndarray  # (m,): the number of each row's pattern


class Table(NamedTuple):
    """The whole table in blocks."""

    blocks: list
    shape: tuple
    scale: Scale
    weight: float  # of all rows
    log_width: float  # weighted sum of log(width) over all entries: densities per standardised unit less it are per unit


def table(X, scale, weight=None):
    """Return a Table of X (n, d), NaN where missing, in the units of a Scale; weight (n,) or None for 1 each."""
    n, d = X.shape
    seen = ~np.isnan(X)
    order, new = _by_pattern(seen)
    x, seen = X[order], seen[order]
    weight = np.ones(n) if weight is None else weight[order]
    for rows in chunks(n, d):
        x[rows] = np.where(seen[rows], (x[rows] - scale.centre) / scale.width, 0)
    log_width = float(weight @ (seen @ np.log(scale.width)))
    blocks = [_block(order, x, seen, weight, new, rows) for rows in _parts(seen, d)]
    return Table(blocks, (n, d), scale, float(weight.sum()), log_width)


def chunks(n, d):
    """Yield slices of n rows of d numbers that fit into the cache."""
    size = max(BLOCK // max(d, 1), 1)
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def _by_pattern(seen):
    """Return the order of rows by number of gaps, then pattern, and where in it a new pattern begins, (n,) bool."""
    bits = np.packbits(seen, axis=1)
    bits = np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8))).view(np.uint64)
    gaps = seen.shape[1] - seen.sum(axis=1)
    order = np.lexsort((*bits.T, gaps))
    bits = bits[order]
    new = np.ones(len(bits), bool)
    new[1:] = (bits[1:] != bits[:-1]).any(axis=1)
    return order, new


def _parts(seen, d):
    """Yield the slices of the sorted rows that make blocks: equally many gaps, and small matrices that fit together."""
    gaps = d - seen.sum(axis=1)
    edges = [0, *(np.flatnonzero(np.diff(gaps)) + 1), len(gaps)]
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        side = min(gaps[start], d - gaps[start])
        for rows in chunks(stop - start, max(d, side**2)):
            yield slice(start + rows.start, start + rows.stop)


def _block(order, x, seen, weight, new, rows):
    new = new[rows].copy()
    new[0] = True
    return Block(order[rows], x[rows], seen[rows], weight[rows], np.flatnonzero(new), np.cumsum(new) - 1)


def standard(X, weight=None, one_width=False):
    """Return the Scale that gives the entries of each column mean 0 and variance 1.

    A column whose entries are all equal gets their size as its width, a column without entries centre 0 and width 1.
    With one_width all columns get the same width, that of the mean variance.
    """
    n, d = X.shape
    weight = np.ones(n) if weight is None else weight
    count, total, square = np.zeros(d), np.zeros(d), np.zeros(d)
    for rows in chunks(n, d):
        seen = ~np.isnan(X[rows])
        count += weight[rows] @ seen
        total += weight[rows] @ np.where(seen, X[rows], 0)
    centre = total / np.maximum(count, np.finfo(float).tiny)
    for rows in chunks(n, d):
        square += weight[rows] @ np.where(np.isnan(X[rows]), 0, X[rows] - centre) ** 2
    variance = square / np.maximum(count, np.finfo(float).tiny)
    if one_width:
        variance = np.full(d, variance[count > 0].mean() if count.any() else 0.0)
    equal = variance <= (1e-12 * np.abs(centre)) ** 2
    size = np.where(centre == 0, 1.0, np.abs(centre))
    return Scale(centre, np.where(equal, size, np.sqrt(np.where(equal, 1, variance))))
