"""A model that was fitted to a store as a model file of the recommender, for stores that fit into memory."""

import numpy as np
from scipy.sparse import csr_array

from recommender.model_file import Saved
from recommender.predictor import Predictor, from_held_out
from recommender.ratings import Table
from recommender.scale.passes import hold_out
from recommender.scale.store import blocks
from recommender.sparse import counts, pairs


def saved(store, share, name, params, fitted):
    """Return the Saved of a model that was fitted while a share of the store's ratings was held out.

    The held-out ratings show how wide its intervals must be. fitted(X) returns the model for users with ratings X
    (n, d), a csr_array; in the end these are all ratings.
    """
    parts = [hold_out(block, share) for block in blocks(store)]
    seen, held_out = (matrix(store.shape, kind) for kind in zip(*parts, strict=True))
    model, (u, i, _) = fitted(seen), pairs(held_out)
    intervals = from_held_out(model.predict(u, i), model.sd(u, i), seen, held_out, store.scale)
    X = matrix(store.shape, [block for both in parts for block in both])
    return Saved(name, params, Table(X, *store.ids(), store.scale),
                 Predictor(fitted(X), *counts(X), intervals, store.scale))


def matrix(shape, blocks):
    """Return the ratings of Blocks as a csr_array (n, d) with sorted indices, in which a stored 0 is a rating."""
    columns = [(block.x, block.first + block.user.astype(np.int32), block.item) for block in blocks]
    x, user, item = map(np.concatenate, zip(*columns, strict=True))
    X = csr_array((x, (user, item)), shape=shape)
    X.sort_indices()
    return X
