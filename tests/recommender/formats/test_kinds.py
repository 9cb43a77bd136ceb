"""A list and a matrix are told apart by their numbers, or not at all."""


import numpy as np
import pytest

from console import InputError
from recommender import formats
from recommender.formats import kinds
from recommender.ratings import Scale
from tests.recommender.formats.cases import AS_LIST, AS_MATRIX, SCALES, a_list, a_matrix, as_dict, as_lines, as_ratings


def test_no_list_is_taken_for_a_matrix_and_no_matrix_for_a_list():
    """Whatever the sizes, scales, orders and codes; and where there are many lines, few are not told apart."""
    random, told = np.random.RandomState(0), {"list": set(), "matrix": set()}
    for case in range(1500):
        scale, code = list(SCALES.values())[case % len(SCALES)], (None, 0, 99, -1)[random.randint(4)]
        m = int(10 ** random.uniform(0, 2.7))
        if case % 2:
            n, d = (10 ** random.uniform(0.3, 2.7, 2)).astype(int)
            told["list"].add(kinds.kind_of(a_list(random, scale, n, d, m, code)[:, : 3 + case % 3 // 2], (0.0,)))
        else:
            V = a_matrix(random, scale, m, 2 + case % 3, random.rand(), code or 0)
            told["matrix"].add(kinds.kind_of(V, (0.0,)))
    assert told == {"list": {"list", None}, "matrix": {"matrix", None}}
    for name in ("1 to 5", "half stars", "0 to 5", "-10 to 10"):
        for _ in range(5):
            assert kinds.kind_of(a_list(random, SCALES[name])[:, :3]) == "list"
            assert kinds.kind_of(a_matrix(random, SCALES[name], 1000, 3)) == "matrix"


def test_what_is_like_both_is_neither():
    """An item that nobody likes, beside two that some do; how often somebody has heard something, week by week."""
    random = np.random.RandomState(11)
    X = np.column_stack([random.randint(0, 101, (200, 2)), random.randint(0, 21, 200)]).astype(float)
    heard = np.column_stack([random.randint(1, 31, 2000), random.randint(1, 21, 2000), random.randint(1, 4, 2000)])
    assert kinds.kind_of(X, (0.0,)) is None and kinds.kind_of(heard.astype(float), (0.0,)) is None


def test_a_list_may_hold_some_pairs_several_times():
    V = a_list(np.random.RandomState(12), SCALES["1 to 5"], m=1000)[:, :3]
    assert kinds.kind_of(np.vstack([V, V[:400]]), (0.0,)) == "list"


SEPARATED = {"tabs": "\t", "blanks": " ", "two blanks": "  ", "tabs in pairs": "\t\t", "commas": ",", "semicolons": ";",
             "commas and blanks": ", "}


@pytest.mark.parametrize("columns", [3, 4])
@pytest.mark.parametrize("separator", SEPARATED)
def test_a_list_of_small_ids_is_a_list(separator, columns, write):
    V = a_list(np.random.RandomState(1), SCALES["1 to 5"])[:, :columns]
    found = formats.read(write(as_lines(V, SEPARATED[separator])))
    assert as_dict(found) == as_ratings(V) and found.scale == Scale(1, 5, 1)
    assert "user, item, rating" in found.notes[0] and "(a guess; --format matrix if it is a matrix)" in found.notes[0]


@pytest.mark.parametrize("columns", [2, 3, 4, 7])
@pytest.mark.parametrize("separator", SEPARATED)
def test_a_matrix_of_few_columns_is_a_matrix(separator, columns, write):
    X = a_matrix(np.random.RandomState(2), SCALES["half stars"], 500, columns)
    found = formats.read(write(as_lines(X, SEPARATED[separator])))
    np.testing.assert_array_equal(found.X.toarray(), X)
    assert f"a matrix of {columns} columns, 0 = missing unless --missing says" in found.notes[0]
    assert ("(a guess; --format list if it is a list)" in found.notes[0]) == (columns in (3, 4))


def test_what_may_be_both_is_asked_and_read_as_it_is_said(write):
    """The same in a store; and of several files in a folder it is still one that could be meant."""
    path = write(b"1 2 3\n2 1 4\n2 3 5\n")
    for each in (formats.read, lambda path: list(formats.chunks(path))):
        with pytest.raises(InputError, match=r"3 numbers could be user, item, rating, or rows of a matrix; say which:"
                                             r" --format list or --format matrix$"):
            each(path)
    assert as_dict(formats.read(path, told=AS_LIST)) == {(1, 2): 3, (2, 1): 4, (2, 3): 5}
    np.testing.assert_array_equal(formats.read(path, told=AS_MATRIX).X.toarray(), [[1, 2, 3], [2, 1, 4], [2, 3, 5]])
    assert "guess" not in formats.read(path, told=AS_LIST).notes[0] + formats.read(path, told=AS_MATRIX).notes[0]
    write(b"1,2,3\n", "folder/a"), write(b"user,item,rating\n1,2,3\n", "folder/b")
    with pytest.raises(InputError, match="holds several files that could be meant"):
        formats.read(path.parent / "folder")


def test_columns_that_are_no_ratings_are_found(write):
    """A time or an ID in a list of more columns, a number of the line, a count that is not always right."""
    random = np.random.RandomState(3)
    listed, zeros = a_list(random, SCALES["1 to 5"], n=50), np.zeros((4000, 1))
    jester = a_matrix(random, SCALES["-10 to 10"], 200, 100, 0.4, 99)
    counted = np.column_stack([(jester != 99).sum(axis=1), jester])
    counted[5, 0] += 1
    for column, V, missing in [
            (4, np.hstack([listed, zeros]), None), (2, np.hstack([listed[:, :3], zeros, zeros + 1]), None),
            (1, np.column_stack([range(60), a_matrix(random, SCALES["0 to 100"], 60, 30)]), None),
            (1, counted, None), (1, counted, (99.0,))]:
        path = write(as_lines(V))
        with pytest.raises(InputError, match=f"column {column} of {V.shape[1]} is no rating on the scale of the others;"
                                             " leave it out, or give --format matrix"):
            formats.read(path, told=formats.Told(None, missing))
        assert formats.read(path, told=AS_MATRIX).X.shape == V.shape


def test_no_column_of_a_matrix_is_odd():
    random = np.random.RandomState(4)
    for case in range(300):
        scale, code = list(SCALES.values())[case % len(SCALES)], (0, 99, -1)[random.randint(3)]
        X = a_matrix(random, scale, random.randint(1, 100), random.randint(5, 100), random.rand() * 0.95, code)
        assert kinds.odd_column(X, (0.0,) if case % 2 else (float(code),)) is None


@pytest.mark.parametrize("V, says", [
    (a_list(np.random.RandomState(5), [1])[:, :2], "without a rating .say --implicit"),
    (np.column_stack([range(90), a_matrix(np.random.RandomState(6), range(1, 6), 90, 2, 0)]),
     "--format list or --format matrix"),
], ids=["pairs", "numbered"])
def test_pairs_and_numbered_lines_are_no_ratings(V, says, write):
    with pytest.raises(InputError, match=says):
        formats.read(write(as_lines(V, " ")))
