"""The Gaussian hidden Markov model in plain loops: slow, obvious, and what ghmm.py is held against.

A film of N pixels is a list of T lists. Pixel i of frame t follows from all pixels j of the frame before, and one
number is measured at a time. Then S is a number, and no matrix is inverted. Nothing here is shared with the module that
it judges.
"""

from math import log, pi


def times(A, x):
    """A x."""
    return [sum(A[i][j] * x[j] for j in range(len(x))) for i in range(len(A))]


def carried(A, P, Q):
    """A P A^T + Q."""
    N = range(len(P))
    AP = [[sum(A[i][k] * P[k][j] for k in N) for j in N] for i in N]
    return [[sum(AP[i][k] * A[j][k] for k in N) + Q[i][j] for j in N] for i in N]


def measure(mean, P, f, y):
    """Bayes' rule for one number y = f . x + noise of variance 1: the new mean, covariance, and log N(y)."""
    N = range(len(mean))
    Pf = [sum(P[i][j] * f[j] for j in N) for i in N]
    S = sum(f[i] * Pf[i] for i in N) + 1
    off = y - sum(f[i] * mean[i] for i in N)
    mean = [mean[i] + Pf[i] * off / S for i in N]
    P = [[P[i][j] - Pf[i] * Pf[j] / S for j in N] for i in N]
    return mean, P, -(log(2 * pi * S) + off * off / S) / 2


def filtered(y, F, mu, Lambda, A, Q):
    """The mean and covariance of each frame given the measurements so far, and the log-likelihood of all."""
    frames, log_likelihood = [], 0.0
    mean, P = list(mu), [list(row) for row in Lambda]
    for t in range(len(y)):
        if t > 0:
            mean, P = times(A, mean), carried(A, P, Q)
        for f, number in zip(F[t], y[t], strict=True):
            mean, P, of_number = measure(mean, P, f, number)
            log_likelihood += of_number
        frames.append((mean, P))
    return frames, log_likelihood


def smoothed(y, F, mu, Lambda, A, Q):
    """The mean of each frame given all measurements, and the covariance of all frames in one tall vector.

    The tall vector's prior is written down number by number: frame t is A times frame t-1 plus noise, so
    cov(x_t, x_s) = A cov(x_{t-1}, x_s). Then each measurement is one use of Bayes' rule.
    """
    T, N = len(y), len(mu)
    mean, cov = list(mu), {(0, 0): [list(row) for row in Lambda]}
    for t in range(1, T):
        mean += times(A, mean[-N:])
        cov[t, t] = carried(A, cov[t - 1, t - 1], Q)
        for s in range(t):
            cov[t, s] = [[sum(A[i][k] * cov[t - 1, s][k][j] for k in range(N)) for j in range(N)] for i in range(N)]
            cov[s, t] = [[cov[t, s][j][i] for j in range(N)] for i in range(N)]
    P = [[cov[a // N, b // N][a % N][b % N] for b in range(T * N)] for a in range(T * N)]
    for t in range(T):
        for f, number in zip(F[t], y[t], strict=True):
            tall = [0.0] * (t * N) + list(f) + [0.0] * ((T - 1 - t) * N)
            mean, P, _ = measure(mean, P, tall, number)
    return [mean[t * N : (t + 1) * N] for t in range(T)], P
