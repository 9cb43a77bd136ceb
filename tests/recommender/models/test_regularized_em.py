"""EM with priors and tempered posteriors."""

import numpy as np
import pytest
from scipy.sparse import issparse
from scipy.stats import norm

import em
from arithmetic.gaps import observed as observed_dense
from common import GaussianMixture
from recommender.models import baselines, mixture, regularized_em
from recommender.sparse import as_ratings as sparse
from tests.ratings import everywhere
from tests.recommender.models.cases import draw


@pytest.mark.parametrize("observed", [0.7, 0.1], ids=["dense", "sparse"])
@pytest.mark.parametrize("offset", [False, True])
def test_regularised_em_on_what_is_rated_is_that_on_a_dense_matrix(observed, offset):
    X, _, _ = draw(np.random.RandomState(9), n=80, observed=observed)
    effects = baselines.effects(X) if offset else None
    shift = everywhere(effects, X) if offset else np.zeros(X.shape)
    dense = observed_dense((X - shift) * (X != 0), X != 0)
    run = regularized_em.run(dense, *regularized_em.init(dense, 4), temper=0.5)[0]
    post, _ = regularized_em.estep(dense, run, 0.3)
    data = mixture.prepared(sparse(X), effects)
    assert issparse(data.X) == (observed == 0.1)
    state = mixture.fitted(data, regularized_em.run(data, *regularized_em.init(data, 4), temper=0.5)[0], 0.3,
                          offset=effects)
    np.testing.assert_allclose(everywhere(state, X), shift + post @ run.mu, rtol=1e-9)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("temper", [1.0, 0.3, 0.05])
def test_objective_never_falls(seed, temper):
    random = np.random.RandomState(seed)
    X, _, _ = draw(random, K=random.randint(2, 6), observed=random.choice([0.05, 0.3, 0.9]))
    seen = []
    start = regularized_em.init(X, random.randint(1, 12), seed)
    mixture, post, _ = regularized_em.run(X, *start, regularization=random.choice([0.1, 3]), weight=0.7, temper=temper,
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
    best = regularized_em.mstep(X, post, None, regularization=1.5, weight=0.4)

    def objective(mixture):
        expected = (post * regularized_em.log_joint(X, mixture)).sum()
        return expected + regularized_em.log_prior(X, mixture, regularization=1.5, weight=0.4)

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
