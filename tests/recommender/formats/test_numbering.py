"""IDs get the same numbers however they come."""


import numpy as np

from recommender import formats
from recommender.formats import text
from tests.recommender.formats.cases import as_dict, lines


def test_numbering_whatever_the_pieces():
    random = np.random.RandomState(0)
    for case in range(200):
        ids = random.randint(-5, 20, 30)
        words = [f"{id:02d}" if random.rand() < 0.1 * (case % 3) else str(id) for id in ids]
        pieces = np.split(np.array(words), np.sort(random.randint(0, 31, 4)))
        numbering, given = formats.Numbering(), [text.identifiers(piece.tolist()) for piece in pieces]
        codes = np.concatenate([numbering.codes(piece) for piece in given])
        rising, place = numbering.rising()
        together = text.identifiers(words)
        assert codes.dtype == np.int32 and rising.dtype.kind == together.dtype.kind
        np.testing.assert_array_equal(rising, np.unique(together))
        np.testing.assert_array_equal(rising[place[codes]], together)
        assert codes.max() + 1 == len(numbering) == len(place)


def test_names_far_into_a_file(write, monkeypatch):
    monkeypatch.setattr(text, "PIECE", 16)
    found = formats.read(write(lines([(10, 1, 5), (9, 2, 4), (10, 2, 3), ("x", 1, 2)], ",")))
    assert as_dict(found) == {("10", 1): 5, ("9", 2): 4, ("10", 2): 3, ("x", 1): 2}
