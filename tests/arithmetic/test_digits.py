"""No digits are lost in silence: the course's modules on data of any location and spread, against exact plain loops."""

import contextlib

import numpy as np
import pytest
from scipy.sparse import csr_array

import common
import em
import kmeans
import naive_em
from arithmetic import complete, gaps
from tests import exact, mixed


@pytest.mark.parametrize("form", [np.array, csr_array])
def test_em(form):
    told = []
    for X, mixture, post, floor in mixed.rating_cases():
        expected, part = mixed.check_estep(em.estep(form(X), mixture), *exact.log_joint(X, X != 0, mixture, 1e-16))
        filled = np.where(X != 0, exact.numbers(X), expected @ exact.numbers(mixture.mu))
        mixed.check(em.fill_matrix(form(X), mixture), filled, (mixed.as_float(expected) * part) @ np.abs(mixture.mu))
        mixed.check_em(em.mstep(form(X), post, mixture, floor), X, post, mixture, floor)
        told.append(part.max(axis=1) < 2e-8)
    assert np.concatenate(told).mean() > 0.4  # else little has been looked at


def test_naive_em():
    told = []
    for X, mixture, post in mixed.point_cases():
        observed = np.ones(X.shape, dtype=bool)
        _, part = mixed.check_estep(naive_em.estep(X, mixture), *exact.log_joint(X, observed, mixture))
        mixed.check_complete(naive_em.mstep(X, post, mixture), X, post, mixture)
        told.append(part.max(axis=1) < 2e-8)
    assert np.concatenate(told).mean() > 0.4


def test_kmeans():
    for X, mixture, post in mixed.point_cases():
        mixed.check_nearest(kmeans.estep(X, mixture), X, mixture.mu)
        new, cost = kmeans.mstep(X, post, mixture)
        mixed.check_complete(new, X, post, mixture)
        mixed.check_cost(cost, X, post, mixture)


def test_a_narrow_group_at_0_beside_one_at_1e9():
    """What lies near 0 has more digits than the distance to the middle of all points."""
    random = np.random.RandomState(0)
    for sd in (1e-3, 1e-5, 1e-6):
        X = np.concatenate([random.normal(0, sd, (20, 2)), random.normal(1e9, 10, (20, 2))])
        post = np.repeat(np.eye(2), 20, axis=0)
        found = naive_em.mstep(X, post)
        for j, group in enumerate((X[:20], X[20:])):
            alone = group, np.ones(group.shape, dtype=bool), np.ones((20, 1)), found._replace(mu=found.mu[[j]])
            mu, distance, seen = (part[0] for part in exact.mstep(*alone, 1e-12))
            mixed.check(found.var[j], distance / seen, 1e-8 * float(distance / seen))
            mixed.check(found.mu[j], mu, 1e-15 * np.abs(group).max(axis=0))


class Stopped(Exception):
    pass


def iterations(module, X, mixture, number=3, **options):
    """Yield the mixture before, the value, and the mixture after each of the first iterations of a run."""
    seen = []

    def callback(*given):
        seen.append(given)
        if len(seen) == number:
            raise Stopped

    with contextlib.suppress(Stopped):
        module.run(X, mixture, callback=callback, **options)
    for value, after in seen:
        yield mixture, value, after
        mixture = after


def started(X, mixture, seed=0):
    """The course's start and the mixture given, where there are points enough."""
    K = len(mixture.p)
    return [mixture] if len(X) < K else [mixture, common.init(X, K, seed)[0]]


@pytest.mark.parametrize("form", [np.array, csr_array])
def test_runs_of_em(form):
    for X, mixture, _, floor in mixed.rating_cases(4):
        for start in started(X, mixture):
            for before, log_likelihood, after in iterations(em, form(X), start, min_variance=floor):
                log_joint = exact.log_joint(X, X != 0, before, 1e-16)
                post, part = mixed.check_estep((em.estep(X, before)[0], log_likelihood), *log_joint)
                mixed.check_em(after, X, post, before, floor, 3 * part.max())


def test_runs_of_naive_em(monkeypatch):
    monkeypatch.setattr(complete.Points.blocks, "__defaults__", (5,))
    for X, mixture, _ in mixed.point_cases(8):
        observed = np.ones(X.shape, dtype=bool)
        for start in started(X, mixture):
            for before, log_likelihood, after in iterations(naive_em, X, start):
                log_joint = exact.log_joint(X, observed, before)
                post, part = mixed.check_estep((naive_em.estep(X, before)[0], log_likelihood), *log_joint)
                mixed.check_complete(after, X, post, before, 3 * part.max())


def test_runs_of_kmeans(monkeypatch):
    monkeypatch.setattr(complete.Points.blocks, "__defaults__", (5,))
    for X, mixture, _ in mixed.point_cases(8):
        for start in started(X, mixture):
            for before, cost, after in iterations(kmeans, X, start):
                post = kmeans.estep(X, before)
                mixed.check_nearest(post, X, before.mu)
                mixed.check_complete(after, X, post, before)
                mixed.check_cost(cost, X, post, before)


def test_init():
    for X, mixture, _ in mixed.point_cases():
        start, _ = common.init(X, min(len(X), len(mixture.p)))
        expected = exact.init_variances(X, start.mu)
        mixed.check(start.var, expected, 1e-8 * mixed.as_float(expected))
        mixed.check(common.init(csr_array(X), len(start.p))[0].var, expected, 1e-8 * mixed.as_float(expected))


def refuse(*given):
    raise AssertionError("the slow way")


@pytest.mark.parametrize("offset", [0, 5, 1e3, 1e6, -1e9])
def test_ordinary_data_and_an_offset_take_no_differences(offset, monkeypatch):
    """Differences are exact, but slow; matrix products do for data that are merely far from 0."""
    for module, name in ((gaps, "differences"), (complete, "differences"), (kmeans, "moments")):
        monkeypatch.setattr(module, name, refuse)
    random = np.random.RandomState(0)
    X = (3 * random.randint(3, size=(300, 1)) + random.normal(size=(300, 6)) + offset) * np.arange(1, 7)
    start, _ = common.init(X, 3)
    naive_em.run(X, start)
    kmeans.run(X, start._replace(mu=start.mu + 0.1))  # at its own mean a point has lost all digits
    X[random.rand(300, 6) < 0.3] = 0
    X[:30, 1:] = 0  # users with one rating
    X[1:, 5] = 0  # a movie with one rating
    for form in (X, csr_array(X)):
        em.run(form, start)


def test_a_single_far_point_takes_no_second_pass(monkeypatch):
    monkeypatch.setattr(kmeans, "moments", refuse)
    X = np.vstack([np.random.RandomState(0).normal(size=(99, 2)), [[50.0, 50]]])
    start, _ = common.init(X, 3)
    mixture, _, _ = kmeans.run(X, start._replace(mu=np.array([[-1.0, 0], [1, 0], [40, 40]])))
    assert mixture.p[2] == 0.01 and mixture.mu[2].tolist() == [50, 50] and mixture.var[2] == start.var[2]
