"""Imaging with unknown gains, against scipy and planted pictures."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from black_hole import blind, gains, measure, synthetic
from black_hole.pictures import resize
from tests.black_hole.cases import random_gains


def test_log_prior_is_scipys(prior):
    picture, noise = np.random.RandomState(10).rand(6, 6), blind.PATCH_NOISE**2 / blind.GAMMAS[-1] * np.eye(16)
    parts = [[np.log(p) + multivariate_normal(mu, cov + noise).logpdf(picture[i : i + 4, j : j + 4].ravel())
              for p, mu, cov in zip(*prior, strict=True)] for i, j in np.ndindex(3, 3)]
    assert blind.log_prior(prior, picture) == pytest.approx(logsumexp(parts, axis=1).sum())


def test_a_moved_picture_is_moved_back():
    picture = np.random.RandomState(11).rand(12, 12)
    np.testing.assert_array_equal(blind.aligned(np.roll(picture, (3, -2), (0, 1)), picture), picture)
    spot = np.zeros((9, 9))
    spot[1, 7] = 1
    assert blind.centred(spot)[4, 4] == 1


@pytest.mark.parametrize("name, found, flux", [("ring 55", True, 0.42), ("double", False, 0.7)])
def test_pictures_come_out_as_what_they_are_with_gains_unknown(few, prior, name, found, flux):
    """One start, a small prior, 0.6 Jy assumed: the diameter within 10 %, the flux, and no ring where there is none."""
    shape, across = synthetic.truths()[name]
    truth = flux * shape / shape.sum()
    sight = blind.sight(synthetic.measure(truth, few, seed=1))
    picture = blind.image(sight, prior, [blind.one_round(sight, prior, blind.starts()["disc 60"], 10)])
    assert picture.min() >= 0 and picture.sum() == pytest.approx(flux, abs=0.08)
    assert not picture[~sight.lit].any()
    ring = measure.fit_ring(picture, blind.FIELD)
    assert measure.is_ring(picture, ring, blind.FIELD) == found
    if found:
        assert ring.diameter == pytest.approx(across, rel=0.1)


def test_the_picture_does_not_see_the_gains(few, prior):
    """Other phases at every station, the same picture."""
    own = gains.long_baselines(few)
    net = gains.network(own)
    turned_round = own._replace(value=gains.apply_gains(net, 1j * random_gains(net, 12).imag, own.value))
    found = [blind.one_round(blind.sight(one), prior, blind.starts()["disc 60"], 10) for one in (own, turned_round)]
    np.testing.assert_allclose(*found, atol=1e-3 * found[0].max())


def test_the_score_of_a_picture_is_lower_nearer_the_truth(few, prior):
    """Of a ring that is drawn double, by more and more pixels."""
    shape, _ = synthetic.truths()["ring 42"]
    truth = blind.FLUX * resize(shape / shape.sum(), (blind.PIXELS, blind.PIXELS)) * (len(shape) / blind.PIXELS) ** 2
    sight = blind.sight(synthetic.measure(blind.FLUX * shape / shape.sum(), few, seed=2))
    scores = [blind.score(sight, prior, (np.roll(truth, (0, k), (0, 1)) + truth) / 2) for k in (0, 2, 5)]
    assert scores == sorted(scores)
