"""Some ratings as they stand in a file."""

from typing import NamedTuple

import numpy as np


class Chunk(NamedTuple):
    """Some ratings in the order of a file, with the IDs that it uses."""

    users: np.ndarray  # (m,) IDs: int64 where all of these are whole numbers, else str
    items: np.ndarray  # (m,) likewise
    x: np.ndarray  # (m,) the ratings, float64
    time: np.ndarray = None  # (m,) when, in seconds or whatever the file counts in; None where it does not say
    unrated: tuple = ((), ())  # IDs of users and of items that are there without a rating
