"""Where an expanded square has lost its digits.

|x|^2 - 2 x.mu + |mu|^2 is rounded to about 1e-16 |x|^2, however little is left of it. Where less than a ten thousandth
is left, fewer than 12 of 16 digits are right, and the differences x - mu themselves are squared in its place.
"""

import numpy as np

FAR = 100  # how many times farther from the origin than from each other a point and a mean may lie


def lost(distance, squares):
    """Return where squared distances are too small to be expanded about an origin at these squared distances."""
    return squares > FAR**2 * distance


def lost_rows(distance, squares, least):
    """Return the points (n,) that lose digits of their squared distances to means, (n, K), beside a number `least`."""
    far = np.flatnonzero(lost(least, squares))
    return far[lost(distance[far].min(axis=1) + least, squares[far])] if len(far) else far
