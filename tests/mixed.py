"""Data of any location and spread, and what a result on them may be off by: 1e-8, and what float64 cannot tell.

Data at 1e9 with a spread of 1e-3 stand beside data at 0, or of a spread of 1e9. The judge is tests/exact.py. Rounding
the arguments alone may change a result by more than 1e-8 of it, so that it can be right only to

    post             1e-8, or 1e-11 of the terms of its log densities: it is the exponential of their difference
    log-likelihood   1e-8 of the same terms, which may cancel
    mu               1e-8 of its ratings' standard deviation, and the last digits that float64 has of them; for points
                     those of all numbers in the column
    var              1e-8, and the square of the means' last digits, around which it is
    X_pred           what post allows, by which it weights
"""

from decimal import Decimal

import numpy as np

import em
from arithmetic.bayes import NEGLIGIBLE
from common import GaussianMixture
from tests import exact

LAST = 16 * np.finfo(float).eps  # the last digits of a sum of a few numbers, relative to these


# Data


def magnitudes(random, shape, low, high):
    return 10.0 ** random.uniform(low, high, shape)


def locations(random, shape):
    """Numbers of both signs up to 1e9, and zeros."""
    return random.choice([-1, 0, 1], shape) * magnitudes(random, shape, 0, 9)


def mixed_ratings(random, K, missing):
    """Ratings (n, d) of K groups; the group (n,), mean (K, d) and standard deviation (K, d) that they are drawn from.

    A column has a location and a spread, and half of the groups others; a group's users may not know a column at all.
    """
    n, d = random.randint(6, 16), random.randint(1, 7)
    own, knows, group = random.rand(K, d) < 0.5, random.rand(K, d) < 0.5, random.randint(K, size=n)
    mean = np.where(own, locations(random, (K, d)), locations(random, d))
    sd = np.where(own, magnitudes(random, (K, d), -3, 9), magnitudes(random, d, -3, 9))
    X = mean[group] + sd[group] * random.normal(size=(n, d))
    rated = (knows[group] | (random.rand(n, 1) < 0.5)) & (random.rand(n, d) >= missing)
    return X * rated, group, mean, sd


def mixed_points(random, K):
    """Points (n, d) of K groups, some of them at the same place, and what they are drawn from, as above."""
    n, d = random.randint(K + 2, 25), random.randint(1, 5)
    mean, group = locations(random, (K, d))[random.randint(K, size=K)], random.randint(K, size=n)
    mean[:, random.rand(d) < 0.3] = locations(random, ())
    sd = magnitudes(random, (K, 1), -3, 9) * np.ones(d)
    return mean[group] + sd[group] * random.normal(size=(n, d)), group, mean, sd


def some_mixture(random, mean, sd):
    """A mixture near what the data are drawn from, with variances of all of a group's columns, or of the narrowest."""
    K = len(mean)
    mu = mean + sd * random.normal(size=mean.shape) * random.choice([0.1, 1], (K, 1))
    var = np.where(random.rand(K) < 0.5, (sd**2).mean(axis=1), sd.min(axis=1) ** 2)
    return GaussianMixture(mu, var, random.dirichlet(np.ones(K)))


def some_post(random, group, K):
    """Soft counts (n, K): any, of the planted group alone or nearly, or of one group drawn."""
    soft, planted = random.rand(len(group), K) ** 3, np.eye(K)[group]
    post = [soft, planted, planted + 1e-9 * soft, np.eye(K)[random.randint(K, size=len(group))]][random.randint(4)]
    return post / post.sum(axis=1, keepdims=True)


def rating_cases(seeds=12):
    for K in (1, 2, 3, 5):
        for missing in (0.2, 0.5, 0.9):
            for seed in range(seeds):
                random = np.random.RandomState(seed)
                X, group, mean, sd = mixed_ratings(random, K, missing)
                yield X, some_mixture(random, mean, sd), some_post(random, group, K), random.choice([0.25, 1e-9])


def point_cases(seeds=30):
    for K in (1, 2, 3, 5):
        for seed in range(seeds):
            random = np.random.RandomState(seed)
            X, group, mean, sd = mixed_points(random, K)
            yield X, some_mixture(random, mean, sd), some_post(random, group, K)


# Comparisons


def as_float(array):
    return np.asarray(array).astype(float)


def check(found, expected, allowed):
    """Assert that |found - expected| <= allowed, with the difference taken in decimals."""
    off = np.abs(as_float(exact.numbers(found) - expected))
    assert (off <= allowed).all(), f"{found} is not {as_float(expected)}: off by {off}, allowed {allowed}"


def check_estep(found, log_joint, size):
    """Check post and log-likelihood; return the exact post, and what part of it may be wrong, (n, K) each."""
    (post, log_likelihood), (expected, rows) = found, exact.soft_counts(log_joint)
    size = np.minimum(as_float(size), 1e300)
    largest = size[np.arange(len(size)), as_float(log_joint).argmax(axis=1)]
    part = 1e-8 + 1e-11 * np.maximum(size, largest[:, None])
    expected[expected < Decimal(NEGLIGIBLE)] = Decimal(0)
    check(post, expected, part * as_float(expected) + NEGLIGIBLE)
    check(log_likelihood, rows.sum(), 1e-8 * largest.sum())
    return expected, part


def last_digits(X, observed, post):
    """What float64 cannot tell of the mean of numbers X (n, d), weighted with post: (K, d)."""
    support = post.T @ observed
    return LAST * np.divide(post.T @ (observed * np.abs(X)), support, where=support > 0, out=np.zeros(support.shape))


def check_mu(found, expected, X, observed, post, enough, part=1e-8, last=0):
    support = post.T @ observed
    square = [post[:, j] @ (observed * (X - mean) ** 2) for j, mean in enumerate(as_float(expected))]
    sd = np.sqrt(np.divide(square, support, where=support > 0, out=np.zeros(support.shape)))
    check(found, expected, np.where(support >= enough, part * sd + last_digits(X, observed, post) + last, 0))


def check_var(found, expected, X, observed, post, part=1e-8):
    support, last = post.T @ observed, last_digits(X, observed, post)
    blurred = (support * last**2).sum(axis=1) / np.maximum(support.sum(axis=1), 1e-300)
    check(found, expected, part * as_float(expected) + blurred)


def check_em(found, X, post, old, floor, part=1e-8, last=0):
    """Check an M-step of em, whose means may also be off by `last`."""
    observed = X != 0
    mu, distance, seen = exact.mstep(X, observed, post, old, em.ENOUGH)
    var = [distance[j] / seen[j] if seen[j] else exact.numbers(old.var[j]) for j in range(len(mu))]
    check_mu(found.mu, mu, X, observed, as_float(post), em.ENOUGH, part, last)
    check_var(found.var, np.maximum(var, exact.numbers(floor)), X, observed, as_float(post), 2 * part)
    np.testing.assert_allclose(found.p, as_float(post).mean(axis=0), rtol=part)


def check_complete(found, X, post, old, part=1e-8):
    """Check an M-step of K-means and of naive EM.

    Variances keep their old value below 1e-30 of all points' variance, and where there is less than 1e-12 of a point.
    """
    observed, overall = np.ones(X.shape, dtype=bool), float(exact.init_variances(X, X.mean(axis=0)[None])[0])
    mu, distance, seen = exact.mstep(X, observed, post, old, 1e-12)
    var = [distance[j] / seen[j] if seen[j] else 0 for j in range(len(mu))]
    kept = (as_float(var) <= 1e-30 * overall) | (as_float(post).sum(axis=0) <= 1e-12)
    check_mu(found.mu, mu, X, observed, as_float(post), 1e-12, part, LAST * np.abs(X).mean(axis=0))
    check_var(found.var, np.where(kept, exact.numbers(old.var), var), X, observed, as_float(post), 2 * part)
    np.testing.assert_allclose(found.p, as_float(post).mean(axis=0), rtol=part)


def check_cost(found, X, post, old):
    _, distance, _ = exact.mstep(X, np.ones(X.shape, dtype=bool), post, old, 1e-12)
    blurred = (post.sum(axis=0) @ last_digits(X, np.ones(X.shape), post) ** 2).sum()
    check(found, distance.sum(), 1e-8 * float(distance.sum()) + blurred)


def check_nearest(post, X, mu):
    """Assert that each point has one mean, and that no other is nearer by 1e-7 of the distance."""
    assert ((post == 0) | (post == 1)).all() and (post.sum(axis=1) == 1).all()
    distance = exact.distances(X, mu)
    own = distance[np.arange(len(X)), post.argmax(axis=1)]
    check(own, distance.min(axis=1), 1e-7 * as_float(own))
