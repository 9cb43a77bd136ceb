"""A denoising autoencoder of movies in numpy: it predicts all ratings of a movie from some of them.

r_ui is the rating less the effects of user and movie, and k_ui is 1 for ratings that the network is shown, else 0:

    z_i = [k r_i, k] / sqrt(|k|)            (2 n,): the ratings, and who rated
    h_i = max(0, z_i V + v)                 hidden layer
    prediction_ui = effects_ui + h_i . W_u + w_u

    loss = sum over the ratings of (x - prediction)^2 / 2  +  regularization / 2 (|V|^2 + |W|^2)

(AutoRec: Sedhain, Menon, Sanner, Xie 2015, with effects removed and the mask as an input). Each batch leaves out a
random share, from 0 to 1, of each movie's ratings (denoising: Vincent, Larochelle, Bengio, Manzagol 2008). So the
network learns to predict ratings that it is not shown, from few and from many. Adam minimises the loss, each batch
scaled to one rating. Batches of movies are dense, so time grows with users x movies; memory grows with (users + movies)
x width. Given the hidden layer, W_u is a ridge regression of the user's ratings. fold_in finds a new user's W_u so.
"""

from typing import NamedTuple

import numpy as np

from arithmetic.arguments import number, whole
from recommender.choosing import Model, best_of, grid
from recommender.models.effects import Effects, effects
from recommender.models.neural import descend, pieces
from recommender.sparse import as_ratings, pairs, products, with_values

STEPS = 75  # of Adam in an epoch, at least: batches are so small, but of no fewer than 16 movies
EPOCHS = 30  # of training


class Autoencoder(NamedTuple):
    """A trained network, its hidden layer computed."""

    effects: Effects
    H: np.ndarray  # (d, width): the hidden layer of each movie
    W: np.ndarray  # (n, width)
    w: np.ndarray  # (n,)
    regularization: float

    POSITIVE = ("regularization",)

    def predict(self, u, i):
        return self.effects.predict(u, i) + products(self.W, self.H, u, i) + self.w[u]

    def sd(self, u, i):
        return None

    def fold_in(self, i, x):
        """Fit the new user's W and w by the loss of the training; the hidden layer stays."""
        known = self.effects.fold_in(i, x)
        H = self.H[i].astype(float)
        row, constant = ridge(H, x - known.predict(np.zeros_like(i), i), self.regularization)
        return self._replace(effects=known, W=row[None], w=np.array([constant]))

    def shapes(self, n, d):
        return {"H": (d, "width"), "W": (n, "width"), "w": (n,)}


def ridge(A, y, lambda_):
    """Return the b (k,) and the number c that minimise |y - A b - c|^2 + lambda |b|^2; zeros if y is empty."""
    if not len(y):
        return np.zeros(A.shape[1]), 0.0
    centre, mean = A.mean(axis=0), y.mean()
    B = A - centre
    b = B.T @ np.linalg.solve(B @ B.T + lambda_ * np.eye(len(y)), y - mean)
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


def gradients(weights, z, R, mask, regularization):
    """Return the loss a rating of inputs z (b, 2 n) and residuals R (b, n), and by back-propagation its gradient."""
    h, count = hidden(weights, z), max(float(mask.sum()), 1.0)
    error = h @ weights["W"].T
    error += weights["w"]
    error -= R
    error *= mask
    squares = sum(np.vdot(weights[name], weights[name]) for name in "VW")
    loss = (np.vdot(error, error) / count + regularization * squares) / 2
    error /= count
    d_h = error @ weights["W"]
    d_h *= h > 0
    return float(loss), {
        "V": regularized(z, d_h, regularization, weights["V"]),
        "v": d_h.sum(axis=0),
        "W": regularized(error, h, regularization, weights["W"]),
        "w": error.sum(axis=0),
    }


def regularized(A, B, regularization, weights):
    """Return A^T B + regularization weights, from A (m, a) and B (m, b); a piece is completed while in the cache."""
    slopes = np.empty_like(weights)
    for slope, value, columns in pieces(slopes, weights, A.T):
        np.matmul(columns, B, out=slope)
        slope += regularization * value
    return slopes


def init(random, n, width):
    """Return untrained weights: V (2 n, width), v (width,), W (n, width), w (n,), in single precision."""
    weights = {"V": random.normal(0, 0.1, (2 * n, width)), "v": np.zeros(width),
               "W": random.normal(0, 0.05, (n, width)), "w": np.zeros(n)}
    return {name: value.astype(np.float32) for name, value in weights.items()}


def run(X, regularization, width=500, epochs=EPOCHS, rate=1e-3, seed=0, callback=None):
    """Return the Autoencoder of (n, d) ratings, with a hidden layer of this width; see neural.descend.

    `callback` gets the epoch and the mean loss a rating after each epoch. Raises ValueError if regularization, width
    or epochs is out of range, or there are no ratings.
    """
    X = as_ratings(X)
    number(regularization, "regularization", 0)
    whole(width, "width", 1, np.inf)
    whole(epochs, "epochs", 1, np.inf)
    random, known, (u, i, x) = np.random.RandomState(seed), effects(X), pairs(X)
    C = with_values(X, x - known.predict(u, i)).T.tocsr().astype(np.float32)
    weights = init(random, X.shape[0], width)

    def batches():
        for R, mask in _batches(C, random.permutation(C.shape[0])):
            yield weights, inputs(R, shown(random, mask)), R, mask, regularization / X.nnz

    for epoch, losses in enumerate(descend(weights, gradients, batches, rate, epochs), 1):
        if callback:
            callback(epoch, float(np.mean(losses)))
    H = [hidden(weights, inputs(R, mask)) for R, mask in _batches(C, np.arange(C.shape[0]))]
    return Autoencoder(known, np.concatenate(H), weights["W"], weights["w"], regularization)


def _batches(C, order):
    """Yield residuals and mask, (b, n) each, of the movies in this order, from a csr_array (d, n)."""
    size = max(len(order) // STEPS, 16)
    for start in range(0, len(order), size):
        some = C[order[start:start + size]]
        yield some.toarray(), with_values(some, np.ones_like(some.data)).toarray()


def fit(train, report, asked, regularization):
    """Return the Autoencoder of ratings (n, d), as a choosing.Model's fit."""
    def progress(epoch, loss):
        report(f"regularization {regularization:g}, epoch {epoch}: loss {loss:.4f}", step=epoch, of=EPOCHS)
    return run(train, regularization, callback=progress)


MODELS = (
    Model("autoencoder", "network", "denoising autoencoder of each item's ratings", fit,
          best_of(lambda n, d: grid(regularization=[8.0, 16.0]))),
)
