"""Columns are found by what people call them."""

import re

import pytest

from recommender import formats
from tests.recommender.formats.cases import as_dict


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
