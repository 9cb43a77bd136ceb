"""The published answers, from the course's own files."""

import numpy as np
import pytest

import data
import em
import kmeans
import naive_em
from common import bic, init, rmse
from data import course


@pytest.fixture(scope="module")
def toy(course_files):
    return data.toy(course_files)


@pytest.fixture(scope="module")
def netflix(course_files):
    return data.netflix(course_files)


def best(run, X, K, choose):
    return choose((run(X, *init(X, K, seed)) for seed in course.SEEDS), key=lambda result: result[2])


@pytest.mark.parametrize("K, cost", course.KMEANS_COST.items())
def test_kmeans_cost(toy, K, cost):
    assert best(kmeans.run, toy, K, min)[2] == pytest.approx(cost, abs=1e-4)


@pytest.mark.parametrize("K, log_likelihood", course.TOY_LOG_LIKELIHOOD.items())
def test_toy_log_likelihood_and_bic(toy, K, log_likelihood):
    mixture, _, value = best(naive_em.run, toy, K, max)
    assert value == pytest.approx(log_likelihood, abs=1e-4)
    assert bic(toy, mixture, value) == pytest.approx(course.TOY_BIC[K], abs=1e-4)


@pytest.mark.parametrize("K, log_likelihood", course.FIRST_LOG_LIKELIHOOD.items())
def test_first_log_likelihood(toy, K, log_likelihood):
    mixture, _ = init(toy, K, 0)
    assert naive_em.estep(toy, mixture)[1] == pytest.approx(log_likelihood, abs=1e-4)


@pytest.mark.parametrize("K, log_likelihood", course.NETFLIX_LOG_LIKELIHOOD.items())
def test_netflix(netflix, K, log_likelihood):
    X, complete = netflix
    mixture, _, value = best(em.run, X, K, max)
    assert value == pytest.approx(log_likelihood, abs=1e-4)
    if K in course.NETFLIX_RMSE:
        assert rmse(complete, em.fill_matrix(X, mixture)) == pytest.approx(course.NETFLIX_RMSE[K], abs=1e-12)


def test_every_stage_of_the_debugging_case(course_files):
    X, complete, expected = data.test_case(course_files)

    def agree(ours, theirs):  # printed with 8 significant digits
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=5e-9)

    start, post = init(X, expected.K, 0)
    agree(X, expected.X)
    agree(complete, expected.X_gold)
    for ours, theirs in zip(start, expected.mixture, strict=True):
        agree(ours, theirs)
    post, log_likelihood = em.estep(X, start)
    agree(post, expected.estep_post)
    assert log_likelihood == pytest.approx(expected.estep_log_likelihood, rel=1e-13)
    for ours, theirs in zip(em.mstep(X, post, start), expected.mstep_mixture, strict=True):
        agree(ours, theirs)
    mixture, post, log_likelihood = em.run(X, start, post)
    for ours, theirs in zip(mixture, expected.run_mixture, strict=True):
        agree(ours, theirs)
    agree(post, expected.run_post)
    assert log_likelihood == pytest.approx(expected.run_log_likelihood, rel=1e-12)
    X_pred = em.fill_matrix(X, mixture)
    agree(X_pred, expected.X_pred)
    assert rmse(complete, X_pred) == pytest.approx(expected.rmse, rel=1e-12)
