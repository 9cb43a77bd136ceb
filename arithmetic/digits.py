"""Finds the expanded squares that have lost digits.

|x|^2 - 2 x.mu + |mu|^2 is rounded to about 1e-16 |x|^2, however small the result. If a point and a mean are more than
FAR times farther from the origin than from each other, it has lost 5 of 16 digits or more. Then x - mu is squared.
"""

import numpy as np

FAR = 300


def lost(distance, squares):
    """Return which squared distances are too small for the expansion, with points at `squares` from the origin."""
    return squares > FAR**2 * distance


def lost_rows(distance, squares, least):
    """Return the points whose squared distances to means, (n, K), have lost digits that matter beside `least`."""
    far = np.flatnonzero(lost(least, squares))
    return far[lost(distance[far].min(axis=1) + least, squares[far])] if len(far) else far
