"""Errors, chi-squares and rings, against planted ones."""

import numpy as np
import pytest

from black_hole import blind, measure, observation, pictures, synthetic


def test_informative_chi2_leaves_out_the_noise_that_no_picture_can_fit(small_sky):
    truth, F, U = small_sky
    y = observation.observe(truth, F, seed=6)
    short = U.T @ F, U.T @ y
    best = np.linalg.lstsq(*short, rcond=None)[0]
    assert measure.reduced_chi2(best, *short) < 1e-6 < 0.5 < measure.reduced_chi2(best, F, y)
    assert measure.reduced_chi2(truth, *short) == pytest.approx(1, abs=5 * np.sqrt(2 / U.shape[1]))
    np.testing.assert_allclose(measure.reduced_chi2(truth, *short), ((U.T @ (y - F @ truth.ravel())) ** 2).mean(),
                               rtol=1e-6)


@pytest.mark.parametrize("diameter, width, side", [(42, 8, 200), (60, 15, 10), (30, 6, 300)])
def test_ring_fit_finds_a_planted_ring(diameter, width, side):
    east, north = observation.sky()
    ring = measure.fit_ring(7 * pictures.gaussian_ring(east - 5, north + 8, diameter, width, 0.5, side))
    np.testing.assert_allclose(ring, (diameter, width, side, 5, -8), rtol=1e-3)


EAST, NORTH = observation.sky()


@pytest.mark.parametrize("picture", [
    np.zeros((64, 64)),
    np.ones((64, 64)),
    np.clip(NORTH + 80, 0, None),
    np.exp(-(((np.hypot(EAST + 150, NORTH) - 150) / 5) ** 2)),
    np.exp(-(EAST**2 + NORTH**2) / 200),
    np.random.RandomState(0).rand(64, 64),
], ids=["black", "flat", "slope", "arc of a circle beyond the field", "blob", "noise"])
def test_what_is_no_ring_gets_no_diameter(picture):
    assert measure.fit_ring(picture) is None


def test_scores_of_perfect_and_black_pictures():
    truth = np.random.RandomState(16).rand(6, 6)
    assert measure.nrmse(truth, truth) == 0 and measure.nrmse(0 * truth, truth) == 1
    assert measure.correlation(3 * truth + 1, truth) == pytest.approx(1)
    assert measure.correlation(np.ones((6, 6)), truth) == 0


def test_darkness_is_the_centre_over_the_brightest_circle():
    ring = pictures.gaussian_ring(EAST, NORTH, diameter=60, width=10, contrast=0, bright_side=0)
    dim = ring + 0.25 * (np.hypot(EAST, NORTH) < 20)
    fitted = measure.Ring(60.0, 10.0, 0.0, 0.0, 0.0)
    assert measure.darkness(ring, fitted, 160.0) < 0.001
    assert measure.darkness(dim, fitted, 160.0) == pytest.approx(0.25, rel=0.2)
    assert measure.is_ring(ring, fitted, 160.0) and not measure.is_ring(ring * (EAST < 20), fitted, 160.0)


def test_rings_are_found_where_they_are():
    for name, (shape, across) in synthetic.truths(blind.PIXELS).items():
        ring = measure.fit_ring(shape, blind.FIELD)
        assert measure.is_ring(shape, ring, blind.FIELD) == (across is not None or name == "crescent"), name


def test_flux_outside_is_what_lies_beyond_one_and_a_half_radii():
    """A ring of 40 in the middle, and spots of 1 and 3 % of its light at 29 and 31 microarcseconds from its centre."""
    east, north = observation.sky(100, 100.0)
    picture = ((np.abs(np.hypot(east - 0.5, north - 0.5) - 20) < 3) * 1.0) / 100
    picture /= picture.sum()
    picture[(east == 29.5) & (north == 0.5)] = 0.01
    picture[(east == 31.5) & (north == 0.5)] = 0.03
    ring = measure.Ring(40.0, 6.0, 0.0, 0.5, 0.5)
    assert measure.flux_outside(picture, ring, 100.0) == pytest.approx(0.03 / 1.04)
