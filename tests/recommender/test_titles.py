"""Items are found by what people call them."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from console import InputError
from recommender import titles
from recommender.ratings import Scale, Table
from recommender.titles import Names
from tests.ratings import ratings

TITLES = ["Alpha (1990)", "Beta, The (1991)", "Gamma (1992)", "Gamma (1993)", "Delta | of it (1994)"]


def table(X):
    return Table(csr_array(X), np.arange(1, len(X) + 1), np.arange(10, 10 + X.shape[1]), Scale(1.0, 5.0, 1.0))


@pytest.mark.parametrize("text, number", [
    ("Alpha (1990)", 0), ("alpha  (1990)", 0), ("ALPHA", 0), ("The Beta", 1), ("The Beta (1991)", 1), ("Beta, The", 1),
    ("Gamma (1993)", 3), ("14", 4), ("15", 5),
])
def test_an_item_is_found_by_id_title_and_title_without_year(text, number):
    names = Names(table(ratings(d=20)[0]), {10 + i: title for i, title in enumerate(TITLES)})
    assert names.find(text) == number


def test_titles_of_items_that_nobody_rated_are_said_to_be_so():
    names = Names(table(ratings(d=2)[0]), {10 + i: title for i, title in enumerate(TITLES)})
    with pytest.raises(InputError, match="nobody has rated 'Gamma \\(1992\\)'"):
        names.find("Gamma (1992)")
    with pytest.raises(InputError, match="nobody has rated 'Beta \\(1992\\)'"):  # although Beta (1991) is rated
        Names(table(ratings(d=2)[0]), {11: "Beta (1991)", 12: "Beta (1992)"}).find("Beta (1992)")


FILMS = ["Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb (1963)", "Seven (Se7en) (1995)",
         "Seven Years in Tibet (1997)", "E.T. the Extra-Terrestrial (1982)", "Heat (1986)", "Heat (1995)",
         "Godfather, The (1972)", "Godfather: Part II, The (1974)", "Misérables, Les (1995)", "$ (1971)",
         "Tango & Cash (1989)"]


@pytest.mark.parametrize("text, number", [
    ("Dr. Strangelove", 0), ("dr strangelove", 0), ("Seven", 1), ("Se7en", 1), ("E.T.", 3),
    ("Seven (1995)", 1), ("Se7en (1995)", 1), ("Seven (1996)", 1), ("Seven (1993)", None), ("Heat (1987)", 4),
    ("ET", 3), ("Heat (1986)", 4), ("Heat (1995)", 5), ("Heat (1996)", 5), ("Heat (1990)", None),
    ("Godfather", 6), ("The Godfather", 6),
    ("Les Miserables", 8), ("$", 9), ("Tango and Cash", 10), ("extra-terrestrial", 3), ("strange", None), ("", None),
])
def test_films_are_found_by_what_people_call_them(text, number):
    """Exact titles first, then those a year off, then one title that contains the words."""
    names = Names(table(ratings(d=len(FILMS))[0]), {10 + i: title for i, title in enumerate(FILMS)})
    if number is not None:
        assert names.find(text) == number
        return
    with pytest.raises(InputError, match="no item is called"):
        names.find(text)


def test_similar_titles_are_sought_for_the_listed_ones_alone(monkeypatch):
    """The search takes about 10 ms a title, so it would take an hour for a wrong file."""
    sought = []
    monkeypatch.setattr(titles.difflib, "get_close_matches", lambda text, *_, **__: sought.append(text) or [])
    names = Names(table(ratings(d=len(FILMS))[0]), {10 + i: title for i, title in enumerate(FILMS)})
    found, other = titles.matched([("10", None), *((f"Omega {i}", None) for i in range(100))], names)
    assert list(found) == [0] and len(other) == 100 and len(sought) == titles.LISTED


def test_what_may_be_several_films_is_asked():
    names = Names(table(ratings(d=len(FILMS))[0]), {10 + i: title for i, title in enumerate(FILMS)})
    with pytest.raises(InputError, match=r"title of 2 items \(14 is Heat \(1986\); 15 is Heat \(1995\)\)"):
        names.find("Heat")
    with pytest.raises(InputError, match="similar: 'Seven Years in Tibet"):
        names.find("Sevn Years in Tibet")
