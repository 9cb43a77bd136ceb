"""predict: a file of pairs becomes a file of predictions."""

import csv
from pathlib import Path

import numpy as np
import pytest

import recommender
from tests.recommender.model_cases import said


@pytest.mark.parametrize("text", [
    "user,item\n3,10\n1,12\n", "rating;item;user\n5;10;3\n4;12;1\n", "3\t10\n1\t12\n", "3 10 5 88\n1 12 4 88\n",
    '\ufeffuserId,movieId\r\n"3","10"\r\n\r\n1,12\r\n',
])
def test_predictions_are_the_model_s(text, place, capsys):
    Path("pairs.csv").write_text(text, encoding="utf-8")
    assert "predictions: out.csv, 2 pairs" in said(capsys, "predict", "m.npz", "pairs.csv", "--out", "out.csv")
    with open("out.csv", newline="") as file:
        head, *rows = csv.reader(file)
    model = recommender.load("m.npz")
    assert head == ["user", "item", "predicted", "low", "high"]
    assert [row[:2] for row in rows] == [["3", "10"], ["1", "12"]]
    expected = np.column_stack([model.predict([3, 1], [10, 12]), *model.interval([3, 1], [10, 12])])
    np.testing.assert_allclose(np.array(rows)[:, 2:].astype(float), expected, rtol=1e-9)


def test_the_unknown_are_counted_and_predicted_from_means(place, capsys):
    Path("pairs.csv").write_text("user,item\n3,10\nnobody,10\n3,nothing\n")
    out = said(capsys, "predict", "m.npz", "pairs.csv", "--out", "out.csv")
    assert "2 of 3 pairs have a user or an item that the model does not know" in out
    with open("out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    model = recommender.load("m.npz")
    assert float(rows[1]["predicted"]) == pytest.approx(model.predict("nobody", 10, cold=True), rel=1e-9)
    assert rows[2]["item"] == "nothing"


def test_numbers_that_pandas_made_and_names_of_windows_meet_the_model(place, capsys):
    Path("pairs.csv").write_text("user,item\n3.0,10.0\n")
    assert "does not know" not in said(capsys, "predict", "m.npz", "pairs.csv", "--out", "out.csv")
    assert Path("out.csv").read_text().startswith("user,item,predicted,low,high\n3.0,10.0,")
    Path("names.csv").write_bytes("Name;Film;Note\nZoë;Élan;4\nJörg;Élan;2\nJörg;Up;5\nZoë;Up;3\n".encode("cp1252"))
    said(capsys, "fit", "names.csv", "--columns", "user=Name", "rating=Note", "--model", "constant", "--out", "n.npz")
    Path("pairs.csv").write_bytes("user;film\nJörg;Élan\n".encode("cp1252"))
    assert "does not know" not in said(capsys, "predict", "n.npz", "pairs.csv", "--out", "out.csv")


@pytest.mark.parametrize("text, says", [
    ("\0\1\2", "is no text"),
    ("", "is empty; expected lines of user and item"),
    ("user,item\n", "holds no pair"), ("user,what\n1,2\n", "names no item"),
    ("movie,what\n1,2\n", "names no user"), ("1,2\n3\n", "line 2: expected user and item, separated by ','"),
    ("1\n", "line 1: expected user and item"),
])
def test_what_holds_no_pairs_is_refused(text, says, place, capsys):
    Path("pairs.csv").write_text(text)
    assert says in said(capsys, "predict", "m.npz", "pairs.csv", "--out", "out.csv", status=2)
    assert not Path("out.csv").exists()


def test_nothing_but_csv_is_replaced(place, capsys):
    Path("pairs.csv").write_text("user,item\n3,10\n")
    for out in ("m.npz", "pairs.csv"):
        line = said(capsys, "predict", "m.npz", "pairs.csv", "--out", out, status=2)
        assert "would replace a file that is read" in line
    assert "is no text" in said(capsys, "predict", "m.npz", "m.npz", "--out", "out.csv", status=2)
