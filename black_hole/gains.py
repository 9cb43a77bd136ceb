"""The stations' unknown gains: solved for if the picture is known, and otherwise noise that baselines share.

A visibility of stations i and j is measured as g_i conj(g_j) V_ij + noise with g = exp(a + i phi), one gain for each
station and scan. The phases phi are free. The log amplitudes a are normal with an assumed standard deviation.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from console import InputError

from .eht import STATIONS, scans_of
from .observation import parts

LOOSE = {"LM": 0.5, "GL": 0.5, "AZ": 0.15, "PV": 0.15, "SP": 0.15}
AMPLITUDE_SD = np.array([LOOSE.get(name, 0.05) for name in STATIONS])
PHASE_SD = 10.0  # radians; all phases are as likely
SHORTEST = 0.1e9  # wavelengths; shorter baselines see the large jet, too
SYSTEMATIC = 0.02  # of |V|, added to the thermal noise in quadrature
FREEDOM = 4  # degrees of freedom of Student's t, the noise's distribution


class Network(NamedTuple):
    """M visibilities in S scans of T stations, and their noise."""

    scan: np.ndarray  # (M,) from 0 to S - 1
    first: np.ndarray  # (M,) from 0 to T - 1
    second: np.ndarray  # (M,) likewise
    value: np.ndarray  # (M,) Jy, complex
    sigma: np.ndarray  # (M,) Jy, thermal and systematic


def network(averages):
    """Return the Network of scan averages, a Visibilities."""
    sigma = np.hypot(averages.sigma, SYSTEMATIC * np.abs(averages.value))
    return Network(scans_of(averages.time), averages.first, averages.second, averages.value, sigma)


def long_baselines(averages):
    """Return the Visibilities of the baselines that do not see the large jet. Raises InputError if there are none."""
    long = np.hypot(averages.u, averages.v) >= SHORTEST
    if not long.any():
        raise InputError(f"no baseline is longer than {SHORTEST:g} wavelengths")
    return averages.take(long)


def solve_gains(net, model, steps=5):
    """Return the log gains a + i phi (S, T) that explain the measurements of a model's visibilities (M,).

    The phases start from the leading eigenvector of the matrix of V_ij conj(model_ij) / sigma^2, which has no local
    optima. Then Gauss-Newton steps minimise

        sum |V_ij - g_i conj(g_j) model_ij|^2 / sigma_ij^2 + sum (a_i / sd_i)^2.

    The change that a makes to a visibility is at right angles to that of phi, so each has a system of T equations in
    each scan. No visibility shows a phase that all stations share, so each step of phi is kept short by 10 radians.
    """
    S, T = net.scan.max() + 1, len(STATIONS)
    agreement = _add(net, net.value * model.conj() / net.sigma**2, S, T)
    leading = np.linalg.eigh(agreement + agreement.conj().transpose(0, 2, 1))[1][:, :, -1]
    log_gain = 1j * np.angle(leading)
    for _ in range(steps):
        predicted = apply_gains(net, log_gain, model)
        # a changes a visibility in the direction of its prediction, phi across it.
        weight = np.abs(predicted) ** 2 / net.sigma**2
        misfit = (net.value - predicted) * predicted.conj() / net.sigma**2
        a = _newton(net, weight, misfit.real, 1, log_gain.real, AMPLITUDE_SD)
        phi = _newton(net, weight, misfit.imag, -1, 0 * log_gain.real, PHASE_SD)
        log_gain = log_gain + np.clip(a, -0.5, 0.5) + 1j * np.clip(phi, -1, 1)
    return log_gain


def reweighted(net, model, inflation=1.0):
    """Return the log gains (S, T), and the Network with sigma / sqrt(w), if the noise has Student's t distribution.

    Two E-steps of EM give the weights w = (nu + 2) / (nu + |V - g_i conj(g_j) model|^2 / (inflation sigma)^2). Lange,
    Little and Taylor 1989, section 3.
    """
    sigma = net.sigma
    for _ in range(2):
        log_gain = solve_gains(net, model)
        misfit = np.abs(net.value - apply_gains(net, log_gain, model)) / (inflation * sigma)
        net = net._replace(sigma=sigma * np.sqrt((FREEDOM + misfit**2) / (FREEDOM + 2)))
    return log_gain, net


def apply_gains(net, log_gain, model):
    """Return g_i conj(g_j) model_ij, (M, ...), for the model's visibilities (M, ...)."""
    factor = np.exp(log_gain[net.scan, net.first] + log_gain[net.scan, net.second].conj())
    return factor.reshape(-1, *[1] * (np.ndim(model) - 1)) * model


def _add(net, values, S, T):
    """Return (S, T, T) with the values (M,) in the places of their scan and stations."""
    matrix = np.zeros((S, T, T), np.asarray(values).dtype)
    np.add.at(matrix, (net.scan, net.first, net.second), values)
    return matrix


def _newton(net, weight, misfit, sign, present, sd):
    """Return the steps (S, T) of a quantity x (S, T) that enters as x_i + sign x_j, with a normal prior around 0."""
    S, T = present.shape
    pair = _add(net, weight, S, T)
    ends = pair.sum(1) + pair.sum(2) + np.broadcast_to(1 / np.square(sd), (S, T))
    normal = sign * (pair + pair.transpose(0, 2, 1)) + ends[:, :, None] * np.eye(T)
    pull = _add(net, misfit, S, T)
    right = pull.sum(2) + sign * pull.sum(1) - present / np.square(sd)
    return np.linalg.solve(normal, right[:, :, None])[:, :, 0]


def whiten(net, log_gain, model, F, inflation=1.0):
    """Return F (2M, N) and y (2M,) such that y = F x + noise of unit variance, given the picture's model (M,).

    V = F x, F (M, N) complex, is linearised at the model and the gains. The Cholesky factor of each scan's
    `shared_noise` whitens, so that only closures keep any weight.
    """
    predicted = apply_gains(net, log_gain, model)
    a = log_gain.real
    value = net.value + predicted * (a[net.scan, net.first] + a[net.scan, net.second])
    together = np.concatenate([apply_gains(net, log_gain, F), value[:, None]], axis=1)
    white = [solve_triangular(np.linalg.cholesky(shared_noise(net, own, predicted[own], inflation)),
                              parts(together[own]), lower=True, check_finite=False) for own in scan_rows(net)]
    white = np.concatenate(white)
    return white[:, :-1], white[:, -1]


def scan_rows(net):
    """Return a list of the indices of each scan's rows."""
    return [np.flatnonzero(net.scan == s) for s in np.unique(net.scan)]


def shared_noise(net, own, predicted, inflation=1.0):
    """Return the covariance (2m, 2m) of the rows `own` (m,) of a scan, given their predicted visibilities (m,).

    What is unknown of the gains is noise that all baselines of a station share. With J the derivatives by a and phi,
    the covariance is inflation^2 sigma^2 + J_a sd^2 J_a^T + 100 J_phi J_phi^T.
    """
    T = len(STATIONS)
    first, second = np.eye(T)[net.first[own]], np.eye(T)[net.second[own]]
    by_a = parts(predicted[:, None] * (first + second) * AMPLITUDE_SD)
    by_phi = parts(1j * predicted[:, None] * (first - second) * PHASE_SD)
    thermal = np.tile(inflation * net.sigma[own], 2) ** 2
    return np.diag(thermal) + by_a @ by_a.T + by_phi @ by_phi.T
