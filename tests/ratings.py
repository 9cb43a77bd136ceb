"""Small ratings for the tests of the models and of the recommender's programs."""

import numpy as np
from scipy.sparse import csr_array


def ratings(seed=0, n=40, d=30):
    """Return (n, d) ratings with gaps (0) and without, of two groups of users."""
    random = np.random.RandomState(seed)
    like = random.choice([2.0, 4.0], (2, d))[random.randint(2, size=n)]
    complete = np.clip(np.round(like + random.normal(0, 0.8, (n, d))), 1, 5)
    return np.where(random.rand(n, d) < 0.8, complete, 0), complete


def times_of(X):
    """Return times of ratings (n, d), a csr_array; some of them are equal, and some unknown."""
    times = np.random.RandomState(3).choice([-np.inf, *range(9)], X.nnz)
    return csr_array((times, X.indices, X.indptr), shape=X.shape)


def poisoned(held_out):
    """Return held-out ratings 1 to 5 turned round: what must change no prediction."""
    return csr_array((6 - held_out.data, held_out.indices, held_out.indptr), shape=held_out.shape)


def shorten(monkeypatch, catalogue):
    """Make what takes many steps short, for a matrix where they need not be many, and blend two models alone."""
    monkeypatch.setattr(catalogue.bayesian.Chain.__init__, "__defaults__", (6, 3, None, None, True, 0, None))
    monkeypatch.setattr(catalogue.bayesian, "SAMPLES", 6)
    monkeypatch.setattr(catalogue.bayesian, "TRIAL", 2)
    monkeypatch.setattr(catalogue.factorization.run, "__defaults__", (True, 3, 0, None))
    monkeypatch.setattr(catalogue.autoencoder.run, "__defaults__", (20, 3, 1e-3, 0, None))
    monkeypatch.setattr(catalogue.neural, "PATIENCE", 1)
    monkeypatch.setattr(catalogue.course_em.run, "__defaults__", ("soft", (0, 1)))
    monkeypatch.setattr(catalogue.blend, "PARTS", ("effects", "als"))


def everywhere(fitted, X):
    """Return what a fitted model predicts at every entry of a small matrix, (n, d), of its ratings."""
    n, d = X.shape
    return fitted.predict(*np.divmod(np.arange(n * d), d)).reshape(n, d)
