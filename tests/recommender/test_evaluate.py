"""The comparison on anybody's ratings: the splits, the measures, held-out ratings that nobody uses."""

import json
import os
import re
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from multiprocessing import get_context

import numpy as np
import pytest
from scipy.sparse import csr_array

from console import cores, run_program
from recommender import catalogue, choosing, model_file, predictor, splits, tables
from recommender.__main__ import COMMANDS, main
from recommender.choosing import Model, best_of
from recommender.measure import Job, compare, measure
from recommender.models.effects import effects
from recommender.ratings import Scale, Table
from recommender.scale import store
from recommender.sparse import pairs
from tests.ratings import poisoned, ratings, shorten, times_of

ONE_TO_FIVE = Scale(1.0, 5.0, 1.0)
TIMED = ("seconds", "choosing_seconds", "peak_mb")
forked = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


@pytest.fixture
def quick(monkeypatch):
    shorten(monkeypatch, catalogue)


def table(X, users=None, items=None):
    """Return the Table of a dense matrix, 0 = missing."""
    users, items = (np.arange(1, size + 1) if ids is None else np.array(ids)
                    for size, ids in zip(X.shape, (users, items), strict=True))
    return Table(csr_array(X), users, items, ONE_TO_FIVE)


def job(X, complete=None):
    """Return the Job of a dense matrix with one rating in ten held out."""
    (part,) = splits.by_share(table(X), 0.1, 0).parts
    return Job(part.train, part.held_out, ONE_TO_FIVE, complete)


def untimed(row):
    return {key: value for key, value in row.items() if key not in TIMED}


# Splits


# Measures


def test_row_measures_what_it_says():
    X, complete = ratings()
    work = job(X, complete)
    row = measure(work, catalogue.MODELS[0], {}).row
    constant, x = work.train.data.mean(), work.held_out.data
    assert row["rmse"] == pytest.approx(np.sqrt(np.mean((x - constant) ** 2)))
    assert row["mae"] == pytest.approx(np.mean(np.abs(x - constant)))
    assert row["course_rmse"] == pytest.approx(np.sqrt(((X == 0) * (complete - constant) ** 2).mean()))
    assert row["gaps_rmse"] == pytest.approx(np.sqrt(np.mean((complete[X == 0] - constant) ** 2)))
    width = row["mean_width_90"]  # the same values of the scale around every prediction
    runs = [np.mean((x >= low) & (x <= low + width)) for low in range(1, 6) if low <= round(constant) <= low + width]
    assert row["coverage_90"] in runs and row["coverage_90"] > 0.8
    assert row["seconds"] >= 0 and row["peak_mb"] >= 0


def test_columns_of_a_complete_matrix_are_there_only_with_one():
    X, complete = ratings()
    flat = np.where(X == 0, complete[:, :1], X)  # one value in all gaps of a user: not the truth
    assert {"course_rmse", "gaps_rmse"} <= set(measure(job(X, complete), catalogue.MODELS[0], {}).row)
    assert "gaps_rmse" not in measure(job(X, flat), catalogue.MODELS[0], {}).row
    row = measure(job(X), catalogue.MODELS[0], {}).row
    assert "course_rmse" not in row and "course" not in tables.heading([row])


@pytest.mark.parametrize("model", catalogue.MODELS, ids=[model.name for model in catalogue.MODELS])
def test_held_out_ratings_are_not_used_and_a_second_fit_is_the_same(model, quick):
    X, _ = ratings()
    (part,) = splits.by_share(table(X), 0.1, 0).parts
    other = table((part.train + poisoned(part.held_out)).toarray())
    (again,) = splits.by_share(other, 0.1, 0).parts
    assert (again.held_out != part.held_out).nnz > 0
    u, i = (index.ravel() for index in np.indices(X.shape))
    times = times_of(csr_array(X))
    found = [predictor.train(model, each.train, ONE_TO_FIVE, times=times) for each in (part, again)]
    predicted, low, high = ([f(u, i) for _, one in found for f in (one.predict,)],
                            *zip(*(one.interval(u, i) for _, one in found), strict=True))
    for one, two in (predicted, low, high):
        np.testing.assert_array_equal(one, two)
        assert one.shape == u.shape and np.isfinite(one).all()
    assert found[0][0].params == found[1][0].params


def test_table_is_the_same_from_several_processes(quick, monkeypatch):
    monkeypatch.setattr(cores, "cores", lambda: 2)
    work, done, alone = job(*ratings()), {}, []
    chosen = catalogue.select(["constant", "effects", "als", "blend"])
    for model in chosen:
        alone.append(measure(work, model, done))
        done[model.name] = alone[-1].fit
    for (row, squared), one in zip(compare([work], chosen), alone, strict=True):
        assert untimed(row) == untimed(one.row) and row["rmse"] == pytest.approx(np.sqrt(squared.mean()))
        np.testing.assert_array_equal(squared, one.squared)


def test_blend_alone_fits_its_parts(quick):
    row = measure(job(ratings()[0]), catalogue.MODELS[-1], {}).row
    assert len(row["params"]) > 0 and set(row["params"]) <= {"effects", "als"} and min(row["params"].values()) > 0


def test_models_of_times_are_there_only_with_times():
    everything, times = catalogue.select(None), times_of(csr_array(ratings()[0]))
    assert catalogue.usable(everything, times, named=True) == everything
    without = [model.name for model in catalogue.usable(everything, None)]
    assert [model.name for model in everything if model.name not in without] == ["bayesian-time"]


def test_a_file_with_times_and_one_without(u_data, quick, capsys):
    found = evaluated("u.data", only=("effects", "bayesian-time"))
    assert [row["name"] for row in found["models"]] == ["effects", "bayesian-time"]
    capsys.readouterr()
    for name in ("bayesian-time", "bayesian-side"):
        evaluated("u.data", only=(name,))
        assert ("A model file predicts for now" in capsys.readouterr().out) == (name == "bayesian-time")
    with open("u.data") as file, open("plain.csv", "w") as out:
        out.write("user,item,rating\n" + "".join(",".join(line.split()[:3]) + "\n" for line in file))
    for words in (["evaluate", "plain.csv", "--only", "bayesian-time"],
                  ["fit", "plain.csv", "--model", "bayesian-time", "--out", "m.npz"]):
        assert run_program(main, words) == 2
        assert "bayesian-time needs the time of each rating" in capsys.readouterr().err


def test_parts_of_the_blend_are_models():
    assert set(catalogue.blend.PARTS) <= {model.name for model in catalogue.MODELS if model.family != "blend"}


def test_blend_s_seconds_are_those_of_its_parts_and_its_own(quick):
    work = job(ratings()[0])
    parts = {name: measure(work, *catalogue.select([name]), {}).fit._replace(seconds=100.0)
             for name in catalogue.blend.PARTS}
    row = measure(work, catalogue.MODELS[-1], parts).row
    assert row["seconds"] == pytest.approx(100 * len(catalogue.blend.PARTS), abs=5)


def test_a_row_of_folds_is_the_mean_of_its_rows():
    rows = [{"name": "als", "params": {"rank": 20, "strength": s}, "rmse": r, "mae": r / 2, "coverage_90": 0.9,
             "seconds": 1.0} for s, r in ((0.1, 0.9), (0.2, 1.0), (0.1, 1.1))]
    row = tables.over_folds(rows)
    assert row["rmse"] == pytest.approx(1) and row["rmse_sd"] == pytest.approx(0.1) and row["mae"] == pytest.approx(0.5)
    assert row["params"] == {"rank": 20, "strength": [0.1, 0.2, 0.1]} and row["folds"] == rows
    assert "0.1000" in tables.line(row) and "+-" in tables.heading([row])


@pytest.mark.parametrize("unit", [1e-90, 1e-6, 1e-3, 1.0, 20.0, 1e3, 1e4, 1e9, 1e90])
def test_columns_stand_apart_and_tell_models_apart_in_every_unit(unit):
    row = {"name": "als", "params": {}, "rmse": 0.9012 * unit, "rmse_sd": 0.0123 * unit, "mae": 0.7012 * unit,
           "coverage_90": 1.0, "gaps_rmse": 0.9512 * unit, "course_rmse": 0.5012 * unit, "seconds": 12345.6,
           "choosing_seconds": 123456.7, "peak_mb": 123456.0}
    fields = tables.line(row).split()
    assert fields[0] == "als" and len(fields) == len(row) - 1
    assert tables.heading([row]).index("  hyper-parameters") == len(tables.line(row)) - 2
    told = dict(zip([key for key in tables.MEASURES if key in row], fields[1:], strict=True))
    for key in ("rmse", "mae", "gaps_rmse", "course_rmse"):
        assert float(told[key]) == pytest.approx(row[key], rel=6e-4)
    assert float(told["rmse_sd"]) == pytest.approx(row["rmse_sd"], rel=0.01)
    better = {**row, "rmse": 0.9003 * unit}
    assert tables.line(better) != tables.line(row)


def test_a_row_without_errors_has_the_usual_digits():
    row = {"name": "als", "params": {}, "rmse": 0.0, "mae": 0.0, "coverage_90": 1.0}
    assert tables.line(row).split() == ["als", "0.0000", "0.0000", "100.0%"]


# The program


@pytest.fixture
def u_data(tmp_path, monkeypatch):
    """A file of ratings like MovieLens's u.data, and u1.test with some of its pairs, a new user and a new item."""
    X, _ = ratings(n=30, d=20)
    u, i, x = pairs(csr_array(X))
    lines = [f"{a + 1}\t{b + 1}\t{c:g}\t88{n:07}\n" for n, (a, b, c) in enumerate(zip(u, i, x, strict=True))]
    (tmp_path / "u.data").write_text("".join(np.random.RandomState(0).permutation(lines)))
    (tmp_path / "u1.test").write_text("".join(lines[::7]) + "999\t1\t5\t880000000\n1\t777\t1\t880000000\n")
    monkeypatch.chdir(tmp_path)
    return len(lines), len(lines[::7])


def evaluated(*options, only=("constant", "effects")):
    assert run_program(main, ["evaluate", *options, "--only", *only, "--json", "t.json"]) == 0
    with open("t.json") as file:
        return json.load(file)


def test_hyper_parameters_keep_their_names_in_json(u_data, capsys):
    """Older programs called the regularization of `effects` shrink, and printed that, too."""
    once, folds = (evaluated("u.data", *more, only=("effects",))["models"][0]
                   for more in (["--hide", "0.1"], ["--folds", "2"]))
    assert once["params"].keys() == {"shrink"} and once["params"]["shrink"] > 0
    assert folds["params"].keys() == {"shrink"} and [row["params"].keys() for row in folds["folds"]] == 2 * [{"shrink"}]
    assert f"regularization {once['params']['shrink']:g}" in capsys.readouterr().out


def test_json_is_as_documented(u_data):
    found = evaluated("u.data")
    assert set(found["ratings"]) == {"users", "items", "train", "hidden", "scale", "step"}
    assert found["ratings"]["users"] == 30 and found["ratings"]["items"] == 20
    assert found["ratings"]["train"] + found["ratings"]["hidden"] == u_data[0]
    assert found["ratings"]["scale"] == [1, 5] and found["ratings"]["step"] == 1
    assert [row["name"] for row in found["models"]] == ["constant", "effects"]
    for row in found["models"]:
        assert {"name", "params", "rmse", "mae", "coverage_90", *TIMED} <= set(row)
        assert 0 < row["mae"] <= row["rmse"] < 3 and 0 <= row["coverage_90"] <= 1


def test_what_is_written_is_said(u_data, capsys):
    evaluated("u.data", "--page", "t.html", "--figures", "drawn")
    said = capsys.readouterr().out
    named = re.findall(r"^(\w+): (\S+)$", said, re.MULTILINE)
    assert named == [("picture", "drawn/comparison.png"), ("table", "t.json"), ("page", "t.html")]
    assert all(os.path.isfile(path) for _, path in named)
    evaluated("u.data", "--hide", "0.2")
    assert "page: " not in capsys.readouterr().out


def test_one_is_no_plural(u_data, capsys):
    """One held-out rating, of an item that nobody else has rated."""
    with open("one.test", "w") as file:
        file.write("1\t999\t3\t880000000\n")
    evaluated("u.data", "--test", "one.test")
    said = capsys.readouterr().out
    assert "Held out: the 1 rating of one.test; 0 of them" in said and "Cold: 1 held-out rating is of users (0)" in said


def test_a_test_file_is_counted_and_said(u_data, capsys):
    all_, held_out = u_data
    found = evaluated("u.data", "--test", "u1.test")
    assert found["ratings"]["hidden"] == held_out + 2 and found["ratings"]["train"] == all_ - held_out
    assert found["ratings"]["users"] == 31 and found["ratings"]["items"] == 21
    assert found["cold"] == {"users": 1, "items": 1, "ratings": 2} and found["split"]["kind"] == "file"
    said = capsys.readouterr().out
    assert f"the {held_out + 2} ratings of u1.test; {held_out} of them are also among the ratings" in said
    assert "Cold: 2 held-out ratings are of users (1) or items (1)" in said


def test_folds_come_with_their_standard_deviation(u_data, capsys):
    found = evaluated("u.data", "--folds", "3", "--seed", "1")
    assert found["split"] == {"kind": "folds", "folds": 3, "seed": 1, "inner_seed": 1, "inner_fraction": 0.1}
    for row in found["models"]:
        each = [fold["rmse"] for fold in row["folds"]]
        assert len(each) == 3 and row["rmse"] == pytest.approx(np.mean(each))
        assert row["rmse_sd"] == pytest.approx(np.std(each, ddof=1))
    said = capsys.readouterr().out
    assert "in each of 3 folds" in said and "+-" in said
    assert run_program(main, ["evaluate", "u.data", "--folds", "2", "--only", "effects", "regularized-em-effects",
                              "--figures", "made", "--page", "t.html"]) == 0
    assert sorted(os.listdir("made")) == ["comparison.png"]


def test_a_file_may_ask_for_others_than_the_complete_matrix_has(u_data, sample_folder, monkeypatch):
    monkeypatch.setenv("NETFLIX_DATA", str(sample_folder))
    with open("few.test", "w") as file:
        file.write("1\t1\t5\t880000000\n9999\t2\t3\t880000000\n")
    found = evaluated("course", "--test", "few.test", only=("constant",))
    assert found["ratings"]["users"] == 1201 and "course_rmse" not in found["models"][0]


def test_effects_err_as_published(movielens, tmp_path, monkeypatch):
    """Surprise's documentation has RMSE 0.944 and MAE 0.748 for its BaselineOnly, in five random folds."""
    monkeypatch.chdir(tmp_path)
    row = evaluated(str(movielens / "u.data"), "--folds", "5", only=("effects",))["models"][0]
    assert row["rmse"] == pytest.approx(0.944, abs=0.008) and row["mae"] == pytest.approx(0.748, abs=0.008)
    assert all(0.88 <= fold["coverage_90"] <= 0.92 for fold in row["folds"])


def test_the_seed_and_the_share_draw_the_split(u_data):
    one, two, more = (evaluated("u.data", *options, only=("constant",))
                      for options in (["--seed", "1", "--hide", "0.1"], ["--seed", "2", "--hide", "0.1"],
                                      ["--seed", "2", "--hide", "0.5"]))
    assert one["models"][0]["rmse"] != two["models"][0]["rmse"]
    assert more["ratings"]["hidden"] > 3 * two["ratings"]["hidden"]


def test_picture_and_page_are_written(u_data):
    assert run_program(main, ["evaluate", "u.data", "--only", "constant", "effects", "--page", "t.html",
                              "--figures", "made"]) == 0
    with open("made/comparison.png", "rb") as picture, open("t.html") as page:
        assert picture.read(4) == b"\x89PNG" and "effects" in page.read()


def test_half_stars_and_other_scales_are_clipped_to_what_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, _ = ratings(n=30, d=20)
    u, i, x = pairs(csr_array(X))
    rows = "".join(f"u{a},i{b},{10 * c - 5:g}\n" for a, b, c in zip(u, i, x, strict=True))
    (tmp_path / "mine.csv").write_text("userId,movieId,rating\n" + rows)
    found = evaluated("mine.csv")
    assert found["ratings"]["scale"] == [5, 45] and found["models"][1]["rmse"] > 3


def test_the_json_file_holds_the_rows_when_interrupted(u_data, monkeypatch):
    def interrupt(train, report, asked):
        raise KeyboardInterrupt
    slow = Model("slow", "factors", "", interrupt, best_of(lambda n, d: [{}]))
    monkeypatch.setattr(catalogue, "MODELS", (*catalogue.MODELS[:2], slow))
    assert run_program(main, ["evaluate", "u.data", "--json", "t.json"]) == 130
    with open("t.json") as file:
        assert [row["name"] for row in json.load(file)["models"]] == ["constant", "effects"]


@pytest.mark.parametrize("options, says", [
    (["no.data"], "no.data does not exist"),
    (["u.data", "--test", "no.test"], "no.test does not exist"),
    (["u.data", "--test", "u.data"], "none is left to train on"),
    (["u.data", "--only", "magic"], "no model is called magic; there are constant"),
    (["u.data", "--hide", "2"], "expected a share above 0 and below 1, got '2'"),
    (["u.data", "--hide", "few"], "expected a share above 0 and below 1, got 'few'"),
    (["u.data", "--folds", "1"], "expected a whole number from 2"),
    (["u.data", "--folds", "3", "--hide", "0.1"], "not allowed with"),
    (["u.data", "--test", "u1.test", "--seed", "1"], "--seed has no use with --test"),
    (["u.data", "--json", "u.data"], "would replace a file that is read"),
    (["u.data", "--test", "u1.test", "--json", "u1.test"], "would replace a file that is read"),
    ([".", "--json", "u1.test"], "would replace a file that is read"),
    (["u.data", "--page", "u.data"], "would replace a file that is read"),
    (["u.data", "--figures", "u.data"], "cannot be used as a folder"),
    (["two.data"], "too few ratings to choose hyper-parameters: expected at least 2 ratings, to hold out 1"),
    (["u.data", "--hide", "0.999"], "too few ratings to choose hyper-parameters: expected at least 2 ratings"),
    (["few.data", "--folds", "9"], "too few ratings to compare models: 3, in 9 folds"),
    (["same.data"], "all ratings (3) are 4, so there is nothing to predict"),
])
def test_bad_calls_end_in_one_line(options, says, u_data, capsys):
    with open("few.data", "w") as file:
        file.write("1\t1\t3\t880000000\n1\t2\t4\t880000000\n2\t1\t4\t880000000\n")
    with open("few.data") as few, open("two.data", "w") as two, open("same.data", "w") as same:
        lines = few.readlines()
        two.writelines(lines[:2])
        same.writelines(line.replace("\t3\t", "\t4\t") for line in lines)
    with open("u.data") as file:
        before = file.read()
    assert run_program(main, ["evaluate", *options]) == 2
    said = capsys.readouterr()
    assert says in said.err and said.err.count("\n") == 1, said.err
    with open("u.data") as file:
        assert file.read() == before


# What is said of files


@pytest.mark.parametrize("command", ["evaluate FILE --only effects", "fit FILE --model effects --out m.npz",
                                     "convert FILE store"])
def test_every_command_takes_what_is_said_of_a_file(command, tmp_path, monkeypatch, capsys):
    """A matrix of three columns with two codes, which as it stands is asked about."""
    monkeypatch.chdir(tmp_path)
    X = np.random.RandomState(0).permutation(np.repeat([1.0, 2, 3, 4, 5, 99, -1], 3)).reshape(7, 3)
    X[:, :2] = np.abs(X[:, :2])
    np.savetxt("x.txt", X, fmt="%g")
    words = command.replace("FILE", "x.txt").split()
    assert run_program(main, words) == 2
    assert "say which: --format list or --format matrix" in capsys.readouterr().err
    assert run_program(main, [*words, "--format", "matrix", "--missing", "99", "-1"]) == 0
    said = capsys.readouterr().out
    assert "a matrix of 3 columns, 99, -1 = missing, 0 is a rating; users and items" in said
    left_out = ((X == 99) | (X == -1)).sum()
    assert f"{left_out} ratings left out: 99, -1 = missing\n  ratings from 1 to 5 in steps of 1" in said
    if words[0] == "fit":
        model = model_file.read("m.npz")
        assert model.table.scale == ONE_TO_FIVE and model.table.X.nnz == X.size - left_out
    if words[0] == "convert":
        assert store.open_store("store").scale == ONE_TO_FIVE and store.open_store("store").ratings == X.size - left_out


def test_a_code_is_warned_of(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    X, _ = ratings(n=30, d=20)
    np.savetxt("x.txt", np.where(X == 0, 99, X), fmt="%g", delimiter=",")
    for words in (["evaluate", "x.txt", "--only", "constant"], ["convert", "x.txt", "store"]):
        assert run_program(main, words) == 0
        assert f"warning: {(X == 0).mean():.0%} of the ratings are 99; if that marks missing ones, say --missing 99\n" \
            in capsys.readouterr().out


def test_what_is_said_holds_for_the_test_file_too(u_data, sample_folder, monkeypatch, capsys):
    monkeypatch.setenv("NETFLIX_DATA", str(sample_folder))
    with open("few.test", "w") as file:
        file.write("1 1 5\n2 2 3\n3 3 -1\n")
    for given in ("u.data", "course"):
        assert run_program(main, ["evaluate", given, "--test", "few.test", "--only", "constant"]) == 2
        assert "few.test: lines of 3 numbers could be user, item, rating" in capsys.readouterr().err
        found = evaluated(given, "--test", "few.test", "--format", "list", "--missing", "-1", only=("constant",))
        assert found["ratings"]["hidden"] == 2
        said = capsys.readouterr().out
        assert "few.test: no header, user, item, rating separated by blanks (--columns overrides, as in user=1" in said
        assert "\n  1 rating left out: -1 = m" in said


@pytest.mark.parametrize("options, says", [
    (["course", "--format", "matrix"], "--format, --missing and the like describe files, but course is not a file"),
    (["sample", "--missing", "0"], "--format, --missing and the like describe files, but sample is not a file"),
    (["u.data", "--format", "table"], "argument --format: invalid choice: 'table'"),
    (["u.data", "--missing", "few"], "expected a finite number, and RATINGS before --missing, got 'few'"),
    (["--missing", "99", "u.data"], "expected a finite number, and RATINGS before --missing, got 'u.data'"),
    (["u.data", "--missing", "nan"], "expected a finite number"),
    (["u.data", "--missing"], "argument --missing: expected at least one argument"),
    (["u.data", "--missing", "1", "2", "3", "4", "5"], "holds no rating"),
])
def test_what_cannot_be_said_of_files_ends_in_one_line(options, says, u_data, capsys):
    assert run_program(main, ["evaluate", *options]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1, said


def test_a_model_is_shown_once_and_the_last_line_fits_the_best(u_data, capsys):
    result = evaluated("u.data", "--format", "list", "--missing", "99", only=("als", "effects", "constant"))
    said = capsys.readouterr().out
    assert [row["name"] for row in result["models"]] == ["constant", "effects", "als"]
    assert [said.count(f"\n{row['name']} ") for row in result["models"]] == [1, 1, 1]
    best, command = result["best"], said.splitlines()[-1].partition(" fit ")[2]
    assert f"Best: {best}, " in said
    assert command == f"u.data --model {best} --out model.npz --missing 99 --format list"
    assert run_program(main, ["fit", *command.split()]) == 0 and model_file.read("model.npz").model == best


@pytest.fixture
def two_models(monkeypatch):
    """Two models that are fitted side by side. The first says something, and waits until the second has begun."""
    begun = get_context("fork").Event()

    def first(train, report, asked):
        report("half\nway " + 100 * "x")
        assert begun.wait(60)
        return effects(train)

    def second(train, report, asked):
        begun.set()
        return effects(train)

    made = [Model(fit.__name__, "factors", "", fit, best_of(lambda n, d: [{}])) for fit in (first, second)]
    monkeypatch.setattr(catalogue, "MODELS", tuple(made))
    monkeypatch.setattr(cores, "cores", lambda: 2)


def written_to_a_terminal(*words):
    """Return what the program writes to a terminal of 80 columns."""
    parent, terminal = os.openpty()
    with open(terminal, "w") as stream, redirect_stdout(stream), redirect_stderr(stream):
        assert run_program(main, words) == 0
    said = b""
    with open(parent, "rb", 0) as shown, suppress(OSError):  # at the end
        while True:
            said += shown.read(10**6)
    return said.decode()


@forked
def test_a_terminal_has_one_line_for_all_models_that_run(u_data, two_models):
    *lines, end = written_to_a_terminal("evaluate", "u.data", "--hide", "0.1").split("\r\n")
    drawn = [part for line in lines for part in line.split("\r\x1b[K")[:-1] if " done" in part]
    assert all(len(part) < 80 and re.fullmatch(r"\d of 2 done( \| (first|second): .*)*", part) for part in drawn)
    assert any(" | first: half\\nway xxxxx" in part for part in drawn)
    left = [line.split("\r\x1b[K")[-1] for line in lines]
    assert end == "" and not any(" done" in line for line in left)
    assert [line.split()[0] for line in left if re.match("first|second|model ", line)] == ["model", "first", "second"]


@forked
def test_a_pipe_has_finished_rows_alone(u_data, two_models, capsys):
    assert run_program(main, ["evaluate", "u.data", "--hide", "0.1"]) == 0
    said = capsys.readouterr()
    assert said.err == "" and "half" not in said.out and re.search(r"^first .*\nsecond ", said.out, re.MULTILINE)


def test_parts_of_a_blend_alone_are_fitted_side_by_side(quick, monkeypatch):
    """A blend that is compared alone has the row that it has beside its parts, and they have none."""
    work, fit, parent = job(*ratings()), choosing.fit, os.getpid()
    *parts, beside = compare([work], catalogue.select(["effects", "als", "blend"]))

    def elsewhere(*given):
        assert os.getpid() != parent
        return fit(*given)

    monkeypatch.setattr(choosing, "fit", elsewhere)
    (alone,) = compare([work], catalogue.select(["blend"]))
    assert untimed(alone[0]) == untimed(beside[0]) and len(parts) == 2
    np.testing.assert_array_equal(alone[1], beside[1])


def test_a_blend_of_ratings_without_times_does_without_the_parts_that_need_them(quick, monkeypatch):
    (timed,) = (model.name for model in catalogue.MODELS if model.timed)
    monkeypatch.setattr(catalogue.blend, "PARTS", ("effects", "als", timed))
    ((row, _),) = compare([job(*ratings())], catalogue.select(["blend"]))
    assert row["params"] and set(row["params"]) <= {"effects", "als"}


def test_few_ratings_name_no_winner_by_luck(tmp_path, monkeypatch, capsys):
    """Thirty ratings by four people, which their effects explain."""
    monkeypatch.chdir(tmp_path)
    random = np.random.RandomState(0)
    u, i = np.divmod(random.permutation(32)[:30], 8)
    x = 3 + np.array([-1, -0.5, 0.5, 1])[u] + np.linspace(-1, 1, 8)[i] + random.normal(0, 0.3, 30)
    rows = [f"{'abcd'[u]},{i},{x:g}" for u, i, x in zip(u, i, np.clip(x, 1, 5).round(), strict=True)]
    (tmp_path / "friends.csv").write_text("\n".join(["user,film,rating", *rows]) + "\n")
    names = ("constant", "effects", "als", "neural-side", "regularized-em-effects")
    result = evaluated("friends.csv", only=names)
    said = capsys.readouterr().out
    assert result["split"]["folds"] == 5 and result["best"] == "effects"
    assert "too few to compare models" in said and "over all 30 held-out ratings" in said and "luck may" in said


def test_a_mistake_of_ours_is_not_told_as_too_few_ratings(u_data, monkeypatch):
    def mistaken(*_):
        raise ValueError("a mistake of ours")
    monkeypatch.setattr(splits, "hold_out", mistaken)
    with pytest.raises(ValueError, match="a mistake of ours") as error:
        run_program(main, ["evaluate", "u.data"])
    assert error.type is ValueError


def test_without_a_command_all_are_listed(capsys):
    assert run_program(main, []) == 0
    said = capsys.readouterr().out
    assert all(re.search(rf"^  {command} +\w", said, re.MULTILINE) for command in COMMANDS)


def test_unknown_commands_end_in_one_line(capsys):
    assert run_program(main, ["wash"]) == 2
    said = capsys.readouterr().err
    assert "there is no command 'wash'; there are evaluate, fit, suggest" in said and said.count("\n") == 1
