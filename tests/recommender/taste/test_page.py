"""What the page holds, what it leaves out, and what is refused."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

import recommender
from console import InputError
from recommender import api, predictor
from recommender.intervals import Intervals
from recommender.model_file import Saved
from recommender.models.factorization import Factors
from recommender.models.units import Rescaled, unit_of
from recommender.ratings import Scale, Table
from recommender.taste import page
from tests.recommender.model_cases import said
from tests.recommender.taste.cases import fitted, written


def held(path):
    """The DATA of a page."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text())[1])


@pytest.fixture(scope="module")
def model():
    return fitted(users="secret-")


def test_the_page_tells_of_no_user(model, tmp_path):
    """It holds nothing of rare items, and of all others no more than numbers of ratings and factors."""
    kept = written(tmp_path / "a.html", model, fewest=48)
    counts = np.bincount(model.table.X.indices)
    assert set(kept) == set(np.flatnonzero(counts >= 48)) and 0 < len(kept) < 30
    data = held(tmp_path / "a.html")
    assert data["counts"] == counts[kept].tolist() == sorted(data["counts"], reverse=True)
    assert data["ids"] == data["titles"] == [f"i{i:02}" for i in kept]
    assert set(data) == {"ids", "titles", "counts", "key", "factors", "columns", "mean", "regularization", "per_rating",
                         "unit", "scale", "intervals", "reason", "axes", "axes_share"}
    content = (tmp_path / "a.html").read_text()
    assert "secret" not in content and f"{30 - len(kept)} items with fewer than 48 ratings are left out" in content


def test_the_map_has_the_two_directions_of_most_variance(model, tmp_path):
    kept = written(tmp_path / "a.html", model)
    data = held(tmp_path / "a.html")
    V = model.predictor.fitted.model.model.Q[kept, :-1]
    Z = (V - V.mean(axis=0)) / V.std(axis=0)
    left, size, _ = np.linalg.svd(Z)
    at = (V - V.mean(axis=0)) @ np.transpose(data["axes"])
    np.testing.assert_allclose(np.abs(at), np.abs(left[:, :2] * size[:2]), atol=1e-9)
    assert data["axes_share"] == pytest.approx((size[:2] ** 2).sum() / (size**2).sum())
    for either in (V, -V):  # the most rated item lies up and to the right
        assert (page._axes(either)[0] @ (either - either.mean(axis=0))[0] > 0).all()


def large(d, length):
    """A model of d items with titles of this length, not fitted."""
    random = np.random.RandomState(0)
    X = csr_array(random.randint(1, 6, (10, d)).astype(float))
    Q = random.normal(0, 0.3, (d, 41))
    factors = Rescaled(Factors(3.5, np.zeros((10, 41)), Q, 0.1, True), unit_of(X.data))
    calibrated = Intervals(0.9, 1.6, np.ones(3), 0.9, 0.1, np.ones(3), 0.9, 0.0)
    scale = Scale(1.0, 5.0, 1.0)
    items = np.arange(d)
    fitted = predictor.Predictor(factors, np.full(10, d), np.full(d, 10), calibrated, scale)
    return (api.Model(Saved("als", {}, Table(X, np.arange(10), items, scale), fitted)),
            {i: f"{i:05}".ljust(length, "x") for i in range(d)})


@pytest.mark.parametrize("d, length, items", [(10_003, 25, 10_000), (10_000, 300, None)])
def test_ten_thousand_items_in_two_megabytes(d, length, items, tmp_path):
    large_model, titles = large(d, length)
    about = large_model.page(tmp_path / "a.html", titles)
    data, size = held(tmp_path / "a.html"), (tmp_path / "a.html").stat().st_size
    kept = len(data["ids"])
    assert size <= page.LARGEST == 2_000_000 and (kept == items or size > 0.9 * page.LARGEST)
    assert f"has {kept:,} of {d:,} items" in about[0] and f"{d - kept:,} more are left out" in about[-1]
    assert data["titles"] == [titles[int(i)] for i in data["ids"]]


def test_another_model_is_replaced_by_als(place, capsys):
    shown = said(capsys, "page", "m.npz", "--titles", "u.item", "--out", "a.html")
    assert "Your model is effects. The page uses als, fitted to the same ratings" in shown and "page: a.html" in shown
    assert "Your model is effects" in Path("a.html").read_text()
    assert held(Path("a.html"))["titles"].count("Alpha (1990)") == 1
    als = recommender.fit(recommender.load("m.npz").table)
    als.save("als.npz")
    assert "Your model" not in said(capsys, "page", "als.npz", "--titles", "u.item", "--out", "a.html")
    als.page("b.html", {str(i + 10): title for i, title in enumerate(["Alpha (1990)"])})
    assert held(Path("a.html"))["factors"] == held(Path("b.html"))["factors"]
    with pytest.raises(InputError, match="expected titles as a dict of item to title, or the path of a file"):
        als.page("c.html", [("10", "Alpha (1990)")])


def test_fit_writes_a_page_too(place, capsys):
    shown = said(capsys, "fit", "u.data", "--out", "new.npz", "--page", "a.html", "--titles", "u.item")
    assert "model: new.npz" in shown and "page: a.html" in shown
    said(capsys, "page", "new.npz", "--titles", "u.item", "--out", "b.html")
    assert Path("a.html").read_text() == Path("b.html").read_text()


def test_als_of_a_store_needs_no_other_fit(place, capsys):
    said(capsys, "convert", "u.data", "store")
    said(capsys, "als", "store", "--rank", "2", "--sweeps", "2", "--hide", "0.1", "--out", "run.npz")
    assert "Your model" not in said(capsys, "page", "run.npz", "--out", "a.html")
    assert held(Path("a.html"))["columns"] == 3


@pytest.mark.parametrize("words, says", [
    ("page m.npz --out u.data", "is not a HTML file"), ("page m.npz --out m.npz", "file that is read"),
    ("page u.data --out a.html", "is not a model file"), ("page m.npz --out a.html --titles u.data", "titles"),
    ("page m.npz --out a.html --fewest 31", "no item has 31 ratings"),
    ("fit few.csv --out new.npz --page a.html", "no item has 10 ratings"),
    ("fit u.data --out new.npz --page u.item", "is not a HTML file"),
    ("fit u.data --out new.npz --page a.html --titles other.csv", "none of the titles belongs to an item"),
    ("fit u.data --out new.npz --titles u.item", "--titles goes with --page"),
    ("fit u.data --implicit --out new.npz --page a.html", "--page needs ratings"),
    ("page choices.npz --out a.html", "choices.npz is a model of choices"),
])
def test_what_is_refused(words, says, place, capsys):
    recommender.fit((["a", "a", "b", "b", "c", "c"] * 9, list("xyyzxz") * 9), implicit=True).save("choices.npz")
    Path("other.csv").write_text("movieId,title\n900,Nobody's (1990)\n")
    Path("few.csv").write_text("user,item,rating\n" + "".join(f"{u},{u % 7 + i},{1 + (u + i) % 5}\n" for u in range(9)
                                                              for i in range(5)))
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    assert says in said(capsys, *words.split(), status=2)
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before
