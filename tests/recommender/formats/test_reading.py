"""Whatever the format, the same ratings are read: from one file, several, whole or in chunks."""

import gzip
import io
import re

import numpy as np
import pytest
from scipy import sparse

from console import InputError
from recommender import formats
from recommender.formats import matrices, text
from recommender.ratings import Scale
from tests.recommender.formats.cases import (
    AS_LIST,
    AS_MATRIX,
    CASES,
    HEADER,
    ROWS,
    SCALES,
    TITLES,
    WRONG,
    a_list,
    a_matrix,
    as_dict,
    as_lines,
    as_ratings,
    expected,
    lines,
    netflix_file,
    npz,
    outcome,
    packed,
    quoted,
    read_case,
)

each_case = pytest.mark.parametrize("case", CASES)
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
    """What stands in two pieces is read as in one; their lines are counted."""
    for case, (content, rows) in CASES.items():
        for size in (1, 7, 40):
            monkeypatch.setattr(text, "PIECE", size)
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


def test_what_was_found_is_said(write):
    found = formats.read(write(b"user,item,rating,time\n1,2,3.5,7\n1,2,0.5,6\n1,3,4,5\n", "mine.csv"))
    form, scale, dropped = found.notes
    assert "mine.csv: a header, columns separated by commas; of them user, item, rating, time are used" in form
    assert "0.5 to 4 in steps of 0.5" in scale and "; 1 rating dropped: " in f"; {dropped}"
    assert "last by time" in dropped


@pytest.mark.parametrize("code", [-1, 0, 99])
@pytest.mark.parametrize("case", ["a header", "tabs in pairs", "Netflix", "npz", "two colons"])
def test_codes_in_every_format(case, code, write, monkeypatch):
    """As -1 in lists of anime, 0 in Book-Crossing's; the ratings are in several pieces."""
    monkeypatch.setattr(text, "PIECE", 5000)
    monkeypatch.setattr(matrices, "_AT_ONCE", 300)
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


def test_a_code_is_named_with_all_its_digits(write):
    """What the warning says marks the very ratings that it warns of."""
    content = quoted([(k, k % 7, 99 / 7 if k % 3 else 0.1 * (k % 5)) for k in range(90)], *HEADER[:3])
    code = re.search(r"--missing (\S+)$", formats.read(write(content)).notes[-1])[1]
    found = formats.read(write(content), told=formats.Told(None, (float(code),)))
    assert found.X.nnz == 30 and f"60 ratings left out: {code} = missing" in found.notes


def test_nothing_is_left_where_all_is_missing(write):
    with pytest.raises(InputError, match="holds no rating"):
        formats.read(write(b"user,item,rating\n1,2,-1\n2,2,-1\n"), told=formats.Told(None, (-1.0,)))


def test_files_one_after_the_other(write):
    """The later one counts, unless both know times."""
    first, second = lines([(1, 2, 3, 9), (1, 3, 3, 9)], ","), lines([(1, 2, 5, 8)], "::")
    paths = write(first, "a"), write(second, "b")
    assert as_dict(formats.read(paths, told=AS_LIST)) == {(1, 2): 3, (1, 3): 3}
    assert as_dict(formats.read([paths[0], write(b"1\t2\t4\n", "c")], told=AS_LIST)) == {(1, 2): 4, (1, 3): 3}


def test_progress(write, monkeypatch):
    monkeypatch.setattr(text, "PIECE", 200)
    content, said = lines(ROWS * 100, ","), []
    two = [write(content, "one"), write(content, "two")]
    for path in (write(content, "plain"), write(packed({"a": content}), "zip"), two):
        said.clear()
        formats.read(path, said.append)
        shares = [int(line.rpartition(", ")[2].partition(" %")[0]) for line in said]
        assert shares == list(range(10, 100, 10)) and "ratings" in said[0]


def test_chunks_are_bounded(write, monkeypatch):
    monkeypatch.setattr(text, "PIECE", 300)
    rows = [(k % 90 + 10, k // 90 + 10, 1 + k % 5, k) for k in range(5000)]
    parts = list(formats.chunks(write(lines(rows, ","))))
    assert max(len(part.x) for part in parts) <= 40
    assert [row for part in parts for row in zip(*map(np.ndarray.tolist, part[:4]), strict=True)] == rows


def test_any_bytes_are_a_table_or_one_line(write, monkeypatch):
    random = np.random.RandomState(2)
    contents = [content for content, _ in CASES.values()] + [content for content, _ in WRONG if len(content) < 5000]
    contents += [written.encode() for written, _ in TITLES.values()]
    contents += [gzip.compress(contents[0]), packed({"a": contents[0], "b": contents[3]})]
    contents += [npz(sparse.csr_array(np.eye(3)))]
    monkeypatch.setattr(text, "PIECE", 64)
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
