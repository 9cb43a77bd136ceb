"""The inverses of many small matrices, compiled by numba: three or four times as fast as with NumPy.

Compiling takes a second or two, once (numba keeps the result beside this file), so only large tables use it.
"""

from functools import cache

import numpy as np

from .small import inverses

LANES = 64  # matrices side by side, so that the processor takes several at once
LARGE = 1e7  # multiplications an E-step above which compiled code pays


def fastest(table):
    """Return the function that inverts the small matrices of a table's blocks."""
    work = sum(len(block.small) ** 3 * block.small.shape[1] for block in table.blocks if block.small is not None)
    return (work > LARGE and compiled()) or inverses


@cache
def compiled():
    """Return `inverses` compiled, or None if numba is not installed."""
    try:
        import numba
    except ImportError:
        return None
    sweep = numba.njit(cache=True, error_model="numpy")(_sweep)

    def invert(A, columns):
        q, U = columns.shape
        parts, log_det = np.empty((q, q, U)), np.empty(U)
        sweep(np.ascontiguousarray(A), columns, parts, log_det)
        return parts, log_det

    return invert


def _sweep(A, columns, parts, log_det):
    """Write the inverses of parts of A, and their log determinants: see small.inverses. Lower triangles are enough."""
    q, U = columns.shape
    lower, column, row = np.empty((q, q, LANES)), np.empty((q, LANES)), np.empty((q, LANES))
    for start in range(0, U, LANES):
        lanes = range(min(LANES, U - start))
        for u in lanes:
            log_det[start + u] = 0.0
            for i in range(q):
                for k in range(i + 1):
                    lower[i, k, u] = A[columns[i, start + u], columns[k, start + u]]
        for j in range(q):
            for i in range(q):
                for u in lanes:
                    column[i, u] = lower[i, j, u] if i > j else lower[j, i, u]
                    row[i, u] = column[i, u] / lower[j, j, u]
            for u in lanes:
                log_det[start + u] += np.log(lower[j, j, u])
            for i in range(q):
                for k in range(i + 1):
                    for u in lanes:
                        lower[i, k, u] -= column[i, u] * row[k, u]
            for i in range(q):
                for u in lanes:
                    if i > j:
                        lower[i, j, u] = row[i, u]
                    else:
                        lower[j, i, u] = row[i, u]
            for u in lanes:
                lower[j, j, u] = -1 / column[j, u]
        for i in range(q):
            for k in range(i + 1):
                for u in lanes:
                    parts[i, k, start + u] = parts[k, i, start + u] = -lower[i, k, u]
