"""EM on a store: equal to em.run and to plain loops, with every kernel."""

import numpy as np
import pytest
from scipy.sparse import csr_array

import common
import em
import plain_loops
from recommender.scale import mixtures, passes
from tests import cases as shared
from tests import exact, mixed
from tests.recommender.scale import cases
from tests.recommender.scale.cases import every_kernel


class Stopped(Exception):
    pass


def stop_after(number):
    def callback(run):
        if len(run.log_likelihoods) == number:
            raise Stopped
    return callback


def first_iteration(where, mixture, floor):
    """Return the Run after one iteration."""
    runs = []
    with pytest.raises(Stopped):
        mixtures.run(where, mixture, floor, callback=lambda run: (runs.append(run), stop_after(1)(run)))
    return runs[0]


def equal(run, where, expected, rtol=1e-9, atol=1e-12):
    """Assert that a Run is what em.run or its plain loops have returned."""
    mixture, post, log_likelihood = expected
    shared.same(run.mixture, mixture, rtol, atol)
    np.testing.assert_allclose(mixtures.posts(where, run.before), post, rtol=1e-6, atol=1e-9)
    assert run.log_likelihoods[-1] == pytest.approx(log_likelihood, rel=1e-11)


@every_kernel
@pytest.mark.parametrize("n, d, K, missing", [(30, 8, 3, 0.3), (9, 3, 6, 0.3), (16, 20, 12, 0.7), (25, 60, 2, 0.9)])
def test_a_run_is_that_of_plain_loops_and_of_em(place, kernel, n, d, K, missing):
    """So many types for so few users that supports of exactly 1 are common, which rounding must not tip."""
    X = cases.ratings(np.random.RandomState(n), n, d, missing)
    where = place(X, kernel)
    start, heard = mixtures.init(where, K, 1), []
    run = mixtures.run(where, start, callback=heard.append)
    equal(run, where, plain_loops.em_run(X, start), rtol=1e-8, atol=1e-10)
    for form in (X, csr_array(X)):
        equal(run, where, em.run(form, start), rtol=1e-8, atol=1e-10)
    assert [each.log_likelihoods for each in heard] == [run.log_likelihoods[:k + 1] for k in range(len(heard))]


@every_kernel
@pytest.mark.parametrize("offset", [1e4, 1e8])
def test_ratings_far_from_0_keep_their_digits(place, kernel, offset):
    random = np.random.RandomState(2)
    X, mixture = cases.ratings(random, 30, 6), shared.mixture(random, 3, 6)
    mixture = mixture._replace(mu=np.round(mixture.mu * 1024) / 1024)
    far = np.where(X, X + offset, 0)
    post, log_likelihood = plain_loops.em_estep(X, mixture)
    where, moved = place(far, kernel), mixture._replace(mu=mixture.mu + offset)
    sums = passes.sum_of(where.each(mixtures.chunk_sums, moved))
    new, expected = mixtures.mstep(where, sums, moved, 0.25), plain_loops.em_mstep(X, post, mixture)
    assert sums.log_likelihood == pytest.approx(log_likelihood, rel=1e-9)
    shared.same(new._replace(mu=new.mu - offset), expected, rtol=max(1e-9, 1e-15 * offset))


@every_kernel
def test_no_digits_are_lost_at_any_location_and_standard_deviation(place, kernel):
    """Also where the means begin at 0, as the course's do in gaps. A new mean has the last digits of the old one."""
    for X, mixture, _, floor in mixed.rating_cases(3):
        if not X.any():
            continue
        where = place(X, kernel)
        for before in (mixture, mixtures.init(where, len(mixture.p))):
            run = first_iteration(where, before, floor)
            post, part = mixed.check_estep((mixtures.posts(where, before), run.log_likelihoods[0]),
                                           *exact.log_joint(X, X != 0, before, 1e-16))
            mixed.check_em(run.mixture, X, post, before, floor, 3 * part.max(), mixed.LAST * np.abs(before.mu))


@every_kernel
def test_a_stored_0_is_a_rating(place, kernel):
    """Shifted by 3, the ratings 1 to 5 are -2 to 2."""
    random = np.random.RandomState(3)
    X, mixture = cases.ratings(random, 40, 7), shared.mixture(random, 3, 7)
    shifted = csr_array(X)
    shifted.data -= 3
    run = mixtures.run(place(shifted, kernel), mixture._replace(mu=mixture.mu - 3))
    expected, _, log_likelihood = em.run(X, mixture)
    shared.same(run.mixture._replace(mu=run.mixture.mu + 3), expected)
    assert run.log_likelihoods[-1] == pytest.approx(log_likelihood, rel=1e-11)


# The start


@pytest.mark.parametrize("kind", cases.KINDS)
@pytest.mark.parametrize("K, seed", [(1, 0), (7, 3), (40, 1)])
def test_the_start_is_that_of_the_matrix(place, kind, K, seed):
    X = cases.ratings(np.random.RandomState(seed), 40, 12, kind=kind)
    start, (expected, _) = mixtures.init(place(X), K, seed), common.init(X, K, seed)
    assert np.array_equal(start.mu, expected.mu)
    shared.same(start, expected, rtol=1e-12)


def test_a_start_among_equal_users_has_variance_1(place):
    start = mixtures.init(place(np.tile([2.0, 0, 4], (30, 1))), 3)
    assert np.array_equal(start.var, [1, 1, 1])


def test_a_start_around_the_means_counts_no_gaps(place):
    X = cases.ratings(np.random.RandomState(0), 400, 30, 0.8)
    start = mixtures.init_around_means(place(X), 200, 2)
    rated = (X != 0).sum(axis=0)
    mean = np.where(rated > 0, X.sum(axis=0) / np.maximum(rated, 1), X[X != 0].mean())
    assert (rated == 0).any()
    var = ((X - mean)[X != 0] ** 2).mean()
    np.testing.assert_allclose(start.var, var)
    assert (np.abs(start.mu.mean(axis=0) - mean) < 5 * 0.3 * np.sqrt(var / 200)).all()
    assert (start.mu - mean).std() == pytest.approx(0.3 * np.sqrt(var), rel=0.05)


# Held-out ratings


@every_kernel
def test_held_out_ratings_are_not_seen(place, kernel):
    X = cases.ratings(np.random.RandomState(6), 80, 12)
    where = place(X, kernel, hide=0.3)
    held_out = np.zeros(X.shape, dtype=bool)
    for chunk in range(len(where.store.chunks)):
        for _, block in where.blocks(chunk):
            held_out[block.first + block.user.astype(int), block.item] = True
            assert np.array_equal(np.bincount(block.user, minlength=len(block.counts)), block.counts)
    train = np.where(held_out, 0, X)
    assert not (held_out & (X == 0)).any() and 0.2 < held_out.sum() / (X != 0).sum() < 0.4
    start = mixtures.init(where, 3, 0)
    shared.same(start, common.init(train, 3, 0)[0])
    run = mixtures.run(where, start)
    equal(run, where, em.run(train, start))
    filled = np.clip(em.fill_matrix(train, run.mixture), 1, 5)
    expected = common.rmse(filled[held_out], X[held_out])
    assert passes.rmse(where, mixtures.predictions, run.mixture) == pytest.approx(expected, rel=1e-9)
