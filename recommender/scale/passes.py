"""What is computed of one chunk: functions of a Shelf, the chunk's number and more, in whatever thread or process.

What they return is small; it is added, or put together, in the chunks' order by whoever asks.
"""

from threading import Lock
from typing import NamedTuple

import numpy as np

from arithmetic.bayes import posterior
from console import InputError
from recommender.models.units import Unit
from recommender.scale import kernels
from recommender.scale.store import open_store, read_block


class Shelf:
    """A store's blocks at hand: chunks that fit into the memory given are kept, others read whenever they are used."""

    def __init__(self, path, identity, kernel, memory, hide=0.0):
        """
        Args:
            path, identity: of the store.
            kernel: name of the kernel.
            memory: bytes that the ratings may take.
            hide: share of the ratings that no pass over `blocks` sees; `hidden` are these.

        Raises:
            InputError: the store is not there, damaged, or another one.
        """
        self.store = open_store(path)
        if self.store.identity != identity:
            raise InputError(f"{path} is not the store that the run began with; expected a copy of it on every machine")
        self.kernel, self.hide = kernels.make(kernel, self.store), hide
        self._kept, self._free, self._lock = {}, memory, Lock()

    def blocks(self, chunk):
        """Yield the users' numbers of ratings, and what the kernel has prepared, of each of a chunk's blocks."""
        kept = self._kept.get(chunk)
        if kept is None and self._room(chunk):
            kept = self._kept[chunk] = list(self._prepared(chunk))
        return iter(kept) if kept is not None else self._prepared(chunk)

    def known(self, chunk):
        """Yield a chunk's Blocks without the hidden ratings, from disk."""
        return (seen for seen, _ in self._parted(chunk))

    def hidden(self, chunk):
        """Yield a chunk's Blocks of hidden ratings, from disk."""
        return (hidden for _, hidden in self._parted(chunk))

    def _prepared(self, chunk):
        for block in self.known(chunk):
            yield block.counts, self.kernel.prepare(block)

    def _parted(self, chunk):
        for piece in self.store.chunks[chunk]:
            block = read_block(self.store, chunk, piece)
            yield parted(block, self.hide) if self.hide else (block, None)

    def _room(self, chunk):
        """Take the memory that a chunk needs, if it is free, and say whether it was."""
        needed = sum(self.kernel.memory * piece.ratings + 4 * self.store.d for piece in self.store.chunks[chunk])
        with self._lock:
            enough = needed <= self._free
            self._free -= needed if enough else 0
        return enough


def parted(block, hide):
    """Return the Block of the ratings that are seen, and that of those hidden, a random share of `hide`.

    The draw depends on nothing but the block's place: np.random.RandomState(number of its first user).rand(m) < hide.
    """
    drawn = np.random.RandomState(block.first).rand(len(block.user)) < hide
    return tuple(_part(block, which) for which in (~drawn, drawn))


def _part(block, which):
    user = block.user[which]
    pointer = np.concatenate([[0], np.cumsum(which)])[block.pointer].astype(np.int32)
    counts = np.bincount(user, minlength=len(block.counts)).astype(np.int32)
    return block._replace(pointer=pointer, counts=counts, user=user, rating=block.rating[which])


# Of the ratings alone


class Moments(NamedTuple):
    """Of the ratings of each movie."""

    count: np.ndarray  # (d,)
    mean: np.ndarray  # (d,); 0 where there are none
    apart: np.ndarray  # (d,): sum of (x - mean)^2

    def __add__(self, other):
        """Of both together (Chan, Golub, LeVeque 1983, eq. 2.1)."""
        count = self.count + other.count
        share = np.divide(other.count, count, where=count > 0, out=np.zeros(len(count)))
        step = other.mean - self.mean
        return Moments(count, self.mean + step * share, self.apart + other.apart + step**2 * self.count * share)


def moments(shelf, chunk, origin):
    """Return the Moments of a chunk, of the ratings less `origin`."""
    return sum((_moments(block, origin) for block in shelf.known(chunk)), Moments(*np.zeros((3, shelf.store.d))))


def all_moments(place, origin=0.0):
    """Return the Moments of all ratings that are seen, less `origin`; raise InputError where none is."""
    given = sum_of(place.each(moments, origin))
    if not given.count.any():
        raise InputError(f"all {place.store.ratings} ratings are hidden, and none is left to learn from; expected a"
                         " smaller share to hide")
    return given


def unit_of(given, origin):
    """Return the Unit of ratings by their Moments less `origin`."""
    total = given.count.sum()
    mean = given.count @ given.mean / total
    apart = given.apart.sum() + given.count @ (given.mean - mean) ** 2
    return Unit(origin, float(mean), float(np.sqrt(apart / total)) or 1.0)


def _moments(block, origin):
    count, item, x = np.diff(block.pointer), block.item, block.x - origin
    mean = np.bincount(item, x, len(count)) / np.maximum(count, 1)
    return Moments(count, mean, np.bincount(item, (x - mean[item]) ** 2, len(count)))


def rows(shelf, chunk, users):
    """Return those of the users (k,) who are in a chunk, and their rows (those, d), 0 where nothing is rated."""
    users, found = np.sort(users), [(np.zeros(0, int), np.zeros((0, shelf.store.d)))]
    for block in shelf.known(chunk):
        here = users[(users >= block.first) & (users < block.first + len(block.counts))]
        dense = np.zeros((len(here), shelf.store.d))
        for row, user in zip(dense, here - block.first, strict=True):
            own = block.user == user
            row[block.item[own]] = block.x[own]
        found.append((here, dense))
    return tuple(map(np.concatenate, zip(*found, strict=True)))


# Of a mixture


class Sums(NamedTuple):
    """All that an M-step needs: K (2 d + 2) + 1 numbers."""

    log_likelihood: float
    post: np.ndarray  # (K,): sum of post
    within: np.ndarray  # (K,): sum of post (x - mu)^2 over the ratings
    support: np.ndarray  # (d, K): sum of post over those who rated a movie
    shift: np.ndarray  # (d, K): sum of post (x - mu) over the same

    def __add__(self, other):
        return Sums(*(ours + theirs for ours, theirs in zip(self, other, strict=True)))


def sums(shelf, chunk, mixture):
    """Return the Sums of a chunk."""
    log_likelihood, total, work = 0.0, np.zeros((2, len(mixture.p))), shelf.kernel.begin(mixture)
    for counts, prepared in shelf.blocks(chunk):
        distance = work.distances(prepared)
        post, of_block = estep(counts, distance, mixture)
        work.add(prepared, post)
        log_likelihood += of_block
        total += post.sum(axis=0), np.einsum("uj,uj->j", post, distance)
    return Sums(log_likelihood, *total, *work.sums())


def within(shelf, chunk, mixture, other):
    """Return the squared distances of a chunk's users to another mixture's means, weighted with their post, (K,)."""
    total, work = np.zeros(len(mixture.p)), shelf.kernel.begin(other)
    posts = _posts(shelf, chunk, mixture)
    for (_, prepared), post in zip(shelf.blocks(chunk), posts, strict=True):
        total += np.einsum("uj,uj->j", post, work.distances(prepared))
    return total


def posts(shelf, chunk, mixture):
    """Return the soft counts of a chunk's users, (users, K)."""
    return np.concatenate(list(_posts(shelf, chunk, mixture)))


def _posts(shelf, chunk, mixture):
    """Yield the soft counts of each of a chunk's blocks."""
    work = shelf.kernel.begin(mixture)
    for counts, prepared in shelf.blocks(chunk):
        yield estep(counts, work.distances(prepared), mixture)[0]


def estep(counts, distance, mixture):
    """Return post (users, K) and the log-likelihood, of users with so many ratings at these squared distances."""
    with np.errstate(over="ignore"):  # a density whose logarithm is out of range is 0
        log_normal = -0.5 * counts[:, None] * np.log(2 * np.pi * mixture.var) - distance / (2 * mixture.var)
    return posterior(np.log(mixture.p + 1e-16) + log_normal)


def errors(shelf, chunk, mixture):
    """Return squared_errors of the predictions post @ mu."""
    def predict(hidden, post):
        return np.einsum("mj,mj->m", post[hidden.user], mixture.mu.T[hidden.item])
    return squared_errors(shelf, chunk, predict, _posts(shelf, chunk, mixture))


# Of any model


def squared_errors(shelf, chunk, predict, of_blocks):
    """Return how many ratings of a chunk are hidden, and the sum of the predictions' squared errors.

    Predictions are those of predict(Block of hidden ratings, one of_blocks), (m,), clipped to the scale.
    """
    count, squared, (low, high, _) = 0, 0.0, shelf.store.scale
    for hidden, of_block in zip(shelf.hidden(chunk), of_blocks, strict=True):
        count += len(hidden.x)
        squared += ((np.clip(predict(hidden, of_block), low, high) - hidden.x) ** 2).sum()
    return count, squared


def rmse(place, errors, fitted):
    """Return the RMSE of the predictions of the hidden ratings; None where none is hidden.

    errors(shelf, chunk, fitted) returns squared_errors.
    """
    if not place.hide:
        return None
    count, squared = map(sum, zip(*place.each(errors, fitted), strict=True))
    return float(np.sqrt(squared / count)) if count else None


def sum_of(parts):
    """Return the sum of the parts, added in their order."""
    total = next(parts)
    for part in parts:
        total = total + part
    return total
