"""A table with gaps, prepared for EM: standardised, and in blocks of rows that are sorted by their gaps.

So the small matrices of a pattern are made once for all its rows in a block, and no step needs memory for more.
"""

from typing import NamedTuple

import numpy as np

BLOCK = 2**16  # numbers in an array of a block: a few such arrays stay in the cache
FEW = 3e5  # multiplications that take less time than the overhead of another block


class Scale(NamedTuple):
    """The units in which EM works: standardised = (x - centre) / width."""

    centre: np.ndarray  # (d,)
    width: np.ndarray  # (d,), positive


class Block(NamedTuple):
    """Some rows; for whole covariances (full, tied), with U patterns of about equally many gaps."""

    rows: np.ndarray  # (m,): their numbers in the table
    x: np.ndarray  # (m, d): standardised, 0 in gaps
    seen: np.ndarray  # (m, d): True where there is an entry
    weight: np.ndarray  # (m,)
    entries: np.ndarray  # (m,): how many each row has
    first: np.ndarray = None  # (U,): the first row of each pattern
    pattern: object = None  # (m,): the number of each row's pattern; slice(None) if each row has its own
    small: np.ndarray = None  # (q, U): the columns of the patterns' gaps or entries, padded with d, d + 1, ...
    of_gaps: bool = True  # whether small is of gaps; if more than half is missing, it is of entries


class Table(NamedTuple):
    """The whole table, in blocks. Rows without entries have weight 0."""

    blocks: list
    shape: tuple
    scale: Scale
    weight: float  # of all rows
    log_width: float  # log(width) summed over all entries by weight: standardising adds it to the log-likelihood


def table(X, scale, kind, weight=None):
    """Return a Table of X (n, d), NaN where missing, in units of a Scale, for a kind; weight is (n,), or None for 1."""
    n, d = X.shape
    whole = kind in ("full", "tied")
    weight = np.ones(n) if weight is None else weight
    seen = ~np.isnan(X)
    entries = seen.sum(axis=1, dtype=np.int32)
    order = (_by_pattern(seen, entries) if whole else np.arange(n)).astype(np.int32 if n < 2**31 else np.int64)
    seen, entries = seen[order], entries[order]
    x, log_width = np.empty((n, d)), 0.0
    counting = np.where(entries > 0, weight[order], 0)
    for rows in chunks(n, d):
        x[rows] = np.where(seen[rows], (X[order[rows]] - scale.centre) / scale.width, 0)
        log_width += counting[rows] @ (seen[rows] @ np.log(scale.width))
    parts = _alike(entries, d) if whole else chunks(n, d)
    blocks = [Block(order[rows], x[rows], seen[rows], counting[rows], entries[rows]) for rows in parts]
    return Table([_patterned(block) for block in blocks] if whole else blocks, (n, d), scale, float(weight.sum()),
                 float(log_width))


def chunks(n, numbers):
    """Yield slices of n rows, each of as many rows as fit into a block; `numbers` is how many a row has."""
    size = max(BLOCK // max(numbers, 1), 1)
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def _by_pattern(seen, entries):
    """Return the order of rows by number of gaps, then pattern."""
    bits = np.packbits(seen, axis=1)
    bits = np.ascontiguousarray(np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8)))).view(np.uint64)
    return np.lexsort((*bits.T, -entries))


def _alike(entries, d):
    """Yield the slices of sorted rows that are blocks: with equally many gaps, or few; rows without entries alone."""
    edges = [*(np.flatnonzero(np.diff(entries)) + 1), len(entries)]
    start = 0
    for stop, after in zip(edges, [*edges[1:], None], strict=True):
        most = after is not None and d - entries[after - 1]
        if most and most < d and (after - start) * most**3 <= FEW and (after - start) * d <= BLOCK:
            continue
        q = d - entries[stop - 1]
        small = min(q, d - q) ** 2 if q else 2 * d  # complete rows are quickest in smaller blocks
        for rows in chunks(stop - start, max(d, small)):
            yield slice(start + rows.start, start + rows.stop)
        start = stop


def _patterned(block):
    """Return the block with its patterns."""
    m, d = block.seen.shape
    new = np.ones(m, bool)
    new[1:] = (block.seen[1:] != block.seen[:-1]).any(axis=1)
    first = np.flatnonzero(new)
    pattern = slice(None) if new.all() else np.cumsum(new, dtype=np.int32) - 1
    of_gaps = 2 * block.entries[0] >= d or block.entries[0] != block.entries[-1]
    patterns = block.seen[first] != of_gaps
    q = int(patterns.sum(axis=1).max())
    filling = np.arange(q) < q - patterns.sum(axis=1)[:, None]  # so many more for each pattern
    small = np.nonzero(np.hstack([patterns, filling]))[1].reshape(len(first), q).T.copy()
    return block._replace(first=first, pattern=pattern, small=small, of_gaps=of_gaps)


def some(block, rows):
    """Return the block with some of its rows, perhaps repeated, for expect.view; its patterns stay."""
    pattern = None if block.pattern is None else np.arange(len(block.rows))[block.pattern][rows]
    return block._replace(rows=block.rows[rows], x=block.x[rows], seen=block.seen[rows], weight=block.weight[rows],
                          entries=block.entries[rows], pattern=pattern)


def standard(X, weight, one_width=False):
    """Return the Scale that gives the entries of each column mean 0 and variance 1, by weight (n,).

    The width of a column with equal entries is their size. With one_width all columns get the same width, the root of
    their mean variance. Each column needs an entry of positive weight.
    """
    n, d = X.shape
    size, count, total, square = np.zeros((4, d))
    for rows in chunks(n, d):
        size = np.fmax(size, np.fmax.reduce(np.abs(X[rows])))
    size[size == 0] = 1.0
    for rows in chunks(n, d):
        seen = ~np.isnan(X[rows])
        count += weight[rows] @ seen
        total += weight[rows] @ np.where(seen, X[rows] / size, 0)
    centre = total / count * size
    for rows in chunks(n, d):
        square += weight[rows] @ (np.where(np.isnan(X[rows]), 0, X[rows] - centre) / size) ** 2
    width = size * np.sqrt(square / count)
    if one_width:
        size = np.full(d, size.max())
        width = np.sqrt(np.mean((width / size) ** 2)) * size
    return Scale(centre, np.where(width <= 1e-12 * size, size, width))
