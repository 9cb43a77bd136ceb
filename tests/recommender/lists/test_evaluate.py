"""evaluate --top: the table of lists, by loops over users and from the command."""

import json
import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from console import run_program
from recommender import catalogue, measure, predictor, splits
from recommender.__main__ import main
from recommender.in_memory import of_columns
from recommender.lists import evaluate
from recommender.lists.catalogue import MODELS
from recommender.lists.models import ease
from recommender.sparse import pairs, with_values
from tests.ratings import everywhere, ratings
from tests.recommender.lists.cases import groups
from tests.recommender.lists.test_metrics import by_loops
from tests.recommender.model_cases import said

HOW = [{}, {"kind": "time"}, {"kind": "leave-one-out"}, {"kind": "users", "folds": 3}]


def table(X=None, seed=0):
    """Return the Table of planted ratings with times; IDs are numbers from 0."""
    u, i, x = pairs(groups(n=130, per_group=10) if X is None else X)
    return of_columns(u, i, x, np.random.RandomState(seed).randint(1000, size=len(u)))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with planted ratings in a file."""
    monkeypatch.chdir(tmp_path)
    found = table()
    with open("groups.csv", "w") as file:
        file.write("user,item,rating,time\n")
        file.writelines(f"{u},{i},{x:g},{t:g}\n" for (u, i, x), t in
                        zip(zip(*pairs(found.X), strict=True), found.times.data, strict=True))
    return found


def popular_by_loops(job):
    """Return the means of the metrics of lists of what most users rated (or liked), user by user, and each NDCG."""
    train, known, held_out = (X.toarray() for X in (job.part.train, job.part.known, job.part.held_out))
    rows = []
    for u, row in enumerate(held_out):
        relevant = {i for i, x in enumerate(row) if x >= job.least}
        if relevant:
            order = sorted(range(train.shape[1]), key=lambda i: (-sum(train[:, i] >= job.least), i))
            rows.append(by_loops([i for i in order if known[u, i] == 0][:job.n], relevant, job.n))
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}, [row["ndcg"] for row in rows]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_the_row_of_a_model_by_loops(how):
    """Of the most popular items among the liked ones, in each kind of split."""
    for job in evaluate.jobs(splits.split(table(), **how), 5):
        row, ndcg = evaluate.joined([evaluate.measure((job, "popular"))])
        if row["params"] == {"from": "rated"}:
            all_liked = with_values(job.part.train, np.full(job.part.train.nnz, 9.0))
            job = job._replace(part=job.part._replace(train=all_liked))
        expected, of_users = popular_by_loops(job)
        assert {name: row[name] for name in expected} == pytest.approx(expected)
        assert ndcg.tolist() == pytest.approx(of_users)


@pytest.mark.parametrize("how", [HOW[0], HOW[-1]], ids=str)
@pytest.mark.parametrize("name", [*(model.name for model in MODELS), "effects", "als"])
def test_held_out_ratings_make_no_list(how, name):
    job = evaluate.jobs(splits.split(table(), **how), 5)[0]
    part = job.part._replace(held_out=with_values(job.part.held_out, 6 - job.part.held_out.data))
    users = np.arange(job.part.train.shape[0])[-20:]
    one, other = (evaluate.lists(name, each, users, lambda text: None) for each in (job, job._replace(part=part)))
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[1], other[1])


def test_models_of_ratings_order_by_their_predictions():
    """For new users, too, who are folded in: those of `effects` differ by a constant."""
    for how in ({}, {"kind": "users", "folds": 3}):
        job = evaluate.jobs(splits.split(table(), **how), 5)[0]
        (model,) = catalogue.select(["effects"])
        fitted, users = catalogue.fit(model, job.part.train).fitted, np.flatnonzero(np.diff(job.part.known.indptr))[:9]
        found = evaluate.predicted(fitted, job.part, users)
        if job.part.given is None:
            np.testing.assert_array_equal(found, everywhere(fitted, job.part.train)[users])
        else:
            stars = fitted.model
            expected = fitted.unit.back(stars.mean + stars.c)
            np.testing.assert_allclose(found - found.mean(axis=1)[:, None], [expected - expected.mean()] * 9, atol=1e-9)


@pytest.mark.parametrize("name", ["effects", "als", "em"])
def test_errors_of_new_users_are_those_of_each_folded_in(name):
    X, _ = ratings()
    split = splits.split(of_columns(*pairs(csr_array(X))), kind="users", given=5)
    job = measure.jobs(split)[1]
    (model,) = catalogue.select([name])
    row, squared = measure.measure(job, model, {})[1:]
    _, trained = predictor.train(model, job.train, job.scale)
    expected, inside = [], []
    for u in range(40):
        given, held_out = (one[[u]] for one in (job.given, job.held_out))
        one = trained.fold_in(given.indices, given.data)
        nobody = np.zeros(held_out.nnz, int)
        expected += ((one.predict(nobody, held_out.indices) - held_out.data) ** 2).tolist()
        inside += one.holds(nobody, held_out.indices, held_out.data).tolist()
    np.testing.assert_allclose(squared, expected, atol=1e-12)
    new, (u, i, x) = predictor.NewUsers(trained, job.given), pairs(job.held_out)
    order = np.random.RandomState(0).permutation(len(u))
    np.testing.assert_allclose((new.predict(u[order], i[order]) - x[order]) ** 2, squared[order], atol=1e-12)
    assert row["rmse"] == pytest.approx(math.sqrt(np.mean(expected))) and row["coverage_90"] == np.mean(inside)


def compared(*options):
    assert run_program(main, ["evaluate", "groups.csv", "--top", "5", "--json", "t.json", *options]) == 0
    with open("t.json") as file:
        return json.load(file)


@pytest.mark.parametrize("options", [[], ["--split", "time"], ["--split", "leave-one-out"],
                                     ["--split", "users", "--folds", "3", "--given", "4"]], ids=" ".join)
def test_the_command_names_the_best_and_writes_table_and_page(options, place, capsys):
    result = compared("--only", "popular", "ease", "effects", "--page", "t.html", *options)
    out = capsys.readouterr().out
    ndcg = {row["name"]: row["ndcg"] for row in result["models"]}
    assert list(ndcg) == ["popular", "ease", "effects"] and result["best"] == "ease"
    assert ndcg["ease"] > 1.2 * ndcg["popular"] and f"Best: ease, NDCG {ndcg['ease']:.4f}" in out
    users = result["lists"]["users"]
    assert f"for {users} users" in out and f"over {users} users" in out and "the mean rating (--liked X" in out
    assert " fit groups.csv --out model.npz\n" in out
    with open("t.html") as file:
        assert f"{ndcg['ease']:.4f}" in file.read()


def test_gains_are_paired_and_standard_errors_those_of_the_mean(place, capsys):
    result = compared("--only", "popular", "ease")
    jobs = evaluate.jobs(splits.split(place), 5)
    one, other = (np.concatenate([evaluate.measure((job, name))[1]["ndcg"] for job in jobs])
                  for name in ("ease", "popular"))
    m, gain = len(one), one - other
    error = [math.sqrt(sum((x - part.mean()) ** 2 for x in part) / (m - 1) / m) for part in (one, gain)]
    assert result["models"][1]["ndcg_se"] == pytest.approx(error[0])
    assert result["models"][1]["ndcg"] == pytest.approx(one.mean())
    assert f"The next one, popular, has {gain.mean():.4f} +- {error[1]:.4f} less." in capsys.readouterr().out


@pytest.mark.filterwarnings("error")
def test_a_fold_in_which_nobody_has_a_relevant_item_is_left_out(place, capsys):
    """Five ratings in five folds; of two, nobody likes the held-out item."""
    with open("groups.csv", "w") as file:
        file.write("user,item,rating\na,1,5\na,2,2\nb,1,4\nb,3,3\nc,2,1\n")
    result = compared("--only", "popular", "effects")
    lists = result["lists"]
    assert lists["users"] == 3 and lists["without_relevant"] == 2
    assert all(math.isfinite(value) for row in result["models"] for value in row.values() if isinstance(value, float))
    out = capsys.readouterr().out
    assert "for 3 users in 5 folds (2 more have" in out
    assert "effects has 1.0000, but fewer than 20 users cannot show that it beats popular" in out
    assert "suggest --for top` orders by a list model, which fit chooses: " in out
    assert out.endswith(" fit groups.csv --out model.npz\n")


def test_what_is_relevant_may_be_told(place, capsys):
    few, all_ = (compared("--only", "popular", "--liked", low)["lists"] for low in ("5", "1"))
    out = capsys.readouterr().out
    assert "rated 5 or more\n" in out and few["users"] < all_["users"] and all_["without_relevant"] == 0
    for_none = said(capsys, "evaluate", "groups.csv", "--top", "5", "--liked", "6", status=2)
    assert "no user has a relevant held-out item" in for_none


def test_a_model_that_is_too_large_is_left_out(place, capsys, monkeypatch):
    monkeypatch.setattr(ease, "MOST_ITEMS", 5)
    result = compared("--only", "popular", "ease")
    assert [row["name"] for row in result["models"]] == ["popular"] and "ease: left out" in capsys.readouterr().out
    assert run_program(main, ["evaluate", "groups.csv", "--top", "5", "--only", "ease"]) == 2
    assert "no model is left" in capsys.readouterr().err


def test_counts_have_no_columns_of_ratings(capsys):
    work = evaluate.jobs(splits.split(table()), 5, implicit=True)
    evaluate.say(evaluate.about(work))
    result = evaluate.run(work, ["popular", "ease"], {"lists": evaluate.about(work)})
    assert not {"rated_share", "rated_mean"} & set(result["models"][0]) and result["lists"]["without_relevant"] == 0
    assert result["models"][0]["params"]["from"] in ("chosen", "counts") and "Relevant" not in capsys.readouterr().out


@pytest.mark.parametrize("options, says", [
    (["--top", "0"], "expected a whole number from 1"), (["--top", "5", "--only", "x"], "no model that makes lists"),
    (["--given", "5"], "--given is for --split users"), (["--liked", "3"], "--liked is for --top"),
    (["--split", "time", "--test", "groups.csv"], "two splits"), (["--split", "time", "--folds", "3"], "--folds is no"),
    (["--split", "users", "--hide", ".2"], "--hide is no part"), (["--top", "5", "--figures", "d"], "no pictures of"),
    (["--split", "tim"], "invalid choice"), (["--split", "users", "--given", "99"], "too few users to hold some out"),
])
def test_bad_options_end_in_one_line(options, says, place, capsys):
    assert says in said(capsys, "evaluate", "groups.csv", *options, status=2)


def test_the_split_by_time_of_ratings_without_times_is_refused(place, capsys):
    with open("timeless.csv", "w") as file:
        file.write("user,item,rating\n" + "".join(f"{u},{i},{1 + (u + i) % 5}\n" for u in range(9) for i in range(9)))
    assert "these ratings have no times" in said(capsys, "evaluate", "timeless.csv", "--split", "time", status=2)


@pytest.mark.parametrize("kind", splits.KINDS)
def test_rmse_is_measured_in_every_split(kind, place, capsys):
    out = said(capsys, "evaluate", "groups.csv", "--split", kind, "--only", "effects", "als")
    assert "Best: " in out and "Held out: " in out and "Cold: " not in out
