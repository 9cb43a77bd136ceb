"""Training patches."""

import numpy as np
import pytest

from black_hole import training


@pytest.mark.parametrize("kind", ["celestial", "natural", "both"])
def test_training_patches_are_brightness_and_repeat_themselves(kind):
    Z = training.training_patches(kind, 501, seed=1)
    assert Z.shape == (501, 64) and Z.min() >= 0 and Z.max() <= 1 + 1e-12
    np.testing.assert_array_equal(Z, training.training_patches(kind, 501, seed=1))


def test_turned_patches_of_a_slope_are_slopes_of_every_direction():
    slope = np.add.outer(0.01 * np.arange(40), 0.02 * np.arange(30))
    patches = training.turned_patches(slope, 8, 500, np.random.RandomState(9)).reshape(-1, 8, 8)
    down, right = patches[:, 1, 0] - patches[:, 0, 0], patches[:, 0, 1] - patches[:, 0, 0]
    np.testing.assert_allclose(np.hypot(down, right), np.hypot(0.01, 0.02))
    assert np.abs(np.mean(np.exp(1j * np.arctan2(down, right)))) < 0.15
    assert patches.min() >= 0 and patches.max() <= slope.max()
