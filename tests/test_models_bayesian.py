"""The Gibbs sampler: what it draws has the joint distribution that bayesian.py writes down."""

import numpy as np

from recommender.models import bayesian, side
from recommender.sparse import as_ratings, pairs, with_values

PLACES = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 0]])  # who rates what; the last user nothing
FEATURES = [np.array([[0.5], [-1.0], [2.0], [-0.5]]), np.array([[1.0], [0.0], [-1.0]])]


def from_the_prior(random, features, k):
    """Return one side's Drawn, each part drawn from the prior that bayesian.py states."""
    S = np.column_stack([np.ones(len(features)), features])
    (N, s), root = S.shape, random.normal(size=(k, k))
    pull, tails = random.gamma(1, bayesian.PULL), random.gamma(bayesian.TAILS, 1 / bayesian.TAILS, N)
    L = root @ root.T  # Wishart of k degrees of freedom
    to_rows = np.linalg.inv(np.linalg.cholesky(L))
    B = random.normal(size=(s, k)) / np.sqrt([1.0] + [pull] * (s - 1))[:, None] @ to_rows
    theta = S @ B + random.normal(size=(N, k)) / np.sqrt(tails)[:, None] @ to_rows
    precision = random.gamma(bayesian.SPREAD, 1 / bayesian.SPREAD, N)
    return bayesian.Drawn(theta, precision, tails, bayesian.Prior(S @ B, L, B, pull))


def rated(random, R, users, movies, noise):
    """Return ratings less their mean, drawn at the places of R given all parameters."""
    u, i, _ = pairs(R)
    P, Q = users.theta[u], movies.theta[i]
    mean = (P[:, :-1] * Q[:, :-1]).sum(axis=1) + P[:, -1] + Q[:, -1]
    return with_values(R, random.normal(mean, 1 / np.sqrt(noise * users.precision[u] * movies.precision[i])))


def seen(users, movies, noise):
    """Return all that was drawn, by name; logarithms and such, as heavy tails have no mean."""
    found = {"noise": np.log(noise)}
    for name, drawn in (("users", users), ("movies", movies)):
        root = np.linalg.cholesky(drawn.prior.L)
        parts = {"pull": np.log([drawn.prior.pull]), "tails": np.log(drawn.tails), "precision": np.log(drawn.precision),
                 "L": np.append(np.log(np.diag(root)), root[1, 0]), "B": np.arcsinh(drawn.prior.B).ravel(),
                 "theta": np.arcsinh(drawn.theta).ravel(), "theta's size": np.log(np.abs(drawn.theta)).ravel()}
        found |= {f"{name}' {part} {a}": value for part, values in parts.items() for a, value in enumerate(values)}
    return found


def test_a_sweep_leaves_the_joint_distribution_as_it_is(monkeypatch):
    """Parameters from the prior and ratings from these are a draw from the joint distribution; a sweep keeps it one.

    Geweke (2004) has one long chain; here each begins anew (Gandy, Scott 2020), so that all draws are independent. The
    means are looked at of all that is drawn, and of the products of any two: of two rows, two entries, both sides.
    """
    monkeypatch.setattr(bayesian, "SUMMED", float)  # the prior's largest factors leave single precision no digits
    monkeypatch.setattr(bayesian, "SPREAD", 2.0)  # what is nearly 1 would hide who is weighted with it
    random, R, k, size = np.random.RandomState(7), as_ratings(1.0 * PLACES), 2, 3000
    before, after = [], []
    for _ in range(size):
        users, movies = (from_the_prior(random, features, k) for features in FEATURES)
        noise = random.gamma(1.0)
        before.append(seen(users, movies, noise))
        x = rated(random, R, users, movies, noise)
        users, movies, noise, _ = bayesian.sweep(random, x, bayesian.sides_given(x, *FEATURES, k), users, movies, noise)
        after.append(seen(users, movies, noise))
    names = [*before[0], "1"]
    old, new = (np.array([[*drawn.values(), 1.0] for drawn in all_]) for all_ in (before, after))
    wrong = {}
    for a, name in enumerate(names):
        change = new[:, a, None] * new[:, a:] - old[:, a, None] * old[:, a:]
        z = change.mean(axis=0) / np.maximum(change.std(axis=0), 1e-9) * np.sqrt(size)
        wrong |= {(name, names[a + b]): z[b] for b in np.flatnonzero(np.abs(z) > 5)}
    assert wrong == {}


def test_a_folded_in_user_is_drawn_anew_with_each_sample():
    """Of samples that are all the same, what is drawn of a new user with the next sample has to do with none before."""
    S, k = 1000, 3
    state = bayesian.Samples(3.0, np.zeros((S, 1, k)), np.ones((S, 4, k)), np.ones((S, 1)), np.ones((S, 4)), np.ones(S),
                             np.tile(np.eye(k), (S, 1, 1)), np.zeros((S, 1, k)), side.given(np.ones((1, 0))))
    folded = state.fold_in(np.array([0, 2]), np.array([4.0, 1.0]))
    for values in (*folded.P[:, 0].T, folded.a[:, 0]):
        assert len(np.unique(values)) > 0.99 * S
        assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 4 / np.sqrt(S)
