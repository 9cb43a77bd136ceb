"""Bayesian matrix factorization: Gibbs sampling of factors, effects, noise and what ties them together.

    x_ui ~ Normal(mean + b_u + c_i + p_u . q_i,  1 / (noise a_u g_i))

Least squares keeps the one best set of factors. The sampler averages the predictions of many plausible sets, so it
needs no tuned regularization, and a higher rank does little harm (BPMF: Salakhutdinov, Mnih 2008). Every conditional
distribution is a known one, and a sweep draws from each in turn:

    theta_u = (p_u, b_u) ~ Normal(s_u B, (t_u L)^-1)   users have their own B, L and pull, movies theirs
    B, L ~ matrix-normal and Wishart     BPMF's Gaussian-Wishart, with a row of B for each side feature s_u
    pull ~ Gamma(1, 1/20)                the regularization of the side features' rows of B
    t_u ~ Gamma(4, 4)                    some users are unlike any others: the factors' tails are Student's, heavy
    a_u, g_i ~ Gamma(10, 10)             some users are fickle, some movies divide; their ratings count less

Side features and their drawn pull are Macau's (Simm et al. 2017). Tails, and noise by row and column, are those of
robust Bayesian matrix factorisation (Lakshminarayanan, Bouchard, Archambeau 2011).
"""

from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import wishart

from arithmetic.arguments import whole
from recommender.choosing import Model, at_most
from recommender.damaged import check
from recommender.models.factorization import at
from recommender.models.normal import batches, solutions
from recommender.models.side import GROUPS, Features, check_sides, sides
from recommender.sparse import as_ratings, pairs, with_values

PRECISION = 10.0  # shape and rate of the Gamma priors on the precisions a_u and g_i
TAILS = 4.0  # the same of t: half of Student's degrees of freedom. 2, 8, drawn, or no t were no better in validation
PULL = 20.0  # of B's rows towards 0, in users or movies: the start, and the prior's mean
KEPT, LARGEST = 150, 2**28  # samples that are kept at most, and their bytes
LEAST = 1e-3  # stars: the least number that a row's largest is rounded from
SUMMED = np.float32  # what outer products are summed in: single precision changes predictions less than seeds do
ROUNDS = 3  # of draws of a new user's parameters, with each sample
SAMPLES, TRIAL = 200, 20  # of a model; and those after which its rank is chosen


class Samples(NamedTuple):
    """S samples as `kept` packs them: much of them in half precision, which changes predictions less than seeds do."""

    mean: float  # of all ratings
    P: np.ndarray  # (S, n, half of rank + 1): p_u, and b_u in the last column, packed
    P_unit: np.ndarray  # (S, n, 1)
    Q: np.ndarray  # (S, d, half of rank + 1)
    Q_unit: np.ndarray  # (S, d, 1)
    a: np.ndarray  # (S, n)
    g: np.ndarray  # (S, d)
    noise: np.ndarray  # (S,)
    root: np.ndarray  # (S, rank + 1, rank + 1): the Cholesky factor of the users' precision L
    B: np.ndarray  # (S, 1 + s, rank + 1): what the users' features add to their mean
    features: Features  # of the users

    POSITIVE = ("a", "g", "noise")

    def predict(self, u, i):
        return self._averages(u, i).expected()

    def sd(self, u, i):
        return self._averages(u, i).deviations()

    def _averages(self, u, i):
        users, u = np.unique(u, return_inverse=True)
        found, k = Averages(self.mean, self.Q.shape[1], u, i), self.B.shape[2]
        for P, P_unit, Q, Q_unit, a, g, noise in zip(*self[1:8], strict=True):
            both = unpacked(P[users], P_unit[users], k), unpacked(Q, Q_unit, k)
            found.add(*both, *map(np.float32, (a[users], g, noise)))
        return found

    def fold_in(self, i, x):
        """Draw the new user's parameters with each sample of the movies, the users' prior, and the noise."""
        random = np.random.RandomState(0)
        s = np.concatenate([[1.0], self.features.of(i)])
        R = csr_array((x - self.mean, np.arange(len(x)), [0, len(x)]), shape=(1, len(x)))
        root, Q = self.root.astype(np.float32), unpacked(self.Q[:, i], self.Q_unit[:, i], self.B.shape[2])
        parts = Q, self.g[:, i], self.noise, root @ root.swapaxes(1, 2), s @ self.B
        drawn = [_draw_user(random, R, *sample) for sample in zip(*map(np.float64, parts), strict=True)]
        P, a = (np.array(part, dtype=np.float32) for part in zip(*drawn, strict=True))
        P, P_unit = packed(P)
        return self._replace(P=P, P_unit=P_unit, a=a.astype(np.float16))

    def item_vectors(self):
        """Return the factors of all samples, side by side: their axes differ, so a mean would say nothing."""
        Q = unpacked(self.Q, self.Q_unit, self.B.shape[2] - 1)
        return Q.transpose(1, 0, 2).reshape(self.Q.shape[1], -1)

    def shapes(self, n, d):
        check(self.B.ndim == 3, "its samples are of another model")
        s, k = self.features.values.shape[1], self.B.shape[2]
        half = (k + 1) // 2
        return {"P": ("S", n, half), "P_unit": ("S", n, 1), "Q": ("S", d, half), "Q_unit": ("S", d, 1),
                "a": ("S", n), "g": ("S", d), "noise": ("S",), "root": ("S", k, k), "B": ("S", 1 + s, k)}


class Averages:
    """The averages over samples for pairs (u, i) alone; a fitted model that cannot fold in."""

    def __init__(self, mean, d, u, i):
        self.mean, self.d, self.u, self.i, self.size = mean, d, u, i, 0
        self.total, self.squares, self.noise = np.zeros((3, len(u)))

    def add(self, P, Q, a, g, noise, effect=0.0, variance=0.0):
        """Take a sample into account, with a further effect and variance of each pair."""
        drawn = at(P, Q, self.u, self.i) + effect
        self.total += drawn
        self.squares += drawn**2
        self.noise += 1 / (noise * a[self.u] * g[self.i]) + variance
        self.size += 1

    def expected(self):
        """Return the pairs' predictions, (m,)."""
        return self.mean + self.total / self.size

    def deviations(self):
        """Return the pairs' standard deviations, (m,): between the samples, and the mean of their noise."""
        between = np.maximum(self.squares / self.size - (self.total / self.size) ** 2, 0)
        return np.sqrt(between + self.noise / self.size)

    def predict(self, u, i):
        return self.expected()[self._at(u, i)]

    def sd(self, u, i):
        return self.deviations()[self._at(u, i)]

    @cached_property
    def _sorted(self):
        places = np.asarray(self.u, dtype=np.int64) * self.d + self.i
        order = places.argsort()
        return order, places[order]

    def _at(self, u, i):
        (order, known), asked = self._sorted, np.asarray(u, dtype=np.int64) * self.d + i
        found = np.searchsorted(known[:-1], asked)
        if not np.array_equal(known[found], asked):
            raise ValueError("expected pairs that the chain was asked for")
        return order[found]


def _draw_user(random, R, Q, g, noise, L, prior_mean):
    """Return parameters (1, rank + 1) and precision (1,) of the one user of R (1, m), who rated all of Q's movies."""
    a, tails, of_user, (u, i, x) = np.ones(1), np.ones(1), batches(R, Q.shape[1], SUMMED), pairs(R)
    for _ in range(ROUNDS):
        P = draw_rows(random, of_user, noise * a, g, Q, prior_mean[None], L, tails)
        tails = draw_tails(random, P - prior_mean, L)
        errors = (x - at(P, Q, u, i)) ** 2
        a = draw_precision(random, PRECISION, len(x), noise * (errors @ g)[None])
    return P, a


class Prior(NamedTuple):
    """The prior that the rows of one side share."""

    mean: np.ndarray  # (N, k): S B
    L: np.ndarray  # (k, k)
    B: np.ndarray  # (s, k)
    pull: float


def draw_prior(random, theta, S, tails, pull):
    """Return the Prior drawn given parameters theta (N, k), features S (N, s), and tails t (N,).

    With T = diag(tails), M = S' T S + D, and D = diag(1, pull, pull, ...), the posterior is (BPMF's, with features in
    place of the one mean, and Macau's equations for the pull)

        L ~ Wishart(N + k, (I + E' T E + B0' D B0)^-1),   B | L ~ MatrixNormal(B0, M^-1, L^-1),
        B0 = M^-1 S' T theta,   E = theta - S B0,
        pull | B, L ~ Gamma(1 + (s - 1) k / 2, 1 / PULL + tr(B L B') / 2), its first row, that of the 1, left out.
    """
    N, k = theta.shape
    D = np.diag([1.0] + [pull] * (S.shape[1] - 1))
    weighted = (S * tails[:, None]).T
    M = weighted @ S + D
    B = np.linalg.solve(M, weighted @ theta)
    E = theta - S @ B
    scale = np.linalg.inv(np.eye(k) + (E * tails[:, None]).T @ E + B.T @ D @ B)
    L = np.atleast_2d(wishart.rvs(N + k, (scale + scale.T) / 2, size=1, random_state=random))
    z = random.normal(size=B.shape)
    left = np.linalg.solve(np.linalg.cholesky(M).T, z)
    B = B + np.linalg.solve(np.linalg.cholesky(L).T, left.T).T
    pull = draw_gamma(random, 1 + B[1:].size / 2, 1 / PULL + squares(B[1:], L).sum() / 2)
    return Prior(S @ B, L, B, pull)


def squares(E, L):
    """Return e' L e of every row e of E, (N,)."""
    return np.einsum("uk,uk->u", E @ L, E)


def draw_tails(random, E, L):
    """Return t (N,) given what the parameters differ from their mean by, E (N, k)."""
    return draw_precision(random, TAILS, E.shape[1], squares(E, L))


def draw_rows(random, batches, scale, weight, other, prior_mean, L, tails):
    """Draw the parameters of all rows at once, given the other side, as BPMF does.

    A rating's precision is scale_u weight_i. Each row's posterior has the precision t_u G, G = L + sum_i scale_u / t_u
    weight_i a_i a_i^T, and the mean G^-1 h. The solution x of G x = h + noise is a draw from it when the noise has
    covariance G / t_u. The arguments are those of normal.solutions and draw_prior.
    """
    noise = random.normal(size=prior_mean.shape) / np.sqrt(tails)[:, None]
    return solutions(batches, other, scale / tails, weight, L, prior_mean @ L, noise)


def draw_precision(random, prior, counts, errors):
    """Draw precisions from Gamma(prior + counts / 2, prior + errors / 2), errors the weighted sums of squares."""
    return draw_gamma(random, prior + counts / 2, prior + errors / 2)


def draw_gamma(random, shape, rate):
    """Draw from Gamma(shape, rate): an independent number for each rate, even if all share one shape."""
    return random.gamma(shape, size=np.shape(rate)) / rate


class Given(NamedTuple):
    """The data of N users, or of N movies."""

    batches: list  # of their ratings less the mean
    count: np.ndarray  # (N,): numbers of ratings
    S: np.ndarray  # (N, s): features, of which the first is 1


class Drawn(NamedTuple):
    """One draw of the parameters of N users, or of N movies; k = rank + 1."""

    theta: np.ndarray  # (N, k): factors, and the effect in the last column
    precision: np.ndarray  # (N,): a of users, g of movies
    tails: np.ndarray  # (N,): t
    prior: Prior


def sides_given(R, S, T, k):
    """Return the Given of the users and of the movies of ratings R (n, d) less their mean, with features S and T."""
    return tuple(Given(batches(X, k, SUMMED), np.diff(X.indptr), np.column_stack([np.ones(len(side)), side]))
                 for X, side in ((R, S), (R.T.tocsr(), T)))


def sweep(random, R, given, users, movies, noise):
    """Return new draws of users, movies and noise, each given all others, and the squared errors as a csr_array.

    `given` are the sides_given of R, a csr_array (n, d) of ratings less their mean.
    """
    (of_users, of_movies), (u, i, x) = given, pairs(R)
    users = draw_side(random, of_users, users, movies, noise)
    movies = draw_side(random, of_movies, movies, users, noise)
    errors = with_values(R, (x - at(users.theta, movies.theta, u, i)) ** 2)
    a = draw_precision(random, PRECISION, of_users.count, noise * (errors @ movies.precision))
    g = draw_precision(random, PRECISION, of_movies.count, noise * (errors.T @ a))
    noise = draw_precision(random, 1.0, R.nnz, a @ (errors @ g))
    return users._replace(precision=a), movies._replace(precision=g), noise, errors


def draw_side(random, given, own, other, noise):
    """Return one side's Drawn with new prior, tails and theta, given the other side's and the noise."""
    prior = draw_prior(random, own.theta, given.S, own.tails, own.prior.pull)
    tails, scale = draw_tails(random, own.theta - prior.mean, prior.L), noise * own.precision
    theta = draw_rows(random, given.batches, scale, other.precision, other.theta, prior.mean, prior.L, tails)
    return Drawn(theta, own.precision, tails, prior)


def _start(random, N, k):
    """Return the Drawn before the first sweep."""
    return Drawn(random.normal(0, 0.1, (N, k)), np.ones(N), np.ones(N), Prior(None, None, None, PULL))


def thinned(samples, size):
    """Return the numbers, from 1, of the evenly spaced samples to keep, of `size` bytes each."""
    held = min(samples, KEPT, max(LARGEST // size, 1))
    return set(np.linspace(samples / held, samples, held).astype(int))


class Chain:
    """The sampler at work on (n, d) ratings, and its draws so far.

    `sides` are the side.Features of users and of movies, or None. `asked` are pairs of users u (m,) and movies i (m,),
    whose predictions by all samples are averaged, or None. `keep`: whether to keep samples, too, KEPT or as many as
    LARGEST bytes hold, evenly thinned. `callback` gets sweep, number of sweeps, and the sample's training RMSE after
    each sweep. Raises ValueError if rank, samples or burn_in is out of range, if sides do not fit X, or without
    ratings.
    """

    def __init__(self, X, rank, samples=100, burn_in=20, sides=None, asked=None, keep=True, seed=0, callback=None):
        X = as_ratings(X)
        whole(rank, "rank", 1, min(X.shape))
        whole(samples, "samples", 1, np.inf)
        whole(burn_in, "burn_in", 0, np.inf)
        users, movies = check_sides(sides, X.shape)
        self.mean, self.features = float(X.data.mean()), users
        self.samples, self.burn_in, self.callback = samples, burn_in, callback
        k = rank + 1
        size = sum(X.shape) * (k // 2 + 5) + 2 * k * (k + 1 + users.values.shape[1])
        self.wanted = thinned(samples, size) if keep else ()
        self.drawn, self.kept = 0, []
        self.averages = Averages(self.mean, X.shape[1], *asked) if asked else None
        self.R, self.random = with_values(X, X.data - self.mean), np.random.RandomState(seed)
        self.given = sides_given(self.R, users.values, movies.values, k)
        self.parts = *(_start(self.random, N, k) for N in X.shape), 1.0

    def go_on(self, samples):
        """Draw until there are `samples` in all after the burn-in, at least 1, and return the Chain."""
        while self.drawn < self.burn_in + samples:
            errors = self.sweep()
            self.drawn += 1
            if self.drawn - self.burn_in in self.wanted:
                self.kept.append(kept(*self.to_keep()))
            if self.drawn > self.burn_in and self.averages:
                self.averages.add(*self.latest()[:5], *self.of_asked())
            if self.callback:
                self.callback(self.drawn, self.burn_in + self.samples, float(np.sqrt(errors.data.mean())))
        return self

    def sweep(self):
        """Draw all parts anew and return the squared errors."""
        *self.parts, errors = sweep(self.random, self.R, self.given, *self.parts)
        return errors

    def of_asked(self):
        """Return what further parts add to the asked pairs' predictions and to their variance."""
        return 0.0, 0.0

    def latest(self):
        """Return P, Q, a, g, noise, L, B of the last sweep, in single precision."""
        users, movies, noise = self.parts[:3]
        drawn = (users.theta, movies.theta, users.precision, movies.precision, noise, users.prior.L, users.prior.B)
        return [np.float32(part) for part in drawn]

    to_keep = latest

    def fitted(self):
        """Return the Samples kept; the averages if the Chain does not keep samples."""
        if not self.wanted:
            return self.averages
        return Samples(self.mean, *map(np.array, zip(*self.kept, strict=True)), self.features)


def kept(P, Q, a, g, noise, L, B):
    """Return the parts of a sample as Samples have them."""
    a, g, root, B = map(np.float16, (a, g, np.linalg.cholesky(np.float64(L)), B))
    return *packed(P), *packed(Q), a, g, noise, root, B


def packed(theta):
    """Return parameters (..., k) as whole numbers from -7 to 7 of a unit in each row, two in a byte, and the units.

    The rounding errors of many samples average out.
    """
    unit = np.float16(np.abs(theta).max(axis=-1, keepdims=True).clip(LEAST) / 6.99)  # rounded, it may be a bit less
    whole = np.rint(theta / unit.astype(np.float32)).astype(np.int8) + 8
    whole = np.append(whole, np.full((*theta.shape[:-1], theta.shape[-1] % 2), 8, np.int8), axis=-1).astype(np.uint8)
    return whole[..., ::2] | whole[..., 1::2] << 4, unit


def unpacked(packed, unit, k):
    """Return the parameters (..., k) of `packed`."""
    packed = packed.astype(np.uint8, copy=False)
    both = np.stack([packed & 15, packed >> 4], axis=-1).reshape(*packed.shape[:-1], 2 * packed.shape[-1])
    return (both[..., :k] - np.float32(8)) * unit.astype(np.float32)


def run(X, rank, samples=100, burn_in=20, sides=None, seed=0, callback=None):
    """Return the Samples of (n, d) ratings that a Chain of these arguments draws."""
    return Chain(X, rank, samples, burn_in, sides, seed=seed, callback=callback).go_on(samples).fitted()


def fit(train, report, asked, rank, features, kind=Chain):
    """Return Samples of ratings (n, d), or the Averages of the pairs asked for, as a choosing.Model's fit."""
    return _chain(kind, train, report, features, rank, asked, asked is None).go_on(SAMPLES).fitted()


def _chain(kind, X, report, features, rank, asked, keep, trial=False):
    def progress(sweep, sweeps, error):
        chosen = {"step": sweep, "of": sweeps, "more": trial}  # of a trial only once its rank is the best
        report(f"{'trial, ' if trial else ''}rank {rank}, sweep {sweep} of {sweeps}, RMSE on the training ratings",
               error, **(chosen if not trial or sweep > sweeps - SAMPLES + TRIAL else {}))
    return kind(X, rank, SAMPLES, sides=sides(X, features), asked=asked, keep=keep, callback=progress)


def choose(model, split, report, asked, features, ranks, kind=Chain):
    """Choose the rank whose first TRIAL samples predict best; this chain goes on.

    Without pairs asked for, the model has only the samples that it keeps, so its intervals come from these, too.
    """
    u, i, _ = pairs(split.held_out)
    chains = {rank: _chain(kind, split.train, report, features, rank, (u, i), asked is None, trial=True)
              for rank in at_most(min(split.train.shape), *ranks)}
    rank = min(chains, key=lambda rank: split.error(chains[rank].go_on(TRIAL).averages.predict(u, i)))
    return split.trial({"rank": rank}, chains[rank].go_on(SAMPLES).fitted())


def sampler(name, about, features, *ranks):
    """Return the Model with these side features, and ranks to choose from."""
    return Model(name, "factors", about, partial(fit, features=features),
                 partial(choose, features=features, ranks=ranks))


MODELS = (
    sampler("bayesian-side", "Bayesian matrix factorization with all side features", GROUPS, 30, 60, 100),
    sampler("bayesian", "Bayesian matrix factorization", (), 30, 60),
)
