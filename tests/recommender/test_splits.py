"""Ratings are held out in parts that share nothing."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from console import InputError
from recommender import splits
from recommender.in_memory import of_columns
from recommender.ratings import Scale, Table
from recommender.sparse import pairs
from tests.ratings import ratings


def table(X, users=None, items=None):
    """Return the Table of a dense matrix, 0 = missing."""
    users, items = (np.arange(1, size + 1) if ids is None else np.array(ids)
                    for size, ids in zip(X.shape, (users, items), strict=True))
    return Table(csr_array(X), users, items, Scale(1.0, 5.0, 1.0))


def test_folds_hide_each_rating_once_and_depend_on_the_seed_alone():
    X, _ = ratings()
    split = splits.in_folds(table(X), 5, seed=3)
    assert len(split.parts) == 5
    np.testing.assert_array_equal(sum(part.held_out.toarray() for part in split.parts), X)
    for part in split.parts:
        np.testing.assert_array_equal(part.train.toarray() + part.held_out.toarray(), X)
        assert abs(part.held_out.nnz - np.count_nonzero(X) / 5) < 1
    again, other = splits.in_folds(table(X), 5, seed=3), splits.in_folds(table(X), 5, seed=4)
    assert (again.parts[0].held_out != split.parts[0].held_out).nnz == 0
    assert (other.parts[0].held_out != split.parts[0].held_out).nnz > 0


def test_few_choices_are_not_called_ratings():
    found = splits.split(table(np.ones((9, 9)))._replace(implicit=True))
    assert found.notes[0].startswith("One choice in ten is only 8, too few to compare models. So each choice is held")


def test_a_test_file_s_pairs_are_taken_out_of_the_training_part():
    X, _ = ratings(n=6, d=5)
    other = np.zeros((2, 2))
    other[0, 0], other[1, 1] = 5, 1
    test = table(other, users=[2, 77], items=[3, 99])  # user 77 and item 99 are in the test alone
    split = splits.by_file(table(X), test, "u1.test")
    (part,) = split.parts
    assert split.table.users.tolist() == [1, 2, 3, 4, 5, 6, 77] and split.table.items.tolist() == [1, 2, 3, 4, 5, 99]
    expected = X.copy()
    was = expected[1, 2] != 0
    expected[1, 2] = 0
    np.testing.assert_array_equal(part.train.toarray()[:6, :5], expected)
    assert part.train.nnz == np.count_nonzero(expected)
    u, i, x = pairs(part.held_out)
    assert list(zip(u.tolist(), i.tolist(), x.tolist(), strict=True)) == [(1, 2, 5), (6, 5, 1)]
    assert f"{int(was)} of them are also among the ratings" in split.notes[0]
    assert splits.count_cold([part]) == {"users": 1, "items": 1, "ratings": 1}


def test_ids_of_numbers_and_of_text_are_the_same_ids():
    X = np.ones((3, 2))
    test = table(np.full((2, 1), 2.0), users=["10", "b"], items=["2"])
    split = splits.by_file(table(X, users=[2, 10, 30]), test, "t")
    assert split.table.users.tolist() == ["10", "2", "30", "b"] and split.table.items.tolist() == ["1", "2"]
    assert split.parts[0].train.nnz == 5 and splits.count_cold(split.parts)["users"] == 1


def test_a_test_file_that_no_rating_meets_is_warned_of():
    test = table(np.full((2, 1), 2.0), users=["u10", "u2"], items=["2"])
    (note,) = [note for note in splits.by_file(table(np.ones((3, 2))), test, "t").notes if "warning" in note]
    assert note == ("warning: no user of t is among the ratings, so all its ratings are cold: its users look like"
                    " 'u10', 'u2', and those to train on look like 1, 2, 3")


def test_ratings_of_0_are_ratings():
    zeros = csr_array((np.zeros(3), ([0, 1, 2], [0, 1, 0])), shape=(3, 2))
    both = Table(zeros, np.arange(3), np.arange(2), Scale(0, 0, 0))
    test = Table(csr_array((np.zeros(1), ([0], [0])), shape=(1, 1)), np.array([0]), np.array([0]), Scale(0, 0, 0))
    (part,) = splits.by_file(both, test, "t").parts
    assert part.train.nnz == 2 and part.held_out.nnz == 1


def test_few_ratings_are_held_out_in_folds_and_many_as_a_share():
    """10 users x 199 or 200 items: 1,990 or 2,000 ratings, of which one in ten is 199 or 200."""
    random = np.random.RandomState(0)
    few, many = (splits.split(table(random.randint(1, 6, (10, d)).astype(float)), 3) for d in (199, 200))
    assert few.how == {"kind": "folds", "folds": 5, "seed": 3} and len(few.parts) == 5
    assert "One rating in ten is only 199" in few.notes[0] and "--hide 0.1 overrides" in few.notes[0]
    assert many.how == {"kind": "hide", "fraction": 0.1, "seed": 3} and not many.notes
    one = few.table
    test = one._replace(X=one.X[:1], users=one.users[:1])
    for options, kind in (({"fraction": 0.1}, "hide"), ({"folds": 2}, "folds"), ({"test": test}, "file")):
        assert splits.split(one, **options).how["kind"] == kind


def test_three_ratings_are_enough_for_a_comparison():
    three = table(np.array([[1.0, 2.0], [3.0, 0.0]]))
    assert [part.held_out.nnz for part in splits.split(three).parts] == [1, 1, 1]


@pytest.mark.parametrize("X, says", [([[4.0, 4.0], [4.0, 0.0]], r"all ratings \(3\) are 4, so"),
                                     ([[4.0, 3.0]], "too few ratings to choose hyper-parameters")])
def test_what_cannot_be_compared_is_refused(X, says):
    one = table(np.array(X))
    one = one._replace(scale=Scale(one.X.data.min(), one.X.data.max(), 1.0))
    with pytest.raises(InputError, match=says):
        splits.split(one)


def test_times_stay_with_their_ratings_in_the_places_of_the_matrix():
    """Shuffled lines, a repeated pair (the last by time counts), a time of 0 and an unknown one."""
    u, i, x = [3, 1, 2, 1, 3], [7, 8, 7, 8, 9], [5.0, 1.0, 2.0, 4.0, 3.0]
    found = of_columns(u, i, x, [50, 20, 0, 10, np.nan])
    assert found.times.toarray().tolist() == [[0, 20, 0], [0, 0, 0], [50, 0, -np.inf]]
    assert found.times.nnz == found.X.nnz and found.X.toarray().tolist() == [[0, 1, 0], [2, 0, 0], [5, 0, 3]]
    assert of_columns(u, i, x).times is None


def test_a_split_by_a_file_knows_the_times_of_all_ratings():
    """The test file's time of a pair that both have is the one kept."""
    one = of_columns([1, 1, 2], [5, 6, 5], [1.0, 2.0, 3.0], [10, 20, 30])
    test = of_columns([2, 3], [5, 6], [3, 4], [0, 7])
    split = splits.by_file(one, test, "t")
    assert split.table.times.toarray().tolist() == [[10, 20], [0, 0], [0, 7]] and split.table.times.nnz == 4
    assert splits.by_file(one, test._replace(times=None), "t").table.times is None


def timed(n=40, d=30, seed=0):
    """Return the Table of ratings with times, of which many are equal and some unknown; and its ratings as rows."""
    X, _ = ratings(seed, n, d)
    u, i = np.nonzero(X)
    times = np.random.RandomState(seed).choice([-np.inf, 1, 2, 3, 4, 5], len(u))
    return table(X)._replace(times=csr_array((times, (u, i)), shape=X.shape)), times


def of_user(X, u):
    return X.indices[X.indptr[u]:X.indptr[u + 1]].tolist()


@pytest.mark.parametrize("fraction", [0.1, 0.4, None])
def test_a_user_s_last_ratings_are_held_out(fraction):
    """Counted by a loop over users: how many, and that none of those left is later."""
    one, _ = timed()
    (part,) = splits.by_time(one, 0, fraction).parts
    np.testing.assert_array_equal((part.train + part.held_out).toarray(), one.X.toarray())
    when = one.times.toarray()
    for u in range(40):
        held_out, left = of_user(part.held_out, u), of_user(part.train, u)
        count = len(held_out) + len(left)
        assert len(held_out) == (1 if fraction is None else max(1, round(fraction * count)))
        assert min(when[u, held_out]) >= max(when[u, left])


def test_who_has_one_rating_keeps_it_and_equal_times_are_drawn():
    one, _ = timed()
    sizes = csr_array(np.eye(3)), np.array([[1.0, 0, 0], [1, 1, 0], [1, 1, 1]])
    with pytest.raises(InputError, match="no user has two"):
        splits.by_time(table(sizes[0].toarray()), 0)
    assert [len(of_user(splits.by_time(table(sizes[1]), 0).parts[0].held_out, u)) for u in range(3)] == [0, 1, 1]
    equal = one._replace(times=csr_array((np.ones(one.X.nnz), one.X.indices, one.X.indptr), shape=one.X.shape))
    places = [np.concatenate([of_user(splits.by_time(equal, seed, 0.1).parts[0].held_out, u) for u in range(40)])
              for seed in range(2)]
    assert abs(places[0].mean() - 14.5) < 3 and places[0].tolist() != places[1].tolist()


def test_the_split_by_time_needs_times():
    X, _ = ratings()
    with pytest.raises(InputError, match="--split time needs the time of each rating"):
        splits.split(table(X), kind="time")
    assert "drawn, as there are no times" in splits.split(table(X), kind="leave-one-out").notes[0]


@pytest.mark.parametrize("given", [None, 5])
def test_new_users_have_no_rating_to_train_on(given):
    X, _ = ratings()
    X[0, 5:], X[1] = 0, 0  # 5 ratings at most, and none
    split = splits.by_users(table(X), 4, 7, given)
    held_out = sum(part.held_out.toarray() > 0 for part in split.parts)
    folded_in = sum(part.given.toarray() > 0 for part in split.parts)
    assert not (held_out & folded_in).any() and held_out.max() == 1
    for part in split.parts:
        np.testing.assert_array_equal((part.train + part.held_out + part.given).toarray(), X)
        new = np.flatnonzero((part.given + part.held_out).sum(axis=1))
        assert abs(len(new) - 39 / 4) <= 1 and not part.train.toarray()[new].any()
        assert part.known is part.given
    count = (X > 0).sum(axis=1)
    judged = (count > 5) if given else (count > 1)
    expected = np.where(judged, 5 if given else count // 2, 0)
    np.testing.assert_array_equal(folded_in.sum(axis=1), expected)
    np.testing.assert_array_equal(held_out.sum(axis=1), np.where(judged, count - expected, 0))
    with pytest.raises(InputError, match="too few users to hold some out: 0 have 31 ratings"):
        splits.by_users(table(X), 4, 7, 30)


@pytest.mark.parametrize("how", [{"kind": "time"}, {"kind": "leave-one-out"}, {"kind": "users"}, {"fraction": 0.1}])
def test_the_validation_split_is_of_the_same_kind_and_inside_the_training_ratings(how):
    one, _ = timed()
    split = splits.split(one, **how)
    part = split.parts[0]
    inner = splits.inner(split, part)
    whole = inner.train + inner.held_out + (0 * inner.train if inner.given is None else inner.given)
    np.testing.assert_array_equal(whole.toarray(), part.train.toarray())
    assert (inner.given is None) == (part.given is None) and inner.held_out.nnz
    if how.get("kind") == "time":
        when = one.times.toarray()
        assert all(min(when[u, of_user(inner.held_out, u)]) >= max(when[u, of_user(inner.train, u)]) for u in range(40))


@pytest.mark.parametrize("how", [{"kind": "time"}, {"kind": "leave-one-out"}, {"kind": "users"}])
def test_the_order_of_lines_does_not_change_a_split(how):
    X, _ = ratings()
    u, i = np.nonzero(X)
    lines = np.stack([u, i, X[u, i], np.random.RandomState(0).randint(3, size=len(u))])
    shuffled = lines[:, np.random.RandomState(1).permutation(len(u))]
    one, other = (splits.split(of_columns(*each[:2].astype(int), *each[2:]), **how).parts[0]
                  for each in (lines, shuffled))
    assert (one.held_out != other.held_out).nnz == 0 and (one.train != other.train).nnz == 0
