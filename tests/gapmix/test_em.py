"""EM as a whole: it never falls, ends where the gradient is 0, and finds what a general optimiser finds."""

import itertools
import warnings

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from gapmix import Mixture, fit
from gapmix.table import standard
from gapmix.units import in_units

from . import cases, oracle


def quietly(*given, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit(*given, **named)


def drawn_case(seed):
    """Return a table of any sort, and arguments of fit."""
    random = np.random.default_rng(seed)
    n, d, K = random.integers(6, 60), random.integers(1, 7), random.integers(1, 5)
    X = random.normal(size=(n, d)) @ random.normal(size=(d, d)) + random.integers(0, 2, (n, 1)) * random.uniform(0, 5)
    if random.random() < 0.3:
        X = np.round(X)  # rows and columns that repeat
    if random.random() < 0.2:
        X[:, 0] = 1.0
    X[random.random(X.shape) < random.choice([0, 0.1, 0.4, 0.7])] = np.nan
    X[:K, 0] = random.normal(size=min(n, K))
    X *= 10.0 ** random.integers(-6, 7, d)
    return X, {"n_components": K, "prior_strength": random.choice([1e-3, 0.1, 1, 5]), "random_state": int(seed),
               "init_params": random.choice(["kmeans", "k-means++", "random", "random_from_data"]),
               "sample_weight": random.choice([None, 1]) and random.uniform(0.1, 3, n)}


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_penalised_likelihood_never_falls(kind):
    for seed in range(60):
        X, arguments = drawn_case(seed)
        end = quietly(X, covariance_type=kind, tol=0, max_iter=60, **arguments)
        assert np.isfinite(end.lower_bounds).all()
        assert all(np.isfinite(part).all() for part in end.mixture[:3])
        falls = -np.diff(end.lower_bounds).min(initial=np.inf)
        assert falls <= 1e-10, f"case {seed}: fell by {falls}"


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_lower_bound_is_the_penalised_likelihood(kind):
    truth = cases.mixture(0, kind, K=2)
    X = cases.rows(1, truth, 50)
    scale = standard(X, np.ones(50), kind == "spherical")
    end = quietly(X, 2, kind, prior_strength=2.0, max_iter=3, tol=0, random_state=0)
    before = quietly(X, 2, kind, prior_strength=2.0, max_iter=2, tol=0, random_state=0)
    Z = (X - scale.centre) / scale.width
    expected = oracle.penalised(Z, in_units(before.mixture, scale), 2.0)
    expected -= ((~np.isnan(X)) @ np.log(scale.width)).sum()
    assert end.lower_bounds[-1] == pytest.approx(expected / 50, rel=1e-12)


def unpacked(theta, kind, K, d):
    """Return the mixture that unconstrained parameters stand for: log weights, means, and roots of covariances."""
    p = np.exp(np.r_[0, theta[:K - 1]])
    mu, rest = theta[K - 1:K - 1 + K * d].reshape(K, d), theta[K - 1 + K * d:]
    if kind in ("diag", "spherical"):
        return Mixture(p / p.sum(), mu, np.exp(rest).reshape((K, d) if kind == "diag" else K), kind)
    roots = np.zeros((len(rest) // (d * (d + 1) // 2), d, d))
    roots[(slice(None), *np.tril_indices(d))] = rest.reshape(len(roots), -1)
    covs = roots @ roots.transpose(0, 2, 1)
    return Mixture(p / p.sum(), mu, covs if kind == "full" else covs[0], kind)


def packed(mixture):
    p, mu, cov, kind = mixture
    if kind in ("diag", "spherical"):
        rest = np.log(cov)
    else:
        roots = np.linalg.cholesky(np.atleast_3d(cov) if kind == "full" else cov[None])
        rest = roots[(slice(None), *np.tril_indices(mu.shape[1]))]
    return np.concatenate([np.log(p[1:] / p[0]), mu.ravel(), rest.ravel()])


@pytest.mark.parametrize(("kind", "strength"), [*itertools.product(oracle.KINDS, [0.5]), ("full", 0.0), ("diag", 0.0)])
def test_gradient_is_zero_at_convergence(kind, strength):
    truth = cases.mixture(3, kind, K=2, d=3)
    X = cases.rows(4, truth, 60, 0.25)
    scale = standard(X, np.ones(60), kind == "spherical")
    Z = (X - scale.centre) / scale.width
    end = quietly(Z, 2, kind, prior_strength=strength, tol=1e-15, max_iter=3000, random_state=0)
    assert end.converged

    def value(theta):
        return oracle.penalised(Z, unpacked(theta, kind, 2, 3), strength)

    theta = packed(end.mixture)
    np.testing.assert_allclose(unpacked(theta, kind, 2, 3).cov, end.mixture.cov, rtol=1e-9)
    at, beside = approx_fprime(theta, value, 1e-6), approx_fprime(theta + 0.05, value, 1e-6)
    assert np.abs(beside).max() > 0.5
    np.testing.assert_allclose(at, 0, atol=2e-4)


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_maximum_is_that_of_a_general_optimiser(kind):
    truth = cases.mixture(5, kind, K=2, d=2, apart=3.0)
    X = cases.rows(6, truth, 25, 0.2)
    scale = standard(X, np.ones(25), kind == "spherical")
    Z = (X - scale.centre) / scale.width
    end = quietly(Z, 2, kind, prior_strength=1.0, tol=1e-13, max_iter=3000, n_init=5, random_state=0)
    best = minimize(lambda theta: -oracle.penalised(Z, unpacked(theta, kind, 2, 2), 1.0),
                    packed(end.mixture) + 0.1 * np.random.default_rng(0).normal(size=len(packed(end.mixture))))
    assert end.lower_bounds[-1] * 25 == pytest.approx(-best.fun, abs=1e-6)


def test_diagonal_covariances_need_far_fewer_iterations_than_filled_gaps():
    # A full covariance that starts diagonal fills the gaps, and its EM is slowed by what is missing.
    truth = cases.mixture(7, "diag", K=1, d=1)
    X = np.hstack([cases.rows(8, truth, 200, 0.0), np.ones((200, 1)) * np.arange(200)[:, None]])
    X[40:, 0] = np.nan
    apart = quietly(X, 1, "diag", prior_strength=0, tol=1e-12, max_iter=1000)
    whole = quietly(X, 1, "full", prior_strength=0, tol=1e-12, max_iter=1000)
    assert len(apart.lower_bounds) <= 3 < 10 * len(apart.lower_bounds) < len(whole.lower_bounds)


def test_reg_covar_is_added_as_scikit_learn_does_and_may_lower_the_likelihood():
    X = np.random.default_rng(0).normal(size=(40, 3))
    end = quietly(X, 1, "full", prior_strength=0, reg_covar=0.5, tol=0, max_iter=2)
    np.testing.assert_allclose(end.mixture.cov[0], np.cov(X.T, bias=True) + 0.5 * np.eye(3), rtol=1e-12)


def test_equal_components_part():
    random = np.random.default_rng(0)
    X = np.concatenate([random.normal(-4, 1, (50, 2)), random.normal(4, 1, (50, 2))])
    for kind in oracle.KINDS:
        end = quietly(X, 2, kind, means_init=[[0, 0], [0, 0]], precisions_init={
            "full": [np.eye(2)] * 2, "tied": np.eye(2), "diag": np.ones((2, 2)), "spherical": np.ones(2)}[kind],
            weights_init=[0.5, 0.5], random_state=0)
        assert sorted(np.sign(end.mixture.mu[:, 0])) == [-1, 1]
        np.testing.assert_allclose(np.abs(end.mixture.mu), 4, atol=0.5)


def test_component_that_no_row_belongs_to_is_removed_with_a_warning():
    X = np.random.default_rng(0).normal(size=(60, 2))
    for kind in oracle.KINDS:
        for strength in (0.0, 1.0):
            with pytest.warns(UserWarning, match="1 of 2 components died out"):
                end = fit(X, 2, kind, prior_strength=strength, means_init=[[0, 0], [1e3, 1e3]], random_state=0)
            assert end.mixture.mu.shape == (1, 2)
            assert end.mixture.p == pytest.approx([1])
            np.testing.assert_allclose(end.mixture.mu[0], X.mean(axis=0), atol=1e-6)


def test_more_components_than_different_rows():
    X = np.repeat([[0.0, 1.0], [2.0, 5.0], [np.nan, 3.0]], 4, axis=0)
    for kind in oracle.KINDS:
        end = quietly(X, 8, kind, random_state=0)
        assert all(np.isfinite(part).all() for part in end.mixture[:3])


def test_collapse_without_a_prior_ends_before_it_and_says_so():
    # one component starts on a single far row: its variance is 0 after one step
    X = np.random.default_rng(0).normal(size=(30, 2))
    X[0] = 50
    for kind, precision in (("full", [np.eye(2)] * 2), ("diag", np.ones((2, 2))), ("spherical", [1, 1])):
        start = {"weights_init": [0.5, 0.5], "means_init": [[0, 0], [50, 50]], "precisions_init": precision}
        with pytest.warns(UserWarning, match="collapsed onto too few rows"):
            end = fit(X, 2, kind, prior_strength=0, **start)
        assert all(np.isfinite(part).all() for part in end.mixture[:3])
        assert end.collapsed and not end.converged
        assert not quietly(X, 2, kind, **start).collapsed


def test_start_that_collapses_is_refused_where_there_is_no_other():
    X = np.repeat([[0.0, 0.0], [1.0, 1.0]], 5, axis=0)
    for kind in oracle.KINDS:
        with pytest.raises(ValueError, match="ill-defined empirical covariance"):
            fit(X, 2, kind, prior_strength=0, random_state=0)
        assert np.isfinite(quietly(X, 2, kind, prior_strength=0, reg_covar=1e-6, random_state=0).mixture.cov).all()


def test_best_of_several_starts_is_kept():
    truth = cases.mixture(9, "full", K=4, d=2)
    X = cases.rows(10, truth, 100)
    random = np.random.RandomState(0)
    alone = [quietly(X, 4, random_state=random, init_params="random").lower_bounds[-1] for _ in range(4)]
    together = quietly(X, 4, random_state=np.random.RandomState(0), init_params="random", n_init=4)
    assert together.lower_bounds[-1] == max(alone)
