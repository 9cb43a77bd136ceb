"""A denoising autoencoder of movies in numpy: it predicts all ratings of a movie from some of them.

r_ui is the rating less the effects of user and movie, and k_ui is 1 for ratings that the network is shown, else 0:

    z_i = [k r_i, k] / sqrt(|k|)            (2 n,): the ratings, and who rated
    h_i = max(0, z_i V + v)                 hidden layer
    prediction_ui = effects_ui + h_i . W_u + w_u

    loss = sum over the ratings of (x - prediction)^2 / 2  +  penalty / 2 (|V|^2 + |W|^2)

(AutoRec: Sedhain, Menon, Sanner, Xie 2015, with effects removed and the mask as an input). Each batch leaves out a
random share, from 0 to 1, of each movie's ratings (denoising: Vincent, Larochelle, Bengio, Manzagol 2008). So the
network learns to predict ratings that it is not shown, from few and from many. Adam minimises the loss, each batch
scaled to one rating. `penalty` is the regularization. Batches of movies are dense, so time grows with users x movies;
memory grows with (users + movies) x width.

Given the hidden layer, W_u is a ridge regression of the user's ratings. fold_in finds a new user's W_u so.
"""

from math import cos, pi
from typing import NamedTuple

import numpy as np

from arithmetic.arguments import whole
from recommender.choosing import Model, best_of, grid
from recommender.holdout import check_range, check_ratings
from recommender.models.effects import Effects, effects
from recommender.models.neural import adam, pieces
from recommender.sparse import as_ratings, pairs, products, with_values

STEPS = 75  # of Adam in an epoch, at least: batches are so small, but of no fewer than 16 movies


class Autoencoder(NamedTuple):
    """A trained network, its hidden layer computed."""

    effects: Effects
    H: np.ndarray  # (d, width): the hidden layer of each movie
    W: np.ndarray  # (n, width)
    w: np.ndarray  # (n,)
    penalty: float

    POSITIVE = ("penalty",)

    def predict(self, u, i):
        return self.effects.predict(u, i) + products(self.W, self.H, u, i) + self.w[u]

    def sd(self, u, i):
        return None

    def fold_in(self, i, x):
        """Fit the new user's W and w by the loss of the training; the hidden layer stays."""
        known = self.effects.fold_in(i, x)
        H = self.H[i].astype(float)
        row, constant = ridge(H, x - known.predict(np.zeros_like(i), i), self.penalty)
        return self._replace(effects=known, W=row[None], w=np.array([constant]))

    def shapes(self, n, d):
        return {"H": (d, "width"), "W": (n, "width"), "w": (n,)}


def ridge(A, y, penalty):
    """Return the b (k,) and the number c that minimise |y - A b - c|^2 + penalty |b|^2; zeros if y is empty."""
    if not len(y):
        return np.zeros(A.shape[1]), 0.0
    centre, mean = A.mean(axis=0), y.mean()
    B = A - centre
    b = B.T @ np.linalg.solve(B @ B.T + penalty * np.eye(len(y)), y - mean)
    return b, float(mean - centre @ b)


def inputs(R, kept):
    """Return z (b, 2 n) from residuals and the mask of those shown, (b, n) each."""
    root = np.sqrt(np.maximum(kept.sum(axis=1, keepdims=True), 1))
    return np.concatenate([R * kept, kept], axis=1) / root


def shown(random, mask):
    """Return the mask (b, n) of some movies' ratings without a random share of each movie's."""
    return mask * (random.random_sample(mask.shape) >= random.random_sample((len(mask), 1)))


def hidden(weights, z):
    """Return the hidden layer, (b, width)."""
    h = z @ weights["V"]
    h += weights["v"]
    return np.maximum(h, 0, out=h)


def gradients(weights, z, R, mask, penalty):
    """Return the loss a rating of a batch, and its gradient with respect to every weight, by back-propagation.

    Args:
        z: (b, 2 n) inputs.
        R: (b, n) residuals, 0 where missing.
        mask: (b, n), 1 where rated.
        penalty: of |V|^2 and |W|^2, for each rating of the batch.
    """
    h, count = hidden(weights, z), max(float(mask.sum()), 1.0)
    error = h @ weights["W"].T
    error += weights["w"]
    error -= R
    error *= mask
    squares = sum(np.vdot(weights[name], weights[name]) for name in "VW")
    loss = (np.vdot(error, error) / count + penalty * squares) / 2
    error /= count
    d_h = error @ weights["W"]
    d_h *= h > 0
    return float(loss), {
        "V": with_penalty(z, d_h, penalty, weights["V"]),
        "v": d_h.sum(axis=0),
        "W": with_penalty(error, h, penalty, weights["W"]),
        "w": error.sum(axis=0),
    }


def with_penalty(A, B, penalty, weights):
    """Return A^T B + penalty weights, (a, b), from A (m, a) and B (m, b); a piece is completed while in the cache."""
    slopes = np.empty_like(weights)
    for slope, value, columns in pieces(slopes, weights, A.T):
        np.matmul(columns, B, out=slope)
        slope += penalty * value
    return slopes


def init(random, n, width):
    """Return untrained weights: V (2 n, width), v (width,), W (n, width), w (n,), in single precision."""
    weights = {"V": random.normal(0, 0.1, (2 * n, width)), "v": np.zeros(width),
               "W": random.normal(0, 0.05, (n, width)), "w": np.zeros(n)}
    return {name: value.astype(np.float32) for name, value in weights.items()}


def run(X, penalty, width=500, epochs=30, rate=1e-3, seed=0, callback=None):
    """Return the Autoencoder of (n, d) ratings.

    Args:
        penalty: of |V|^2 and |W|^2, at least 0.
        width: of the hidden layer, at least 1.
        epochs: passes over the movies, at least 1.
        rate: Adam's step, which falls to 0 over the epochs as half a cosine.
        seed: of the start, of the movies' order, and of the ratings left out.
        callback: called with (epoch, mean loss a rating) after each epoch, if given.

    Raises:
        ValueError: penalty, width or epochs is out of range, or there are no ratings.
    """
    X = as_ratings(X)
    check_ratings(X)
    check_range("penalty", penalty, 0, np.inf)
    whole(width, "width", 1, np.inf)
    whole(epochs, "epochs", 1, np.inf)
    random, known = np.random.RandomState(seed), effects(X)
    u, i, x = pairs(X)
    C = with_values(X, x - known.predict(u, i)).T.tocsr().astype(np.float32)
    weights = init(random, X.shape[0], width)
    moments = {name: (0 * value, 0 * value) for name, value in weights.items()}
    step = 0
    for epoch in range(epochs):
        losses = []
        for R, mask in _batches(C, random.permutation(C.shape[0])):
            loss, gradient = gradients(weights, inputs(R, shown(random, mask)), R, mask, penalty / X.nnz)
            step += 1
            adam(weights, gradient, moments, step, rate * (1 + cos(pi * epoch / epochs)) / 2)
            losses.append(loss)
        if callback:
            callback(epoch + 1, float(np.mean(losses)))
    H = [hidden(weights, inputs(R, mask)) for R, mask in _batches(C, np.arange(C.shape[0]))]
    return Autoencoder(known, np.concatenate(H), weights["W"], weights["w"], penalty)


def _batches(C, order):
    """Yield residuals and mask, (b, n) each, of the movies in this order, from a csr_array (d, n)."""
    size = max(len(order) // STEPS, 16)
    for start in range(0, len(order), size):
        some = C[order[start:start + size]]
        yield some.toarray(), with_values(some, np.ones_like(some.data)).toarray()


def fit(train, report, asked, penalty):
    """Return the Autoencoder of ratings (n, d), as a choosing.Model's fit."""
    def progress(epoch, loss):
        report(f"penalty {penalty:g}, epoch {epoch}: loss {loss:.4f}")
    return run(train, penalty, callback=progress)


MODELS = (
    Model("autoencoder", "network", "denoising autoencoder of what each item is rated", fit,
          best_of(lambda n, d: grid(penalty=[8.0, 16.0]))),
)
