"""Tables in text: every way of reading them gives the same, and lines are counted right."""

import numpy as np
import pytest

from console import InputError
from recommender import formats
from recommender.formats import text
from tests.recommender.formats.cases import AS_LIST, HEADER, as_dict, lines, outcome
from tests.recommender.formats.conftest import use


def word(random, kind):
    """A word as it may stand in a column, most often a usual one."""
    usual = {"id": "1 22 333 999999999999999999 0 4", "x": "1 5 3.5 0.5 -2 10 .5 4. +3 1e1",
             "time": "0 881250949 007"}[kind]
    strange = {"id": "007 x 1234567890123456789 é 1.0 +1 -0 -07 0x1f", "x": "3.14159265 0 1e-5 -0.0 00003 123456789",
               "time": "1.5 -3 1e9 2005-09-06 99999999999999999 2005-09-06T10:00:00 0x1f"}[kind]
    broken = ' nan 1_0 " "" "a \t , : "a"b a"b" \0'
    share = random.rand()
    words = (usual if share < 0.96 else strange if share < 0.985 else broken).split(" ")
    return words[random.randint(len(words))]


def test_every_way_of_reading_gives_the_same(write):
    """The csv module, numpy.loadtxt and pyarrow: whatever is in the words, and however the lines fall into pieces."""
    random, errors, quick = np.random.RandomState(0), 0, {"numpy": [], "pyarrow": []}
    readers = ["csv", "numpy"] + ["pyarrow"] * (text.pyarrow is not None)
    for case in range(150):
        separator = ("\t", ",", "::", ";", " ")[case % 5]
        kinds = ["id", "id", "x", "time"][: 3 + case % 3 // 2]
        rows = [[word(random, kind) for kind in kinds] for _ in range(random.randint(1, 12))]
        content = lines(rows, separator, ("\n", "\r\n", "\r")[random.randint(3)])
        if case % 3 == 0:
            content = separator.join(HEADER[: len(kinds)]).encode() + b"\n" + content
        path, size, found = write(content), (10, 50, 1000)[random.randint(3)], {}
        for reader in readers:
            with pytest.MonkeyPatch.context() as patch:
                use(patch, reader)
                patch.setattr(text, "PIECE", size)
                columns = text.Quick.columns
                if reader != "csv":
                    patch.setattr(text.Quick, "columns", lambda self, piece, to=quick[reader], columns=columns:
                                  to.append(columns(self, piece)) or to[-1])
                found[reader] = outcome(path)
        assert all(found[reader] == found["csv"] for reader in readers), content
        errors += isinstance(found["csv"], str)
    assert all(0.1 < np.mean([each is None for each in quick[reader]]) < 0.9 for reader in readers[1:])
    assert 15 < errors < 120


@pytest.mark.parametrize("content, as_written", [
    (b"1,2,0.5,2005-09-06\n10,20,-0.5,100\n", True), (b"0,0,0,0\n", True), (b"07,1\n", False), (b"1,07\n", False),
    (b"1,-0\n", False), (b"1,-07\n", False), (b"1\n00\n", False), (b"1, 01\n", False), (b"100,1.00\n", True)])
@pytest.mark.parametrize("block", [1, 2, 3, 1000])
def test_numbers_that_python_would_write_otherwise(content, as_written, block, monkeypatch):
    monkeypatch.setattr(text, "_BLOCK", block)
    assert text._are_as_written(content) == as_written


@pytest.mark.parametrize("size", [1, 7, 30, 10**6])
def test_quoted_words_may_have_several_lines(size, write, monkeypatch, reader):
    """Also where the pieces of a file end among them; without their end, no line is lost in silence."""
    monkeypatch.setattr(text, "PIECE", size)
    rows = b"".join(b'%d,"a\n""b"",\r\n%d",%d,7\n' % (k, k, k % 5) for k in range(300))
    found = formats.read(write(b"user,text,rating,item\n" + rows))
    assert as_dict(found) == {(k, 7): k % 5 for k in range(300)}
    torn = rows.replace(b'"a\n""b"",\r\n299"', b'"a')
    found = formats.read(write(b"user,text,rating,item\n" + torn))
    assert as_dict(found) == {(k, 7): k % 5 for k in range(299)}
    assert "warning: " in found.notes[1] and "line 899: quotes that do not end" in found.notes[1]


def test_lines_that_a_stray_quote_swallows_are_counted(write, reader):
    """From one quote to the next, which makes them one word."""
    rows = [b"%d,a,4,7\n" % k for k in range(1000)]
    rows[10], rows[30] = b'10,"a,4,7\n', b'30,a",4,7,8\n'
    with pytest.raises(InputError, match="line 12: 5 columns, expected 4; 21 of 1,000 lines cannot be read"):
        formats.read(write(b"user,text,rating,item\n" + b"".join(rows)))
    rows[20:31] = [b"%d,a,4,7\n" % k for k in range(20, 31)]
    rows[14] = b'14,a",4,7,8\n'
    found = formats.read(write(b"user,text,rating,item\n" + b"".join(rows)))
    assert found.X.nnz == 995 and "warning: 5 lines cannot be read" in found.notes[1]


def test_the_line_is_right_far_into_a_file(write, monkeypatch, reader):
    monkeypatch.setattr(text, "PIECE", 64)
    for separator, end in (("\t", "\n"), ("::", "\r\n"), (",", "\n")):
        for bad in (0, 1, 50, 97):
            rows = [(k + 1, 2, "?" if k == bad and bad else 4, 881250949) for k in range(98)]
            content = lines(rows, separator, end) + (b"1" if not bad else b"")
            with pytest.raises(InputError, match=f"line {bad + 1 if bad else 99}: "):
                formats.read(write(content))
    content = b"".join(b"%d:\n7,3,2005-09-06\n" % k for k in range(99))
    with pytest.raises(InputError, match="line 198: '2005-13-06' is no time"):
        formats.read(write(content[:-7] + b"-13-06\n"))
    with pytest.raises(InputError, match="line 71: '-' is not a number"):
        formats.read(write(b"1 2 3 4 4\n" * 70 + b"1 2 - 4 4\n"))


def test_words_of_any_length(write, reader):
    """Also longer than the csv module reads if nobody asks for it."""
    rows = b"".join(b"%d,2,3,x\n" % k for k in range(300))
    found = formats.read(write(b"user,item,rating,text\n" + rows + b"7,8,4," + b"y" * 200_000 + b"\n"))
    assert as_dict(found)[7, 8] == 4 and found.X.nnz == 301
    found = formats.read(write(b"user,item,rating,text\n" + rows + b'7,8,4,"' + b"y" * 200_000 + b'"\n9,8,4,z\n'))
    assert as_dict(found)[7, 8] == as_dict(found)[9, 8] == 4 and found.X.nnz == 302


def test_lines_without_end(write, monkeypatch):
    monkeypatch.setattr(text, "_LONGEST", 1000)
    monkeypatch.setattr(text, "PIECE", 100)
    with pytest.raises(InputError, match="line 2: longer than 1000 bytes"):
        formats.read(write(b"a,2,3\n" + b"1" * 2000))


def test_a_nul_byte_far_inside_is_no_part_of_a_rating(write, monkeypatch):
    monkeypatch.setattr(text, "_HEAD", 20)
    with pytest.raises(InputError, match=r"line 41: '\\x004' is no rating"):
        formats.read(write(b"1\t2\t3\n" * 40 + b"1\t3\t\x004\n"), told=AS_LIST)
