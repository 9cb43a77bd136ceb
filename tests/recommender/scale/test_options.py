"""What em and als share: options, refusals, and the model file."""

import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from recommender import model_file
from recommender.models import baselines
from recommender.predictor import from_held_out
from recommender.scale import options, store
from tests.recommender.scale import cases
from tests.recommender.scale.cases import status

SHARE = 0.3  # of the ratings that is held out, below


@pytest.mark.parametrize("words", [["em", "--k", 3], ["als", "--rank", 2, "--strength", 0.3, "--sweeps", 3],
                                   ["als", "--rank", 2, "--regularization", 0.3, "--sweeps", 3]])
def test_the_model_file_serves_suggest(example, tmp_path, capsys, words):
    command, *more = words
    assert status(command, "store", *more, "--hide", 0.2, "--out", "model", "--json", "a.json") == 0
    saved = model_file.read(tmp_path / "model")
    assert np.array_equal(saved.table.X.toarray(), example) and saved.table.items[0] == 3
    result = json.loads((tmp_path / "a.json").read_text())
    assert result["rmse"] > 0 and (command == "em" or (result["strength"], result["weighted"]) == (0.3, True))
    assert status("suggest", "model", "--user", 7, "--top", 2) == 0
    assert "For user 7" in capsys.readouterr().out


@pytest.mark.parametrize("words, says", [
    (["em", "store"], "the following arguments are required: --k"),
    (["em", "nowhere", "--k", 2], "nowhere is no store of ratings"),
    (["em", "store", "--k", 61], "expected at most as many components as users, 60"),
    (["em", "store", "--k", 0], "expected a whole number from 1"),
    (["em", "store", "--k", 2, "--memory", "much"], "expected a size as 350MB or 1.5GB, got 'much'"),
    (["em", "store", "--k", 2, "--hide", 1], "expected a share from 0 to less than 1, got '1'"),
    (["em", "store", "--k", 2, "--hide", "nan"], "expected a share"),
    (["em", "store", "--k", 2, "--out", "model"], "--out needs held-out ratings"),
    (["em", "store", "--k", 2, "--json", "store/header.json"], "would replace a file that is read"),
    (["em", "store", "--k", 2, "--json", "text"], "is not a JSON file"),
    (["em", "store", "--k", 2, "--checkpoint", "text"], "is no checkpoint of em"),
    (["em", "store", "--k", 2, "--checkpoint", "store/users.npy"], "would replace a file that is read"),
    (["em", "store", "--k", 2, "--checkpoint", "no/folder"], "not a folder that can be written to"),
    (["em", "store", "--k", 2, "--checkpoint", "new", "--json", "new"], "new is where --checkpoint goes"),
    (["em", "store", "--k", 2, "--workers", 1, "--scheduler", "a"], "not allowed with"),
    (["als", "store", "--strength", 0], "expected a number above 0, got '0'"),
    (["als", "store", "--rank", 0], "expected a whole number from 1"),
])
def test_what_is_given_wrongly_ends_in_one_line(example, tmp_path, capsys, words, says):
    (tmp_path / "text").write_text("not ours\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert status(*words) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("words", [["em", "--k", 2], ["em", "--k", 2, "--start", "means"], ["als"]])
def test_with_all_ratings_held_out_nothing_can_be_learnt(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    cases.stored(tmp_path / "store", np.array([[5.0, 3.0], [4.0, 0.0]]))
    assert status(*words, "store", "--hide", 0.99) == 2
    error = capsys.readouterr().err
    assert "all 3 ratings are held out" in error and error.count("\n") == 1


def test_without_dask_the_options_say_what_is_missing(example, monkeypatch, capsys):
    monkeypatch.setattr("recommender.scale.options.find_spec", lambda name: None)
    assert status("em", "store", "--k", 2, "--workers", 2) == 2
    assert 'need Dask: pip install "dask[distributed]"' in capsys.readouterr().err


@pytest.mark.parametrize("text, size", [("350MB", 350e6), ("1GB", 1e9), ("1.5 g", 1.5e9), ("12", 12), ("2kB", 2000)])
def test_sizes(text, size):
    assert options.size(text) == size


# A model of a store as a model file: fitted to the ratings that are kept, then to all of them


@pytest.fixture
def found(tmp_path):
    """A store of many blocks, in which 0 is a rating, and its ratings (60, 9), NaN where missing."""
    X = cases.ratings(np.random.RandomState(3), 60, 9)
    ratings = csr_array(X)
    ratings.data -= 3
    return (cases.stored(tmp_path / "store", ratings, np.arange(60) + 5, np.arange(9) + 3),
            np.where(X == 0, np.nan, X - 3))


def dense(X):
    """Return a csr_array as an array (n, d), NaN where nothing is stored."""
    full = np.full(X.shape, np.nan)
    coo = X.tocoo()
    full[coo.row, coo.col] = coo.data
    return full


def test_all_blocks_make_one_matrix(found):
    made, expected = found
    X = store.matrix(store.blocks(made))
    assert X.has_sorted_indices and X.nnz == made.ratings
    np.testing.assert_array_equal(dense(X), expected)


def drawn(made, expected):
    """Return which ratings are held out, (n, d), by the documented draw: one for each rating, by block and place."""
    held_out = np.zeros(expected.shape, bool)
    for piece in made.pieces:
        users = range(piece.first, piece.first + piece.users)
        places = sorted((i, expected[u, i], u) for u, i in np.argwhere(~np.isnan(expected)) if u in users)
        out = np.random.RandomState(piece.first).rand(len(places)) < SHARE
        for (i, _, u), which in zip(places, out, strict=True):
            held_out[u, i] = which
    return held_out


def test_a_model_is_calibrated_by_held_out_ratings_and_then_knows_all(found, tmp_path):
    made, expected = found
    given = []

    def fitted(X):
        given.append(X)
        return baselines.effects(X)

    saved = options.saved(made, SHARE, "effects", {"a": 1}, fitted)
    held_out, (seen, full) = drawn(made, expected), given
    np.testing.assert_array_equal(dense(seen), np.where(held_out, np.nan, expected))
    np.testing.assert_array_equal(dense(full), expected)
    u, i = np.nonzero(held_out)
    rest = csr_array((expected[u, i], (u, i)), shape=expected.shape)
    model = baselines.effects(seen)
    intervals = from_held_out(model.predict(u, i), model.sd(u, i), seen, rest, made.scale)
    for ours, theirs in zip(saved.predictor.intervals, intervals, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(saved.predictor.n_u, known.sum(axis=1))
    np.testing.assert_array_equal(saved.predictor.n_i, known.sum(axis=0))
    assert (saved.model, saved.params, saved.table.scale) == ("effects", {"a": 1}, made.scale)
    assert saved.table.users.tolist() == list(range(5, 65)) and saved.table.items.tolist() == list(range(3, 12))
    np.testing.assert_array_equal(dense(saved.table.X), expected)
    model_file.write(tmp_path / "model", saved)
    again = model_file.read(tmp_path / "model").predictor
    np.testing.assert_array_equal(again.predict(u, i), saved.predictor.predict(u, i))
