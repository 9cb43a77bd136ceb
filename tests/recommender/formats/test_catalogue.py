"""A file that cannot be read is refused in one line that says what it is."""


import pytest
from scipy import sparse

from console import InputError
from recommender import formats
from recommender.formats import text
from tests.recommender.formats.cases import CASES, WRONG, lines, npz


@pytest.mark.parametrize("content, says", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said_in_one_line(content, says, write, monkeypatch, reader):
    """Also where the header stands in a piece of its own, and what follows could be read quickly."""
    path = write(content, "ratings")
    for size in (text.PIECE, 23, 30, 40, 50):
        monkeypatch.setattr(text, "PIECE", size)
        with pytest.raises(InputError) as error:
            formats.read(path)
        message = str(error.value)
        assert says in message and str(path) in message and "\n" not in message and len(message) < 2000, message


@pytest.mark.parametrize("content, told, says", [
    (lines(CASES["ratings.csv"][1], ","), "matrix", None),
    (CASES["ratings.csv"][0], "matrix", "a header, .*; expected a matrix, as --format says"),
    (CASES["combined_data"][0], "matrix", "movie by movie as in the Netflix Prize; expected a matrix, as"),
    (npz(sparse.eye(3)), "list", "scipy's sparse matrix; .*; expected a list, as --format says"),
    (b"1 2 3 4 5\n", "list", "a matrix of 5 columns, .*; expected a list, as --format says"),
    (b"ann,heat,5\n", "matrix", "no header, user, item, rating .*; expected a matrix, as --format says"),
    (b"hello world\n", "matrix", "a matrix has numbers only, without a header and without names"),
    (b",Heat,Alien\nann,5,3\n", "matrix", "a matrix has numbers only, without a header and without names"),
])
def test_a_format_that_cannot_be_is_refused(content, told, says, write):
    path = write(content)
    if says is None:
        assert formats.read(path, told=formats.Told(told)).X.shape == (5, 4)
        return
    with pytest.raises(InputError, match=says):
        formats.read(path, told=formats.Told(told))


@pytest.mark.parametrize("content", [lines([[2, 0, 4, 5, 3]] * 30, ","), CASES["combined_data"][0], npz(sparse.eye(3))])
@pytest.mark.parametrize("told", [{"columns": {"user": "1"}}, {"user": "ann"}])
def test_columns_of_what_has_none_are_refused(content, told, write):
    with pytest.raises(InputError, match=f"expected a list with columns, as --{next(iter(told))} says"):
        formats.read(write(content), told=formats.Told(**told))
