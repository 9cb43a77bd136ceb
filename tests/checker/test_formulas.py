"""The right formulas, held against the plain loops."""

import numpy as np
import pytest

import plain_loops
from checker import formulas
from checker.probes import ordinary, rare_movies, slow, small_variance
from data import sample


@pytest.mark.parametrize("probe", [ordinary, lambda: ordinary(silent=[2], unrated=[1]), rare_movies, small_variance])
def test_right_steps_agree_with_the_oracle(probe):
    X, post, mixture = probe()
    for ours, plain in zip(formulas.estep(X, mixture), plain_loops.em_estep(X, mixture), strict=False):
        np.testing.assert_allclose(ours, plain, rtol=1e-10)
    for ours, plain in zip(formulas.mstep(X, post, mixture), plain_loops.em_mstep(X, post, mixture), strict=False):
        np.testing.assert_allclose(ours, plain, rtol=1e-10)
    np.testing.assert_allclose(formulas.fill(X, mixture), plain_loops.em_fill(X, mixture), rtol=1e-10)


def test_right_run_agrees_with_the_oracle():
    X, _, mixture = slow()
    mixture_o, post_o, log_likelihood_o = plain_loops.em_run(X, mixture)
    (mu, var, p), post, log_likelihood = formulas.LOOPS["em"].path(X, mixture)[-1]
    for ours, plain in [(mu, mixture_o.mu), (var, mixture_o.var), (p, mixture_o.p), (post, post_o)]:
        np.testing.assert_allclose(ours, plain, atol=1e-9)
    assert log_likelihood == pytest.approx(log_likelihood_o, rel=1e-12)


def test_right_steps_on_complete_data_agree_with_the_oracle():
    X = sample.toy()[:40]
    mixture = plain_loops.init(X, 3, 0)
    post, log_likelihood = formulas.naive_estep(X, mixture)
    plain_post, plain = plain_loops.naive_estep(X, mixture)
    np.testing.assert_allclose(post, plain_post, rtol=1e-8, atol=1e-14)
    assert log_likelihood == pytest.approx(plain)
    for ours, theirs in zip(formulas.naive_mstep(X, post), plain_loops.naive_mstep(X, post), strict=False):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    hard = formulas.kmeans_estep(X, mixture)
    np.testing.assert_array_equal(hard, plain_loops.kmeans_estep(X, mixture))
    (mu, _, _), cost = formulas.kmeans_mstep(X, hard)
    assert cost == pytest.approx(plain_loops.kmeans_cost(X, hard, mu))
