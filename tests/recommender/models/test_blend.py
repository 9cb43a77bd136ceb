"""The blend of models."""

import numpy as np
import pytest

from recommender.choosing import Fit
from recommender.holdout import VALIDATION_SEED, hold_out
from recommender.models import (
    blend,
)
from recommender.sparse import pairs


def test_blend_finds_planted_weights_and_drops_a_useless_part():
    random = np.random.RandomState(0)
    a, b, useless = random.normal(0, 1, (3, 60, 50))
    truth = 3 + 0.7 * a + 0.3 * b
    train, held_out = hold_out(truth)
    fits = {name: known(3 + part, train) for name, part in (("a", a), ("b", b), ("useless", useless))}
    blended = blend.run(train, fits)
    assert blended.params["a"] == pytest.approx(0.7, abs=0.03) and blended.params["b"] == pytest.approx(0.3, abs=0.03)
    assert blended.params.get("useless", 0) < 0.03
    u, i, x = pairs(held_out)
    assert np.abs(blended.fitted.predict(u, i) - x).max() < 0.2
    assert blended.fitted.sd(u, i) is None and blended.validation_sd is None


def test_blend_of_models_that_know_only_the_mean_is_the_mean():
    """Without huge weights of their rounding errors."""
    random = np.random.RandomState(1)
    train, _ = hold_out(3 + random.normal(0, 1, (6, 20)))
    mean = hold_out(train, VALIDATION_SEED)[0].data.mean()
    fits = {name: known(mean + random.normal(0, 1e-14, (6, 20)), train) for name in "ab"}
    blended = blend.run(train, fits)
    assert blended.params == {}
    np.testing.assert_allclose(blended.fitted.predict(np.arange(6), np.arange(6)), np.full(6, mean))


class Known:
    """A fitted model that predicts what it was given, (n, d)."""

    def __init__(self, values, sd=None):
        self.values, self.deviation = values, sd

    def predict(self, u, i):
        return self.values[u, i]

    def sd(self, u, i):
        return self.deviation if self.deviation is None else np.full(len(u), self.deviation)


def known(values, train, other=None, sd=None):
    """Return the Fit of a model that predicts given values, others for the validation split if they are given."""
    u, i, _ = pairs(hold_out(train, VALIDATION_SEED)[1])
    fitted = Known(values, sd)
    return Fit({}, fitted, (values if other is None else other)[u, i], 0.0, fitted.sd(u, i))


def test_blend_gives_no_weight_to_what_has_seen_the_answers_elsewhere():
    """A part's weight comes from its predictions of the validation split: knowing the truth in the refit is no use."""
    random = np.random.RandomState(1)
    truth = random.uniform(1, 5, (60, 50))
    train, _ = hold_out(truth)
    fair = truth + random.normal(0, 0.5, truth.shape)
    blended = blend.run(train, {"fair": known(fair, train), "cheat": known(truth, train, 6 - truth)})
    assert set(blended.params) == {"fair"} and blended.params["fair"] > 0.8
    assert len(blended.fitted.parts) == 1


def test_blend_is_as_sure_as_those_parts_that_say_how_sure_they_are():
    random = np.random.RandomState(2)
    truth = random.uniform(1, 5, (60, 50))
    train, _ = hold_out(truth)
    noisy = [truth + random.normal(0, 0.5, truth.shape) for _ in range(3)]
    sds = 0.4, 1.0, None
    blended = blend.run(train, {str(sd): known(values, train, sd=sd) for sd, values in zip(sds, noisy, strict=True)})
    weights = blended.fitted.weights
    expected = (0.4 * weights[0] + weights[1]) / (weights[0] + weights[1])
    np.testing.assert_allclose(blended.fitted.sd([0, 1], [2, 3]), expected)
    np.testing.assert_allclose(blended.validation_sd, expected)
