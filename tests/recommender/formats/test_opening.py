"""Folders, archives, and places without ratings."""

import gzip
import io
import os

import numpy as np
import pytest

from console import InputError
from recommender import formats
from recommender.formats import opening
from tests.recommender.formats.cases import CASES, ROWS, as_dict, expected, lines, packed
from tests.recommender.formats.conftest import optional


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


def test_encrypted_members(write):
    content = bytearray(packed({"a": b"1,2,3\n"}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(InputError, match=r"a cannot be unpacked .*encrypted"):
        formats.read(write(bytes(content)))


def test_zstandard(write, monkeypatch):
    pyarrow = optional("pyarrow")
    packed_by = pyarrow.Codec("zstd").compress(lines(ROWS, ",") * 1000, asbytes=True)
    assert as_dict(formats.read(write(packed_by))) == expected(ROWS)
    with pytest.raises(InputError, match="is broken or cut off"):
        formats.read(write(packed_by[:-20]))
    monkeypatch.setattr(opening, "pyarrow", None)
    with pytest.raises(InputError, match="is packed by Zstandard; to read it, pip install pyarrow"):
        formats.read(write(packed_by))
