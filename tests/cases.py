"""Random cases for the tests: mixtures, points and ratings of many shapes, scales and patterns of gaps."""

import numpy as np

from common import GaussianMixture


def mixture(random, K, d, scale=1.0):
    """A mixture with means of the size of ratings times scale, and no two variances or weights alike."""
    p = random.uniform(0.2, 1, K)
    return GaussianMixture(random.uniform(1, 5, (K, d)) * scale, random.uniform(0.3, 3, K) * scale**2, p / p.sum())


def soft_counts(random, n, K):
    post = random.uniform(0, 1, (n, K)) ** 3
    return post / post.sum(axis=1, keepdims=True)


def ratings(random, n, d, missing=0.4, scale=1.0):
    """Ratings 1 to 5 with gaps (0); where there is room, one user and one movie without any rating."""
    X = random.randint(1, 6, (n, d)) * scale * (random.uniform(size=(n, d)) >= missing)
    if n > 4 and d > 4 and missing:
        X[random.randint(n)] = 0
        X[:, random.randint(d)] = 0
    return X


def groups(random, n, d, K, spread=6.0):
    """Points of K groups with standard deviations from 0.5 to 1.5."""
    centres, sd = random.normal(0, spread, (K, d)), random.uniform(0.5, 1.5, K)
    group = random.randint(K, size=n)
    return centres[group] + sd[group, None] * random.normal(size=(n, d))


def snapshot(*arguments):
    """Copies of all arrays in the arguments, mixtures included, to see later whether one was changed."""
    flat = [part for argument in arguments for part in (argument if isinstance(argument, tuple) else (argument,))]
    return [np.array(part) for part in flat]


def same(mixture, other, rtol=1e-9, atol=0.0):
    for ours, theirs in zip(mixture, other, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)


def slopes(loss, weights):
    """Return the finite differences of loss(), which reads the arrays of a dict, by each of their entries: as the dict.

    The weights are moved in place and put back.
    """
    found = {name: np.zeros_like(value) for name, value in weights.items()}
    for name, value in weights.items():
        for at in np.ndindex(value.shape):
            kept, losses = value[at], []
            for h in (1e-6, -1e-6):
                value[at] = kept + h
                losses.append(loss())
            value[at] = kept
            found[name][at] = (losses[0] - losses[1]) / 2e-6
    return found
