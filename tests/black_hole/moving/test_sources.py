"""The simulated sources: how they move, that they stay in the field, and what is measured of them."""

import numpy as np
import pytest

from black_hole import observation
from black_hole.measure import fit_ring
from black_hole.moving import sources
from black_hole.observation import parts
from console import InputError


def film(name, frames=5, **motion):
    return sources.render(sources.moved(sources.SOURCES[name](np.random.RandomState(0)), 24, **motion), frames)


def centre(picture):
    east, north = observation.sky()
    return np.array([(picture * east).sum(), (picture * north).sum()]) / picture.sum()


def test_sources_are_named_as_they_are_asked_for():
    assert list(sources.SOURCES) == ["hot spot", "blob", "spot on crescent", "expanding ring", "static ring", "flare"]


def test_what_moves_moves_and_what_stands_still_stands_still():
    still = film("static ring")
    np.testing.assert_array_equal(still, [still[0]] * 5)
    steps = np.diff([centre(x) for x in film("blob")], axis=0)
    np.testing.assert_allclose(steps, [[2.0, -1.5]] * 4, atol=1e-3)
    angles = [np.degrees(np.arctan2(*centre(x))) for x in film("hot spot")]
    np.testing.assert_allclose(np.diff(angles) % 360, 15, atol=1e-3)
    diameters = [fit_ring(x).diameter for x in film("expanding ring")]
    np.testing.assert_allclose(np.diff(np.log(diameters)), 0.03, atol=1e-3)
    flux = film("flare", 24).sum((1, 2))
    assert 1.8 < flux.max() / flux.min() < 2.6
    np.testing.assert_allclose(film("blob").sum((1, 2)), 1, atol=1e-6)  # no flux is lost


def test_another_motion_can_be_asked_for():
    np.testing.assert_allclose(np.diff([centre(x) for x in film("hot spot", move=(1.0, -2.0))], axis=0), [[1, -2]] * 4,
                               atol=1e-3)
    turned = [centre(x) for x in film("hot spot", turn=-30.0)]
    np.testing.assert_allclose(np.diff([np.degrees(np.arctan2(*x)) for x in turned]) % 360, 330, atol=1e-3)
    both = np.array([centre(x) for x in film("blob", turn=90.0, move=(4.0, 1.0))])
    np.testing.assert_allclose(both[1:], [[north + 4, -east + 1] for east, north in both[:-1]], atol=1e-3)
    ring, spot = film("spot on crescent", move=(2.0, 0.0)), film("spot on crescent", move=(0.0, 0.0))
    assert np.linalg.norm(ring[2] - spot[2]) < 1e-9 < np.linalg.norm(ring[0] - spot[0])


def test_a_source_that_leaves_the_field_is_refused():
    with pytest.raises(InputError, match="leaves the field"):
        film("blob", 24, move=(6.0, 0.0))


def test_the_night_begins_after_the_longest_pause():
    night = sources.night_of(observation.EHT_2017)
    assert (night.frames, len(night.u)) == (24, 190)
    assert (np.diff(night.frame) >= 0).all() and np.bincount(night.frame).min() > 0
    coverage = observation.cover(observation.EHT_2017, every=sources.EVERY)
    assert sorted(zip(night.u, night.v, night.sigma, strict=True)) == sorted(zip(*coverage[:3], strict=True))


def test_measurements_are_of_their_frame_with_noise_of_the_size_claimed():
    night, pictures = sources.night_of(observation.EHT_2017), film("blob", 24)
    seen = sources.measure(pictures, night, np.random.RandomState(1))
    expected = [observation.fourier(u, v, *observation.sky()) @ pictures[t].ravel()
                for t, u, v in zip(night.frame, night.u[:, None], night.v[:, None], strict=True)]
    noise = parts(seen.value / night.sigma) - parts(np.array(expected) @ [1, 1j] / night.sigma)
    assert (noise**2).mean() == pytest.approx(1, abs=0.3)
    assert abs((noise[1:] * noise[:-1]).mean()) < 0.25
