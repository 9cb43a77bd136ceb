"""Matrices, as text and sparse."""

import io

import numpy as np
import pytest
from scipy import sparse

from console import InputError
from recommender import formats
from recommender.formats import matrices
from recommender.ratings import Scale
from tests.recommender.formats.cases import AS_MATRIX, SCALES, a_matrix, as_dict, as_lines, npz


def test_rows_and_columns_of_a_matrix_without_ratings_stay(write):
    X = np.array([[0, 0, 0], [4, 0, 2.5], [0, 0, 0]])
    found = formats.read(write(b"0 0 0\n4 0 2.5\n0 0 0\n"), told=AS_MATRIX)
    np.testing.assert_array_equal(found.X.toarray(), X)
    assert found.users.tolist() == found.items.tolist() == [1, 2, 3]
    found = formats.read(write(npz(sparse.csr_array(X))))
    np.testing.assert_array_equal(found.X.toarray(), X)
    assert found.users.tolist() == found.items.tolist() == [0, 1, 2]


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("storage", ["array", "matrix"])
def test_sparse_matrices(kind, storage, write, monkeypatch):
    monkeypatch.setattr(matrices, "_AT_ONCE", 4)
    random = np.random.RandomState(0)
    X = random.randint(1, 6, (7, 5)) * (random.rand(7, 5) < 0.4)
    found = formats.read(write(npz(getattr(sparse, f"{kind}_{storage}")(X))))
    np.testing.assert_array_equal(found.X.toarray(), X)


def test_what_a_sparse_matrix_stores_is_a_rating(write):
    found = formats.read(write(npz(sparse.coo_array(([0, 3, 2, 4], ([1, 0, 1, 0], [1, 0, 0, 0])), shape=(2, 2)))))
    assert as_dict(found) == {(1, 1): 0, (0, 0): 4, (1, 0): 2} and found.scale == Scale(0, 4, 1)


def arrays(**named):
    out = io.BytesIO()
    np.savez(out, **named)
    return out.getvalue()


@pytest.mark.parametrize("damage", [
    {"indices": np.array([0, 7])}, {"indptr": np.array([0, 5, 2])}, {"indptr": np.array([0, 1])}, {"data": np.ones(1)},
    {"indices": np.array([0, -1])}, {"shape": np.array([2, 2, 2])}, {"shape": np.array([-2, 2])}, {"format": b"xyz"},
    {"data": np.array(["a", "b"])}, {"data": np.array([1, None])}, {"shape": np.array([0.5, 2])},
    {"data": np.ones((2, 2))}])
def test_damaged_sparse_matrices(damage, write):
    whole = {"data": np.ones(2), "indices": np.array([0, 1]), "indptr": np.array([0, 1, 2]), "format": b"csr",
             "shape": np.array([2, 2])}
    assert as_dict(formats.read(write(arrays(**whole)))) == {(0, 0): 1, (1, 1): 1}
    with pytest.raises(InputError, match="expected a sparse matrix of ratings"):
        formats.read(write(arrays(**whole | damage)))


def test_a_line_that_is_long_is_looked_at_whole(write):
    X = a_matrix(np.random.RandomState(7), SCALES["1 to 5"], 3, 60_000)
    assert "a matrix of 60000 columns" in formats.read(write(as_lines(X, " "))).notes[0]


def test_jester(write):
    """A matrix in which 99 marks what is missing, and 0 is a rating."""
    X = a_matrix(np.random.RandomState(8), SCALES["-10 to 10"], 100, 40, 0.4, 99)
    X[3, :2] = 0
    given = {(u + 1, i + 1): X[u, i] for u, i in zip(*np.nonzero(X != 99), strict=True)}
    for separator in (",", " ", "\t"):
        found = formats.read(write(as_lines(X, separator)), told=formats.Told(None, (99.0,)))
        assert as_dict(found) == given and given[4, 1] == 0 and found.X.shape == X.shape
        assert "a matrix of 40 columns, 99 = missing, 0 is a rating;" in found.notes[0]
        assert found.notes[1] == f"{(X == 99).sum():,} ratings left out: 99 = missing"
        assert found.scale.high == X[X != 99].max() and not any("warning" in note for note in found.notes)
    counted = np.column_stack([(X != 99).sum(axis=1), X])
    found = formats.read(write(as_lines(counted)))
    assert as_dict(found) == given and "the first number of each line counts its ratings" in found.notes[0]
    assert "(a guess; --format matrix if it is a rating)" in found.notes[0] and "99 = missing, 0 is a" in found.notes[0]
    assert formats.read(write(as_lines(counted)), told=AS_MATRIX).X.shape == counted.shape
    wrong = np.vstack([counted] * 100)
    wrong[-1, 0] -= 1
    with pytest.raises(InputError, match="not all lines begin with the number of their ratings"):
        formats.read(write(as_lines(wrong)))
    warned = formats.read(write(as_lines(X))).notes[-1]
    assert warned == (f"warning: {(X == 99).sum() / (X != 0).sum():.0%} of the ratings are 99; if that marks missing"
                      " ones, say --missing 99")


def test_a_matrix_with_decimal_commas(write):
    X = a_matrix(np.random.RandomState(9), SCALES["half stars"], 60, 8)
    for separator in ";\t":
        found = formats.read(write(as_lines(X, separator).replace(b".", b",")))
        np.testing.assert_array_equal(found.X.toarray(), X)


def test_missing_ratings_that_are_none(write):
    """A number that marks nothing is warned of; of a matrix it is said that its zeros are ratings now."""
    X = a_matrix(np.random.RandomState(10), SCALES["1 to 5"], 100, 8, 0.6, 0)
    notes = formats.read(write(as_lines(X)), told=formats.Told(None, (77.0,))).notes
    assert ("warning: no rating is 77, so --missing leaves out nothing, and 0 is a rating; --missing 77 0 leaves out"
            " both") in notes
    notes = formats.read(write(b"user,item,rating\n1,2,3\n"), told=formats.Told(None, (77.0, -1))).notes
    assert "warning: no rating is 77 or -1, so --missing leaves out nothing" in notes
