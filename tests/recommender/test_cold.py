"""Items that nobody has rated, from files to predictions: chosen on items left out, with intervals that hold."""

import json

import numpy as np
import pytest
from scipy.sparse import csr_array

import recommender
from console import InputError
from recommender import catalogue, cold, measure, model_file, predictor
from recommender.models.effects import effects
from recommender.ratings import Scale, Table
from recommender.sparse import pairs
from tests.ratings import shorten, times_of
from tests.recommender.model_cases import said
from tests.recommender.models.test_content import world

GENRES = "abcdef"


def stars(seed=0, **sizes):
    """Return the ratings of a planted world as whole stars, features, and the truth."""
    X, F, truth = world(seed, **sizes)
    return csr_array((np.clip(np.rint(X.data), 1, 5), X.indices, X.indptr), shape=X.shape), F, truth


def table(X):
    return Table(X, np.arange(1, X.shape[0] + 1), np.arange(X.shape[1]), Scale(1.0, 5.0, 1.0))


def held_out_rmse(X, F, truth):
    """Return the RMSE of a Content, and of the means of users, on the true ratings of items without any."""
    cold_items = np.diff(X.tocsc().indptr) == 0
    u, i = (index[:, cold_items].ravel() for index in np.indices(truth.shape))
    found = [fitted.predict(u, i) - truth[u, i] for fitted in (cold.fit(X, F).fitted, effects(X))]
    return [float(np.sqrt(np.mean(error**2))) for error in found]


def test_features_that_matter_help_much_and_useless_ones_do_no_harm():
    X, F, truth = world(d=150, cold=30)
    rmse, of_means = held_out_rmse(X, F, truth)
    assert rmse < 0.45 * of_means
    useless = csr_array(np.random.RandomState(1).rand(150, 6) < 0.4).astype(float)
    rmse, of_means = held_out_rmse(X, useless, truth)
    assert rmse < 1.02 * of_means


def test_few_items_are_predicted_by_the_means_of_users():
    X, F, _ = stars(n=30, d=60, cold=10)
    found = cold.fit(X, F)
    assert found.params is None and found.errors is None and "10 are too few" in found.about()
    u, i = np.array([0, 3]), np.array([55, 59])
    np.testing.assert_allclose(found.fitted.predict(u, i), effects(X).predict(u, i), atol=1e-6)


def test_predictions_do_not_depend_on_the_unit():
    X, F, _ = stars(d=130, cold=20)
    u, i = np.arange(50), 110 + np.arange(50) % 20
    base = cold.fit(X, F)
    other = cold.fit(csr_array((1000 - 20 * X.data, X.indices, X.indptr), shape=X.shape), F)
    assert other.params == base.params is not None
    np.testing.assert_allclose((1000 - other.fitted.predict(u, i)) / 20, base.fitted.predict(u, i), atol=1e-6)
    assert other.rmse == pytest.approx(20 * base.rmse, rel=1e-6)


def test_whole_items_are_held_out():
    X, _, _ = stars()
    found = cold.split(table(X), 3, 0.25)
    (part,) = found.parts
    assert (part.train + part.held_out != X).nnz == 0
    n_i, out = (np.bincount(one.indices, minlength=100) for one in (part.train, part.held_out))
    assert not (n_i * out).any() and np.count_nonzero(out) == 20 and np.count_nonzero(n_i) == 60
    assert found.how == {"kind": "items", "fraction": 0.25, "seed": 3} and found.notes == ("Held out: all ratings of 20"
                                                                                         " items",)
    assert (cold.split(table(X), 4, 0.25).parts[0].train != part.train).nnz > 0
    with pytest.raises(InputError, match="too few items to hold some out: expected at least 2 rated items"):
        cold.split(table(csr_array([[1.0], [2.0]])))


@pytest.mark.parametrize("name", ["effects", "als"])
def test_intervals_of_cold_items_hold_their_ratings(name, monkeypatch):
    """Nine in ten, over many items, whether the model gives standard deviations or not; warm ones are as before."""
    shorten(monkeypatch, catalogue)
    X, F, _ = world(n=60, d=400, cold=0)
    part, (model,) = cold.split(table(X), 0, 0.4).parts[0], catalogue.select([name])
    found = [predictor.train(model, part.train, Scale(X.data.min(), X.data.max(), 0.0), content=content)[1]
             for content in (cold.fit(part.train, F), None)]
    u, i, x = pairs(part.held_out)
    assert abs(found[0].holds(u, i, x).mean() - 0.9) < 0.04
    both = [np.mean((one.predict(u, i) - x) ** 2) for one in found]
    assert both[0] < 0.6 * both[1]
    u, i, _ = pairs(part.train)
    for one, two in zip(*([one.predict(u, i), *one.interval(u, i)] for one in found), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("model", catalogue.MODELS, ids=[model.name for model in catalogue.MODELS])
def test_every_model_is_completed_saved_and_folds_in(model, monkeypatch, tmp_path):
    """Items 20 to 29 are known by their features alone; somebody new has rated one of them, or nothing else."""
    shorten(monkeypatch, catalogue)
    X, F, _ = stars(n=30, d=30, cold=10)
    content = cold.fit(X, F)
    known = X[:, :20]
    _, fitted = predictor.train(model, known, Scale(1.0, 5.0, 1.0), times=times_of(known), content=content)
    saved = model_file.Saved(model.name, {}, table(X), fitted)
    model_file.write(tmp_path / "m.npz", saved)
    loaded = recommender.load(tmp_path / "m.npz")
    for items in ([3, 25], [25]):
        user = loaded.fold_in(dict.fromkeys(items, 4.0))
        found = user.recommendations(40)
        assert len(found) == 30 - len(items) and all(1 <= each.low <= each.high <= 5 for each in found)
    np.testing.assert_array_equal(loaded.predict(1, np.arange(30)), fitted.predict(np.zeros(30, int), np.arange(30)))
    assert np.isfinite(loaded.predict(["nobody"], np.arange(30), cold=True)).all()


def test_a_file_whose_parts_do_not_fit_is_refused(tmp_path):
    X, F, _ = stars(n=30, d=30, cold=10)
    _, fitted = predictor.train(catalogue.MODELS[1], X[:, :20], Scale(1.0, 5.0, 1.0), content=cold.fit(X, F))
    rated = fitted.fitted.rated.copy()
    rated[25] = True
    for change in ({"rated": rated}, {"rated": rated[:29]}, {"own": 21}, {"rated": rated.astype(float)},
                   {"rated": rated[0].reshape(())}):
        broken = fitted._replace(fitted=fitted.fitted._replace(**change))
        model_file.write(tmp_path / "m.npz", model_file.Saved("effects", {}, table(X), broken))
        with pytest.raises(InputError, match="is damaged, or was written by another version"):
            recommender.load(tmp_path / "m.npz")


# The programs


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Ratings of a planted world, and its items, of which nobody has rated the last 20."""
    monkeypatch.chdir(tmp_path)
    X, F, truth = stars(n=80, d=150)
    u, i, x = pairs(X)
    lines = [f"u{a},{b},{c:g}" for a, b, c in zip(u, i, x, strict=True)]
    (tmp_path / "ratings.csv").write_text("user,item,rating\n" + "\n".join(lines) + "\n")
    genres = ["|".join(letter for letter, has in zip(GENRES, row, strict=True) if has) for row in F.toarray()]
    items = [f"{k},Film {k} (1990),{text}" for k, text in enumerate(genres)]
    (tmp_path / "items.csv").write_text("item,title,genres\n" + "\n".join(items[::-1]) + "\n")
    (tmp_path / "other.csv").write_text("item,title,genres\nx,A,a\ny,B,a\nz,C,a\nw,D,b\n")
    return truth


def test_evaluate_says_what_features_gain(files, capsys):
    out = said(capsys, "evaluate", "ratings.csv", "--split", "items", "--items", "items.csv", "--json", "t.json",
               "--only", "effects", "als")
    with open("t.json") as file:
        found = json.load(file)
    assert found["split"]["kind"] == "items" and found["cold"]["items"] == 13
    assert found["cold"]["rmse"] == pytest.approx(found["models"][0]["rmse"]) == found["models"][1]["rmse"]
    assert found["cold"]["rmse"] < 0.8 * found["cold"]["rmse_of_means"]
    assert "Items: items.csv, 6 values of genres (--item-columns overrides)" in out
    assert f"{found['cold']['rmse']:.4f} by features, {found['cold']['rmse_of_means']:.4f} by the mean" in out
    assert "These features predict items without ratings. RMSE on 23 rated items" in out
    assert cold.ALIKE in out and "Best: " not in out and "Fit " not in out


def test_user_means_alone_are_named_if_they_predict(files, capsys):
    """A fifth of 30 items is too few to try features."""
    with open("ratings.csv") as file:
        lines = file.readlines()
    with open("few.csv", "w") as file:
        file.writelines([lines[0], *(line for line in lines[1:] if int(line.split(",")[1]) < 30)])
    out = said(capsys, "evaluate", "few.csv", "--split", "items", "--items", "items.csv", "--only", "effects")
    assert "5 are too few. The mean of each user predicts items without ratings" in out
    assert "by the mean of each user\n" in out and "by features" not in out


def test_evaluate_without_cold_items_says_so(files, capsys):
    out = said(capsys, "evaluate", "ratings.csv", "--items", "items.csv", "--item-columns", "genres",
               "--only", "effects")
    assert "No held-out rating is of an item without a rating to train on (--split items holds out whole items)" in out
    assert out.splitlines()[-1].endswith("--out model.npz --items items.csv --item-columns genres")
    with open("items.csv") as file:
        lines = file.readlines()
    with open("some.csv", "w") as file:
        file.writelines([lines[0], *lines[-120:]])
    out = said(capsys, "evaluate", "ratings.csv", "--items", "some.csv", "--only", "effects")
    assert "some.csv, 6 values of genres (--item-columns overrides); it lacks 10 of 130 items, which" in out


def test_a_fitted_model_knows_the_items_that_nobody_rated(files, capsys):
    out = said(capsys, "fit", "ratings.csv", "--items", "items.csv", "--out", "m.npz")
    assert "6 values of genres (--item-columns overrides)\n20 items that nobody has rated. These features" in out
    out = said(capsys, "suggest", "m.npz", "--user", "u7", "--titles", "items.csv", "--top", "150", "--exclude-rated")
    assert "Film 140 (1990)" in out
    model, users = recommender.load("m.npz"), [f"u{k}" for k in range(80)]
    new = np.arange(130, 150)
    predicted = model.predict(np.repeat(users, 20), np.tile(new, 80)).reshape(80, 20)
    truth = np.clip(files[:, 130:], 1, 5)
    assert np.sqrt(np.mean((predicted - truth) ** 2)) < 0.6 * np.sqrt(np.mean((truth - truth.mean()) ** 2))
    unknown = model.predict("nobody", new, cold=True)
    assert np.corrcoef(unknown, files[:, 130:].mean(axis=0))[0, 1] > 0.8
    assert len(model.similar(140, 5)) == 5 and len(model.recommend("u7", 3, by="top")) == 3
    assert len(model.recommend_all(2)) == 160 and (model.all_lists(1, True, new)[2] >= 130).all()
    model.page("page.html")  # which has rated items alone
    again = recommender.fit("ratings.csv", items="items.csv")
    np.testing.assert_array_equal(again.predict("u3", new), model.predict("u3", new))


@pytest.mark.parametrize("words, says", [
    ("fit ratings.csv --out m.npz --items no.csv", "no.csv does not exist"),
    ("fit ratings.csv --out m.npz --items other.csv", "none of the rated items: its IDs look like 'w', 'x', 'y'"),
    ("fit ratings.csv --out m.npz --items ratings.csv", "is a file of ratings, no titles"),
    ("fit ratings.csv --out m.npz --item-columns genres", "--item-columns goes with --items"),
    ("fit ratings.csv --out m.npz --items items.csv --item-columns author", "no column 'author'"),
    ("fit ratings.csv --out items.csv --items items.csv", "would replace a file that is read"),
    ("evaluate ratings.csv --json items.csv --items items.csv", "would replace a file that is read"),
    ("fit ratings.csv --out m.npz --items items.csv --implicit", "--items predicts ratings, and these are choices"),
    ("evaluate ratings.csv --split items --folds 3", "--folds is no part of --split items"),
    ("evaluate ratings.csv --split users --items items.csv", "--items is not for --split users"),
    ("evaluate ratings.csv --top 5 --items items.csv", "--items and --split items are for predicted ratings, not for"),
    ("evaluate ratings.csv --top 5 --split items", "--items and --split items are for predicted ratings, not for"),
    ("evaluate ratings.csv --split whatever", "invalid choice: 'whatever'")])
def test_bad_calls_end_in_one_line(words, says, files, capsys):
    assert says in said(capsys, *words.split(), status=2)


def test_the_judge_counts_only_items_without_ratings():
    X, F, _ = stars()
    part = cold.split(table(X), 0, 0.3).parts[0]
    job = measure.Job(part.train, part.held_out, Scale(1.0, 5.0, 1.0), content=cold.fit(part.train, F))
    found = cold.judge([job, job])
    u, i, x = pairs(part.held_out)
    error = np.clip(job.content.fitted.predict(u, i), 1, 5) - x
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert cold.judge([job._replace(held_out=part.train)]) is None
    assert cold.judge([job._replace(held_out=X)]) == pytest.approx(found)
