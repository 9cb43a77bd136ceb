"""Which model is named: the least error, unless effects is as good for all that the held-out ratings can tell."""

import math

import numpy as np
import pytest

from recommender import verdict


def standard_error(gains):
    """Return that of a mean, by loops."""
    mean = sum(gains) / len(gains)
    return math.sqrt(sum((gain - mean) ** 2 for gain in gains) / (len(gains) - 1) / len(gains))


@pytest.mark.parametrize("m, beaten", [(verdict.LEAST, 1.05), (verdict.LEAST, 0.95), (1000, 1.05), (1000, 0.95),
                                       (verdict.LEAST - 1, 100)])
def test_effects_is_named_unless_another_beats_it_by_more_than_the_standard_error(m, beaten):
    """A gain that is `beaten` times its standard error, planted."""
    random = np.random.RandomState(0)
    noise = random.normal(0, 0.1, m)
    noise -= noise.mean()
    effects = random.uniform(9, 10, m)
    gains = noise + beaten * standard_error(noise.tolist())
    squared = {"constant": effects + 1, "effects": effects, "als": effects - gains, "worse": effects + 0.1}
    beats = beaten > 1 and m >= verdict.LEAST
    assert verdict.best(squared) == ("als" if beats else "effects")
    said = " ".join(verdict.in_words(squared))
    assert ("als has" in said) != beats and ("does not beat effects" in said) == (not beats and m >= verdict.LEAST)
    assert ("fewer than 20 held-out ratings cannot show that it beats effects" in said) == (m < verdict.LEAST)
    assert ("luck may decide" in said) == (m < verdict.FEW)


def test_of_those_that_beat_effects_the_best_is_named():
    """The least error of all belongs to a model whose gain is not sure."""
    effects = np.full(100, 1.0)
    unsure = np.where(np.arange(100) < 50, -15.0, 14.0) + 1
    squared = {"effects": effects, "good": effects - 0.2, "better": effects - 0.3, "unsure": unsure}
    assert unsure.mean() < 0.7 and verdict.best(squared) == "better"


def test_without_effects_the_least_error_is_named():
    assert verdict.best({"als": np.full(30, 1.0), "em": np.full(30, 0.9)}) == "em"


def test_equal_models_are_no_better_than_effects():
    same = np.zeros(50)
    assert verdict.best({"constant": same, "als": same, "effects": same}) == "effects"
