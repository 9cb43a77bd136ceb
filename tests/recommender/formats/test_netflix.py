"""The Netflix Prize's files."""

import gzip
import os

import pytest

from recommender import formats
from tests.recommender.formats.cases import BY_DAYS, as_dict, expected, netflix_file, packed


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
    os.symlink("nowhere", tmp_path / "folder" / "link")
    for path in (zipped, tmp_path / "folder", [tmp_path / "folder" / name for name in names]):
        assert as_dict(formats.read(path)) == expected(BY_DAYS)
    assert formats.titles(tmp_path / "folder") == {1: "Dinosaur Planet"}


def test_lines_that_give_no_rating_are_named(write, reader):
    """The first of them, as numbered in the file; movies without a rating are lines, too."""
    content = b"1:\n2:\n7,3,2005-09-06\n3:\n8,,2005-09-07\n9,2,2005-09-07\n4:\n,2,2005-09-07\n7,1,2005-09-07\n"
    path = write(content)
    found = formats.read(path)
    assert as_dict(found) == {(7, 2): 3, (9, 3): 2, (7, 4): 1}
    assert sorted(note for note in found.notes if "left out" in note) == [
        f"1 line without a rating left out, the first is {path}, line 5",
        f"1 line without a user left out, the first is {path}, line 8"]
