"""Passes over a store: a function of every chunk, computed in threads, the results in the order of the chunks.

The function gets a Local, the number of a chunk and any further arguments, and returns something small. `cluster` makes
the same passes on other processes, so the function must be picklable by name.
"""

from functools import reduce
from operator import add
from threading import Lock
from typing import NamedTuple

import numpy as np

from console import InputError
from console.cores import cores, side_by_side
from console.memory import resident_peak
from recommender.models.units import Unit
from recommender.scale import kernels
from recommender.scale.store import read_block


class Local:
    """The chunks of a store in this process. Chunks that fit into memory are kept, and others are read in each pass."""

    peak_bytes = staticmethod(resident_peak)

    def __init__(self, store, kernel, memory, share=0.0):
        """kernel: its name; memory: bytes that the ratings may take; share: of the ratings that is held out."""
        self.store, self.kernel_name, self.share, self.workers = store, kernel, share, cores()
        self.kernel = kernels.make(kernel, store)
        self._kept, self._free, self._lock = {}, memory, Lock()

    def each(self, function, *arguments):
        """Yield function(self, chunk, *arguments) of all chunks, in their order."""
        return side_by_side(lambda chunk: function(self, chunk, *arguments), range(len(self.store.chunks)))

    def prepared(self, chunk):
        """Return, for each block of a chunk, how many ratings each user has and what the kernel has prepared."""
        if chunk in self._kept:
            return self._kept[chunk]
        prepared = ((block.counts, self.kernel.prepare(block)) for block in self.known(chunk))
        needed = sum(self.kernel.memory * piece.ratings + 4 * self.store.d for piece in self.store.chunks[chunk])
        with self._lock:
            fits = needed <= self._free
            self._free -= needed * fits
        if fits:
            prepared = self._kept[chunk] = list(prepared)
        return prepared

    def known(self, chunk):
        """Yield the Blocks of a chunk from disk, without the held-out ratings."""
        return (known for known, _ in self.blocks(chunk))

    def blocks(self, chunk):
        """Yield the Blocks of a chunk from disk: the ratings that are kept, and the held-out ones or None."""
        for piece in self.store.chunks[chunk]:
            block = read_block(self.store, chunk, piece)
            yield hold_out(block, self.share) if self.share else (block, None)


def hold_out(block, share):
    """Return a Block of the ratings that are kept and a Block of those that are held out, a random share of all.

    A rating is held out where np.random.RandomState(number of the block's first user).rand(m) < share.
    """
    drawn = np.random.RandomState(block.first).rand(len(block.user)) < share
    return block.only(~drawn), block.only(drawn)


def sum_of(parts):
    """Return the sum of the parts, added in their order."""
    return reduce(add, parts)


def add_fields(one, other):
    """Return the sum of two NamedTuples, field by field."""
    return type(one)(*map(add, one, other))


class Moments(NamedTuple):
    """Of the ratings of each movie."""

    count: np.ndarray  # (d,)
    mean: np.ndarray  # (d,); 0 of a movie without ratings
    apart: np.ndarray  # (d,): sum of (x - mean)^2

    def __add__(self, other):
        """Of both together (Chan, Golub, LeVeque 1983, eq. 2.1)."""
        count = self.count + other.count
        share = np.divide(other.count, count, where=count > 0, out=np.zeros(len(count)))
        step = other.mean - self.mean
        return Moments(count, self.mean + step * share, self.apart + other.apart + step**2 * self.count * share)


def moments(local, chunk, origin):
    """Return the Moments of a chunk, of the ratings less `origin`."""
    found = []
    for block in local.known(chunk):
        count, item, x = np.diff(block.pointer), block.item, block.x - origin
        mean = np.bincount(item, x, len(count)) / np.maximum(count, 1)
        found.append(Moments(count, mean, np.bincount(item, (x - mean[item]) ** 2, len(count))))
    return sum_of(found)


def all_moments(place, origin=0.0):
    """Return the Moments of all ratings that are not held out, less `origin`; raise InputError if there is none."""
    given = sum_of(place.each(moments, origin))
    if not given.count.any():
        raise InputError(f"all {place.store.ratings} ratings are held out, and none is left to learn from; expected a"
                         " smaller share (--hide)")
    return given


def unit_of(given, origin):
    """Return the Unit of ratings by their Moments less `origin`."""
    total = given.count.sum()
    mean = given.count @ given.mean / total
    apart = given.apart.sum() + given.count @ (given.mean - mean) ** 2
    return Unit(origin, float(mean), float(np.sqrt(apart / total)) or 1.0)


def rmse(place, predictions, fitted):
    """Return the RMSE of the predictions of the held-out ratings, clipped to the scale; None if none is held out.

    predictions(local, chunk, fitted) yields the held-out ratings (m,) of each block, and their predictions (m,).
    """
    if not place.share:
        return None
    count, squared = map(sum, zip(*place.each(_squared_errors, predictions, fitted), strict=True))
    return float(np.sqrt(squared / count)) if count else None


def _squared_errors(local, chunk, predictions, fitted):
    """Return how many ratings of a chunk are held out, and the sum of the squared errors of their predictions."""
    low, high, _ = local.store.scale
    errors = [np.clip(predicted, low, high) - x for x, predicted in predictions(local, chunk, fitted)]
    return sum(map(len, errors)), sum((error**2).sum() for error in errors)
