"""Models of choices: what they recommend, their files, and how people ask them."""

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import recommender
from console import InputError, run_program
from recommender import implicit
from recommender.__main__ import main
from recommender.lists import catalogue
from recommender.lists.models import ease
from tests.recommender.model_cases import said
from tests.recommender.test_model_file import FORGERIES, as_array, check_exchanges, numbers, rewritten, tree

NAMES = [model.name for model in catalogue.MODELS]
GROUPS, OWN, HITS = 4, 15, 5  # groups of users, items of each, and items that nearly everybody chooses


def planted(seed=0, n=120):
    """Return choices of users of four tastes, as (users, items), and each user's taste; hits come before the others."""
    random = np.random.RandomState(seed)
    pairs = []
    for u in range(n):
        own = HITS + u % GROUPS * OWN + random.choice(OWN, 6, replace=False)
        pairs += [(u, i) for i in [*own, *np.flatnonzero(random.rand(HITS) < 0.8)]]
    return tuple(map(list, zip(*pairs, strict=True))), np.arange(n) % GROUPS


@pytest.fixture(autouse=True)
def without_pandas(monkeypatch):
    """Have tables come as lists of named tuples."""
    monkeypatch.setitem(sys.modules, "pandas", None)


@pytest.fixture(scope="module")
def table():
    return recommender.read(planted()[0], implicit=True)


@pytest.fixture(scope="module")
def fitted(table):
    """Return the model of each name."""
    return {name: implicit.fit(table, name) for name in NAMES}


@pytest.fixture
def model(fitted):
    return fitted["ease"]


def test_taste_is_found_where_popularity_is_not_taste(table):
    model = recommender.fit(table)
    taste = planted()[1]
    assert model.personal and model.ndcg > 0.3
    for u in range(0, 120, 7):
        items = [row.item for row in model.recommend(u, n=HITS + OWN - 6)]
        own = [item for item in items if item >= HITS]
        assert [(item - HITS) // OWN for item in own[:5]] == [taste[u]] * 5


def test_where_all_choose_by_chance_the_popular_items_win():
    random = np.random.RandomState(1)
    u, i = np.nonzero(random.rand(150, 30) < np.linspace(0.1, 0.5, 30))
    model = recommender.fit((u, i), implicit=True)
    assert model.name == "popular" and not model.personal
    rows = model.recommend(3, n=30, exclude_rated=False)
    counts = np.bincount(i, minlength=30)
    assert [row.item for row in rows] == sorted(range(30), key=lambda item: (-counts[item], item))
    assert all(row.because is None and row.score == counts[row.item] for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_new_user_with_the_choices_of_a_known_one_is_that_user(name, fitted):
    model = fitted[name]
    chosen = model.table.items[model.table.X[[7]].indices].tolist()
    known, *new = (user.recommend(n=99, exclude_rated=False) for user in
                   (model.user(7), model.fold_in(chosen[::-1]), model.fold_in(dict.fromkeys(chosen, 1))))
    for each in new:
        assert [row.item for row in each] == [row.item for row in known]
        np.testing.assert_allclose([row.score for row in each], [row.score for row in known], rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_the_list_model_s_and_chosen_items_are_left_out(name, fitted):
    model = fitted[name]
    scores, users = model.lists.scores(model.table.X[[5]])[0], np.bincount(model.table.X.indices)
    left = set(range(len(scores))) - set(model.table.X[[5]].indices.tolist())
    left = sorted(left, key=lambda i: (-scores[i], -users[i], i))
    rows = model.recommend(5, n=12)
    assert [row.item for row in rows] == model.table.items[left[:12]].tolist()
    assert [row.score for row in rows] == pytest.approx(scores[left[:12]])
    among = model.table.items[left[10:14]].tolist()
    assert [row.item for row in model.recommend(5, among=reversed(among))] == among
    assert list(model.recommend(5, among=[])) == []


def test_the_lists_of_all_users_are_those_of_each(model):
    for options in ({}, {"exclude_rated": False}, {"among": [0, 7, 30, 31]}):
        everyone = model.recommend_all(n=4, **options)
        for u in (0, 50, 119):
            rows = model.recommend(u, n=4, **options)
            own = [row for row in everyone if row.user == u]
            assert [(row.rank, row.item) for row in own] == [(k, row.item) for k, row in enumerate(rows, 1)]
            assert [row.score for row in own] == pytest.approx([row.score for row in rows])


@pytest.mark.parametrize("name", NAMES)
def test_who_has_chosen_nothing_gets_the_popular_items(name, capsys, tmp_path):
    X = (np.random.RandomState(0).rand(40, 12) < 0.3) * 1.0
    X[3] = X[:, 5] = 0
    model = implicit.fit(recommender.read(X, implicit=True), name)
    popular = sorted(range(12), key=lambda i: (-X[:, i].sum(), i))
    assert [row.item for row in model.recommend(3, n=12)] == popular
    model.save(tmp_path / "m.npz")
    out = said(capsys, "suggest", tmp_path / "m.npz", "--user", 3)
    assert "learns nothing from what this user has chosen" in out
    assert "learns nothing" not in said(capsys, "suggest", tmp_path / "m.npz", "--user", 4)


def test_the_order_of_lines_and_of_ids_changes_nothing(table, model):
    users, items = planted()[0]
    order = np.random.RandomState(0).permutation(len(users))
    again = implicit.fit(recommender.read((np.array(users)[order], np.array(items)[order]), implicit=True), "ease")
    assert again.recommend(9) == model.recommend(9)


def test_a_reason_is_the_chosen_item_that_most_of_the_same_users_chose(table, model):
    X = table.X.toarray() > 0
    for row in model.recommend(8, n=5):
        i, chosen = table.items.tolist().index(row.item), np.flatnonzero(X[8])
        cosine = [(X[:, i] & X[:, j]).sum() / np.sqrt(X[:, i].sum() * X[:, j].sum()) for j in chosen]
        assert row.because == table.items[chosen[np.argmax(cosine)]]
    i, *others = [7, *(row.item for row in model.similar(7, n=3))]
    assert i not in others and all((each - HITS) // OWN == 0 for each in others)


@pytest.mark.parametrize("wrong, says", [
    (lambda model: model.user(999), "no user is called 999"), (lambda model: model.fold_in([]), "expected different"),
    (lambda model: model.fold_in([7, 7]), "expected different"), (lambda model: model.fold_in({7: 0}), "above 0"),
    (lambda model: model.fold_in([999]), "no item is called 999"), (lambda model: model.recommend(1, n=-1), "n=-1"),
    (lambda model: model.recommend(1, among=[999]), "no item is called 999"),
    (lambda model: model.recommend(1, among="new"), "no item is called 'new';"),
    (lambda model: model.fold_in("new"), "no item is called 'new';"),
    (lambda model: recommender.fit(model.table, "als"), "no list model is called 'als'; expected popular, "),
    (lambda model: recommender.fit(((1, 2), (1, 2), (1, 2)), "ease"), "no model is called ease"),
    (lambda model: recommender.fit(((1,), (1,)), implicit=True), "too few ratings"),
])
def test_wrong_input_is_refused_in_one_line(wrong, says, model):
    with pytest.raises(InputError, match=says):
        wrong(model)


# Files


@pytest.fixture
def place(tmp_path, monkeypatch, model):
    monkeypatch.chdir(tmp_path)
    users, items = planted()[0]
    Path("clicks.csv").write_text("user,item\n" + "".join(f"{u},{i}\n" for u, i in zip(users, items, strict=True)))
    Path("titles.csv").write_text("itemId,title\n" + "".join(f'{i},"Song {i}, The"\n' for i in range(65)))
    model.save("m.npz")


@pytest.mark.parametrize("name", NAMES)
def test_a_model_comes_back_as_it_was(name, fitted, tmp_path):
    fitted[name].save(tmp_path / "m.npz")
    again = recommender.load(tmp_path / "m.npz")
    assert isinstance(again, implicit.ImplicitModel) and again.lists.params == fitted[name].lists.params
    assert again.recommend_all() == fitted[name].recommend_all()


@pytest.mark.parametrize("name", NAMES)
def test_forged_files_are_refused(name, fitted, place, capsys):
    """Whatever array or number it is, with checksums that are right."""
    fitted[name].save("m.npz")
    with zipfile.ZipFile("m.npz") as archive:
        arrays = {member: np.load(archive.open(member)) for member in archive.namelist() if member.endswith(".npy")}
    for member, array in arrays.items():
        for what, forge in FORGERIES.items():
            forged = forge(array)
            if forged is not None:
                rewritten(lambda content, forged=forged: as_array(forged), member)
                assert "other.npz is damaged" in said(capsys, "suggest", "other.npz", "--user", 3, status=2), what
    about = tree()
    for fields, number in list(numbers(about["content"]["fields"][4])):
        for forged in (float("nan"), None, "4", [5], 10**400):
            before, fields[number] = fields[number], forged
            rewritten(lambda content: json.dumps(about).encode())
            assert "other.npz is damaged" in said(capsys, "suggest", "other.npz", "--user", 3, status=2)
            fields[number] = before


def test_neighbours_that_are_no_items_are_refused(fitted, place, capsys):
    """They would be read as places in memory."""
    fitted["item-knn"].save("m.npz")
    (member,) = [part["array"] for part in tree()["content"]["fields"][4]["fields"][3]["fields"][:1]]
    for change in (lambda array: array + 65, lambda array: array - 65, lambda array: array.astype(float)):
        with zipfile.ZipFile("m.npz") as archive:
            forged = change(np.load(archive.open(f"{member}.npy")))
        rewritten(lambda content, forged=forged: as_array(forged), f"{member}.npy")
        assert "other.npz is damaged" in said(capsys, "suggest", "other.npz", "--user", 3, status=2)


@pytest.mark.parametrize("name", ["popular", "implicit-als"])
def test_whatever_stands_in_a_model_s_tree_it_is_read_or_refused(name, fitted, place, capsys):
    fitted[name].save("m.npz")

    def is_refused():
        status = run_program(main, ["suggest", "other.npz", "--user", "3"])
        out, err = capsys.readouterr()
        assert (status, bool(out), err.count("\n")) in {(0, True, 0), (2, False, 1)}
        return status == 2

    check_exchanges(4, is_refused)


# The commands


def suggested(capsys, *options):
    said(capsys, "suggest", "m.npz", *options, "--json", "s.json")
    return json.loads(Path("s.json").read_text())["items"]


def test_fit_and_suggest(place, capsys):
    out = said(capsys, "fit", "clicks.csv", "--implicit", "--out", "new.npz")
    assert "each line counts once" in out and "120 users, 65 items" in out and "on held-out choices" in out
    assert said(capsys, "fit", "clicks.csv", "--implicit", "--model", "ease", "--out", "m.npz").count("ease: from") == 1
    out = said(capsys, "suggest", "m.npz", "--user", 3, "--titles", "titles.csv", "--top", 4)
    rows = recommender.load("m.npz").recommend(3, n=4)
    assert "choices, by ease\n\nrank  score  item" in out and "no rating and no probability" in out
    for rank, row in enumerate(rows, 1):
        assert f"   {rank}  {row.score:.3f}  {f'Song {row.item}, The':<12}  you chose Song {row.because}, The\n" in out
    items = suggested(capsys, "--user", 3, "--include-rated", "--top", 65)
    chosen = recommender.load("m.npz").user(3).rated.tolist()
    assert {row["id"] for row in items if row["chosen"]} == set(chosen) and len(items) == 65


def test_somebody_new(place, capsys):
    want = [row.item for row in recommender.load("m.npz").fold_in([6, 9]).recommend()]
    Path("items.txt").write_text("6\n\n9\n6\n")
    Path("titles.txt").write_text('"Song 6, The"\nThe Song 9\nNobody\n')
    Path("items.csv").write_text("Date,Name\n2024,The Song 6\n2024,Song 9\n")
    Path("both.csv").write_text("imdbId;title\ntt1;The Song 6\ntt2;Song 9\n".replace("imdbId", "Const"))
    for words in (["--ratings", 6, "song 9"], ["--ratings-from", "items.txt"], ["--ratings-from", "items.csv"],
                  ["--ratings-from", "both.csv"], ["--ratings-from", "titles.txt"]):
        assert [row["id"] for row in suggested(capsys, *words, "--titles", "titles.csv")] == want
    out = said(capsys, "suggest", "m.npz", "--ratings-from", "titles.txt", "--titles", "titles.csv")
    assert "2 of 3 titles found" in out and "1 not found, and left out:\n  no item is called 'Nobody'" in out
    assert "from 2 choices" in out


def test_the_lists_of_everybody_in_a_file(place, capsys):
    out = said(capsys, "suggest", "m.npz", "--all", "--out", "lists.csv", "--top", 3, "--titles", "titles.csv")
    assert "lists: lists.csv, 120 users, 360 lines" in out
    head, *lines = Path("lists.csv").read_text().splitlines()
    assert head == "user,rank,item,title,score"
    rows = recommender.load("m.npz").recommend(17, n=3)
    assert [line for line in lines if line.startswith("17,")] == [
        f'17,{rank},{row.item},"Song {row.item}, The",{row.score:.10g}' for rank, row in enumerate(rows, 1)]


@pytest.mark.parametrize("most, name", [(4000, "ease"), (64, "implicit-als")])
def test_a_model_of_ratings_keeps_a_list_model_that_suits_the_number_of_items(most, name, tmp_path, monkeypatch):
    monkeypatch.setattr(implicit, "FEW_ITEMS", most)
    (users, items), _ = planted()
    model = recommender.fit((users, items, np.where(np.array(items) < HITS, 3.0, 5.0)), "effects")
    assert model.lists.name == name
    model.save(tmp_path / "m.npz")
    assert recommender.load(tmp_path / "m.npz").recommend(3, by="top") == model.recommend(3, by="top")
    X = recommender.read((users, np.array(items) % 3), implicit=True).X
    assert implicit.beside(X).name == "popular"


def test_a_file_has_no_matrix_of_ease_and_refuses_settings_that_nobody_chose(place, capsys):
    """EASE is fitted again from the ratings in the file."""
    users, items = planted()[0]
    model = recommender.fit((users, items, np.where(np.array(items) < HITS, 3.0, 5.0)), "effects")
    model.save("m.npz")
    kept, d = tree()["content"]["fields"][4], model.table.X.shape[1]
    assert kept["fields"][0] == "ease" and kept["fields"][3] is None and model.lists.fitted.B.shape == (d, d)
    loaded = recommender.load("m.npz")
    assert len(loaded.recommend(0)) and "lists" not in vars(loaded)  # nothing is fitted that nobody asked for
    about = tree()
    about["content"]["fields"][4]["fields"][1]["dict"][0][1] = 1e9
    rewritten(lambda content: json.dumps(about).encode())
    assert "other.npz is damaged" in said(capsys, "suggest", "other.npz", "--user", 3, status=2)


def test_a_model_for_which_there_are_too_many_items_is_left_out_or_refused(table, place, capsys, monkeypatch):
    monkeypatch.setattr(ease, "MOST_ITEMS", 64)
    out = said(capsys, "fit", "clicks.csv", "--implicit", "--out", "new.npz")
    assert "ease: left out, as it takes a number for each pair of items\n" in out
    with pytest.raises(InputError, match="ease takes a number for each pair of items, too many for 65 items"):
        implicit.fit(table, "ease")


@pytest.mark.parametrize("split", [None, "leave-one-out", "users"])
def test_python_and_the_command_give_the_same_figures_of_lists(split, table, place, capsys):
    said(capsys, "evaluate", "clicks.csv", "--implicit", "--json", "t.json", "--only", "popular", "ease",
         *(("--split", split) if split else ()))
    told = json.loads(Path("t.json").read_text())
    rows = recommender.evaluate(table, ["popular", "ease"], split=split)
    assert [row.model for row in rows if row.best] == [told["best"]]
    assert [row.ndcg for row in rows] == sorted((row["ndcg"] for row in told["models"]), reverse=True)
    for row in told["models"]:
        (own,) = (each for each in rows if each.model == row["name"])
        assert {key: own._asdict()[key] for key in row.keys() & set(own._fields)} == {
            key: row[key] for key in row.keys() & set(own._fields)} and own.rated_mean is None


def test_lists_of_ratings_are_compared_in_python_too(table):
    rated = (table.users[np.repeat(np.arange(len(table.users)), np.diff(table.X.indptr))],
             table.items[table.X.indices], 1 + table.X.indices % 5)
    rows = recommender.evaluate(rated, ["popular", "effects"], top=3)
    assert {row.model for row in rows} == {"popular", "effects"} and all(row.rated_share >= 0 for row in rows)
    assert recommender.evaluate(rated, "popular", top=3, liked=1)[0].ndcg != recommender.evaluate(
        rated, "popular", top=3, liked=5)[0].ndcg
    for bad in ({"top": 2.5}, {"split": "folds"}, {"top": 3, "split": "time"}):
        with pytest.raises(InputError):
            recommender.evaluate(rated, "popular", **bad)


def test_folds_in_which_nobody_has_a_relevant_item_are_left_out_in_python_too():
    few = list("aabbc"), [1, 2, 1, 3, 2], [5, 2, 4, 3, 1]
    assert all(np.isfinite(row[1:-2]).all() for row in recommender.evaluate(few, ["popular", "effects"], top=5))


def test_evaluate_compares_lists_of_choices(place, capsys):
    out = said(capsys, "evaluate", "clicks.csv", "--implicit", "--json", "t.json", "--hide", 0.2, "--page", "t.html")
    table = json.loads(Path("t.json").read_text())
    assert [row["name"] for row in table["models"]] == NAMES and table["lists"]["length"] == 10
    assert table["lists"]["liked"] is None and table["best"] != "popular"
    assert f"fit clicks.csv --model {table['best']} --out model.npz --implicit\n" in out and "choices to train" in out
    page = Path("t.html").read_text()
    assert "choices to learn from" in " ".join(page.split()) and "held-out rating" not in page
    with pytest.raises(InputError, match="no model that makes lists is called als"):
        recommender.evaluate(recommender.read(planted()[0], implicit=True), "als")


@pytest.mark.parametrize("words, says", [
    (["evaluate", "clicks.csv", "--implicit", "--liked", "2"], "--liked is for ratings, not for choices"),
    (["evaluate", "clicks.csv", "--implicit", "--only", "als"], "no model that makes lists is called als"),
    (["suggest", "m.npz", "--ratings", "6=5"], "is a model of choices, which takes items without ratings: no item"),
    (["suggest", "m.npz", "--ratings-from", "clicks.csv", "--sep", ","], "expected --ratings-from without options for"),
    (["suggest", "m.npz", "--user", "3", "--for", "rating"], "predicts no ratings; expected --for top"),
    (["suggest", "m.npz", "--user", "3", "--sure"], "predicts no ratings; expected --for top"),
    (["predict", "m.npz", "clicks.csv", "--out", "p.csv"], "is a model of choices, which predicts no ratings"),
    (["page", "m.npz", "--out", "x.npz"], "is a model of choices, which predicts no ratings"),
    (["fit", "clicks.csv", "--implicit", "--page", "x.html", "--out", "x.npz"], "--page needs ratings"),
    (["fit", "clicks.csv", "--implicit", "--model", "als", "--out", "x.npz"], "no list model is called 'als'"),
    (["fit", "clicks.csv", "--model", "ease", "--out", "x.npz"],
     "no model is called ease, except for lists (evaluate --top, --implicit); there are"),
    (["fit", "clicks.csv", "--out", "x.npz"], "if there are no ratings, as with clicks, purchases and plays, --imp"),
    (["fit", "clicks.csv", "--events", "buy", "--out", "x.npz"], "are choices, not ratings; expected --implicit"),
    (["fit", "clicks.csv", "--implicit", "--scale", "1", "5", "--out", "x.npz"], "choices have no scale"),
    (["fit", "course", "--implicit", "--out", "x.npz"], "course is not a file"),
])
def test_bad_calls_end_in_one_line(words, says, place, capsys):
    assert says in said(capsys, *words, status=2) and not Path("x.npz").exists() and not Path("p.csv").exists()
