"""The store: what is written is read again, also by its documented layout, and damage is found."""

import hashlib
import itertools
import json
import os
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from scipy.sparse import csr_array

from console import InputError
from recommender.scale import store
from tests.recommender.scale import cases


@pytest.fixture
def example(tmp_path):
    X = cases.ratings(np.random.RandomState(0), 40, 9)
    return X, cases.stored(tmp_path / "store", X)


@pytest.mark.parametrize("kind", cases.KINDS)
@pytest.mark.parametrize("n, d", [(40, 9), (3, 30), (150, 2), (60, 30)])
def test_what_is_written_is_read_again(tmp_path, kind, n, d):
    X = cases.ratings(np.random.RandomState(1), n, d, kind=kind)
    found = cases.stored(tmp_path / "store", X)
    assert np.array_equal(cases.matrix(found), X)
    assert found.shape == X.shape and found.ratings == np.count_nonzero(X)
    assert found.values.tolist() == (np.unique(X[X != 0]).tolist() if np.unique(X).size <= 256 else [])
    assert found.scale[:2] == (X[X != 0].min(), X.max())
    assert [piece.first for piece in found.pieces] == list(np.cumsum([0, *(p.users for p in found.pieces)])[:-1])


def test_a_stored_0_is_a_rating(tmp_path):
    X = csr_array(([0.0, 2, 0], ([0, 0, 2], [1, 0, 0])), shape=(3, 2))
    found = cases.stored(tmp_path / "store", X)
    block = store.read_block(found, 0, found.chunks[0][0])
    assert found.ratings == 3 and sorted(block.x) == [0, 0, 2] and block.counts.tolist() == [2, 0, 1]


def test_the_layout_is_the_documented_one(example):
    """Read with nothing but the standard library, as docs/scale.md says."""
    X, found = example
    header = json.loads((found.path / "header.json").read_text())
    n, d, read = header["users"], header["items"], {}
    for number, blocks in enumerate(header["chunks"]):
        content = (found.path / f"chunk-{number:05}.bin").read_bytes()
        for first, users, ratings, offset, _ in blocks:
            position = offset
            columns = []
            for letter, count in (("i", d + 1), ("i", users), ("H", ratings), ("B", ratings)):
                columns.append(struct.unpack_from(f"<{count}{letter}", content, position))
                position += -(-struct.calcsize(f"<{count}{letter}") // 8) * 8
            pointer, counts, user, rating = columns
            assert sum(counts) == ratings
            for i in range(d):
                for r in range(pointer[i], pointer[i + 1]):
                    read[first + user[r], i] = header["values"][rating[r]]
    assert read == {(u, i): X[u, i] for u, i in np.argwhere(X)} and n == len(X)


@pytest.mark.parametrize("counts", [[0], [5, 0, 0], [1] * 100, [1000, 1, 1, 1], [3] * 10 + [0] * 30])
def test_arrangement_has_all_users_once(counts, monkeypatch):
    chunks = store.arrangement(np.array(counts))
    assert sum(map(sum, chunks)) == len(counts) and all(0 < size <= 7 for sizes in chunks for size in sizes)
    starts = np.cumsum([0, *map(sum, chunks)])
    for start, end in itertools.pairwise(starts):  # no chunk needs more than a user could spare
        assert sum(counts[start:end - 1]) <= 60


def test_a_chunk_is_some_megabytes_at_the_size_of_the_prize(monkeypatch):
    monkeypatch.undo()
    chunks = store.arrangement(np.full(480_189, 209))
    sizes = [209 * sum(chunk) for chunk in chunks]
    assert len(chunks) == 8 and max(sizes) < 2**24 and max(map(max, chunks)) == 4096


def test_ids_come_back(tmp_path):
    X = csr_array(np.ones((2, 3)))
    users, items = np.array([7, 10**15]), np.array(["Amélie", "b", "c"])
    made = cases.stored(tmp_path / "store", X, users, items)
    for found, written in zip(made.ids(), (users, items), strict=True):
        assert np.array_equal(found, written) and found.dtype == written.dtype


def everything(found):
    found.ids()
    return cases.matrix(found)


@pytest.mark.parametrize("file", ["header.json", "users.npy", "items.npy", "chunk-00001.bin"])
@pytest.mark.parametrize("damage", ["one bit", "cut off", "empty", "missing"])
def test_damage_is_found(example, file, damage):
    _, found = example
    path = found.path / file
    content = bytearray(path.read_bytes())
    if damage == "one bit":
        content[len(content) // 2] ^= 4
    path.unlink()
    if damage != "missing":
        path.write_bytes({"one bit": content, "cut off": content[:-1], "empty": b""}[damage])
    with pytest.raises(InputError) as error:
        everything(store.open_store(found.path))
    assert str(found.path) in str(error.value) and "\n" not in str(error.value)


def test_every_bit_of_a_header_counts(example):
    _, found = example
    content = (found.path / "header.json").read_bytes()
    for place in np.random.RandomState(0).randint(len(content), size=60):
        changed = bytearray(content)
        changed[place] ^= 1
        (found.path / "header.json").write_bytes(changed)
        with pytest.raises(InputError):
            store.open_store(found.path)


@pytest.mark.parametrize("content, says", [
    (b"{}", "no store of ratings"), (b"[1]", "no store of ratings"), (b"\xff", "no store of ratings"),
    (b'{"format": "another", "version": 1}', "no store of ratings"),
    (b'{"format": "ratings in blocks", "version": 0}', "version 0; expected version 1"),
])
def test_what_is_no_store_is_refused(tmp_path, content, says):
    (tmp_path / "header.json").write_bytes(content)
    with pytest.raises(InputError, match=says):
        store.open_store(tmp_path)


def sealed(path, change=lambda header: None):
    """Let all checksums of a store be right, and that of its header, a dict, after a change, too."""
    header = json.loads((path / "header.json").read_text())
    del header["sha256"]
    header["ids"] = [zlib.crc32((path / f"{name}.npy").read_bytes()) for name in ("users", "items")]
    for number, chunk in enumerate(header["chunks"]):
        content = (path / f"chunk-{number:05}.bin").read_bytes()
        starts = [piece[3] for piece in chunk] + [len(content)]
        for piece, (start, end) in zip(chunk, itertools.pairwise(starts), strict=True):
            piece[4] = zlib.crc32(content[start:end])
    change(header)
    text = json.dumps(header, sort_keys=True)
    (path / "header.json").write_text(json.dumps(header | {"sha256": hashlib.sha256(text.encode()).hexdigest()}))


def refused(path):
    with pytest.raises(InputError, match="is damaged") as error:
        everything(store.open_store(path))
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_sealed_store_is_read(example):
    X, found = example
    sealed(found.path)
    assert np.array_equal(everything(store.open_store(found.path)), X)


@pytest.mark.parametrize("name, forged", [
    ("users", 41), ("users", "40"), ("items", 9.0), ("items", 10), ("items", None), ("items", 10**30),
    ("ratings", 10**9), ("values", [1, 2, float("nan")]), ("values", ["one"]), ("values", [[1.0], [2.0]]),
    ("values", 3), ("values", [1.0, 2.0]), ("scale", [1, 5]), ("scale", [1, float("inf"), 1]), ("scale", [1, [5], 1]),
    ("chunks", []), ("chunks", 7), ("ids", []), ("ids", [1, 2, 3]),
])
def test_a_forged_header_is_refused(example, name, forged):
    sealed(example[1].path, lambda header: header.update({name: forged}))
    refused(example[1].path)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("forged", [-1, 10**6, 10**30, 1.5, None])
def test_a_forged_place_of_a_block_is_refused(example, place, forged):
    sealed(example[1].path, lambda header: header["chunks"][0][-1].__setitem__(place, forged))
    refused(example[1].path)


def test_whatever_stands_in_a_header_the_store_is_read_or_refused(example):
    """All that it is made of, exchanged for something else."""
    path = example[1].path
    strange = [None, -1, 1e99, "x", [], {}, [[]], [[[]]], [1], True]
    for name in json.loads((path / "header.json").read_text()).keys() - {"format", "version", "sha256"}:
        for what in strange:
            before = (path / "header.json").read_bytes()
            for place in ((), (0,), (0, 0), (0, 0, 0)):
                def change(header, place=place, name=name, what=what):
                    where, key = header, name
                    for index in place:
                        where, key = where[key], index
                    where[key] = what
                with suppress(TypeError, KeyError, IndexError):  # there is no such place
                    sealed(path, change)
                with suppress(InputError):
                    everything(store.open_store(path))
                (path / "header.json").write_bytes(before)


@pytest.mark.parametrize("function", ["fits", "_described", "check_ids", "_leads_nowhere_else"])
def test_a_mistake_of_ours_is_not_told_as_damage_of_the_store(example, function, monkeypatch):
    def mistaken(*_):
        raise TypeError("a mistake of ours")
    monkeypatch.setattr(store, function, mistaken)
    with pytest.raises(TypeError, match="a mistake of ours"):
        everything(store.open_store(example[1].path))


@pytest.mark.parametrize("ids", [np.arange(39), np.arange(41), np.zeros((40, 1), int), np.zeros(40), np.array(3),
                                 np.array([b"a"] * 40),
                                 pytest.param(np.full(40, 0x110000, np.int32).view("U1"), id="no letters")])
def test_forged_ids_are_refused(example, ids):
    np.save(example[1].path / "users.npy", ids)
    sealed(example[1].path)
    refused(example[1].path)


def test_ids_under_a_forged_head_are_refused(example):
    """Byte by byte: NumPy's reader of it has errors of many kinds."""
    path = example[1].path / "users.npy"
    content = path.read_bytes()
    for place in range(content.index(b"\n")):
        path.write_bytes(content[:place] + b"(" + content[place + 1:])
        sealed(example[1].path)
        with suppress(InputError):
            everything(store.open_store(example[1].path))


@pytest.mark.parametrize("column, index, forged", [
    ("pointer", 0, 1), ("pointer", -1, 10**6), ("pointer", 2, -5), ("pointer", 2, 2**31 - 1), ("counts", 0, -1),
    ("user", -1, 7), ("user", 0, 2**16 - 1), ("rating", 0, 5), ("rating", -1, 255),
])
def test_forged_columns_are_refused(example, column, index, forged):
    """A user, a value or a place that there is not: compiled loops would write where it leads."""
    _, found = example
    piece = found.chunks[0][0]
    names = ("pointer", "counts", "user", "rating")
    start, length, dtype = store._columns(found, piece.users, piece.ratings)[0][names.index(column)]
    content = np.fromfile(found.path / "chunk-00000.bin", np.uint8)
    content[piece.offset + start:][:length].view(dtype)[index] = forged
    content.tofile(found.path / "chunk-00000.bin")
    sealed(found.path)
    refused(found.path)


def test_a_float_that_is_no_number_is_refused(tmp_path):
    found = cases.stored(tmp_path / "store", cases.ratings(np.random.RandomState(0), 40, 9, kind="floats"))
    content = np.fromfile(found.path / "chunk-00000.bin", np.uint8)
    content[-8:].view(float)[:] = np.nan
    content.tofile(found.path / "chunk-00000.bin")
    sealed(found.path)
    refused(found.path)


def test_a_folder_without_a_header_and_a_file_are_refused(tmp_path):
    (tmp_path / "file").write_text("1 2 3\n")
    for path in (tmp_path, tmp_path / "file", tmp_path / "missing"):
        with pytest.raises(InputError, match="expected a folder that convert has written"):
            store.open_store(path)


@pytest.mark.parametrize("error", [KeyboardInterrupt, InputError, MemoryError])
def test_a_store_is_written_whole_or_not_at_all(tmp_path, error):
    with pytest.raises(error), store.writing(tmp_path / "store") as writer:
        writer.chunk([2], 1, np.array([0]), np.array([0]), np.array([3.0]))
        raise error
    assert not list(tmp_path.iterdir())


def test_nothing_is_replaced_by_a_store(tmp_path):
    for name in ("file", "folder", "link"):
        path = tmp_path / name
        {"file": path.touch, "folder": path.mkdir, "link": lambda: os.symlink("nowhere", tmp_path / "link")}[name]()
        with pytest.raises(InputError, match="already there"), store.writing(path):
            pass
    with pytest.raises(InputError, match="not a folder that can be written to"), store.writing(tmp_path / "a" / "b"):
        pass
