"""The splits, the choice of hyper-parameters, and the two programs as a user runs them."""

import io
import json
import os
import tarfile

import numpy as np
import pytest

from challenges import compare, gold
from console import processes, run_program
from recommender import catalogue
from recommender.catalogue import Model
from recommender.holdout import INNER_SEED, choose, describe, grid, hold_out, score


def ratings(seed=0, n=40, d=30):
    """Return (n, d) ratings with gaps and without, of two groups of users."""
    random = np.random.RandomState(seed)
    like = random.choice([2.0, 4.0], (2, d))[random.randint(2, size=n)]
    complete = np.clip(np.round(like + random.normal(0, 0.8, (n, d))), 1, 5)
    return np.where(random.rand(n, d) < 0.8, complete, 0), complete


@pytest.fixture
def folder(tmp_path):
    """A folder with small files under the course's names."""
    for name, matrix in zip(("netflix_incomplete.txt", "netflix_complete.txt"), ratings(), strict=True):
        np.savetxt(tmp_path / name, matrix, fmt="%d")
    return tmp_path


def test_the_test_split_is_the_documented_draw():
    X, _ = ratings()
    train, hidden = hold_out(X)
    np.testing.assert_array_equal(hidden, (X > 0) & (np.random.RandomState(0).rand(*X.shape) < 0.1))
    assert not train[hidden].any()
    np.testing.assert_array_equal(train[~hidden], X[~hidden])


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 2])
def test_fraction_out_of_range_says_the_range(fraction):
    with pytest.raises(ValueError, match="above 0 and below 1"):
        hold_out(ratings()[0], fraction=fraction)


def test_a_split_that_hides_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1 rating"):
        hold_out(np.array([[3.0, 0.0]]), fraction=0.01)


def test_score_clips_and_looks_at_hidden_ratings_alone():
    X, hidden = np.array([[5.0, 1.0, 3.0]]), np.array([[True, True, False]])
    assert score(np.array([[9.0, 2.0, 77.0]]), X, hidden) == pytest.approx(np.sqrt(1 / 2))


def test_choice_is_made_on_the_inner_split_and_refitted_to_all_of_train():
    X, _ = ratings()
    train, hidden = hold_out(X)
    _, inner_hidden = hold_out(train, INNER_SEED)
    best = train[inner_hidden].mean()
    seen, lines = [], []

    def predict(matrix, value):
        seen.append(matrix)
        return np.full(matrix.shape, value)

    fit = choose(train, grid(value=[1.0, best, 5.0]), predict, lines.append)
    assert fit.params == {"value": best} and len(seen) == 4 and len(lines) == 3
    assert not any(matrix[inner_hidden].any() for matrix in seen[:3])
    assert not any(matrix[hidden].any() for matrix in seen)
    np.testing.assert_array_equal(seen[3], train)


@pytest.mark.parametrize("features", [(), ("count", "moments", "which")])
def test_network_s_penalty_and_epochs_are_chosen_without_the_ratings_that_judge_them(features, monkeypatch):
    train, _ = hold_out(ratings()[0])
    _, inner_hidden = hold_out(train, INNER_SEED)
    seen, real = [], catalogue.neural.train

    def record(X, sides, *rest, **more):
        seen.append((X, sides))
        return real(X, sides, *rest, **more)

    monkeypatch.setattr(catalogue.neural, "train", record)
    fit = catalogue.network(features)(train, lambda text: None, {})
    assert len(seen) == 3 and not any(X[inner_hidden].any() for X, _ in seen[:2])
    np.testing.assert_array_equal(seen[2][0], train)
    for X, sides in seen:
        for side, expected in zip(sides or (), catalogue.sides(X, features) or (), strict=True):
            np.testing.assert_array_equal(side, expected)
    assert fit.params["penalty"] in (0.1, 0.15) and 1 <= fit.params["epochs"] <= 15


def test_there_must_be_something_to_choose_from():
    with pytest.raises(ValueError, match="at least 1 candidate"):
        choose(ratings()[0], [], lambda X: X)


def test_grid_and_describe():
    assert grid(a=[1, 2], b=["x"]) == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    assert describe({"K": 12, "fill": "soft", "strength": 0.03}) == "K 12, fill soft, strength 0.03"


def network_that_says(*values):
    """Return a Network that predicts `values`, (d,), for a single user."""
    d = len(values)
    weights = {"U": np.zeros((1, 1)), "V": np.reshape(values, (d, 1)), "W": np.zeros((0, 1)), "w0": np.zeros(1),
               "w": np.zeros(1)}
    return catalogue.neural.Network(0.0, np.empty((1, 0)), np.empty((d, 0)), weights)


def test_early_stopping_keeps_the_best_epoch_and_asks_for_no_more_than_it_must(monkeypatch):
    monkeypatch.setattr(catalogue, "PATIENCE", 2)
    train, hidden = np.array([[3.0, 3.0, 5.0]]), np.array([[True, True, False]])
    networks = iter([network_that_says(3, y, 1) for y in (2.0, 3.5, 4.0, 4.5, 3.0)])
    lines = []
    error, epoch, network = catalogue.early_stopping(networks, train, hidden, lines.append)
    assert error == pytest.approx(0.5 / np.sqrt(2)) and epoch == 2 and len(lines) == 4
    np.testing.assert_allclose(catalogue.neural.predict(network), [[3, 3.5, 1]])
    assert len(list(networks)) == 1


@pytest.fixture
def quick(monkeypatch):
    """Make what takes many steps short, for a matrix where they need not be many, and blend two models alone."""
    monkeypatch.setattr(catalogue.bayesian.run, "__defaults__", (6, 3, None, 0, None))
    monkeypatch.setattr(catalogue.factorization.run, "__defaults__", (True, 3, 0, None))
    monkeypatch.setattr(catalogue, "PATIENCE", 1)
    monkeypatch.setattr(catalogue.baselines.mixture, "__defaults__", ("soft", (0, 1)))
    monkeypatch.setattr(catalogue, "PARTS", ("effects", "als"))


@pytest.mark.parametrize("model", catalogue.MODELS, ids=[model.name for model in catalogue.MODELS])
def test_hidden_ratings_are_not_used_and_a_second_fit_is_the_same(model, quick):
    X, complete = ratings()
    first = compare.task(X, complete)
    other = compare.task(np.where(first.hidden, 6 - X, X), complete)
    assert (other.X != X).any()
    fits = [compare.measure(task, model, {})[0] for task in (first, other)]
    np.testing.assert_array_equal(fits[0].prediction, fits[1].prediction)
    assert fits[0].params == fits[1].params
    assert fits[0].prediction.shape == X.shape and np.isfinite(fits[0].prediction).all()


def test_hidden_ratings_change_no_predictive_distribution():
    X, complete = ratings()
    first = compare.task(X, complete)
    other = first._replace(X=np.where(first.hidden, 6 - X, X))
    params = {"effects": True, "K": 3, "strength": 1.0, "temper": 0.06, "fill_temper": 0.03}
    for one, two in zip(compare.predictives(first, params), compare.predictives(other, params), strict=True):
        np.testing.assert_array_equal(one, two)


def test_row_measures_what_it_says():
    X, complete = ratings()
    task = compare.task(X, complete)
    _, row = compare.measure(task, catalogue.MODELS[0], {})
    constant = task.train.sum() / np.count_nonzero(task.train)
    assert row["heldout_rmse"] == pytest.approx(np.sqrt(np.mean((X[task.hidden] - constant) ** 2)))
    assert row["course_rmse"] == pytest.approx(np.sqrt(((X == 0) * (complete - constant) ** 2).mean()))
    assert row["gaps_rmse"] == pytest.approx(np.sqrt(np.mean((complete[X == 0] - constant) ** 2)))
    assert row["seconds"] >= 0 and row["peak_mb"] >= 0


def test_gaps_that_hold_one_value_per_user_are_not_the_truth():
    X, complete = ratings()
    flat = np.where(X == 0, complete[:, :1], X)
    assert set(gold.spread_of_gaps(X, flat)) <= {0, 1}
    assert not gold.is_truth(X, flat) and gold.is_truth(X, complete)
    assert "gaps_rmse" not in compare.measure(compare.task(X, flat), catalogue.MODELS[0], {})[1]


def test_compare_writes_table_json_and_pictures(folder, capsys):
    target, pictures = folder / "out.json", folder / "made" / "here"
    assert run_program(compare.main, ["--data", str(folder), "--json", str(target), "--figures", str(pictures),
                                      "--only", "regularized-em-effects", "constant", "effects"]) == 0
    result = json.loads(target.read_text())
    assert [row["name"] for row in result["models"]] == ["constant", "effects", "regularized-em-effects"]
    assert {"name", "params", "heldout_rmse", "course_rmse", "seconds"} <= set(result["models"][0])
    assert result["split"]["hidden"] > 0 and set(result["intervals"]) == {"0.5", "0.8", "0.9", "0.95"}
    assert all((pictures / name).read_bytes()[:4] == b"\x89PNG" for name in ("comparison.png", "calibration.png"))
    printed = capsys.readouterr().out
    table = printed.split("Sorted")[1].splitlines()[2:5]
    assert [float(row.split()[1]) for row in table] == sorted(float(row.split()[1]) for row in table)


def test_mixtures_are_found_once_for_all_fill_tempers_of_one_matrix(monkeypatch):
    train, _ = hold_out(ratings()[0])
    seen, run = [], catalogue.regularized_em.run

    def record(data, *start, strength, **more):
        seen.append((data.counts.sum(), strength))
        return run(data, *start, strength=strength, **more)

    monkeypatch.setattr(catalogue.regularized_em, "run", record)
    fit = catalogue.regularized(effects=True, tempered=True)(train, lambda text: None, {})
    inner, _ = hold_out(train, INNER_SEED)
    few, all_ = np.count_nonzero(inner), np.count_nonzero(train)
    sizes = len({30, min(60, len(train))})
    assert seen == sizes * [(few, s) for s in (0.5, 1.0, 2.0)] + [(all_, fit.params["strength"])]
    offset = catalogue.baselines.effects(train)
    params = {name: value for name, value in fit.params.items() if name != "effects"}
    mixture, post = catalogue.groups(train, **params, offset=offset)
    np.testing.assert_array_equal(fit.prediction, offset + post @ mixture.mu)


def test_table_is_the_same_from_several_processes(quick, monkeypatch, capsys):
    monkeypatch.setattr(processes, "cores", lambda: 2)
    task, saved, done, alone = compare.task(*ratings()), [], {}, []
    chosen = compare.select(["constant", "effects", "als", "blend"])
    result = compare.compare(task, chosen, lambda result: saved.append(len(result["models"])))
    assert saved == [1, 2, 3, 4]
    for model in chosen:
        done[model.name], row = compare.measure(task, model, done)
        alone.append(row)
    timed = "seconds", "choosing_seconds", "peak_mb"
    for row, expected in zip(result["models"], alone, strict=True):
        assert {k: v for k, v in row.items() if k not in timed} == {k: v for k, v in expected.items() if k not in timed}


def test_interruption_keeps_the_rows_in_the_json(folder, monkeypatch, capsys):
    def interrupt(train, report, done):
        raise KeyboardInterrupt
    monkeypatch.setattr(catalogue, "MODELS", (*catalogue.MODELS[:2], Model("slow", "factors", "", interrupt)))
    target = folder / "out.json"
    assert run_program(compare.main, ["--data", str(folder), "--json", str(target), "--no-figures"]) == 130
    assert [row["name"] for row in json.loads(target.read_text())["models"]] == ["constant", "effects"]


def test_blend_alone_fits_its_parts(quick):
    X, complete = ratings()
    _, row = compare.measure(compare.task(X, complete), catalogue.MODELS[-1], {})
    assert set(row["params"]) == {"effects", "als"}


def test_parts_of_the_blend_are_models():
    assert set(catalogue.PARTS) <= {model.name for model in catalogue.MODELS if model.family != "blend"}


def test_blend_s_seconds_are_those_of_its_parts_and_its_own():
    X, complete = ratings()
    task = compare.task(X, complete)
    part = catalogue.Fit({}, task.train, task.train, 100.0)
    _, row = compare.measure(task, catalogue.MODELS[-1], dict.fromkeys(catalogue.PARTS, part))
    assert row["seconds"] == pytest.approx(100 * len(catalogue.PARTS), abs=5) and row["choosing_seconds"] == 0


@pytest.mark.parametrize("options, message", [
    (["--only", "magic"], "no model is called magic; there are constant"),
    (["--json", "/no/such/folder/x.json"], "cannot be written"),
    (["--figures", __file__], "cannot be used as a folder"),
    (["--data", "/no/such/place"], "does not exist"),
    (["--json", "T", "--figures", "T"], "pictures go"),
    (["--json", "F/comparison.png", "--figures", "F"], "pictures go"),
    (["--json", "netflix_complete.txt"], "is read"),
])
def test_bad_options_end_in_one_line_before_any_work(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compare.data, "netflix", None)  # not even the data are read
    assert run_program(compare.main, options) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and message in captured.err and captured.err.count("\n") == 1


def test_the_archive_is_not_replaced_by_the_table(folder, capsys):
    archive = folder / "mine.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("netflix_incomplete.txt", "netflix_complete.txt"):
            tar.add(folder / name, name)
    kept = archive.read_bytes()
    assert run_program(compare.main, ["--data", str(archive), "--json", str(archive), "--no-figures"]) == 2
    assert "is read" in capsys.readouterr().err and archive.read_bytes() == kept


def test_progress_is_silent_where_stderr_is_closed(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr", None)
    progress = compare.Progress("slow")
    progress.last = -np.inf
    progress("some text")
    progress.clear()
    assert capsys.readouterr().out == ""


def test_progress_is_one_line_of_the_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

        def fileno(self):
            return 2

    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr(compare.os, "get_terminal_size", lambda fileno: os.terminal_size((20, 5)))
    compare.Progress("slow")("a text that is longer than that")
    assert compare.sys.stderr.getvalue() == "\r\033[Kslow: a text that i"


@pytest.mark.parametrize("text", ["5\n", "5 0\n0 3\n"])
def test_too_few_ratings_end_in_one_line(text, tmp_path, capsys):
    for name in ("netflix_incomplete.txt", "netflix_complete.txt"):
        (tmp_path / name).write_text(text)
    assert run_program(compare.main, ["--data", str(tmp_path), "--no-figures"]) == 2
    assert "too few ratings" in capsys.readouterr().err


def test_gold_shows_both_measures(folder, capsys):
    assert run_program(gold.main, ["--data", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    X, complete = ratings()
    train, hidden = hold_out(X)
    constants = [np.sqrt(((X == 0) * (complete - X[X > 0].mean()) ** 2).mean()),
                 np.sqrt(np.mean((X[hidden] - train[train > 0].mean()) ** 2))]
    row = next(line for line in lines if line.startswith("one constant"))
    assert [float(value) for value in row.split()[2:]] == pytest.approx(constants, abs=6e-5)
    assert "measures prediction" in lines[3]


def test_gold_knows_a_filling_by_one_value_per_user():
    X, complete = ratings()
    flat = np.where(X == 0, complete[:, :1], X)
    flat[3, X[3] == 0] = 0
    text = gold.describe(X, flat)
    users = (X == 0).any(axis=1).sum()
    assert f"{users} users" in text and f"{users} of them hold one same value" in text and "1 of these" in text
    assert "not prediction" in text


def test_gold_refuses_too_few_ratings_in_one_line(tmp_path, capsys):
    for name in ("netflix_incomplete.txt", "netflix_complete.txt"):
        (tmp_path / name).write_text("5\n")
    assert run_program(gold.main, ["--data", str(tmp_path)]) == 2
    assert "too few ratings" in capsys.readouterr().err
