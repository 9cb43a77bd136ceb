"""The recommender in Python, as in a notebook."""

import json
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix

import recommender
from console import InputError
from recommender import api, in_memory
from recommender.models.fitted import item_vectors
from recommender.sparse import pairs
from tests.ratings import ratings
from tests.recommender.model_cases import said

PEOPLE, ITEMS = [f"p{number:02}" for number in range(30)], [f"i{number:02}" for number in range(20)]


@pytest.fixture(autouse=True)
def without_pandas(monkeypatch):
    """Have tables come as lists of named tuples."""
    monkeypatch.setitem(sys.modules, "pandas", None)


@pytest.fixture(scope="module")
def X():
    return ratings(n=30, d=20)[0]


@pytest.fixture(scope="module")
def columns(X):
    u, i, x = pairs(csr_array(X))
    return [PEOPLE[each] for each in u], [ITEMS[each] for each in i], x


@pytest.fixture(scope="module")
def model(columns):
    return recommender.fit(columns)


# Reading


def test_ratings_are_the_same_from_wherever_they_come(X, columns, tmp_path):
    rows = [f"{u},{i},{x:g}" for u, i, x in zip(*columns, strict=True)]
    (tmp_path / "mine.csv").write_text("\n".join(["user,item,rating", *rows]) + "\n")
    tables = [recommender.read(each) for each in (columns, tuple(columns), tmp_path / "mine.csv", csr_array(X),
                                                  csr_matrix(X), X, str(tmp_path / "mine.csv"))]
    for table in tables:
        np.testing.assert_array_equal(table.X.toarray(), X)
        assert table.scale == (1, 5, 1) and recommender.read(table) is table
    assert tables[0].users.tolist() == tables[2].users.tolist() == PEOPLE
    assert tables[3].users.tolist() == list(range(30)) and tables[3].items.dtype == np.int64


@pytest.mark.parametrize("ids, expected", [
    ([7, 3], [3, 7]), (["7", "3"], ["3", "7"]), ([7.0, 3.0], [3, 7]), (["007", "3"], ["007", "3"]),
    (np.array([7, 3], dtype=np.uint16), [3, 7]), (np.array([7, "a"], dtype=object), ["7", "a"]),
    (np.array([7, 3], dtype=object), [3, 7]),
])
def test_ids_stay_what_they_are(ids, expected):
    table = recommender.read((ids, ["a", "b"], [1, 2]))
    assert table.users.tolist() == expected and type(table.users.tolist()[0]) is type(expected[0])


def test_the_last_rating_by_time_counts_and_nan_is_none():
    table = recommender.read((["a", "a", "b", "b"], [1, 1, 1, 2], [5, 3, 2, np.nan], [20, 10, 10, 10]))
    assert table.X.toarray().tolist() == [[5], [2]] and table.items.tolist() == [1]
    assert "1 rating dropped: NaN" in table.notes
    assert recommender.read((["a", "a"], [1, 1], [5, 3], [np.nan, -7])).X.toarray().tolist() == [[3]]  # the oldest
    assert recommender.read((["a", "a"], [1, 1], [5, 3], [-7, np.nan])).X.toarray().tolist() == [[5]]
    days = np.array(["2020-01-02", "2020-01-01"], dtype="M8[D]")
    assert recommender.read((["a", "a"], [1, 1], [5, 3], days)).X.toarray().tolist() == [[5]]
    assert recommender.read((["a", "a"], [1, 1], [5, 3], days[::-1])).X.toarray().tolist() == [[3]]
    for last, first in (("2020-01-10", "2020-01-09"), ("10/1/2020", "9/13/2020"), ("1.10.2020 09:00", "30.9.2020"),
                        ("2020-01-01T00:00:00Z", None), ("1000000001", "999999999")):
        kept = recommender.read((["a", "a"], [1, 1], [5, 3], np.array([last, first], dtype=object))).X
        assert kept.toarray().tolist() == [[5]]


def test_a_stored_0_is_a_rating():
    zeros = csr_array((np.array([0.0, 1.0]), ([0, 1], [0, 0])), shape=(2, 1))
    assert recommender.read(zeros).X.nnz == 2


def test_a_frame_s_columns_are_found_by_name(columns):
    pandas = real_pandas()
    users, items, x = columns
    frame = pandas.DataFrame({"stars": x, "asin": items, "reviewerID": users, "what": 1})
    table = recommender.read(frame)
    np.testing.assert_array_equal(table.X.toarray(), recommender.read(columns).X.toarray())
    assert "reviewerID, asin, stars" in table.notes[0] and table.users.tolist() == PEOPLE
    with pytest.raises(InputError, match="columns such as user, item and rating, got stars, what"):
        recommender.read(frame[["stars", "what"]])


def test_a_frame_gives_what_its_file_gives(tmp_path):
    """Years tell films of the same title apart, and dates are text."""
    pandas = real_pandas()
    (tmp_path / "films.csv").write_text("user,title,year,rating,date\nann,Heat,1986,1,2020-01-01\n"
                                        "ann,Heat,1995,5,2020-1-2\nbob,Heat,1995,4,2020-01-03\nbob,Heat,1995,2,2020-01-02\nbob,Up,,3,\n")
    table, frame = recommender.read(tmp_path / "films.csv"), pandas.read_csv(tmp_path / "films.csv")
    for each in (frame, frame.assign(date=pandas.to_datetime(frame["date"], format="mixed", utc=True))):
        found = recommender.read(each)
        assert found.items.tolist() == table.items.tolist() == ["Heat (1986)", "Heat (1995)", "Up"]
        np.testing.assert_array_equal(found.X.toarray(), table.X.toarray())
    assert "year tells items of the same title apart" in found.notes[0]
    with pytest.raises(InputError, match="expected IDs, got <NA>"):
        recommender.read(frame.assign(user=pandas.array(["ann", None, "bob", "bob", "bob"], dtype="string")))


def real_pandas():
    sys.modules.pop("pandas")
    return pytest.importorskip("pandas", reason="pandas is not installed")


@pytest.mark.parametrize("given, says", [
    ((["a"], ["b"]), "got 2 parts"), ((["a"], ["b"], [1, 2]), "columns of one length"),
    ((["a"], ["b"], ["x"]), "ratings as numbers"), ((["a"], ["b"], [np.inf]), "finite ratings, at least one"),
    ((["a"], ["b"], [np.nan]), "finite ratings, at least one"), (([None], ["b"], [1]), "expected IDs, got None"),
    (([np.nan], ["b"], [1]), "expected IDs, got nan"), ((["a"], ["b"], [1], ["soon"]), "'soon' is no time"),
    (([""], ["b"], [1]), "expected IDs, got an empty text"), (None, "DataFrame, columns .* or a matrix, got NoneType"),
    ({"a": {"b": 1}}, "or a matrix, got dict"), ([(1, 2, 5), (1, 3, 4), (2, 2, 1)], r"give tuple\(zip\(\*ratings\)\)"),
    ("no.csv", "no.csv does not exist"), (np.ones(3), "a matrix of real numbers"),
    (csr_array((2, 2)), "at least 1 rating, got none"), ([], "got 0 parts"),
    (np.array([["a"]]), "a matrix of real numbers"),
])
def test_what_is_no_ratings_is_refused_in_one_line(given, says):
    with pytest.raises(ValueError, match=says) as error:
        recommender.read(given)
    assert type(error.value) is InputError and "\n" not in str(error.value)


def test_what_is_told_is_of_files(X, columns, tmp_path):
    np.savetxt(tmp_path / "x.txt", np.where(X == 0, 99, X), fmt="%g")
    told = recommender.read(tmp_path / "x.txt", format="matrix", missing=(99,))
    np.testing.assert_array_equal(told.X.toarray(), X)
    with pytest.raises(InputError, match="missing can be told of files alone"):
        recommender.read(columns, missing=(99,))
    for wrong in ({"missing": 99}, {"sep": ";"}, {"header": "no"}, {"scale": 5}):
        with pytest.raises(InputError, match=f"{next(iter(wrong))}=.* says nothing of a file; expected format="):
            recommender.read(tmp_path / "x.txt", **wrong)
    with pytest.warns(UserWarning, match=r"may mark|marks missing ones, say missing=\(99,\)$"):
        recommender.read(tmp_path / "x.txt")


def test_a_code_of_missing_ratings_is_warned_of(X):
    u, i = np.indices(X.shape)
    with pytest.warns(UserWarning, match="% of the ratings are 99; if that marks missing ones, leave out 99"):
        recommender.read((u.ravel(), i.ravel(), np.where(X == 0, 99, X).ravel()))


# Predictions


def test_predictions_of_pairs_are_the_predictor_s(model):
    u, i = np.array([3, 0, 29]), np.array([0, 19, 7])
    users, items = np.array(PEOPLE)[u], np.array(ITEMS)[i]
    np.testing.assert_array_equal(model.predict(users, items), model.predictor.predict(u, i))
    np.testing.assert_array_equal(model.interval(users, items), model.predictor.interval(u, i))
    assert model.predict("p03", items).shape == (3,) and np.ndim(model.predict("p03", "i00")) == 0
    np.testing.assert_array_equal(model.predict(users[:, None], items), [[model.predict(one, other) for other in items]
                                                                         for one in users])
    low, high = model.interval("p03", "i00")
    assert 1 <= low <= model.predict("p03", "i00") <= high <= 5


def test_numbers_and_their_text_are_the_same_id(X):
    model = recommender.fit(csr_array(X), "effects")
    assert model.predict("11", "2") == model.predict(11, 2) == model.predict(11.0, np.uint8(2))
    np.testing.assert_array_equal(model.predict(["11", "2", "9"], 0), model.predict([11, 2, 9], 0))
    with pytest.raises(InputError, match="no user is called '011'; IDs look like 0, 1, 2"):
        model.predict("011", 2)


@pytest.mark.parametrize("call", [
    lambda model: model.predict(["p00", "zz", "yy"], "i00"), lambda model: model.recommend("zz"),
    lambda model: model.interval("zz", "i00"), lambda model: model.user("zz"),
])
def test_an_unknown_user_is_named(call, model):
    says = r"^no user is called 'zz'( \(and 1 more\))?; IDs look like 'p00', 'p01', 'p02'$"
    with pytest.raises(ValueError, match=says):
        call(model)


def test_an_unknown_item_is_named(model):
    for call in (lambda: model.similar("z"), lambda: model.predict("p00", "z"), lambda: model.fold_in({"z": 3}),
                 lambda: model.user("p00").predict(["z"])):
        with pytest.raises(ValueError, match="no item is called 'z'; IDs look like 'i00', 'i01', 'i02'"):
            call()


@pytest.mark.parametrize("name", ["constant", "als"])
def test_the_cold_are_predicted_as_users_without_ratings_are(name, X):
    """A last user without ratings changes no draw: the model that knows them says what the other says of a stranger."""
    known = recommender.fit(csr_array(np.vstack([X, np.zeros(20)])), name)
    model = recommender.fit(csr_array(X), name)
    items = np.arange(20)
    if name == "als":
        np.testing.assert_allclose(model.predict("new", items, cold=True), known.predict(30, items), atol=1e-6)
    np.testing.assert_array_equal(model.interval("new", items, cold=True)[1] > model.predict("new", items, cold=True),
                                  True)
    mean = X[X > 0].mean()
    assert model.predict("new", "other", cold=True) == pytest.approx(mean)
    low, high = model.interval("new", "other", cold=True)
    assert high - low >= np.max(np.subtract(*model.interval(3, items)[::-1]))


def test_cold_predictions_are_the_means_of_the_known_side(X):
    """By loops: the effects are the fixed point of their own formula."""
    model = recommender.fit(csr_array(X), "als")
    mean, shrink, c, b = X[X > 0].mean(), 5.0, np.zeros(20), np.zeros(30)
    for _ in range(10):
        for u in range(30):
            left = [X[u, i] - mean - c[i] for i in range(20) if X[u, i]]
            b[u] = sum(left) / (len(left) + shrink)
        for i in range(20):
            left = [X[u, i] - mean - b[u] for u in range(30) if X[u, i]]
            c[i] = sum(left) / (len(left) + shrink)
    np.testing.assert_allclose(model.predict("new", np.arange(20), cold=True), np.clip(mean + c, 1, 5))
    np.testing.assert_allclose(model.predict(np.arange(30), "new", cold=True), np.clip(mean + b, 1, 5))
    both = model.predict([4, "new"], [2, 3], cold=True)
    assert both[0] == model.predict(4, 2) and both[1] == pytest.approx(mean + c[3])


# Recommendations


def test_recommendations_are_the_best_predictions_of_what_is_not_rated(model, X):
    found = model.recommend("p03", n=4)
    unrated = [i for i in range(20) if not X[3, i]]
    best = sorted(unrated, key=lambda i: -model.predictor.fitted.predict(np.array([3]), np.array([i]))[0])[:4]
    assert [row.item for row in found] == [ITEMS[i] for i in best] and all(row.rated is None for row in found)
    for row in found:
        assert (row.low, row.high) == tuple(model.interval("p03", row.item))
        assert row.predicted == model.predict("p03", row.item)
        assert row.because is None or X[3, ITEMS.index(row.because)] >= X[3][X[3] > 0].mean()
    everything = model.recommend("p03", n=99, exclude_rated=False)
    assert {row.item: row.rated for row in everything} == {ITEMS[i]: X[3, i] or None for i in range(20)}
    lows = [row.low for row in model.recommend("p03", n=99, exclude_rated=False, sure=True)]
    assert lows == sorted(lows, reverse=True)


def test_somebody_new_with_a_known_user_s_ratings_gets_the_same(model, X):
    """Of als up to the last step of its iterations."""
    mine = {ITEMS[i]: X[5, i] for i in reversed(range(20)) if X[5, i]}
    new = model.fold_in(mine)
    np.testing.assert_allclose(new.predict(ITEMS), model.user("p05").predict(ITEMS), atol=1e-3)
    np.testing.assert_allclose(new.interval(ITEMS), model.user("p05").interval(ITEMS), atol=1e-6)
    assert [row.item for row in new.recommend(3)] == [row.item for row in model.recommend("p05", 3)]
    assert {row.item for row in new.recommend(99)}.isdisjoint(mine)


@pytest.mark.parametrize("given", [{}, {"i00": 6}, {"i00": float("nan")}])
def test_ratings_of_somebody_new_are_on_the_scale(given, model):
    with pytest.raises(InputError, match="each from 1 to 5"):
        model.fold_in(given)


def test_items_without_ratings_are_refused(model):
    """A model of choices takes them."""
    with pytest.raises(InputError, match="expected a dict of item to rating, got list"):
        model.fold_in(["i00", "i01"])


def test_an_item_rated_twice_is_refused(X):
    with pytest.raises(InputError, match="different items"):
        recommender.fit(csr_array(X), "effects").fold_in({1: 3, "1": 4})


@pytest.mark.parametrize("name", ["als", "effects"])
def test_similar_items_have_the_largest_cosines(name, X):
    """Of the factors; of the ratings, less their means, where a model has learnt nothing of items."""
    model = recommender.fit(csr_array(X), name)
    V = item_vectors(model.predictor.fitted)
    if V is None:
        V = (np.where(X > 0, X - X.sum(axis=0) / (X > 0).sum(axis=0), 0)).T
    cosine = [V[4] @ V[i] / np.linalg.norm(V[4]) / np.linalg.norm(V[i]) for i in range(20)]
    expected = sorted((i for i in range(20) if i != 4), key=lambda i: -cosine[i])[:5]
    found = model.similar(4, n=5)
    assert [row.item for row in found] == expected
    np.testing.assert_allclose([row.similarity for row in found], [cosine[i] for i in expected])


def test_tables_are_frames_where_pandas_is(model, monkeypatch):
    fake = types.SimpleNamespace(DataFrame=lambda rows, columns: (list(map(tuple, rows)), list(columns)))
    monkeypatch.setitem(sys.modules, "pandas", fake)
    rows, columns = model.recommend("p03", n=2)
    assert columns == ["item", "predicted", "low", "high", "rated", "because"] and len(rows) == 2
    assert model.similar("i00", n=3)[1] == ["item", "similarity"]


# Files and comparisons


def test_a_model_survives_its_file(model, tmp_path, capsys):
    model.save(tmp_path / "m.npz")
    again = recommender.load(tmp_path / "m.npz")
    assert (again.name, again.params) == ("als", model.params) and "als: 30 users, 20 items" in repr(again)
    np.testing.assert_array_equal(again.predict("p03", ITEMS), model.predict("p03", ITEMS))
    assert again.recommend("p03") == model.recommend("p03")
    said(capsys, "suggest", tmp_path / "m.npz", "--user", "p03", "--exclude-rated", "--json", tmp_path / "s.json")
    items = json.loads((tmp_path / "s.json").read_text())["items"]
    assert [(row["id"], row["predicted"]) for row in items] == [row[:2] for row in model.recommend("p03")]


def test_a_command_fits_what_the_function_fits(columns, tmp_path, capsys):
    rows = [f"{u},{i},{x:g}" for u, i, x in zip(*columns, strict=True)]
    (tmp_path / "mine.csv").write_text("\n".join(["user,item,rating", *rows]) + "\n")
    out = said(capsys, "fit", tmp_path / "mine.csv", "--out", tmp_path / "m.npz")
    model = recommender.fit(columns)
    assert f"RMSE {model.validation.rmse:.4f} on {model.validation.ratings} held-out ratings" in out
    assert recommender.load(tmp_path / "m.npz").recommend("p03") == model.recommend("p03")


def test_scores_are_those_of_the_command(columns, tmp_path, capsys):
    rows = [f"{u},{i},{x:g}" for u, i, x in zip(*columns, strict=True)]
    (tmp_path / "mine.csv").write_text("\n".join(["user,item,rating", *rows]) + "\n")
    names = ["constant", "als", "effects"]
    for options, given in (([], {}), (["--folds", "2", "--seed", "3"], {"folds": 2, "seed": 3})):
        said(capsys, "evaluate", tmp_path / "mine.csv", *options, "--only", *names, "--json", tmp_path / "t.json")
        result = json.loads((tmp_path / "t.json").read_text())
        scores = recommender.evaluate(columns, names, **given)
        assert [score.rmse for score in scores] == sorted(row["rmse"] for row in result["models"])
        assert {score.model: score[1:4] for score in scores} == {
            row["name"]: (row["rmse"], row["mae"], row["coverage_90"]) for row in result["models"]}
        assert [score.model for score in scores if score.best] == [result["best"]]


def test_test_ratings_are_held_out(columns):
    part = [column[::5] for column in columns]
    (score,) = recommender.evaluate(columns, "constant", test=part)
    rest = np.array([x for number, x in enumerate(columns[2]) if number % 5])
    assert score.rmse == pytest.approx(np.sqrt(np.mean((part[2] - rest.mean()) ** 2)))


FOUR = [1, 1, 2, 2], [1, 2, 1, 2], [3, 4, 5, 4]  # ratings


@pytest.mark.parametrize("call, says", [
    (lambda: recommender.fit((["a"], ["b"], [3])), "all ratings"),
    (lambda: recommender.fit(([1, 1], [1, 2], [3, 3])), r"all ratings \(2\) are 3, so there is nothing to predict"),
    (lambda: recommender.evaluate(([1, 1], [1, 2], [3, 3])), r"all ratings \(2\) are 3, so there is nothing"),
    (lambda: recommender.fit(([1, 1], [1, 2], [3, 4]), "magic"), "no model is called magic; there are constant"),
    (lambda: recommender.evaluate(([1, 1], [1, 2], [3, 4])), "too few ratings to choose hyper-parameters"),
    (lambda: recommender.fit(([1, 1, 2, 2], [1, 2, 1, 2], [3, 4, 5, 4])).recommend(1, n=-1), "n=-1: expected a whole"),
    (lambda: recommender.fit(([1, 1, 2, 2], [1, 2, 1, 2], [3, 4, 5, 4])).similar(1, n=1.5), "n=1.5: expected a whole"),
    (lambda: recommender.load(__file__), "is not a model file"),
    (lambda: recommender.evaluate(FOUR, split="time", folds=3), "split='time' has no folds"),
    (lambda: recommender.evaluate(FOUR, test=FOUR, folds=2), "expected test alone"),
    (lambda: recommender.evaluate(FOUR, test=FOUR, split="users"), "expected test alone"),
    (lambda: recommender.evaluate(FOUR, liked=4), "expected liked with top, of ratings"),
    (lambda: recommender.evaluate(FOUR, top=0), "expected top=1 or more"),
])
def test_what_cannot_be_done_ends_in_one_line(call, says):
    with pytest.raises(InputError, match=says) as error:
        call()
    assert "\n" not in str(error.value)


def test_importing_the_package_imports_nothing_else():
    code = ("import sys; before = set(sys.modules); import recommender;"
            " print(*sorted(name for name in set(sys.modules) - before if 'recommender' not in name),"
            " 'numpy' in sys.modules, recommender.fit.__name__, 'numpy' in sys.modules)")
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                           cwd=Path(recommender.__file__).parent.parent)
    assert found.stdout.split()[-3:] == ["False", "fit", "True"]
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        recommender.magic  # noqa: B018


def test_places_are_found_whatever_their_order():
    """7 and "7" are one ID; numbers rise otherwise than their texts."""
    known = np.array([2, 9, 10, 111])
    for ids in (["10", "2", "111", "9"], [10, 2, 111, 9]):
        assert in_memory.places(known, ids).tolist() == [2, 0, 3, 1]
    assert in_memory.places(known, ["1", "x", "1111"]).tolist() == [-1, -1, -1]
    assert in_memory.places(known.astype(str)[np.argsort(known.astype(str))], [10, 2]).tolist() == [0, 2]


def test_functions_of_the_package_are_those_of_the_api():
    assert [getattr(recommender, name) for name in recommender.__all__] == [
        api.evaluate, api.fit, api.load, api.read]
