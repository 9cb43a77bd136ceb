"""Matrix factorization as a neural network in numpy, with a hidden layer and side features.

The inputs are one-hot: a 1 at the user, a 1 at the movie. So the first layer is a table of embeddings.
Side features are more inputs to the same layer:

    (p, b) = [onehot_u, s_u] U         (q, c) = [onehot_i, t_i] V            embeddings and effects
    h = max(0, [p, q, p * q] W + w0)                                       hidden layer
    prediction = mean + b + c + p . q + h . w

    loss = mean over the batch of (x - prediction)^2 / 2
           + regularization / 2 (sum_r share_r |U_r|^2 + sum_r share_r |V_r|^2)      over the rows r

Without the hidden layer this is the model of factorization.py, regularized for each rating. share is the user's or
movie's share of the batch's ratings, and 1 / n or 1 / d for a side feature: its row weighs as much as an average one.
The regularization is of U and not of p. So side features say where a user starts, and the user's own row is the
difference from there. Adam (Kingma, Ba 2015) minimises the loss over mini-batches of ratings.

Adam is stopped early, far from the least loss. Given all else, a user's own row is almost a ridge regression. Solving
it for every user in the end predicts better. A new user's row is found in the same way.
"""

from functools import partial
from itertools import pairwise
from math import cos, pi, prod
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array

from arithmetic.arguments import number, whole
from recommender.choosing import Model
from recommender.damaged import check, columns
from recommender.models.side import GROUPS, Features, check_sides
from recommender.models.side import sides as sides_of
from recommender.sparse import as_ratings, in_blocks, pairs

STEPS = 3  # of a user's row towards the least loss; twice as many change an RMSE by 0.001 at most
PIECE = 2**15  # weights that are worked on at a time: with slopes and moments they stay in a core's cache
REGULARIZATION = 0.2  # 0.1 was behind wherever it was tried, 0.15 and 0.3 about level
PATIENCE = 3  # epochs without improvement before training stops


class Network(NamedTuple):
    """A network, and the side features that are among its inputs."""

    mean: float
    S: np.ndarray  # (n, s): side features of users
    T: np.ndarray  # (d, t): side features of movies
    weights: dict  # U (n + s, rank + 1), V (d + t, rank + 1), W (3 rank, width), w0 (width,), w (width,)
    regularization: float
    users: Features  # S, and the numbers for a new user's row of it

    def predict(self, u, i):
        return in_blocks(lambda u, i: self.mean + forward(self, u, i)[0], u, i, 4096)

    def sd(self, u, i):
        return None

    def fold_in(self, i, x):
        """Find the new user's row of U as `solved` does; the rest stays."""
        S, features = self.users.of(i)[None].astype(self.S.dtype), self.weights["U"][len(self.S):]
        return self._replace(S=S, weights={**self.weights, "U": np.vstack([solver(self)(S[0], i, x), features])})

    def item_vectors(self):
        return embed(self.T, self.weights["V"])[:, :-1]

    def shapes(self, n, d):
        check({"U", "V", "W", "w0", "w"} == set(self.weights), "its weights have other names")
        s, t, k = map(columns, (self.users.values, self.T, self.weights["V"]))
        return {"S": (n, s), "T": (d, t), "weights": {"U": (n + s, k), "V": (d + t, k), "W": (3 * (k - 1), "width"),
                                                      "w0": ("width",), "w": ("width",)}}


def init(X, sides=None, rank=24, width=48, seed=0, dtype=np.float32, regularization=0.1):
    """Return an untrained Network: embeddings of standard deviation 0.1, effects and side features' weights 0.

    `sides` are the side.Features of users and of movies, `rank` is the length of an embedding, and `width` that of the
    hidden layer. Raises ValueError if rank or width is out of range, there are no ratings, or sides do not fit X.
    """
    X = as_ratings(X)
    whole(rank, "rank", 1, min(X.shape))
    whole(width, "width", 1, np.inf)
    random, sides = np.random.RandomState(seed), check_sides(sides, X.shape)
    S, T = (side.values.astype(dtype) for side in sides)

    def embeddings(size, features):
        table = np.zeros((size + features, rank + 1))
        table[:size, :rank] = random.normal(0, 0.1, (size, rank))
        return table

    weights = {"U": embeddings(*S.shape), "V": embeddings(*T.shape),
               "W": random.normal(0, rank**-0.5, (3 * rank, width)), "w0": np.zeros(width),
               "w": random.normal(0, 0.1 * width**-0.5, width)}
    return Network(float(X.data.mean()), S, T, {name: value.astype(dtype) for name, value in weights.items()},
                   regularization, sides[0])


def embed(features, table):
    """Return [onehot, features] table for every user or movie, without writing the one-hot part out."""
    size = len(features)
    return table[:size] + features @ table[size:]


def forward(network, i, j):
    """Return the output, less the mean, for pairs of user i and movie j, and the layers before it."""
    weights = network.weights
    P, Q = embed(network.S, weights["U"]).take(i, axis=0), embed(network.T, weights["V"]).take(j, axis=0)
    p, q = P[:, :-1].copy(), Q[:, :-1].copy()  # without gaps: numpy works on them in one go, not row by row
    joined = np.concatenate([p, q, p * q], axis=1)
    h = joined @ weights["W"]
    h += weights["w0"]
    np.maximum(h, 0, out=h)
    output = P[:, -1] + Q[:, -1] + np.einsum("mk,mk->m", p, q) + h @ weights["w"]
    return output, (p, q, joined, h)


def gradients(network, i, j, x, regularization):
    """Return the loss on a batch of ratings x (b,) of users i and movies j, and by back-propagation its gradient."""
    weights, size = network.weights, len(x)
    output, (p, q, joined, h) = forward(network, i, j)
    error = output - (x - network.mean)
    share_U, share_V = shares(network.S, i), shares(network.T, j)
    squares = sum(share @ np.einsum("rk,rk->r", table, table)
                  for share, table in ((share_U, weights["U"]), (share_V, weights["V"])))
    loss = (error @ error / size + regularization * squares) / 2

    d_output = error / size
    d_h = np.einsum("m,k->mk", d_output, weights["w"])
    d_h *= h > 0
    d_p, d_q, d_product = np.split(d_h @ weights["W"].T, 3, axis=1)
    d_product = d_product + d_output[:, None]  # a new array, again without gaps
    d_P, d_Q = (np.column_stack([d_product * other + d_own, d_output]) for d_own, other in ((d_p, q), (d_q, p)))
    return float(loss), {
        "U": embed_gradient(network.S, i, d_P) + regularization * share_U[:, None] * weights["U"],
        "V": embed_gradient(network.T, j, d_Q) + regularization * share_V[:, None] * weights["V"],
        "W": joined.T @ d_h,
        "w0": np.ones(size, d_h.dtype) @ d_h,
        "w": h.T @ d_output,
    }


def shares(features, index):
    """Return each table row's share of the batch, or 1 / size for a side feature's row."""
    size, more = features.shape
    seen = np.bincount(index, minlength=size) / len(index)
    return np.concatenate([seen, np.full(more, 1 / size)]).astype(features.dtype)


def embed_gradient(features, index, d_rows):
    """Return the gradient of a table, [onehot, features]^T d_rows; a sparse product sums the rows of one user."""
    batch = len(index)
    onehot = csc_array((np.ones(batch, d_rows.dtype), index, np.arange(batch + 1)), shape=(len(features), batch))
    summed = onehot @ d_rows
    return np.concatenate([summed, features.T @ summed])


def adam(weights, gradient, moments, step, rate):
    """Update weights and moments in place by a step of Adam (Kingma, Ba 2015, algorithm 1); overwrite the gradient."""
    root = (1 - 0.999**step) ** 0.5
    length = rate * root / (1 - 0.9**step)  # with both corrections of the moments' bias
    for name in weights:
        for value, slope, first, second in pieces(weights[name], gradient[name], *moments[name]):
            first *= 0.9
            first += 0.1 * slope
            slope *= slope
            second *= 0.999
            second += np.multiply(slope, 0.001, out=slope)
            divisor = np.sqrt(second, out=slope)
            divisor += 1e-8 * root
            np.divide(first, divisor, out=divisor)
            value -= np.multiply(divisor, length, out=divisor)


def descend(weights, gradients, batches, rate, epochs):
    """Lower a loss by Adam, weights in place, and yield the batches' losses after each epoch.

    batches() yields an epoch's batches, and gradients(*batch) returns the loss of one and its gradient. The step begins
    with `rate` and falls to 0 over the epochs as half a cosine.
    """
    moments, step = {name: (0 * value, 0 * value) for name, value in weights.items()}, 0
    for epoch in range(epochs):
        losses, falling = [], rate * (1 + cos(pi * epoch / epochs)) / 2  # a Python float: float32 stays float32
        for batch in batches():
            loss, gradient = gradients(*batch)
            step += 1
            adam(weights, gradient, moments, step, falling)
            losses.append(loss)
        yield losses


def pieces(*arrays):
    """Yield views of the same rows of all arrays, about PIECE entries of the first at a time."""
    size = max(PIECE // prod(arrays[0].shape[1:]), 1)
    for start in range(0, len(arrays[0]), size):
        yield [array[start:start + size] for array in arrays]


def train(X, sides=None, rank=24, width=48, regularization=0.1, rate=4e-3, epochs=15, batch=4096, seed=0):
    """Yield the Network after each pass over the (n, d) ratings; see init.

    `batch` ratings are in a mini-batch. Raises ValueError if rank, width, regularization, epochs or batch is out of
    range.
    """
    number(regularization, "regularization", 0)
    whole(epochs, "epochs", 1, np.inf)
    whole(batch, "batch", 1, np.inf)
    X = as_ratings(X)
    network, random = init(X, sides, rank, width, seed, regularization=regularization), np.random.RandomState(seed)
    i, j, x = pairs(X)
    x = x.astype(np.float32)

    def batches():
        order = random.permutation(len(x))
        for some in (order[start:start + batch] for start in range(0, len(x), batch)):
            yield network, i[some], j[some], x[some], regularization

    for _ in descend(network.weights, gradients, batches, rate, epochs):
        yield network._replace(weights={name: value.copy() for name, value in network.weights.items()})


def solved(network, X):
    """Return the Network with the best row for every user of ratings X (n, d), see `solver`; the rest stays."""
    best_row, U = solver(network), network.weights["U"].copy()
    for u, (start, end) in enumerate(pairwise(X.indptr)):
        U[u] = best_row(network.S[u], X.indices[start:end], X.data[start:end])
    return network._replace(weights={**network.weights, "U": U})


def solver(network):
    """Return a function of features s (s,) and ratings x (m,) of movies i: the user's row of U with the least loss.

    While no hidden unit turns on or off, the output is linear in the row, and a ridge regression finds the least loss.
    Each step solves that of the last row (Gauss and Newton's: Nocedal, Wright 2006, section 10.3). A step over a unit's
    turning point may go wrong, so the best row of all steps is returned. The first is 0.
    """
    weights = network.weights
    features, Q = weights["U"][len(network.S):], embed(network.T, weights["V"])
    W_p, W_q, W_pq = np.split(weights["W"], 3)
    Q, c, H = Q[:, :-1].copy(), Q[:, -1], Q[:, :-1] @ W_q + weights["w0"]  # H: the movies' part of the hidden inputs

    def best_row(s, i, x):
        row, tried = np.zeros(features.shape[1], Q.dtype), []
        if not len(i):
            return row
        q, start, y = Q[i], s @ features, (x - network.mean).astype(row.dtype) - c[i]
        ridge = len(x) * network.regularization * np.eye(len(row), dtype=row.dtype)
        for step in range(STEPS + 1):
            p, b = np.split(start + row, [-1])
            before = H[i] + p @ W_p + q @ (p[:, None] * W_pq)
            slopes = (before > 0) * weights["w"]
            error = y - b - q @ p - (before * slopes).sum(axis=1)
            tried.append((error @ error / len(x) + network.regularization * row @ row, row))
            if step < STEPS:
                A = np.column_stack([q + slopes @ W_p.T + q * (slopes @ W_pq.T), np.ones_like(error)])
                row = np.linalg.solve(A.T @ A + ridge, A.T @ (error + A @ row))
        return min(tried, key=itemgetter(0))[1]
    return best_row


def fit(train_ratings, report, asked, features, rank, regularization, epochs):
    """Return the Network of ratings (n, d), as a choosing.Model's fit."""
    networks = train(train_ratings, sides_of(train_ratings, features), rank, regularization=regularization)
    for epoch in range(1, epochs + 1):
        network = next(networks)
        report(f"refit, epoch {epoch} of {epochs}", step=epoch, of=epochs)
    return solved(network, train_ratings)


def early_stopping(networks, split, report):
    """Return the least RMSE on a choosing.Split, its epoch, and its network; PATIENCE worse epochs end the search."""
    best = np.inf, 0, None
    u, i, _ = pairs(split.held_out)
    for epoch, network in enumerate(networks, 1):
        error = split.error(network.predict(u, i))
        report(f"epoch {epoch}: RMSE", error)
        if error < best[0]:
            best = error, epoch, network
        elif epoch - best[1] >= PATIENCE:
            break
    return best


def _choose(model, split, report, asked, features):
    """Choose the epochs by early stopping."""
    params = {"rank": min(24, *split.train.shape), "regularization": REGULARIZATION}
    networks = train(split.train, sides_of(split.train, features), **params)
    _, epochs, best = early_stopping((solved(network, split.train) for network in networks), split, report)
    return split.trial({**params, "epochs": epochs}, best)


def network(name, about, features):
    """Return the Model with these side features."""
    return Model(name, "network", about, partial(fit, features=features), partial(_choose, features=features))


MODELS = (
    network("neural-side", "neural network with all side features", GROUPS),
    network("neural-which", "neural network with side features: which items a user rated", ("count", "which")),
    network("neural", "neural network", ()),
)
