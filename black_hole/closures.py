"""Closures, which the stations' gains cannot change: phases around three stations, amplitudes around four."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from console import InputError

from .gains import scan_rows


class Closures(NamedTuple):
    """K sums of phases or of log amplitudes: rows of the measurements, each with a sign."""

    rows: np.ndarray  # (K, 3 or 4) index of a visibility
    sign: np.ndarray  # (K, 3 or 4) of its phase or log amplitude
    stations: np.ndarray  # (K, 3 or 4)


def triangles(net):
    """Return the Closures of all triangles i, j, k: phase ij + jk - ik."""
    return _closures(net, 3, [((0, 1, 1), (1, 2, 1), (0, 2, -1))])


def quadrangles(net):
    """Return the Closures of all quadrangles i, j, k, l: log amplitude ij + kl - ik - jl, and two others.

    Raises InputError if no scan has the baselines of one.
    """
    found = _closures(net, 4, [
        ((0, 1, 1), (2, 3, 1), (0, 2, -1), (1, 3, -1)),
        ((0, 1, 1), (2, 3, 1), (0, 3, -1), (1, 2, -1)),
        ((0, 2, 1), (1, 3, 1), (0, 3, -1), (1, 2, -1)),
    ])
    if not len(found.rows):
        raise InputError("no scan has four stations whose baselines close; closure amplitudes need four")
    return found


def _closures(net, corners, patterns):
    """Return the Closures of each pattern of sides (a, b, sign) around each set of `corners` stations in a scan."""
    found, turned = [], -1 if corners == 3 else 1  # from j to i the phase is the opposite, the amplitude the same
    for own in scan_rows(net):
        row_of = {(net.first[k], net.second[k]): (k, 1) for k in own}
        row_of |= {(j, i): (k, turned) for (i, j), (k, _) in row_of.items()}
        for stations in combinations(sorted({*net.first[own], *net.second[own]}), corners):
            for pattern in patterns:
                sides = [row_of.get((stations[a], stations[b])) for a, b, _ in pattern]
                if all(sides):
                    rows, turns = np.transpose(sides)
                    found.append((rows, turns * [sign for *_, sign in pattern], stations))
    return Closures(*np.array(found, int).reshape(-1, 3, corners).transpose(1, 0, 2))


def closure_phases(closures, value):
    """Return the closure phases (K,) of visibilities (M,), in radians from -pi to pi."""
    return _wrap((closures.sign * np.angle(value)[closures.rows]).sum(1))


def log_closure_amplitudes(closures, value):
    """Return the log closure amplitudes (K,) of visibilities (M,)."""
    return (closures.sign * np.log(np.abs(value))[closures.rows]).sum(1)


def closure_sigma(closures, net):
    """Return the standard deviations (K,), noise over signal, of strong signals' closures; phases are in radians."""
    return np.sqrt(((net.sigma / np.abs(net.value))[closures.rows] ** 2).sum(1))


def chi2(net, model):
    """Return the mean squares of closure phases' and log closure amplitudes' misfits by sigma; the model is (M,)."""
    around, across = triangles(net), quadrangles(net)
    phases = _wrap(closure_phases(around, net.value) - closure_phases(around, model))
    amplitudes = log_closure_amplitudes(across, net.value) - log_closure_amplitudes(across, model)
    return tuple(float(((misfit / closure_sigma(closures, net)) ** 2).mean())
                 for misfit, closures in ((phases, around), (amplitudes, across)))


def _wrap(angle):
    return (angle + np.pi) % (2 * np.pi) - np.pi
