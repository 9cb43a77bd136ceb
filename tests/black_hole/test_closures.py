"""Closures, by hand, and under any gains."""

import numpy as np

from black_hole import closures, gains
from tests.black_hole.cases import random_gains


def test_closures_do_not_change_with_any_gains(net):
    changed = gains.apply_gains(net, random_gains(net, 0, sd=2.0), net.value)
    assert np.abs(np.angle(changed / net.value)).max() > 3
    phases = [closures.closure_phases(closures.triangles(net), value) for value in (net.value, changed)]
    np.testing.assert_allclose(np.exp(1j * phases[0]), np.exp(1j * phases[1]), atol=1e-9)
    amplitudes = [closures.log_closure_amplitudes(closures.quadrangles(net), value) for value in (net.value, changed)]
    np.testing.assert_allclose(*amplitudes, atol=1e-9)


def test_closures_of_four_stations_by_hand():
    """Baselines 01, 02, 03, 12, 13, and 32 turned round; phases and logs of amplitudes are small numbers."""
    ends = np.array([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (3, 2)])
    phase, log = np.array([0.1, 0.2, 0.4, 0.8, 1.6, -0.05]), np.array([1.0, 2, 4, 8, 16, 32])
    net = gains.Network(np.zeros(6, int), *ends.T, np.exp(log + 1j * phase), np.exp(log))
    found = closures.closure_phases(closures.triangles(net), net.value)
    np.testing.assert_allclose(found, [0.1 + 0.8 - 0.2, 0.1 + 1.6 - 0.4, 0.2 + 0.05 - 0.4, 0.8 + 0.05 - 1.6])
    found = closures.log_closure_amplitudes(closures.quadrangles(net), net.value)
    np.testing.assert_allclose(found, [1 + 32 - 2 - 16, 1 + 32 - 4 - 8, 2 + 16 - 4 - 8])
    np.testing.assert_allclose(closures.closure_sigma(closures.triangles(net), net), np.sqrt(3))


def test_chi2_of_closures_is_1_for_noise_of_the_size_that_is_claimed(net):
    rng, model, seen = np.random.RandomState(1), net.value, []
    small = net._replace(sigma=0.01 * np.abs(model))
    for _ in range(20):
        noise = small.sigma * (rng.randn(len(model)) + 1j * rng.randn(len(model)))
        noisy = small._replace(value=gains.apply_gains(net, random_gains(net, 2), model + noise))
        noisy = noisy._replace(sigma=0.01 * np.abs(noisy.value))
        seen.append(closures.chi2(noisy, model))
    np.testing.assert_allclose(np.mean(seen, axis=0), 1, atol=0.12)
