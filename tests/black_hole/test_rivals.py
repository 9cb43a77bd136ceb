"""The rivals, against a general optimiser and least squares."""

import numpy as np
import pytest
from scipy.optimize import minimize

from black_hole import observation, pictures, rivals


@pytest.fixture(scope="module")
def blocks():
    """12 measurements of a picture of 6 x 6 pixels, and its total variation's objective with t = 2."""
    rng = np.random.RandomState(13)
    F = np.vstack([np.ones(36), rng.randn(11, 36)])
    y = F @ np.kron([[1, 0], [0, 2]], np.ones((3, 3))).ravel() + rng.randn(12)

    def objective(x, smoothing=0.0):
        x = x.reshape(6, 6)
        down, right = np.zeros((6, 6)), np.zeros((6, 6))
        down[:-1], right[:, :-1] = x[1:] - x[:-1], x[:, 1:] - x[:, :-1]
        return ((y - F @ x.ravel()) ** 2).sum() / 2 + 2 * np.sqrt(down**2 + right**2 + smoothing).sum()

    options = {"maxfun": 10**6, "maxiter": 500}
    least = objective(minimize(objective, np.ones(36), (1e-8,), bounds=[(0, None)] * 36, options=options).x)
    return F, y, objective, least


def test_total_variation_reaches_the_minimum_that_a_general_optimiser_finds(blocks):
    F, y, objective, least = blocks
    found = rivals.total_variation(F, y, 1.0, [2.0], steps=2000)
    assert found.min() >= 0
    assert objective(found[0]) <= least * 1.001


def test_regularizations_side_by_side_are_each_as_alone(blocks):
    F, y, _, _ = blocks
    together = rivals.total_variation(F, y, 2.0, [0.5, 2.0, 8.0], steps=70)
    for k, t in enumerate([0.5, 2.0, 8.0]):
        alone = rivals.total_variation(F, y, 2.0, [t], steps=70)
        np.testing.assert_allclose(together[k], alone[0], atol=1e-12)
    several = np.array([[0.1], [3.0]])
    np.testing.assert_allclose(rivals.tikhonov(F, y)(several), [rivals.tikhonov(F, y)(t) for t in (0.1, 3.0)])


def test_gradient_and_its_transpose():
    rng = np.random.RandomState(14)
    x, other = rng.rand(5, 5), rng.rand(5, 5)
    product = (rivals.gradient(x) * rivals.gradient(other)).sum()
    assert product == pytest.approx((x * rivals.transposed_gradient(rivals.gradient(other))).sum())


def test_tikhonov_to_noise_misses_by_the_noise(small_sky):
    truth, F, U = small_sky
    y = U.T @ observation.observe(truth, F, seed=15)
    assert ((y - U.T @ F @ rivals.tikhonov_to_noise(U.T @ F, y)) ** 2).mean() == pytest.approx(1, abs=0.05)
    with pytest.raises(rivals.NoPicture, match="no source"):
        rivals.tikhonov_to_noise(F, np.zeros(len(F)))
    with pytest.raises(rivals.NoPicture, match="rounding"):
        rivals.tikhonov_to_noise(U.T @ F, 1e30 * y)


def test_dirty_picture_is_the_transform_that_fits_best():
    """In Jy: the sum over visibilities of V exp(+ 2 pi i (u east + v north)), and its best multiple."""
    rng = np.random.RandomState(22)
    F, sigma = rng.randn(8, 16), rng.uniform(0.5, 2, 8)
    y = rng.randn(8)
    back = (F * sigma[:, None]).T @ (y * sigma)
    factor = np.linalg.lstsq((F * sigma[:, None] @ back)[:, None], y * sigma, rcond=None)[0]
    np.testing.assert_allclose(rivals.dirty(F, y, sigma), back * factor)


@pytest.mark.parametrize("names", ["SMT LMT", "ALMA APEX SMA", "SMA LMT PV JCMT", "ALMA APEX SMT SMA LMT PV JCMT"])
def test_tikhonov_to_noise_of_measurements_that_repeat_one_another(names):
    """By singular vectors, least squares and bisection: of all measurements, most of which say nothing new."""
    sky = observation.sky(12)
    coverage = observation.cover([station for station in observation.EHT_2017 if station.name in names.split()])
    F = observation.fourier(coverage.u, coverage.v, *sky) / np.tile(coverage.sigma, 2)[:, None]
    truth = pictures.gaussian_ring(*sky, diameter=50, width=15, contrast=0.6, bright_side=200)
    y = observation.observe(truth / truth.sum(), F, seed=15)
    U, singular, _ = np.linalg.svd(F, full_matrices=False)
    U = U[:, singular > 1e-7 * singular[0]]
    assert U.shape[1] < len(y)
    low, high = 1e-14 * singular[0] ** 2, 1e6 * singular[0] ** 2
    for _ in range(40):
        t = np.sqrt(low * high)
        rows, right = np.vstack([F, np.sqrt(t) * np.eye(F.shape[1])]), np.append(y, np.zeros(F.shape[1]))
        picture = np.linalg.lstsq(rows, right, rcond=None)[0]
        misses_less = ((U.T @ (y - F @ picture)) ** 2).mean() < 1
        low, high = (t, high) if misses_less else (low, t)
    found = rivals.tikhonov_to_noise(F, y)
    assert ((U.T @ (y - F @ found)) ** 2).mean() == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(found, picture, atol=0.02 * picture.max())
