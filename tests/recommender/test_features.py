"""Features of items: from every format, each group of the same size, whatever the order of lines."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from console import InputError
from recommender import features, formats
from recommender.ratings import Scale, Table

TITLES = ["Alpha (1990)", "Alpha Beta (1995)", "The Alpha: Gamma (2000)", "Beta (2000)", "Gamma's Beta (1991)",
          "Delta (1999)"]
GENRES = ["Action|Drama", "Action", "Drama", "Action|Comedy", "Drama", "Comedy|Action"]
ROWS = list(zip(range(6), TITLES, GENRES, strict=True))
HEADED = "movieId,title,genres\n" + "".join(f"{k},{title},{genres}\n" for k, title, genres in ROWS)
FILES = {
    "movies.csv": HEADED,
    "semicolons": HEADED.replace(",", ";"),
    "movies.dat": "".join(f"{k}::{title}::{genres}\n" for k, title, genres in ROWS),
    "u.item": "".join(f"{k}|{title}|01-Jan-{title[-5:-1]}||http://x|"
                      + "|".join("01"[name in genres] for name in ("Action", "Comedy", "Drama", "none")) + "\n"
                      for k, title, genres in ROWS),
}


def group(raw):
    """Features (k, m) with the mean squared length 1 about their mean."""
    centred = raw - raw.mean(axis=0)
    return raw / np.sqrt((centred**2).sum(axis=1).mean())


def expected():
    """By hand: values and words of at least three items; years between the decades 1990 and 2000, or 2000 and 2010."""
    genres = group(np.array([[name in g.split("|") for name in ("Action", "Drama")] for g in GENRES], float))
    late = np.array([0, 0.5, 1, 1, 0.1, 0.9])
    words = group(np.array([[word in title for word in ("Alpha", "Beta")] for title in TITLES], float))
    return genres, group(np.column_stack([1 - late, late])), words


def kernel(F):
    F = F.toarray() if hasattr(F, "toarray") else F
    F = F - F.mean(axis=0)
    return F @ F.T


@pytest.mark.parametrize("case", FILES)
def test_every_format_has_the_same_features(case, tmp_path):
    path = tmp_path / "items"
    path.write_text(FILES[case])
    found = features.read(path)
    assert found.ids.tolist() == list(range(6))
    np.testing.assert_allclose(kernel(found.F), sum(map(kernel, expected())), atol=1e-12)
    assert "2 values of genres" in found.about and "2 words of title" in found.about and "year" in found.about


def test_columns_that_are_asked_for_are_used_alone(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text(HEADED)
    one = features.read(path, ["Genres"])
    np.testing.assert_allclose(kernel(one.F), kernel(expected()[0]), atol=1e-12)
    assert one.about == "2 values of genres"
    with pytest.raises(InputError, match="no column 'author'; it has movieId, title, genres"):
        features.read(path, ["author"])


def test_order_of_lines_and_repeated_lines_do_not_matter():
    ids, table = np.arange(6), {"title": TITLES, "genres": GENRES}
    base, order = features.of_columns(ids, table), np.array([3, 0, 5, 1, 4, 2])
    turned = features.of_columns(ids[order], {name: [texts[k] for k in order] for name, texts in table.items()})
    twice = features.of_columns(np.append(ids, 2), {name: [*texts[:2], "x|y", *texts[3:], texts[2]]
                                                    for name, texts in table.items()})
    for other in (turned, twice):
        np.testing.assert_array_equal(other.of(ids).toarray(), base.of(ids).toarray())
        assert other.about == base.about


@pytest.mark.parametrize("texts", [
    ["a, b", "a,b", "b, a", "c"], ["a; b", "a;b", "B ;A", "c,d"], ["a|b", "A | b", "b|a|b", "c;d"],
    ["['a', 'b']", "['a', 'b']", '["b", "a"]', "[]"]])
def test_values_are_split_in_every_manner(texts):
    found = features.of_columns(np.arange(4), {"tags": texts})
    assert found.about == "2 values of tags" and (found.F.toarray() != 0).tolist() == [[True, True]] * 3 + [[False] * 2]


def test_years_of_any_form_are_found_and_missing_ones_are_the_mean():
    texts = ["1950", "1955-03-01", "01-Jan-1959", "", "NULL", "1961.0", "c1966", "1969", "12345"]
    found = features.of_columns(np.arange(9), {"Year-Of-Publication": texts})
    years = np.array([1950, 1955, 1959, 0, 0, 1961, 1966, 1969, 0])
    raw = np.array([[np.interp(year, [1950, 1960, 1970], one) for one in np.eye(3)] for year in years])
    raw[years == 0] = raw[years > 0].mean(axis=0)
    np.testing.assert_allclose(found.F.toarray(), group(raw), atol=1e-12)


def test_items_that_the_file_lacks_have_the_mean_features():
    found = features.of_columns(np.array([7, 3, 5, 4]), {"author": ["x", "x", "x", "y"]})
    F = found.of(np.array(["5", "9", "4"])).toarray()
    assert F[0, 0] > 0 and F[2, 0] == 0 and F[1, 0] == pytest.approx(0.75 * F[0, 0])
    with pytest.raises(InputError, match=r"none of the rated items: its IDs look like 3, 4, 5, and .* like 'a', 'b'"):
        found.of(np.array(["a", "b"]))


def test_items_that_nobody_rated_follow_those_of_a_table():
    table = Table(csr_array(np.array([[1.0, 2.0], [0.0, 3.0]])), np.array([1, 2]), np.array([4, 9]), Scale(1, 5, 1))
    found = features.of_columns(np.array(["3", "9", "x", "y"]), {"author": ["a", "a", "b", "a"]})
    joined, F = found.joined(table)
    assert joined.items.tolist() == ["4", "9", "3", "x", "y"] and joined.X.toarray()[:, :2].tolist() == [[1, 2], [0, 3]]
    assert joined.X.shape == (2, 5) and joined.X.nnz == 3 and table.X.shape == (2, 2)
    np.testing.assert_allclose(F.toarray()[:, 0] / F.toarray()[1, 0], [0.75, 1, 1, 0, 1])


def test_a_frame_is_read_as_a_file():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"movieId": range(6), "title": TITLES, "genres": GENRES})
    np.testing.assert_allclose(kernel(features.read(frame).F), sum(map(kernel, expected())), atol=1e-12)
    lists = frame.assign(genres=[text.split("|") for text in GENRES], year=[1990, 1995, 2000, 2000, 1991, None])
    assert features.read(lists).about == "2 values of genres, year, 2 words of title"
    with pytest.raises(InputError, match="expected a column of items' IDs, such as item, got title, genres"):
        features.read(frame.drop(columns="movieId"))
    with pytest.raises(InputError, match="expected items as a path or a DataFrame, got list"):
        features.read([1, 2])


def test_values_that_tell_nothing_are_refused():
    with pytest.raises(InputError, match="no value that at least 3 of them have and others lack; used of the columns"
                                         " genre, more are genre"):
        features.of_columns(np.arange(4), {"genre": ["a", "a", "b", "b"], "more": list("abcd")})
    with pytest.raises(InputError, match="used of the columns a, b are none"):
        features.of_columns(np.arange(4), {"a": list("xxxx"), "b": list("xxxy")})


def test_titles_need_no_other_column_and_items_need_no_title(write_items):
    assert formats.items(write_items("movieId,genres\n1,a|b\n"))[1] == {"movieId": ["1"], "genres": ["a|b"]}
    ids, table = formats.items(write_items("1,2003,Dinosaur Planet\n72,1974,Among, A\n43,NULL,Ancient: 300\n"))
    assert ids.tolist() == [1, 72, 43]
    assert table == {"year": ["2003", "1974", "NULL"], "title": ["Dinosaur Planet", "Among, A", "Ancient: 300"]}
    wrong = {"user,item,rating\n1,2,3\n": "is a file of ratings", '{"asin":"1","title":"x"}': "is JSON"}
    for content, says in wrong.items():
        with pytest.raises(InputError, match=f"{says}.*; expected items as in u"):
            formats.items(write_items(content))


@pytest.fixture
def write_items(tmp_path):
    def write(content):
        (tmp_path / "items").write_text(content)
        return tmp_path / "items"
    return write
