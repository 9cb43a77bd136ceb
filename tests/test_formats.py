"""Ratings in every format that people have, written here; what is wrong in them is said with its line."""

import csv
import gzip
import io
import os
import re
import zipfile

import numpy as np
import pytest
from scipy import sparse

from console import InputError
from recommender import formats
from recommender.formats import kinds, lists, matrices, netflix, opening, table, text
from recommender.ratings import Levels, Scale

# user, item, rating, time
ROWS = [(196, 242, 3, 881250949), (186, 302, 3, 891717742), (22, 377, 1, 878887116), (196, 302, 4, 881250000),
        (22, 242, 5, 878887000)]
BY_DAYS = [(user, item, x, time // 86400) for user, item, x, time in ROWS]
NAMED = [("ann", "007", 4.5, 7), ("Bo, Jr.", "7", 0.5, 6), ("ann", "x y", 3.0, 5), ("Zoë", "007", 2.0, 4)]


def lines(rows, separator, end="\n"):
    return "".join(separator.join(map(str, row)) + end for row in rows).encode()


def quoted(rows, *header, **options):
    out = io.StringIO()
    csv.writer(out, **options).writerows([header, *rows])
    return out.getvalue().encode()


def netflix_file(rows, end="\n"):
    """The rows in the Netflix Prize's manner; times are days since 1970."""
    parts = []
    for item in sorted({row[1] for row in rows}):
        parts.append(f"{item}:{end}")
        parts += [f"{u},{x},{np.datetime64(t, 'D')}{end}" for u, i, x, t in rows if i == item]
    return "".join(parts).encode()


def expected(rows):
    """The ratings as a dict, by a loop: of a pair the last by time, of equal times or without times by place."""
    found = {}
    for user, item, x, *time in rows:
        if (user, item) not in found or not time or found[user, item][1] <= time[0]:
            found[user, item] = (x, time[0] if time else 0)
    return {pair: x for pair, (x, _) in found.items()}


def as_dict(found):
    """A Table's ratings as a dict; what a Table promises is asserted on the way."""
    X = found.X
    assert X.shape == (len(found.users), len(found.items)) and X.dtype == np.float64 and X.format == "csr"
    for ids in (found.users, found.items):
        assert ids.dtype == np.int64 or ids.dtype.kind == "U"
        assert (ids[1:] > ids[:-1]).all()
    for i in range(X.shape[0]):
        assert (np.diff(X.indices[X.indptr[i] : X.indptr[i + 1]]) > 0).all()
    coo = X.tocoo()
    users, items = found.users.tolist(), found.items.tolist()
    return {(users[u], items[i]): x for u, i, x in zip(coo.row, coo.col, coo.data.tolist(), strict=True)}


@pytest.fixture
def write(tmp_path):
    def write(content, name="file"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path
    return write


def packed(members):
    """A .zip with the members in a dict."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def npz(matrix):
    out = io.BytesIO()
    sparse.save_npz(out, matrix)
    return out.getvalue()


# Every format

HEADER = "userId", "movieId", "rating", "timestamp"
WITHOUT_TIME = [row[:3] for row in ROWS]
CASES = {
    "u.data": (lines(ROWS, "\t"), ROWS),
    "tabs, three columns": (lines(WITHOUT_TIME, "\t"), WITHOUT_TIME),
    "ratings.dat": (lines(ROWS, "::"), ROWS),
    "ratings.dat of 10M": (b"1::122::5::838985046\n1::185::4.5::838983525\n",
                           [(1, 122, 5, 838985046), (1, 185, 4.5, 838983525)]),
    "ratings.csv": (quoted(ROWS, *HEADER), ROWS),
    "another order": (quoted([(t, x, u, i) for u, i, x, t in ROWS], "date", "score", "user", "item"), ROWS),
    "further columns": (quoted([("", "a,b", *row, 1) for row in ROWS], "", "text", *HEADER, "more"), ROWS),
    "all quoted": (quoted(ROWS, *HEADER, quoting=csv.QUOTE_ALL), ROWS),
    "Book-Crossing": (quoted(WITHOUT_TIME, "User-ID", "ISBN", "Book-Rating", delimiter=";", quoting=csv.QUOTE_ALL),
                      WITHOUT_TIME),
    "RecBole": (quoted(ROWS, "user_id:token", "item_id:token", "rating:float", "time:float", delimiter="\t"), ROWS),
    "no header": (lines(ROWS, ","), ROWS),
    "no header, three columns": (lines(WITHOUT_TIME, ", "), WITHOUT_TIME),
    "blanks": (lines(WITHOUT_TIME, " "), WITHOUT_TIME),
    "blanks and times": (lines(ROWS, "  "), ROWS),
    "tabs in pairs and times": (lines(ROWS, "\t\t"), ROWS),
    "words and blanks": (b"ann  heat 5\nbob heat 4.5\nann 7 1\n",
                         [("ann", "heat", 5), ("bob", "heat", 4.5), ("ann", "7", 1)]),
    "names": (quoted(NAMED, "user_id", "item_id", "rating", "time"), NAMED),
    "names in Latin-1": ("user,item,rating\nZoë,1,2\nAnn,2,3.5\n".encode("latin-1"), [("Zoë", 1, 2), ("Ann", 2, 3.5)]),
    "ISO times": (b"user,item,rating,time\n1,2,3,2005-09-06 10:00:00\n1,2,4,2005-09-06T09:59:59.5Z\n1,3,1,2005-09-06\n",
                  [(1, 2, 3, 2), (1, 2, 4, 1), (1, 3, 1, 0)]),
    "times of another kind": (b"user,item,rating,time\n1,2,3,12/31/2009\n1,2,4,1/1/2001\n", [(1, 2, 3), (1, 2, 4)]),
    "one column of times is empty": (b"user,item,rating,time\n1,2,3,\n1,2,4,\n", [(1, 2, 3), (1, 2, 4)]),
    "combined_data": (netflix_file(BY_DAYS), BY_DAYS),
    "an empty movie": (b"1:\n2:\n7,3,2005-09-06\n3:\n4:\n8,1,2005-09-07\n5:\n", [(7, 2, 3, 0), (8, 4, 1, 0)]),
    "a matrix": (b"0 3 0\n1 0 5\n2.5 0 0\n", [(1, 2, 3), (2, 1, 1), (2, 3, 5), (3, 1, 2.5)]),
    "a matrix, negative too": (b"0 -3 0 1\n1 0 0 1\n", [(1, 2, -3), (1, 4, 1), (2, 1, 1), (2, 4, 1)]),
    "0 and below are ratings in lists": (lines([(1, 2, 0), (1, 3, -9.75), (2, 2, 10)], ","),
                                         [(1, 2, 0), (1, 3, -9.75), (2, 2, 10)]),
    "duplicates by time": (lines(dup := [(1, 2, 3, 50), (1, 3, 4, 1), (1, 2, 5, 40), (1, 3, 2, 1)], ","), dup),
    "finer numbers": (lines(fine := [(1, 2, 3, 7), (1, 3, 0.1, 1258600000123), (1, 3, 3.7, 1258600000122),
                                     (2, 2, 16777217, 1.5), (2, 2, 1e-9, 1.25)], ","), fine),
    "duplicates by place": (lines([(1, 2, 3), (1, 3, 4), (1, 2, 5)], "\t"), [(1, 2, 3), (1, 3, 4), (1, 2, 5)]),
}
# Lines of three or four small numbers, which might as well be those of a matrix.
UNCLEAR = {"tabs, three columns", "blanks", "no header, three columns", "0 and below are ratings in lists",
           "duplicates by time", "finer numbers", "duplicates by place"}
AS_LIST, AS_MATRIX = formats.Told("list"), formats.Told("matrix")
QUIRKS = {
    "as it is": lambda content: content,
    "CRLF": lambda content: content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "a byte order mark": lambda content: b"\xef\xbb\xbf" + content,
    "blank lines at the end": lambda content: content + b"\n\r\n  \n",
    "no newline at the end": lambda content: content.rstrip(b"\r\n"),
    "a blank line": lambda content: content.replace(b"\n", b"\n\n", 2),
    "packed": gzip.compress,
    "in an archive": lambda content: packed({"folder/README": b"about it\n", "folder/file": content}),
}
each_case = pytest.mark.parametrize("case", CASES)


def read_case(case, path):
    return formats.read(path, told=AS_LIST if case in UNCLEAR else formats.Told())


@each_case
@pytest.mark.parametrize("quirk", QUIRKS)
def test_formats(case, quirk, write):
    content, rows = CASES[case]
    found = read_case(case, write(QUIRKS[quirk](content)))
    if quirk == "a byte order mark" and "Latin-1" in case:
        return  # as UTF-8 it is none, and the mark is dropped all the same
    assert as_dict(found) == expected(rows), case
    dropped = len(rows) - found.X.nnz
    assert sum("dropped" in note for note in found.notes) == (dropped > 0)


def test_every_format_in_small_pieces(write, monkeypatch):
    """What stands in two blocks is read as in one; the blocks' lines are counted."""
    for case, (content, rows) in CASES.items():
        for size in (1, 7, 40):
            monkeypatch.setattr(text, "BLOCK", size)
            assert as_dict(read_case(case, write(content))) == expected(rows), (case, size)


def test_movielens(movielens):
    """The published figures of MovieLens 100K."""
    found = formats.read(movielens / "u.data")
    assert found.X.shape == (943, 1682) and found.X.nnz == 100_000 and found.scale == Scale(1, 5, 1)
    rows = np.loadtxt(movielens / "u.data", dtype=int)
    assert as_dict(found) == {(u, i): x for u, i, x in rows[:, :3].tolist()}
    titles = formats.titles(movielens / "u.item")
    assert titles[1] == "Toy Story (1995)" and titles.keys() == set(range(1, 1683))
    assert as_dict(formats.read(movielens)) == as_dict(found)  # the folder holds a part of it, too


def test_the_courses_matrix(course_files, write):
    content = course_files.files["netflix_incomplete.txt"]
    found = formats.read(write(content))
    np.testing.assert_array_equal(found.X.toarray(), np.loadtxt(io.BytesIO(content)))
    assert found.scale == Scale(1, 5, 1)


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
    monkeypatch.setattr(matrices, "_PIECE", 4)
    random = np.random.RandomState(0)
    X = random.randint(1, 6, (7, 5)) * (random.rand(7, 5) < 0.4)
    found = formats.read(write(npz(getattr(sparse, f"{kind}_{storage}")(X))))
    np.testing.assert_array_equal(found.X.toarray(), X)


def test_what_a_sparse_matrix_stores_is_a_rating(write):
    found = formats.read(write(npz(sparse.coo_array(([0, 3, 2, 4], ([1, 0, 1, 0], [1, 0, 0, 0])), shape=(2, 2)))))
    assert as_dict(found) == {(1, 1): 0, (0, 0): 4, (1, 0): 2} and found.scale == Scale(0, 4, 1)


# IDs, numbers, scale


def test_whole_numbers_and_names():
    assert text.identifiers(["7", "-1", "0"]).dtype == np.int64
    for word in ("007", "+7", "7.0", "-0", "1" * 19, "７", "x"):
        assert text.identifiers(["1", word]).tolist() == ["1", word]


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
    monkeypatch.setattr(text, "BLOCK", 16)
    found = formats.read(write(lines([(10, 1, 5), (9, 2, 4), (10, 2, 3), ("x", 1, 2)], ",")))
    assert as_dict(found) == {("10", 1): 5, ("9", 2): 4, ("10", 2): 3, ("x", 1): 2}


@pytest.mark.parametrize("values, scale", [
    ([1, 2, 5], (1, 5, 1)), ([0.5, 5, 3.5, 1], (0.5, 5, 0.5)), ([3, 3], (3, 3, 0)), ([0, 10, 30], (0, 30, 10)),
    ([-9.78, 10, 0.25], (-9.78, 10, 0.01)), ([1, 3, 5], (1, 5, 2)), ([1, 2, np.pi], (1, np.pi, 0)),
    ([0.1, 0.2, 0.3], (0.1, 0.3, 0.1)), ([-1, 1], (-1, 1, 2)), ([1, 2, 1e90], (1, 1e90, 0)),
    ([1 / 3, 2 / 3, 5 / 3], (1 / 3, 5 / 3, 1 / 3)), (np.arange(20_000), (0, 19_999, 0))])
def test_the_scale_is_found(values, scale):
    levels = Levels()
    for part in np.array_split(np.array(values, dtype=float), 2):
        levels.add(part)
    assert levels.scale() == pytest.approx(scale)


@pytest.mark.parametrize("unit", [1e-6, 1 / 3, 0.12, 1.0, 7.0, 1e9])
@pytest.mark.parametrize("offset", [-0.3, 0.0, 1000.0])
def test_the_scale_is_the_same_in_any_unit(unit, offset):
    for values, step in ((np.arange(0.5, 5.5, 0.5), 0.5), ([-9.78, 0.25, 9], 0.01), ([0, 1], 1.0), ([1, np.e, 4], 0.0)):
        levels = Levels()
        levels.add(unit * (np.array(values) + offset))
        np.testing.assert_allclose(levels.scale().step, unit * step, rtol=1e-6)


def test_no_scale_without_ratings():
    with pytest.raises(ValueError, match="at least one rating"):
        Levels().scale()


def test_what_was_found_is_said(write):
    found = formats.read(write(b"user,item,rating,time\n1,2,3.5,7\n1,2,0.5,6\n1,3,4,5\n", "mine.csv"))
    form, scale, dropped = found.notes
    assert "mine.csv: a header, columns separated by commas; of them user, item, rating, time are used" in form
    assert "0.5 to 4 in steps of 0.5" in scale and "; 1 rating dropped: " in f"; {dropped}"
    assert "last by time" in dropped


# A list or a matrix


SCALES = {"1 to 5": range(1, 6), "half stars": np.arange(0.5, 5.1, 0.5), "0 to 5": range(6), "0 to 100": range(101),
          "-10 to 10": np.round(np.arange(-10, 10.001, 0.01), 2), "thousands": range(1000, 6000, 1000)}


def a_list(random, scale, n=943, d=1682, m=4000, code=None):
    """Lines (m, 4) of user, item, rating and time: each pair once, in the order of users, of items, or in none."""
    u, i = np.divmod(random.choice(n * d, min(m, n * d), replace=False), d)
    order = [np.arange(len(u)), np.lexsort((i, u)), np.lexsort((u, i))][random.randint(3)]
    x = random.choice(scale, len(u))
    if code is not None:
        x = np.where(random.rand(len(u)) < 0.2, code, x)
    first = random.randint(2)
    return np.column_stack([u + first, i + first, x, random.randint(874724710, 893286638, len(u))])[order]


def a_matrix(random, scale, m, w, gaps=0.3, code=0):
    """Ratings (m, w), of some items better than of others."""
    X = np.sort(scale)[(len(scale) * random.rand(m, w) ** random.uniform(0.3, 3, w)).astype(int)]
    return np.where(random.rand(m, w) < gaps, code, X)


def as_lines(V, separator=","):
    return lines([[f"{x:.12g}" for x in row] for row in V], separator)


def as_ratings(V):
    return {(u, i): x for u, i, x in V[:, :3].tolist()}


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


@pytest.mark.parametrize("content, told, says", [
    (lines(CASES["ratings.csv"][1], ","), "matrix", None),
    (CASES["ratings.csv"][0], "matrix", "a header, .*; expected a matrix, as --format says"),
    (CASES["combined_data"][0], "matrix", "movie by movie as in the Netflix Prize; expected a matrix, as"),
    (npz(sparse.eye(3)), "list", "scipy's sparse matrix; .*; expected a list, as --format says"),
    (b"1 2 3 4 5\n", "list", "a matrix of 5 columns, .*; expected a list, as --format says"),
    (b"ann,heat,5\n", "matrix", "no header, user, item, rating .*; expected a matrix, as --format says"),
    (b"hello world\n", "matrix", "is of no format known here"),
])
def test_a_format_that_cannot_be_is_refused(content, told, says, write):
    path = write(content)
    if says is None:
        assert formats.read(path, told=formats.Told(told)).X.shape == (5, 4)
        return
    with pytest.raises(InputError, match=says):
        formats.read(path, told=formats.Told(told))


def test_columns_that_are_no_ratings_are_found(write):
    """A time or an ID in a list of more columns, a number of the line, how many the others are as in Jester's files."""
    random = np.random.RandomState(3)
    listed, zeros = a_list(random, SCALES["1 to 5"], n=50), np.zeros((4000, 1))
    jester = a_matrix(random, SCALES["-10 to 10"], 200, 100, 0.4, 99)
    counted = np.column_stack([(jester != 99).sum(axis=1), jester])
    for column, V, missing in [
            (4, np.hstack([listed, zeros]), None), (2, np.hstack([listed[:, :3], zeros, zeros + 1]), None),
            (1, np.column_stack([range(60), a_matrix(random, SCALES["0 to 100"], 60, 30)]), None),
            (1, counted, None), (1, counted, (99.0,))]:
        path = write(as_lines(V))
        with pytest.raises(InputError, match=f"column {column} of {V.shape[1]} is no rating on the scale of the others;"
                                             " leave it out, or say --format matrix"):
            formats.read(path, told=formats.Told(None, missing))
        assert formats.read(path, told=AS_MATRIX).X.shape == V.shape


def test_no_column_of_a_matrix_is_odd():
    random = np.random.RandomState(4)
    for case in range(300):
        scale, code = list(SCALES.values())[case % len(SCALES)], (0, 99, -1)[random.randint(3)]
        X = a_matrix(random, scale, random.randint(1, 100), random.randint(5, 100), random.rand() * 0.95, code)
        assert kinds.odd_column(X, (0.0,) if case % 2 else (float(code),)) is None


@pytest.mark.parametrize("V, says", [
    (a_list(np.random.RandomState(5), [1])[:, :2], "user and item without a rating; say --format matrix"),
    (np.column_stack([range(90), a_matrix(np.random.RandomState(6), range(1, 6), 90, 2, 0)]),
     "--format list or --format matrix"),
], ids=["pairs", "numbered"])
def test_pairs_and_numbered_lines_are_no_ratings(V, says, write):
    with pytest.raises(InputError, match=says):
        formats.read(write(as_lines(V, " ")))


def test_a_line_that_is_long_is_looked_at_whole(write):
    X = a_matrix(np.random.RandomState(7), SCALES["1 to 5"], 3, 60_000)
    assert "a matrix of 60000 columns" in formats.read(write(as_lines(X, " "))).notes[0]


# Missing ratings


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
    warned = formats.read(write(as_lines(X))).notes[-1]
    assert warned == (f"warning: {(X == 99).sum() / (X != 0).sum():.0%} of the ratings are 99; if that marks missing"
                      " ones, say --missing 99")


@pytest.mark.parametrize("code", [-1, 0, 99])
@pytest.mark.parametrize("case", ["a header", "tabs in pairs", "Netflix", "npz", "two colons"])
def test_codes_in_every_format(case, code, write, monkeypatch):
    """As -1 in lists of anime, 0 in Book-Crossing's; the ratings are in several pieces."""
    monkeypatch.setattr(text, "BLOCK", 5000)
    monkeypatch.setattr(matrices, "_PIECE", 300)
    V = a_list(np.random.RandomState(9), range(1, 11), n=100, d=90, m=2000, code=code)
    V[:, 3] //= 86400
    rows, left_out = V.tolist(), (V[:, 2] == code).sum()
    write_case = {"a header": lambda: quoted(rows, *HEADER), "tabs in pairs": lambda: as_lines(V[:, :3], "\t\t"),
                  "Netflix": lambda: netflix_file(rows), "two colons": lambda: as_lines(V, "::"),
                  "npz": lambda: npz(sparse.coo_array((V[:, 2], tuple(V[:, :2].T))))}
    path, format = write(write_case[case]()), "list" if case == "tabs in pairs" else None
    found = formats.read(path, told=formats.Told(format, (float(code), 77.0)))
    assert as_dict(found) == as_ratings(V[V[:, 2] != code]) and found.scale == Scale(1, 10, 1)
    assert f"{left_out:,} ratings left out: {code}, 77 = missing" in found.notes
    said, told = [], formats.Told(format, (float(code),))
    chunks = list(formats.chunks(path, note=said.append, told=told))
    assert sum(len(chunk.x) for chunk in chunks) == len(V) - left_out
    assert said[-1] == f"{left_out:,} ratings left out: {code} = missing"
    found = formats.read(path, told=formats.Told(format))
    assert as_dict(found) == as_ratings(V)
    assert found.notes[-1] == (f"warning: {left_out / len(V):.0%} of the ratings are {code}; if that marks missing"
                               f" ones, say --missing {code}")


def test_what_is_said_to_be_missing_stays_said(write):
    """Where one code is left out and another one stays, both are named."""
    X = a_matrix(np.random.RandomState(10), SCALES["1 to 5"], 100, 8, 0.6, 0)
    X[::3] = 99
    note = formats.read(write(as_lines(X)), told=formats.Told(None, (99.0,))).notes[-1]
    assert "of the ratings are 0; if that marks missing ones, say --missing 99 0" in note
    found = formats.read(write(as_lines(X)), told=formats.Told(None, (99.0, 0.0)))
    assert found.scale == Scale(1, 5, 1) and not any("warning" in note for note in found.notes)


def test_nothing_is_left_where_all_is_missing(write):
    with pytest.raises(InputError, match="holds no rating"):
        formats.read(write(b"user,item,rating\n1,2,-1\n2,2,-1\n"), told=formats.Told(None, (-1.0,)))


@pytest.mark.parametrize("counts, codes", [
    ({1: 5, 2: 5, 3: 5, 4: 5, 5: 5}, []), ({1: 5, 2: 5, 3: 5, 99: 5}, [99]), ({1: 5, 2: 5, 3: 5, 99: 0.5}, []),
    ({1: 9, 2: 9, 3: 9, 98: 9, 99: 9}, [98, 99]), ({-99: 9, -98: 9, 1: 9, 2: 9, 3: 9}, [-99, -98]),
    ({-1: 9, 1: 9, 2: 9, 3: 9}, [-1]), ({-1: 9, 0: 9, 1: 9, 99: 9, 2: 9, 3: 9}, [-1, 99]), ({-1: 5, 1: 5}, []),
    ({-1: 5, 0: 5, 1: 5}, []), ({-2: 5, -1: 5, 0: 5, 1: 5, 2: 5}, []), ({0: 9, 1: 2, 2: 3, 3: 4}, [0]),
    ({0: 3, 1: 2, 2: 3, 3: 4}, []), ({0: 9, 1: 8}, []), ({1: 5, 2: 5, 3: 5, 4: 5, 7: 9}, []),
    ({1: 5, 2: 5, 3: 5, 4: 5, 8: 9}, [8]), ({}, []), ({7: 3}, []),
])
def test_codes_are_found(counts, codes):
    random = np.random.RandomState(0)
    x = random.permutation(np.repeat(list(counts), [int(20 * count) for count in counts.values()]).astype(float))
    levels = Levels()
    for part in np.array_split(x, 7):
        levels.add(part)
    assert [code for code, _ in levels.codes()] == codes
    for code, share in levels.codes():
        assert share == pytest.approx((x == code).mean())


def test_codes_are_found_among_more_numbers_than_are_kept():
    random, levels, x = np.random.RandomState(0), Levels(), []
    for _ in range(8):
        x.append(np.where(random.rand(5000) < 0.1, 99, np.where(random.rand(5000) < 0.1, 98.5, random.rand(5000))))
        levels.add(x[-1])
    x = np.concatenate(x)
    assert levels.codes() == [(98.5, np.mean(x == 98.5)), (99, np.mean(x == 99))]
    assert levels.scale() == Scale(x.min(), 99, 0) and not len(levels.values(255))


# Folders, archives, several files


def test_archives_as_they_are_published(write):
    """What else is in them: titles, people, parts of the same ratings."""
    about = {"README": b"MovieLens, 1 2 3\n"}
    small = {"ml-100k/u.data": lines(ROWS, "\t"), "ml-100k/u1.base": lines(ROWS[:3], "\t"),
             "ml-100k/u.info": b"3 users\n", "ml-100k/u.item": b"1|Toy Story (1995)|x\n",
             "ml-100k/u.user": b"1|24|M|technician|85711\n"}
    million = {"ml-1m/movies.dat": b"1::Toy Story (1995)::Comedy\n", "ml-1m/ratings.dat": lines(ROWS, "::"),
               "ml-1m/users.dat": b"1::F::1::10::48067\n"}
    latest = {"ml/links.csv": b"movieId,imdbId,tmdbId\n1,2,3\n", "ml/ratings.csv": CASES["ratings.csv"][0],
              "ml/movies.csv": b"movieId,title,genres\n1,Toy Story (1995),x\n",
              "ml/tags.csv": b"userId,movieId,tag,timestamp\n1,2,fun,3\n"}
    for members in (small, million, latest):
        path = write(packed(about | members))
        assert as_dict(formats.read(path)) == expected(ROWS) and formats.titles(path) == {1: "Toy Story (1995)"}
    path = write(packed(small))
    assert as_dict(formats.read(path / "ml-100k" / "u1.base")) == expected(ROWS[:3])
    assert as_dict(formats.read(path / "ml-100k")) == expected(ROWS)
    assert formats.titles(path / "ml-100k/u.item") == {1: "Toy Story (1995)"}


@pytest.mark.parametrize("names", [("combined_data_1.txt", "combined_data_2.txt.gz"),
                                   ("mv_0000242.txt", "mv_0000302.txt")])
def test_the_netflix_prizes_folder(names, write, tmp_path):
    halves = [[row for row in BY_DAYS if row[1] == 242], [row for row in BY_DAYS if row[1] != 242]]
    contents = {name: netflix_file(rows) for name, rows in zip(names, halves, strict=True)}
    others = {"movie_titles.csv": b"1,2003,Dinosaur Planet\n", "probe.txt": b"242:\n22\n",
              "qualifying.txt": b"1:\n7,2005-12-19\n"}
    zipped = write(packed(contents | others), "archive.zip")
    for name, content in (contents | others).items():
        write(gzip.compress(content) if name.endswith(".gz") else content, f"folder/{name}")
    os.mkfifo(tmp_path / "folder" / "pipe")
    for path in (zipped, tmp_path / "folder", [tmp_path / "folder" / name for name in names]):
        assert as_dict(formats.read(path)) == expected(BY_DAYS)
    assert formats.titles(tmp_path / "folder") == {1: "Dinosaur Planet"}


def test_files_one_after_the_other(write):
    """The later one counts, unless both know times."""
    first, second = lines([(1, 2, 3, 9), (1, 3, 3, 9)], ","), lines([(1, 2, 5, 8)], "::")
    paths = write(first, "a"), write(second, "b")
    assert as_dict(formats.read(paths, told=AS_LIST)) == {(1, 2): 3, (1, 3): 3}
    assert as_dict(formats.read([paths[0], write(b"1\t2\t4\n", "c")], told=AS_LIST)) == {(1, 2): 4, (1, 3): 3}


def test_progress(write, monkeypatch):
    monkeypatch.setattr(text, "BLOCK", 200)
    content, said = lines(ROWS * 100, ","), []
    two = [write(content, "one"), write(content, "two")]
    for path in (write(content, "plain"), write(packed({"a": content}), "zip"), two):
        said.clear()
        formats.read(path, said.append)
        shares = [int(line.rpartition(", ")[2].partition(" %")[0]) for line in said]
        assert shares == list(range(10, 100, 10)) and "ratings" in said[0]


def test_chunks_are_bounded(write, monkeypatch):
    monkeypatch.setattr(text, "BLOCK", 300)
    rows = [(k % 90 + 10, k // 90 + 10, 1 + k % 5, k) for k in range(5000)]
    parts = list(formats.chunks(write(lines(rows, ","))))
    assert max(len(part.x) for part in parts) <= 40
    assert [row for part in parts for row in zip(*map(np.ndarray.tolist, part[:4]), strict=True)] == rows


# Titles


TITLES = {
    "u.item": ("1|Toy Story (1995)|01-Jan-1995||x\n267|unknown|||\n543|Misérables, Les (1995)|a||\n",
               {1: "Toy Story (1995)", 267: "unknown", 543: "Misérables, Les (1995)"}),
    "movies.dat": ("1::Toy Story (1995)::Animation|Comedy\n73::Misérables, Les: \"a\" (1995)::Drama\n",
                   {1: "Toy Story (1995)", 73: 'Misérables, Les: "a" (1995)'}),
    "movies.csv": ('movieId,title,genres\n1,Toy Story (1995),Comedy\n11,"President, The ""x"" é (1995)",Drama\n',
                   {1: "Toy Story (1995)", 11: 'President, The "x" é (1995)'}),
    "movie_titles.csv": ("1,2003,Dinosaur Planet\n72,1974,Among Strangers, A Stranger é\n43,NULL,Ancient: 300\n",
                         {1: "Dinosaur Planet", 72: "Among Strangers, A Stranger é", 43: "Ancient: 300"}),
    "books": ('isbn;year;book-title\n"007";1999;"é; b"\n', {"007": "é; b"}),
}


@pytest.mark.parametrize("case", TITLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_titles(case, encoding, write):
    written, titles = TITLES[case]
    for content in (written, written.replace("\n", "\r\n"), written + "\n\n", written.rstrip("\n")):
        encoded = content.encode(encoding)
        assert formats.titles(write(encoded)) == titles
        assert formats.titles(write(packed({"u.user": b"1|24|M|technician|85711\n", "t": encoded}))) == titles
        with pytest.raises(InputError, match="is a file of titles, no ratings; expected ratings: "):
            formats.read(write(encoded))


@pytest.mark.parametrize("header, used", [
    ("user,title,rating", "user, title, rating"), ("User Name;Movie Title;Stars", "User Name, Movie Title, Stars"),
    ("SCORE,film_name,user_name", "user_name, film_name, SCORE"), ("username,Movie name,r", "username, Movie name, r"),
    ("user,name,rating,date", "user, name, rating, date"), ("name,film,stars", "name, film, stars"),
    ("Name,Movie Title,Score", "Name, Movie Title, Score"), ("user,movieId,title,name,r", "user, movieId, r"),
    ("username,name,film,stars", "username, film, stars")])
def test_columns_by_ordinary_names(header, used, write):
    """What a person would write over the columns of a spreadsheet: each line is read by what its columns are called."""
    separator, names = next(s for s in ";," if s in header), re.split("[;,]", header)
    wanted = dict(zip(used.split(", "), ("Ann", "Heat", "4", "2005-09-06"), strict=False))
    row = separator.join(wanted.get(name, "no") for name in names)
    found = formats.read(write(f"{header}\n{row}\n".encode()))
    assert f"of them {used} are used" in found.notes[0] and as_dict(found) == {("Ann", "Heat"): 4}


@pytest.mark.parametrize("header, row, titles", [
    ("anime_id,name,genre,rating,members", "7,Akira,x,8.1,9", {7: "Akira"}),
    ("film,name", "7,Heat", {7: "Heat"}), ("ISBN,name,stars", "7,Emma,4", {7: "Emma"}),
    ("movieId,title,rating", "7,Heat,4", {7: "Heat"})])
def test_a_name_beside_an_id_is_a_title(header, row, titles, write):
    path = write(f"{header}\n{row}\n".encode())
    assert formats.titles(path) == titles
    with pytest.raises(InputError, match="is a file of titles, no ratings"):
        formats.read(path)


def test_a_users_name_is_no_title(write):
    with pytest.raises(InputError, match="is a file of ratings, no titles"):
        formats.titles(write(b"name,film,stars\nAnn,Heat,4\n"))


def test_titles_of_no_titles(write):
    for case, (content, _) in CASES.items():
        with pytest.raises(InputError, match="expected titles as in"):
            formats.titles(write(content))
        assert case
    with pytest.raises(InputError, match="line 2: 2 columns, expected 4"):
        formats.titles(write(b"1|a|b|c\n2|b\n"))
    with pytest.raises(InputError, match="line 3: an ID is empty"):
        formats.titles(write(b"movieId,title\n\n,b\n"))


# What is wrong


WRONG = [
    (b"", "is empty; expected ratings: lines user TAB item"),
    (b"\n \r\n", "is empty"),
    (b"\xef\xbb\xbf", "is"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a PNG picture; expected ratings"),
    (b'{"user": 1, "item": 2, "rating": 3}\n', "is JSON; expected"),
    (b"<!DOCTYPE html>\n<html>\n", "is HTML or XML"),
    (b"\0\1\2\3", "is no text"),
    ("user,item,rating\n1,2,3\n".encode("utf-16"), "is UTF-16 text"),
    (b"hello world\n", "line 1: 'hello world' is of no format known here; expected ratings"),
    (b"movieId,title,genres\n1,Toy Story (1995),x\n", "titles, no ratings"),
    (b"userId,movieId,tag,timestamp\n1,2,fun,3\n", "its header 'userId, movieId, tag, timestamp' names no rating"),
    (b"Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Heat,1995,https://boxd.it/1,4.5\n",
     "its header 'Date, Name, Year, Letterboxd URI, Rating' names no user, whose"),
    (b"title,score\nHeat,4\n",
     "one person's alone, as Letterboxd exports them, cannot be learnt from; expected ratings: "),
    (b"userId,movieId,rating,timestamp\n", "holds no rating (a header, "),
    (b"1:\n2:\n", "line 1: '1:' is of no format"),
    (b"0 0 0 0 0\n0 0 0 0 0\n", "holds no rating (a matrix of 5 columns"),
    (b"1\t2\t3\t881250949\n1\t2\t3\n", "line 2: 3 columns, expected 4 (no header, user, item, rating, time"),
    (b"1::2::3::4\n\n1::2::x::4\n", "line 3: 'x' is no rating; expected a finite number"),
    (b"user,item,rating\n1,2,3\n1,3,nan\n", "line 3: 'nan' is no rating"),
    (b"user,item,rating\n1,2,inf\n", "line 2: 'inf' is no rating"),
    (b"1,2,nan\n", "line 1: 'nan' is no rating"),
    (b"1,2,1_0\n", "line 1: '1_0' is no rating"),
    (b"a,2,3\n1,2,1e400\n", "line 2: '1e400' is too small or too large for a rating"),
    (b"1,2,3\n1,,3\n", "line 2: an ID is empty"),
    (b"1,2,3\n1," + b"x" * 300 + b",3\n", "is an ID of 300 characters; expected 200 at most"),
    (b"1,2,3,881250949\n1,2,3,soon\n", "line 2: 'soon' is no time; expected a number or a date like 2005-09-06"),
    (b"1,2,3,2001-02-03\n1,2,3,2001-02-30\n", "line 2: '2001-02-30' is no time"),
    (b'user,item,rating\n1,2,3\n"1,2,3\n', "line 3: quotes that do not end in their line"),
    (b'user,item,rating,text\n1,2,3,a\n1,2,3,"a\n', "line 3: quotes that do not end in their line"),
    (b"a,b,user,item,rating,c,d\n" + b"x,y,1,2,3,z,w\n" * 9 + b"x,y,1,2,3,z\nx,y,9,4,5,6,z,w\n",
     "line 11: 6 columns, expected 7"),
    (b"a,b,user,item,rating,c,d\n" + b"x,y,1,2,3,z,w\n" * 9 + b"x,y,1,2,3,z,w,v\nx,4,5,6,z,w\n",
     "line 11: 8 columns, expected 7"),
    (b"1::2::3\n1:2:3::4\n", "line 2: 2 columns, expected 3"),
    (b"a,2,3\n1,3\0,3\n", "line 2: not text"),
    (b"a,2,3\n\n\n1,2", "line 4: 2 columns, expected 3"),
    (b"1:\n1488844,3,2005-09-06\n148", "line 3: '148'; expected a line movie: or a line user,rating,date"),
    (b"1:\n1488844,3,2005-09-06\n2:\n148,5", "line 4: '148,5'; expected a line movie:"),
    (b"1:\n1488844,3,2005-09-06\n2:\n148,5,2005-0", "line 4: '2005-0' is no time"),
    (b"1:\n1488844,3,2005-09-06\n:\n", "line 3: ':'; expected a line movie:"),
    (b"1 2 0 4 5\n1 2 3 4\n", "line 2: 4 numbers, expected 5"),
    (b"1 2 0 4 5\n\n1 2 x 4 5\n", "line 3: 'x' is not a number"),
    (b"1 2 0 4 5\n1 2 nan 4 5\n", "line 2: nan is not a finite number"),
    (gzip.compress(lines(ROWS, ",") * 1000)[:-200], "is broken or cut off"),
    (b"\x1f\x8b" + b"x" * 100, "is broken or cut off"),
    (packed({"a": lines(ROWS, ",")})[:-30], "is no whole .zip archive"),
    (packed({"a": b"hello\n", "b": b""}), "holds 2 files, but not what was expected: ratings"),
    (packed({}), "holds no files; expected ratings"),
    (packed({"a.csv": lines(ROWS, ","), "b.csv": lines(ROWS, ",")}), "holds several files that could be meant ("),
    (packed({"mv_1.txt": b"1:\n1488844,3,2005-09-06\n", "ratings.csv": lines(ROWS, ",")}),
     "holds several files that could be meant ("),
    (packed({"s/header.json": b"{}", "s/users.npy": b"x"}), "is a store, which em and als take; expected ratings"),
    (packed({"recommender-model.json": b"{}", "0.npy": b"x"}), "is a model, which suggest takes; expected ratings"),
    (b"user;item;rating\n1;2;3,5\n", "line 2: '3,5' is no rating; expected a finite number, with a point: 3.5"),
    (packed({"a": packed({"b": b"1,2,3\n"})}), "is an archive"),
    (npz(sparse.csr_array([[1, np.nan]])), "row 0, column 1: nan is no rating; expected a finite number"),
    (npz(sparse.csr_array([[1j]])), "complex128 of shape (1, 1); expected a sparse matrix"),
    (npz(sparse.csr_array((3, 3))), "holds no rating"),
    (npz(sparse.coo_array(([1], ([0], [0])), shape=(10**9, 10))), "shape (1000000000, 10)"),
    (npz(sparse.csr_array(np.eye(200)))[:-200], "expected a sparse matrix of ratings as scipy.sparse.save_npz writes"),
]


@pytest.mark.parametrize("content, says", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said_in_one_line(content, says, write, monkeypatch):
    """Also where the header stands in a block of its own, and what follows could be read quickly."""
    path = write(content, "ratings")
    for size in (text.BLOCK, 23, 30, 40, 50):
        monkeypatch.setattr(text, "BLOCK", size)
        with pytest.raises(InputError) as error:
            formats.read(path)
        message = str(error.value)
        assert says in message and message.startswith(str(path)) and "\n" not in message, message


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


def test_the_line_is_right_far_into_a_file(write, monkeypatch):
    monkeypatch.setattr(text, "BLOCK", 64)
    for separator, end in (("\t", "\n"), ("::", "\r\n"), (",", "\n")):
        for bad in (0, 1, 50, 99):
            rows = [(k + 1, 2, "?" if k == bad and bad else 4, 881250949) for k in range(100)]
            content = lines(rows, separator, end) + (b"1" if not bad else b"")
            with pytest.raises(InputError, match=f"line {bad + 1 if bad else 101}: "):
                formats.read(write(content))
    content = b"".join(b"%d:\n7,3,2005-09-06\n" % k for k in range(100))
    with pytest.raises(InputError, match="line 200: '2005-13-06' is no time"):
        formats.read(write(content[:-7] + b"-13-06\n"))
    with pytest.raises(InputError, match="line 71: '-' is not a number"):
        formats.read(write(b"1 2 3 4 4\n" * 70 + b"1 2 - 4 4\n"))


def test_places_that_hold_nothing(write, tmp_path):
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for path, says in ((tmp_path / "none", "does not exist; expected ratings: a file, a folder or a .zip with them$"),
                       (tmp_path / "empty", "holds no files"),
                       (tmp_path / "pipe", "is a pipe; expected"), (write(b"1,2,3\n", "f") / "x", "cannot be read"),
                       (write(packed({"a": b"1,2,3\n"}), "z") / "b", "holds no b; expected")):
        with pytest.raises(InputError, match=says):
            formats.read(path)


def test_bombs(write, monkeypatch):
    """Small files that unpack to any size are given up soon, whatever they say of themselves."""
    monkeypatch.setattr(opening, "_ALWAYS", 2**20)
    monkeypatch.setattr(opening, "_SWELLING", 100)
    bomb = b"a,2,3\n" * 2**20
    for content in (gzip.compress(bomb), packed({"a": bomb})):
        assert len(content) < 2**16
        with pytest.raises(InputError, match="unpacks to more than 100 times its size"):
            formats.read(write(content))
    out = io.BytesIO()
    np.savez_compressed(out, format=b"csr", data=np.zeros(10**6))
    with pytest.raises(InputError, match=r"data\.npy unpacks to more than 100 times its size"):
        formats.read(write(out.getvalue()))


def test_lines_without_end(write, monkeypatch):
    monkeypatch.setattr(text, "_LONGEST", 1000)
    monkeypatch.setattr(text, "BLOCK", 100)
    with pytest.raises(InputError, match="line 2: longer than 1000 bytes"):
        formats.read(write(b"a,2,3\n" + b"1" * 2000))


def test_encrypted_members(write):
    content = bytearray(packed({"a": b"1,2,3\n"}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(InputError, match=r"a cannot be unpacked .*encrypted"):
        formats.read(write(bytes(content)))


# The quick way is the plain way


def word(random, kind):
    """A word as it may stand in a column, most often a usual one."""
    usual = {"id": "1 22 333 999999999999999999 0 4", "x": "1 5 3.5 0.5 -2 10 .5 4. +3 1e1",
             "time": "0 881250949 007"}[kind]
    strange = {"id": "007 x 1234567890123456789 é 1.0 +1", "x": "3.14159265 0 1e-5 -0.0 00003 123456789",
               "time": "1.5 -3 1e9 2005-09-06 99999999999999999 2005-09-06T10:00:00"}[kind]
    broken = ' nan 1_0 " \t , : '
    share = random.rand()
    words = (usual if share < 0.96 else strange if share < 0.985 else broken).split(" ")
    return words[random.randint(len(words))]


def outcome(path, told=AS_LIST):
    try:
        found = formats.read(path, told=told)
    except InputError as error:
        return str(error)
    return as_dict(found), found.users.dtype, found.items.dtype, found.scale, found.notes


def test_the_quick_way_is_the_plain_way(write, monkeypatch):
    random, errors = np.random.RandomState(0), 0
    kept, counts = lists._quickly, []
    for case in range(150):
        separator = ("\t", ",", "::", ";")[case % 4]
        kinds = ["id", "id", "x", "time"][: 3 + case % 3 // 2]
        rows = [[word(random, kind) for kind in kinds] for _ in range(random.randint(1, 12))]
        content = lines(rows, separator, ("\n", "\r\n")[random.randint(2)])
        if case % 5 == 0:
            content = separator.join(HEADER[: len(kinds)]).encode() + b"\n" + content
        monkeypatch.setattr(text, "BLOCK", (10, 50, 1000)[random.randint(3)])
        path = write(content)
        monkeypatch.setattr(lists, "_quickly", lambda *given: counts.append(kept(*given)) or counts[-1])
        quickly = outcome(path)
        monkeypatch.setattr(lists, "_quickly", lambda *_: None)
        assert outcome(path) == quickly, content
        errors += isinstance(quickly, str)
    assert 0.1 < np.mean([chunk is None for chunk in counts]) < 0.9 and 15 < errors < 100


def test_a_nul_byte_far_inside_is_no_part_of_a_rating(write, monkeypatch):
    monkeypatch.setattr(text, "_HEAD", 20)
    with pytest.raises(InputError, match="line 41: not text"):
        formats.read(write(b"1\t2\t3\n" * 40 + b"1\t3\t\x004\n"), told=AS_LIST)


def test_the_quick_way_is_the_plain_way_in_the_netflix_prizes_lists(write, monkeypatch):
    random = np.random.RandomState(1)
    for _ in range(100):
        days = np.datetime64("2000-01-01") + random.randint(0, 4000, 20)
        rows = [f"{random.randint(20)}:" if random.rand() < 0.3 else f"{word(random, 'id')},{word(random, 'x')},{day}"
                for day in days[: random.randint(1, 20)]]
        path = write("\n".join(["7:", "1,2,2005-05-05", *rows]).encode())
        monkeypatch.setattr(text, "BLOCK", (10, 50, 1000)[random.randint(3)])
        quickly = outcome(path)
        with monkeypatch.context() as plain:
            plain.setattr(netflix, "_quickly", lambda *_: None)
            assert outcome(path) == quickly, rows


def test_any_bytes_are_a_table_or_one_line(write, monkeypatch):
    random = np.random.RandomState(2)
    contents = [content for content, _ in CASES.values()] + [content for content, _ in WRONG if len(content) < 5000]
    contents += [written.encode() for written, _ in TITLES.values()]
    contents += [gzip.compress(contents[0]), packed({"a": contents[0], "b": contents[3]})]
    contents += [npz(sparse.csr_array(np.eye(3)))]
    monkeypatch.setattr(text, "BLOCK", 64)
    for case in range(400):
        content = bytearray(contents[random.randint(len(contents))])
        for _ in range(random.randint(1, 6)):
            where = random.randint(len(content) + 1)
            other = contents[random.randint(len(contents))]
            noise = bytes(random.randint(0, 256, 3, dtype=np.uint8))
            pieces = noise, b"\n", b",", other[:20], b"1" * 25, b"", b'"'
            content[where : where + random.randint(4)] = pieces[case % 7]
        path = write(bytes(content))
        for reader in (outcome, formats.titles):
            try:
                reader(path, *[(formats.Told(), AS_LIST, AS_MATRIX)[case % 3]][: reader is outcome])
            except InputError as error:
                assert "\n" not in str(error)


# Duplicates, in blocks of users


def test_the_last_counts_however_many_users_are_sorted_at_once(monkeypatch):
    random = np.random.RandomState(3)
    for case in range(100):
        n, d, m = random.randint(1, 9), random.randint(1, 9), random.randint(1, 60)
        u, i, x = random.randint(n, size=m), random.randint(d, size=m), random.randint(-2, 3, m).astype(float)
        time = random.randint(4, size=m) if case % 3 else None
        monkeypatch.setattr(table, "_AT_ONCE", random.randint(1, 40))
        X = table.without_duplicates(u, i, x, time, (n, d)).tocoo()
        rows = zip(*map(np.ndarray.tolist, (u, i, x) if time is None else (u, i, x, time)), strict=True)
        found = {(u, i): x for u, i, x in zip(X.row.tolist(), X.col.tolist(), X.data.tolist(), strict=True)}
        assert len(found) == X.nnz and found == expected(rows)
