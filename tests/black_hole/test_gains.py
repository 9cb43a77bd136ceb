"""Gains, against planted ones, finite differences and the dense covariance."""

import numpy as np
from scipy.stats import multivariate_t

from black_hole import eht, gains
from tests.black_hole.cases import random_gains


def test_gains_of_noiseless_data_are_recovered(net, monkeypatch):
    monkeypatch.setattr(gains, "AMPLITUDE_SD", np.full(len(eht.STATIONS), 100.0))
    truth = random_gains(net, 3)
    model = np.exp(2j * np.random.RandomState(4).rand(len(net.value)))
    sure = net._replace(value=gains.apply_gains(net, truth, model), sigma=np.full(len(model), 1e-3))
    found = gains.solve_gains(sure, model, steps=20)
    full = np.bincount(net.scan) > 3  # of two or three stations' amplitudes only products are seen
    rows = full[net.scan]
    np.testing.assert_allclose(gains.apply_gains(sure, found, model)[rows], sure.value[rows], atol=1e-5)
    used = np.zeros(found.shape, bool)
    used[net.scan, net.first] = used[net.scan, net.second] = True
    used &= full[:, None]
    np.testing.assert_allclose(found.real[used], truth.real[used], atol=1e-3)


def test_gains_are_where_their_objective_is_least(net):
    """Against finite differences of the sum of squares that the docstring names."""
    model = np.abs(net.value) * np.exp(1j * np.random.RandomState(5).rand(len(net.value)))
    net = net._replace(value=gains.apply_gains(net, random_gains(net, 6, 0.1), model))
    found = gains.solve_gains(net, 1.05 * model, steps=40)

    def objective(log_gain):
        misfit = np.abs(net.value - gains.apply_gains(net, log_gain, 1.05 * model)) / net.sigma
        return (misfit**2).sum() + ((log_gain.real / gains.AMPLITUDE_SD) ** 2).sum()

    for step in (1e-4, 1e-4j):
        for scan, station in ((0, 0), (5, 2), (9, 4)):
            move = np.zeros(found.shape, complex)
            move[scan, station] = step
            slope = (objective(found + move) - objective(found - move)) / 2e-4
            curve = (objective(found + move) + objective(found - move) - 2 * objective(found)) / 1e-8
            assert abs(slope) < 1e-3 * curve + 0.2


def test_whitened_equations_are_those_of_the_dense_covariance(net):
    """All scans at once, the derivatives by finite differences, F and y as they are: the same normal equations."""
    rng = np.random.RandomState(7)
    rows = np.flatnonzero(np.isin(net.scan, (10, 11)))
    net = net._replace(scan=net.scan[rows] - 10, first=net.first[rows], second=net.second[rows],
                       value=net.value[rows], sigma=net.sigma[rows])
    log_gain, M, T = 0.1 * random_gains(net, 8), len(rows), len(eht.STATIONS)
    F, model = rng.randn(M, 9) + 1j * rng.randn(M, 9), rng.randn(M) + 1j * rng.randn(M)

    def stacked(values):
        return np.concatenate([values.real, values.imag])

    def derivative(step):
        ahead, behind = (stacked(gains.apply_gains(net, log_gain + sign * step, model)) for sign in (1, -1))
        return (ahead - behind) / 2e-5

    covariance, offset = np.diag(np.tile(3 * net.sigma, 2) ** 2), np.zeros(2 * M)
    for scan, station in np.ndindex(2, T):
        one = np.zeros((2, T))
        one[scan, station] = 1e-5
        by_a, by_phi = derivative(one), derivative(1j * one)
        covariance += gains.AMPLITUDE_SD[station] ** 2 * np.outer(by_a, by_a) + 100 * np.outer(by_phi, by_phi)
        offset += by_a * log_gain.real[scan, station]  # a is normal around 0, not around what was found
    G, right = stacked(gains.apply_gains(net, log_gain, F)), stacked(net.value) + offset
    white_F, white_y = gains.whiten(net, log_gain, model, F, inflation=3.0)
    expected = G.T @ np.linalg.solve(covariance, np.column_stack([G, right]))
    np.testing.assert_allclose(white_F.T @ np.column_stack([white_F, white_y]), expected,
                               atol=1e-5 * np.abs(expected).max())


def test_weights_are_those_of_students_t(net, monkeypatch):
    """With gains that are known, the terms that the weights make least are scipy's -log p of Student's t."""
    monkeypatch.setattr(gains, "AMPLITUDE_SD", np.full(len(eht.STATIONS), 1e-9))
    model, far, nu = net.value, 5 * np.random.RandomState(9).rand(len(net.value)), gains.FREEDOM
    off = net._replace(value=model * (1 + 2 * far * net.sigma / np.abs(model)))
    found, weighted = gains.reweighted(off, model, inflation=2)
    np.testing.assert_allclose(gains.apply_gains(net, found, model), model, atol=1e-6)
    w = (net.sigma / weighted.sigma) ** 2
    terms = (w * far**2 + nu * w - (nu + 2) * np.log(w)) / 2
    expected = -multivariate_t(np.zeros(2), df=nu).logpdf(np.stack([far, 0 * far], axis=1))
    np.testing.assert_allclose(terms - terms[0], expected - expected[0], atol=1e-6)


def test_one_measurement_that_is_far_off_pulls_no_gain(net):
    truth = random_gains(net, 10, sd=0.02)
    there = np.bincount(net.scan)[net.scan] == np.bincount(net.scan).max()
    model = np.abs(net.value).mean() * np.exp(2j * np.random.RandomState(11).rand(len(net.value)))
    sure = net._replace(value=gains.apply_gains(net, truth, model), sigma=np.full(len(model), 0.01 * np.abs(model[0])))
    bad = np.flatnonzero(there)[0]
    value = sure.value.copy()
    value[bad] *= 2
    off = sure._replace(value=value)
    found, weighted = gains.reweighted(off, model)
    pulled = gains.solve_gains(off, model)
    others = there & (np.arange(len(there)) != bad)
    errors = [np.abs(gains.apply_gains(net, one, model) / sure.value - 1)[others].max() for one in (found, pulled)]
    assert errors[0] < 0.25 * errors[1]
    assert weighted.sigma[bad] > 10 * weighted.sigma[others].max()
