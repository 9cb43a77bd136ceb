"""What was found on a store as a model file of the recommender's other programs, for stores that fit into memory."""

import numpy as np
from scipy.sparse import csr_array

from recommender.model_file import Saved
from recommender.predictor import Predictor, from_held_out
from recommender.ratings import Table
from recommender.scale.passes import parted
from recommender.scale.store import read_block
from recommender.sparse import counts, pairs


def saved(store, hide, name, params, fitted):
    """Return the Saved of a model that was found while a share of the store's ratings was hidden.

    How sure its predictions are was learnt from these; users are known by all of their ratings.

    Args:
        store: a Store.
        hide: the share that was hidden.
        name, params: of the model.
        fitted: what was found; fitted(X) is the model's state for users with ratings X (n, d), a csr_array.
    """
    blocks = [parted(read_block(store, number, piece), hide)
              for number, chunk in enumerate(store.chunks) for piece in chunk]
    seen, hidden = (matrix(store.shape, of_kind) for of_kind in zip(*blocks, strict=True))
    state, (u, i, _) = fitted(seen), pairs(hidden)
    intervals = from_held_out(state.predict(u, i), state.sd(u, i), seen, hidden, store.scale)
    X = matrix(store.shape, [block for both in blocks for block in both])
    predictor = Predictor(fitted(X), *counts(X), intervals, store.scale)
    return Saved(name, params, Table(X, *store.ids(), store.scale), predictor)


def whole_matrix(store):
    """Return all ratings of a Store as a csr_array (n, d), in which a stored 0 is a rating."""
    return matrix(store.shape, [read_block(store, number, piece)
                                for number, chunk in enumerate(store.chunks) for piece in chunk])


def matrix(shape, blocks):
    """Return the ratings of Blocks as a csr_array (n, d), in which a stored 0 is a rating."""
    user = np.concatenate([block.first + block.user.astype(np.int32) for block in blocks])
    item, x = (np.concatenate(part) for part in zip(*((block.item, block.x) for block in blocks), strict=True))
    X = csr_array((x, (user, item)), shape=shape)
    X.sort_indices()
    return X
