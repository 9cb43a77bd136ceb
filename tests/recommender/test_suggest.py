"""suggest: recommendations as a user sees them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

import recommender
from recommender import model_file
from recommender.commands import suggest
from recommender.lists import catalogue, choosing
from recommender.lists.signal import signals
from recommender.ratings import Scale
from recommender.titles import Names
from tests.ratings import ratings
from tests.recommender.model_cases import said, saved
from tests.recommender.test_model_file import as_array, rewritten, tree


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


def test_sure_is_not_the_order_of_predictions_where_some_items_have_few_ratings(place, capsys):
    X = ratings(n=80, d=20)[0]
    X[np.arange(80)[:, None] > 4 + 4 * np.random.RandomState(0).permutation(20)] = 0
    model_file.write("m.npz", saved(X=X))
    fitted, i = model_file.read("m.npz").predictor, np.arange(20)
    predicted, half = fitted.fitted.predict(0 * i + 2, i), fitted.half_width(0 * i + 2, i)
    for words, worth in ((["--sure"], predicted - half), (["--for", "rating"], predicted)):
        items = suggested(capsys, "--user", 3, "--top", 20, "--include-rated", *words)
        assert [row["id"] - 10 for row in items] == np.argsort(-worth).tolist()
    assert np.argsort(-predicted).tolist() != np.argsort(half - predicted).tolist()


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


# The lists of all users, among chosen items, by the list model


@pytest.fixture
def listed(place):
    """Return a Model of the ratings, with a list model that is personal."""
    model = recommender.fit(recommender.read("u.data"))
    trial = choosing.Trial(None, signals(model.table.X)[1], {"regularization": 5.0})
    lists = choosing.fitted(catalogue.MODELS[2], trial, model.table.X)
    model = recommender.api.Model(model._saved._replace(lists=lists))
    model.save("m.npz")
    return model


@pytest.mark.parametrize("way", ["rating", "sure", "top"])
def test_the_lists_of_all_users_are_those_of_each(way, listed, capsys):
    words = "--for", way, "--top", 6
    out = said(capsys, "suggest", "m.npz", "--all", "--out", "lists.csv", "--titles", "u.item", *words)
    with open("lists.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"lists: lists.csv, 30 users, {len(rows)} lines" in out
    for user in (1, 8, 30):
        own = [row for row in rows if row["user"] == str(user)]
        items = suggested(capsys, "--user", user, "--titles", "u.item", *words)
        assert [(row["item"], row["title"]) for row in own] == [(str(row["id"]), row["title"]) for row in items]
        assert [row["rank"] for row in own] == [str(rank) for rank in range(1, len(items) + 1)]
        for name in ("predicted", "low", "high"):
            assert [float(row[name]) for row in own] == pytest.approx([row[name] for row in items])


def test_a_list_ends_where_all_is_rated(listed, place, capsys):
    said(capsys, "suggest", "m.npz", "--all", "--out", "lists.csv", "--top", 20)
    head, *lines = Path("lists.csv").read_text().splitlines()
    assert head == "user,rank,item,predicted,low,high" and len(lines) == (place == 0).sum()
    said(capsys, "suggest", "m.npz", "--all", "--out", "lists.csv", "--top", 20, "--include-rated")
    assert len(Path("lists.csv").read_text().splitlines()) == 1 + place.size


def test_top_is_the_order_of_the_list_model(listed, place, capsys):
    """Beside the same predictions and intervals as in the order by rating."""
    new = ["--ratings", "10=5", "12=1", "13=4"], np.eye(20)[[0, 2, 3]].T @ [5, 1, 4]
    for who, x in ((["--user", 4], place[3]), new):
        items = suggested(capsys, *who, "--for", "top", "--top", 20)
        row = csr_array(np.where(x >= listed.lists.signal.least, 1.0, 0)[None])
        scores = listed.lists.fitted.scores(row)[0]
        left = np.flatnonzero(x == 0)
        liked = (place >= listed.lists.signal.least).sum(axis=0)
        assert [each["id"] - 10 for each in items] == sorted(left, key=lambda i: (-scores[i], -liked[i], i))
        by_rating = {each["id"]: each for each in suggested(capsys, *who, "--top", 20)}
        assert {each["id"]: each for each in items} == by_rating
    out = said(capsys, "suggest", "m.npz", "--user", 4, "--for", "top")
    assert f"from {np.count_nonzero(place[3])} ratings, ordered by the list model ease, predicted by als" in out


def test_who_likes_nothing_gets_the_popular_items_by_the_list_model(listed, place, capsys):
    words = "suggest", "m.npz", "--ratings", "10=1", "13=2", "--for", "top"
    assert "learns nothing from what this user has chosen or rated, so popular items come first" in said(capsys, *words)
    liked = (place >= listed.lists.signal.least).sum(axis=0)
    items = [each["id"] - 10 for each in suggested(capsys, *words[2:])]
    assert items == sorted(set(range(20)) - {0, 3}, key=lambda i: (-liked[i], i))[:10]


def test_a_list_model_comes_back_and_a_forged_one_is_refused(listed, capsys):
    again = recommender.load("m.npz")
    assert again.lists.params == listed.lists.params and again.lists.signal == listed.lists.signal
    np.testing.assert_array_equal(again.lists.fitted.B, listed.lists.fitted.B)
    (member,) = (part["array"] for part in tree()["content"]["fields"][4]["fields"][3]["fields"])
    for change in (lambda B: B[1:, 1:], lambda B: B[0], lambda B: B * np.nan, lambda B: B.astype(complex)):
        rewritten(lambda content, change=change: as_array(change(listed.lists.fitted.B)), f"{member}.npy")
        assert "other.npz is damaged" in said(capsys, "suggest", "other.npz", "--user", 3, status=2)


def test_only_items_of_a_file(place, capsys):
    free = [i + 10 for i in np.flatnonzero(place[2] == 0)]
    best = [row["id"] for row in suggested(capsys, "--user", 3, "--top", 20)]
    Path("ids.txt").write_text("".join(f"{item}\n" for item in [*free[:3], free[0], 777]))
    want = [item for item in best if item in free[:3]]
    assert [row["id"] for row in suggested(capsys, "--user", 3, "--among", "ids.txt")] == want
    out = said(capsys, "suggest", "m.npz", "--user", 3, "--among", "ids.txt")
    assert "Among 3 items of ids.txt\n1 not found, and left out:\n  no item is called '777'" in out
    Path("both.csv").write_text("movieId,title\n" + "".join(f"{item},none\n" for item in free[:3]))
    assert [row["id"] for row in suggested(capsys, "--user", 3, "--among", "both.csv")] == want
    Path("titles.csv").write_text("Name,Year\nAlpha,1990\nThe Beta,1991\nGamma,1993\n")
    words = "--among", "titles.csv", "--titles", "u.item", "--include-rated"
    assert {row["id"] for row in suggested(capsys, "--user", 3, *words)} == {10, 11, 13}
    said(capsys, "suggest", "m.npz", "--all", "--out", "lists.csv", *words)
    assert {line.split(",")[2] for line in Path("lists.csv").read_text().splitlines()[1:]} == {"10", "11", "13"}
    rated = np.flatnonzero(place[2])[0] + 10
    Path("rated.txt").write_text(f"{rated}\n")
    out = said(capsys, "suggest", "m.npz", "--user", 3, "--among", "rated.txt")
    assert "this user has rated all these items (--include-rated suggests them, too)" in out


@pytest.mark.parametrize("words, says", [
    (["--all"], "--all and --out go together"), (["--user", "1", "--out", "x.csv"], "--all and --out go together"),
    (["--all", "--out", "x.csv", "--json", "x.json"], "--json is for the list of one user"),
    (["--all", "--out", "m.npz"], "would replace a file that is read"),
    (["--all", "--out", "u.item"], "u.item is not a CSV file"),
    (["--all", "--user", "1", "--out", "x.csv"], "not allowed with"),
    (["--user", "1", "--for", "top", "--sure"], "not allowed with"),
    (["--user", "1", "--include-rated", "--exclude-rated"], "not allowed with"),
    (["--user", "1", "--for", "best"], "invalid choice: 'best'"),
    (["--user", "1", "--for", "top"], "m.npz has no list model for --for top, because an earlier version"),
    (["--user", "1", "--among", "none"], "none does not exist"),
    (["--user", "1", "--among", "empty"], "empty is empty; expected lines with an ID or a title each"),
    (["--user", "1", "--among", "other"], "other: no item is called 'Omega'"),
    (["--user", "1", "--among", "head"], "head: it names no item"),
    (["--user", "1", "--among", "rated"], "rated has columns without a header that names the item; expected an ID or"),
    (["--user", "1", "--among", "short"], "short, line 3: expected the columns year, title"),
    (["--user", "1", "--among", "m.npz"], "m.npz is no text"),
])
def test_bad_calls_for_lists_end_in_one_line(words, says, place, capsys):
    for name, text in (("rated", "1\t10\t4\n"), ("other", "Omega\n"), ("empty", "\n"), ("head", "item,x\n"),
                       ("short", "year,title\n1990,A\n1\n")):
        Path(name).write_text(text)
    assert says in said(capsys, "suggest", "m.npz", *words, status=2) and not Path("x.csv").exists()
