"""Titles in every format."""


import pytest

from console import InputError
from recommender import formats
from tests.recommender.formats.cases import CASES, TITLES, packed


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
