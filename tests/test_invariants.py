"""What must hold whatever the data: monotone objectives, symmetries, arguments left alone."""

import numpy as np
import pytest

import common
import em
import kmeans
import naive_em
from tests import cases

SEEDS = range(5)


def em_case(seed):
    random = np.random.RandomState(seed)
    X = cases.ratings(random, 60, 9, 0.3)
    return X, *common.init(X, 3, seed)


def complete_case(seed):
    random = np.random.RandomState(seed)
    X = cases.groups(random, 80, 3, 4, spread=2.0)
    return X, *common.init(X, 4, seed)


CASES = [(em, em_case), (naive_em, complete_case), (kmeans, complete_case)]


def history_of(module, case, **options):
    history = []
    module.run(*case, callback=lambda value, _: history.append(value), **options)
    return np.array(history)


@pytest.mark.parametrize("module, case", CASES)
def test_the_callback_gets_each_iteration_as_it_was(module, case):
    """The value and the mixture of the steps, one at a time, not overwritten later; the last is what run returns."""
    X, mixture, post = case(1)
    seen = []
    result = module.run(X, mixture, post, callback=lambda *given: seen.append(given))
    assert len(seen) > 2 and seen[-1] == (result[2], result[0])
    for value, after in seen:
        if module is kmeans:
            expected, expected_value = kmeans.mstep(X, kmeans.estep(X, mixture), mixture)
        else:
            soft, expected_value = module.estep(X, mixture)
            expected = module.mstep(X, soft, mixture)
        assert value == pytest.approx(expected_value, rel=1e-10)
        cases.same(after, expected, atol=1e-12)
        mixture = after


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("module, case", CASES)
def test_rows_of_post_sum_to_one(module, case, seed):
    mixture, post, _ = module.run(*case(seed))
    np.testing.assert_allclose(post.sum(axis=1), 1, rtol=1e-12)
    assert post.min() >= 0
    assert mixture.p.sum() == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_log_likelihood_of_em_never_falls(seed):
    """With the floor out of reach and, looked at below, every mean supported by at least one soft count."""
    X, mixture, post = em_case(seed)
    rated = X.any(axis=0)
    X, mixture = X[X.any(axis=1)][:, rated], mixture._replace(mu=np.maximum(mixture.mu[:, rated], 1))
    old = -np.inf
    for _ in range(15):
        post, log_likelihood = em.estep(X, mixture)
        mixture = em.mstep(X, post, mixture, min_variance=1e-9)
        if (post.T @ (X != 0)).min() < 1 or mixture.var.min() <= 1e-9:
            break
        assert log_likelihood >= old - 1e-10 * abs(log_likelihood)
        old = log_likelihood
    assert old > -np.inf  # or nothing has been looked at


@pytest.mark.parametrize("seed", SEEDS)
def test_objectives_on_complete_data_are_monotone(seed):
    log_likelihood = history_of(naive_em, complete_case(seed))
    assert len(log_likelihood) > 2 and np.diff(log_likelihood).min() >= -1e-10 * abs(log_likelihood[-1])
    cost = history_of(kmeans, complete_case(seed))
    assert len(cost) > 2 and np.diff(cost).max() <= 1e-10 * cost[-1]


@pytest.mark.parametrize("module, case", CASES)
def test_run_stops_at_the_first_small_step_and_not_before(module, case):
    history = history_of(module, case(1))
    small = 1e-4 if module is kmeans else 1e-6 * np.abs(history[1:])
    steps = np.abs(np.diff(history))
    assert (steps > small).tolist() == [True] * (len(steps) - 1) + [False]


@pytest.mark.parametrize("seed", SEEDS)
def test_kmeans_stops_at_1e_4_whatever_the_scale(seed):
    X, mixture, _ = complete_case(seed)
    in_between = []
    for scale in np.geomspace(1e-3, 1, 12):
        history = history_of(kmeans, (X * scale, mixture._replace(mu=mixture.mu * scale), None))
        steps = -np.diff(history)
        assert (steps > 1e-4).tolist() == [True] * (len(steps) - 1) + [False]
        in_between += [step for step in steps if 1e-4 < step < 1e-3]
    assert in_between  # steps that a looser rule would have stopped at


@pytest.mark.parametrize("module, case", CASES)
def test_run_returns_the_last_estep_and_the_mstep_after_it(module, case):
    X, start, post = case(2)
    history = history_of(module, (X, start, post))
    mixture, value = start, None
    for _ in history:
        post = module.estep(X, mixture)
        post, value = post if isinstance(post, tuple) else (post, None)
        mixture = module.mstep(X, post, mixture)
        mixture, value = mixture if value is None else (mixture, value)
    found = module.run(X, start, None)
    cases.same(found[0], mixture)
    np.testing.assert_allclose(found[1], post, atol=1e-12)
    assert found[2] == pytest.approx(value) == pytest.approx(history[-1])


@pytest.mark.parametrize("module, case", CASES)
def test_relabelled_components(module, case):
    X, mixture, post = case(3)
    order = np.random.RandomState(0).permutation(len(mixture.p))
    relabelled = common.GaussianMixture(*(part[order] for part in mixture))
    first, second = module.run(X, mixture, post), module.run(X, relabelled, post[:, order])
    cases.same([part[order] for part in first[0]], second[0], rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(first[1][:, order], second[1], rtol=1e-6, atol=1e-10)
    assert first[2] == pytest.approx(second[2], rel=1e-11)


@pytest.mark.parametrize("module, case", CASES)
def test_permuted_rows_and_columns(module, case):
    X, mixture, post = case(4)
    random = np.random.RandomState(0)
    rows, columns = random.permutation(X.shape[0]), random.permutation(X.shape[1])
    permuted = mixture._replace(mu=mixture.mu[:, columns])
    first, second = module.run(X, mixture, post), module.run(X[rows][:, columns], permuted, post[rows])
    cases.same(first[0]._replace(mu=first[0].mu[:, columns]), second[0], rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(first[1][rows], second[1], rtol=1e-6, atol=1e-10)
    if module is em:
        np.testing.assert_allclose(em.fill_matrix(X, first[0])[rows][:, columns],
                                   em.fill_matrix(X[rows][:, columns], second[0]), rtol=1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_em_is_naive_em_on_complete_data_above_the_floor(seed):
    random = np.random.RandomState(seed)
    X = cases.groups(random, 70, 4, 3) + 40  # no entry is 0
    mixture, post = common.init(X, 3, seed)
    ours, naive = em.run(X, mixture, post, min_variance=1e-12), naive_em.run(X, mixture, post)
    cases.same(ours[0], naive[0], rtol=1e-6)
    assert ours[2] == pytest.approx(naive[2], rel=1e-9)
    np.testing.assert_array_equal(em.fill_matrix(X, ours[0]), X)


@pytest.mark.parametrize("module, case", CASES)
def test_arguments_and_the_global_random_state_are_left_alone(module, case):
    X, mixture, post = case(0)
    random_state = np.random.get_state()[1].copy()
    before = cases.snapshot(X, mixture, post)
    for part in (X, post, *mixture):
        part.setflags(write=False)
    common.init(X, 2, 1)
    module.estep(X, mixture)
    new = module.mstep(X, post, mixture)
    new = new if isinstance(new, common.GaussianMixture) else new[0]
    new.mu[:] = new.var[:] = new.p[:] = -1  # a result that shares memory with an argument would change it here
    module.run(X, mixture, post)
    if module is em:
        em.fill_matrix(X, mixture)[:] = -1
    for old, part in zip(before, cases.snapshot(X, mixture, post), strict=True):
        np.testing.assert_array_equal(old, part)
    np.testing.assert_array_equal(random_state, np.random.get_state()[1])


def test_observed_ratings_are_kept():
    X, mixture, _ = em_case(0)
    filled = em.fill_matrix(X, mixture)
    np.testing.assert_array_equal(filled[X != 0], X[X != 0])
    assert ((filled[X == 0] >= mixture.mu.min()) & (filled[X == 0] <= mixture.mu.max())).all()


def test_planted_groups_are_found():
    random = np.random.RandomState(0)
    mu, var, p = [[0, 0], [10, 0], [0, 10.0]], [0.5, 1, 2.0], [0.5, 0.3, 0.2]
    truth = common.GaussianMixture(np.array(mu), np.array(var), np.array(p))
    group = random.choice(3, 4000, p=truth.p)
    X = truth.mu[group] + np.sqrt(truth.var[group])[:, None] * random.normal(size=(4000, 2))
    mixture, post, _ = max((naive_em.run(X, *common.init(X, 3, seed)) for seed in SEEDS), key=lambda run: run[2])
    order = [np.argmin(((mixture.mu - mu) ** 2).sum(axis=1)) for mu in truth.mu]
    cases.same([part[order] for part in mixture], truth, rtol=0.1, atol=0.15)
    assert (post[:, order].argmax(axis=1) == group).mean() > 0.99
