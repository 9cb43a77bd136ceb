"""The black hole, against scipy, the FFT, dense solves, finite differences, hand-worked geometry, planted truth."""

import json
import threading
import time

import numpy as np
import pytest
from matplotlib import image
from PIL import Image
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from challenges.black_hole import __main__ as program
from challenges.black_hole import figures, measure, methods, mixture, observation, pictures, reconstruct, rivals
from challenges.black_hole.fit import Fit
from challenges.black_hole.workers import Stopped, workers
from console import InputError, run_program


def covariances(rng, C, d):
    roots = rng.randn(C, d, d)
    return roots @ roots.transpose(0, 2, 1) / d + 0.1 * np.eye(d)


@pytest.fixture(scope="module")
def prior():
    """A small prior on 4 x 4 patches of simulated sources."""
    Z = pictures.training_patches("celestial", 4000, b=4, seed=3)
    return mixture.run(Z, 6, most=8)[0]


@pytest.fixture(scope="module")
def small_sky():
    """A crescent on 24 x 24 pixels, its measurement matrix in units of noise, and the matrix's informative part."""
    coverage = observation.cover(observation.EHT_2017)
    truth = pictures.gaussian_ring(*observation.sky(24), diameter=50, width=15, contrast=0.6, bright_side=200)
    F = observation.fourier(coverage.u, coverage.v, *observation.sky(24)) / np.tile(coverage.sigma, 2)[:, None]
    return truth / truth.sum(), F, observation.concentrate(F)


# --- the mixture and EM ---------------------------------------------------------------------------------------


def test_density_is_scipys():
    rng = np.random.RandomState(0)
    mix = mixture.Mixture(np.array([0.2, 0.5, 0.3]), rng.randn(3, 5), covariances(rng, 3, 5))
    Z = 3 * rng.randn(50, 5)
    densities = [multivariate_normal(m, c).logpdf(Z) for m, c in zip(mix.mu, mix.cov, strict=True)]
    expected = np.stack(densities, axis=1) + np.log(mix.p)
    density = mixture.Density(mix)
    np.testing.assert_allclose(density.peak - density.squares(Z, rows=7) / 2, expected, rtol=1e-10)
    post, log_likelihood = mixture.estep(Z, mix)
    np.testing.assert_allclose(post.sum(1), 1)
    np.testing.assert_allclose(log_likelihood, np.log(np.exp(expected).sum(1)).sum())


def test_estep_far_from_every_cluster_is_finite():
    mix = mixture.Mixture(np.array([0.5, 0.5]), np.array([[0.0], [1.0]]), np.ones((2, 1, 1)))
    post, log_likelihood = mixture.estep(np.array([[1e4]]), mix)
    assert np.isfinite(log_likelihood)
    np.testing.assert_allclose(post, [[0, 1]], atol=1e-12)


def test_numbers_too_small_to_matter_are_none():
    values = np.array([0.0, 1e-45, -1e-38, 1e-21, 1e-19, -3.0])
    np.testing.assert_array_equal(mixture.flush(values, np.float32), np.float32([0, 0, 0, 0, 1e-19, -3]))


def test_mstep_is_numpys_weighted_mean_and_covariance():
    rng = np.random.RandomState(1)
    Z, post = rng.randn(40, 3), rng.dirichlet(np.ones(2), 40)
    mix = mixture.mstep(Z, post, ridge=0.01)
    for c in range(2):
        np.testing.assert_allclose(mix.mu[c], np.average(Z, axis=0, weights=post[:, c]))
        expected = np.cov(Z.T, aweights=post[:, c], ddof=0) + 0.01 * np.eye(3)
        np.testing.assert_allclose(mix.cov[c], expected, rtol=1e-6)
    np.testing.assert_allclose(mix.p, post.mean(0))


def test_likelihood_never_falls():
    Z = np.random.RandomState(2).rand(500, 4)
    _, history = mixture.run(Z, 4, ridge=0, tol=0, most=30)
    assert len(history) > 5
    assert (np.diff(history) >= -1e-8 * np.abs(history[1:])).all()


def test_planted_clusters_are_recovered():
    rng = np.random.RandomState(3)
    p, mu, cov = np.array([0.7, 0.3]), np.array([[0.0] * 4, [3.0] * 4]), covariances(rng, 2, 4)
    which = rng.rand(20000) < p[1]
    Z = np.where(which[:, None], *(rng.multivariate_normal(mu[c], cov[c], 20000) for c in (1, 0)))
    found, _ = mixture.run(Z, 2, ridge=0, tol=1e-9, most=100)
    order = np.argsort(-found.p)
    np.testing.assert_allclose(found.p[order], p, atol=0.02)
    np.testing.assert_allclose(found.mu[order], mu, atol=0.1)
    np.testing.assert_allclose(found.cov[order], cov, atol=0.12)


def test_more_clusters_than_different_patches():
    with pytest.raises(ValueError, match="only 2"):
        mixture.init(np.repeat(np.eye(2), 10, axis=0), 3)


# --- the measurements -----------------------------------------------------------------------------------------


def test_fourier_is_the_fft_on_whole_frequencies():
    n, field = 8, 100.0
    picture = np.random.RandomState(4).rand(n, n)
    east, north = observation.sky(n, field)
    row, column = np.indices((n, n)).reshape(2, -1)
    per_cycle = field * observation.MICROARCSECOND
    # Rows run to the south and columns to the west, from the first pixel.
    u, v = -column / per_cycle, -row / per_cycle
    visibilities = np.split(observation.fourier(u, v, east - east[0, 0], north - north[0, 0]) @ picture.ravel(), 2)
    np.testing.assert_allclose(visibilities[0] + 1j * visibilities[1], np.fft.fft2(picture).ravel(), atol=1e-9)


def test_point_source_in_the_east():
    """The phase of a point turns by -2 pi u east: a quarter turn back for u east = 1/4."""
    east, north = np.array([50.0]), np.array([0.0])
    u = np.array([0.25]) / (50 * observation.MICROARCSECOND)
    np.testing.assert_allclose(observation.fourier(u, np.array([0.0]), east, north), [[0], [-1]], atol=1e-12)


def test_pictures_have_north_up_and_east_left():
    east, north = observation.sky(4, 8.0)
    np.testing.assert_allclose(east[0], [3, 1, -1, -3])
    np.testing.assert_allclose(north[:, 0], [3, 1, -1, -3])


def test_uv_of_an_equatorial_baseline():
    """From longitude 0 to 90 degrees east on the equator of a unit Earth: the baseline is (-1, 1, 0).

    A source on the equator overhead at longitude 0 (hour angle 0) sees it 1 long towards the east; when it has moved
    on to 90 degrees west (hour angle 90), its east is longitude 0's direction of +x: the baseline is -1 long. It
    never moves north or south. A source at the pole sees the whole circle.
    """
    H = np.radians([0, 90, 45])
    u, v = observation.baseline_uv((-1.0, 1.0, 0.0), H, 0.0)
    np.testing.assert_allclose(u, [1, -1, 0], atol=1e-12)
    np.testing.assert_allclose(v, 0, atol=1e-12)
    u, v = observation.baseline_uv((-1.0, 1.0, 0.0), np.linspace(0, 2 * np.pi, 50), np.pi / 2)
    np.testing.assert_allclose(np.hypot(u, v), np.sqrt(2))


def test_uv_of_a_polar_baseline_and_the_missing_part_is_towards_the_source():
    u, v = observation.baseline_uv((0.0, 0.0, 1.0), np.array([0.0, 1.0]), 0.3)
    np.testing.assert_allclose((u, v), [[0, 0], [np.cos(0.3)] * 2], atol=1e-12)
    baseline, H = np.array([1.0, -2.0, 0.5]), np.linspace(0, 6, 9)
    u, v = observation.baseline_uv(baseline, H, 0.7)
    along = observation.source_direction(H, 0.7) @ baseline
    np.testing.assert_allclose(u**2 + v**2 + along**2, baseline @ baseline)


def station(name, longitude, sefd=1000.0):
    x, y = 6.37e6 * np.cos(np.radians(longitude)), 6.37e6 * np.sin(np.radians(longitude))
    return observation.Station(name, x, y, 0.0, sefd)


def test_stations_take_part_while_the_source_is_up():
    """On the equator a source of the equator is up 15 degrees or more for 150 of 360 degrees; 60 apart share 90."""
    pair = station("a", 0), station("b", 60, 4000.0)
    every = observation.SIDEREAL_DAY / 3600
    coverage = observation.cover(pair, source=(0.0, 0.0), frequency=observation.LIGHT, every=every)
    assert abs(len(coverage.u) - 900) <= 1
    np.testing.assert_allclose(coverage.v, 0, atol=1e-3)
    assert np.abs(coverage.u).max() == pytest.approx(6.37e6)  # a chord of 60 degrees is a radius, of 1 m wavelengths
    np.testing.assert_allclose(coverage.sigma, 2000 / np.sqrt(2 * 2e9 * 60) / 0.88)


def test_noise_is_of_the_size_that_is_claimed(small_sky):
    truth, F, _ = small_sky
    y = observation.observe(truth, F, seed=5)
    assert measure.reduced_chi2(truth, F, y) == pytest.approx(1, abs=5 * np.sqrt(2 / len(y)))


def test_concentrated_measurements_say_the_same(small_sky):
    """The two sums of squares differ by one number, the noise that no picture explains."""
    truth, F, U = small_sky
    np.testing.assert_allclose(U.T @ U, np.eye(U.shape[1]), atol=1e-10)
    y = observation.observe(truth, F, seed=6)
    trials = truth.ravel() * np.random.RandomState(7).rand(5, truth.size)
    left = [((y - F @ x) ** 2).sum() - ((U.T @ y - U.T @ F @ x) ** 2).sum() for x in trials]
    np.testing.assert_allclose(left, left[0], rtol=1e-4)


@pytest.mark.parametrize("rows, columns, rank", [(30, 50, 30), (90, 60, 60), (60, 90, 7), (90, 80, 40)])
def test_concentrated_measurements_are_those_of_the_singular_vectors(rows, columns, rank):
    rng = np.random.RandomState(20)
    F = rng.randn(rows, rank) @ rng.randn(rank, columns)
    U, singular, _ = np.linalg.svd(F)
    expected = U[:, : (singular > 1e-7 * singular[0]).sum()]
    found = observation.concentrate(F, tried=10)
    assert found.shape == expected.shape == (rows, rank)
    np.testing.assert_allclose(found @ (found.T @ expected), expected, atol=1e-9)


def test_concentrated_measurements_of_the_telescopes_are_those_of_the_singular_vectors(small_sky):
    _, F, found = small_sky
    U, singular, _ = np.linalg.svd(F, full_matrices=False)
    expected = U[:, singular > 1e-7 * singular[0]]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found @ (found.T @ expected), expected, atol=1e-5)


def test_informative_chi2_leaves_out_the_noise_that_no_picture_can_fit(small_sky):
    truth, F, U = small_sky
    y = observation.observe(truth, F, seed=6)
    best = np.linalg.lstsq(U.T @ F, U.T @ y, rcond=None)[0]
    assert measure.informative_chi2(best, F, y, U) < 1e-6 < 0.5 < measure.reduced_chi2(best, F, y)
    assert measure.informative_chi2(truth, F, y, U) == pytest.approx(1, abs=5 * np.sqrt(2 / U.shape[1]))
    np.testing.assert_allclose(measure.informative_chi2(truth, F, y, U),
                               measure.reduced_chi2(truth, U.T @ F, U.T @ y), rtol=1e-6)


# --- half quadratic splitting ---------------------------------------------------------------------------------


def test_add_patches_is_the_transpose_of_patches_of():
    rng = np.random.RandomState(8)
    x, Z = rng.rand(9, 9), rng.rand(36, 16)
    assert (reconstruct.patches_of(x, 4) * Z).sum() == pytest.approx((x * reconstruct.add_patches(Z, 9)).sum())


def test_fit_is_the_dense_solution():
    rng = np.random.RandomState(9)
    F, y, x0, counts, t = rng.randn(6, 20), rng.randn(6), rng.randn(20), rng.randint(1, 17, 20), 0.7
    expected = np.linalg.solve(F.T @ F + t * np.diag(counts), F.T @ y + t * counts * x0)
    np.testing.assert_allclose(Fit(F, F.T / counts[:, None])(y, x0, t), expected, rtol=1e-9)
    np.testing.assert_allclose(rivals.tikhonov(F, y)(t), np.linalg.solve(F.T @ F + t * np.eye(20), F.T @ y), rtol=1e-9)


def test_wiener_patch_minimises_its_objective():
    rng = np.random.RandomState(10)
    mix = mixture.Mixture(np.array([0.4, 0.6]), rng.rand(2, 4), covariances(rng, 2, 4))
    seen, beta = rng.rand(1, 4), 3.0
    z = reconstruct.Wiener(mix, beta)(seen)[0]
    noisy = [multivariate_normal(m, c + np.eye(4) / beta) for m, c in zip(mix.mu, mix.cov, strict=True)]
    c = np.argmax([np.log(p) + g.logpdf(seen[0]) for p, g in zip(mix.p, noisy, strict=True)])
    clean = multivariate_normal(mix.mu[c], mix.cov[c])

    def objective(z):
        return beta / 2 * ((seen[0] - z) ** 2).sum() - clean.logpdf(z)

    slopes = [(objective(z + step) - objective(z - step)) / 2e-4 for step in 1e-4 * np.eye(4)]
    np.testing.assert_allclose(slopes, 0, atol=1e-6)


@pytest.mark.parametrize("step", [1e-4, 0.01, 0.3])
def test_clusters_of_moving_patches_are_those_found_afresh(step):
    """Patches wander; the cluster of each, judged only where it may have changed, is the one of the highest density."""
    rng = np.random.RandomState(19)
    mix = mixture.Mixture(rng.dirichlet(np.ones(5)), rng.rand(5, 9), 0.05 * covariances(rng, 5, 9))
    nearest, patches, judged, seen = reconstruct.Nearest(mix), rng.rand(300, 9), [], []
    judge = nearest._judge
    nearest._judge = lambda some: judged.append(len(some)) or judge(some)
    for _ in range(30):
        expected = np.argmax([np.log(p) + multivariate_normal(m, c).logpdf(patches)
                              for p, m, c in zip(mix.p, mix.mu, mix.cov, strict=True)], axis=0)
        np.testing.assert_array_equal(nearest(patches), expected)
        seen.append(expected)
        patches = patches + step * rng.randn(*patches.shape) * (rng.rand(300, 1) < 0.5)
    assert judged[0] == 300 and sum(judged) < 30 * 300
    assert step < 0.01 or (seen[0] != seen[-1]).any()


def test_a_broad_cluster_around_a_narrow_one_takes_over_where_patches_leave_it():
    """A patch beside the centre of both is far from the border by the narrow cluster's distance, not by the broad's."""
    both = mixture.Mixture(np.array([0.5, 0.5]), np.zeros((2, 1)), np.array([[[1.0]], [[1e4]]]))
    nearest = reconstruct.Nearest(both)
    assert [nearest(np.array([[z]]))[0] for z in (0.1, 2.9, 3.1, 5.0, 0.1)] == [0, 0, 1, 1, 0]  # 3.03 = sqrt(2 ln 100)


def test_a_mixture_of_one_cluster_never_changes_it():
    nearest = reconstruct.Nearest(mixture.Mixture(np.ones(1), np.zeros((1, 4)), np.eye(4)[None]))
    assert not nearest(np.zeros((3, 4))).any() and not nearest(np.ones((3, 4))).any()


def test_dense_measurements_without_noise_give_the_picture_back(prior):
    rng = np.random.RandomState(11)
    truth = pictures.gaussian_ring(*observation.sky(16), diameter=70, width=30, contrast=0.5, bright_side=30)
    F = 1e4 * rng.randn(256, 256) / 16
    found = reconstruct.reconstruct(F, F @ truth.ravel(), prior)
    assert measure.nrmse(found, truth) < 0.01


def test_reconstruction_fits_is_positive_repeats_itself_and_knows_no_unit(small_sky, prior):
    truth, F, U = small_sky
    y = observation.observe(truth, F, seed=12)
    seen = []
    found = reconstruct.reconstruct(U.T @ F, U.T @ y, prior, report=lambda gamma, picture: seen.append(gamma))
    assert tuple(seen) == reconstruct.GAMMAS
    assert found.min() >= 0
    assert 0.6 < measure.informative_chi2(found, F, y, U) < 1.5
    assert found.sum() == pytest.approx(truth.sum(), rel=0.01)
    tikhonov = rivals.tikhonov(U.T @ F, U.T @ y)
    best = min(measure.nrmse(tikhonov(t), truth.ravel()) for t in rivals.tikhonov_strengths(F))
    assert measure.nrmse(found, truth) < 0.75 * best
    np.testing.assert_array_equal(found, reconstruct.reconstruct(U.T @ F, U.T @ y, prior))
    # Ten times the flux in ten times the noise: the same numbers are measured, by a ten times smaller F.
    brighter = reconstruct.reconstruct(U.T @ F / 10, U.T @ y, prior)
    np.testing.assert_allclose(brighter, 10 * found, atol=1e-3 * found.max())


# --- the rivals -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def blocks():
    """12 measurements of a picture of 6 x 6 pixels, and what total variation minimises of it, at a strength of 2."""
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
    assert found.pictures.min() >= 0
    assert objective(found.pictures[0]) <= least * 1.001


def test_gap_is_a_bound_that_shrinks_and_ends_the_work(blocks):
    F, y, objective, least = blocks
    gaps = []
    for steps in (400, 800, 1600):
        found = rivals.total_variation(F, y, 1.0, [2.0], steps)
        value = objective(found.pictures[0])
        gaps.append(found.gaps[0])
        assert value <= (1 + found.gaps[0]) * least * (1 + 1e-6)  # the optimiser's own error
    assert gaps[0] > gaps[1] > gaps[2]
    early = rivals.total_variation(F, y, 1.0, [2.0], 3000, tolerance=gaps[1])
    assert 800 <= early.steps < 1600 and early.gaps[0] < gaps[1]


def test_no_gap_is_claimed_where_no_measurement_adds_up_the_light():
    F = np.random.RandomState(21).randn(3, 36)
    assert rivals.total_variation(F, np.ones(3), 1.0, [2.0], 50).gaps == np.inf


def test_strengths_side_by_side_are_each_as_alone(blocks):
    F, y, _, _ = blocks
    together = rivals.total_variation(F, y, 2.0, [0.5, 2.0, 8.0], steps=70, tolerance=0)
    for k, strength in enumerate([0.5, 2.0, 8.0]):
        alone = rivals.total_variation(F, y, 2.0, [strength], steps=70, tolerance=0)
        np.testing.assert_allclose(together.pictures[k], alone.pictures[0], atol=1e-12)
        np.testing.assert_allclose(together.gaps[k], alone.gaps[0], rtol=1e-6)
    strengths = np.array([[0.1], [3.0]])
    np.testing.assert_allclose(rivals.tikhonov(F, y)(strengths), [rivals.tikhonov(F, y)(t) for t in (0.1, 3.0)])


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


def test_dirty_picture_is_the_transform_that_fits_best():
    """In Jy: the sum over visibilities of V exp(+ 2 pi i (u east + v north)), and its best multiple."""
    rng = np.random.RandomState(22)
    F, sigma = rng.randn(8, 16), rng.uniform(0.5, 2, 8)
    y = rng.randn(8)
    back = (F * sigma[:, None]).T @ (y * sigma)
    factor = np.linalg.lstsq((F * sigma[:, None] @ back)[:, None], y * sigma, rcond=None)[0]
    np.testing.assert_allclose(rivals.dirty(F, y, sigma), back * factor)


def test_the_rivals_get_the_strength_that_is_best_by_the_truth(small_sky, monkeypatch):
    monkeypatch.setattr(methods, "TV_STRENGTHS", (0.1, 3, 100))
    truth, F, U = small_sky
    y = observation.observe(truth, F, seed=15)
    instrument = methods.Instrument(F, np.ones(len(F)), U, U.T @ F)
    found = {one.method: one for one in methods.by_rivals(methods.Case("a ring", truth, y), instrument)}
    short_F, short_y = U.T @ F, U.T @ y
    peak = rivals.tikhonov_to_noise(short_F, short_y).max()
    variation = rivals.total_variation(short_F, short_y, peak, (0.1, 3, 100))
    tikhonov = rivals.tikhonov(short_F, short_y)
    for method, tried in (("Tikhonov", [tikhonov(t) for t in rivals.tikhonov_strengths(F)]),
                          ("total variation", variation.pictures)):
        errors = [measure.nrmse(np.maximum(picture, 0), truth.ravel()) for picture in tried]
        assert measure.nrmse(found[method].picture, truth) == pytest.approx(min(errors)) and min(errors) < max(errors)
    best = np.argmin(errors)
    note = found["total variation"].note
    assert note.startswith(f"strength {(0.1, 3, 100)[best]}, ") and f"{variation.gaps[best]:.2%}" in note


# --- what is measured of a picture ----------------------------------------------------------------------------


@pytest.mark.parametrize("diameter, width, side", [(42, 8, 200), (60, 15, 10), (30, 6, 300)])
def test_ring_fit_finds_a_planted_ring(diameter, width, side):
    east, north = observation.sky()
    ring = measure.fit_ring(7 * pictures.gaussian_ring(east - 5, north + 8, diameter, width, 0.5, side))
    np.testing.assert_allclose(ring, (diameter, width, side, 5, -8), rtol=1e-3)


EAST, NORTH = observation.sky()


@pytest.mark.parametrize("picture, message", [
    (np.zeros((64, 64)), "black"),
    (np.ones((64, 64)), "no ring"),
    (np.clip(NORTH + 80, 0, None), "no ring.* across"),
    (np.exp(-(((np.hypot(EAST + 150, NORTH) - 150) / 5) ** 2)), "300 microarcseconds across"),
    (np.exp(-(EAST**2 + NORTH**2) / 200), "no ring"),
    (np.random.RandomState(0).rand(64, 64), "no ring"),
], ids=["black", "flat", "slope", "arc of a circle beyond the field", "blob", "noise"])
def test_what_is_no_ring_gets_no_diameter(picture, message):
    with pytest.raises(measure.NoRing, match=message):
        measure.fit_ring(picture)


def test_methods_whose_picture_has_no_ring_get_no_columns():
    ring = pictures.gaussian_ring(EAST, NORTH, 42, 8, 0.5, 200)
    found = [methods.Found("dirty", ring, 0.0), methods.Found("a", ring, 0.0), methods.Found("b", 0 * ring, 0.0)]
    fitted = program.fit_rings(found)
    assert set(fitted) == {"a"} and fitted["a"].diameter == pytest.approx(42)


def test_scores_of_perfect_and_black_pictures():
    truth = np.random.RandomState(16).rand(6, 6)
    assert measure.nrmse(truth, truth) == 0 and measure.nrmse(0 * truth, truth) == 1
    assert measure.correlation(3 * truth + 1, truth) == pytest.approx(1)
    assert measure.correlation(np.ones((6, 6)), truth) == 0


# --- pictures -------------------------------------------------------------------------------------------------


def test_resize_takes_means_and_keeps_the_mean():
    picture = np.random.RandomState(17).rand(12, 12)
    np.testing.assert_allclose(pictures.resize(picture, (4, 4)), picture.reshape(4, 3, 4, 3).mean((1, 3)))
    assert pictures.resize(picture, (5, 7)).mean() == pytest.approx(picture.mean())
    np.testing.assert_allclose(pictures.resize(picture, (24, 24)), np.kron(picture, np.ones((2, 2))))


@pytest.mark.parametrize("mode, suffix", [
    ("L", "png"), ("RGB", "jpg"), ("CMYK", "jpg"), ("RGBA", "png"), ("LA", "png"), ("P", "png"), ("I;16", "png"),
    ("F", "tif"),
])
def test_pictures_of_every_mode_are_read_alike(tmp_path, mode, suffix):
    grey = np.kron([[0, 64], [128, 255]], np.ones((16, 16)))
    picture = Image.fromarray(grey.astype(np.uint8))
    if mode == "I;16":
        picture = Image.fromarray((grey * 257).astype(np.uint16))
    elif mode == "CMYK":
        picture = picture.convert("RGB").convert("CMYK")
    else:
        picture = picture.convert(mode)
    picture.save(tmp_path / f"a.{suffix}")
    with Image.open(tmp_path / f"a.{suffix}") as written:
        assert written.mode.startswith(mode)
    np.testing.assert_allclose(pictures.read_picture(tmp_path / f"a.{suffix}"), grey / 255, atol=0.03)


def test_transparent_parts_are_black(tmp_path):
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[:2, :, 3], pixels[2, :, 3] = 0, 51
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_allclose(pictures.read_picture(tmp_path / "a.png")[:, 0], [0, 0, 0.2, 1])


@pytest.mark.parametrize("kind", ["celestial", "natural", "both"])
def test_training_patches_are_brightness_and_repeat_themselves(kind):
    Z = pictures.training_patches(kind, 501, seed=1)
    assert Z.shape == (501, 64) and Z.min() >= 0 and Z.max() <= 1 + 1e-12
    np.testing.assert_array_equal(Z, pictures.training_patches(kind, 501, seed=1))


def test_test_pictures_are_bright_and_the_crescent_is_as_described():
    truths = pictures.test_pictures()
    assert len(truths) >= 5 and set(pictures.RINGS) <= set(truths)
    for truth in truths.values():
        assert truth.shape == (64, 64) and truth.min() >= 0 and 0.5 < truth.max() <= 2
    radius = np.hypot(*observation.sky())
    assert 2 * (radius * truths["crescent"]).sum() / truths["crescent"].sum() == pytest.approx(42, rel=0.05)


# --- bad input, and the program as a whole --------------------------------------------------------------------

GOOD_LINE = "A 6370000 0 0 1000  # on the equator\n"


@pytest.mark.parametrize(
    "text, message",
    [
        (GOOD_LINE + "\nB 1 2 3\n", "line 3: expected name, x, y, z and SEFD, found 4 fields"),
        (GOOD_LINE + "B 0 6370000 north 1000\n", "line 2"),
        (GOOD_LINE + "B 0 6370 0 1000\n", "line 2: B is not on the surface"),
        (GOOD_LINE + "B 0 6370000 0 -1\n", "line 2: the SEFD"),
        (GOOD_LINE + "B 0 6370000 0 nan\n", "line 2: the SEFD"),
        (GOOD_LINE + GOOD_LINE, "line 2: a second station"),
        (GOOD_LINE, "at least two stations"),
        ("", "at least two stations"),
    ],
)
def test_bad_stations_are_told_by_their_line(tmp_path, text, message):
    path = tmp_path / "stations.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        observation.read_stations(path)


def test_written_stations_are_read_back(tmp_path):
    path = tmp_path / "stations.txt"
    path.write_text("# name x y z SEFD\n" + "\n".join(" ".join(map(str, s)) for s in observation.EHT_2017))
    assert observation.read_stations(path) == observation.EHT_2017


def bad_call(capsys, *argv):
    """Return the one line on stderr of a call of the program that must end with status 2."""
    try:
        status = run_program(program.main, [str(word) for word in argv])
    except SystemExit as error:
        status = error.code
    lines = capsys.readouterr().err.splitlines()
    assert status == 2 and len(lines) == 1
    return lines[0]


def test_bad_input_is_one_line_and_status_2(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(program, "PIXELS", 16)
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("no picture")
    image.imsave(tmp_path / "black.png", np.zeros((9, 9)), cmap="gray", vmin=0, vmax=1)
    opposite = tmp_path / "opposite.txt"
    opposite.write_text("A 6370000 0 0 1000\nB -6370000 0 0 1000\n")
    quiet = "--no-figures", "--image"
    assert "cannot be read" in bad_call(capsys, *quiet, tmp_path / "empty.png")
    assert "cannot be read" in bad_call(capsys, *quiet, tmp_path / "text.jpg")
    assert "empty picture" in bad_call(capsys, *quiet, tmp_path / "black.png")
    assert "does not exist" in bad_call(capsys, *quiet, tmp_path / "none.png")
    assert "does not exist" in bad_call(capsys, "--no-figures", "--prior", tmp_path / "none.png")
    assert "does not exist" in bad_call(capsys, "--no-figures", "--array", tmp_path / "none.txt")
    assert "no two stations" in bad_call(capsys, "--no-figures", "--array", opposite)
    assert "not a folder" in bad_call(capsys, "--no-figures", "--json", tmp_path / "none" / "table.json")
    little = "--no-figures", "--prior", "celestial", "--patches", 1000, "--clusters", 1
    assert "no source" in bad_call(capsys, *little, "--flux", "1e-9")
    assert "positive" in bad_call(capsys, "--flux", "-1")
    assert "from 1e-30 to 1e30" in bad_call(capsys, "--flux", "1e300")
    assert "rounding" in bad_call(capsys, *little, "--flux", "1e30")
    assert "whole number" in bad_call(capsys, "--clusters", "0")


def test_outputs_that_would_replace_one_another_or_an_input_are_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(program, "learn", None)  # nothing of the long work has begun
    picture, stations, folder = tmp_path / "a b.png", tmp_path / "stations.txt", tmp_path / "figures"
    image.imsave(picture, np.eye(9), cmap="gray")
    (tmp_path / "a_b.png").write_bytes(picture.read_bytes())
    (tmp_path / "overview.png").write_bytes(picture.read_bytes())
    stations.write_text("\n".join(" ".join(map(str, s)) for s in observation.EHT_2017))
    draw = "--figures", folder
    assert "image_a_b.png" in bad_call(capsys, *draw, "--image", picture, tmp_path / "a_b.png")
    assert "pictures go" in bad_call(capsys, *draw, "--json", folder)
    assert "pictures go" in bad_call(capsys, *draw, "--json", folder / "image_a_b.png", "--image", picture)
    assert "pictures go" in bad_call(capsys, *draw, "--json", folder / "image_thick_ring.png")
    assert "is read" in bad_call(capsys, *draw, "--json", picture, "--image", picture)
    assert "is read" in bad_call(capsys, *draw, "--json", picture, "--prior", picture)
    assert "is read" in bad_call(capsys, *draw, "--json", stations, "--array", stations)
    assert "would replace" in bad_call(capsys, "--figures", tmp_path, "--image", tmp_path / "overview.png")
    assert not folder.exists() and "ALMA" in stations.read_text()


def test_overview_says_what_is_drawn_brighter_and_keeps_its_words_in_their_panels():
    truth = pictures.gaussian_ring(EAST, NORTH, 42, 8, 0.5, 200)
    figure = figures.draw_overview([("ring", truth, {"faint": truth / 8, "bright": truth / 2})] * 6)
    figure.draw_without_rendering()
    texts = [(axis, text) for axis in figure.axes for text in axis.texts]
    assert [text.get_text() for _, text in texts] == ["40 µas"] + 6 * ["x 8.0"]
    for axis, text in texts:
        box, panel = text.get_window_extent(), axis.get_window_extent()
        assert panel.x0 + 2 < box.x0 and box.x1 < panel.x1 - 2 and panel.y0 + 2 < box.y0 and box.y1 < panel.y1 - 2


def test_label_of_v_stands_upright():
    coverage = observation.Coverage(np.ones(3), np.ones(3), np.ones(3))
    axes = figures.draw_comparison("a", np.eye(4), coverage, {}, {}).axes
    assert [axis.yaxis.label.get_rotation() for axis in axes if axis.get_ylabel() == "v"] == [0]


def test_stations_at_one_spot_are_drawn_without_a_warning():
    coverage = observation.Coverage(np.zeros(3), np.zeros(3), np.ones(3))
    figures.draw_comparison("a", np.eye(4), coverage, {}, {})


def test_work_ends_with_the_block_that_wants_it():
    begun, ended, told = threading.Event(), threading.Event(), []

    def work(alive):
        begun.set()
        try:
            for _ in range(6000):  # a minute, were nobody to say that it has ended
                alive("whatever", "a report is called with")
                time.sleep(0.01)
        except Stopped:
            ended.set()

    with pytest.raises(KeyboardInterrupt), workers(1) as (submit, alive):
        submit(work, alive)
        never = submit(told.append, "begun too late")
        begun.wait(600)
        raise KeyboardInterrupt
    assert ended.wait(600) and never.cancelled() and not told


def test_the_program_as_a_user_runs_it(tmp_path, capsys, monkeypatch):
    """A picture of one's own, wider than high, a short training; the table on the screen and in the file agree."""
    monkeypatch.setattr(program, "PIXELS", 20)
    monkeypatch.setattr(reconstruct, "STEPS", 2)
    monkeypatch.setattr(program, "cores", lambda: 3)
    wide = np.zeros((40, 60))
    wide[10:25, 25:40] = 1
    for name in ("my block.png", "crescent.png"):
        image.imsave(tmp_path / name, wide, cmap="gray")
    table, folder = tmp_path / "table.json", tmp_path / "figures"
    call = ["--patches", 2000, "--clusters", 3, "--prior", "celestial", "--json", table]
    call += ["--image", tmp_path / "my block.png"]

    def rows_of(*more):
        assert run_program(program.main, [str(word) for word in [*call, *more]]) == 0
        return json.loads(table.read_text())

    rows = rows_of("--figures", folder)
    out = capsys.readouterr().out
    assert "cropped from 60 x 40 to its central 40 x 40" in out
    assert out.count(f"χ² for gamma {', '.join(map(str, reconstruct.GAMMAS))}: ") == 1
    assert out.count("above the minimum after 500 steps") == 1
    assert out.count("does not fit the measurements") == (rows[-1]["chi2_informative"] > 1.5)
    assert [row["method"] for row in rows] == list(methods.METHODS)
    assert all(f"{row['nrmse']:.3f}" in out for row in rows)
    assert sorted(p.name for p in folder.iterdir()) == ["clusters.png", "image_my_block.png", "overview.png"]

    # One thread after the other finds, to the last bit, what several found side by side.
    monkeypatch.setattr(program, "cores", lambda: 1)
    again = rows_of(tmp_path / "crescent.png", "--no-figures")
    assert [row | {"seconds": 0} for row in again[:4]] == [row | {"seconds": 0} for row in rows]
    # A picture of one's own is no ring, whatever its name.
    columns = {"image", "method", "nrmse", "correlation", "chi2", "chi2_informative", "seconds"}
    assert len(again) == 8 and all(set(row) == columns for row in again)
