"""Learning a motion, on short nights: planted motions, no motion, invariants, and the likelihood's own maximum."""

import numpy as np
import pytest

from black_hole.moving import film, learn, sources, warps
from black_hole.moving.film import FOREVER, Layer, Night
from black_hole.observation import EHT_2017


def seen(name, seed=0, every=7200.0, **motion):
    """The Night of a source that moves, and its film."""
    rng, night = np.random.RandomState(seed), sources.night_of(EHT_2017, every)
    truth = sources.render(sources.moved(sources.SOURCES[name](rng), night.frames, **motion), night.frames)
    return sources.measure(truth, night, rng)


@pytest.fixture
def levels(monkeypatch):
    """Set which motions are tried."""
    return lambda *levels: monkeypatch.setattr(learn, "LEVELS", (("none",), *levels))


def test_a_turn_is_found_reversed_by_time_and_knows_no_unit(levels):
    levels(("rotation",))
    night = seen("hot spot", turn=20.0)
    found, tried = learn.choose(night)
    assert found.motion == "rotation" and learn.lasts(found.model)
    assert found.theta["turn_deg"] == pytest.approx(20, rel=0.01)
    assert [one.motion for one in tried] == ["none", "none", "rotation"]
    back = Night(*(each[::-1] for each in (night.frames - 1 - night.frame, *night[1:5])), night.frames)
    assert learn.choose(back)[0].theta["turn_deg"] == pytest.approx(-found.theta["turn_deg"], rel=1e-3)
    brighter = night._replace(value=10 * night.value, sigma=10 * night.sigma)
    assert learn.still(brighter).score == pytest.approx(tried[0].score, abs=0.01)
    empty = night.frame != 5
    gap = Night(*(each[empty] for each in night[:5]), night.frames)
    assert learn.choose(gap)[0].theta["turn_deg"] == pytest.approx(20, rel=0.01)


def test_simple_motions_are_told_apart():
    found, tried = learn.choose(seen("blob", move=(2.0, 3.0)))
    assert found.motion == "translation" and len(tried) == 3  # simple ones are enough
    assert found.theta == pytest.approx({"east_uas": 2.0, "north_uas": 3.0}, abs=0.05)


def test_a_source_that_stands_still_is_not_called_moving():
    for seed in range(3):
        found, tried = learn.choose(seen("static ring", seed))
        assert found.motion == "none" and learn.lasts(found.model) and len(tried) == 1
        assert np.ptp(found.model.brightness) == 0


def test_a_flare_is_a_change_of_brightness(levels):
    levels(("rotation",))
    found, _ = learn.choose(seen("flare"))
    assert found.motion == "none" and learn.lasts(found.model)
    rng = np.random.RandomState(0)
    source = sources.flare(rng)
    expected = np.array([source.brightness(part) for part in np.linspace(0, 1, len(found.model.brightness))])
    np.testing.assert_allclose(found.model.brightness, expected / expected.mean(), rtol=0.1)


def test_a_layer_may_stand_still(levels, monkeypatch):
    levels(("rotation",), ("standing and rotation",))
    monkeypatch.setitem(learn.GRID, "turn_deg", (480.0, 120.0))
    found, tried = learn.choose(seen("spot on crescent", turn=-20.0, every=4800.0))
    assert found.motion == "standing and rotation"
    assert found.theta["turn_deg"] == pytest.approx(-20, rel=0.02)
    assert found.score == max(one.score for one in tried)


def test_the_vector_holds_the_model():
    layers = Layer("none", (), 0.5, 20.0, 9.0, 7.0), Layer("translation", (1.0, -2.0), 3.0, 30.0, 5.0, 7.0)
    model = film.Model(layers, np.ones(3))
    again = learn.model_of("standing and translation", learn.numbers_of(model), model.brightness)
    for one, other in zip(model.layers, again.layers, strict=True):
        assert one.kind == other.kind
        np.testing.assert_allclose(np.hstack(one[1:]), np.hstack(other[1:]))
    assert len(learn.bounds_of("standing and translation")) == len(learn.numbers_of(model))
    assert learn.parameters(seen("blob"), model) == 9  # three of each layer, two of the motion, the memory
    flaring = model._replace(brightness=np.arange(1.0, 9.0))
    assert learn.parameters(seen("blob"), flaring) == 9 + 7  # only ratios of the 8 frames' brightness count


def test_climbing_ends_where_no_number_helps():
    night = seen("hot spot")
    found = learn.climb(night, "rotation", [2.0, *learn.PRIOR, 90.0])
    numbers, bounds = learn.numbers_of(found.model), learn.bounds_of("rotation")
    for k, (low, high) in enumerate(bounds):
        for step in (-0.02, 0.02):
            other = numbers.copy()
            other[k] += step
            if (low is None or low <= other[k] <= high):
                model = learn.model_of("rotation", other, found.model.brightness)
                assert film.solve(night, model).log_likelihood < found.log_likelihood + 1e-3


def test_long_nights_are_thinned_on_the_same_clock():
    night = seen("blob", every=600.0)
    few = learn.thinned(night)
    assert few.frames == night.frames and len(few.u) <= learn.ENOUGH
    assert set(few.frame) <= set(night.frame) and len(np.unique(few.frame)) > 20
    short = seen("blob")
    np.testing.assert_array_equal(learn.thinned(short).frame, short.frame)


def test_places_are_as_far_as_said():
    (turns,) = np.array(list(learn.places(seen("blob"), "rotation", []))).T * learn.STEP["turn_deg"]
    frames = seen("blob").frames
    assert turns.max() == pytest.approx(180) and 0 in turns
    (grows,) = np.array(list(learn.places(seen("blob"), "scale", []))).T * learn.STEP["growth"]
    assert grows.max() == pytest.approx(1.92 / frames)
    vectors = np.array([[0.0, 10.0], [0.0, 11.0], [0.0, 99.0], [0.0, 50.0]])
    np.testing.assert_array_equal(learn.apart(vectors, 20), [[0, 10], [0, 99]])


def test_a_memory_for_ever_has_no_number():
    night = seen("static ring")
    assert learn.still(night).model.layers[0].memory > FOREVER / 2
    assert learn.still(night, 0.02).model.layers[0].memory == pytest.approx(0.02)
    assert warps.step("rotation", (350.0,)) == {"turn_deg": pytest.approx(-10)}
