"""Baselines, regularised EM, and the predictive distribution of a filled rating."""

import numpy as np
import pytest
from scipy.sparse import csr_array, issparse
from scipy.stats import norm

import em
from arithmetic.gaps import observed as observed_dense
from common import GaussianMixture, init
from recommender.models import baselines, cold, mixture, predictive, regularized_em
from recommender.models.mixture import Mixture
from recommender.sparse import as_ratings as sparse
from tests.ratings import everywhere


def draw(random, n=60, d=25, K=3, observed=0.7):
    """Return ratings-like data of planted groups, with a user and a movie that nobody rated; and the groups."""
    mu, group = random.uniform(1.5, 4.5, (K, d)), random.randint(K, size=n)
    X = mu[group] + random.normal(0, 0.4, (n, d))
    X[random.rand(n, d) >= observed] = 0
    X[0], X[:, 0] = 0, 0
    return X, mu, group


def test_effects_solve_the_ridge_regression_that_they_state():
    X, _, _ = draw(np.random.RandomState(0))
    u, i = np.nonzero(X)
    n, d = X.shape
    A = np.zeros((len(u), n + d))
    A[np.arange(len(u)), u] = A[np.arange(len(u)), n + i] = 1
    mean = X[u, i].mean()
    solution = np.linalg.solve(A.T @ A + 2 * np.eye(n + d), A.T @ (X[u, i] - mean))
    expected = mean + solution[:n, None] + solution[n:]
    np.testing.assert_allclose(everywhere(baselines.effects(X, shrink=2, sweeps=100), X), expected, atol=1e-8)


def test_an_effect_that_few_ratings_determine_is_less_sure():
    X, _, _ = draw(np.random.RandomState(0))
    effects = baselines.effects(X, shrink=2)
    u, i = np.nonzero(X)
    left = np.mean((X[u, i] - effects.predict(u, i)) ** 2)
    users, movies = (X != 0).sum(axis=1), (X != 0).sum(axis=0)
    expected = [left * (1 + 1 / (2 + users[a]) + 1 / (2 + movies[b])) for a, b in ((0, 0), (5, 0), (5, 7))]
    np.testing.assert_allclose(effects.spread([0, 5, 5], [0, 0, 7]) ** 2, expected)
    assert expected[0] > expected[1] > expected[2]


@pytest.mark.parametrize("observed", [0.7, 0.1], ids=["dense", "sparse"])
def test_hard_filling_takes_the_likeliest_group_and_soft_filling_is_em_s_own(observed):
    X, _, _ = draw(np.random.RandomState(1), observed=observed)
    hard, soft = (everywhere(baselines.mixture(X, 3, fill, seeds=[2]), X) for fill in ("hard", "soft"))
    found, _, _ = em.run(X, *init(X, 3, 2))
    np.testing.assert_allclose(soft[X == 0], em.fill_matrix(X, found)[X == 0], rtol=1e-9, atol=1e-12)
    post, _ = em.estep(X, found)
    for row, weights in zip(hard, post, strict=True):
        np.testing.assert_allclose(row, found.mu[list(weights).index(max(weights))], rtol=1e-9, atol=1e-12)


def test_of_several_seeds_the_likeliest_run_counts():
    X, _, _ = draw(np.random.RandomState(1), K=5)
    runs = [em.run(X, *init(X, 4, seed)) for seed in range(4)]
    values = [run[2] for run in runs]
    best = runs[int(np.argmax(values))][0]
    assert max(values) - min(values) > 1
    filled = everywhere(baselines.mixture(X, 4, seeds=range(4)), X)
    np.testing.assert_allclose(filled[X == 0], em.fill_matrix(X, best)[X == 0], rtol=1e-9)


@pytest.mark.parametrize("observed", [0.7, 0.1], ids=["dense", "sparse"])
@pytest.mark.parametrize("offset", [False, True])
def test_regularised_em_on_what_is_rated_is_that_on_a_dense_matrix(observed, offset):
    X, _, _ = draw(np.random.RandomState(9), n=80, observed=observed)
    effects = baselines.effects(X) if offset else ()
    shift = everywhere(effects, X) if offset else np.zeros(X.shape)
    dense = observed_dense((X - shift) * (X != 0), X != 0)
    run = regularized_em.run(dense, *regularized_em.init(dense, 4), temper=0.5)[0]
    post, _ = regularized_em.estep(dense, run, 0.3)
    data = mixture.prepared(sparse(X), effects)
    assert issparse(data.X) == (observed == 0.1)
    state = mixture.state(data, regularized_em.run(data, *regularized_em.init(data, 4), temper=0.5)[0], 0.3,
                          offset=effects)
    np.testing.assert_allclose(everywhere(state, X), shift + post @ run.mu, rtol=1e-9)


def test_a_rating_of_0_counts_wherever_it_is_stored():
    """Ratings less 3 are 0 in part; to a model that takes all means, that must not matter."""
    X, _, _ = draw(np.random.RandomState(2))
    X = np.where(X != 0, np.maximum(np.round(X), 1), 0)
    whole = sparse(X)
    less = csr_array((whole.data - 3, whole.indices, whole.indptr), shape=X.shape)
    assert (less.data == 0).sum() > 50
    for fit in (baselines.constant, baselines.effects, grouped, lambda X: cold.cover(grouped(X), X)):
        np.testing.assert_allclose(everywhere(fit(less), X), everywhere(fit(whole), X) - 3, atol=1e-9)


def grouped(X):
    data = mixture.prepared(X)
    return mixture.state(data, regularized_em.run(data, *regularized_em.init(data, 3))[0])


@pytest.mark.parametrize("hard", [False, True])
def test_a_user_with_known_ratings_is_folded_in_as_they_were(hard):
    X, _, _ = draw(np.random.RandomState(3))
    state = baselines.mixture(X, 3, "hard" if hard else "soft", seeds=[1])
    for u in (4, 17):
        i = np.flatnonzero(X[u])[::-1]
        new = state.fold_in(i, X[u, i])
        np.testing.assert_allclose(everywhere(new, X[:1]), everywhere(state, X)[u:u + 1], rtol=1e-9)
        np.testing.assert_allclose(new.spread([0, 0], [1, 2]), state.spread([u, u], [1, 2]), rtol=1e-9)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("temper", [1.0, 0.3, 0.05])
def test_objective_never_falls(seed, temper):
    random = np.random.RandomState(seed)
    X, _, _ = draw(random, K=random.randint(2, 6), observed=random.choice([0.05, 0.3, 0.9]))
    seen = []
    start = regularized_em.init(X, random.randint(1, 12), seed)
    mixture, post, _ = regularized_em.run(X, *start, strength=random.choice([0.1, 3]), weight=0.7, temper=temper,
                                          callback=seen.append)
    assert np.diff(seen).min(initial=0) >= -1e-9 * abs(seen[-1])
    assert all(np.isfinite(part).all() for part in mixture)
    np.testing.assert_allclose(post.sum(axis=1), 1)


def test_untempered_e_step_is_the_course_s():
    X, mu, _ = draw(np.random.RandomState(2))
    mixture = GaussianMixture(mu, np.array([0.2, 0.5, 0.9]), np.array([0.2, 0.3, 0.5]))
    post, log_likelihood = regularized_em.estep(X, mixture)
    expected, expected_likelihood = em.estep(X, mixture)
    np.testing.assert_allclose(post, expected)
    assert log_likelihood == pytest.approx(expected_likelihood)


def test_free_energy_is_the_formula_and_its_e_step_the_best_q():
    X, mu, _ = draw(np.random.RandomState(3))
    mixture = GaussianMixture(mu, np.array([0.9, 0.5, 0.7]), np.array([0.2, 0.3, 0.5]))

    def free_energy(q):
        joint = np.log(mixture.p) + np.array([[norm.logpdf(x[x != 0], m[x != 0], v**0.5).sum()
                                               for m, v in zip(mu, mixture.var, strict=True)] for x in X])
        return (q * joint).sum() - (q * np.log(np.maximum(q, 1e-300))).sum() / 0.1

    post, value = regularized_em.estep(X, mixture, temper=0.1)
    assert value == pytest.approx(free_energy(post))
    other = np.random.RandomState(0).dirichlet(np.ones(3), len(X))
    assert all(free_energy((1 - t) * post + t * other) < value for t in (0.01, 0.1, 0.5))


def test_m_step_is_where_the_objective_s_gradient_vanishes():
    X, _, _ = draw(np.random.RandomState(4), n=20, d=5)
    random = np.random.RandomState(5)
    post = random.dirichlet(np.ones(3), len(X))
    best = regularized_em.mstep(X, post, None, strength=1.5, weight=0.4)

    def objective(mixture):
        expected = (post * regularized_em.log_joint(X, mixture)).sum()
        return expected + regularized_em.log_prior(X, mixture, strength=1.5, weight=0.4)

    for _ in range(20):
        direction = GaussianMixture(*(random.normal(size=part.shape) for part in best))
        direction = direction._replace(p=direction.p - direction.p.mean())
        ahead, behind = (objective(GaussianMixture(*(b + h * v for b, v in zip(best, direction, strict=True))))
                         for h in (1e-5, -1e-5))
        assert (ahead - behind) / 2e-5 == pytest.approx(0, abs=1e-4)
        assert max(ahead, behind) < objective(best)


def test_movies_without_ratings_stay_at_the_mean_of_all():
    X, _, _ = draw(np.random.RandomState(6))
    mixture, _, _ = regularized_em.run(X, *regularized_em.init(X, 4))
    np.testing.assert_allclose(mixture.mu[:, 0], X[X != 0].mean())


@pytest.mark.parametrize("temper", [1.0, 0.2])
def test_planted_groups_are_found(temper):
    X, mu, group = draw(np.random.RandomState(7), n=150, d=40)
    runs = [regularized_em.run(X, *regularized_em.init(X, 3, seed), temper=temper) for seed in range(3)]
    mixture, post, _ = max(runs, key=lambda run: run[2])
    found = post.argmax(axis=1)[1:]
    assert len(set(zip(found, group[1:], strict=True))) == 3
    order = [found[group[1:] == j][0] for j in range(3)]
    np.testing.assert_allclose(mixture.mu[order][:, 1:], mu[:, 1:], atol=0.5)


def test_residuals_of_zero_are_ratings_not_gaps():
    X = np.array([[3.0, 0.0], [3.0, 4.0]])
    data = mixture.prepared(sparse(X), baselines.Constant(3.0))
    np.testing.assert_array_equal(data.mask, [[1, 0], [1, 1]])
    np.testing.assert_array_equal(data.X + data.centre * data.mask, [[0, 0], [0, 1]])
    np.testing.assert_array_equal(data.counts, [1, 2])


@pytest.mark.parametrize("call, range_", [
    (lambda X: regularized_em.init(X, 0), "K to be a whole number from 1 to 60"),
    (lambda X: regularized_em.init(X, 61), "K to be a whole number from 1 to 60"),
    (lambda X: regularized_em.estep(X, regularized_em.init(X, 2)[0], temper=0), "above 0 and at most 1"),
    (lambda X: regularized_em.mstep(X, np.ones((60, 1)), None, strength=0), "above 0"),
    (lambda X: baselines.effects(X, shrink=0), "above 0"),
    (lambda X: baselines.mixture(X, 3, fill="firm"), "soft or hard"),
    (lambda X: regularized_em.run(X, *regularized_em.init(X, 2), strength=-1), "strength and weight above 0"),
    (lambda X: regularized_em.init(X, 2.5), "K to be a whole number"),
    (lambda X: regularized_em.init(0 * X, 2), "at least 1 rating"),
    (lambda X: regularized_em.run(0 * X, *regularized_em.init(X, 2)), "at least 1 rating"),
    (lambda X: baselines.constant(0 * X), "at least 1 rating"),
    (lambda X: baselines.effects(0 * X), "at least 1 rating"),
    (lambda X: baselines.mixture(0 * X, 2), "at least 1 rating"),
    (lambda X: baselines.mixture(X, 2.5), "whole number"),
    (lambda X: baselines.mixture(X, 61), "from 1 to the number of points, 60"),
])
def test_out_of_range_says_the_range(call, range_):
    with pytest.raises(ValueError, match=range_):
        call(draw(np.random.RandomState(0))[0])


def own_data(seed=0, n=3000, d=12):
    """Return ratings drawn from a mixture, the mixture, and which entries to predict from the others."""
    random = np.random.RandomState(seed)
    mixture = GaussianMixture(random.uniform(2, 4, (3, d)), np.array([0.3, 0.9, 2.0]), np.array([0.5, 0.3, 0.2]))
    group = random.choice(3, n, p=mixture.p)
    X = mixture.mu[group] + random.normal(size=(n, d)) * np.sqrt(mixture.var[group])[:, None]
    return X, mixture, random.rand(n, d) < 0.4


def entries(mixture, post, where, offset=()):
    return predictive.entries(Mixture(*mixture, post, 1.0, False, offset), *np.nonzero(where))


@pytest.mark.parametrize("level", predictive.LEVELS)
def test_intervals_cover_what_they_say_on_data_of_the_model_itself(level):
    X, mixture, hidden = own_data()
    post, _ = em.estep(np.where(hidden, 0, X), mixture)
    distribution = entries(mixture, post, hidden)
    m = hidden.sum()
    four_sd = 4 * np.sqrt(level * (1 - level) / m)
    assert predictive.coverage(distribution, X[hidden], level) == pytest.approx(level, abs=four_sd)


def test_coverage_counts_what_lies_between_the_ends_of_the_interval():
    X, mixture, hidden = own_data(1, n=300)
    post, _ = em.estep(np.where(hidden, 0, X), mixture)
    distribution = entries(mixture, post, hidden)
    low, high = predictive.interval(distribution, 0.8)
    assert np.mean((low <= X[hidden]) & (X[hidden] <= high)) == predictive.coverage(distribution, X[hidden], 0.8)


def test_moments_and_quantiles_are_those_of_a_simulation():
    random = np.random.RandomState(2)
    weight, mean, sd = np.array([[0.5, 0.3, 0.2]]), np.array([[1.0, 4.0, 9.0]]), np.array([0.5, 1.0, 0.1])
    distribution = predictive.Predictive(weight, mean, sd)
    group = random.choice(3, 200_000, p=weight[0])
    draws = random.normal(mean[0][group], sd[group])
    centre, within, between = predictive.moments(distribution)
    assert centre[0] == pytest.approx(draws.mean(), abs=0.03)
    assert np.hypot(within, between)[0] == pytest.approx(draws.std(), abs=0.03)
    assert within[0] == pytest.approx(np.sqrt((sd[group] ** 2).mean()), abs=0.01)
    for q in (0.01, 0.2, 0.6, 0.99):
        assert np.mean(draws < predictive.quantile(distribution, q)) == pytest.approx(q, abs=0.005)


@pytest.mark.parametrize("q", [1e-9, 0.3, 1 - 1e-9])
def test_quantile_of_one_normal_is_the_normal_s(q):
    distribution = predictive.Predictive(np.ones((2, 1)), np.array([[3.0], [-1.0]]), np.array([0.7]))
    np.testing.assert_allclose(predictive.quantile(distribution, q), norm.ppf(q, [3, -1], 0.7), atol=1e-3)


@pytest.mark.parametrize("level", [0, 1, -0.2, 1.5])
def test_level_out_of_range_says_the_range(level):
    distribution = predictive.Predictive(np.ones((1, 1)), np.ones((1, 1)), np.ones(1))
    for call in (predictive.interval, lambda distribution, level: predictive.coverage(distribution, [1.0], level)):
        with pytest.raises(ValueError, match="above 0 and below 1"):
            call(distribution, level)


def test_offset_moves_the_distribution():
    X, mixture, hidden = own_data(3, n=50)
    post, _ = em.estep(np.where(hidden, 0, X), mixture)
    offset = baselines.Effects(1.0, np.arange(50.0), np.arange(12.0), *2 * [np.ones(50)], 1.0, 1.0)
    plain, moved = (predictive.moments(entries(mixture, post, hidden, o)) for o in ((), offset))
    u, i = np.nonzero(hidden)
    np.testing.assert_allclose(moved[0], plain[0] + 1 + u + i)
    state = Mixture(*mixture, post, 1.0, False, offset)
    np.testing.assert_allclose(state.predict(u, i), moved[0])
    np.testing.assert_allclose(state.spread(u, i), np.hypot(*moved[1:]))
