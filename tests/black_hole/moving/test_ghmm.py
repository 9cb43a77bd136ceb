"""The hidden Markov model, against plain loops, the joint Gaussian of all frames, and a general optimiser."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from black_hole.moving import ghmm
from tests.black_hole.moving import plain_loops


def positive(rng, N):
    root = rng.randn(N, N)
    return root @ root.T / N + 0.1 * np.eye(N)


@pytest.fixture
def small():
    """A film of 5 frames and 4 pixels, of which the third is not measured, and a model."""
    rng = np.random.RandomState(0)
    model = ghmm.Model(rng.randn(4), positive(rng, 4), rng.randn(4, 4) / 2, positive(rng, 4))
    F = [rng.randn(m, 4) for m in (2, 3, 0, 1, 5)]
    return [rng.randn(len(each)) for each in F], F, model


def joint(F, model):
    """Return mean and covariance of all frames in one vector, and the F of all measurements."""
    T, N = len(F), len(model.mu)
    # x = L (x_1 - mu, w_2 ... w_T) + mean, with blocks A^(t-s).
    L = np.block([[np.linalg.matrix_power(model.A, t - s) if t >= s else np.zeros((N, N)) for s in range(T)]
                  for t in range(T)])
    D = np.kron(np.eye(T), model.Q)
    D[:N, :N] = model.Lambda
    tall = np.zeros((sum(map(len, F)), T * N))
    row = 0
    for t, each in enumerate(F):
        tall[row : row + len(each), t * N : (t + 1) * N] = each
        row += len(each)
    return L[:, :N] @ model.mu, L @ D @ L.T, tall


def test_smoother_is_the_joint_gaussian(small):
    y, F, model = small
    mean, cov, tall = joint(F, model)
    S = tall @ cov @ tall.T + np.eye(len(tall))
    gain = np.linalg.solve(S, tall @ cov).T
    expected, left = mean + gain @ (np.concatenate(y) - tall @ mean), cov - gain @ tall @ cov
    posterior, log_likelihood = ghmm.estep(y, F, model)
    np.testing.assert_allclose(posterior.mean.ravel(), expected, atol=1e-10)
    blocks = left.reshape(5, 4, 5, 4)
    for t in range(5):
        np.testing.assert_allclose(posterior.cov[t], blocks[t, :, t], atol=1e-10)
        if t:
            np.testing.assert_allclose(posterior.cross[t - 1], blocks[t, :, t - 1], atol=1e-10)
    assert log_likelihood == pytest.approx(multivariate_normal(tall @ mean, S).logpdf(np.concatenate(y)), abs=1e-10)


def test_plain_loops_say_the_same(small):
    y, F, model = small
    posterior, log_likelihood = ghmm.estep(y, F, model)
    _, filtered, _ = ghmm.forward(y, F, model)
    frames, in_loops = plain_loops.filtered(y, F, *model)
    assert log_likelihood == pytest.approx(in_loops, abs=1e-10)
    for (mean, cov), (loop_mean, loop_cov) in zip(filtered, frames, strict=True):
        np.testing.assert_allclose(mean, loop_mean, atol=1e-10)
        np.testing.assert_allclose(cov, loop_cov, atol=1e-10)
    np.testing.assert_allclose(posterior.mean, plain_loops.smoothed(y, F, *model)[0], atol=1e-10)


def test_one_frame_is_the_static_formula(small):
    y, F, model = small
    posterior, log_likelihood = ghmm.estep(y[:1], F[:1], model)
    precision = np.linalg.inv(model.Lambda) + F[0].T @ F[0]
    expected = np.linalg.solve(precision, F[0].T @ y[0] + np.linalg.solve(model.Lambda, model.mu))
    np.testing.assert_allclose(posterior.mean, [expected], atol=1e-10)
    np.testing.assert_allclose(posterior.cov, [np.linalg.inv(precision)], atol=1e-10)
    S = F[0] @ model.Lambda @ F[0].T + np.eye(2)
    assert log_likelihood == pytest.approx(multivariate_normal(F[0] @ model.mu, S).logpdf(y[0]))


def test_a_film_without_measurements_is_the_prior(small):
    _, F, model = small
    posterior, log_likelihood = ghmm.estep([np.zeros(0)] * 5, [each[:0] for each in F], model)
    mean, cov, _ = joint(F, model)
    assert log_likelihood == 0
    np.testing.assert_allclose(posterior.mean.ravel(), mean, atol=1e-10)
    np.testing.assert_allclose(posterior.cov[4], cov[16:, 16:], atol=1e-10)


def turn(theta):
    """A(theta): pixels 1 and 2 turn into each other, pixel 3 grows."""
    return expm(theta[0] * np.array([[0, -1, 0], [1, 0, 0], [0, 0, 0]]) + np.diag([0, 0, 0.05]))


@pytest.fixture
def turning():
    """Measurements of 8 frames that turn by 0.4, the shapes, and a model to start from."""
    rng = np.random.RandomState(1)
    shapes = np.array([2.0, 1.0, -1.0]), positive(rng, 3), positive(rng, 3)
    x, y, F = shapes[0] + rng.randn(3), [], [5 * rng.randn(m, 3) for m in (2, 3, 1, 2, 0, 3, 2, 2)]
    for each in F:
        y.append(each @ x + rng.randn(len(each)))
        x = turn([0.4]) @ x + 0.1 * rng.randn(3)
    return y, F, ghmm.Model(shapes[0], shapes[1], turn([0.2]), shapes[2]), shapes


def test_em_climbs_to_where_a_general_optimiser_arrives(turning):
    y, F, model, shapes = turning
    theta, history = [0.2], []
    for _ in range(600):
        posterior, log_likelihood = ghmm.estep(y, F, model)
        model, theta = ghmm.mstep(posterior, model, shapes, turn, theta)
        history.append(log_likelihood)
    assert np.diff(history).min() > -1e-9
    assert history[-1] > history[0] + 1

    def cost(p):
        one = ghmm.Model(p[0] * shapes[0], np.exp(p[1]) * shapes[1], turn(p[2:3]), np.exp(p[3]) * shapes[2])
        return -ghmm.forward(y, F, one)[2]

    best = minimize(cost, [1, 0, 0.2, 0], method="L-BFGS-B", bounds=[(-9, 9), (-12, 9), (-1, 1), (-12, 9)])
    assert history[-1] == pytest.approx(-best.fun, abs=0.02)
    assert theta[0] == pytest.approx(best.x[2], abs=0.003)
    assert theta[0] == pytest.approx(0.4, abs=0.1)


def expected_log_density(posterior, model):
    """Return E[log p(x_1 ... x_T)] of the hidden frames, from the formula of the density."""
    N, first = len(model.mu), posterior.mean[0] - model.mu
    value = -np.linalg.slogdet(model.Lambda)[1] - np.trace(
        np.linalg.solve(model.Lambda, posterior.cov[0] + np.outer(first, first)))
    for t in range(1, len(posterior.mean)):
        both = np.concatenate([posterior.mean[t], posterior.mean[t - 1]])
        cov = np.block([[posterior.cov[t], posterior.cross[t - 1]], [posterior.cross[t - 1].T, posterior.cov[t - 1]]])
        step = np.hstack([np.eye(N), -model.A])
        value -= np.linalg.slogdet(model.Q)[1] + np.trace(
            np.linalg.solve(model.Q, step @ (cov + np.outer(both, both)) @ step.T))
    return value / 2


def test_mstep_is_the_maximum(turning):
    y, F, model, shapes = turning
    posterior, _ = ghmm.estep(y, F, model)
    theta = [0.2]
    for _ in range(20):  # Newton steps for theta, the rest is exact
        model, theta = ghmm.mstep(posterior, model, shapes, turn, theta)
    best = expected_log_density(posterior, model)
    for factor in (0.999, 1.001):
        for one in (model._replace(mu=factor * model.mu), model._replace(Lambda=factor * model.Lambda),
                    model._replace(Q=factor * model.Q), model._replace(A=turn([factor * theta[0]]))):
            assert expected_log_density(posterior, one) < best


def test_run_stops_and_keeps_what_one_frame_does_not_say(turning):
    y, F, model, shapes = turning
    found, theta, history = ghmm.run(y, F, model, shapes, turn, [0.2], most=30)
    assert np.diff(history).min() > -1e-9 and 2 <= len(history) <= 30
    np.testing.assert_allclose(found.A, turn(theta))
    alone, theta, _ = ghmm.run(y[:1], F[:1], model, shapes, turn, [0.2], most=3)
    assert theta == [0.2]
    np.testing.assert_array_equal(alone.Q, model.Q)
