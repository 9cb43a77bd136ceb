"""Items are found by what people call them."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from console import InputError
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
