"""IDs get the same numbers however they come, and of several ratings of an item by a user one counts."""


import numpy as np
import pytest

from recommender import formats
from recommender.formats import table, text, words
from recommender.ratings import Words
from tests.recommender.formats.cases import as_dict, expected, lines


def test_the_last_counts():
    random = np.random.RandomState(3)
    for case in range(100):
        m = random.randint(1, 60)
        u, i = random.randint(random.randint(1, 9), size=m), random.randint(random.randint(1, 9), size=m)
        x, time = random.randint(-2, 3, m).astype(float), random.randint(4, size=m) if case % 3 else None
        collected = table.Collected()
        for part in np.array_split(np.arange(m), 3):
            collected.add(formats.Chunk(u[part], i[part], x[part], None if time is None else time[part]))
        rows = zip(*map(np.ndarray.tolist, (u, i, x) if time is None else (u, i, x, time)), strict=True)
        assert as_dict(collected.table()) == expected(rows)


@pytest.mark.parametrize("coded", [True, False])
def test_numbering_whatever_the_pieces(coded):
    """As arrays and as Words, some of which are in no row."""
    random = np.random.RandomState(0)
    for case in range(200):
        ids = random.randint(-5, 20 * 10 ** (case % 5), 30)
        written = [f"{id:02d}" if random.rand() < 0.1 * (case % 3) else str(id) for id in ids]
        pieces = np.split(np.array(written), np.sort(random.randint(0, 31, 4)))
        numbering, given = table.Numbering(), [words.identifiers(piece.tolist()) for piece in pieces]
        if coded:
            given = [words.coded(["unused", *piece.tolist()]) for piece in pieces]
            given = [Words(each.words, each.codes[1:]) for each in given]
        codes = np.concatenate([numbering.codes(piece) for piece in given])
        rising, place = numbering.rising()
        together = words.identifiers(written)
        assert codes.dtype == np.int32 and rising.dtype.kind == together.dtype.kind
        np.testing.assert_array_equal(rising, np.unique(together))
        np.testing.assert_array_equal(rising[place[codes]], together)
        assert codes.max() + 1 == len(numbering) == len(place)


def test_whole_numbers_with_a_point_are_whole_numbers():
    """If all IDs are: 40.0 is 40, also where both are there; and 40.5 is not."""
    for written, ids in ((["40.0", "7.0"], [7, 40]), (["40", "40.0", "7"], [7, 40]), (["40.0", "x"], ["40.0", "x"]),
                         (["40.0", "40.5"], ["40.0", "40.5"]), (["40.0", "040"], ["040", "40.0"])):
        numbering = table.Numbering()
        codes = numbering.codes(np.array(written))
        rising, place = numbering.rising()
        assert rising.tolist() == ids
        wanted = [int(float(word)) if rising.dtype.kind == "i" else word for word in written]
        assert rising[place[codes]].tolist() == wanted


def test_names_far_into_a_file(write, monkeypatch, reader):
    monkeypatch.setattr(text, "PIECE", 16)
    found = formats.read(write(lines([(10, 1, 5), (9, 2, 4), (10, 2, 3), ("x", 1, 2)], ",")))
    assert as_dict(found) == {("10", 1): 5, ("9", 2): 4, ("10", 2): 3, ("x", 1): 2}


def test_pairs_stay_apart_where_their_numbers_are_large():
    for step in (1, 2**40):
        pairs = np.array([3, 1, 3, 2, 1]) * step
        assert formats.lasts(pairs, None).tolist() == [4, 3, 2]
        assert formats.lasts(pairs, np.array([2, 1, 1, 0, 0])).tolist() == [1, 3, 0]
