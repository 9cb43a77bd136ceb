"""EM for a Gaussian hidden Markov model: a film that nobody sees, measured frame by frame.

    x_1 ~ N(mu, Lambda),    x_t = A x_{t-1} + w_t,  w_t ~ N(0, Q),    y_t = F_t x_t + noise of variance 1

The E-step is the posterior of all frames: forward the Kalman filter (Kalman 1960), backward the smoother (Rauch, Tung
and Striebel 1965). The M-step makes A, Q, mu and Lambda likely given the frames (Shumway and Stoffer 1982). A is a warp
A(theta), so theta has a Newton step in place of a formula, as in StarWarps (Bouman and others 2017).

This is the model to read, with N x N matrices. `film` has the same posterior in the space of the measurements.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

SMALL = 1e-4  # of theta, for the slope of A(theta)


class Model(NamedTuple):
    """A film's first frame and how each frame follows from the one before."""

    mu: np.ndarray  # (N,)
    Lambda: np.ndarray  # (N, N)
    A: np.ndarray  # (N, N)
    Q: np.ndarray  # (N, N)


class Posterior(NamedTuple):
    """The hidden frames given all measurements."""

    mean: np.ndarray  # (T, N) E[x_t]
    cov: np.ndarray  # (T, N, N) cov[x_t]
    cross: np.ndarray  # (T - 1, N, N) cov[x_t, x_{t-1}]


def estep(y, F, model):
    """E-step: the Posterior of the frames, and the log-likelihood of T vectors y (m_t,), given as many F (m_t, N)."""
    predicted, filtered, log_likelihood = forward(y, F, model)
    return backward(predicted, filtered, model), log_likelihood


def forward(y, F, model):
    """Return (mean, cov) of each x_t given y_1 ... y_{t-1}, then given y_1 ... y_t, and the log-likelihood."""
    predicted, filtered, log_likelihood = [], [], 0.0
    mean, cov = model.mu, model.Lambda
    for t, (y_t, F_t) in enumerate(zip(y, F, strict=True)):
        if t:
            mean, cov = model.A @ mean, model.A @ cov @ model.A.T + model.Q
        predicted.append((mean, cov))
        innovation, S = y_t - F_t @ mean, F_t @ cov @ F_t.T + np.eye(len(y_t))
        log_likelihood += log_normal(innovation, S)
        gain = np.linalg.solve(S, F_t @ cov).T  # cov F^T S^-1, with a matrix as small as the measurements are few
        mean, cov = mean + gain @ innovation, cov - gain @ F_t @ cov
        filtered.append((mean, cov))
    return predicted, filtered, log_likelihood


def log_normal(x, cov):
    """Return log N(x; 0, cov); 0 of no measurement."""
    return -(x @ np.linalg.solve(cov, x) + np.linalg.slogdet(2 * np.pi * cov)[1]) / 2


def backward(predicted, filtered, model):
    """Return the Posterior; what later frames say comes back through J = cov[x_t] A^T cov[x_{t+1}]^-1."""
    mean, cov = filtered[-1]
    means, covs, crosses = [mean], [cov], []
    for (m, P), (m_next, P_next) in zip(filtered[-2::-1], predicted[:0:-1], strict=True):
        J = np.linalg.lstsq(P_next, model.A @ P, rcond=None)[0].T
        crosses.append(cov @ J.T)  # cov[x_{t+1}, x_t]
        mean, cov = m + J @ (mean - m_next), P + J @ (cov - P_next) @ J.T
        means.append(mean)
        covs.append(cov)
    N = len(mean)
    return Posterior(np.array(means[::-1]), np.array(covs[::-1]), np.array(crosses[::-1]).reshape(-1, N, N))


def moments(posterior):
    """Return the sums of E[x_t x_t^T], E[x_t x_{t-1}^T] and E[x_{t-1} x_{t-1}^T] over t = 2 ... T, each (N, N)."""
    mean, cov, cross = posterior
    return (mean[1:].T @ mean[1:] + cov[1:].sum(0), mean[1:].T @ mean[:-1] + cross.sum(0),
            mean[:-1].T @ mean[:-1] + cov[:-1].sum(0))


def mstep(posterior, model, shapes, warp=None, theta=()):
    """M-step: the Model that makes the expected frames most likely, and theta.

    One film cannot tell N^2 numbers, so mu, Lambda and Q are multiples of given shapes, and A is A(theta):

        mu = m mu_0,        m = mu_0^T Lambda_0^-1 E[x_1] / mu_0^T Lambda_0^-1 mu_0
        Lambda = l Lambda_0,  l = tr Lambda_0^-1 E[(x_1 - mu)(x_1 - mu)^T] / N
        Q = q Q_0,          q = tr Q_0^-1 E[sum (x_t - A x_{t-1})(x_t - A x_{t-1})^T] / N (T - 1)

    Args:
        shapes: mu_0 (N,), Lambda_0 (N, N) and Q_0 (N, N).
        warp: warp(theta) returns A (N, N); None keeps A.
        theta: the current one, (k,).
    """
    mu_0, Lambda_0, Q_0 = shapes
    N, first, T = len(mu_0), posterior.mean[0], len(posterior.mean)
    by_Lambda, by_Q = cho_factor(Lambda_0), cho_factor(Q_0)
    weighted = cho_solve(by_Lambda, mu_0)
    mu = (weighted @ first) / (weighted @ mu_0) * mu_0
    scatter = posterior.cov[0] + np.outer(first - mu, first - mu)
    Lambda = np.trace(cho_solve(by_Lambda, scatter)) / N * Lambda_0
    A, Q = model.A, model.Q
    if T > 1:
        if warp:
            theta, A = newton(moments(posterior), by_Q, warp, np.array(theta, dtype=float))
        Q = np.trace(cho_solve(by_Q, misfit(moments(posterior), A))) / (N * (T - 1)) * Q_0
    return Model(mu, Lambda, A, Q), theta


def misfit(sums, A):
    """Return E[sum (x_t - A x_{t-1})(x_t - A x_{t-1})^T], (N, N)."""
    now, both, before = sums
    return now - A @ both.T - both @ A.T + A @ before @ A.T


def newton(sums, by_Q, warp, theta):
    """Return theta and A(theta) after a Gauss-Newton step that makes tr Q_0^-1 misfit smaller, or where they were.

    With A_k = dA / d theta_k, slope_k = tr A_k^T Q_0^-1 (both - A before), curvature_kl = tr A_k^T Q_0^-1 A_l before.
    """
    def cost(A):
        return np.trace(cho_solve(by_Q, misfit(sums, A)))

    _, both, before = sums
    A = warp(theta)
    slopes = [(warp(theta + step) - warp(theta - step)) / (2 * SMALL) for step in SMALL * np.eye(len(theta))]
    solved = [cho_solve(by_Q, A_k) for A_k in slopes]
    slope = np.array([np.vdot(A_k, both - A @ before) for A_k in solved])
    curvature = np.array([[np.vdot(A_k, A_l @ before) for A_l in slopes] for A_k in solved])
    step = np.linalg.solve(curvature, slope)
    while np.abs(step).max() > 1e-12 * (1 + np.abs(theta).max()):
        if cost(warp(theta + step)) < cost(A):
            return theta + step, warp(theta + step)
        step = step / 2
    return theta, A


def run(y, F, model, shapes, warp=None, theta=(), most=100):
    """Repeat E-step and M-step until the log-likelihood improves by at most 1e-6 of its size, `most` times at most.

    Returns the Model after the last M-step, theta, and the log-likelihoods of all E-steps.
    """
    history = []
    while len(history) < most:
        posterior, log_likelihood = estep(y, F, model)
        model, theta = mstep(posterior, model, shapes, warp, theta)
        history.append(log_likelihood)
        if len(history) > 1 and not history[-1] - history[-2] > 1e-6 * abs(history[-1]):
            break
    return model, theta, np.array(history)
