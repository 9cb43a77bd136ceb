"""Whatever the format, the same ratings are read: from one file, several, whole or in chunks."""

import bz2
import gzip
import io
import lzma
import re

import numpy as np
import pytest
from scipy import sparse

from console import InputError
from recommender import formats, splits
from recommender.formats import matrices, text
from recommender.ratings import Scale, Words
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
    "packed in an archive": lambda content: packed({"folder/file.gz": gzip.compress(content)}),
    "no newline at the end": lambda content: content.rstrip(b"\r\n"),
    "a blank line": lambda content: content.replace(b"\n", b"\n\n", 1),
    "old Macintosh": lambda content: content.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
    "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress,
    "in an archive": lambda content: packed({"folder/README": b"about it\n", "folder/file": content}),
}


@each_case
def test_formats(case, write, reader):
    """By every reader; and by the one that always works, whatever the lines end with and the files are packed by."""
    content, rows = CASES[case]
    for quirk, changed in QUIRKS.items() if reader == "csv" else [("as it is", bytes)]:
        found = read_case(case, write(changed(content)))
        assert as_dict(found) == expected(rows), (case, quirk)
        dropped = len(rows) - found.X.nnz
        assert sum("dropped" in note for note in found.notes) == (dropped > 0)


def test_every_format_in_small_pieces(write, monkeypatch, reader):
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
    assert "mine.csv: a header, columns separated by commas (--sep overrides); used are user, item, rating" in form
    assert ", rating, time (--columns overrides)" in form
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
    given = [row for part in parts for row in zip(*map(listed, part[:4]), strict=True)]
    assert [tuple(map(int, row)) for row in given] == rows


def listed(column):
    if isinstance(column, Words):
        return [column.words[code] for code in column.codes]
    return column.tolist()


@pytest.mark.parametrize("told, rows", [
    ({"columns": {"user": "who", "item": "What", "rating": "3"}}, {("ann", "Heat"): 4, ("bob", "Heat"): 5}),
    ({"columns": {"user": "what", "item": "who", "rating": "stars", "time": "when"}}, {("Heat", "ann"): 4,
                                                                                       ("Heat", "bob"): 5}),
    ({"columns": {"user": "nobody"}}, "--columns user=nobody: there is no such column; there are who, what, stars"),
    ({"columns": {"user": "5"}}, "--columns user=5: there is no such column"),
    ({"columns": {"user": "who", "item": "who", "rating": "stars"}}, "of no format known"),
    ({}, "names no user and no item; say which: --columns user=NAME item=NAME"),
    ({"header": False, "columns": {"user": "1", "item": "2", "rating": "3"}},
     "line 1: 'who,what,stars,when' is of no")])
def test_columns_that_the_user_says(told, rows, write, reader):
    path = write(b"who,what,stars,when\nann,Heat,4,7\nbob,Heat,5,8\n")
    if isinstance(rows, dict):
        assert as_dict(formats.read(path, told=formats.Told(**told))) == rows
        return
    with pytest.raises(InputError) as error:
        formats.read(path, told=formats.Told(**told))
    assert rows in str(error.value)


def test_columns_without_a_header(write, reader):
    """By their numbers, also of more columns than a list has otherwise; and the first line is never taken for names."""
    path = write(b"B1,a1,x,5.0,1400000000\nB1,a2,y,4.0,1400000001\n")
    columns = {"user": "2", "item": "1", "rating": "4", "time": "5"}
    for header in (None, False):
        found = formats.read(path, told=formats.Told(columns=columns, header=header))
        assert as_dict(found) == {("a1", "B1"): 5, ("a2", "B1"): 4}
    path = write(b"user,item,4\nann,heat,5\n")
    assert as_dict(formats.read(path, told=formats.Told(header=False))) == {("user", "item"): 4, ("ann", "heat"): 5}


def test_a_separator_that_the_user_says(write, reader):
    path = write(b"user|item|rating\nann|a,b|4\nann|a b|5\n")
    assert as_dict(formats.read(path, told=formats.Told(separator="|"))) == {("ann", "a,b"): 4, ("ann", "a b"): 5}


def test_one_persons_ratings(write, reader):
    path = write(b"Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Heat,1995,https://b/1,4.5\n"
                 b"2024-01-02,Heat,1986,https://b/2,2\n")
    found = formats.read(path, told=formats.Told(user="ann"))
    assert as_dict(found) == {("ann", "Heat (1995)"): 4.5, ("ann", "Heat (1986)"): 2}
    assert "Year tells items of the same Name apart (--columns item=Name overrides)" in found.notes[0]
    found = formats.read(path, told=formats.Told(user="ann", columns={"item": "Name"}))
    assert as_dict(found) == {("ann", "Heat"): 2}
    path = write(b"Const,Your Rating,Date Rated,Title,Year\ntt0113277,9,2024-01-02,Heat,1995\n")
    assert as_dict(formats.read(path, told=formats.Told(user="ann"))) == {("ann", "tt0113277"): 9}
    with pytest.raises(InputError, match="the column 'user' says whose ratings these are"):
        formats.read(write(b"user,item,rating\n1,2,3\n"), told=formats.Told(user="ann"))


def test_a_scale_that_the_user_says(write):
    path = write(b"user,item,rating\n1,2,3.5\n2,2,4\n2,3,1\n")
    found = formats.read(path, told=formats.Told(scale=(0.5, 5.0)))
    assert found.scale == Scale(0.5, 5, 0.5) and "ratings from 0.5 to 5 in steps of 0.5, as --scale says" in found.notes
    with pytest.raises(InputError, match=r"--scale 1 3: there are ratings from 1 to 4; expected --missing 4 if"):
        formats.read(path, told=formats.Told(scale=(1.0, 3.0)))


def test_what_is_left_out_is_counted_with_the_first_line(write, reader):
    rows = b"".join(b"%d,%d,%d\n" % (k % 90, k, k % 5) for k in range(500))
    path = write(b"user,item,rating\n" + rows + b"7,x,\n,8,4\n7,8,NaN\n7,9,five\n7,\n\n8,1,4\n", "r.csv")
    found = formats.read(path)
    assert found.X.nnz == 501
    assert f"2 lines without a rating left out, the first is {path}, line 502" in found.notes
    assert f"1 line without a user left out, the first is {path}, line 503" in found.notes
    (unread,) = [note for note in found.notes if "cannot be read" in note]
    assert unread.startswith("warning: 2 lines cannot be read and are left out: ")
    assert "line 505: 'five' is no rating" in unread and "line 506: 2 columns, expected 3" in unread
    with pytest.raises(InputError, match=f"line 502: 'five' is no rating.*; {6} of 506 lines cannot be read"):
        formats.read(write(b"user,item,rating\n" + rows + b"7,9,five\n" * 6))


def test_a_time_that_is_not_understood_is_said(write):
    for times, said in ((("soon", "late"), "time is not, because 'soon' is no time that is known here"),
                        (("01/02/2009", "02/01/2009"), "'01/02/2009' is no time that is known here"),
                        (("", ""), "time is not, because it is empty in the first lines")):
        content = b"user,item,rating,time\n1,2,3,%s\n1,2,4,%s\n" % tuple(map(str.encode, times))
        found = formats.read(write(content))
        assert as_dict(found) == {(1, 2): 4} and "the last in the file counts" in found.notes[-1]
        assert said in found.notes[0]


def test_a_test_file_with_numbers_that_pandas_made_meets_the_ratings(write):
    train = formats.read(write(b"user,item,rating\n7,40,3\n8,40,4\n7,41,4\n"))
    test = formats.read(write(b"user,item,rating\n7.0,40.0,3\n"))
    split = splits.by_file(train, test, "test")
    assert splits.count_cold(split.parts)["ratings"] == 0 and not any("warning" in note for note in split.notes)


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
