"""Effects in time: who is in which group; draws from the right distribution; drift that was planted."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recommender.models import bayesian, drift
from recommender.sparse import as_ratings, pairs, with_values
from tests.ratings import everywhere
from tests.recommender.models.cases import error_in_gaps, planted
from tests.recommender.models.test_bayesian import FEATURES, PLACES, from_the_prior, rated, seen, wrong_moments

TIMES = csr_array(np.array([[5.0, 5, 0], [0, 1, 3], [2, 0, 0], [0, 0, 0]]))  # of PLACES


def in_loops(X, times, users, then):
    """Return for each way to group ratings, and each of all moments, the indices of the training ratings in its group.
    """
    (who, _, _), found = pairs(X), []
    moments = [*zip(who, times, strict=True), *zip(users, then, strict=True)]
    for run in (None, *drift.RUNS):
        def key(u, t, run=run):
            if run is None:
                return u, t
            own = [times[each] for each in range(X.nnz) if who[each] == u]
            return u, min(sum(one < t for one in own), len(own) - 1) // run
        found.append([[each for each in range(X.nnz) if key(who[each], times[each]) == key(u, t)] for u, t in moments])
    return found


@pytest.mark.parametrize("unit", [1.0, 86400.0, 1e-3])
def test_groups_are_those_of_plain_loops_in_any_unit(unit):
    random = np.random.RandomState(0)
    X = as_ratings(np.where(random.rand(3, 50) < [[0.7], [0.1], [0.0]], 3.0, 0))  # the last user has none
    times = unit * random.choice([-np.inf, *range(15)], X.nnz)
    users, then = random.randint(2, size=20), unit * random.choice([-np.inf, np.inf, *range(20)], 20)
    found = drift.groupings(X, times, users, then)
    for grouping, expected in zip(found, in_loops(X, times, users, then), strict=True):
        groups = [np.flatnonzero(grouping.of == each).tolist() for each in [*grouping.of, *grouping.asked]]
        assert groups == expected
        assert ((grouping.asked == grouping.size) == [not group for group in expected[X.nnz:]]).all()


def test_a_user_without_ratings_is_in_nobody_s_group():
    one = csr_array(np.array([[3.0], [0.0]]))
    for grouping in drift.groupings(one, np.zeros(1), np.ones(1, int), np.ones(1)):
        assert grouping.asked.tolist() == [grouping.size]


def drift_from_the_prior(random, groupings):
    tau = random.gamma(1, drift.START, len(groupings))
    return drift.Drift(tuple(random.normal(0, 1 / np.sqrt(one), each.size)
                             for one, each in zip(tau, groupings, strict=True)), tau)


def test_a_sweep_leaves_the_joint_distribution_as_it_is(monkeypatch):
    """As of the sampler without time; see there."""
    monkeypatch.setattr(bayesian, "SUMMED", float)
    monkeypatch.setattr(bayesian, "PRECISION", 2.0)
    monkeypatch.setattr(drift, "RUNS", (2,))
    monkeypatch.setattr(drift, "START", 2.0)  # so that the effects are as large as the rest
    random, R, k, size = np.random.RandomState(7), as_ratings(1.0 * PLACES), 2, 3000
    groupings = drift.groupings(R, TIMES.data, np.zeros(0, int), np.zeros(0))
    assert [each.size for each in groupings] == [4, 3]
    before, after = [], []

    def everything(users, movies, noise, drawn):
        effects = {f"w {way} {each}": np.arcsinh(x) for way, w in enumerate(drawn.w) for each, x in enumerate(w)}
        return seen(users, movies, noise) | effects | dict(zip("st", np.log(drawn.tau), strict=True))

    for _ in range(size):
        parts = *(from_the_prior(random, features, k) for features in FEATURES), random.gamma(1.0)
        drawn = drift_from_the_prior(random, groupings)
        before.append(everything(*parts, drawn))
        x = rated(random, R, *parts)
        x = with_values(x, x.data + drift.of_ratings(drawn, groupings))
        *parts, _ = drift.sweep(random, x, FEATURES, groupings, *parts, drawn)
        after.append(everything(*parts))
    assert wrong_moments(before, after) == {}


def timed(seed=0, mood=0.8):
    """Return ratings in sessions of 6, the same without moods, times, and the moods of all entries."""
    random = np.random.RandomState(seed)
    X, truth = planted(seed, n=60, d=60)
    session = np.argsort(random.rand(60, 60), axis=1) // 6
    moods = random.normal(0, mood, (60, 10))[np.arange(60)[:, None], session]
    return as_ratings(np.where(X == 0, 0, X + moods)), truth + moods, 1000.0 * session, X == 0


def test_ratings_of_the_same_moment_help_one_another():
    """Half of a planted rating's variance is the mood of the moment. Without times, the error in the gaps is 0.8."""
    X, truth, times, gaps = timed()
    u, i = np.nonzero(gaps)
    T = csr_array(times + 1)  # of all pairs
    drawn = drift.Chain(X, 2, 30, 30, times=T, asked=(u, i), keep=False).go_on(30).fitted()
    assert np.sqrt(np.mean((drawn.predict(u, i) - truth[u, i]) ** 2)) < 0.3


def test_a_model_that_is_kept_predicts_for_now():
    """Every user's mood changes by 2 half way. What is kept has the last one, and no times."""
    random = np.random.RandomState(0)
    X, truth = planted(n=60, d=60)
    order = np.argsort(random.rand(60, 60), axis=1)
    late = order >= 30
    moods = random.choice([-1.0, 1.0], (60, 1)) * np.where(late, 1, -1)
    X = np.where(X == 0, 0, X + moods)
    kept = drift.Chain(as_ratings(X), 2, 30, 30, times=csr_array(1.0 + order)).go_on(30).fitted()
    left = everywhere(kept, X) - truth
    now, before = moods[late].reshape(60, -1)[:, :1], moods[~late].reshape(60, -1)[:, :1]
    assert error_in_gaps(left, X, now) < 0.5 and error_in_gaps(left, X, before) > 1.5


def test_order_of_times_alone_counts():
    X, _, times, gaps = timed()
    u, i = np.nonzero(gaps)
    found = [drift.Chain(X, 2, 3, 3, times=csr_array(T), asked=(u, i)).go_on(3)
             for T in (times + 1, (times + 1) / 86400, np.exp(times / 1e4))]
    for other in found[1:]:
        np.testing.assert_array_equal(other.averages.predict(u, i), found[0].averages.predict(u, i))
        np.testing.assert_array_equal(other.fitted().P, found[0].fitted().P)
