"""suggest: recommendations as a user sees them."""

import json
from pathlib import Path

import numpy as np
import pytest

from recommender import model_file
from recommender.commands import suggest
from recommender.ratings import Scale
from recommender.titles import Names
from tests.ratings import ratings
from tests.recommender.model_cases import said, saved


def suggested(capsys, *options):
    said(capsys, "suggest", "m.npz", *options, "--json", "s.json")
    return json.loads(Path("s.json").read_text())["items"]


def test_suggestions_are_the_best_predictions(place, capsys):
    items = suggested(capsys, "--user", 3, "--top", 20, "--include-rated")
    fitted = model_file.read("m.npz").predictor
    expected = {i + 10: fitted.predict(np.array([2]), np.array([i]))[0] for i in range(20)}
    assert [row["id"] for row in items] == sorted(expected, key=lambda item: -expected[item])
    for row in items:
        assert row["predicted"] == pytest.approx(expected[row["id"]])
        assert 1 <= row["low"] <= row["predicted"] <= row["high"] <= 5
        assert (row["rated"] or 0) == place[2, row["id"] - 10]


def test_the_table_is_as_wide_as_what_is_in_it(capsys):
    """Whatever the unit; where the scale has no step, ends are rounded away from one another."""
    for unit, step, predicted, ends in ((1, 1, "3.14", "3 to 5"), (1, 0, "3.14", "2.71 to 4.12"),
                                        (1e9, 1e9, "3141592653.60", "3000000000 to 5000000000"),
                                        (1e-3, 0, "0.00314", "0.00271 to 0.00412")):
        low, high = (3 * unit, 5 * unit) if step else (2.7182 * unit, 4.1111 * unit)
        row = {"title": "Alpha", "predicted": 3.14159265360 * unit, "low": low, "high": high, "rated": None}
        because = {"title": "Beta", "rating": 1000000004.0}
        suggest.show([row | {"because": None}, row | {"because": because}], 0.9, Scale(unit, 5 * unit, step))
        _, head, one, two = capsys.readouterr().out.split("\n")[:4]
        assert predicted in one and ends in one and two == f"{one}  you rated Beta 1000000004"
        for word, part in (("90 %", ends), ("item", "Alpha")):
            assert head.index(word) == one.index(part)


def test_rated_items_are_left_out(place, capsys):
    for words in ([], ["--exclude-rated"]):  # as an earlier version called it
        items = suggested(capsys, "--user", 3, "--top", 20, *words)
        assert {row["id"] for row in items} == {i + 10 for i in range(20) if not place[2, i]}
        assert all(row["rated"] is None for row in items)


def test_sure_orders_by_the_low_end(place, capsys):
    items = suggested(capsys, "--user", 3, "--top", 20, "--include-rated", "--sure")
    lows = [row["low"] for row in items]
    assert lows == sorted(lows, reverse=True)


def test_reasons_are_what_the_user_has_rated_high(place, capsys):
    model_file.write("m.npz", saved("als", place))
    mean = place[2][place[2] > 0].mean()
    items = suggested(capsys, "--user", 3, "--top", 20, "--include-rated")
    reasoned = [row["because"] for row in items if row["because"]]
    assert reasoned
    for because in reasoned:
        assert because["rating"] == place[2, because["id"] - 10] >= mean


@pytest.mark.parametrize("name", ["constant", "effects"])
def test_a_model_that_asks_nobody_s_taste_gives_no_reasons(name, place, capsys):
    model_file.write("m.npz", saved(name, place))
    assert not any(row["because"] for row in suggested(capsys, "--user", 3, "--top", 20, "--include-rated"))
    assert "so it gives no reasons" in said(capsys, "suggest", "m.npz", "--user", 3)


def test_somebody_new_is_folded_in(place, capsys):
    items = suggested(capsys, "--ratings", "10=5", "Beta, The=4", "--titles", "u.item", "--top", 20, "--include-rated")
    assert {row["id"]: row["rated"] for row in items if row["rated"]} == {10: 5, 11: 4}
    folded = model_file.read("m.npz").predictor.fold_in(np.array([0, 1]), np.array([5.0, 4.0]))
    assert items[0]["predicted"] == pytest.approx(folded.predict(np.zeros(1, int), np.array([items[0]["id"] - 10]))[0])


def test_a_new_user_with_the_ratings_of_a_known_one_is_that_user(place, capsys):
    """Of the effects exactly: theirs is found from the movies' effects as in the last half of a sweep."""
    words = [f"{i + 10}={x:g}" for i, x in enumerate(place[2]) if x]
    new, known = (suggested(capsys, *who, "--top", 20, "--include-rated")
                  for who in (["--ratings", *words], ["--user", 3]))
    for one, other in zip(new, known, strict=True):
        assert one["id"] == other["id"] and one["predicted"] == pytest.approx(other["predicted"], abs=0.02)


def test_what_is_not_found_among_many_is_left_out_and_listed(place, capsys):
    words = "Alpha=5", "Omega=1", "delta=4", "Gamma=2"
    out = said(capsys, "suggest", "m.npz", "--titles", "u.item", "--ratings", *words)
    assert "2 of 4 titles found:\n  delta is read as Delta  of it (1994)\n" in out
    assert "2 not found, and left out:\n  no item is called 'Omega'; " in out and "'Gamma' is the title of 2" in out
    assert "from 2 ratings" in out


EXPORTS = {
    "Letterboxd": "Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Alpha,1990,https://boxd.it/1,4.5\n"
                  "2024-01-03,Gamma,1993,https://boxd.it/2,\n2024-01-04,Gamma,1992,https://boxd.it/2,2\n"
                  "2024-01-04,The Beta,1991,https://boxd.it/3,1\n2024-01-05,Alpha,2001,https://boxd.it/4,5\n",
    "IMDb": "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Year\r\n"
            "tt1,4.5,2024-01-02,Alpha,Alpha,http://x,Movie,8.1,1990\r\n"
            'tt2,2,2024-01-02,"Gamma","Gamma, or ""G""",http://x,Movie,8.1,1992\r\n'
            "tt3,1,2024-01-02,The Beta,Die Beta,http://x,Movie,8.1,1991\r\n"
            "tt4,5,2024-01-02,Alpha,Alpha,http://x,TV Series,8.1,2001\r\n",
}


@pytest.mark.parametrize("site", EXPORTS)
def test_an_export_of_one_person(site, place, capsys):
    """Titles and years say which items these are; what is not known is listed; a rating that is empty is left out."""
    Path("export.csv").write_text(EXPORTS[site])
    words = "--titles", "u.item", "--top", "20", "--include-rated", "--json", "s.json"
    out = said(capsys, "suggest", "m.npz", "--ratings-from", "export.csv", *words)
    items = json.loads(Path("s.json").read_text())
    assert {row["id"]: row["rated"] for row in items["items"] if row["rated"]} == {10: 4.5, 12: 2, 11: 1}
    assert items["matched"] == {"Alpha (1990)": "10", "Gamma (1992)": "12", "The Beta (1991)": "11"}
    assert items["not_matched"] == ["Alpha (2001)"]
    assert "3 of 4 titles found:" in out and "no item is called 'Alpha (2001)'" in out
    assert ("1 line without a rating left out, the first is export.csv, line 3" in out) == (site == "Letterboxd")


def test_an_export_on_another_scale_is_mapped_if_that_is_said(place, capsys):
    Path("export.csv").write_text("Title,Year,Your Rating\nAlpha,1990,10\nGamma,1992,4\n")
    words = "suggest", "m.npz", "--titles", "u.item", "--ratings-from", "export.csv"
    refused = said(capsys, *words, status=2)
    assert "ratings from 4 to 10, the model from 1 to 5; give the file's scale" in refused
    assert "--scale 1 10 for IMDb" in refused and "--scale 4 10" not in refused and "--missing" not in refused
    out = said(capsys, *words, "--scale", 1, 10, "--top", 20, "--include-rated", "--json", "s.json")
    rated = {row["id"]: row["rated"] for row in json.loads(Path("s.json").read_text())["items"] if row["rated"]}
    assert rated == {10: 5, 12: pytest.approx(1 + 4 * 3 / 9)} and "mapped to 1 to 5, the model's scale" in out
    assert "Gamma (1992): 2.33\n" in out and "(rated 2.33)" in out
    Path("export.csv").write_text("user,Title,Your Rating\nann,Alpha,1\n")
    assert "the column 'user' says whose ratings these are" in said(capsys, *words, status=2)


@pytest.mark.parametrize("words, says", [
    (["--user", "77"], "m.npz: no user is called '77'; IDs look like 1, 2, 3; for a new user give --ratings"),
    (["--user", "x\n\x1b[2J"], "no user is called 'x\\n\\x1b[2J'"),
    (["--ratings", "10=6"], "--ratings '10=6': expected ITEM=RATING, the rating a number from 1 to 5"),
    (["--ratings", "10=nan"], "expected ITEM=RATING"),
    (["--ratings", "10"], "expected ITEM=RATING"),
    (["--ratings", "5"], "expected ITEM=RATING"),
    (["--ratings", "10=5", "Alpha=4", "--titles", "u.item"], "'Alpha (1990)' is rated twice"),
    (["--ratings", "Gamma=4", "--titles", "u.item"], "title of 2 items (12 is Gamma (1992); 13 is Gamma (1993))"),
    (["--ratings", "Alfa=4", "--titles", "u.item"], "no item is called 'Alfa'; similar: 'Alpha (1990)'"),
    (["--ratings", "Alpha=4"], "titles are known with --titles FILE"),
    (["--user", "1", "--ratings", "10=5"], "not allowed with"),
    ([], "one of the arguments --user --ratings --ratings-from --all is required"),
    (["--user", "1", "--scale", "1", "5"], "--scale go with --ratings-from"),
    (["--ratings-from", "none"], "none does not exist"),
    (["--user", "1", "--top", "0"], "expected a whole number from 1"),
    (["--user", "1", "--titles", "none"], "none does not exist"),
    (["--user", "1", "--titles", "other"], "has no title for any item of m.npz"),
    (["--user", "1", "--json", "m.npz"], "would replace a file that is read"),
    (["--user", "1", "--titles", "u.item", "--json", "u.item"], "would replace a file that is read"),
])
def test_bad_calls_end_in_one_line(words, says, place, capsys):
    Path("other").write_text("1000|Omega (1999)|01-Jan-1990||http://x|0|0|0\n")
    assert says in said(capsys, "suggest", "m.npz", *words, status=2)


def test_titles_and_ids_of_any_text_stay_in_their_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    X = ratings(n=30, d=3)[0]
    evil = np.array(sorted(["a\x1b[2J", "b\nFor user 1", "c\u202e"]))
    one = saved(X=X)
    model_file.write("m.npz", one._replace(table=one.table._replace(items=evil)))
    out = said(capsys, "suggest", "m.npz", "--user", 1, "--include-rated")
    assert "\x1b" not in out and "\u202e" not in out and len(out.splitlines()) == 7
    names = Names(one.table._replace(items=evil), {"a\x1b[2J": "t\x07"})
    assert names.find("t\x07") == 0 and names.find("b\nFor user 1") == 1


def test_the_zeros_of_goodreads_are_no_ratings_if_that_is_said(place, capsys):
    Path("export.csv").write_text("Book Id,Title,Author,My Rating\n1,Alpha,Ann,3\n2,The Beta,Ann,0\n")
    words = "suggest", "m.npz", "--titles", "u.item", "--ratings-from", "export.csv"
    assert "; or --missing 0 if 0 marks a book or film without a rating" in said(capsys, *words, status=2)
    assert "from 1 rating," in said(capsys, *words, "--missing", 0)


def test_titles_for_some_items_only_are_said_to_be_so(place, capsys):
    Path("few.csv").write_text("movieId,title\n10,Alpha\n11,Beta\n")
    out = said(capsys, "suggest", "m.npz", "--user", 3, "--titles", "few.csv")
    assert "few.csv has titles for 2 of 20 items" in out
