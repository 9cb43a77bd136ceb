"""The film in the space of its measurements, against the hidden Markov model, dense matrices and left-out frames."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from black_hole.moving import film, ghmm, learn
from black_hole.moving.film import FOREVER, Layer, Model, Night
from black_hole.observation import fourier, sky


@pytest.fixture
def small(monkeypatch):
    """A Night of 5 frames of 6 x 6 pixels, the fourth without measurements."""
    monkeypatch.setattr(film, "PIXELS", 6)
    rng = np.random.RandomState(0)
    frame = np.array([0, 0, 1, 2, 2, 2, 4, 4])
    u, v = 2e9 * rng.randn(2, 8)
    return Night(frame, u, v, rng.randn(8) + 1j * rng.randn(8), rng.uniform(0.1, 0.4, 8), 5)


TURNING = Layer("rotation", (90.0,), 0.8, 30.0, 20.0, 7.0)
STANDING = Layer("none", (), 0.5, 25.0, 15.0, 7.0)
GROWING = Layer("affine", (1.0, -2.0, 8.0, 0.02, 0.03, 0.01), 0.7, 28.0, 18.0, FOREVER)


def lit(night, *layers, brightness=None):
    return Model(layers, np.ones(night.frames) if brightness is None else brightness)


def test_posterior_and_likelihood_are_those_of_the_hidden_markov_model(small):
    """A quarter turn only changes the order of square pixels, so A is exact there."""
    night, model = small, lit(small, TURNING)
    pixels = np.arange(36).reshape(6, 6)
    # From north through east, and east is left: counterclockwise on the page.
    A = np.eye(36)[np.rot90(pixels).ravel()]
    envelope, factor = film.axis_prior(TURNING)
    peak = night.flux / envelope.sum() ** 2
    mu, Lambda = peak * np.outer(envelope, envelope).ravel(), (0.8 * peak) ** 2 * np.kron(factor, factor)
    m = np.exp(-1 / 7)
    F, y = [], []
    for t in range(5):
        own = night.frame == t
        rows = fourier(night.u[own], night.v[own], *sky(6)) / np.tile(night.sigma[own], 2)[:, None]
        F.append(rows)
        y.append(film.parts(night.value[own] / night.sigma[own]) - rows @ mu)
    expected, log_likelihood = ghmm.estep(y, F, ghmm.Model(0 * mu, Lambda, m * A, (1 - m**2) * Lambda))
    assert film.solve(night, model).log_likelihood == pytest.approx(log_likelihood, abs=1e-9)
    (own,) = film.posterior(night, model)
    in_the_sky = [np.rot90(x, t - 2) for t, x in enumerate(own)]
    np.testing.assert_allclose(in_the_sky, (expected.mean + mu).reshape(5, 6, 6), atol=1e-10 * peak)


@pytest.mark.parametrize("layers", [(TURNING,), (GROWING,), (STANDING, TURNING)])
def test_likelihood_is_that_of_dense_matrices(small, layers):
    night, brightness = small, np.array([1.0, 2.0, 0.5, 1.0, 0.7])
    model = lit(night, *layers, brightness=brightness)
    K, mean = np.eye(16), np.zeros(16)
    apart = np.abs(np.subtract.outer(night.frame, night.frame))
    for layer in layers:
        G = film.pixel_rows(night, layer, brightness)
        envelope, factor = film.axis_prior(layer)
        peak = night.flux / envelope.sum() ** 2
        mean += G @ np.outer(envelope, envelope).ravel() * peak / len(layers)
        static = (layer.sd * peak) ** 2 * (G @ np.kron(factor, factor) @ G.T)
        own = np.tile(np.exp(-apart / layer.memory), (2, 2)) * static
        np.testing.assert_allclose(film.seen(night, layer, brightness)[0], own, atol=1e-9 * own.max())
        K += own
    expected = multivariate_normal(mean, K).logpdf(night.y)
    assert film.solve(night, model).log_likelihood == pytest.approx(expected, abs=1e-8)


def test_one_frame_alone_is_the_static_formula(small):
    night, layer = small, STANDING._replace(memory=1e-3)
    (found,) = film.posterior(night, lit(night, layer))
    envelope, factor = film.axis_prior(layer)
    peak = night.flux / envelope.sum() ** 2
    mu, Lambda = peak * np.outer(envelope, envelope).ravel(), (0.5 * peak) ** 2 * np.kron(factor, factor)
    for t in range(5):
        own = night.frame == t
        F = fourier(night.u[own], night.v[own], *sky(6)) / np.tile(night.sigma[own], 2)[:, None]
        y = film.parts(night.value[own] / night.sigma[own])
        gain = Lambda @ F.T @ np.linalg.inv(F @ Lambda @ F.T + np.eye(len(y)))
        np.testing.assert_allclose(found[t].ravel(), mu + gain @ (y - F @ mu), atol=1e-10 * peak)


def test_left_out_frames_are_predicted_from_the_others(small):
    night, model = small, lit(small, STANDING, TURNING)
    misfits = []
    for t in (0, 1, 2, 4):
        kept = night.frame != t
        rest = Night(*(each[kept] for each in night[:5]), night.frames)
        own = Night(*(each[~kept] for each in night[:5]), night.frames)
        K, mean = np.eye(16), np.zeros(16)
        for layer in model.layers:
            covariance, of_layer = film.seen(night, layer, model.brightness)
            K, mean = K + covariance, mean + of_layer / 2
        a, b = np.flatnonzero(np.tile(~kept, 2)), np.flatnonzero(np.tile(kept, 2))
        predicted = mean[a] + K[np.ix_(a, b)] @ np.linalg.solve(K[np.ix_(b, b)], rest.y - mean[b])
        misfits.extend((own.y - predicted) ** 2)
    assert film.left_out(night, model) == pytest.approx(np.mean(misfits))


def test_time_reversed_reverses_the_motion(small):
    night = small
    reversed_ = Night(*(each[::-1] for each in (night.frames - 1 - night.frame, *night[1:5])), night.frames)
    for layer in (TURNING, GROWING, STANDING):
        back = layer._replace(theta=tuple(-x for x in layer.theta))
        a, b = film.solve(night, lit(night, layer)), film.solve(reversed_, lit(night, back))
        assert a.log_likelihood == pytest.approx(b.log_likelihood, abs=1e-8)
        np.testing.assert_allclose(film.posterior(reversed_, lit(night, back))[0, ::-1],
                                   film.posterior(night, lit(night, layer))[0], rtol=1e-7)


def test_no_unit_matters(small):
    night, model = small, lit(small, STANDING, TURNING)
    brighter = night._replace(value=10 * night.value, sigma=10 * night.sigma)
    assert film.solve(brighter, model).log_likelihood == pytest.approx(film.solve(night, model).log_likelihood)
    np.testing.assert_allclose(film.posterior(brighter, model), 10 * film.posterior(night, model))


def test_empty_frames_do_no_harm(small):
    """With a memory for ever, empty frames in between change what a frame's motion is called, and nothing else."""
    night, layer = small, GROWING
    sparse = night._replace(frame=3 * night.frame, frames=3 * (night.frames - 1) + 1)
    slower = layer._replace(theta=tuple(x / 3 for x in layer.theta))
    assert film.solve(sparse, lit(sparse, slower)).log_likelihood == pytest.approx(
        film.solve(night, lit(night, layer)).log_likelihood, rel=1e-6)


def test_expected_pictures_leave_the_noise_that_is_expected(small):
    """E[noise | y] = K^-1 (y - mean) for noise of unit variance, so that G E[x | y] = y - alpha."""
    night, model = small, lit(small, STANDING, TURNING, brightness=np.array([1.0, 2.0, 0.5, 1.0, 0.7]))
    frame, seen = np.tile(night.frame, 2), 0
    for layer, own in zip(model.layers, film.posterior(night, model), strict=True):
        seen = seen + (film.pixel_rows(night, layer, model.brightness) * own.reshape(5, 36)[frame]).sum(1)
    np.testing.assert_allclose(seen, night.y - film.solve(night, model).alpha, atol=1e-10 * np.abs(night.y).max())


def test_projected_layers_add_up(small):
    night, brightness = small, np.array([1.0, 2.0, 0.5, 1.0, 0.7])
    model = lit(night, STANDING, TURNING, brightness=brightness)
    pictures = np.pad(np.random.RandomState(2).rand(2, 5, 4, 4), ((0, 0), (0, 0), (1, 1), (1, 1)))
    expected = [b * (pictures[0, t] + np.rot90(pictures[1, t], t - 2)) for t, b in enumerate(brightness)]
    np.testing.assert_allclose(film.project(model, pictures), expected, atol=1e-10)
    np.testing.assert_allclose(film.project(model, pictures[:, :1])[2], 0.5 * pictures[:, 0].sum(0), atol=1e-10)


def test_the_brightness_that_scoring_finds_is_the_likeliest(small):
    night, model = small, lit(small, STANDING)
    brightness = learn.scored(night, model, steps=400)
    best = film.solve(night, model._replace(brightness=brightness)).log_likelihood
    assert best > film.solve(night, model).log_likelihood
    for t in (0, 1, 2, 4):
        for factor in (0.98, 1.02):
            other = brightness.copy()
            other[t] *= factor
            assert film.solve(night, model._replace(brightness=other)).log_likelihood < best
    assert brightness[3] == pytest.approx(np.sqrt(brightness[2] * brightness[4]))  # not measured


def test_slope_and_information_are_those_of_the_definition(small):
    """Information is dmean^T K^-1 dmean + tr(K^-1 dK K^-1 dK') / 2, with derivatives by small steps."""
    night, b, step = small, np.array([1.0, 1.3, 0.7, 1.0, 0.8]), 1e-5
    measured = np.unique(night.frame)

    def moments(b):
        solved = film.solve(night, lit(night, STANDING, brightness=b))
        K = solved.cholesky @ solved.cholesky.T
        return night.y - K @ solved.alpha, K, solved.log_likelihood

    def slopes(t):
        change = np.exp(step * np.eye(5)[t])
        return [(up - down) / (2 * step) for up, down in zip(moments(b * change), moments(b / change), strict=True)]

    dmean, dK, slope = zip(*map(slopes, measured), strict=True)
    J = np.linalg.inv(moments(b)[1])
    information = [[dmean[s] @ J @ dmean[t] + np.trace(J @ dK[s] @ J @ dK[t]) / 2 for t in range(4)] for s in range(4)]
    found = learn.slope_and_information(night, film.solve(night, lit(night, STANDING, brightness=b)))
    np.testing.assert_allclose(found[0], slope, rtol=1e-4, atol=1e-4 * np.abs(slope).max())
    np.testing.assert_allclose(found[1], information, rtol=1e-4, atol=1e-6 * np.abs(information).max())
