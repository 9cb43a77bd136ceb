"""Words, and lines that are counted right."""


import numpy as np
import pytest

from console import InputError
from recommender import formats
from recommender.formats import text
from tests.recommender.formats.cases import AS_LIST, lines


def test_whole_numbers_and_names():
    assert text.identifiers(["7", "-1", "0"]).dtype == np.int64
    for word in ("007", "+7", "7.0", "-0", "1" * 19, "７", "x"):
        assert text.identifiers(["1", word]).tolist() == ["1", word]


def test_the_line_is_right_far_into_a_file(write, monkeypatch):
    monkeypatch.setattr(text, "PIECE", 64)
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


def test_lines_without_end(write, monkeypatch):
    monkeypatch.setattr(text, "_LONGEST", 1000)
    monkeypatch.setattr(text, "PIECE", 100)
    with pytest.raises(InputError, match="line 2: longer than 1000 bytes"):
        formats.read(write(b"a,2,3\n" + b"1" * 2000))


def test_a_nul_byte_far_inside_is_no_part_of_a_rating(write, monkeypatch):
    monkeypatch.setattr(text, "_HEAD", 20)
    with pytest.raises(InputError, match="line 41: not text"):
        formats.read(write(b"1\t2\t3\n" * 40 + b"1\t3\t\x004\n"), told=AS_LIST)
