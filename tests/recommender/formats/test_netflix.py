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
    for path in (zipped, tmp_path / "folder", [tmp_path / "folder" / name for name in names]):
        assert as_dict(formats.read(path)) == expected(BY_DAYS)
    assert formats.titles(tmp_path / "folder") == {1: "Dinosaur Planet"}
