"""The normal equations, solved for all users at once."""

import numpy as np
import pytest

from recommender.models import (
    factorization,
    normal,
)
from recommender.sparse import as_ratings
from tests.ratings import everywhere
from tests.recommender.models.cases import planted


def uneven(seed=0, n=60, d=50):
    """Return a csr_array of users with 0 to d ratings, and movies likewise."""
    random = np.random.RandomState(seed)
    mask = random.rand(n, d) < np.outer(np.linspace(0, 1.3, n), np.linspace(0.1, 1.2, d))
    mask[1], mask[-1] = False, True
    return as_ratings(mask * random.uniform(1, 5, (n, d)))


KINDS = {"Masked": (0.0, 0.0), "Listed": (0.0, 1.0), "Gathered": (1.0, 0.0)}  # by MOST and GAPS, FEW being 0


def kind_of(batch):
    return "Gathered" if isinstance(batch, normal.Gathered) else "Masked" if batch.columns is None else "Listed"


def all_of(kind, X, k, monkeypatch, dtype=float):
    """Return the batches of X, all of this kind."""
    for name, value in zip(("MOST", "GAPS", "FEW"), (*KINDS[kind], 0), strict=True):
        monkeypatch.setattr(normal, name, value)
    batches = normal.batches(X, k, dtype)
    assert set(map(kind_of, batches)) == {kind}
    return batches


def equations(X, u, other, scale, weight, L, start):
    """Return G (k, k) and h (k,) of user u, summed rating by rating."""
    G, h = L.copy(), start[u].copy()
    for i, x in zip(*(part[X.indptr[u]:X.indptr[u + 1]] for part in (X.indices, X.data)), strict=True):
        a = np.append(other[i, :-1], 1)
        G += scale[u] * weight[i] * np.outer(a, a)
        h += scale[u] * weight[i] * (x - other[i, -1]) * a
    return G, h


@pytest.mark.parametrize("k", [1, 2, 4, 33])
@pytest.mark.parametrize("rows", [1, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_normal_equations_are_solved_with_noise_of_their_own_covariance(kind, rows, k, monkeypatch):
    monkeypatch.setattr(normal, "SIZE", 300)
    monkeypatch.setattr(normal, "ROWS", rows)
    random, X = np.random.RandomState(1), uneven()
    other, weight, root = random.normal(size=(50, k)), random.uniform(0.5, 2, 50), random.normal(size=(k, k))
    scale, L = random.uniform(0.5, 2, 60), root @ root.T + np.eye(k)
    start, noise = random.normal(size=(2, 60, k))
    batches = all_of(kind, X, k, monkeypatch)
    assert len(batches) > 3 and sorted(np.concatenate([batch.rows for batch in batches])) == list(range(60))
    drawn, solved = (normal.solutions(batches, other, scale, weight, L, start, z) for z in (noise, None))
    for u in range(60):
        G, h = equations(X, u, other, scale, weight, L, start)
        np.testing.assert_allclose(drawn[u], np.linalg.solve(G, h + np.linalg.cholesky(G) @ noise[u]), rtol=1e-8)
        np.testing.assert_allclose(solved[u], np.linalg.solve(G, h), rtol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_users_with_few_ratings_or_few_gaps_lose_nothing_in_single_precision(kind, monkeypatch):
    """A sum over no ratings is 0, and not what rounding leaves of the sum over all, whatever multiplies it."""
    random, (n, d, k) = np.random.RandomState(2), (6, 400, 3)
    X = random.uniform(1, 5, (n, d))
    for u, rated in enumerate([0, 1, 2, 200, 399, 400]):
        X[u, random.permutation(d)[rated:]] = 0
    X, other, weight = as_ratings(X), random.normal(size=(d, k)), random.uniform(0.5, 2, d)
    scale, L, start = np.full(n, 1e3), np.eye(k), random.normal(size=(n, k))
    found = normal.solutions(all_of(kind, X, k, monkeypatch, np.float32), other, scale, weight, L, start)
    for u in range(n):
        G, h = equations(X, u, other, scale, weight, L, start)
        np.testing.assert_allclose(found[u], np.linalg.solve(G, h), rtol=1e-3, atol=1e-3)


def test_gaps_are_listed_where_they_are_few_for_so_many_parameters():
    random = np.random.RandomState(0)
    for share, k, kind in ((0.1, 25, "Gathered"), (0.7, 25, "Masked"), (0.7, 101, "Listed"), (0.95, 25, "Listed"),
                           (1, 10, "Masked"), (1, 20, "Listed")):
        X = as_ratings((random.rand(40, 200) < share) * 1.0)
        assert set(map(kind_of, normal.batches(X, k))) == {kind}, (share, k)


@pytest.mark.parametrize("noise", [None, np.zeros((60, 3))], ids=["no noise", "noise"])
def test_a_matrix_that_is_not_positive_definite_is_said(noise):
    of_others, start, batches = np.ones((50, 3)), np.zeros((60, 3)), normal.batches(uneven(), 3)
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        normal.solutions(batches, of_others, np.ones(60), np.ones(50), -np.eye(3), start, noise)


def test_results_do_not_depend_on_how_many_cores_there_are(monkeypatch):
    X, found = as_ratings(planted()[0]), []
    monkeypatch.setattr(normal, "ROWS", 7)
    for number in (1, 3):
        monkeypatch.setattr("console.cores.cores", lambda number=number: number)
        found.append(everywhere(factorization.run(X, 3, 0.1), X))
    np.testing.assert_array_equal(*found)
