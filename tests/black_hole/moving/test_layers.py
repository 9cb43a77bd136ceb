"""Patches on the layers of a film, against planted layers."""

import numpy as np
import pytest

from black_hole.measure import nrmse, reduced_chi2
from black_hole.moving import film, layers
from black_hole.moving.film import FOREVER, Layer, Model, Night
from black_hole.moving.sources import ring, spot
from black_hole.observation import sky


@pytest.fixture
def many(monkeypatch):
    """A Night of 6 frames of 24 x 24 pixels with many baselines, and two planted layers."""
    monkeypatch.setattr(film, "PIXELS", 24)
    monkeypatch.setattr(layers, "STEPS", 8)
    rng = np.random.RandomState(0)
    u, v = 3e9 * rng.randn(2, 150)
    night = Night(np.sort(rng.randint(6, size=150)), u, v, np.zeros(150, complex), np.full(150, 0.002), 6)
    model = Model((Layer("none", (), 1.0, 25.0, 10.0, FOREVER), Layer("rotation", (20.0,), 1.0, 25.0, 10.0, FOREVER)),
                  np.ones(6))
    truth = np.array([ring(*sky(24), 50, 16, 0.3, 200), spot(*sky(24), 25, 5, 20)])
    truth /= truth.sum()
    y = sum(film.pixel_rows(night, layer, model.brightness) @ x.ravel()
            for layer, x in zip(model.layers, truth, strict=True)) + rng.randn(300)
    return night._replace(value=night.sigma * (y[:150] + 1j * y[150:])), model, truth


def test_the_order_of_layers_does_not_matter(many, prior):
    night, model, truth = many
    found = layers.by_patches(night, model, truth[::-1], prior)
    other = layers.by_patches(night, model._replace(layers=model.layers[::-1]), truth, prior)
    np.testing.assert_allclose(other[::-1], found, atol=1e-6 * truth.max())


def test_light_goes_to_the_layer_that_explains_it(many, prior):
    night, model, truth = many
    start = film.posterior(night, model)[:, 0]
    found = layers.by_patches(night, model, start, prior)
    assert found.min() >= 0
    assert reduced_chi2(found, layers.rows_of(night, model), night.y) < 1.3
    assert nrmse(film.project(model, found[:, None]), film.project(model, truth[:, None])) < 0.15
    assert reduced_chi2(truth, layers.rows_of(night, model), night.y) == pytest.approx(1, abs=0.3)
