"""The conversion of files of any size."""

import os
import tracemalloc

import numpy as np
import pytest

from recommender import formats
from recommender.formats import Chunk
from recommender.scale import convert, store
from tests.recommender.scale import cases
from tests.recommender.scale.cases import status


def chunked(random, u, i, x, time, size=37):
    """Ratings in Chunks of a random order; unrated IDs come with the last one."""
    order = random.permutation(len(x))
    for start in range(0, len(x), size):
        part = order[start:start + size]
        yield Chunk(u[part], i[part], x[part], None if time is None else time[part])
    yield Chunk(u[:0], i[:0], x[:0], None, (np.array([999]), np.array([998, 997])))


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("kind", cases.KINDS)
def test_conversion_finds_what_reading_finds(tmp_path, kind, timed, monkeypatch):
    """Repeated ratings among them, times that are equal, and IDs in no order."""
    monkeypatch.setattr(convert, "SLAB", 50)
    random = np.random.RandomState(5)
    m = 700
    u, i, x = random.randint(30, size=m) * 17, random.randint(12, size=m) * 7, cases.KINDS[kind](random, m)
    time = random.randint(5, size=m) if timed else None
    order = list(chunked(random, u, i, x, time))
    collected = formats.table.Collected()
    for chunk in order:
        collected.add(chunk)
    table = collected.table()
    notes = convert.convert(order, tmp_path / "store")
    found = store.open_store(tmp_path / "store")
    assert np.array_equal(cases.matrix(found), table.X.toarray()) and found.scale == table.scale
    for ours, theirs in zip(found.ids(), (table.users, table.items), strict=True):
        assert np.array_equal(ours, theirs)
    assert (*found.shape, found.ratings) == (*table.X.shape, table.X.nnz) and m - table.X.nnz > 100
    assert notes == [*table.notes] and f"{m - table.X.nnz} ratings dropped" in notes[1]
    assert sorted(os.listdir(tmp_path)) == ["store"]
    assert {name[:5] for name in os.listdir(tmp_path / "store")} == {"heade", "users", "items", "chunk"}


def test_an_id_that_is_written_in_two_ways_is_one(tmp_path):
    ids = np.array(["7", "40.0", "40", "8.0"])
    convert.convert([Chunk(ids, ids[::-1], np.array([1.0, 2, 3, 4]))], tmp_path / "store")
    found = store.open_store(tmp_path / "store")
    assert [each.tolist() for each in found.ids()] == [[7, 8, 40]] * 2
    assert cases.matrix(found).tolist() == [[0, 1, 0], [4, 0, 0], [0, 0, 3]]


def test_conversion_takes_no_more_memory_for_more_ratings(tmp_path, monkeypatch):
    cases.small(monkeypatch, 64, 2**14)
    monkeypatch.setattr(convert, "SLAB", 2**13)

    def peak(parts, path):
        random = np.random.RandomState(0)
        tracemalloc.start()
        convert.convert((Chunk(random.randint(300, size=2**12), random.randint(3000, size=2**12),
                                  random.randint(1, 6, 2**12) * 1.0, None) for _ in range(parts)), path)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(2, tmp_path / "first")  # what is loaded once
    assert peak(60, tmp_path / "much") < 1.2 * peak(15, tmp_path / "little")


def test_an_interrupted_conversion_leaves_nothing(tmp_path):
    def broken():
        yield Chunk(np.array([1]), np.array([1]), np.array([1.0]), None)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert.convert(broken(), tmp_path / "store")
    assert not list(tmp_path.iterdir())


def test_the_program_converts(tmp_path, capsys):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n7,b,4.5,2\n3,a,1,1\n7,b,2,1\n3,b,5,1\n")
    assert status("convert", tmp_path / "ratings.csv", tmp_path / "store") == 0
    assert "2 users, 2 items, 3 ratings\n" in capsys.readouterr().out
    found = store.open_store(tmp_path / "store")
    assert cases.matrix(found).tolist() == [[1, 5], [0, 4.5]] and found.ids()[0].tolist() == [3, 7]


@pytest.mark.parametrize("content", ["userId,movieId,rating,timestamp\n7,b,4.5,2\n3,a,1,1\n7,b,2,1\n3,b,5,1\n",
                                     "1::1::4\n2::1::3\n2::1::1\n"])
def test_the_program_says_of_a_file_what_fit_says(tmp_path, capsys, content):
    (tmp_path / "ratings.dat").write_text(content)
    assert status("convert", tmp_path / "ratings.dat", tmp_path / "store") == 0
    converted = capsys.readouterr().out
    assert status("fit", tmp_path / "ratings.dat", "--model", "constant", "--out", tmp_path / "m.npz") in (0, 2)
    fitted = capsys.readouterr().out
    said = fitted[:fitted.index("2 users")]
    assert converted.startswith(said) and said.startswith("Data: ") and said.count("\n") == 3


def test_a_scale_that_the_user_says_is_the_stores(tmp_path, capsys):
    (tmp_path / "r.csv").write_text("1,1,4\n2,1,3\n")
    words = "--format", "list", "--scale", 1, 5
    assert status("convert", tmp_path / "r.csv", tmp_path / "store", *words) == 0
    assert store.open_store(tmp_path / "store").scale == (1, 5, 1)
    assert status("convert", tmp_path / "r.csv", tmp_path / "no", "--format", "list", "--scale", 1, 3) == 2
    assert not (tmp_path / "no").exists() and "--scale 1 3: there are ratings from 1 to 4" in capsys.readouterr().err


@pytest.mark.parametrize("given, says", [
    (["missing.csv", "store"], "missing.csv does not exist"),
    (["bad.csv", "store"], "bad.csv"),
    (["ratings.csv", "ratings.csv"], "already there"),
    (["ratings.csv", "nowhere/store"], "not a folder that can be written to"),
])
def test_the_program_refuses_in_one_line(tmp_path, capsys, monkeypatch, given, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ratings.csv").write_text("1,1,4\n2,1,3\n")
    (tmp_path / "bad.csv").write_text("1,1,4\n2,1,three\n")
    assert status("convert", *given) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == ["bad.csv", "ratings.csv"]
