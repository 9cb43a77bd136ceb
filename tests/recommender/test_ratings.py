"""The scale of ratings, and ratings that are codes."""


import numpy as np
import pytest

from recommender.ratings import Levels, Scale


@pytest.mark.parametrize("values, scale", [
    ([1, 2, 5], (1, 5, 1)), ([0.5, 5, 3.5, 1], (0.5, 5, 0.5)), ([3, 3], (3, 3, 0)), ([0, 10, 30], (0, 30, 10)),
    ([-9.78, 10, 0.25], (-9.78, 10, 0.01)), ([1, 3, 5], (1, 5, 2)), ([1, 2, np.pi], (1, np.pi, 0)),
    ([0.1, 0.2, 0.3], (0.1, 0.3, 0.1)), ([-1, 1], (-1, 1, 2)), ([1, 2, 1e90], (1, 1e90, 0)),
    ([1 / 3, 2 / 3, 5 / 3], (1 / 3, 5 / 3, 1 / 3)), (np.arange(20_000), (0, 19_999, 0))])
def test_the_scale_is_found(values, scale):
    levels = Levels()
    for part in np.array_split(np.array(values, dtype=float), 2):
        levels.add(part)
    assert levels.scale() == pytest.approx(scale)


@pytest.mark.parametrize("unit", [1e-6, 1 / 3, 0.12, 1.0, 7.0, 1e9])
@pytest.mark.parametrize("offset", [-0.3, 0.0, 1000.0])
def test_the_scale_is_the_same_in_any_unit(unit, offset):
    for values, step in ((np.arange(0.5, 5.5, 0.5), 0.5), ([-9.78, 0.25, 9], 0.01), ([0, 1], 1.0), ([1, np.e, 4], 0.0)):
        levels = Levels()
        levels.add(unit * (np.array(values) + offset))
        np.testing.assert_allclose(levels.scale().step, unit * step, rtol=1e-6)


def test_no_scale_without_ratings():
    with pytest.raises(ValueError, match="at least one rating"):
        Levels().scale()


@pytest.mark.parametrize("counts, codes", [
    ({1: 5, 2: 5, 3: 5, 4: 5, 5: 5}, []), ({1: 5, 2: 5, 3: 5, 99: 5}, [99]), ({1: 5, 2: 5, 3: 5, 99: 0.5}, []),
    ({1: 9, 2: 9, 3: 9, 98: 9, 99: 9}, [98, 99]), ({-99: 9, -98: 9, 1: 9, 2: 9, 3: 9}, [-99, -98]),
    ({-1: 9, 1: 9, 2: 9, 3: 9}, [-1]), ({-1: 9, 0: 9, 1: 9, 99: 9, 2: 9, 3: 9}, [-1, 99]), ({-1: 5, 1: 5}, []),
    ({-1: 5, 0: 5, 1: 5}, []), ({-2: 5, -1: 5, 0: 5, 1: 5, 2: 5}, []), ({0: 9, 1: 2, 2: 3, 3: 4}, [0]),
    ({0: 3, 1: 2, 2: 3, 3: 4}, []), ({0: 9, 1: 8}, []), ({1: 5, 2: 5, 3: 5, 4: 5, 7: 9}, []),
    ({1: 5, 2: 5, 3: 5, 4: 5, 8: 9}, [8]), ({}, []), ({7: 3}, []),
])
def test_codes_are_found(counts, codes):
    random = np.random.RandomState(0)
    x = random.permutation(np.repeat(list(counts), [int(20 * count) for count in counts.values()]).astype(float))
    levels = Levels()
    for part in np.array_split(x, 7):
        levels.add(part)
    assert [code for code, _ in levels.codes()] == codes
    for code, share in levels.codes():
        assert share == pytest.approx((x == code).mean())


def test_codes_are_found_among_more_numbers_than_are_kept():
    random, levels, x = np.random.RandomState(0), Levels(), []
    for _ in range(8):
        x.append(np.where(random.rand(5000) < 0.1, 99, np.where(random.rand(5000) < 0.1, 98.5, random.rand(5000))))
        levels.add(x[-1])
    x = np.concatenate(x)
    assert levels.codes() == [(98.5, np.mean(x == 98.5)), (99, np.mean(x == 99))]
    assert levels.scale() == Scale(x.min(), 99, 0) and not len(levels.values(255))
