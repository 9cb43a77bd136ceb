"""Half quadratic splitting, against scipy, finite differences and planted pictures."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from black_hole import measure, mixture, observation, pictures, reconstruct, rivals
from black_hole.fit import Fit
from tests.black_hole.cases import covariances


@pytest.mark.parametrize("shape", [(9, 9), (2, 9, 9)])
def test_add_patches_is_the_transpose_of_patches_of(shape):
    rng = np.random.RandomState(8)
    x, Z = rng.rand(*shape), rng.rand(36 * np.prod(shape[:-2], dtype=int), 16)
    patch = reconstruct.patches_of(x, 4)[6 + 1]
    np.testing.assert_array_equal(patch, x.reshape(-1, 9, 9)[0, 1:5, 1:5].ravel())
    assert (reconstruct.patches_of(x, 4) * Z).sum() == pytest.approx((x * reconstruct.add_patches(Z, x.shape)).sum())


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


def test_a_step_of_the_splitting_is_its_dense_solution(prior, monkeypatch):
    """From a start with negative pixels, the light in the middle only, patch by patch."""
    rng, n, weight, gamma = np.random.RandomState(23), 7, 5.0, 3.0
    monkeypatch.setattr(reconstruct, "GAMMAS", (gamma,))
    lit = np.zeros((n, n), bool)
    lit[1:, :-1] = True
    F, start, beta = rng.randn(9, lit.sum()), np.where(lit, rng.rand(n, n) - 0.2, 0), gamma / 0.2**2
    y, peak = 3 * F @ start[lit] + rng.randn(9), start.max()
    x = (start / peak).ravel()
    P = [np.eye(n * n)[(n * (i + np.arange(4))[:, None] + j + np.arange(4)).ravel()] for i, j in np.ndindex(4, 4)]
    z = reconstruct.Wiener(prior, beta)(np.array([p_n @ x for p_n in P]))
    # The multiplier starts at 0, so that x - max(x, 0) is all that it becomes.
    target = np.maximum(x, 0) - (x - np.maximum(x, 0))
    normal = beta / weight * (sum(p_n.T @ p_n for p_n in P) + weight * np.eye(n * n))
    right = beta / weight * (sum(p_n.T @ z_n for p_n, z_n in zip(P, z, strict=True)) + weight * target)
    within = np.ix_(lit.ravel(), lit.ravel())
    solved = np.linalg.solve(normal[within] + peak**2 * F.T @ F, right[lit.ravel()] + peak * F.T @ y)

    def equations(k, picture):
        np.testing.assert_allclose(picture, np.maximum(start, 0))
        return Fit(F, F.T / reconstruct.coverage((n, n), 4, weight)[lit][:, None]), y

    found = reconstruct.split(equations, start, prior, weight, lit, steps=1)
    np.testing.assert_allclose(found[lit], np.maximum(solved, 0) * peak, rtol=1e-8, atol=1e-10)
    assert not found[~lit].any()


@pytest.mark.parametrize("step", [1e-4, 0.01, 0.3])
def test_components_of_moving_patches_are_those_found_afresh(step):
    """Patches wander; each one's component, judged only if it may have changed, is the one of the highest density."""
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


def test_a_broad_component_around_a_narrow_one_takes_over_where_patches_leave_it():
    """A patch near the centre of both is far from the border by the narrow one's distance, not the broad one's."""
    both = mixture.Mixture(np.array([0.5, 0.5]), np.zeros((2, 1)), np.array([[[1.0]], [[1e4]]]))
    nearest = reconstruct.Nearest(both)
    assert [nearest(np.array([[z]]))[0] for z in (0.1, 2.9, 3.1, 5.0, 0.1)] == [0, 0, 1, 1, 0]  # 3.03 = sqrt(2 ln 100)


def test_a_mixture_of_one_component_never_changes_it():
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
    assert 0.6 < measure.reduced_chi2(found, U.T @ F, U.T @ y) < 1.5
    assert found.sum() == pytest.approx(truth.sum(), rel=0.01)
    tikhonov = rivals.tikhonov(U.T @ F, U.T @ y)
    best = min(measure.nrmse(tikhonov(t), truth.ravel()) for t in rivals.tikhonov_grid(F))
    assert measure.nrmse(found, truth) < 0.75 * best
    np.testing.assert_array_equal(found, reconstruct.reconstruct(U.T @ F, U.T @ y, prior))
    # Ten times the flux in ten times the noise: the same numbers are measured, by a ten times smaller F.
    brighter = reconstruct.reconstruct(U.T @ F / 10, U.T @ y, prior)
    np.testing.assert_allclose(brighter, 10 * found, atol=1e-3 * found.max())
