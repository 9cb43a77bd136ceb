"""A model of a store as a model file: fitted to the ratings that are kept, then to all of them."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recommender import model_file
from recommender.models import baselines
from recommender.predictor import from_held_out
from recommender.scale import saving, store
from tests.recommender.scale import cases

SHARE = 0.3


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
    X = saving.matrix(made.shape, store.blocks(made))
    assert X.has_sorted_indices and X.nnz == made.ratings
    np.testing.assert_array_equal(dense(X), expected)


def drawn(made, expected):
    """Return which ratings are held out, (n, d), by the documented draw: one for each rating, by block and place."""
    held_out = np.zeros(expected.shape, bool)
    for piece in made.pieces:
        users = range(piece.first, piece.first + piece.users)
        places = sorted((i, expected[u, i], u) for u, i in np.argwhere(~np.isnan(expected)) if u in users)
        hidden = np.random.RandomState(piece.first).rand(len(places)) < SHARE
        for (i, _, u), which in zip(places, hidden, strict=True):
            held_out[u, i] = which
    return held_out


def test_a_model_is_calibrated_by_held_out_ratings_and_then_knows_all(found, tmp_path):
    made, expected = found
    given = []

    def fitted(X):
        given.append(X)
        return baselines.effects(X)

    saved = saving.saved(made, SHARE, "effects", {"a": 1}, fitted)
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
