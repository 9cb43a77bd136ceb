"""The store: a folder with ratings in blocks, each block in columns. docs/scale.md has the layout.

A block holds the ratings of up to 4096 users: an array (users, K) then stays in the processor's cache while a kernel
goes through the movies. A chunk is several blocks in one file, on which one thread or worker works at a time.
"""

import hashlib
import io
import json
import os
import shutil
import zlib
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from console import InputError, check_folder_of, read_file, write_file
from recommender.damaged import BROKEN, Damaged, check, fits, refusing
from recommender.ratings import Scale, check_ids

FORMAT, VERSION = "ratings in blocks", 1
HEADER, USERS, ITEMS = "header.json", "users.npy", "items.npy"
FORM = {"users": int, "items": int, "ratings": int, "values": [float], "scale": (float, float, float),
        "chunks": [[(int, int, int, int, int)]], "ids": (int, int)}  # of the header
VALUES = 255  # distinct ratings at most, for a rating to be one byte
BLOCK_USERS, BLOCK_RATINGS = 4096, 2**20
MOST_USERS = 2**16  # of a block: a user's number has two bytes
ANEW = "convert the ratings anew"
CHUNKS, SMALL_CHUNK, LARGE_CHUNK = 8, 2**18, 2**24  # chunks wanted, ratings of a chunk at least and at most


class Block(NamedTuple):
    """The ratings of some users, sorted by movie, then by rating."""

    first: int  # number of the first user
    pointer: np.ndarray  # (d + 1,) int32: ratings pointer[i] to pointer[i + 1] - 1 are of movie i
    counts: np.ndarray  # (users,) int32: how many ratings each user has
    user: np.ndarray  # (m,) uint16: who rated, counted from the first user
    rating: np.ndarray  # (m,) uint8: index of the value; or float64: the rating itself
    values: np.ndarray  # distinct ratings; empty if `rating` has the ratings themselves

    @property
    def x(self):
        """The ratings, (m,)."""
        return self.values[self.rating] if len(self.values) else self.rating

    @property
    def item(self):
        """The movie of each rating, (m,) int32."""
        return np.repeat(np.arange(len(self.pointer) - 1, dtype=np.int32), np.diff(self.pointer))

    def only(self, kept):
        """Return the Block of the ratings where `kept`, (m,) bool."""
        user, pointer = self.user[kept], np.concatenate([[0], np.cumsum(kept)])[self.pointer].astype(np.int32)
        counts = np.bincount(user, minlength=len(self.counts)).astype(np.int32)
        return self._replace(pointer=pointer, counts=counts, user=user, rating=self.rating[kept])

    def matrix(self, x):
        """Return numbers x (m,) at the places of the ratings, a csc_array (users, d)."""
        shape = len(self.counts), len(self.pointer) - 1
        return csc_array((x, self.user.astype(np.int32), self.pointer), shape)


class Piece(NamedTuple):
    """The place of a block on disk: offset in its chunk's file, and CRC-32 of its bytes."""

    first: int
    users: int
    ratings: int
    offset: int
    crc32: int


class Store(NamedTuple):
    """An open store; its ratings are on disk."""

    path: Path
    n: int
    d: int
    ratings: int
    values: np.ndarray  # (at most 255,) rising; empty if ratings are stored as floats
    scale: Scale
    chunks: tuple  # of tuples of Pieces
    sums: tuple  # crc32 of the files of IDs
    identity: str  # sha256 of the header, which has the checksums of everything else

    @property
    def pieces(self):
        return [piece for chunk in self.chunks for piece in chunk]

    @property
    def shape(self):
        return self.n, self.d

    def ids(self):
        """Return the IDs of users (n,) and items (d,); raise InputError if the files are damaged."""
        return tuple(_read_ids(self.path / name, crc32, size)
                     for name, crc32, size in zip((USERS, ITEMS), self.sums, self.shape, strict=True))


def open_store(path):
    """Return the Store in the folder at `path`; raise InputError if it is none, damaged, or of another version."""
    path = Path(path)
    if not path.is_dir() or not (path / HEADER).is_file():
        raise InputError(f"{path} is no store of ratings; expected a folder that convert has written")
    content = read_file(path / HEADER, 2**30)
    try:
        header = json.loads(content)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise InputError(f"{path} is no store of ratings: its {HEADER} is another program's, or damaged")
    version = header.get("version")
    if version != VERSION:
        raise InputError(f"{path} is a store of version {version}; expected version {VERSION}: convert it anew")
    identity = header.pop("sha256", None)
    if identity != _identity(header):
        raise InputError(f"{path} is damaged: its {HEADER} does not have the checksum that it had")
    with refusing(path, f"is damaged: convert would not write such a {HEADER}", ANEW, Damaged):
        return _described(path, header, identity)


def _described(path, header, identity):
    """Return the Store that a header describes; raise Damaged if no store has such a header."""
    check(fits(header, FORM), "its parts are of other kinds")
    check(header["items"] < 2**31 and len(header["values"]) <= VALUES, "it has too many items or values")
    chunks = tuple(tuple(Piece(*piece) for piece in chunk) for chunk in header["chunks"])
    check(chunks and all(chunks), "a chunk has no blocks")
    store = Store(path, header["users"], header["items"], header["ratings"], np.array(header["values"], dtype=float),
                  Scale(*header["scale"]), chunks, tuple(header["ids"]), identity)
    first, users, ratings, *_ = zip(*store.pieces, strict=True)
    check(0 < min(users) <= max(users) <= MOST_USERS and [*first, store.n] == [0, *accumulate(users)]
          and sum(ratings) == store.ratings, "the blocks are not all of the ratings")
    return store


def read_block(store, chunk, piece):
    """Return a Block; raise InputError if it is not as it was written."""
    file, columns, size = store.path / chunk_name(chunk), *_columns(store, piece.users, piece.ratings)
    try:
        content = np.fromfile(file, np.uint8, size, offset=piece.offset)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from None
    if len(content) != size or zlib.crc32(content) != piece.crc32:
        raise InputError(f"{file} is damaged: a block does not have the checksum that it had; {ANEW}")
    block = Block(piece.first, *(content[start:start + length].view(dtype) for start, length, dtype in columns),
                  store.values)
    if not _leads_nowhere_else(block):
        raise InputError(f"{file} is damaged: a block's columns do not fit one another; {ANEW}")
    return block


def blocks(store):
    """Yield all Blocks of a store from disk, in their order."""
    for number, chunk in enumerate(store.chunks):
        for piece in chunk:
            yield read_block(store, number, piece)


def matrix(blocks):
    """Return the ratings of Blocks as a csr_array (n, d) with sorted indices, in which a stored 0 is a rating."""
    return csr_array(vstack([block.matrix(block.x).tocsr() for block in blocks], format="csr"))


def _leads_nowhere_else(block):
    """Return whether all users, movies and values of a Block exist. Compiled loops do not check them."""
    pointer, rating = block.pointer, block.rating
    return (pointer[0] == 0 and pointer[-1] == len(block.user) and (pointer[1:] >= pointer[:-1]).all()
            and block.user.max(initial=0) < len(block.counts) and block.counts.min() >= 0
            and (rating.max(initial=0) < len(block.values) if len(block.values) else np.isfinite(rating).all()))


def chunk_name(number):
    return f"chunk-{number:05}.bin"


def _types(coded):
    """Return the types of a block's columns."""
    return "<i4", "<i4", "<u2", "u1" if coded else "<f8"


def _columns(store, users, ratings):
    """Return (start, bytes, dtype) of a block's columns, each starting at a multiple of 8, and the bytes of all."""
    columns, start = [], 0
    for dtype, count in zip(map(np.dtype, _types(len(store.values) > 0)), (store.d + 1, users, ratings, ratings),
                            strict=True):
        columns.append((start, dtype.itemsize * count, dtype))
        start += -(-dtype.itemsize * count // 8) * 8
    return columns, start


def _identity(header):
    return hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()


def _read_ids(path, crc32, size):
    content = read_file(path, 2**36, "a file of the store")
    if zlib.crc32(content) != crc32:
        raise InputError(f"{path} is damaged: it does not have the checksum that it had; {ANEW}")
    with refusing(path, "is damaged", ANEW, BROKEN):
        ids = np.load(io.BytesIO(content), allow_pickle=False)
    with refusing(path, "is damaged", ANEW, Damaged):
        check_ids(ids, size)
    return ids


# Writing


def arrangement(counts):
    """Return how many users the blocks of each chunk have, lists of a list, given the users' counts of ratings (n,)."""
    total = max(int(counts.sum()), 1)
    large = np.clip(-(-total // CHUNKS), SMALL_CHUNK, LARGE_CHUNK)
    block = int(np.clip(BLOCK_RATINGS * len(counts) // total, 1, BLOCK_USERS))
    chunk_of = np.minimum(np.cumsum(counts) - counts, total - 1) // large
    _, sizes = np.unique(chunk_of, return_counts=True)
    return [[min(block, size - start) for start in range(0, size, block)] for size in sizes.tolist()]


def check_new(path):
    """Return the absolute path of a folder to make; raise InputError if it exists already, or cannot be made."""
    path = Path(os.path.abspath(path))
    try:
        os.lstat(path)
    except FileNotFoundError:
        check_folder_of(path)
        return path
    except OSError as error:  # for example, because the name is too long
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
    raise InputError(f"{path} is already there; expected a new name for the store")


@contextmanager
def writing(path):
    """Yield the Writer of a new store, which appears at the end, whole, or not at all; see check_new."""
    path = check_new(path)
    temporary = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        temporary.mkdir()
        yield Writer(temporary)
        os.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


class Writer:
    """Writes a store: `chunk` for each chunk, in order, then `finish`."""

    def __init__(self, folder):
        self.folder, self._chunks, self._first = folder, [], 0

    def chunk(self, sizes, d, user, item, x, values=()):
        """Write the next chunk: ratings x (m,) of d movies by users in blocks of `sizes` users, no pair twice.

        Users rise, and are counted from the first one of the chunk. `values` are the distinct ratings of all chunks, at
        most 255, rising; without them, ratings are stored as floats.
        """
        pieces, offset, firsts = [], 0, np.cumsum([0, *sizes])
        ends = np.searchsorted(user, firsts).tolist()
        with open(self.folder / chunk_name(len(self._chunks)), "xb") as file:
            for first, size, start, end in zip(firsts[:-1], sizes, ends[:-1], ends[1:], strict=True):
                own = slice(start, end)
                content = _block_bytes(size, d, user[own] - first, item[own], x[own], values)
                file.write(content)
                pieces.append(Piece(self._first, size, end - start, offset, zlib.crc32(content)))
                offset, self._first = offset + len(content), self._first + size
        self._chunks.append(pieces)

    def finish(self, users, items, scale, values=()):
        """Write the IDs of users (n,) and items (d,), and the header with the ratings' Scale and distinct values."""
        for name, ids in ((USERS, users), (ITEMS, items)):
            np.save(self.folder / name, ids, allow_pickle=False)
        ratings = sum(piece.ratings for chunk in self._chunks for piece in chunk)
        header = {"format": FORMAT, "version": VERSION, "users": len(users), "items": len(items), "ratings": ratings,
                  "values": [float(value) for value in values], "scale": scale, "chunks": self._chunks,
                  "ids": [zlib.crc32((self.folder / name).read_bytes()) for name in (USERS, ITEMS)]}
        write_file(self.folder / HEADER, json.dumps(header | {"sha256": _identity(header)}).encode())


def _block_bytes(users, d, user, item, x, values):
    """Return a block's columns, sorted by movie, value and user; `user` rises."""
    counts = np.bincount(user, minlength=users)
    if len(values):  # three digits of one number: sorting numbers is quicker than sorting by keys
        number = item.astype(np.int64) * len(values) + np.searchsorted(values, x)
        number, user = np.divmod(np.sort(number * users + user), users)
        item, rating = np.divmod(number, len(values))
    else:
        order = np.argsort(item, kind="stable")
        user, item, rating = user[order], item[order], x[order]
    columns = np.searchsorted(item, np.arange(d + 1)), counts, user, rating
    parts = (column.astype(dtype).tobytes() for column, dtype in zip(columns, _types(len(values) > 0), strict=True))
    return b"".join(part + bytes(-len(part) % 8) for part in parts)
