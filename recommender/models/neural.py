"""Matrix factorization as a neural network in numpy, with a hidden layer and side features.

The inputs are one-hot: a 1 at the user, a 1 at the movie. So the first layer is a table of embeddings.
Side features are more inputs to the same layer:

    (p, b) = [onehot_u, s_u] U         (q, c) = [onehot_i, t_i] V            embeddings and effects
    h = max(0, [p, q, p * q] W + w0)                                       hidden layer
    prediction = mean + b + c + p . q + h . w

Without the hidden layer this is the model of factorization.py. So is the regularization, `penalty`: rows of U and V are
weighted with the ratings of a user or movie, and a side feature's row weighs as much as an average one. The penalty is
on U and not on p. So side features say where a user starts, and the user's own row is the difference from there:

    loss = mean over the batch of (x - prediction)^2 / 2
           + penalty / 2 (sum_r share_r |U_r|^2 + sum_r share_r |V_r|^2)      over the rows r

Adam (Kingma, Ba 2015) minimises it over mini-batches of ratings. share is the user's or movie's share of the batch's
ratings, and 1 / n or 1 / d for a side feature.

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

from arithmetic.arguments import whole
from recommender.choosing import Model, prefixed
from recommender.damaged import check, columns
from recommender.holdout import check_range, check_ratings
from recommender.models.side import GROUPS, Features, check_sides
from recommender.models.side import sides as sides_of
from recommender.sparse import as_ratings, in_blocks, pairs

STEPS = 3  # of a user's row towards the least loss; twice as many change an RMSE by 0.001 at most
PIECE = 2**15  # weights that are worked on at a time: with slopes and moments they stay in a core's cache
PENALTIES = (0.2,)  # to choose from; 0.1 was behind in the end wherever it was tried, 0.15 and 0.3 about level
PATIENCE = 3  # epochs without improvement before training stops


class Network(NamedTuple):
    """A network, and the side features that are among its inputs."""

    mean: float
    S: np.ndarray  # (n, s): side features of users
    T: np.ndarray  # (d, t): side features of movies
    weights: dict  # U (n + s, rank + 1), V (d + t, rank + 1), W (3 rank, width), w0 (width,), w (width,)
    penalty: float  # of the rows of U and V
    users: Features  # S, and the numbers for a new user's row of it

    def predict(self, u, i):
        return in_blocks(lambda u, i: self.mean + forward(self, u, i)[0], u, i, 4096)

    def sd(self, u, i):
        return None

    def fold_in(self, i, x):
        """Find the new user's row of U as `solved` does; the rest stays."""
        features = self.weights["U"][len(self.S):]
        S = self.users.of(i)[None].astype(self.S.dtype)
        row = best_row(_fixed(self), S[0], i, x)
        return self._replace(S=S, weights={**self.weights, "U": np.vstack([row, features])})

    def item_vectors(self):
        return self.weights["V"][:len(self.T)]

    def shapes(self, n, d):
        check({"U", "V", "W", "w0", "w"} == set(self.weights), "its weights are others")
        s, t, k = map(columns, (self.users.values, self.T, self.weights["V"]))
        return {"S": (n, s), "T": (d, t), "weights": {"U": (n + s, k), "V": (d + t, k), "W": (3 * (k - 1), "width"),
                                                      "w0": ("width",), "w": ("width",)}}


def init(X, sides=None, rank=24, width=48, seed=0, dtype=np.float32, penalty=0.1):
    """Return an untrained Network: embeddings of standard deviation 0.1, effects and side features' weights 0.

    Args:
        X: (n, d) ratings.
        sides: side.Features of users and of movies, or None.
        rank: length of an embedding, at least 1.
        width: of the hidden layer, at least 1.

    Raises:
        ValueError: rank or width is out of range, there are no ratings, or sides do not fit X.
    """
    X = as_ratings(X)
    check_ratings(X)
    whole(rank, "rank", 1, min(X.shape))
    whole(width, "width", 1, np.inf)
    random = np.random.RandomState(seed)
    sides = check_sides(sides, X.shape)
    S, T = (side.values for side in sides)

    def embeddings(size, features):
        table = np.zeros((size + features, rank + 1))
        table[:size, :rank] = random.normal(0, 0.1, (size, rank))
        return table

    weights = {
        "U": embeddings(*np.shape(S)),
        "V": embeddings(*np.shape(T)),
        "W": random.normal(0, rank**-0.5, (3 * rank, width)),
        "w0": np.zeros(width),
        "w": random.normal(0, 0.1 * width**-0.5, width),
    }
    return Network(float(X.data.mean()), S.astype(dtype), T.astype(dtype),
                   {name: value.astype(dtype) for name, value in weights.items()}, penalty, sides[0])


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


def gradients(network, i, j, x, penalty):
    """Return the loss on a batch, and its gradient with respect to every weight, by back-propagation.

    Args:
        i, j: (batch,) users and movies.
        x: (batch,) their ratings.
        penalty: of the rows of U and V.

    Returns:
        loss: float.
        gradient: dict of arrays, as network.weights.
    """
    weights, size = network.weights, len(x)
    output, (p, q, joined, h) = forward(network, i, j)
    error = output - (x - network.mean)
    share_U, share_V = shares(network.S, i), shares(network.T, j)
    squares = share_U @ _squares(weights["U"]) + share_V @ _squares(weights["V"])
    loss = (error @ error / size + penalty * squares) / 2

    d_output = error / size
    d_h = np.einsum("m,k->mk", d_output, weights["w"])
    d_h *= h > 0
    d_p, d_q, d_product = np.split(d_h @ weights["W"].T, 3, axis=1)
    d_product = d_product + d_output[:, None]  # a new array, again without gaps
    d_P, d_Q = (np.column_stack([d_product * other + d_own, d_output]) for d_own, other in ((d_p, q), (d_q, p)))
    return float(loss), {
        "U": embed_gradient(network.S, i, d_P) + penalty * share_U[:, None] * weights["U"],
        "V": embed_gradient(network.T, j, d_Q) + penalty * share_V[:, None] * weights["V"],
        "W": joined.T @ d_h,
        "w0": np.ones(size, d_h.dtype) @ d_h,
        "w": h.T @ d_output,
    }


def _squares(table):
    return np.einsum("rk,rk->r", table, table)


def shares(features, index):
    """Return each table row's share of the penalty: its share of the batch, or 1 / size for a side feature's row."""
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
    """Update weights and moments in place by one step of Adam (Kingma, Ba 2015, algorithm 1, their constants).

    It overwrites the gradient. The step's length includes both corrections of the moments' bias.
    """
    root = (1 - 0.999**step) ** 0.5
    length = rate * root / (1 - 0.9**step)
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


def pieces(*arrays):
    """Yield views of the same rows of all arrays, about PIECE entries of the first at a time."""
    size = max(PIECE // prod(arrays[0].shape[1:]), 1)
    for start in range(0, len(arrays[0]), size):
        yield [array[start:start + size] for array in arrays]


def train(X, sides=None, rank=24, width=48, penalty=0.1, rate=4e-3, epochs=15, batch=4096, seed=0):
    """Yield the Network after each pass over the ratings.

    Args:
        X: (n, d) ratings.
        sides, rank, width: of init.
        penalty: of the rows of U and V, at least 0.
        rate: Adam's step, which falls to 0 over the epochs as half a cosine.
        epochs: passes over the ratings, at least 1.
        batch: ratings in a mini-batch, at least 1.
        seed: of the start and of the ratings' order.

    Raises:
        ValueError: rank, width, penalty, epochs or batch is out of range.
    """
    check_range("penalty", penalty, 0, np.inf)
    whole(epochs, "epochs", 1, np.inf)
    whole(batch, "batch", 1, np.inf)
    X = as_ratings(X)
    network = init(X, sides, rank, width, seed, penalty=penalty)
    random = np.random.RandomState(seed)
    i, j, x = pairs(X)
    x = x.astype(np.float32)
    moments = {name: (0 * value, 0 * value) for name, value in network.weights.items()}
    step = 0
    for epoch in range(epochs):
        order = random.permutation(len(x))
        falling = rate * (1 + cos(pi * epoch / epochs)) / 2  # a Python float, so that float32 stays float32
        for start in range(0, len(x), batch):
            some = order[start:start + batch]
            _, gradient = gradients(network, i[some], j[some], x[some], penalty)
            step += 1
            adam(network.weights, gradient, moments, step, falling)
        yield network._replace(weights={name: value.copy() for name, value in network.weights.items()})


class Fixed(NamedTuple):
    """All that a user's output depends on, apart from the user's row, in a network of rank k."""

    mean: float
    penalty: float
    features: np.ndarray  # (s, k + 1): the rows of U of the side features
    q: np.ndarray  # (d, k)
    c: np.ndarray  # (d,)
    H: np.ndarray  # (d, width): the part of q and w0 in the hidden layer's input
    W_p: np.ndarray  # (k, width): weights of p
    W_pq: np.ndarray  # (k, width): weights of p * q
    w: np.ndarray  # (width,)


def _fixed(network):
    weights = network.weights
    Q = embed(network.T, weights["V"])
    W_p, W_q, W_pq = np.split(weights["W"], 3)
    return Fixed(network.mean, network.penalty, weights["U"][len(network.S):], Q[:, :-1].copy(), Q[:, -1],
                 Q[:, :-1] @ W_q + weights["w0"], W_p, W_pq, weights["w"])


def solved(network, X):
    """Return the Network with the best_row for every user of ratings X (n, d); the rest stays."""
    fixed, U = _fixed(network), network.weights["U"].copy()
    for u, (start, end) in enumerate(pairwise(X.indptr)):
        U[u] = best_row(fixed, network.S[u], X.indices[start:end], X.data[start:end])
    return network._replace(weights={**network.weights, "U": U})


def best_row(fixed, s, i, x):
    """Return the row of U with the least loss, (k + 1,), of a user with features s (s,) and ratings x (m,) of movies i.

    While no hidden unit turns on or off, the output is linear in the row, and a ridge regression finds the least loss.
    Each step solves that of the last row (Gauss and Newton's: Nocedal, Wright 2006, section 10.3). A step over a unit's
    turning point may go wrong, so the best row of all steps is returned. The first is 0.
    """
    row, tried = np.zeros(fixed.features.shape[1], fixed.q.dtype), []
    if not len(i):
        return row
    q, start, y = fixed.q[i], s @ fixed.features, (x - fixed.mean).astype(row.dtype) - fixed.c[i]
    ridge = len(x) * fixed.penalty * np.eye(len(row), dtype=row.dtype)
    for step in range(STEPS + 1):
        p, b = np.split(start + row, [-1])
        before = fixed.H[i] + p @ fixed.W_p + q @ (p[:, None] * fixed.W_pq)
        slopes = (before > 0) * fixed.w
        error = y - b - q @ p - (before * slopes).sum(axis=1)
        tried.append((error @ error / len(x) + fixed.penalty * row @ row, row))
        if step < STEPS:
            A = np.column_stack([q + slopes @ fixed.W_p.T + q * (slopes @ fixed.W_pq.T), np.ones_like(error)])
            row = np.linalg.solve(A.T @ A + ridge, A.T @ (error + A @ row))
    return min(tried, key=itemgetter(0))[1]


def fit(train_ratings, report, asked, features, rank, penalty, epochs):
    """Return the Network of ratings (n, d), as a choosing.Model's fit."""
    networks = train(train_ratings, sides_of(train_ratings, features), rank, penalty=penalty)
    for epoch in range(1, epochs + 1):
        network = next(networks)
        report(f"refit, epoch {epoch} of {epochs}")
    return solved(network, train_ratings)


def early_stopping(networks, split, report):
    """Return the least RMSE on the held-out ratings of a choosing.Split, its epoch, and this epoch's network.

    It stops asking for networks after PATIENCE epochs without improvement.
    """
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
    """Choose the penalty, and by early stopping the epochs."""
    X, rank = split.train, min(24, *split.train.shape)
    sides = sides_of(X, features)

    def stopped(penalty):
        networks = (solved(network, X) for network in train(X, sides, rank, penalty=penalty))
        return penalty, *early_stopping(networks, split, prefixed(report, f"penalty {penalty}"))

    penalty, _, epochs, network = min(map(stopped, PENALTIES), key=itemgetter(1))
    return split.trial({"rank": rank, "penalty": penalty, "epochs": epochs}, network)


def network(name, about, features):
    """Return the Model with these side features."""
    return Model(name, "network", about, partial(fit, features=features), partial(_choose, features=features))


MODELS = (
    network("neural-side", "neural network that sees which items a user rated, rare ones above all", GROUPS),
    network("neural-which", "neural network that sees which items a user rated", ("count", "which")),
    network("neural", "neural network", ()),
)
